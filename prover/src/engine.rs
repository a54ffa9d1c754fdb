//! The arithmetic behind a proof: an assignment and two blinding factors in, three points out.

mod native;

use ark_bn254::{Bn254, Fr};
use ark_ff::UniformRand;
use ark_groth16::Groth16;
use ark_relations::utils::matrix::Matrix;
use groth16::Proof;
use rand::{CryptoRng, RngCore};
use zeroize::ZeroizeOnDrop;

use crate::key::Key;
use crate::reduction::OddCoset;
use crate::statement::Assignment;

pub use native::{KnownPrefix, Native, Sums};

/// Makes proofs with one key. Every engine must give the same proof for the same assignment and blinding.
pub trait Engine: Send + Sync + Sized + 'static {
    /// Short name for tables and logs.
    const NAME: &'static str;

    /// Takes over a key and arranges it as the engine likes.
    fn new(key: Key) -> Self;

    /// The proof of an assignment that satisfies the key's matrices.
    fn prove(&self, assignment: &Assignment, blinding: &Blinding) -> Result<Proof, EngineError>;
}

/// The factors r and s that make a proof reveal nothing. Used once: two proofs with the same factors can be compared.
#[derive(ZeroizeOnDrop)]
pub struct Blinding {
    r: Fr,
    s: Fr,
}

/// An engine could not finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The assignment has another length than the key's matrices.
    #[error("the assignment does not fit the key")]
    Shape,
    /// A point of the result is at infinity, which happens with negligible probability; fresh factors help.
    #[error("the result is degenerate")]
    Degenerate,
}

impl Blinding {
    /// Two uniform factors.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self { r: Fr::rand(rng), s: Fr::rand(rng) }
    }

    /// Factors chosen by a test that compares engines. A proof made with known factors is not zero-knowledge.
    #[cfg(any(test, feature = "test-support"))]
    pub fn chosen_for_tests_only(r: Fr, s: Fr) -> Self {
        Self { r, s }
    }
}

/// ark-groth16 with the matrices of the key file: the reference that every other engine is compared with.
pub struct Arkworks {
    proving: ark_groth16::ProvingKey<Bn254>,
    matrices: Vec<Matrix<Fr>>,
    instance: usize,
    constraints: usize,
    variables: usize,
}

impl Engine for Arkworks {
    const NAME: &'static str = "arkworks";

    fn new(key: Key) -> Self {
        let (proving, matrices) = key.into_parts();
        let shape = matrices.shape();
        Self {
            proving,
            matrices: matrices.to_ark(),
            instance: 1 + shape.public_inputs,
            constraints: shape.constraints,
            variables: shape.variables(),
        }
    }

    fn prove(&self, assignment: &Assignment, blinding: &Blinding) -> Result<Proof, EngineError> {
        if assignment.as_slice().len() != self.variables {
            return Err(EngineError::Shape);
        }
        let proof = Groth16::<Bn254, OddCoset>::create_proof_with_reduction_and_matrices(
            &self.proving,
            blinding.r,
            blinding.s,
            &self.matrices,
            self.instance,
            self.constraints,
            assignment.as_slice(),
        )
        .map_err(|_| EngineError::Shape)?;
        Proof::try_from(proof).map_err(|_| EngineError::Degenerate)
    }
}
