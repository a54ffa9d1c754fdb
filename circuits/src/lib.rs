//! Says the statement: credential, schema, policy, tree and hash, each beside its in-circuit twin.
#![forbid(unsafe_code)]

mod atom;
mod constraints;
pub mod credential;
pub mod enroll;
pub mod field;
pub mod join;
pub mod model;
pub mod opening;
pub mod policy;
pub mod poseidon;
mod row;
#[cfg(any(test, feature = "test-support"))]
pub mod samples;
pub mod schema;
pub mod score;
pub mod show;
pub mod tree;
pub mod typed;

pub use ark_bn254::Fr;
