//! Resources that come from files or from the index. Everything here blocks.

use std::io;

use ledger::credentials::SHARD_LEAVES;
use ledger::resource::Resource;
use ledger::resource::changes::encode;
use ledger::tile::{Numbered, TILE_WIDTH, TilePath, TileWidth};

use crate::derived::leaves_file;
use crate::node::Node;
use crate::sequencer::SequencerError;
use crate::snapshot::Snapshot;
use crate::tiles;

/// Why a resource could not be read, though it may be there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("reading a file: {0}")]
    Io(#[from] io::Error),
    #[error("asking the index: {0}")]
    Index(#[from] SequencerError),
    #[error("more changes than are served")]
    TooManyChanges,
}

/// The bytes of a resource as of the newest checkpoint.
///
/// The writer removes partial tiles that wider ones replace, after it published the wider ones; a reader who comes just
/// then looks again.
pub(crate) fn read(node: &Node, resource: &Resource) -> Result<Option<Vec<u8>>, ReadError> {
    for _ in 0..LOOKS {
        if let Some(bytes) = look(node, resource)? {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

fn look(node: &Node, resource: &Resource) -> Result<Option<Vec<u8>>, ReadError> {
    let snapshot = node.snapshot();
    let status = &snapshot.status;
    match *resource {
        Resource::Tile(path) => Ok(hashes(node, path, status.size)?),
        Resource::Entries(bundle) => Ok(bundle_of(node, bundle, status.size)?),
        Resource::Entry(index) => Ok(entry(node, index, status.size)?),
        Resource::Shard(shard) => Ok(full_shard(node, &snapshot, shard)?),
        Resource::ShardTile(shard, tile) => {
            let index = u64::from(shard) * tiles::SHARD_TILES + tile.index;
            let inside = tile.index < tiles::SHARD_TILES;
            Ok(if inside { leaves(node, &snapshot, index, tile.width)? } else { None })
        }
        Resource::Changes { from, to } => changes(node, from, to, status.size),
        Resource::Checkpoint
        | Resource::Cosigned
        | Resource::Genesis
        | Resource::Index
        | Resource::Status
        | Resource::Cap
        | Resource::Hour(_)
        | Resource::Blob(_) => Ok(None),
    }
}

fn hashes(node: &Node, path: TilePath, size: u64) -> io::Result<Option<Vec<u8>>> {
    let count = size.checked_shr(8 * u32::from(path.level)).unwrap_or(0);
    let name = |width| tiles::hashes(TilePath { width, ..path });
    cut(node, path.index, path.width, count, name, tiles::cut_elements)
}

fn bundle_of(node: &Node, bundle: Numbered, size: u64) -> io::Result<Option<Vec<u8>>> {
    let name = |width| tiles::entries(bundle.index, width);
    cut(node, bundle.index, bundle.width, size, name, tiles::cut_entries)
}

/// A tile of leaves; `index` counts tiles over all shards.
fn leaves(node: &Node, seen: &Snapshot, index: u64, width: TileWidth) -> io::Result<Option<Vec<u8>>> {
    let first = index % tiles::SHARD_TILES * TILE_WIDTH;
    match TileWidth::at(index, seen.status.leaves) {
        Some(now) if width <= now => of_shard(node, seen, index / tiles::SHARD_TILES, first, width.get()),
        _ => Ok(None),
    }
}

/// Leaves of a shard as they stand.
fn of_shard(
    node: &Node,
    seen: &Snapshot,
    shard: u64,
    first: u64,
    count: usize,
) -> io::Result<Option<Vec<u8>>> {
    let path = leaves_file(shard);
    let offset = first * tiles::ELEMENT as u64;
    let mut leaves = node.storage().read_at(&path, offset, count * tiles::ELEMENT)?;
    if let Some(leaves) = &mut leaves {
        seen.removed_leaves.blank(shard, first as usize, leaves);
    }
    Ok(leaves)
}

/// A tile of width `wanted`, number `index` of `count` things.
fn cut(
    node: &Node,
    index: u64,
    wanted: TileWidth,
    count: u64,
    name: impl Fn(TileWidth) -> String,
    cut: impl Fn(&[u8], TileWidth) -> Option<usize>,
) -> io::Result<Option<Vec<u8>>> {
    match TileWidth::at(index, count) {
        Some(now) if wanted <= now => tiles::read_cut(node.storage(), name, wanted, now, cut),
        _ => Ok(None),
    }
}

fn entry(node: &Node, index: u64, size: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(width) = TileWidth::new(index % TILE_WIDTH + 1) else { return Ok(None) };
    let bundle = bundle_of(node, Numbered { index: index / TILE_WIDTH, width }, size)?;
    let last = bundle
        .as_deref()
        .and_then(tiles::split_bundle)
        .and_then(|entries| entries.last().copied().map(Into::into));
    Ok(last)
}

fn full_shard(node: &Node, seen: &Snapshot, shard: u32) -> io::Result<Option<Vec<u8>>> {
    if (u64::from(shard) + 1) * SHARD_LEAVES > seen.status.leaves {
        return Ok(None);
    }
    of_shard(node, seen, shard.into(), 0, SHARD_LEAVES as usize)
}

fn changes(node: &Node, from: u64, to: u64, size: u64) -> Result<Option<Vec<u8>>, ReadError> {
    if from > to || to > size {
        return Ok(None);
    }
    let found = node.ask(|sequencer| sequencer.changes(from, to, MAX_CHANGES + 1))?;
    if found.len() > MAX_CHANGES {
        return Err(ReadError::TooManyChanges);
    }
    Ok(Some(encode(found.iter().map(|change| (change.position, change.leaf)))))
}

/// How often a reader looks before something is not there.
const LOOKS: usize = 3;
/// Changes served in one answer at most.
const MAX_CHANGES: usize = 1 << 20;
