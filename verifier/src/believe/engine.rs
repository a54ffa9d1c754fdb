//! Checking proofs: the door behind which a faster or batching implementation may stand.

use circuits::Fr;
use circuits::wire::proof::{Proof, VerifyingKey};

/// A proof with the public inputs that it is claimed to be for.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// In the order of the statement.
    pub inputs: Vec<Fr>,
    /// The proof.
    pub proof: &'a Proof,
}

/// Checks claims under one verifying key.
pub trait Engine: Send + Sync {
    /// `Ok` if every claim is true; else the index of one that is not.
    fn check(&self, claims: &[Claim<'_>]) -> Result<(), usize>;
}

/// One pairing check after the other, with ark-groth16.
impl Engine for VerifyingKey {
    fn check(&self, claims: &[Claim<'_>]) -> Result<(), usize> {
        match claims.iter().position(|claim| self.verify(&claim.inputs, claim.proof).is_err()) {
            None => Ok(()),
            Some(false_claim) => Err(false_claim),
        }
    }
}
