//! Verification of inclusion and consistency proofs (RFC 9162 §2.1.3.2, §2.1.4.2).

use super::{empty_root, node_hash};
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
    leaf: &Digest,
    index: u64,
    size: u64,
    proof: &[Digest],
    root: &Digest,
) -> Result<(), NotIncluded> {
    if index >= size {
        return Err(NotIncluded);
    }
    let mut walk = Walk { index, last: size - 1 };
    let mut hash = *leaf;
    for sibling in proof {
        hash = match walk.up().ok_or(NotIncluded)? {
            Side::Left => node_hash(sibling, &hash),
            Side::Right => node_hash(&hash, sibling),
        };
    }
    if walk.last == 0 && hash == *root { Ok(()) } else { Err(NotIncluded) }
}

/// Checks that the log (`old`, `old_root`) is a beginning of the log (`new`, `new_root`).
pub fn verify_consistency(
    old: u64,
    old_root: &Digest,
    new: u64,
    new_root: &Digest,
    proof: &[Digest],
) -> Result<(), Inconsistent> {
    let holds = if old == 0 {
        proof.is_empty() && *old_root == empty_root()
    } else if old == new {
        proof.is_empty() && old_root == new_root
    } else {
        old < new && roots(old, old_root, new, proof) == Some((*old_root, *new_root))
    };
    if holds { Ok(()) } else { Err(Inconsistent) }
}

/// The roots of the old and the new log that a proof leads to, for 0 < old < new.
fn roots(old: u64, old_root: &Digest, new: u64, proof: &[Digest]) -> Option<(Digest, Digest)> {
    let (first, rest) = match proof.split_first() {
        Some(_) if old.is_power_of_two() => (old_root, proof),
        split => split?,
    };
    let mut walk = Walk { index: old - 1, last: new - 1 };
    walk.skip_complete();
    let mut old_hash = *first;
    let mut new_hash = *first;
    for sibling in rest {
        match walk.up()? {
            Side::Left => {
                old_hash = node_hash(sibling, &old_hash);
                new_hash = node_hash(sibling, &new_hash);
            }
            Side::Right => new_hash = node_hash(&new_hash, sibling),
        }
    }
    (walk.last == 0).then_some((old_hash, new_hash))
}

/// A node on its way up: its index on its level, and the index of the last node there.
struct Walk {
    index: u64,
    last: u64,
}

/// On which side of the running node its sibling is.
enum Side {
    Left,
    Right,
}

impl Walk {
    /// Goes to the parent that the next sibling makes; `None` above the root.
    fn up(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let side = if self.index % 2 == 1 || self.index == self.last { Side::Left } else { Side::Right };
        if let Side::Left = side {
            // The last node of a level may have no sibling there; it rises until it is a right child.
            while self.index.is_multiple_of(2) && self.index != 0 {
                self.halve();
            }
        }
        self.halve();
        Some(side)
    }
    /// Rises to the root of the largest complete tree that ends at this node.
    fn skip_complete(&mut self) {
        while self.index % 2 == 1 {
            self.halve();
        }
    }
    fn halve(&mut self) {
        self.index /= 2;
        self.last /= 2;
    }
}
