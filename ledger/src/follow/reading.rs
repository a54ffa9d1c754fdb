//! Reads the entries of a log in order, each proved to be in it.

use super::log::{FetchedTiles, Log, or_full, parsed};
use super::{DamagedCopy, FollowError, Follower};
use crate::digest::Digest;
use crate::merkle::{TileReader as _, leaf_hash};
use crate::record::{Entry, MAX_ENTRY};
use crate::resource::Resource;
use crate::source::Source;
use crate::tile::{Numbered, TILE_WIDTH, TilePath, TileWidth, split_entry};

/// Gives every entry from `from` up to the follower's checkpoint to `visit`, in order. What entries mean and whose
/// signature they bear is for the caller to look at; that they stand at their place in the log is proved.
///
/// On an error some entries may have been visited.
pub fn read_entries<S: Source + ?Sized>(
    source: &S,
    follower: &Follower,
    from: u64,
    visit: &mut dyn FnMut(u64, Entry),
) -> Result<(), FollowError> {
    let Some(checkpoint) = follower.checkpoint() else { return Ok(()) };
    let mut next = from;
    while next < checkpoint.size {
        // The hashes of one stretch are enough at a time: a log may have tens of millions of entries.
        let log = Log::at(source, checkpoint.clone(), FetchedTiles::default());
        let end = checkpoint.size.min((next / STRETCH + 1) * STRETCH);
        while next < end {
            let first = next / TILE_WIDTH * TILE_WIDTH;
            for (index, bytes) in (first..).zip(log.bundle(first / TILE_WIDTH)?) {
                if index >= next {
                    visit(index, parsed(index, &bytes)?);
                }
            }
            next = checkpoint.size.min(first + TILE_WIDTH);
        }
    }
    Ok(())
}

impl<S: Source + ?Sized> Log<'_, S> {
    /// The entries of a bundle as far as the checkpoint reaches, proved to be in the log.
    fn bundle(&self, index: u64) -> Result<Vec<Vec<u8>>, FollowError> {
        let width = TileWidth::at(index, self.checkpoint.size).ok_or_else(|| malformed(index))?;
        let get = |width| self.source().get(&Resource::Entries(Numbered { index, width }), MAX_BUNDLE);
        let bytes = or_full(width, get).map_err(FollowError::bounded)?;
        let mut rest = bytes.as_slice();
        let mut entries = Vec::with_capacity(width.get());
        while entries.len() < width.get() {
            let (entry, after) = split_entry(rest).ok_or_else(|| malformed(index))?;
            entries.push(entry.to_vec());
            rest = after;
        }
        self.prove_bundle(index, width, &entries)?;
        Ok(entries)
    }

    /// That the entries hash to their tile, and that the tile is in the log. An inclusion proof of any entry is made from all
    /// the other hashes of its tile, so that one proves them all.
    fn prove_bundle(&self, index: u64, width: TileWidth, entries: &[Vec<u8>]) -> Result<(), FollowError> {
        let first = index * TILE_WIDTH;
        let leaves: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let tile = self.tiles().tile(TilePath { level: 0, index, width }).map_err(FollowError::bounded)?;
        for (place, (leaf, listed)) in (first..).zip(leaves.iter().zip(tile.chunks(Digest::LENGTH))) {
            if leaf.as_bytes() != listed {
                return Err(DamagedCopy::NotIncluded(place).into());
            }
        }
        let leaf = leaves.first().ok_or_else(|| malformed(index))?;
        self.prove(first, leaf).map(|_| ())
    }
}

fn malformed(bundle: u64) -> FollowError {
    let path = Resource::Entries(Numbered { index: bundle, width: TileWidth::FULL });
    DamagedCopy::Malformed(path.to_string()).into()
}

/// Bytes of a bundle at most.
const MAX_BUNDLE: u64 = TILE_WIDTH * (MAX_ENTRY as u64 + 2);
/// Entries whose hashes are kept while they are read.
const STRETCH: u64 = 64 * TILE_WIDTH;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{MemoryLog, genesis, record, sign};
    use serde_json::json;

    const TIME: u64 = 1_790_000_000;

    fn log(records: usize) -> MemoryLog {
        let mut log = MemoryLog::new(genesis(&["gongan.nanning", "credit.nanning"], 2));
        for n in 0..records {
            let record = record(
                json!({"kind": "disclosure.publish", "id": format!("d{n}"), "category": format!("t{n}"),
                "title": {"zh-CN": "公开", "en": "Disclosure"}, "url": "https://example.org/", "digest": "00".repeat(32)}),
            );
            log.submit(&[sign(record, "gongan.nanning")], TIME).map_err(|(_, e)| e).unwrap();
        }
        log
    }

    fn read(log: &MemoryLog, follower: &Follower, from: u64) -> Vec<(u64, Entry)> {
        let mut read = Vec::new();
        read_entries(log, follower, from, &mut |index, entry| read.push((index, entry))).unwrap();
        read
    }

    #[test]
    fn every_entry_is_read_in_order_from_anywhere() {
        let log = log(150);
        let mut follower = Follower::new(log.state().registry().genesis().clone());
        follower.sync(&log, TIME).unwrap();
        let size = follower.checkpoint().unwrap().size;
        assert!(size > TILE_WIDTH, "more than one bundle");
        for from in [0, 1, 255, 256, 257, size - 1, size] {
            let expected: Vec<_> =
                (0..).zip(log.entries().to_vec()).skip(usize::try_from(from).unwrap()).collect();
            assert!(read(&log, &follower, from) == expected, "{from}");
        }
    }

    /// It follows the checkpoint that was checked, not what the log has become since.
    #[test]
    fn nothing_after_the_checkpoint_is_read() {
        let mut grown = log(3);
        let mut follower = Follower::new(grown.state().registry().genesis().clone());
        follower.sync(&grown, TIME).unwrap();
        let seen = follower.checkpoint().unwrap().size;
        let last = grown.entries().last().unwrap().clone();
        grown.append_unchecked(last);
        assert_eq!(read(&grown, &follower, 0).len() as u64, seen);
    }
}
