//! What a start needs, so that it does not have to derive everything from all entries again.
//!
//! | file | holds | is trusted because |
//! |---|---|---|
//! | `derived/state` | roots of tiles, owners, removed leaves, indices, at some size of the log | the tree that it gives has the root that the log's `state.root` at that size states; its own checksum |
//! | the same file | what departments took away lately | its own checksum alone; `fsck` counts anew |
//! | `derived/registry` | every entry of the registry, as a bundle | the registry that they give has the chain that the `state.root` states |
//! | `derived/leaves/<shard>` | leaves as they were committed | SHA-256 of each shard in `derived/state` |
//!
//! All of it can be deleted: the next start derives it from the entries. The last two only grow, and a crash leaves at most
//! bytes at their ends that are written again. Leaves that were removed since stay in their files; readers are given 0.

mod encoding;
mod load;

use std::collections::VecDeque;

use circuits::field;
use ledger::credentials::{CredentialTree, SHARD_LEAVES};
use ledger::digest::Digest;
use ledger::record::{Entry, Part};
use ledger::resource::MAX_ROOTS;
use ledger::state::State;
use sha2::{Digest as _, Sha256};

pub(crate) use self::encoding::size_of;
pub(crate) use self::load::{Loaded, load};
use crate::tiles::{self, ELEMENT};

/// What is kept beside the state itself, advanced batch by batch.
#[derive(Clone)]
pub(crate) struct DerivedCache {
    /// Indices of the registry's entries.
    registry: Vec<u64>,
    /// Bytes of the registry's file.
    registry_bytes: u64,
    /// Indices of the newest state roots.
    roots: VecDeque<u64>,
    /// SHA-256 of the leaves of every full shard.
    shards: Vec<Digest>,
    /// The same of the unfinished one, so far.
    unfinished: Sha256,
}

/// Bytes at a place of a file that grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Growth {
    pub(crate) path: String,
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
}

impl DerivedCache {
    pub(crate) fn new() -> Self {
        Self {
            registry: Vec::new(),
            registry_bytes: 0,
            roots: VecDeque::new(),
            shards: Vec::new(),
            unfinished: Sha256::new(),
        }
    }
    pub(crate) fn registry(&self) -> &[u64] {
        &self.registry
    }
    pub(crate) fn roots(&self) -> Vec<u64> {
        self.roots.iter().copied().collect()
    }
    /// Whether the entry at this index is one of the newest state roots.
    pub(crate) fn is_root(&self, index: u64) -> bool {
        self.roots.binary_search(&index).is_ok()
    }

    /// Takes in the entries of a batch that begins at `from` and found `leaves` leaves in the tree; gives what the files grow
    /// by.
    pub(crate) fn apply(
        &mut self,
        from: u64,
        entries: &[Entry],
        leaves: u64,
        tree: &CredentialTree,
    ) -> Vec<Growth> {
        let mut bundle = Vec::new();
        for (index, entry) in (from..).zip(entries) {
            match entry.record().part() {
                Part::Registry => {
                    self.registry.push(index);
                    tiles::push_entry(&mut bundle, entry.bytes());
                }
                Part::Root => self.roots.push_back(index),
                Part::Credentials => {}
            }
        }
        let surplus = self.roots.len().saturating_sub(MAX_ROOTS);
        self.roots.drain(..surplus);
        let mut growth = self.new_leaves(leaves, tree);
        if !bundle.is_empty() {
            let offset = self.registry_bytes;
            self.registry_bytes += bundle.len() as u64;
            growth.push(Growth { path: REGISTRY.into(), offset, bytes: bundle });
        }
        growth
    }

    /// What `derived/state` holds for this state.
    pub(crate) fn encode(&self, state: &State) -> Vec<u8> {
        encoding::encode(self, state)
    }

    fn new_leaves(&mut self, mut first: u64, tree: &CredentialTree) -> Vec<Growth> {
        let mut growth = Vec::new();
        while first < tree.len() {
            let shard = first / SHARD_LEAVES;
            let end = (first / SHARD_LEAVES + 1) * SHARD_LEAVES;
            let bytes = committed(tree, first, end.min(tree.len()));
            let offset = first % SHARD_LEAVES * ELEMENT as u64;
            self.hash(&bytes, tree.len() >= end);
            growth.push(Growth { path: leaves_file(shard), offset, bytes });
            first = end;
        }
        growth
    }
    fn hash(&mut self, bytes: &[u8], ends: bool) {
        self.unfinished.update(bytes);
        if ends {
            self.shards.push(Digest::from_bytes(self.unfinished.finalize_reset().into()));
        }
    }
    /// Digests of all shards, the unfinished one as it is now.
    fn digests(&self, leaves: u64) -> Vec<Digest> {
        let mut digests = self.shards.clone();
        if !leaves.is_multiple_of(SHARD_LEAVES) {
            digests.push(Digest::from_bytes(self.unfinished.clone().finalize().into()));
        }
        digests
    }
}

/// Leaves as they were committed, 32 bytes each.
pub(crate) fn committed(tree: &CredentialTree, from: u64, to: u64) -> Vec<u8> {
    let leaf = |at: u64| tree.committed(at.try_into().ok()?);
    (from..to).filter_map(leaf).flat_map(field::to_bytes).collect()
}

/// The file of a shard's leaves.
pub(crate) fn leaves_file(shard: u64) -> String {
    format!("{FOLDER}/leaves/{shard}")
}

/// Where all this is.
pub(crate) const FOLDER: &str = "derived";
/// The file of the state.
pub(crate) const STATE: &str = "derived/state";
/// The file of the registry's entries.
pub(crate) const REGISTRY: &str = "derived/registry";
