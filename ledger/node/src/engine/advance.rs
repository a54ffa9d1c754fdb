//! From entries that the state has taken in to the files that change.

use std::collections::BTreeMap;

use circuits::Fr;
use circuits::field;
use ledger::credentials::LeafChange;
use ledger::digest::Digest;
use ledger::merkle::{CompactRange, Tile};
use ledger::record::{Entry, Part};
use ledger::state::Accepted;
use ledger::tile::{TILE_WIDTH, TileWidth};
use rayon::prelude::*;

use super::Engine;
use crate::derived::Growth;
use crate::hour;
use crate::sequencer::{Change, Class, Row};
use crate::tiles;

/// The log's edge after a batch, and the tiles that change.
pub(super) struct Grown {
    pub(super) range: CompactRange,
    tiles: Vec<Tile>,
}

/// What a batch does to the files.
pub(super) struct Step {
    /// Whole files by path.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// What files of [`crate::derived`] grow by.
    pub(super) growth: Vec<Growth>,
    /// Partial tiles that wider ones replace.
    pub(super) superseded: Vec<String>,
}

impl Engine {
    /// Where a sealed batch would lead.
    pub(super) fn grown(&self, entries: &[Entry]) -> Grown {
        let mut range = self.range.clone();
        let hashes: Vec<Digest> = entries.par_iter().with_min_len(16).map(Entry::leaf_hash).collect();
        let tiles = range.append(&hashes);
        Grown { range, tiles }
    }

    /// Appends a sealed batch to the log's edge and indices, and gives its files. `leaves` is what the tree had before.
    pub(super) fn advance(
        &mut self,
        entries: &[Entry],
        grown: Grown,
        leaves: u64,
        changes: &[LeafChange],
    ) -> Step {
        let size = self.range.size();
        let mut files = BTreeMap::new();
        self.append_bundles(entries, &mut files);
        files.extend(grown.tiles.into_iter().map(|tile| (tiles::hashes(tile.path), tile.bytes)));
        self.range = grown.range;
        let growth = self.derived.apply(size, entries, leaves, self.state.credentials());
        self.removed_leaves.apply(changes);
        let closed = entries.last().and_then(|entry| entry.record().state_root());
        if closed.is_some_and(|root| self.hourly.close(root, self.state.credentials())) {
            files.extend(self.hourly.file().map(|file| (hour::FILE.to_owned(), file)));
        }
        Step { files, growth, superseded: tiles::superseded(size, self.range.size()) }
    }

    fn append_bundles(&mut self, entries: &[Entry], files: &mut BTreeMap<String, Vec<u8>>) {
        let mut size = self.range.size();
        for entry in entries {
            tiles::push_entry(&mut self.tail, entry.bytes());
            size += 1;
            if size.is_multiple_of(TILE_WIDTH) {
                let bundle = std::mem::take(&mut self.tail);
                files.insert(tiles::entries(size / TILE_WIDTH - 1, TileWidth::FULL), bundle);
            }
        }
        if let Some((index, width)) = tiles::partial(0, size) {
            files.insert(tiles::entries(index, width), self.tail.clone());
        }
    }
}

/// 32 bytes big endian each.
pub(crate) fn elements(elements: &[Fr]) -> Vec<u8> {
    elements.iter().flat_map(field::to_bytes).collect()
}

/// What the sequencer remembers about a batch; `accepted` has no answer for the state root at its end.
pub(crate) fn rows(from: u64, entries: &[Entry], accepted: &[Accepted]) -> Vec<Row> {
    let positions = accepted.iter().map(|a| a.first_position.map(Into::into)).chain(std::iter::repeat(None));
    let rows = (from..).zip(entries).zip(positions);
    rows.map(|((index, entry), first_position)| row(index, entry, first_position)).collect()
}

/// What the submitters of existing entries were answered, the first of which is entry `from` and found `leaves` leaves in the
/// tree; `None` beyond the tree's last place.
pub(crate) fn answers(from: u64, leaves: u64, entries: &[Entry]) -> Option<Vec<Accepted>> {
    let mut next = leaves;
    let answer = |(index, entry): (u64, &Entry)| {
        let added = entry.record().commitments() as u64;
        if added == 0 {
            return Some(Accepted { index, first_position: None });
        }
        let first = next.try_into().ok()?;
        next += added;
        Some(Accepted { index, first_position: Some(first) })
    };
    (from..).zip(entries).map(answer).collect()
}

fn row(index: u64, entry: &Entry, first_position: Option<u64>) -> Row {
    Row {
        index,
        signer: entry.signer().to_string(),
        id: entry.record().id().to_string(),
        digest: *Digest::of(entry.bytes()).as_bytes(),
        class: class(entry),
        first_position,
        entry: entry.bytes().to_vec(),
    }
}

fn class(entry: &Entry) -> Class {
    match entry.record().part() {
        Part::Registry => Class::Registry,
        Part::Credentials => Class::Credential,
        Part::Root => Class::Root,
    }
}

/// A change as the sequencer keeps it.
pub(crate) fn change(change: &LeafChange) -> Change {
    Change { position: change.position.get(), leaf: field::to_bytes(&change.leaf) }
}
