//! The statement `join`, version 1: "the credentials behind these links together satisfy this formula."
//!
//! A verifier takes the links from the proofs of [`show`](crate::show) of the same answer, under the same context, so that
//! holder, issuer, validity and tree are said there and only the condition over several credentials is said here. The
//! clauses stand in five places under the same headings: `docs/statements/join.md`, [`check`] in plain Rust,
//! `join/circuit.rs` as constraints, `join/witness.rs` as the variables alone, `join/tests.rs` as refusals. Rows of the
//! constraint system, held by a test:
//!
//! | clause | rows | what they are |
//! |---|---|---|
//! | 1. Openings | 2,604 | three times: inner 609, a hash with a constant tag 258, and its equality with the link |
//! | 2. Atoms | 549 | three slots of 36 + 2·(1 + 66) + 1 + 7 + 3 + 2 |
//! | 3. Formula | 15 | three clauses of 3 + 2 |
//! | 4. Context | 1 | a square |
//! | all | 3,169 | with 163 public inputs and the constant: 3,333 of 4,096 |
//!
//! The circuit trusts its rows. [`Public`]'s documentation lists what a verifier makes sure of.

use ark_bn254::Fr;

use crate::opening::Opening;
use crate::schema::ATTRIBUTES;

pub use check::check;
pub use circuit::{Circuit, OPENING_ROWS, rows_per_clause};
pub use public::{Public, Rows, input_names};
pub use witness::{Unassigned, assign, assign_after_openings, assign_openings};

mod check;
mod circuit;
mod public;
#[cfg(test)]
mod tests;
mod witness;

/// Circuit name.
pub const NAME: &str = "join";
/// Circuit version.
pub const VERSION: u32 = 1;
/// Credentials of a condition.
pub const LINKS: usize = 3;
/// Attributes of all credentials together.
pub const WIDTH: usize = LINKS * ATTRIBUTES;
/// Atoms of a formula.
pub const SLOTS: usize = 3;
/// Clauses of a formula.
pub const CLAUSES: usize = 3;
/// Public inputs: 1 + 3 + 3·50 + 3·3.
pub const PUBLIC_INPUTS: usize = 163;
/// Place of the first of `links` among them.
pub const LINKS_INPUT: usize = 1;

/// The witness: one opening for each of the links, in their order.
#[derive(Clone)]
pub struct Private {
    /// See [`Private`].
    pub openings: [Opening; LINKS],
}

impl Private {
    /// One to three openings, of which the last is repeated as the links are; `None` for none or more.
    pub fn padded(openings: &[Opening]) -> Option<Self> {
        let last = openings.last().filter(|_| openings.len() <= LINKS)?;
        Some(Self { openings: std::array::from_fn(|i| openings.get(i).unwrap_or(last).clone()) })
    }

    /// The attributes of all credentials, one credential after the other.
    fn attributes(&self) -> [Fr; WIDTH] {
        let elements = self.openings.each_ref().map(|opening| opening.credential.values.elements());
        std::array::from_fn(|i| elements[i / ATTRIBUTES][i % ATTRIBUTES])
    }
}

/// A clause of the statement, as numbered on the statement page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clause {
    /// 1. Each link opens to its credential.
    Openings,
    /// 2. Order atoms are in range.
    Atoms,
    /// 3. Every clause has a true literal.
    Formula,
    /// 4. Context is bound.
    Context,
}

/// The native check failed at a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the statement does not hold: clause {0:?}")]
pub struct Violated(pub Clause);
