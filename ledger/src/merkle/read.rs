//! Hashes from tiles: the same code over files, HTTP and memory.

use crate::digest::Digest;
use crate::tile::TilePath;

/// Gives tiles. What it gives is not believed: a proof made from it must verify against a signed root.
pub trait TileReader {
    /// Why a tile cannot be had.
    type Error;
    /// The bytes of a tile: `path.width` × 32.
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, Self::Error>;
}

/// Why a hash cannot be computed from tiles.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError<E> {
    /// The tile cannot be had.
    #[error("{path}: {source}")]
    Tile {
        /// Which.
        path: TilePath,
        /// Why.
        source: E,
    },
    /// The tile has another length than its path says.
    #[error("{path} has {length} bytes")]
    Length {
        /// Which.
        path: TilePath,
        /// Its bytes.
        length: usize,
    },
    /// The caller asked for an index or an old size beyond the log's size.
    #[error("index or size {0} is beyond the log")]
    Beyond(u64),
}

/// RFC 6962 root over the first `size` entries.
pub fn root<R: TileReader>(_size: u64, _reader: &R) -> Result<Digest, ReadError<R::Error>> {
    todo!()
}

/// Proof that entry `index` is in the log of `size` entries (RFC 6962 §2.1.1).
pub fn inclusion_proof<R: TileReader>(
    _index: u64,
    _size: u64,
    _reader: &R,
) -> Result<Vec<Digest>, ReadError<R::Error>> {
    todo!()
}

/// Proof that the log of `old` entries is a beginning of the log of `new` entries (RFC 6962 §2.1.2).
pub fn consistency_proof<R: TileReader>(
    _old: u64,
    _new: u64,
    _reader: &R,
) -> Result<Vec<Digest>, ReadError<R::Error>> {
    todo!()
}
