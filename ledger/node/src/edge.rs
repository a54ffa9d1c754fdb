//! The right edge of the log: what must be known to append entries and to write the tiles that change.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::sequencer::Digest;

/// Files to write, by path; a later write of the same path replaces the earlier one.
pub(crate) type FileSet = BTreeMap<String, Vec<u8>>;

/// The unfinished tiles of a log of `size` entries.
#[derive(Clone, Default)]
pub(crate) struct Edge {
    size: u64,
    /// For each level the hashes of its unfinished tile; each stands for a perfect subtree of 256^level leaves.
    levels: Vec<Vec<Digest>>,
    /// The unfinished entries tile.
    entries: Vec<u8>,
}

impl Edge {
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// RFC 6962 root over all entries.
    pub(crate) fn root(&self) -> Digest {
        let fold = |right: Option<Digest>, level: &Vec<Digest>| {
            let hashes: Vec<Digest> = level.iter().copied().chain(right).collect();
            (!hashes.is_empty()).then(|| subtree(&hashes))
        };
        self.levels.iter().fold(None, fold).unwrap_or_else(|| Sha256::digest(b"").into())
    }

    /// Appends one entry (at most 65,535 bytes); tiles that it fills go to `full`.
    pub(crate) fn append(&mut self, entry: &[u8], full: &mut FileSet) {
        let length = u16::try_from(entry.len()).expect("an entry is parsed before it is appended, which bounds it");
        self.entries.extend_from_slice(&length.to_be_bytes());
        self.entries.extend_from_slice(entry);
        self.push(0, leaf_hash(entry), full);
        self.size += 1;
        if self.size.is_multiple_of(WIDTH) {
            full.insert(entries_path(self.size / WIDTH - 1, None), std::mem::take(&mut self.entries));
        }
    }

    /// The unfinished tiles as files.
    pub(crate) fn partial(&self) -> FileSet {
        let mut files: FileSet = (0..)
            .zip(&self.levels)
            .filter(|(_, hashes)| !hashes.is_empty())
            .map(|(level, hashes)| (hash_path(level, self.tile(level), Some(hashes.len())), hashes.concat()))
            .collect();
        if !self.entries.is_empty() {
            let width = usize::try_from(self.size % WIDTH).expect("below 256");
            files.insert(entries_path(self.size / WIDTH, Some(width)), self.entries.clone());
        }
        files
    }

    fn push(&mut self, level: usize, hash: Digest, full: &mut FileSet) {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        let hashes = &mut self.levels[level];
        hashes.push(hash);
        if hashes.len() as u64 == WIDTH {
            let hashes = std::mem::take(hashes);
            // `size` still counts the entries before the one that fills this tile.
            full.insert(hash_path(level, self.tile(level), None), hashes.concat());
            self.push(level + 1, subtree(&hashes), full);
        }
    }

    /// Number of the tile at `level` that the entry at index `size` belongs to.
    fn tile(&self, level: usize) -> u64 {
        self.size >> (8 * (level + 1))
    }
}

/// SHA-256(0x00 ‖ entry).
pub(crate) fn leaf_hash(entry: &[u8]) -> Digest {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// RFC 6962 root over hashes of equal perfect subtrees, of which the last may be smaller and imperfect.
fn subtree(hashes: &[Digest]) -> Digest {
    match hashes {
        [one] => *one,
        many => {
            let (left, right) = many.split_at(many.len().next_power_of_two() / 2);
            Sha256::new().chain_update([1]).chain_update(subtree(left)).chain_update(subtree(right)).finalize().into()
        }
    }
}

/// Hashes, or entries, of a full tile.
pub(crate) const WIDTH: u64 = 256;
