//! The statement `show`, version 2: "I hold a credential of this schema, of one of these departments, now valid and in the
//! tree, whose values satisfy this formula; this is my pseudonym here; and this links to it."
//!
//! The clauses stand in five places under the same headings: `docs/statements/show.md`, [`check`] in plain Rust,
//! `show/circuit.rs` as constraints, `show/witness.rs` as the variables alone, `show/tests.rs` as refusals. Rows of the constraint system, held by a test:
//!
//! | clause | rows | what they are |
//! |---|---|---|
//! | 1. Leaf | 6,051 | holder 348, inner 609, leaf 261, 16 levels of 297 + 5, root 1 |
//! | 2. Validity | 164 | four range checks of 40 + 1 |
//! | 3. Issuer | 3 | a product of four |
//! | 4. Pseudonym | 387 | a product, two range checks of 16 + 1, a hash with a constant tag 351, and its equality |
//! | 5. Atoms | 954 | six slots of 12 + 2·(1 + 66) + 1 + 7 + 3 + 2 |
//! | 6. Formula | 66 | six clauses of 6 + 5 |
//! | 7. Context | 1 | a square |
//! | 8. Link | 259 | a hash with a constant tag 258, and its product with `linked` |
//! | all | 7,885 | with 207 public inputs and the constant: 8,093 of 8,192 |
//!
//! The circuit trusts its rows. [`Public`]'s documentation lists what a verifier makes sure of.

use ark_bn254::Fr;

use crate::credential::{Credential, HolderSecrets};
use crate::tree::Path;

pub use crate::atom::{Atom, MEMBERS};
pub use check::{check, holder};
pub use circuit::{Circuit, LEAF_ROWS, rows_per_clause};
pub use public::{Public, Rows, input_names};
pub use witness::{Unassigned, assign, assign_after_leaf, assign_leaf};

mod check;
mod circuit;
mod public;
#[cfg(test)]
mod tests;
mod witness;

/// Circuit name.
pub const NAME: &str = "show";
/// Circuit version.
pub const VERSION: u32 = 2;
/// Atoms of a formula.
pub const SLOTS: usize = 6;
/// Clauses of a formula.
pub const CLAUSES: usize = 6;
/// Accepted departments.
pub const ISSUERS: usize = 4;
/// Bits of an index of a pseudonym.
pub const INDEX_BITS: u32 = 16;
/// Public inputs: 11 + 4 + 6·26 + 6·6.
pub const PUBLIC_INPUTS: usize = 207;
/// Place of `root` among them.
pub const ROOT_INPUT: usize = 0;
/// Place of `schema` among them.
pub const SCHEMA_INPUT: usize = 10;

/// The witness.
#[derive(Clone)]
pub struct Private {
    /// The holder's secrets.
    pub secrets: HolderSecrets,
    /// Which of the holder's pseudonyms here: below `uses`.
    pub index: u16,
    /// Blinds the link: uniform, and fresh for every proof.
    pub blind: Fr,
    /// The credential.
    pub credential: Credential,
    /// Its path.
    pub path: Path,
}

/// A clause of the statement, as numbered on the statement page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clause {
    /// 1. Leaf under root, holder = pseudonym of the secrets.
    Leaf,
    /// 2. from ≤ now ≤ until.
    Validity,
    /// 3. Issuer is accepted.
    Issuer,
    /// 4. Nullifier of the same secrets and of an index below `uses`.
    Pseudonym,
    /// 5. Order atoms are in range.
    Atoms,
    /// 6. Every clause has a true literal.
    Formula,
    /// 7. Context is bound.
    Context,
    /// 8. Link to the same credential.
    Link,
}

/// The native check failed at a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the statement does not hold: clause {0:?}")]
pub struct Violated(pub Clause);
