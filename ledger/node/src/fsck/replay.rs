//! From the bundles of entries to everything else, batch by batch.

use std::collections::BTreeMap;

use ledger::credentials::CredentialTree;
use ledger::digest::Digest;
use ledger::genesis::Genesis;
use ledger::merkle::CompactRange;
use ledger::record::{Entry, Part};
use ledger::state::{ReplayError, State};
use ledger::tile::{TILE_WIDTH, TilePath, TileWidth};

use super::files::KeptState;
use super::{Stop, differs, files, index, stop};
use crate::derived::{self, DerivedCache};
use crate::files::Storage;
use crate::sequencer::Sequencer;
use crate::tiles;

/// What the entries so far derive.
pub(super) struct Replay<'a> {
    storage: &'a dyn Storage,
    index: Option<&'a dyn Sequencer>,
    size: u64,
    state: State,
    range: CompactRange,
    cache: DerivedCache,
    /// The registry's file so far.
    registry: Vec<u8>,
    /// Whether the state that is kept for a start was compared.
    kept: KeptState,
    /// The newest partial tile of each place.
    partial: BTreeMap<(u8, u64), (TilePath, Vec<u8>)>,
    /// Entries after the last state root.
    open: Vec<Entry>,
}

impl<'a> Replay<'a> {
    /// Begins with a log that should have `size` entries.
    pub(super) fn new(
        genesis: Genesis,
        storage: &'a dyn Storage,
        index: Option<&'a dyn Sequencer>,
        size: u64,
    ) -> Self {
        Self {
            storage,
            index,
            size,
            state: State::new(genesis),
            range: CompactRange::new(),
            cache: DerivedCache::new(),
            registry: Vec::new(),
            kept: KeptState::read(storage),
            partial: BTreeMap::new(),
            open: Vec::new(),
        }
    }
    /// How many bundles the log has.
    pub(super) fn bundles(&self) -> u64 {
        self.size.div_ceil(TILE_WIDTH)
    }
    /// Entries and leaves so far.
    pub(super) fn reached(&self) -> (u64, u64) {
        (self.range.size(), self.state.credentials().len())
    }
    pub(super) fn credentials(&self) -> &CredentialTree {
        self.state.credentials()
    }
    pub(super) fn root(&self) -> Digest {
        self.range.root()
    }

    /// Takes in the entries of one bundle, and compares everything that they complete.
    pub(super) fn bundle(&mut self, number: u64) -> Result<(), Stop> {
        let path = self.bundle_path(number);
        let Some(bytes) = self.storage.read(&path)? else { return differs(path, "is missing") };
        let width = TileWidth::at(number, self.size).map_or(0, TileWidth::get);
        let entries = tiles::split_bundle(&bytes).filter(|entries| entries.len() == width);
        let entries = entries.ok_or_else(|| stop(&path, format!("is not a bundle of {width} entries")))?;
        for (at, bytes) in (number * TILE_WIDTH..).zip(entries) {
            let entry = Entry::parse(bytes).map_err(|error| stop(&path, format!("entry {at}: {error}")))?;
            let sealed = entry.record().part() == Part::Root;
            self.open.push(entry);
            if sealed {
                self.batch()?;
            }
        }
        Ok(())
    }

    /// Compares the tiles at the log's edge.
    pub(super) fn finish(&mut self) -> Result<(), Stop> {
        if !self.open.is_empty() {
            let last = self.bundle_path(self.bundles().saturating_sub(1));
            return differs(last, "the last entry is not a state root");
        }
        for (path, bytes) in std::mem::take(&mut self.partial).into_values() {
            files::same(self.storage, tiles::hashes(path), &bytes)?;
        }
        self.kept.finish()?;
        if !self.kept.is_there() {
            // A start derives everything anew and does not look at these.
            return Ok(());
        }
        if !self.registry.is_empty() {
            files::same(self.storage, derived::REGISTRY.into(), &self.registry)?;
        }
        files::leaves(self.storage, self.state.credentials())
    }

    fn batch(&mut self) -> Result<(), Stop> {
        let entries = std::mem::take(&mut self.open);
        let (from, leaves) = self.reached();
        let changes = self.state.replay(&entries).map_err(|error| self.broken(&error))?;
        if let Some(index) = self.index {
            index::batch(index, from, leaves, &entries, &changes)?;
        }
        for growth in self.cache.apply(from, &entries, leaves, self.state.credentials()) {
            if growth.path == derived::REGISTRY {
                self.registry.extend(growth.bytes);
            }
        }
        self.kept.compare(&self.cache, &self.state)?;
        let hashes: Vec<Digest> = entries.iter().map(Entry::leaf_hash).collect();
        for tile in self.range.append(&hashes) {
            let place = (tile.path.level, tile.path.index);
            if tile.path.width < TileWidth::FULL {
                self.partial.insert(place, (tile.path, tile.bytes));
            } else {
                self.partial.remove(&place);
                files::same(self.storage, tiles::hashes(tile.path), &tile.bytes)?;
            }
        }
        Ok(())
    }

    /// The bundle of the entry that breaks a rule.
    fn broken(&self, error: &ReplayError) -> Stop {
        let at = match error {
            ReplayError::Refused { index, .. } | ReplayError::NotSealed(index) => *index,
            ReplayError::WrongRoot(wrong) => wrong.index,
            // A kind of error that does not say where: the batch that is replayed.
            _ => self.range.size(),
        };
        stop(self.bundle_path(at / TILE_WIDTH), error.to_string())
    }

    fn bundle_path(&self, number: u64) -> String {
        tiles::entries(number, TileWidth::at(number, self.size).unwrap_or(TileWidth::FULL))
    }
}
