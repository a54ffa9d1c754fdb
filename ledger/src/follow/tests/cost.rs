//! What following costs in bytes of paths and bodies, with the encodings that a node serves, for a city of 30 million leaves.

use std::cell::RefCell;
use std::collections::BTreeMap;

use circuits::field::Element;

use super::*;
use crate::checkpoint::{Checkpoint, cosign};
use crate::credentials::SHARD_LEAVES;
use crate::digest::Digest;
use crate::merkle::{TileReader, consistency_proof, inclusion_proof};
use crate::resource::{Index, MAX_ROOTS, changes};
use crate::tile::TilePath;

const LEAVES: u64 = 30_000_000;
/// Entries of the log after a year: commitments, status, and a heartbeat every four minutes.
const ENTRIES: u64 = 2_000_000;
/// Entries of a day: 400 records and 360 heartbeats, with room.
const A_DAY: u64 = 1_500;
const REVOCATIONS: u64 = 10_000;

/// Counts each tile once, as a follower fetches it.
#[derive(Default)]
struct Counted(RefCell<BTreeMap<String, u64>>);

impl TileReader for Counted {
    type Error = ();
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, ()> {
        let bytes = vec![0; path.width.get() * 32];
        let name = format!("/{path}");
        let cost = (name.len() + bytes.len()) as u64;
        self.0.borrow_mut().insert(name, cost);
        Ok(bytes)
    }
}

/// Tiles for the proofs of a sync from `old` to `new` entries, with those of the entries `proved`.
fn tiles(old: u64, new: u64, proved: &[u64]) -> u64 {
    let counted = Counted::default();
    consistency_proof(old, new, &counted).unwrap();
    for index in proved {
        inclusion_proof(*index, new, &counted).unwrap();
    }
    counted.0.into_inner().into_values().sum()
}

/// The longest over a few hundred sizes, because partial tiles are as long as they happen to be.
fn longest(tiles: impl Fn(u64) -> u64) -> u64 {
    (ENTRIES..ENTRIES + 65_536).step_by(251).map(tiles).max().unwrap()
}

fn cost(resource: &Resource, body: usize) -> u64 {
    (resource.to_string().len() + body) as u64
}

fn cap() -> usize {
    LEAVES.div_ceil(SHARD_LEAVES) as usize * 32
}

/// A checkpoint with as many cosignatures as it may have.
fn checkpoint() -> u64 {
    let checkpoint =
        Checkpoint { origin: genesis().origin().clone(), size: ENTRIES, root: Digest::of(b"root") };
    let mut note = checkpoint.sign(&insecure_key("ledger.test/1")).unwrap();
    for number in 0..15 {
        let name = format!("department-{number}.nanning/w1");
        note.push(cosign(&note, &name.parse().unwrap(), &insecure_key(&name), 1_800_000_000).unwrap());
    }
    cost(&Resource::Checkpoint, note.to_string().len())
}

fn state_root() -> u64 {
    let root = StateRoot {
        id: format!("state.root/{ENTRIES}").parse().unwrap(),
        entries: ENTRIES,
        leaves: LEAVES,
        root: Element(-circuits::Fr::from(1u64)),
        registry: Digest::of(b"registry"),
        time: 1_800_000_000,
    };
    cost(&Resource::Entry(ENTRIES), signed_root(root, "ledger.test/1").bytes().len())
}

fn index() -> u64 {
    let roots = (0..MAX_ROOTS as u64).map(|nth| ENTRIES - 4 * nth).rev().collect();
    let index = Index { size: ENTRIES, registry: (0..400).map(|nth| nth * 4000).collect(), roots };
    cost(&Resource::Index, serde_json::to_vec(&index).unwrap().len())
}

/// A list of so many leaves that were removed, spread over the tree.
fn list(count: u64) -> u64 {
    let apart = LEAVES / count;
    let changes = (0..count).map(|nth| (nth * apart + nth * nth % apart, [0; 32]));
    let mut changes: Vec<_> = changes.collect();
    changes.sort_unstable();
    changes.dedup();
    cost(&Resource::Changes { from: ENTRIES - A_DAY, to: ENTRIES }, changes::encode(changes).len())
}

#[test]
fn a_day_of_a_city_is_below_120_kilobytes() {
    // The root before the hour, and the newest: the list in two parts, the shards' roots twice.
    let lists = list(REVOCATIONS - 417) + list(417);
    let caps = cost(&Resource::Hour(500_000), 8 + cap()) + cost(&Resource::Cap, cap());
    let tiles = longest(|size| tiles(size - A_DAY, size, &[size - 1, size - 40]));
    // The follower, and the shards after it, each look whether the log moved on.
    let notes = 2 * checkpoint();
    let roots = 2 * state_root();
    let total = lists + caps + tiles + notes + roots + index();
    println!("lists {lists}, caps {caps}, tiles {tiles}, notes {notes}, roots {roots}, index {}", index());
    println!("together {total}");
    assert!(total < 120_000, "{total}");
}

#[test]
fn every_five_minutes_costs_the_roots_of_the_shards_and_the_edge_of_the_log() {
    let tiles = longest(|size| tiles(size - 6, size, &[size - 1]));
    let once = list(35) + cost(&Resource::Cap, cap()) + tiles + 2 * checkpoint() + state_root();
    println!("tiles {tiles}, once {once}, a day {}", 288 * once);
    assert!(once < 45_000, "{once}");
}
