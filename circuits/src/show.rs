//! The statement `show`, version 1.

use ark_bn254::Fr;

use crate::credential::{Credential, HolderSecret, Scope};
use crate::schema::ATTRIBUTES;
use crate::tree::Path;

/// Circuit name.
pub const NAME: &str = "show";
/// Circuit version.
pub const VERSION: u32 = 1;
/// Atoms of a formula.
pub const SLOTS: usize = 6;
/// Clauses of a formula.
pub const CLAUSES: usize = 6;
/// Members of a set.
pub const MEMBERS: usize = 8;
/// Accepted departments.
pub const ISSUERS: usize = 4;
/// Public inputs: 7 + 4 + 6·26 + 6·6.
pub const PUBLIC_INPUTS: usize = 203;

/// One slot's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// v = Σ weight_i · a_i.
    pub weight: [Fr; ATTRIBUTES],
    /// Least v.
    pub low: Fr,
    /// Greatest v.
    pub high: Fr,
    /// 1 where the atom compares by order, else 0.
    pub order: Fr,
    /// The set; fewer are padded by repetition.
    pub member: [Fr; MEMBERS],
    /// bit = k_const + k_order · between + k_member · member.
    pub k_const: Fr,
    /// See `k_const`.
    pub k_order: Fr,
    /// See `k_const`.
    pub k_member: Fr,
}

/// The policy-dependent rows of one credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// `text(schema)`.
    pub schema: Fr,
    /// Accepted departments, padded by repetition.
    pub issuers: [Fr; ISSUERS],
    /// The slots.
    pub atoms: [Atom; SLOTS],
    /// literal[c][j] is 1 where clause c names slot j.
    pub literal: [[Fr; SLOTS]; CLAUSES],
}

/// All public inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Public {
    /// Root of the credential tree.
    pub root: Fr,
    /// The verifier's time, unix seconds.
    pub now: u64,
    /// Binds the proof to one session.
    pub context: Fr,
    /// What the pseudonym is for.
    pub scope: Scope,
    /// `pseudonym(sk, scope)`.
    pub nullifier: Fr,
    /// The policy's rows.
    pub rows: Rows,
}

/// The witness.
#[derive(Clone)]
pub struct Private {
    /// The holder's secret.
    pub secret: HolderSecret,
    /// The credential.
    pub credential: Credential,
    /// Its path.
    pub path: Path,
}

/// A clause of the statement, as numbered on the statement page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clause {
    /// 1. Leaf under root, holder = pseudonym of the secret.
    Leaf,
    /// 2. from ≤ now ≤ until.
    Validity,
    /// 3. Issuer is accepted.
    Issuer,
    /// 4. Nullifier of the same secret.
    Pseudonym,
    /// 5. Order atoms are in range.
    Atoms,
    /// 6. Every clause has a true literal.
    Formula,
    /// 7. Context is bound.
    Context,
}

/// The native check failed at a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the statement does not hold: clause {0:?}")]
pub struct Violated(pub Clause);

impl Public {
    /// The 203 public inputs in the order of the statement.
    pub fn to_inputs(&self) -> Vec<Fr> {
        todo!()
    }
}

/// The statement in plain Rust.
pub fn check(_public: &Public, _private: &Private) -> Result<(), Violated> {
    todo!()
}

/// The constraint system. Without a witness it is for key generation.
#[derive(Clone, Default)]
pub struct Circuit {
    /// `None` while keys are made.
    pub assignment: Option<(Public, Private)>,
}
