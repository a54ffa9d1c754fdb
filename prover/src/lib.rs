//! Proves the statements: a witness in, a 128-byte proof out; keys and their files.
//!
//! [`CircuitProver::prove`] runs the native check, computes the witness and hands it to an [`engine`]. Keys are made by
//! [`setup`] and read by [`key`]; a key says which circuit, version and constraints it is for and is refused elsewhere.
//! This crate does not know who asks for a proof, or why.
#![forbid(unsafe_code)]

pub mod bench;
pub mod ceremony;
pub mod cli;
pub mod engine;
pub mod iden3;
pub mod key;
pub mod matrices;
pub mod msm;
pub mod ntt;
mod prepared;
mod proving;
pub mod reduction;
pub mod setup;
pub mod statement;
#[cfg(any(test, feature = "test-support"))]
pub mod testing;
#[cfg(test)]
mod toy;

pub use prepared::{Preparable, PrepareError, Prepared, PreparedLeaf};
pub use proving::{
    CircuitProver, EnrollProver, JoinProver, OpenError, ProveError, Prover, ScoreProver, ShowProver,
    key_file, verifying_key_file,
};
