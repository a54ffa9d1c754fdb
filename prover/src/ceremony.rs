//! Keys that nobody can cheat with: several parties multiply the key's secret together, and none of them knows it.
//!
//! Phase 1 makes powers of an unknown τ, for any circuit; public ceremonies have done it with thousands of participants,
//! and [`phase1`] does it alone. [`initialize`] derives a circuit's key with δ = 1 from them. Then each contributor multiplies δ
//! by a factor, proves that it knew the factor and forgets it. Whoever lacks one factor cannot forge proofs. Files and
//! transcripts are those of snarkjs, so contributions made with either program continue the other's (Bowe, Gabizon, Miers:
//! Scalable Multi-party Computation for zk-SNARK Parameters in the Random Beacon Model, 2017).

pub(crate) mod blake2b;
mod contribute;
mod hashing;
mod initialize;
mod lagrange;
mod parties;
pub mod phase1;
mod report;
mod same_ratio;
mod transcript_rng;
mod verify;

use crate::iden3::FormatError;

pub use contribute::{Beacon, BeaconError, apply_beacon, contribute};
pub use hashing::contribution_hash;
pub(crate) use initialize::coefficients;
pub use initialize::{MAX_DOMAIN, initialize};
pub use parties::Secrets;
pub(crate) use parties::Unnamed;
pub use report::{Participant, Report, Source};
pub use verify::{Verified, transcript_digest, verify, verify_record};

/// Why a ceremony cannot be initialized, or is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyError {
    /// A file is malformed.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The circuit has more constraints than a ceremony takes.
    #[error("the circuit is larger than 2^14 constraints")]
    TooLarge,
    /// The powers of τ do not reach as far as the circuit.
    #[error("the circuit needs powers of tau up to 2^{needed}, and the file has 2^{found}")]
    Power {
        /// Logarithm of the circuit's domain.
        needed: u32,
        /// Of the file.
        found: u32,
    },
    /// The Lagrange points are missing.
    #[error("the powers of tau are not prepared for phase 2")]
    NotPrepared,
    /// The powers of τ are not what their contributions say.
    #[error("phase 1 is refused: {0}")]
    Phase1(#[from] phase1::Phase1Error),
    /// The key before all contributions is another than circuit and powers of τ give.
    #[error("the key is not derived from this circuit and these powers of tau: {0} differs")]
    OtherInitialKey(&'static str),
    /// A contribution does not continue the one before.
    #[error("contribution {number} is refused: {error}")]
    Contribution {
        /// From one.
        number: usize,
        /// Why.
        error: ContributionError,
    },
    /// The key is not what the contributions make of the initial one.
    #[error("the key does not follow from its contributions: {0} differs")]
    OtherFinalKey(&'static str),
    /// Nobody contributed a secret, so that everybody can forge.
    #[error("nobody has contributed yet")]
    Nobody,
}

/// What is wrong with a contribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContributionError {
    /// Its hash is not that of everything before it.
    #[error("its transcript hash does not match what came before it")]
    Transcript,
    /// The proof that the factor was known does not hold.
    #[error("its proof of knowing the factor does not hold")]
    Knowledge,
    /// The new value is not the old one times the factor.
    #[error("the key after it is not the key before it times its factor")]
    Step,
    /// The factor is not the beacon's.
    #[error("its factor is not the one that its beacon gives")]
    Beacon,
    /// The beacon asks for more hashing than is done here.
    #[error("its beacon asks for more than 2^{} hashes", Beacon::MAX_EXPONENT)]
    BeaconTooLong,
}
