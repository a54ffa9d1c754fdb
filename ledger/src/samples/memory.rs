//! A log in memory that answers like a node.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use circuits::Fr;
use circuits::field;

use crate::canonical;
use crate::checkpoint::{Checkpoint, cosign};
use crate::client::Status;
use crate::credentials::{LeafChange, SHARD_LEAVES};
use crate::digest::Digest;
use crate::genesis::Genesis;
use crate::key::DepartmentKey;
use crate::merkle::CompactRange;
use crate::record::{Entry, Part};
use crate::resource::{HOUR_S, Index, MAX_ROOTS, Resource, changes};
use crate::samples::insecure_key;
use crate::source::{FetchError, Source};
use crate::state::{Accepted, State, StateError};
use crate::tile::{Numbered, TILE_WIDTH, TilePath, push_entry};
use crate::witness::MAX_PUBLISHED;

/// A log in memory that answers like a node, and remembers what it was asked.
pub struct MemoryLog {
    state: State,
    key: DepartmentKey,
    entries: Vec<Entry>,
    range: CompactRange,
    tiles: HashMap<TilePath, Vec<u8>>,
    index: Index,
    /// Leaves whose status changed, by the entry count of the state root that covers them.
    changes: Vec<(u64, LeafChange)>,
    blobs: HashMap<Digest, Vec<u8>>,
    requests: Mutex<Vec<String>>,
    cosigners: Vec<String>,
    /// When witnesses cosign the newest checkpoint, unix seconds; with the newest state root if nothing else is said.
    cosigned_at: Option<u64>,
    /// Of the newest full hour that a state root came after: which, the index of the root before it, and the cap then.
    hour: Option<(u64, u64, Vec<u8>)>,
}

impl MemoryLog {
    /// A log without entries, whose log key is [`insecure_key`] of its origin.
    pub fn new(genesis: Genesis) -> Self {
        Self {
            key: insecure_key(genesis.origin().as_str()),
            state: State::new(genesis),
            entries: Vec::new(),
            range: CompactRange::new(),
            tiles: HashMap::new(),
            index: Index::default(),
            changes: Vec::new(),
            blobs: HashMap::new(),
            requests: Mutex::default(),
            cosigners: Vec::new(),
            cosigned_at: None,
            hour: None,
        }
    }
    /// Orders entries, closes the batch with a state root at `time` (unix seconds), and signs a checkpoint.
    pub fn submit(&mut self, entries: &[Entry], time: u64) -> Result<Vec<Accepted>, (usize, StateError)> {
        self.pass_hour(time);
        let mut draft = self.state.draft(time);
        let accepted = draft.add(entries)?;
        let batch = draft.finish();
        let changes = self.state.apply(batch);
        let covered = self.state.size();
        self.changes.extend(changes.into_iter().map(|change| (covered, change)));
        let root = self.state.seal(time, &self.key).expect("a key file signs");
        for entry in entries.iter().chain([&root]) {
            self.append(entry.clone());
        }
        Ok(accepted)
    }
    /// Appends an entry whatever it is, and signs a checkpoint: a log that misbehaves.
    pub fn append_unchecked(&mut self, entry: Entry) {
        self.append(entry);
    }
    /// From now on checkpoints are cosigned by these witnesses, with [`insecure_key`] of their names.
    pub fn cosign_by(&mut self, witnesses: &[&str]) {
        self.cosigners = witnesses.iter().map(ToString::to_string).collect();
    }
    /// From now on witnesses cosign at this time (unix seconds), whatever the newest state root says.
    pub fn cosign_at(&mut self, time: u64) {
        self.cosigned_at = Some(time);
    }
    /// States a root at `time` (unix seconds) though nothing has happened.
    pub fn heartbeat(&mut self, time: u64) {
        self.submit(&[], time).expect("nothing is refused of nothing");
    }
    /// Serves a file by its digest.
    pub fn add_blob(&mut self, bytes: Vec<u8>) {
        self.blobs.insert(Digest::of(&bytes), bytes);
    }
    /// The state after all entries.
    pub fn state(&self) -> &State {
        &self.state
    }
    /// The log's root over all entries.
    pub fn root(&self) -> Digest {
        self.range.root()
    }
    /// The entries in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
    /// Paths asked for since the last call, in order.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().expect("no test panics while it holds the lock"))
    }

    fn pass_hour(&mut self, time: u64) {
        let hour = time / HOUR_S;
        if let Some(newest) = self.index.roots.last()
            && hour > self.state.time() / HOUR_S
        {
            self.hour = Some((hour, *newest, elements(self.state.credentials().cap())));
        }
    }
    fn append(&mut self, entry: Entry) {
        let index = self.range.size();
        match entry.record().part() {
            Part::Registry => self.index.registry.push(index),
            Part::Root => self.index.roots.push(index),
            Part::Credentials => {}
        }
        let tiles = self.range.append(&[entry.leaf_hash()]);
        self.tiles.extend(tiles.into_iter().map(|tile| (tile.path, tile.bytes)));
        self.entries.push(entry);
        self.index.size = self.range.size();
    }
    fn answer(&self, resource: &Resource) -> Option<Vec<u8>> {
        match resource {
            Resource::Checkpoint => Some(self.checkpoint(MAX_PUBLISHED)),
            Resource::Cosigned => Some(self.checkpoint(usize::MAX)),
            Resource::Tile(path) => self.tiles.get(path).cloned(),
            Resource::Entries(bundle) => self.bundle(bundle),
            Resource::Entry(index) => Some(self.entries.get(at(*index))?.bytes().to_vec()),
            Resource::Genesis => Some(self.state.registry().genesis().to_bytes()),
            Resource::Index => Some(self.index()),
            Resource::Status => Some(self.status()),
            Resource::Cap => Some(elements(self.state.credentials().cap())),
            Resource::Shard(shard) => self.shard(*shard),
            Resource::ShardTile(shard, tile) => self.shard_tile(*shard, tile),
            Resource::Changes { from, to } => Some(self.changes(*from, *to)),
            Resource::Hour(hour) => self.hour(*hour),
            Resource::Blob(digest) => self.blobs.get(digest).cloned(),
        }
    }
    fn checkpoint(&self, cosignatures: usize) -> Vec<u8> {
        let origin = self.state.registry().genesis().origin().clone();
        let checkpoint = Checkpoint { origin, size: self.range.size(), root: self.range.root() };
        let mut note = checkpoint.sign(&self.key).expect("a key file signs");
        for name in self.cosigners.iter().take(cosignatures) {
            let witness = name.parse().expect("test witnesses have valid names");
            let time = self.cosigned_at.unwrap_or_else(|| self.state.time());
            note.push(cosign(&note, &witness, &insecure_key(name), time).expect("a key file signs"));
        }
        note.to_string().into_bytes()
    }
    fn bundle(&self, bundle: &Numbered) -> Option<Vec<u8>> {
        let first = at(bundle.index * TILE_WIDTH);
        let entries = self.entries.get(first..first + bundle.width.get())?;
        let mut bytes = Vec::new();
        for entry in entries {
            push_entry(&mut bytes, entry.bytes());
        }
        Some(bytes)
    }
    fn index(&self) -> Vec<u8> {
        let mut index = self.index.clone();
        let newest = index.roots.len().saturating_sub(MAX_ROOTS);
        index.roots.drain(..newest);
        canonical::to_vec(&index).expect("small numbers")
    }
    fn hour(&self, hour: u64) -> Option<Vec<u8>> {
        let (_, root, cap) = self.hour.as_ref().filter(|(newest, ..)| *newest == hour)?;
        Some([&root.to_be_bytes()[..], cap].concat())
    }
    fn status(&self) -> Vec<u8> {
        let genesis = self.state.registry().genesis();
        let status = Status {
            origin: genesis.origin().clone(),
            genesis: genesis.digest(),
            size: self.range.size(),
            root: self.range.root(),
            leaves: self.state.credentials().len(),
            credential_root: self.state.credentials().root().into(),
            time: self.state.time(),
        };
        canonical::to_vec(&status).expect("small numbers")
    }
    fn shard(&self, shard: u32) -> Option<Vec<u8>> {
        let leaves = self.state.credentials().shard(shard);
        (leaves.len() as u64 == SHARD_LEAVES).then(|| elements(leaves))
    }
    fn shard_tile(&self, shard: u32, tile: &Numbered) -> Option<Vec<u8>> {
        let first = at(tile.index * TILE_WIDTH);
        Some(elements(self.state.credentials().shard(shard).get(first..first + tile.width.get())?))
    }
    fn changes(&self, from: u64, to: u64) -> Vec<u8> {
        let between = self.changes.iter().filter(|(covered, _)| (from + 1..=to).contains(covered));
        let newest: BTreeMap<u64, [u8; 32]> =
            between.map(|(_, change)| (change.position.get(), field::to_bytes(&change.leaf))).collect();
        changes::encode(newest)
    }
}

impl Source for MemoryLog {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        let path = resource.to_string();
        self.requests.lock().expect("no test panics while it holds the lock").push(path.clone());
        let body = self.answer(resource).ok_or_else(|| FetchError::NotFound(path.clone()))?;
        if body.len() as u64 > limit { Err(FetchError::TooLarge(path)) } else { Ok(body) }
    }
}

fn elements(elements: &[Fr]) -> Vec<u8> {
    elements.iter().flat_map(field::to_bytes).collect()
}

fn at(index: u64) -> usize {
    usize::try_from(index).expect("tests run where an address has 64 bits")
}
