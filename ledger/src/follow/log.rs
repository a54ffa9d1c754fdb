//! One moment of a log, and what can be proved about it.

use std::cell::RefCell;
use std::collections::HashMap;

use super::{FollowError, Misbehaviour, open_checkpoint};
use crate::checkpoint::Checkpoint;
use crate::digest::Digest;
use crate::merkle::{
    TileReader, consistency_proof, inclusion_proof, leaf_hash, verify_consistency, verify_inclusion,
};
use crate::note::MAX_NOTE;
use crate::record::{Entry, MAX_ENTRY, StateRoot};
use crate::registry::Registry;
use crate::resource::{Index, Resource};
use crate::source::{FetchError, Source};
use crate::tile::{TilePath, TileWidth};
use crate::witness::{MAX_PUBLISHED, Quorum};

/// The log at a checkpoint that its key signed.
pub(super) struct Log<'s, S: ?Sized> {
    pub(super) checkpoint: Checkpoint,
    /// The checkpoint as it was signed and cosigned.
    pub(super) note: Vec<u8>,
    tiles: Tiles<'s, S>,
}

impl<'s, S: Source + ?Sized> Log<'s, S> {
    /// Fetches the newest checkpoint and checks its signature, and the cosignatures of a quorum where there are witnesses.
    pub(super) fn open(source: &'s S, registry: &Registry) -> Result<Self, FollowError> {
        let genesis = registry.genesis();
        let get = |what: &Resource| source.get(what, MAX_NOTE as u64).map_err(FollowError::bounded);
        let note = get(&genesis.witnesses().map_or(Resource::Checkpoint, noted))?;
        let checkpoint = open_checkpoint(&note, genesis).map_err(Misbehaviour::Checkpoint)?;
        Ok(Self { checkpoint, note, tiles: Tiles { source, cache: RefCell::default() } })
    }
    /// The log at a checkpoint that was checked before.
    pub(super) fn at(source: &'s S, checkpoint: Checkpoint) -> Self {
        Self { checkpoint, note: Vec::new(), tiles: Tiles { source, cache: RefCell::default() } }
    }
    /// Where the log comes from.
    pub(super) fn source(&self) -> &'s S {
        self.tiles.source
    }
    /// The hashes.
    pub(super) fn tiles(&self) -> &impl TileReader<Error = FetchError> {
        &self.tiles
    }
    /// Checks that a checkpoint seen before is of the same history.
    pub(super) fn extends(&self, seen: &Checkpoint) -> Result<(), FollowError> {
        let shown = &self.checkpoint;
        if shown.size < seen.size {
            return Err(Misbehaviour::Shrank { seen: seen.size, shown: shown.size }.into());
        }
        let proof = consistency_proof(seen.size, shown.size, &self.tiles)?;
        verify_consistency(seen.size, &seen.root, shown.size, &shown.root, &proof)
            .map_err(|_| Misbehaviour::SplitView { seen: seen.size }.into())
    }
    /// Fetches an entry and proves that it is in the log.
    pub(super) fn entry(&self, index: u64) -> Result<Entry, FollowError> {
        self.proved(index).map(|(entry, _)| entry)
    }
    /// The same, with the proof.
    pub(super) fn proved(&self, index: u64) -> Result<(Entry, Vec<Digest>), FollowError> {
        let bytes = self.tiles.source.get(&Resource::Entry(index), MAX_ENTRY as u64);
        let bytes = bytes.map_err(FollowError::bounded)?;
        let Checkpoint { size, root, .. } = &self.checkpoint;
        let proof = inclusion_proof(index, *size, &self.tiles)?;
        verify_inclusion(&leaf_hash(&bytes), index, *size, &proof, root)
            .map_err(|_| Misbehaviour::NotIncluded(index))?;
        let parsed = Entry::parse(&bytes).map(|entry| (entry, proof));
        parsed.map_err(|e| Misbehaviour::BadEntry { index, reason: e.to_string() }.into())
    }
    /// Fetches a state root, which is about the entries before it, and signed by the log.
    pub(super) fn state_root(&self, index: u64, registry: &Registry) -> Result<StateRoot, FollowError> {
        let bad = |reason| Misbehaviour::BadStateRoot { index, reason };
        let entry = self.entry(index)?;
        if entry.record().state_root().is_none() {
            return Err(bad("it is another kind of record").into());
        }
        let root = registry.state_root(&entry).map_err(|_| bad("it is not signed by the log"))?;
        if root.entries == index { Ok(root.clone()) } else { Err(bad("it is about other entries").into()) }
    }
    /// Fetches the index, which must be at least as new as the checkpoint. What it says is not proved by itself.
    pub(super) fn index(&self) -> Result<Index, FollowError> {
        let body = self.tiles.source.get(&Resource::Index, MAX_INDEX)?;
        let malformed = || Misbehaviour::Malformed(Resource::Index.to_string());
        let index: Index = serde_json::from_slice(&body).map_err(|_| malformed())?;
        if !index.registry.is_sorted_by(|a, b| a < b) || !index.roots.is_sorted_by(|a, b| a < b) {
            return Err(malformed().into());
        }
        if index.size < self.checkpoint.size { Err(FollowError::MovedOn) } else { Ok(index) }
    }
}

/// Where the cosignatures of a quorum are.
fn noted(quorum: &Quorum) -> Resource {
    if quorum.needed() > MAX_PUBLISHED { Resource::Cosigned } else { Resource::Checkpoint }
}

/// Tiles as fetched, each at most once.
struct Tiles<'s, S: ?Sized> {
    source: &'s S,
    cache: RefCell<HashMap<TilePath, Vec<u8>>>,
}

impl<S: Source + ?Sized> TileReader for Tiles<'_, S> {
    type Error = FetchError;
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, FetchError> {
        if let Some(tile) = self.cache.borrow().get(&path) {
            return Ok(tile.clone());
        }
        let tile = fetch_tile(self.source, path)?;
        self.cache.borrow_mut().insert(path, tile.clone());
        Ok(tile)
    }
}

/// A partial tile may be gone once the full one is there.
fn fetch_tile<S: Source + ?Sized>(source: &S, path: TilePath) -> Result<Vec<u8>, FetchError> {
    let get = |path: TilePath| source.get(&Resource::Tile(path), bytes(path.width) as u64);
    match get(path) {
        Err(FetchError::NotFound(_)) if path.width != TileWidth::FULL => {
            let mut tile = get(TilePath { width: TileWidth::FULL, ..path })?;
            tile.truncate(bytes(path.width));
            Ok(tile)
        }
        tile => tile,
    }
}

fn bytes(width: TileWidth) -> usize {
    width.get() * 32
}

/// Bytes of an index at most: half a million registry entries and 4,096 roots.
const MAX_INDEX: u64 = 4 << 20;
