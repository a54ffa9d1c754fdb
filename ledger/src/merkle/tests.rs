//! Roots and proofs against the definitions of RFC 6962, against `tlog_tiles`, and against lying tiles.

use std::cell::RefCell;
use std::collections::HashMap;

use proptest::prelude::*;
use tlog_tiles::tlog;

use super::*;
use crate::tile::TilePath;

/// Tiles in memory.
#[derive(Default)]
struct Memory(RefCell<HashMap<TilePath, Vec<u8>>>);

impl TileReader for Memory {
    type Error = &'static str;
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, &'static str> {
        self.0.borrow().get(&path).cloned().ok_or("no such tile")
    }
}

impl Memory {
    fn write(&self, tiles: Vec<Tile>) {
        self.0.borrow_mut().extend(tiles.into_iter().map(|t| (t.path, t.bytes)));
    }
}

fn leaf(i: u64) -> Digest {
    leaf_hash(format!("entry-{i}").as_bytes())
}

fn log(size: u64) -> (CompactRange, Memory) {
    let mut range = CompactRange::new();
    let memory = Memory::default();
    memory.write(range.append(&(0..size).map(leaf).collect::<Vec<_>>()));
    (range, memory)
}

/// MTH by its definition.
fn mth(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        _ => {
            let k = 1 << (leaves.len() - 1).ilog2();
            node_hash(&mth(&leaves[..k]), &mth(&leaves[k..]))
        }
    }
}

/// `tlog_tiles` reading its own stored hashes.
struct Theirs(Vec<tlog::Hash>);

impl tlog::HashReader for Theirs {
    fn read_hashes(&self, indices: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indices.iter().map(|i| self.0[usize::try_from(*i).unwrap()]).collect())
    }
}

fn theirs(size: u64) -> Theirs {
    let mut log = Theirs(Vec::new());
    for i in 0..size {
        let more = tlog::stored_hashes(i, format!("entry-{i}").as_bytes(), &log).unwrap();
        log.0.extend(more);
    }
    log
}

fn ours(hashes: &[tlog::Hash]) -> Vec<Digest> {
    hashes.iter().map(|h| Digest::from_bytes(h.0)).collect()
}

#[test]
fn the_vector_of_three_entries() {
    assert_eq!(leaf(0).to_string(), "40766b2033429026f53d54502679a839706b4741f8dcaf3a8bba5f41b5ffe075");
    assert_eq!(
        log(3).0.root().to_string(),
        "a64bf26e09128f6fe2fe6f8b2d8c801e166b57c047a7cd9b2b809e7a96a2f1cb"
    );
}

#[test]
fn edge_tiles_and_definition_agree() {
    for size in [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 600, 65_535, 65_536, 65_537, 70_000] {
        let (range, memory) = log(size);
        let expected = mth(&(0..size).map(leaf).collect::<Vec<_>>());
        assert_eq!(range.root(), expected, "{size}");
        assert_eq!(root(size, &memory).unwrap(), expected, "{size}");
        assert_eq!(CompactRange::load(size, &memory).unwrap().root(), expected, "{size}");
    }
}

#[test]
fn the_tiles_of_the_format_example() {
    let (_, memory) = log(70_000);
    let paths: Vec<String> = memory.0.borrow().keys().map(ToString::to_string).collect();
    assert_eq!(paths.len(), 273 + 1 + 1 + 1 + 1);
    for path in ["tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"] {
        assert!(paths.iter().any(|p| p == path), "{path}");
    }
}

#[test]
fn a_lying_tile_is_detected() {
    let (range, memory) = log(600);
    for (path, byte) in [("tile/0/001", 40), ("tile/1/000.p/2", 0)] {
        memory.0.borrow_mut().get_mut(&path.parse().unwrap()).unwrap()[byte] ^= 1;
    }
    assert_ne!(root(600, &memory).unwrap(), range.root());
    let proof = inclusion_proof(300, 600, &memory).unwrap();
    assert_eq!(verify_inclusion(&leaf(300), 300, 600, &proof, &range.root()), Err(NotIncluded));
}

#[test]
fn a_tile_of_another_length_is_refused() {
    let (_, memory) = log(600);
    memory.0.borrow_mut().get_mut(&"tile/0/001".parse().unwrap()).unwrap().pop();
    assert!(matches!(inclusion_proof(300, 600, &memory), Err(ReadError::Length { length: 8191, .. })));
}

#[test]
fn beyond_the_log_there_is_nothing_to_prove() {
    let (range, memory) = log(5);
    assert!(matches!(inclusion_proof(5, 5, &memory), Err(ReadError::Beyond(5))));
    assert!(matches!(consistency_proof(6, 5, &memory), Err(ReadError::Beyond(6))));
    assert_eq!(verify_inclusion(&leaf(4), 5, 5, &[], &range.root()), Err(NotIncluded));
    assert_eq!(verify_consistency(6, &range.root(), 5, &range.root(), &[]), Err(Inconsistent));
}

#[test]
fn every_small_proof_agrees_with_tlog_tiles() {
    let theirs = theirs(20);
    for size in 1..=20 {
        let (range, memory) = log(size);
        for index in 0..size {
            let proof = inclusion_proof(index, size, &memory).unwrap();
            assert_eq!(proof, ours(&tlog::prove_record(size, index, &theirs).unwrap()));
            assert_eq!(verify_inclusion(&leaf(index), index, size, &proof, &range.root()), Ok(()));
        }
        for old in 1..=size {
            let proof = consistency_proof(old, size, &memory).unwrap();
            assert_eq!(proof, ours(&tlog::prove_tree(size, old, &theirs).unwrap()));
            assert_eq!(verify_consistency(old, &log(old).0.root(), size, &range.root(), &proof), Ok(()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn appending_in_parts_is_appending_at_once(parts in prop::collection::vec(0u64..700, 1..5)) {
        let mut range = CompactRange::new();
        let memory = Memory::default();
        for part in parts {
            let leaves: Vec<_> = (range.size()..range.size() + part).map(leaf).collect();
            memory.write(range.append(&leaves));
            prop_assert_eq!(CompactRange::load(range.size(), &memory).unwrap().root(), range.root());
        }
        prop_assert_eq!(range.root(), log(range.size()).0.root());
        prop_assert_eq!(root(range.size(), &memory).unwrap(), range.root());
    }

    #[test]
    fn only_the_right_proof_verifies(size in 2u64..1500, at: prop::sample::Index, old: prop::sample::Index, flip: prop::sample::Index) {
        let (range, memory) = log(size);
        let index = at.index(size as usize) as u64;
        let mut proof = inclusion_proof(index, size, &memory).unwrap();
        prop_assert!(verify_inclusion(&leaf(index), index, size, &proof, &range.root()).is_ok());
        prop_assert!(verify_inclusion(&leaf(index), (index + 1) % size, size, &proof, &range.root()).is_err());
        let place = flip.index(proof.len());
        proof[place] = leaf(size);
        prop_assert!(verify_inclusion(&leaf(index), index, size, &proof, &range.root()).is_err());

        let old = 1 + old.index(size as usize - 1) as u64;
        let old_root = log(old).0.root();
        let mut proof = consistency_proof(old, size, &memory).unwrap();
        prop_assert!(verify_consistency(old, &old_root, size, &range.root(), &proof).is_ok());
        prop_assert!(verify_consistency(old, &leaf(0), size, &range.root(), &proof).is_err() || old == 1);
        prop_assert!(verify_consistency(old, &old_root, size, &old_root, &proof).is_err());
        let place = flip.index(proof.len());
        proof[place] = leaf(size);
        prop_assert!(verify_consistency(old, &old_root, size, &range.root(), &proof).is_err());
        proof.pop();
        prop_assert!(verify_consistency(old, &old_root, size, &range.root(), &proof).is_err());
    }
}
