//! Says the statement: credential, schema, policy, tree and hash, each beside its in-circuit twin.

mod constraints;
pub mod credential;
pub mod enroll;
pub mod field;
pub mod lanes;
pub mod model;
pub mod pairing;
pub mod policy;
pub mod poseidon;
#[cfg(any(test, feature = "test-support"))]
pub mod samples;
pub mod schema;
pub mod show;
pub mod tree;
pub mod wire;

pub use ark_bn254::{Bn254, Fq12, Fr, G1Projective};
