//! The credential tree: arity 4, depth 16, node = `H(c0, c1, c2, c3)`, empty leaf = 0.

use ark_bn254::Fr;
use serde::{Deserialize, Serialize};

use crate::field::Element;

/// Children of a node.
pub const ARITY: usize = 4;
/// Levels between a leaf and the root.
pub const DEPTH: usize = 16;

/// A leaf's place: below 4^16, read as base-4 digits, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Position(u64);

/// A number of 4^16 or more was given as a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("position {0} is outside the tree (4^16 leaves)")]
pub struct OutOfTree(pub u64);

impl Position {
    /// Checks that the position is inside the tree.
    pub fn new(position: u64) -> Result<Self, OutOfTree> {
        if position < 1 << 32 { Ok(Self(position)) } else { Err(OutOfTree(position)) }
    }
    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
    /// The base-4 digit at `level` (0 is next to the leaf).
    pub fn digit(self, level: usize) -> usize {
        ((self.0 >> (2 * level)) & 3) as usize
    }
}

impl TryFrom<u64> for Position {
    type Error = OutOfTree;
    fn try_from(position: u64) -> Result<Self, OutOfTree> {
        Self::new(position)
    }
}

impl From<Position> for u64 {
    fn from(p: Position) -> u64 {
        p.0
    }
}

/// The siblings of a leaf on its way to the root; at each level the three other children in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// Where the leaf is.
    pub position: Position,
    /// Level 0 is next to the leaf.
    pub siblings: [[Element; ARITY - 1]; DEPTH],
}

impl Path {
    /// The root that `leaf` has along this path.
    pub fn root(&self, _leaf: &Fr) -> Fr {
        todo!()
    }
}

/// One inner node.
pub fn node(children: &[Fr; ARITY]) -> Fr {
    crate::poseidon::hash(children)
}

/// Roots of empty subtrees by height, 0 ≤ height ≤ 16; computed once.
pub fn empty_roots() -> &'static [Fr; DEPTH + 1] {
    todo!()
}
