//! Rows of nodes, one above the other, filled from the left; what is not filled is empty.

use circuits::Fr;
use circuits::field::Element;
use circuits::tree::{ARITY, empty_roots, nodes};
use rayon::prelude::*;

/// A part of the credential tree between two heights. `rows[0]` holds nodes of height `base` (leaves if 0); each row
/// above holds their parents, the last one a single node. Rows are as long as what is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Levels {
    base: usize,
    rows: Vec<Vec<Fr>>,
}

/// The three siblings of a node on one level.
pub(crate) type Siblings = [Element; ARITY - 1];

impl Levels {
    /// Nothing filled, between heights `base` and `top` (at most 16).
    pub(crate) fn new(base: usize, top: usize) -> Self {
        Self { base, rows: vec![Vec::new(); top - base + 1] }
    }
    /// Nodes in the lowest row.
    pub(crate) fn len(&self) -> usize {
        self.row(0).len()
    }
    /// The filled part of a row, counted from `base`; empty above the top.
    pub(crate) fn row(&self, level: usize) -> &[Fr] {
        self.rows.get(level).map_or(&[], Vec::as_slice)
    }
    /// The one node of the highest row.
    pub(crate) fn root(&self) -> Fr {
        let top = self.rows.len() - 1;
        self.node(top, 0)
    }
    /// The siblings of node `index` of the lowest row, and of its parents, up to below the root.
    pub(crate) fn siblings(&self, index: usize) -> impl Iterator<Item = Siblings> {
        (0..self.rows.len() - 1).map(move |level| self.siblings_at(level, index >> (2 * level)))
    }
    /// Fills the lowest row further and changes filled places of it; then recomputes the nodes above.
    /// Later changes of one place win. Indices are below the new length.
    pub(crate) fn update(&mut self, appended: &[Fr], changed: impl IntoIterator<Item = (usize, Fr)>) {
        let lowest = self.rows.first_mut().expect("there are always at least two rows");
        let mut dirty: Vec<usize> = Vec::new();
        let before = lowest.len();
        lowest.extend_from_slice(appended);
        for (index, value) in changed {
            *lowest.get_mut(index).expect("changed places are filled") = value;
            dirty.push(index);
        }
        dirty.extend(before..lowest.len());
        dirty.sort_unstable();
        for level in 1..self.rows.len() {
            dirty = self.recompute(level, dirty);
        }
    }

    /// Forgets all nodes of the lowest row from the first `length` on, and what is above them alone. What is above the last
    /// one that stays is wrong until an [`Self::update`] of it.
    pub(crate) fn truncate(&mut self, mut length: usize) {
        for row in &mut self.rows {
            row.truncate(length);
            length = length.div_ceil(ARITY);
        }
    }

    /// Recomputes the parents of `below` (ascending) and gives their indices.
    fn recompute(&mut self, level: usize, below: Vec<usize>) -> Vec<usize> {
        let mut parents: Vec<usize> = below.into_iter().map(|i| i / ARITY).collect();
        parents.dedup();
        let children: Vec<Fr> = parents.iter().flat_map(|parent| self.children(level - 1, *parent)).collect();
        let hashes: Vec<Fr> = children.par_chunks(AT_ONCE * ARITY).flat_map_iter(nodes).collect();
        let row = self.rows.get_mut(level).expect("the caller counts rows");
        for (&parent, hash) in parents.iter().zip(hashes) {
            if parent >= row.len() {
                row.resize(parent + 1, hash);
            }
            *row.get_mut(parent).expect("resized just above") = hash;
        }
        parents
    }
    fn children(&self, level: usize, parent: usize) -> [Fr; ARITY] {
        std::array::from_fn(|child| self.node(level, parent * ARITY + child))
    }
    fn siblings_at(&self, level: usize, index: usize) -> Siblings {
        let first = index / ARITY * ARITY;
        let mut others = (first..first + ARITY).filter(|i| *i != index);
        std::array::from_fn(|_| self.node(level, others.next().expect("four children less one")).into())
    }
    fn node(&self, level: usize, index: usize) -> Fr {
        self.row(level).get(index).copied().unwrap_or_else(|| empty_roots()[self.base + level])
    }
}

/// Nodes that one thread hashes together; for fewer, another thread costs more than it saves.
const AT_ONCE: usize = 32;
