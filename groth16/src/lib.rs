//! Groth16 over BN254 and nothing of Yong's: proofs and keys with one encoding, pairings, and verification one by one or many
//! together, eight at a time where the processor has AVX-512 IFMA.
//!
//! | module | is |
//! |---|---|
//! | [`Proof`], [`UncheckedProof`], [`VerifyingKey`] | decoded and checked values; snarkjs' JSON and 128 compressed bytes |
//! | [`PreparedKey`], [`PreparedVerifier`] | a key made ready for many proofs whose public inputs hardly differ |
//! | [`PreparedVerifier::verify_batch`] | many proofs with one final exponentiation |
//! | [`pairing`] | Miller loops, final exponentiation, subgroup check |
//! | [`simd`] | the arithmetic; the only module with `unsafe` |
//!
//! Every quick way has a portable twin and gives what arkworks gives.

mod batch;
mod coefficient;
mod json;
pub mod pairing;
mod prepared_key;
mod proof;
mod samples;
pub mod simd;
mod verifier;
mod verifying_key;

pub use ark_bn254::{Bn254, Fq12, Fr, G1Projective};
pub use json::{public_from_json, public_to_json};
pub use prepared_key::{Differences, PreparedInputs, PreparedKey};
pub use proof::{PROOF_BYTES, Proof, ProofError, UncheckedProof};
pub use samples::{Another, Sample};
pub use verifier::{Claim, PreparedVerifier};
pub use verifying_key::{MAX_PUBLIC_INPUTS, VerifyingKey};
