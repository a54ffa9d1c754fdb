//! The nodes of the whole tree: all leaves, and what is above tiles of 256. The little that is between is computed when it
//! is asked for, so that a tree costs hardly more memory than its leaves.

use circuits::Fr;
use circuits::tree::{ARITY, DEPTH, empty_roots, nodes};
use rayon::prelude::*;

use super::levels::{Levels, Siblings};

/// Leaves, and levels from the tiles' roots up to the root.
#[derive(Clone)]
pub(super) struct Nodes {
    leaves: Vec<Fr>,
    upper: Levels,
}

impl Nodes {
    pub(super) fn new() -> Self {
        Self { leaves: Vec::new(), upper: Levels::new(TILE_HEIGHT, DEPTH) }
    }
    /// From leaves and the roots of their tiles, one root for 256 leaves or what is left of them. That the roots are those
    /// of the leaves is not checked.
    pub(super) fn from_tiles(leaves: Vec<Fr>, roots: &[Fr]) -> Option<Self> {
        let mut upper = Levels::new(TILE_HEIGHT, DEPTH);
        upper.update(roots, []);
        (roots.len() == leaves.len().div_ceil(TILE_LEAVES)).then_some(Self { leaves, upper })
    }
    pub(super) fn leaves(&self) -> &[Fr] {
        &self.leaves
    }
    /// Roots of the tiles.
    pub(super) fn tiles(&self) -> &[Fr] {
        self.upper.row(0)
    }
    /// Nodes of a height from that of the tiles' roots on.
    pub(super) fn row(&self, height: usize) -> &[Fr] {
        self.upper.row(height - TILE_HEIGHT)
    }
    pub(super) fn root(&self) -> Fr {
        self.upper.root()
    }
    /// The siblings on the way from a leaf to the root.
    pub(super) fn siblings(&self, leaf: usize) -> Vec<Siblings> {
        let tile = leaf / TILE_LEAVES;
        let mut below = Levels::new(0, TILE_HEIGHT);
        below.update(tile_of(&self.leaves, tile), []);
        below.siblings(leaf % TILE_LEAVES).chain(self.upper.siblings(tile)).collect()
    }
    /// Appends leaves and changes some that are there by then; later changes of one place win.
    pub(super) fn update(&mut self, appended: &[Fr], changed: impl IntoIterator<Item = (usize, Fr)>) {
        let before = self.leaves.len();
        self.leaves.extend_from_slice(appended);
        let mut touched: Vec<usize> = Vec::new();
        for (index, leaf) in changed {
            *self.leaves.get_mut(index).expect("changed places are filled") = leaf;
            touched.push(index / TILE_LEAVES);
        }
        if !appended.is_empty() {
            touched.extend(before / TILE_LEAVES..self.leaves.len().div_ceil(TILE_LEAVES));
        }
        touched.sort_unstable();
        touched.dedup();
        self.raise(&touched);
    }

    /// Forgets all leaves from the first `length` on, and changes some of the others.
    pub(super) fn shrink(&mut self, length: usize, changed: impl IntoIterator<Item = (usize, Fr)>) {
        self.leaves.truncate(length);
        self.upper.truncate(length.div_ceil(TILE_LEAVES));
        let mut touched: Vec<usize> =
            length.checked_sub(1).map(|last| last / TILE_LEAVES).into_iter().collect();
        for (index, leaf) in changed {
            if let Some(place) = self.leaves.get_mut(index) {
                *place = leaf;
                touched.push(index / TILE_LEAVES);
            }
        }
        touched.sort_unstable();
        touched.dedup();
        self.raise(&touched);
    }

    /// Computes everything above these tiles (ascending) anew.
    fn raise(&mut self, touched: &[usize]) {
        let leaves = &self.leaves;
        let roots: Vec<Fr> =
            touched.par_chunks(TILES_AT_ONCE).flat_map_iter(|tiles| tile_roots(leaves, tiles)).collect();
        let known = self.upper.len();
        let (old, new) = roots.split_at(touched.partition_point(|tile| *tile < known));
        self.upper.update(new, touched.iter().copied().zip(old.iter().copied()));
    }
}

/// The leaves of a tile; none beyond the last.
fn tile_of(leaves: &[Fr], tile: usize) -> &[Fr] {
    leaves.chunks(TILE_LEAVES).nth(tile).unwrap_or(&[])
}

/// The roots of tiles, of which only the last may be unfinished.
fn tile_roots(leaves: &[Fr], tiles: &[usize]) -> Vec<Fr> {
    let mut row: Vec<Fr> = tiles.iter().flat_map(|tile| tile_of(leaves, *tile)).copied().collect();
    for empty in empty_roots().iter().take(TILE_HEIGHT) {
        row.resize(row.len().next_multiple_of(ARITY), *empty);
        row = nodes(&row);
    }
    row
}

/// Height of a tile's root.
const TILE_HEIGHT: usize = 4;
/// Leaves in a tile: 4^4.
const TILE_LEAVES: usize = 256;
/// Tiles that one thread hashes together.
const TILES_AT_ONCE: usize = 8;
