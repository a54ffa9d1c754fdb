//! The statement `enroll`, version 1: `holder = pseudonym(sk, issuer, schema)`, bound to a context.

use ark_bn254::Fr;

use crate::credential::{DepartmentId, HolderSecret};
use crate::schema::SchemaId;

/// Circuit name.
pub const NAME: &str = "enroll";
/// Circuit version.
pub const VERSION: u32 = 1;
/// context, issuer, schema, holder.
pub const PUBLIC_INPUTS: usize = 4;

/// All public inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Public {
    /// Binds the proof to one credential request.
    pub context: Fr,
    /// Who is asked.
    pub issuer: DepartmentId,
    /// For what.
    pub schema: SchemaId,
    /// The holder value.
    pub holder: Fr,
}

impl Public {
    /// The 4 public inputs in order.
    pub fn to_inputs(&self) -> Vec<Fr> {
        todo!()
    }
}

/// The constraint system. Without a witness it is for key generation.
#[derive(Clone, Default)]
pub struct Circuit {
    /// `None` while keys are made.
    pub assignment: Option<(Public, HolderSecret)>,
}

/// The statement in plain Rust.
pub fn check(_public: &Public, _secret: &HolderSecret) -> bool {
    todo!()
}
