//! What holds for any bytes from outside. Property tests and fuzzers call the same functions; a broken property panics.

use circuits::field;
use circuits::tree::Position;

use super::{MemoryLog, insecure_key, origin, sign};
use crate::checkpoint::Checkpoint;
use crate::follow::{Follower, ShardFollower, sync_shards_with};
use crate::genesis::Genesis;
use crate::merkle::{TileReader, consistency_proof, inclusion_proof};
use crate::note::{Note, NoteKey};
use crate::proposal::{MAX_PROPOSAL, Proposal};
use crate::record::{Entry, encode_batch, parse_batch};
use crate::resource::{Resource, changes};
use crate::source::{FetchError, Source};
use crate::tile::TilePath;
use crate::witness::AddCheckpoint;

/// An entry has one encoding.
pub fn entry(bytes: &[u8]) {
    if let Ok(entry) = Entry::parse(bytes) {
        assert_eq!(entry.bytes(), bytes);
    }
}

/// A batch that is read is written and read again as the same.
pub fn batch(bytes: &[u8]) {
    if let Ok(batch) = parse_batch(bytes) {
        assert_eq!(parse_batch(&encode_batch(&batch)).expect("what was written is read"), batch);
    }
}

/// A note has one encoding.
pub fn note(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
    }
}

/// A checkpoint's text has one encoding; a signed one is read or refused.
pub fn checkpoint(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(checkpoint) = Checkpoint::parse_text(text)
    {
        assert_eq!(checkpoint.text(), text);
    }
    let _ = Checkpoint::open(bytes, &origin(), &insecure_key("ledger.test/1").public());
}

/// A request to a witness has one encoding.
pub fn witness_request(bytes: &[u8]) {
    if let Ok(request) = AddCheckpoint::parse(bytes) {
        assert_eq!(request.to_string().as_bytes(), bytes);
    }
}

/// A verifier key has one encoding.
pub fn verifier_key(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(key) = text.parse::<NoteKey>()
    {
        assert_eq!(key.to_string(), text);
    }
}

/// A path has one encoding.
pub fn path(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(resource) = text.parse::<Resource>()
    {
        assert_eq!(resource.to_string(), text);
    }
}

/// A genesis that is read is written and read again as the same.
pub fn genesis(bytes: &[u8]) {
    if let Ok(genesis) = serde_json::from_slice::<Genesis>(bytes) {
        let read: Genesis = serde_json::from_slice(&genesis.to_bytes()).expect("what was written is read");
        assert_eq!(read, genesis);
    }
}

/// A proposal that is read is written as one that is read, with the same approvals; written with indentation, it may be
/// larger than any.
pub fn proposal(bytes: &[u8]) {
    let Ok(proposal) = Proposal::parse(bytes) else { return };
    let written = proposal.to_bytes();
    if written.len() <= MAX_PROPOSAL {
        let read = Proposal::parse(&written).expect("what was written is read");
        assert_eq!(read.record().approvals(), proposal.record().approvals());
    }
}

/// A list of changes has one encoding.
pub fn list_of_changes(bytes: &[u8]) {
    if let Some(list) = changes::decode(bytes) {
        let again = list.iter().map(|c| (c.position.get(), field::to_bytes(&c.leaf)));
        assert_eq!(changes::encode(again), bytes);
    }
}

/// Tiles of any bytes make proofs or errors.
pub fn tiles(bytes: &[u8], old: u64, new: u64) {
    let reader = Anything(bytes);
    let _ = consistency_proof(old, new, &reader);
    let _ = inclusion_proof(old, new, &reader);
}

/// A shard whose files are any bytes is refused, or is the shard that the log's root is about.
pub fn shard(bytes: &[u8]) {
    let mut log = MemoryLog::new(super::genesis(&["police"], 1));
    let entries = [super::schema("score/1"), super::commit("c", "score/1", 0..3)];
    let entries = entries.map(|record| sign(record, "police"));
    log.submit(&entries, 100).expect("the sample entries are good");
    let synced = |source: &dyn Source| {
        let mut follower = Follower::light(log.state().registry().genesis().clone());
        let mut shard = ShardFollower::of(Position::new(1).expect("a small position"));
        let synced = sync_shards_with(source, &mut follower, std::slice::from_mut(&mut shard), 100, |_| {});
        synced.is_ok().then(|| serde_json::to_string(&shard).expect("a shard is saved"))
    };
    if let Some(shard) = synced(&Shards { log: &log, bytes }) {
        assert_eq!(Some(shard), synced(&log));
    }
}

/// The same bytes as every tile, cut to what is asked for where they are long enough.
struct Anything<'b>(&'b [u8]);

impl TileReader for Anything<'_> {
    type Error = ();
    fn tile(&self, path: TilePath) -> Result<Vec<u8>, ()> {
        Ok(self.0.get(..path.width.get() * 32).unwrap_or(self.0).to_vec())
    }
}

/// A log whose shard files are these bytes.
struct Shards<'l> {
    log: &'l MemoryLog,
    bytes: &'l [u8],
}

impl Source for Shards<'_> {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        match resource {
            Resource::Shard(_) | Resource::ShardTile(..) => Ok(self.bytes.to_vec()),
            _ => self.log.get(resource, limit),
        }
    }
}
