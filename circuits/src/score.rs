//! The statement `score`, version 1: "the points of the credential behind this link, under this published additive model,
//! are within these bounds."
//!
//! A verifier takes the link from the proof of [`show`](crate::show) of the same answer, under the same context. The clauses
//! stand in five places under the same headings: `docs/statements/score.md`, [`check`] in plain Rust, `score/circuit.rs` as
//! constraints, `score/witness.rs` as the variables alone, `score/tests.rs` as refusals. Rows of the constraint system, held
//! by a test:
//!
//! | clause | rows | what they are |
//! |---|---|---|
//! | 1. Opening | 868 | inner 609, a hash with a constant tag 258, and its equality with the link |
//! | 2. Bins | 2,352 | twelve attributes of 17 bits, 31 products with edges, 17 with points, one with the attribute, 2 for its absence, and twice 63 + 1 |
//! | 3. Sum | 128 | two range checks of 63 + 1 |
//! | 4. Context | 1 | a square |
//! | all | 3,349 | with 412 public inputs and the constant: 3,762 of 4,096 |
//!
//! The circuit trusts its rows. [`Public`]'s documentation lists what a verifier makes sure of.

use crate::opening::Opening;

pub use check::check;
pub use circuit::{Circuit, OPENING_ROWS, rows_per_clause};
pub use public::{Public, Rows, input_names};
pub use witness::{Unassigned, assign, assign_after_opening, assign_opening};

mod check;
mod circuit;
mod public;
#[cfg(test)]
mod tests;
mod witness;

/// Circuit name.
pub const NAME: &str = "score";
/// Circuit version.
pub const VERSION: u32 = 1;
/// Bins of an attribute.
pub const BINS: usize = 16;
/// What may be chosen for an attribute: a bin, or that it is absent.
pub const CHOICES: usize = BINS + 1;
/// Bits of a difference that is not negative.
pub const DIFFERENCE_BITS: u32 = 63;
/// Bits of what the last bin ends before: every number of an attribute is below 2^62.
pub const END_BITS: u32 = 62;
/// Public inputs: 2 + 12·16 + 12·17 + 12 + 2.
pub const PUBLIC_INPUTS: usize = 412;
/// Place of `link` among them.
pub const LINK_INPUT: usize = 1;

/// The witness. Which bin an attribute is in follows from its value: see [`check`].
#[derive(Clone)]
pub struct Private {
    /// The credential that is scored.
    pub opening: Opening,
}

/// A clause of the statement, as numbered on the statement page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clause {
    /// 1. The link opens to the credential.
    Opening,
    /// 2. Each attribute is in the bin that is chosen for it, or absent.
    Bins,
    /// 3. The sum of the chosen points is within the bounds.
    Sum,
    /// 4. Context is bound.
    Context,
}

/// The native check failed at a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the statement does not hold: clause {0:?}")]
pub struct Violated(pub Clause);
