//! The append-only tree of RFC 6962 over entries, read from tiles: roots, proofs, and their verification.

mod compact_range;
mod proof;
mod read;

pub use self::compact_range::{CompactRange, Tile};
pub use self::proof::{Inconsistent, NotIncluded, verify_consistency, verify_inclusion};
pub use self::read::{ReadError, TileReader, consistency_proof, inclusion_proof, root};
use crate::digest::Digest;

/// Hash of an entry as a leaf: SHA-256(0x00 ‖ entry).
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest::of_parts(&[&[0], entry])
}

/// Hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest::of_parts(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// Root of a log without entries: SHA-256 of nothing.
pub fn empty_root() -> Digest {
    Digest::of(&[])
}

#[cfg(test)]
mod tests;
