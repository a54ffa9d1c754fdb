//! The right edge of the tree: all that is needed to append, and the tiles that appending makes.

use super::read::{ReadError, TileReader};
use crate::digest::Digest;
use crate::tile::TilePath;

/// The unfinished tile of every level, which is all that appending needs. Small: at most 8 × 255 hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// `levels[l]` holds the hashes of the unfinished tile of level l, fewer than 256.
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

impl Edge {
    /// The edge of a log without entries.
    pub fn new() -> Self {
        Self::default()
    }
    /// Reads the edge of a log of `size` entries. Does not verify it: compare [`Self::root`] with a signed checkpoint.
    pub fn load<R: TileReader>(_size: u64, _reader: &R) -> Result<Self, ReadError<R::Error>> {
        todo!()
    }
    /// Entries.
    pub fn size(&self) -> u64 {
        self.size
    }
    /// RFC 6962 root.
    pub fn root(&self) -> Digest {
        todo!()
    }
    /// Appends leaf hashes and gives the tiles that are new: every full one, and the partial one of each level that
    /// changed.
    pub fn append(&mut self, _leaves: &[Digest]) -> Vec<Tile> {
        todo!()
    }
}
