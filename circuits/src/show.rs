//! The statement `show`, version 1: "I hold a credential of this schema, of one of these departments, now valid and in the
//! tree, whose values satisfy this formula; and this is my pseudonym here."
//!
//! The clauses stand in three places under the same headings: [`check`] in plain Rust, `show/circuit.rs` as constraints,
//! `show/tests.rs` as refusals. Rows of the constraint system, held by a test:
//!
//! | clause | rows | what they are |
//! |---|---|---|
//! | 1. Leaf | 5,997 | holder 294, inner 609, leaf 261, 16 levels of 297 + 5, root 1 |
//! | 2. Validity | 164 | four range checks of 40 + 1 |
//! | 3. Issuer | 3 | a product of four |
//! | 4. Pseudonym | 295 | a hash with a constant tag, and its equality |
//! | 5. Atoms | 954 | six slots of 12 + 2·(1 + 66) + 1 + 7 + 3 + 2 |
//! | 6. Formula | 66 | six clauses of 6 + 5 |
//! | 7. Context | 1 | a square |
//! | all | 7,480 | with 203 public inputs and the constant: 7,684 of 8,192 |
//!
//! The circuit trusts its rows. [`Public`]'s documentation lists what a verifier makes sure of.

use ark_bn254::Fr;

use crate::credential::{Credential, HolderSecret, Scope};
use crate::schema::ATTRIBUTES;
use crate::tree::Path;

pub use check::{check, holder};
pub use circuit::{Circuit, LEAF_ROWS, Unassigned, assign, assign_after_leaf, assign_leaf, rows_per_clause};
use inputs::Inputs;

mod check;
mod circuit;
mod inputs;
#[cfg(test)]
mod tests;

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
/// Place of `root` among them.
pub const ROOT_INPUT: usize = 0;
/// Place of `schema` among them.
pub const SCHEMA_INPUT: usize = 6;

/// One slot's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// v = Σ `weight_i` · `a_i`.
    pub weight: [Fr; ATTRIBUTES],
    /// Least v.
    pub low: Fr,
    /// Greatest v.
    pub high: Fr,
    /// 1 where the atom compares by order, else 0.
    pub order: Fr,
    /// The set; fewer are padded by repetition.
    pub member: [Fr; MEMBERS],
    /// bit = `k_const` + `k_order` · between + `k_member` · member.
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
///
/// The circuit holds the prover to these rows, not the rows to sense. A verifier rebuilds every one but `nullifier` from
/// its policy, its clock and the ledger, with `(k_const, k_order, k_member)` one of (0,1,0), (1,−1,0), (0,0,1), (1,0,−1),
/// (1,0,0); literals and `order` 0 or 1; `low` and `high` within ±2^63; Σ|`weight_i`|·max(`a_i`) < 2^63; order atoms on
/// ordered attributes only, with weights of which no selection that could be absent together adds up to zero; sets and
/// departments padded by repetition, never with zero.
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
        let mut all = Vec::with_capacity(PUBLIC_INPUTS);
        Inputs::of(self).each(|_, x| all.push(*x));
        all
    }
}

/// The names of the 203 public inputs, in the same order, such as `slots[2].low`.
pub fn input_names() -> Vec<String> {
    let mut names = Vec::with_capacity(PUBLIC_INPUTS);
    Inputs::unassigned().each(|name, ()| names.push(name.to_string()));
    names
}
