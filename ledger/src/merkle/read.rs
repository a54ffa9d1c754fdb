//! Hashes from tiles: the same code over files, HTTP and memory.

use std::ops::Range;

use super::{empty_root, node_hash};
use crate::digest::Digest;
use crate::tile::{TILE_WIDTH, TilePath, TileWidth};

/// Gives tiles. What it gives is not trusted: a proof made from it must verify against a signed root.
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
pub fn root<R: TileReader>(size: u64, reader: &R) -> Result<Digest, ReadError<R::Error>> {
    if size == 0 { Ok(empty_root()) } else { Log { size, reader }.subtree(0..size) }
}

/// Proof that entry `index` is in the log of `size` entries (RFC 6962 §2.1.1).
pub fn inclusion_proof<R: TileReader>(
    index: u64,
    size: u64,
    reader: &R,
) -> Result<Vec<Digest>, ReadError<R::Error>> {
    if index >= size {
        return Err(ReadError::Beyond(index));
    }
    let mut proof = Vec::new();
    Log { size, reader }.path(index, 0..size, &mut proof)?;
    Ok(proof)
}

/// Proof that the log of `old` entries is a beginning of the log of `new` entries (RFC 6962 §2.1.2).
pub fn consistency_proof<R: TileReader>(
    old: u64,
    new: u64,
    reader: &R,
) -> Result<Vec<Digest>, ReadError<R::Error>> {
    if old > new {
        return Err(ReadError::Beyond(old));
    }
    let mut proof = Vec::new();
    if old > 0 {
        Log { size: new, reader }.subproof(old, 0..new, Known::Yes, &mut proof)?;
    }
    Ok(proof)
}

/// A log of `size` entries over tiles.
struct Log<'r, R> {
    size: u64,
    reader: &'r R,
}

/// Whether whoever checks a consistency proof knows the root of the part at hand.
#[derive(Clone, Copy)]
enum Known {
    Yes,
    No,
}

impl<R: TileReader> Log<'_, R> {
    /// `PATH(index, D[part])`.
    fn path(&self, index: u64, part: Range<u64>, proof: &mut Vec<Digest>) -> Result<(), ReadError<R::Error>> {
        let Some(middle) = split(&part) else { return Ok(()) };
        let left = part.start..middle;
        let right = middle..part.end;
        let (inside, sibling) = if index < middle { (left, right) } else { (right, left) };
        self.path(index, inside, proof)?;
        proof.push(self.subtree(sibling)?);
        Ok(())
    }

    /// `SUBPROOF(old − part.start, D[part], known)`; `old` lies in `part.start + 1 ..= part.end`.
    fn subproof(
        &self,
        old: u64,
        part: Range<u64>,
        known: Known,
        proof: &mut Vec<Digest>,
    ) -> Result<(), ReadError<R::Error>> {
        if old == part.end {
            if let Known::No = known {
                proof.push(self.subtree(part)?);
            }
            return Ok(());
        }
        let middle = split(&part).expect("old is inside the part, which is therefore longer than one");
        let left = part.start..middle;
        let right = middle..part.end;
        let sibling = if old <= middle {
            self.subproof(old, left, known, proof)?;
            right
        } else {
            self.subproof(old, right, Known::No, proof)?;
            left
        };
        proof.push(self.subtree(sibling)?);
        Ok(())
    }

    /// `MTH(D[part])` of a part that the recursion of RFC 6962 reaches: complete trees, largest first.
    fn subtree(&self, part: Range<u64>) -> Result<Digest, ReadError<R::Error>> {
        match split(&part) {
            Some(middle) if !(part.end - part.start).is_power_of_two() => {
                let left = self.subtree(part.start..middle)?;
                Ok(node_hash(&left, &self.subtree(middle..part.end)?))
            }
            _ => self.complete(&part),
        }
    }

    /// Root of a complete tree of 2^height entries, from one tile.
    fn complete(&self, part: &Range<u64>) -> Result<Digest, ReadError<R::Error>> {
        let height = (part.end - part.start).trailing_zeros();
        let level = height / 8;
        let count = 1_usize << (height % 8);
        let first = part.start >> (8 * level);
        let hashes = self.tile(level as u8, first / TILE_WIDTH)?;
        let offset = (first % TILE_WIDTH) as usize;
        let slice = hashes.get(offset..offset + count).ok_or(ReadError::Beyond(part.end))?;
        Ok(fold(slice))
    }

    fn tile(&self, level: u8, index: u64) -> Result<Vec<Digest>, ReadError<R::Error>> {
        let beyond = ReadError::Beyond(index);
        let width = TileWidth::at(index, self.size >> (8 * u32::from(level))).ok_or(beyond)?;
        let path = TilePath { level, index, width };
        let bytes = self.reader.tile(path).map_err(|source| ReadError::Tile { path, source })?;
        hashes(&bytes, width).ok_or(ReadError::Length { path, length: bytes.len() })
    }
}

/// The hashes of a tile of this width, if it has the right length.
pub(super) fn hashes(bytes: &[u8], width: TileWidth) -> Option<Vec<Digest>> {
    let (chunks, rest) = bytes.as_chunks();
    let fits = rest.is_empty() && chunks.len() == width.get();
    fits.then(|| chunks.iter().copied().map(Digest::from_bytes).collect())
}

/// Root of a complete tree whose leaves are these hashes: a power of two of them.
pub(super) fn fold(hashes: &[Digest]) -> Digest {
    if let [one] = hashes {
        return *one;
    }
    let (left, right) = hashes.split_at(hashes.len() / 2);
    node_hash(&fold(left), &fold(right))
}

/// Where RFC 6962 splits a part: after the largest power of two smaller than its length. `None` for one entry.
fn split(part: &Range<u64>) -> Option<u64> {
    let length = part.end - part.start;
    (length > 1).then(|| part.start + (1 << (length - 1).ilog2()))
}
