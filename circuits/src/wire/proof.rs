//! Groth16 proofs and verifying keys: snarkjs JSON and 128 compressed bytes; decoding checks curve and subgroup.

use ark_bn254::{Bn254, Fr};

/// A decoded proof: all points on the curve and in the right subgroup, none at infinity.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof(ark_groth16::Proof<Bn254>);

/// Why a proof or key is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The JSON or the bytes do not have the shape of a proof.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// A point is not on the curve, not in the subgroup, at infinity or not canonical.
    #[error("bad point `{0}`")]
    BadPoint(&'static str),
    /// Number of public inputs differs from the key's.
    #[error("the key expects {expected} public inputs, not {given}")]
    InputCount {
        /// By the key.
        expected: usize,
        /// By the caller.
        given: usize,
    },
    /// The pairing equation does not hold.
    #[error("the proof does not prove the statement")]
    NotProved,
}

impl Proof {
    /// snarkjs `proof.json` (`pi_a, pi_b, pi_c, protocol, curve`).
    pub fn to_json(&self) -> serde_json::Value {
        todo!()
    }
    /// Accepts snarkjs JSON, or a JSON string with the compact form in base64url.
    pub fn from_json(_json: &serde_json::Value) -> Result<Self, ProofError> {
        todo!()
    }
    /// 128 bytes: compressed A (32), B (64), C (32).
    pub fn to_bytes(&self) -> [u8; 128] {
        todo!()
    }
    /// Inverse of [`Self::to_bytes`]; one encoding only.
    pub fn from_bytes(_bytes: &[u8; 128]) -> Result<Self, ProofError> {
        todo!()
    }
    /// The arkworks form.
    pub fn as_ark(&self) -> &ark_groth16::Proof<Bn254> {
        &self.0
    }
}

impl From<ark_groth16::Proof<Bn254>> for Proof {
    fn from(p: ark_groth16::Proof<Bn254>) -> Self {
        Self(p)
    }
}

/// A verifying key with its pairing precomputed.
#[derive(Clone)]
pub struct VerifyingKey {
    prepared: ark_groth16::PreparedVerifyingKey<Bn254>,
}

impl VerifyingKey {
    /// From the arkworks key.
    pub fn from_ark(_vk: &ark_groth16::VerifyingKey<Bn254>) -> Self {
        todo!()
    }
    /// snarkjs `verification_key.json`.
    pub fn to_json(&self) -> serde_json::Value {
        todo!()
    }
    /// Inverse; checks every point.
    pub fn from_json(_json: &serde_json::Value) -> Result<Self, ProofError> {
        todo!()
    }
    /// SHA-256 of the compressed arkworks encoding: what the ledger publishes and pages show.
    pub fn digest(&self) -> [u8; 32] {
        todo!()
    }
    /// Checks a proof with ark-groth16.
    pub fn verify(&self, _inputs: &[Fr], _proof: &Proof) -> Result<(), ProofError> {
        todo!()
    }
    /// The arkworks form.
    pub fn as_ark(&self) -> &ark_groth16::VerifyingKey<Bn254> {
        &self.prepared.vk
    }
}
