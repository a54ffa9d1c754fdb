//! Reads the entries of a log in order, each proved to be in it.

use super::log::{FetchedTiles, Log};
use super::{DamagedCopy, FollowError, Follower, Misbehaviour};
use crate::merkle::{inclusion_proof, leaf_hash, verify_inclusion};
use crate::record::{Entry, MAX_ENTRY};
use crate::resource::Resource;
use crate::source::{FetchError, Source};
use crate::tile::{Numbered, TILE_WIDTH, TileWidth};

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
                    visit(index, log.parsed(index, &bytes)?);
                }
            }
            next = checkpoint.size.min(first + TILE_WIDTH);
        }
    }
    Ok(())
}

impl<S: Source + ?Sized> Log<'_, S> {
    /// The entries of a bundle as far as the checkpoint reaches, not yet proved.
    fn bundle(&self, index: u64) -> Result<Vec<Vec<u8>>, FollowError> {
        let width = TileWidth::at(index, self.checkpoint.size).ok_or_else(|| malformed(index))?;
        let get = |width| self.source().get(&Resource::Entries(Numbered { index, width }), MAX_BUNDLE);
        let bytes = match get(width) {
            // A partial bundle may be gone once the full one is there.
            Err(FetchError::NotFound(_)) if width != TileWidth::FULL => get(TileWidth::FULL),
            bytes => bytes,
        };
        let mut rest = bytes.map_err(FollowError::bounded)?;
        let mut entries = Vec::with_capacity(width.get());
        while entries.len() < width.get() {
            let entry = take_entry(&mut rest).ok_or_else(|| malformed(index))?;
            entries.push(entry);
        }
        Ok(entries)
    }

    fn parsed(&self, index: u64, bytes: &[u8]) -> Result<Entry, FollowError> {
        let proof = inclusion_proof(index, self.checkpoint.size, self.tiles())?;
        verify_inclusion(&leaf_hash(bytes), index, self.checkpoint.size, &proof, &self.checkpoint.root)
            .map_err(|_| DamagedCopy::NotIncluded(index))?;
        Entry::parse(bytes).map_err(|e| Misbehaviour::BadEntry { index, reason: e.to_string() }.into())
    }
}

fn malformed(bundle: u64) -> FollowError {
    let path = Resource::Entries(Numbered { index: bundle, width: TileWidth::FULL });
    DamagedCopy::Malformed(path.to_string()).into()
}

/// The next entry of a bundle, which stands after its length in two bytes.
fn take_entry(rest: &mut Vec<u8>) -> Option<Vec<u8>> {
    let (length, _) = rest.split_first_chunk::<2>()?;
    let end = 2 + usize::from(u16::from_be_bytes(*length));
    let entry = rest.get(2..end)?.to_vec();
    rest.drain(..end);
    Some(entry)
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
