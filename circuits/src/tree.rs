//! The credential tree: arity 4, depth 16, node = `H(c0, c1, c2, c3)`, empty leaf = 0.

use std::sync::OnceLock;

use ark_bn254::Fr;
use serde::{Deserialize, Serialize};

use crate::field::Element;

pub(crate) mod gadget;

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
    pub fn root(&self, leaf: &Fr) -> Fr {
        (0..DEPTH).fold(*leaf, |below, level| node(&self.children(level, below)))
    }

    /// The four children at `level` when the one on the path is `below`.
    pub(crate) fn children(&self, level: usize, below: Fr) -> [Fr; ARITY] {
        let digit = self.position.digit(level);
        let mut siblings = self.siblings[level].iter();
        std::array::from_fn(|child| {
            if child == digit {
                below
            } else {
                siblings.next().expect("three siblings stand beside the path").0
            }
        })
    }
}

/// One inner node.
pub fn node(children: &[Fr; ARITY]) -> Fr {
    crate::poseidon::hash(children)
}

/// The parents of nodes that stand in groups of four; the same as [`node`] of each group, and quicker. Fewer than four at the
/// end have no parent yet.
pub fn nodes(children: &[Fr]) -> Vec<Fr> {
    crate::poseidon::hash_batch(children.as_chunks::<ARITY>().0)
}

/// Roots of empty subtrees by height, 0 ≤ height ≤ 16; computed once.
pub fn empty_roots() -> &'static [Fr; DEPTH + 1] {
    static ROOTS: OnceLock<[Fr; DEPTH + 1]> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let mut roots = [Fr::default(); DEPTH + 1];
        for height in 0..DEPTH {
            roots[height + 1] = node(&[roots[height]; ARITY]);
        }
        roots
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Vectors {
        empty_subtree_roots_by_height: Vec<Element>,
        leaves_1_to_21_root: Element,
    }

    fn vectors() -> Vectors {
        serde_json::from_str(include_str!("../vectors/credential-tree.json")).unwrap()
    }

    /// The levels of the tree whose leaves are 1, …, 21, without empty nodes; its root last.
    fn levels() -> Vec<Vec<Fr>> {
        let mut levels = vec![(1..=21u64).map(Fr::from).collect::<Vec<_>>()];
        for height in 0..DEPTH {
            let filled =
                |row: &[Fr]| std::array::from_fn(|i| row.get(i).copied().unwrap_or(empty_roots()[height]));
            let above = levels[height].chunks(ARITY).map(|row| node(&filled(row))).collect();
            levels.push(above);
        }
        levels
    }

    fn path(position: u64) -> Path {
        let levels = levels();
        let sibling = |level: usize, child: u64| {
            let index = (position >> (2 * level) & !3) + child;
            levels[level].get(index as usize).copied().unwrap_or(empty_roots()[level]).into()
        };
        let position = Position::new(position).unwrap();
        let siblings = std::array::from_fn(|level| {
            let mut others = (0..4).filter(|&c| c != position.digit(level) as u64);
            std::array::from_fn(|_| sibling(level, others.next().unwrap()))
        });
        Path { position, siblings }
    }

    #[test]
    fn empty_roots_of_circomlibjs() {
        let ours: Vec<Element> = empty_roots().iter().map(|&x| Element(x)).collect();
        assert_eq!(ours, vectors().empty_subtree_roots_by_height);
    }

    #[test]
    fn root_of_circomlibjs() {
        assert_eq!(Element(levels()[DEPTH][0]), vectors().leaves_1_to_21_root);
    }

    #[test]
    fn every_path_leads_to_the_root() {
        for position in 0..21 {
            assert_eq!(Element(path(position).root(&Fr::from(position + 1))), vectors().leaves_1_to_21_root);
        }
    }

    #[test]
    fn another_leaf_sibling_or_position_has_another_root() {
        let path = path(6);
        let root = path.root(&Fr::from(7u64));
        assert_ne!(path.root(&Fr::from(8u64)), root);
        for level in 0..DEPTH {
            let mut wrong = path.clone();
            wrong.siblings[level][0].0 += Fr::from(1u64);
            assert_ne!(wrong.root(&Fr::from(7u64)), root, "level {level}");
        }
        let moved = Path { position: Position::new(5).unwrap(), ..path };
        assert_ne!(moved.root(&Fr::from(7u64)), root);
    }

    #[test]
    fn a_position_is_below_four_to_the_sixteen() {
        assert_eq!(Position::new(1 << 32), Err(OutOfTree(1 << 32)));
        assert!(serde_json::from_str::<Position>("4294967296").is_err());
        assert_eq!(Position::new(0b11_01_10).unwrap().digit(1), 1);
    }
}
