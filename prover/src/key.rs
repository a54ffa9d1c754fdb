//! Proving keys: made once, kept in a file that says what it is for, refused anywhere else.
//!
//! What a key file is trusted with: a changed key can make proofs that do not verify, and a key made to harm could make
//! proofs that tell more than they should. So a key that came over a network is used only after
//! [`file_digest`] equals the `proving_key_digest` of its record on the ledger; reading it here catches accidents, other
//! circuits and other versions.

mod exchange;
mod file;
mod points;

use ark_bn254::{Bn254, Fr};
use ark_groth16::Groth16;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};
use groth16::{ProofError, VerifyingKey};
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};

use crate::ceremony::{Secrets, Verified};
use crate::iden3::zkey::Zkey;
use crate::matrices::{Matrices, Shape};
use crate::reduction::OddCoset;
use crate::statement::Statement;

#[cfg(any(test, feature = "test-support"))]
pub(crate) use file::FORMAT;
pub use file::MAX_FILE_BYTES;

/// A proving key with its circuit's matrices.
#[derive(Clone)]
pub struct Key {
    circuit: &'static str,
    version: u32,
    origin: Origin,
    proving: ark_groth16::ProvingKey<Bn254>,
    verifying: VerifyingKey,
    matrices: Matrices,
}

/// Where the randomness of a key came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// One machine made it and knew the secret randomness: whoever kept it can forge proofs. For development only.
    Development,
    /// Several parties made it, and none of them knew all of it.
    Ceremony {
        /// Names the ceremony's record: see [`crate::ceremony::transcript_digest`].
        transcript: [u8; 32],
        /// Verified secrets of different parties; `None` in key files that do not say, which are for development then.
        secrets: Option<Secrets>,
    },
}

impl Origin {
    /// Whether one party alone can forge proofs, so that the key is for development only.
    pub fn is_development(self) -> bool {
        !self.secrets().is_some_and(Secrets::are_shared)
    }

    /// Verified secrets of different parties, where that is known.
    pub fn secrets(self) -> Option<Secrets> {
        match self {
            Self::Development => None,
            Self::Ceremony { secrets, .. } => secrets,
        }
    }

    /// Digest of the ceremony's record.
    pub fn transcript(self) -> Option<[u8; 32]> {
        match self {
            Self::Development => None,
            Self::Ceremony { transcript, .. } => Some(transcript),
        }
    }
}

/// Why a key file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The first bytes are not those of a key file.
    #[error("this is no key file of this format")]
    Magic,
    /// The file ends early, goes on after its end, or is larger than any key.
    #[error("the file has {found} bytes instead of {expected}")]
    Length {
        /// As the header implies.
        expected: usize,
        /// As it is.
        found: usize,
    },
    /// The header is not the one JSON form this program writes.
    #[error("the header is malformed")]
    Header,
    /// The header names another circuit.
    #[error("the key is for the circuit `{0}`")]
    OtherCircuit(String),
    /// The header names another version of the circuit.
    #[error("the key is for version {0} of the circuit")]
    OtherVersion(u32),
    /// The header names other constraint matrices than this program's circuit has.
    #[error("the key is for other constraints than this program's")]
    OtherMatrices,
    /// It says neither that it is a development key nor from which ceremony it is.
    #[error("the key does not say where it comes from")]
    UnknownOrigin,
    /// The body is not the one that the header's digests were computed from.
    #[error("the body does not match its digest")]
    Corrupt,
    /// The matrices do not fit the header.
    #[error("the matrices are malformed")]
    Matrices,
    /// A point is not on its curve.
    #[error("a point of `{0}` is not on its curve")]
    Point(&'static str),
    /// The verifying key inside is not usable or not the one that the header names.
    #[error("the verifying key inside is refused")]
    VerifyingKey(#[source] ProofError),
}

/// Why a key cannot be made: a defect of the circuit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevelopError {
    /// The circuit cannot be synthesised.
    #[error("the circuit cannot be synthesised")]
    Synthesis(#[from] SynthesisError),
    /// A point is at infinity: a public input occurs in no constraint.
    #[error("a public input is bound to nothing")]
    Unbound(#[from] ProofError),
}

/// Why a ceremony yields no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FromCeremonyError {
    /// Nobody contributed a secret: everybody could forge.
    #[error("nobody has contributed a secret to this key")]
    Nobody,
    /// A point of the verifying key is at infinity: a public input occurs in no constraint.
    #[error("a public input is bound to nothing")]
    Unbound(#[from] ProofError),
}

impl Key {
    /// Makes a development key of `S`. The secret randomness is dropped when this returns, which nobody else can check.
    pub fn develop<S: Statement>(rng: &mut (impl RngCore + CryptoRng)) -> Result<Self, DevelopError> {
        let matrices = Matrices::new::<S>()?;
        let shape = Blank::<S>(std::marker::PhantomData);
        let proving = Groth16::<Bn254, OddCoset>::generate_random_parameters_with_reduction(shape, rng)?;
        let verifying = VerifyingKey::from_ark(&proving.vk)?;
        Ok(Self {
            circuit: S::NAME,
            version: S::VERSION,
            origin: Origin::Development,
            proving,
            verifying,
            matrices,
        })
    }

    /// Takes over the key of a verified ceremony to which somebody contributed a secret.
    pub fn from_ceremony<S: Statement>(ceremony: Verified<S>) -> Result<Self, FromCeremonyError> {
        exchange::key(ceremony)
    }

    /// The key as a `.zkey` without contributions, for provers that read this format. Nobody can verify from it where
    /// the key came from.
    pub fn to_zkey(&self) -> Zkey {
        exchange::zkey(&self.proving, &self.matrices)
    }

    /// The verifying half.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// Whether it is for `S` and this program's constraints.
    pub(crate) fn is_for<S: Statement>(&self) -> bool {
        self.circuit == S::NAME
            && self.version == S::VERSION
            && hex::encode(self.matrices.digest()) == S::MATRICES
    }

    /// The circuit's name.
    pub fn circuit(&self) -> &'static str {
        self.circuit
    }

    /// Where its randomness came from.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Counts of the circuit.
    pub fn shape(&self) -> Shape {
        self.matrices.shape()
    }

    /// Points and matrices, for an engine.
    pub fn into_parts(self) -> (ark_groth16::ProvingKey<Bn254>, Matrices) {
        (self.proving, self.matrices)
    }
}

/// SHA-256 of a whole key file: the `proving_key_digest` of a `key.publish` record.
pub fn file_digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The circuit's shape alone, for the generator.
struct Blank<S>(std::marker::PhantomData<S>);

impl<S: Statement> ConstraintSynthesizer<Fr> for Blank<S> {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        S::synthesize(None, cs)
    }
}

#[cfg(test)]
mod tests;
