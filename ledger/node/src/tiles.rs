//! Where things are on disk, and entry bundles. The same paths as over HTTP, without the leading slash.

use std::io;

use ledger::merkle::TileReader;
use ledger::resource::Resource;
pub(crate) use ledger::tile::push_entry;
use ledger::tile::{Numbered, TILE_WIDTH, TilePath, TileWidth, split_entry};

use crate::files::Storage;

/// The file of a resource.
pub(crate) fn file(resource: &Resource) -> String {
    resource.to_string().split_off(1)
}

/// The file of a tile of hashes.
pub(crate) fn hashes(path: TilePath) -> String {
    file(&Resource::Tile(path))
}

/// The file of a bundle of entries.
pub(crate) fn entries(index: u64, width: TileWidth) -> String {
    file(&Resource::Entries(Numbered { index, width }))
}

/// The hash tiles of a log of so many entries, as they are stored.
pub(crate) struct Stored<'s>(pub(crate) &'s dyn Storage, pub(crate) u64);

impl TileReader for Stored<'_> {
    type Error = io::Error;
    fn tile(&self, path: TilePath) -> io::Result<Vec<u8>> {
        let count = self.1.checked_shr(8 * u32::from(path.level)).unwrap_or(0);
        let now = TileWidth::at(path.index, count).ok_or(io::ErrorKind::NotFound)?;
        let name = |width| hashes(TilePath { width, ..path });
        read_cut(self.0, name, path.width, now, cut_elements)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Reads a tile of at least `wanted` places, of a thing that has `now` places at that tile, and cuts it by `cut`.
///
/// A wider tile holds all narrower ones, so that superseded partial tiles need not be kept.
pub(crate) fn read_cut(
    storage: &dyn Storage,
    path: impl Fn(TileWidth) -> String,
    wanted: TileWidth,
    now: TileWidth,
    cut: impl Fn(&[u8], TileWidth) -> Option<usize>,
) -> io::Result<Option<Vec<u8>>> {
    for width in [wanted, now, TileWidth::FULL].into_iter().filter(|width| *width >= wanted) {
        if let Some(mut bytes) = storage.read(&path(width))? {
            let length = cut(&bytes, wanted).ok_or(io::ErrorKind::InvalidData)?;
            bytes.truncate(length);
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// Length of the first `width` hashes or elements.
pub(crate) fn cut_elements(bytes: &[u8], width: TileWidth) -> Option<usize> {
    let length = width.get() * ELEMENT;
    (length <= bytes.len()).then_some(length)
}

/// Length of the first `width` entries of a bundle.
pub(crate) fn cut_entries(bytes: &[u8], width: TileWidth) -> Option<usize> {
    let mut rest = bytes;
    for _ in 0..width.get() {
        (_, rest) = split_entry(rest)?;
    }
    Some(bytes.len() - rest.len())
}

/// The entries of a bundle.
pub(crate) fn split_bundle(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (entry, rest) = split_entry(bytes)?;
        found.push(entry);
        bytes = rest;
    }
    Some(found)
}

/// How many of `size` things come before a tile's end at `level`: the partial tile there, if there is one.
pub(crate) fn partial(level: u8, size: u64) -> Option<(u64, TileWidth)> {
    let count = size.checked_shr(8 * u32::from(level))?;
    let width = TileWidth::new(count % TILE_WIDTH)?;
    Some((count / TILE_WIDTH, width))
}

/// Files of partial tiles of a log of `old` entries that a log of `new` entries no longer needs.
pub(crate) fn superseded(old: u64, new: u64) -> Vec<String> {
    let stale = |level: u8| partial(level, old).filter(|tile| partial(level, new) != Some(*tile));
    let hash = |level| stale(level).map(|(index, width)| hashes(TilePath { level, index, width }));
    (0..LEVELS).filter_map(hash).chain(stale(0).map(|(index, width)| entries(index, width))).collect()
}

/// Whether a partial tile's file is the newest one of a log of `size` entries.
pub(crate) fn is_current(path: &str, size: u64) -> bool {
    match format!("/{path}").parse() {
        Ok(Resource::Tile(tile)) => partial(tile.level, size) == Some((tile.index, tile.width)),
        Ok(Resource::Entries(tile)) => partial(0, size) == Some((tile.index, tile.width)),
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
        | Err(_) => false,
    }
}

/// Levels of hash tiles in a log of 2^64 entries.
pub(crate) const LEVELS: u8 = 8;
/// Bytes of a hash or of a field element.
pub(crate) const ELEMENT: usize = 32;
/// Tiles of leaves in a full shard.
pub(crate) const SHARD_TILES: u64 = ledger::credentials::SHARD_LEAVES / TILE_WIDTH;

#[cfg(test)]
mod tests {
    use super::*;

    fn width(width: u64) -> TileWidth {
        TileWidth::new(width).unwrap()
    }

    #[test]
    fn a_bundle_splits_into_what_was_pushed() {
        let mut bundle = Vec::new();
        push_entry(&mut bundle, b"one");
        push_entry(&mut bundle, b"");
        push_entry(&mut bundle, b"three");
        assert_eq!(split_bundle(&bundle).unwrap(), [&b"one"[..], b"", b"three"]);
        assert_eq!(cut_entries(&bundle, width(2)), Some(7));
        assert_eq!(cut_entries(&bundle, width(4)), None);
    }

    #[test]
    fn a_truncated_bundle_is_refused() {
        let mut bundle = Vec::new();
        push_entry(&mut bundle, b"one");
        assert_eq!(split_bundle(&bundle[..4]), None);
        assert_eq!(split_bundle(&bundle[..1]), None);
    }

    #[test]
    fn a_narrow_tile_is_cut_from_a_wide_one() {
        let folder = tempfile::tempdir().unwrap();
        let storage = crate::files::Files::new(folder.path());
        let name = |width| hashes(TilePath { level: 0, index: 0, width });
        storage.write(&name(width(3)), &[7; 96]).unwrap();
        let read = |wanted| read_cut(&storage, name, width(wanted), width(3), cut_elements).unwrap();
        assert_eq!(read(2).unwrap().len(), 64);
        assert_eq!(read(3).unwrap().len(), 96);
        assert_eq!(read(4), None);
    }

    #[test]
    fn superseded_tiles_are_those_that_changed() {
        assert_eq!(superseded(3, 5), ["tile/0/000.p/3", "tile/entries/000.p/3"]);
        assert_eq!(superseded(257, 258), ["tile/0/001.p/1", "tile/entries/001.p/1"]);
        assert_eq!(superseded(511, 512), ["tile/0/001.p/255", "tile/1/000.p/1", "tile/entries/001.p/255"]);
        assert!(superseded(256, 257).iter().all(|path| !path.starts_with("tile/0")));
        assert!(superseded(0, 9).is_empty());
    }
}
