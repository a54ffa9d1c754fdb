//! Verification of inclusion and consistency proofs (RFC 9162 §2.1.3.2, §2.1.4.2).

use crate::digest::Digest;

/// The proof does not lead from the entry to the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the entry is not in the log that the root commits to")]
pub struct NotIncluded;

/// The proof does not show that the old log is a beginning of the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the old log is not a beginning of the new one")]
pub struct Inconsistent;

/// Checks that the entry with this leaf hash is at `index` of the log with `size` entries and this root.
pub fn verify_inclusion(
    _leaf: &Digest,
    _index: u64,
    _size: u64,
    _proof: &[Digest],
    _root: &Digest,
) -> Result<(), NotIncluded> {
    todo!()
}

/// Checks that the log (`old`, `old_root`) is a beginning of the log (`new`, `new_root`).
pub fn verify_consistency(
    _old: u64,
    _old_root: &Digest,
    _new: u64,
    _new_root: &Digest,
    _proof: &[Digest],
) -> Result<(), Inconsistent> {
    todo!()
}
