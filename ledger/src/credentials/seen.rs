//! Which leaves were ever committed: a table of positions, found by the leaf.

use circuits::Fr;
use hashbrown::HashTable;
use rayon::prelude::*;

/// Positions by leaf, in parts that grow and are filled apart from each other. A leaf is a hash, so its own words spread it
/// over parts and places; whoever grinds commitments to crowd one place pays a Poseidon hash for every try.
#[derive(Clone)]
pub(super) struct Seen {
    parts: Vec<HashTable<u32>>,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self { parts: vec![HashTable::new(); PARTS] }
    }
    /// All positions of these leaves.
    pub(super) fn from_leaves(leaves: &[Fr]) -> Self {
        let sort = |(chunk, leaves): (usize, &[Fr])| {
            let mut parts = vec![Vec::new(); PARTS];
            for (position, leaf) in (chunk as u32 * CHUNK as u32..).zip(leaves) {
                parts[part(leaf)].push(position);
            }
            parts
        };
        let sorted: Vec<Vec<Vec<u32>>> = leaves.par_chunks(CHUNK).enumerate().map(sort).collect();
        let at = |position: &u32| &leaves[*position as usize];
        let fill = |number: usize| {
            let mut table = HashTable::with_capacity(sorted.iter().map(|parts| parts[number].len()).sum());
            for position in sorted.iter().flat_map(|parts| &parts[number]) {
                table.insert_unique(place(at(position)), *position, |position| place(at(position)));
            }
            table
        };
        Self { parts: (0..PARTS).into_par_iter().map(fill).collect() }
    }
    /// Whether this leaf is at one of the positions; `at` gives the leaf that was committed at a position.
    pub(super) fn contains<'a>(&self, leaf: &Fr, at: impl Fn(u32) -> &'a Fr) -> bool {
        self.parts[part(leaf)].find(place(leaf), |position| at(*position) == leaf).is_some()
    }
    /// Takes in the leaves from position `first` on, none of which is here.
    pub(super) fn extend<'a>(&mut self, first: u64, leaves: &[Fr], at: impl Fn(u32) -> &'a Fr) {
        for (position, leaf) in (first..).zip(leaves) {
            let position = u32::try_from(position).expect("the tree has 2^32 places");
            self.parts[part(leaf)].insert_unique(place(leaf), position, |position| place(at(*position)));
        }
    }
    /// Forgets the leaves from position `first` on, which were taken in last.
    pub(super) fn forget<'a>(&mut self, first: u64, leaves: impl IntoIterator<Item = &'a Fr>) {
        for (position, leaf) in (first..).zip(leaves) {
            let found = self.parts[part(leaf)].find_entry(place(leaf), |at| u64::from(*at) == position);
            found.expect("what was taken in is there").remove();
        }
    }
}

fn place(leaf: &Fr) -> u64 {
    leaf.0.0[0]
}

fn part(leaf: &Fr) -> usize {
    leaf.0.0[1] as usize % PARTS
}

const PARTS: usize = 64;
/// Leaves that one thread sorts at a time.
const CHUNK: usize = 1 << 16;
