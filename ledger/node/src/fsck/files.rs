//! Files against what the entries derive, partial tiles that wider ones replaced included.

use ledger::credentials::{CredentialTree, SHARD_LEAVES};
use ledger::resource::Resource;
use ledger::state::State;
use ledger::tile::{Numbered, TilePath, TileWidth};

use super::{Stop, differs};
use crate::derived::{self, DerivedCache, committed, leaves_file};
use crate::files::{Storage, is_unfinished};
use crate::tiles;

/// A file has exactly these bytes.
pub(super) fn same(storage: &dyn Storage, path: String, expected: &[u8]) -> Result<(), Stop> {
    match storage.read(&path)? {
        None => differs(path, "is missing"),
        Some(bytes) => same_bytes(path, &bytes, expected),
    }
}

/// Every shard of leaves as they were committed.
pub(super) fn leaves(storage: &dyn Storage, tree: &CredentialTree) -> Result<(), Stop> {
    let shards = tree.len().div_ceil(SHARD_LEAVES);
    (0..shards).try_for_each(|shard| {
        let end = ((shard + 1) * SHARD_LEAVES).min(tree.len());
        same(storage, leaves_file(shard), &committed(tree, shard * SHARD_LEAVES, end))
    })
}

fn same_bytes(path: String, bytes: &[u8], expected: &[u8]) -> Result<(), Stop> {
    if bytes == expected {
        return Ok(());
    }
    if bytes.len() != expected.len() {
        let why = format!("has {} bytes, the entries derive {}", bytes.len(), expected.len());
        return differs(path, why);
    }
    let at = bytes.iter().zip(expected).take_while(|(left, right)| left == right).count();
    differs(path, format!("byte {at} is not what the entries derive"))
}

/// To be called when the newest tiles of a log of `size` entries were compared: every other partial tile is compared with them.
pub(super) fn partial_tiles(storage: &dyn Storage, size: u64) -> Result<(), Stop> {
    let found = storage.list("tile")?;
    let partial = found.iter().filter(|path| path.contains(".p/") && !is_unfinished(path));
    partial
        .filter(|path| !tiles::is_current(path, size))
        .try_for_each(|path| same_beginning(storage, path, size))
}

fn same_beginning(storage: &dyn Storage, path: &str, size: u64) -> Result<(), Stop> {
    let newest = match format!("/{path}").parse() {
        Ok(Resource::Tile(tile)) => {
            let name = |width| tiles::hashes(TilePath { width, ..tile });
            newest(storage, tile.level, tile.index, tile.width, name, tiles::cut_elements, size)?
        }
        Ok(Resource::Entries(Numbered { index, width })) => {
            newest(storage, 0, index, width, |width| tiles::entries(index, width), tiles::cut_entries, size)?
        }
        Ok(
            Resource::Checkpoint
            | Resource::Cosigned
            | Resource::Entry(_)
            | Resource::Genesis
            | Resource::Index
            | Resource::Status
            | Resource::Cap
            | Resource::Shard(_)
            | Resource::ShardTile(..)
            | Resource::Changes { .. }
            | Resource::Hour(_)
            | Resource::Blob(_),
        )
        | Err(_) => return differs(path, "is no tile"),
    };
    match newest {
        // Of a batch that was never finished, on a node of a shared store; its next start writes it again.
        None => Ok(()),
        Some(newest) => same(storage, path.to_owned(), &newest),
    }
}

/// The beginning of the newest tile at a place, as long as a partial one of width `wanted`.
fn newest(
    storage: &dyn Storage,
    level: u8,
    index: u64,
    wanted: TileWidth,
    name: impl Fn(TileWidth) -> String,
    cut: impl Fn(&[u8], TileWidth) -> Option<usize>,
    size: u64,
) -> Result<Option<Vec<u8>>, Stop> {
    let count = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
    let Some(now) = TileWidth::at(index, count).filter(|now| *now > wanted) else { return Ok(None) };
    let Some(mut bytes) = storage.read(&name(now))? else { return Ok(None) };
    let length = cut(&bytes, wanted).unwrap_or(bytes.len());
    bytes.truncate(length);
    Ok(Some(bytes))
}

/// The state that is kept for a start, and whether it was compared with the one that the entries derive.
pub(super) enum KeptState {
    /// There is none, which only makes the next start slower.
    None,
    /// It is not as it was written, or cannot be read.
    Damaged,
    /// It is about this many entries.
    At(u64, Vec<u8>),
    /// It is what the entries derive.
    Compared,
}

impl KeptState {
    pub(super) fn read(storage: &dyn Storage) -> Self {
        match storage.read(derived::STATE) {
            Ok(None) => Self::None,
            Ok(Some(bytes)) => derived::size_of(&bytes).map_or(Self::Damaged, |size| Self::At(size, bytes)),
            Err(_) => Self::Damaged,
        }
    }
    /// To be called after every batch.
    pub(super) fn compare(&mut self, derived: &DerivedCache, state: &State) -> Result<(), Stop> {
        match self {
            Self::At(size, bytes) if *size == state.size() => {
                if *bytes != derived.encode(state) {
                    return differs(derived::STATE, format!("is not what the first {size} entries derive"));
                }
                *self = Self::Compared;
                Ok(())
            }
            Self::None | Self::Damaged | Self::At(..) | Self::Compared => Ok(()),
        }
    }
    /// To be called after the last batch.
    pub(super) fn finish(&self) -> Result<(), Stop> {
        match self {
            Self::None | Self::Compared => Ok(()),
            Self::Damaged => differs(derived::STATE, "is not as it was written"),
            Self::At(size, _) => {
                differs(derived::STATE, format!("is about {size} entries, which is no batch"))
            }
        }
    }
    pub(super) fn is_there(&self) -> bool {
        !matches!(self, Self::None)
    }
}
