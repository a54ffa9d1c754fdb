//! Proving keys: made once, kept in a file that says what it is for, refused anywhere else.
//!
//! What a key file is trusted with: a changed key can make proofs that do not verify, and a key made to harm could make
//! proofs that tell more than they should. So a key that came over a network is used only after
//! [`file_digest`] equals the `proving_key_digest` of its record on the ledger; reading it here catches accidents, other
//! circuits and other versions.

mod file;
mod header;
mod points;

use ark_bn254::{Bn254, Fr};
use ark_groth16::Groth16;
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError};
use circuits::wire::proof::{ProofError, VerifyingKey};
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};

use crate::matrices::{Matrices, Shape};
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
    /// Only development keys exist in this format.
    #[error("the key does not say that it is a development key, and no other kind is known")]
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

impl Key {
    /// Makes a development key of `S`. The secret randomness is dropped when this returns, which nobody else can check.
    pub fn develop<S: Statement>(rng: &mut (impl RngCore + CryptoRng)) -> Result<Self, DevelopError> {
        let matrices = Matrices::of::<S>()?;
        let shape = Blank::<S>(std::marker::PhantomData);
        let proving = Groth16::<Bn254>::generate_random_parameters_with_reduction(shape, rng)?;
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

    /// The verifying half.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
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
