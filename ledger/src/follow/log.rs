//! One moment of a log, and what can be proved about it.

use std::cell::RefCell;
use std::collections::HashMap;

use super::evidence::open_dated;
use super::{DamagedCopy, FollowError, Misbehaviour};
use crate::checkpoint::Checkpoint;
use crate::digest::Digest;
use crate::merkle::{
    TileReader, consistency_proof, inclusion_proof, leaf_hash, root, verify_consistency, verify_inclusion,
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
    /// When a quorum of witnesses cosigned it, unix seconds; `None` on a ledger without witnesses.
    pub(super) cosigned_at: Option<u64>,
    tiles: Tiles<'s, S>,
}

impl<'s, S: Source + ?Sized> Log<'s, S> {
    /// Fetches the newest checkpoint and checks its signature, and the cosignatures of a quorum where there are witnesses.
    pub(super) fn open(source: &'s S, registry: &Registry) -> Result<Self, FollowError> {
        let genesis = registry.genesis();
        let get = |what: &Resource| source.get(what, MAX_NOTE as u64).map_err(FollowError::bounded);
        let note = get(&genesis.witnesses().map_or(Resource::Checkpoint, noted))?;
        let refused = |error| FollowError::of_checkpoint(error, &note, genesis.origin());
        let (checkpoint, cosigned_at) = open_dated(&note, genesis).map_err(refused)?;
        Ok(Self { checkpoint, note, cosigned_at, tiles: Tiles::new(source) })
    }
    /// The log at a checkpoint that was accepted before, with the tiles that were fetched then.
    pub(super) fn at(source: &'s S, checkpoint: Checkpoint, fetched: FetchedTiles) -> Self {
        let tiles = Tiles { source, cache: RefCell::new(fetched) };
        Self { checkpoint, note: Vec::new(), cosigned_at: None, tiles }
    }
    /// The tiles that were fetched. They are no more trusted than what they prove.
    pub(super) fn into_tiles(self) -> FetchedTiles {
        self.tiles.cache.into_inner()
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
    ///
    /// Of a second history the log is accused only by what its key signed: another root of the same size, or another
    /// beginning to which the tiles lead from the checkpoint shown. Tiles from which neither follows are damaged.
    pub(super) fn extends(&self, seen: &Checkpoint) -> Result<(), FollowError> {
        let shown = &self.checkpoint;
        if shown.size < seen.size {
            return Err(FollowError::Lags { seen: seen.size, shown: shown.size });
        }
        let split = || Misbehaviour::SplitView { seen: seen.size }.into();
        if shown.size == seen.size {
            return if shown.root == seen.root { Ok(()) } else { Err(split()) };
        }
        let proof = consistency_proof(seen.size, shown.size, &self.tiles)?;
        let beginning = |root: &Digest| verify_consistency(seen.size, root, shown.size, &shown.root, &proof);
        if beginning(&seen.root).is_ok() {
            return Ok(());
        }
        let other = root(seen.size, &Newest { log: self })?;
        if beginning(&other).is_ok() { Err(split()) } else { Err(DamagedCopy::Tiles.into()) }
    }
    /// Fetches an entry and proves that it is in the log.
    pub(super) fn entry(&self, index: u64) -> Result<Entry, FollowError> {
        self.proved(index).map(|(entry, _)| entry)
    }
    /// The same, with the proof.
    pub(super) fn proved(&self, index: u64) -> Result<(Entry, Vec<Digest>), FollowError> {
        let bytes = self.tiles.source.get(&Resource::Entry(index), MAX_ENTRY as u64);
        let bytes = bytes.map_err(FollowError::bounded)?;
        let proof = self.prove(index, &leaf_hash(&bytes))?;
        Ok((parsed(index, &bytes)?, proof))
    }
    /// Proves that the log has an entry with this hash at this place.
    pub(super) fn prove(&self, index: u64, leaf: &Digest) -> Result<Vec<Digest>, FollowError> {
        let Checkpoint { size, root, .. } = &self.checkpoint;
        let proof = inclusion_proof(index, *size, &self.tiles)?;
        verify_inclusion(leaf, index, *size, &proof, root).map_err(|_| DamagedCopy::NotIncluded(index))?;
        Ok(proof)
    }
    /// Fetches a state root, which is about the entries before it, and signed by the log.
    pub(super) fn state_root(
        &self,
        index: u64,
        registry: &Registry,
        named_by: NamedBy,
    ) -> Result<StateRoot, FollowError> {
        let bad = |reason| Misbehaviour::BadStateRoot { index, reason };
        let entry = self.entry(index)?;
        if entry.record().state_root().is_none() {
            return Err(match named_by {
                NamedBy::Checkpoint => bad("it is another kind of record").into(),
                NamedBy::Index => DamagedCopy::Index(index).into(),
            });
        }
        let root = registry.state_root(&entry).map_err(|_| bad("it is not signed by the log"))?;
        if root.entries == index { Ok(root.clone()) } else { Err(bad("it is about other entries").into()) }
    }
    /// Fetches the index, which must be at least as new as the checkpoint. What it says is not proved by itself.
    pub(super) fn index(&self) -> Result<Index, FollowError> {
        let body = self.tiles.source.get(&Resource::Index, MAX_INDEX)?;
        let malformed = || DamagedCopy::Malformed(Resource::Index.to_string());
        let index: Index = serde_json::from_slice(&body).map_err(|_| malformed())?;
        if !index.registry.is_sorted_by(|a, b| a < b) || !index.roots.is_sorted_by(|a, b| a < b) {
            return Err(malformed().into());
        }
        if index.size < self.checkpoint.size { Err(FollowError::MovedOn) } else { Ok(index) }
    }
}

/// Reads an entry that is proved to be in the log. That it cannot be read speaks against the log, whose key signed it.
pub(super) fn parsed(index: u64, bytes: &[u8]) -> Result<Entry, FollowError> {
    Entry::parse(bytes).map_err(|e| Misbehaviour::BadEntry { index, reason: e.to_string() }.into())
}

/// Who says that an entry is a state root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamedBy {
    /// The log's key, with a checkpoint that ends there.
    Checkpoint,
    /// Nobody with a name.
    Index,
}

/// Narrow tiles cut from the newest ones, which are those that are surely there.
struct Newest<'l, 's, S: ?Sized> {
    log: &'l Log<'s, S>,
}

impl<S: Source + ?Sized> TileReader for Newest<'_, '_, S> {
    type Error = FetchError;
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, FetchError> {
        let count = self.log.checkpoint.size.checked_shr(8 * u32::from(path.level)).unwrap_or(0);
        let now = TileWidth::at(path.index, count).unwrap_or(path.width);
        let mut tile = self.log.tiles.tile(TilePath { width: now.max(path.width), ..path })?;
        tile.truncate(bytes(path.width));
        Ok(tile)
    }
}

/// Where the cosignatures of a quorum are.
fn noted(quorum: &Quorum) -> Resource {
    if quorum.lines() > MAX_PUBLISHED { Resource::Cosigned } else { Resource::Checkpoint }
}

/// Tiles as fetched, each at most once.
struct Tiles<'s, S: ?Sized> {
    source: &'s S,
    cache: RefCell<FetchedTiles>,
}

/// Tiles by their path.
pub(super) type FetchedTiles = HashMap<TilePath, Vec<u8>>;

impl<'s, S: ?Sized> Tiles<'s, S> {
    fn new(source: &'s S) -> Self {
        Self { source, cache: RefCell::default() }
    }
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

fn fetch_tile<S: Source + ?Sized>(source: &S, path: TilePath) -> Result<Vec<u8>, FetchError> {
    let get = |width| source.get(&Resource::Tile(TilePath { width, ..path }), bytes(width) as u64);
    let mut tile = or_full(path.width, get)?;
    tile.truncate(bytes(path.width));
    Ok(tile)
}

/// Fetches a tile or a bundle. A partial one may be gone once the full one is there, which begins with it.
pub(super) fn or_full(
    width: TileWidth,
    get: impl Fn(TileWidth) -> Result<Vec<u8>, FetchError>,
) -> Result<Vec<u8>, FetchError> {
    match get(width) {
        Err(FetchError::NotFound(_)) if width != TileWidth::FULL => get(TileWidth::FULL),
        fetched => fetched,
    }
}

fn bytes(width: TileWidth) -> usize {
    width.get() * 32
}

/// Bytes of an index at most: half a million registry entries and 4,096 roots.
const MAX_INDEX: u64 = 4 << 20;
