//! The right edge of the tree: all that is needed to append, and the tiles that appending makes.

use super::read::{ReadError, TileReader, fold, hashes};
use super::{empty_root, node_hash};
use crate::digest::Digest;
use crate::tile::{TILE_WIDTH, TilePath, TileWidth};

/// The unfinished tile of every level, which is all that appending needs. Small: at most 8 × 255 hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompactRange {
    size: u64,
    /// `levels[l]` holds the hashes of the unfinished tile of level l, fewer than 256; the last one is not empty.
    levels: Vec<Vec<Digest>>,
}

/// A tile to be written: full, or the newest partial one of its level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Where.
    pub path: TilePath,
    /// `width` × 32 bytes.
    pub bytes: Vec<u8>,
}

impl CompactRange {
    /// The edge of a log without entries.
    pub fn new() -> Self {
        Self::default()
    }
    /// Reads the edge of a log of `size` entries. Does not verify it: compare [`Self::root`] with a signed checkpoint.
    pub fn load<R: TileReader>(size: u64, reader: &R) -> Result<Self, ReadError<R::Error>> {
        let mut levels = Vec::new();
        let mut count = size;
        while count > 0 {
            let level = levels.len() as u8;
            levels.push(load_level(level, count, reader)?);
            count /= TILE_WIDTH;
        }
        Ok(Self { size, levels })
    }
    /// Entries.
    pub fn size(&self) -> u64 {
        self.size
    }
    /// RFC 6962 root.
    pub fn root(&self) -> Digest {
        let complete = self.levels.iter().flat_map(|level| complete_trees(level));
        complete.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
    }
    /// Appends leaf hashes and gives the tiles that are new: every full one, and the partial one of each level that
    /// changed.
    pub fn append(&mut self, leaves: &[Digest]) -> Vec<Tile> {
        let before = self.size;
        let mut tiles = Vec::new();
        for leaf in leaves {
            self.push(*leaf, &mut tiles);
        }
        tiles.extend(self.partial_tiles(before));
        tiles
    }

    fn push(&mut self, leaf: Digest, full: &mut Vec<Tile>) {
        self.size += 1;
        let mut hash = leaf;
        let mut count = self.size;
        for level in 0_u8.. {
            if self.levels.len() == usize::from(level) {
                self.levels.push(Vec::new());
            }
            let place = self.levels.get_mut(usize::from(level)).expect("pushed just above");
            place.push(hash);
            if !count.is_multiple_of(TILE_WIDTH) {
                return;
            }
            count /= TILE_WIDTH;
            hash = fold(place);
            full.push(tile(level, count - 1, place));
            place.clear();
        }
    }

    fn partial_tiles(&self, before: u64) -> impl Iterator<Item = Tile> {
        let levels = (0_u8..).zip(&self.levels).filter(|(_, hashes)| !hashes.is_empty());
        levels.filter_map(move |(level, hashes)| {
            let shift = 8 * u32::from(level);
            let count = self.size >> shift;
            (count != before >> shift).then(|| tile(level, count / TILE_WIDTH, hashes))
        })
    }
}

fn load_level<R: TileReader>(level: u8, count: u64, reader: &R) -> Result<Vec<Digest>, ReadError<R::Error>> {
    let index = count / TILE_WIDTH;
    let Some(width) = TileWidth::at(index, count) else { return Ok(Vec::new()) };
    let path = TilePath { level, index, width };
    let bytes = reader.tile(path).map_err(|source| ReadError::Tile { path, source })?;
    hashes(&bytes, width).ok_or(ReadError::Length { path, length: bytes.len() })
}

/// Roots of the complete trees in an unfinished tile, from the smallest (on the right) to the largest.
fn complete_trees(mut hashes: &[Digest]) -> Vec<Digest> {
    let mut roots = Vec::new();
    while !hashes.is_empty() {
        let smallest = 1_usize << hashes.len().trailing_zeros();
        let (left, right) = hashes.split_at(hashes.len() - smallest);
        roots.push(fold(right));
        hashes = left;
    }
    roots
}

fn tile(level: u8, index: u64, hashes: &[Digest]) -> Tile {
    let width = TileWidth::new(hashes.len() as u64).expect("a tile holds 1 to 256 hashes");
    let bytes = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
    Tile { path: TilePath { level, index, width }, bytes }
}
