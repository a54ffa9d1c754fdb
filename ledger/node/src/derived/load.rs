//! From the files back to the state, as far as it is the one that the log states.

use std::collections::VecDeque;
use std::io;

use circuits::Fr;
use circuits::field;
use ledger::credentials::{CredentialTree, Parts, SHARD_LEAVES};
use ledger::digest::Digest;
use ledger::genesis::Genesis;
use ledger::merkle::{CompactRange, TileReader, leaf_hash};
use ledger::record::Entry;
use ledger::registry::{Moment, Registry};
use ledger::state::State;
use ledger::tile::{TILE_WIDTH, TilePath, TileWidth};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::encoding::{Header, Saved, decode};
use super::{DerivedCache, REGISTRY, STATE, leaves_file};
use crate::files::Storage;
use crate::tiles::{self, ELEMENT};

/// A log taken up at some size.
pub(crate) struct Loaded {
    pub(crate) state: State,
    pub(crate) derived: DerivedCache,
    pub(crate) range: CompactRange,
    /// The unfinished bundle of entries.
    pub(crate) tail: Vec<u8>,
}

/// Reads what is kept of a log that has `sequenced` entries and whose files were durable at `flushed`. `None` if there is
/// nothing, or if anything of it does not fit: then everything has to be derived from the entries.
pub(crate) fn load(
    storage: &dyn Storage,
    genesis: &Genesis,
    flushed: u64,
    sequenced: u64,
) -> io::Result<Option<Loaded>> {
    let Some(bytes) = storage.read(STATE)? else { return Ok(None) };
    let Some(saved) = decode(&bytes).filter(|saved| (1..=sequenced).contains(&saved.header.size)) else {
        return Ok(None);
    };
    let log = Log { storage, sizes: [saved.header.size, flushed, sequenced] };
    let found = assemble(&log, genesis, saved);
    if found.is_none() {
        tracing::warn!("what is kept of the derived state does not fit the log; everything is derived again");
    }
    Ok(found)
}

fn assemble(log: &Log<'_>, genesis: &Genesis, saved: Saved) -> Option<Loaded> {
    let Saved { header, removed, tiles } = saved;
    let registry = registry(log.storage, genesis, &header)?;
    let (committed, unfinished) = leaves(log.storage, &header)?;
    let tree = CredentialTree::from_parts(Parts { committed, tiles, owners: header.owners, removed }).ok()?;
    let range = CompactRange::load(header.size, log).ok()?;
    let root = log.entry(header.size - 1)?;
    let root = registry.state_root(&root).ok()?.clone();
    let state = State::resume(registry, tree, header.withdrawals, &root).ok()?;
    if state.size() != header.size {
        return None;
    }
    let mut shards = header.shards;
    shards.truncate((header.leaves / SHARD_LEAVES) as usize);
    let derived = DerivedCache {
        registry: header.registry,
        registry_bytes: header.registry_bytes,
        roots: VecDeque::from(header.roots),
        shards,
        unfinished,
    };
    Some(Loaded { state, derived, range, tail: log.tail(header.size)? })
}

fn registry(storage: &dyn Storage, genesis: &Genesis, header: &Header) -> Option<Registry> {
    let mut registry = Registry::new(genesis.clone());
    let bytes = if header.registry.is_empty() { Vec::new() } else { storage.read(REGISTRY).ok()?? };
    let bytes = bytes.get(..usize::try_from(header.registry_bytes).ok()?)?;
    let entries = tiles::split_bundle(bytes).filter(|entries| entries.len() == header.registry.len())?;
    let mut entries: Vec<Entry> =
        entries.par_iter().map(|entry| Entry::parse(entry).ok()).collect::<Option<_>>()?;
    for (index, entry) in header.registry.iter().zip(&mut entries) {
        registry.apply(Moment::in_log(*index), entry).ok()?;
    }
    Some(registry)
}

/// All leaves as they were committed, and the digest of the unfinished shard so far.
fn leaves(storage: &dyn Storage, header: &Header) -> Option<(Vec<Fr>, Sha256)> {
    let shards = header.leaves.div_ceil(SHARD_LEAVES);
    if header.shards.len() as u64 != shards {
        return None;
    }
    let mut leaves = vec![Fr::default(); usize::try_from(header.leaves).ok()?];
    let places = leaves.par_chunks_mut(SHARD_LEAVES as usize).enumerate();
    let read = |(shard, places): (usize, &mut [Fr])| shard_of(storage, shard as u64, &header.shards, places);
    let mut hashers = places.map(read).collect::<Option<Vec<Sha256>>>()?;
    let last = hashers.pop().filter(|_| !header.leaves.is_multiple_of(SHARD_LEAVES));
    Some((leaves, last.unwrap_or_default()))
}

fn shard_of(storage: &dyn Storage, shard: u64, digests: &[Digest], places: &mut [Fr]) -> Option<Sha256> {
    let bytes = storage.read_at(&leaves_file(shard), 0, places.len() * ELEMENT).ok()??;
    let hasher = Sha256::new_with_prefix(&bytes);
    let digest: [u8; 32] = hasher.clone().finalize().into();
    if digests.get(shard as usize)?.as_bytes() != &digest {
        return None;
    }
    for (place, bytes) in places.iter_mut().zip(bytes.as_chunks::<ELEMENT>().0) {
        *place = field::from_bytes(bytes).ok()?;
    }
    Some(hasher)
}

/// The log's own files. Of an unfinished tile there is the one of some of these sizes, or it was finished since.
struct Log<'a> {
    storage: &'a dyn Storage,
    sizes: [u64; 3],
}

impl Log<'_> {
    fn read(
        &self,
        index: u64,
        level: u8,
        wanted: TileWidth,
        path: impl Fn(TileWidth) -> String,
        cut: impl Fn(&[u8], TileWidth) -> Option<usize>,
    ) -> Option<Vec<u8>> {
        let count = |size: &u64| size.checked_shr(8 * u32::from(level)).unwrap_or(0);
        let widths = self.sizes.iter().filter_map(|size| TileWidth::at(index, count(size)));
        let found = widths.filter_map(|now| tiles::read_cut(self.storage, &path, wanted, now, &cut).ok()?);
        found.into_iter().next()
    }
    fn bundle(&self, index: u64, width: TileWidth) -> Option<Vec<u8>> {
        self.read(index, 0, width, |width| tiles::entries(index, width), tiles::cut_entries)
    }
    fn entry(&self, index: u64) -> Option<Entry> {
        let bundle = self.bundle(index / TILE_WIDTH, TileWidth::new(index % TILE_WIDTH + 1)?)?;
        Entry::parse(tiles::split_bundle(&bundle)?.last()?).ok()
    }
    /// The unfinished bundle, whose entries must be those of the unfinished tile.
    fn tail(&self, size: u64) -> Option<Vec<u8>> {
        let Some((index, width)) = tiles::partial(0, size) else { return Some(Vec::new()) };
        let bundle = self.bundle(index, width)?;
        let hashes = self.tile(TilePath { level: 0, index, width }).ok()?;
        let entries = tiles::split_bundle(&bundle)?;
        let derived: Vec<u8> = entries.iter().flat_map(|entry| *leaf_hash(entry).as_bytes()).collect();
        (derived == hashes).then_some(bundle)
    }
}

/// A tile is not there, or too short.
#[derive(Debug, thiserror::Error)]
#[error("a tile is missing")]
struct Missing;

impl TileReader for Log<'_> {
    type Error = Missing;
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, Missing> {
        let name = |width| tiles::hashes(TilePath { width, ..path });
        self.read(path.index, path.level, path.width, name, tiles::cut_elements).ok_or(Missing)
    }
}
