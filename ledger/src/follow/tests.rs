//! A follower against honest and lying ledgers. Every lie is told alone.

mod cost;
mod fresh;
mod honest;
mod hours;
mod lies;
mod shards;

use std::cell::RefCell;

use super::*;
use crate::genesis::Genesis;
use crate::record::{Entry, Record, Signer, StateRoot};
use crate::resource::Resource;
use crate::samples::{self, MemoryLog, insecure_key, sign};
use crate::source::{FetchError, Source};

/// A time after everything that these tests state, and not long after it, unix seconds.
const NOW: u64 = 600;

fn genesis() -> Genesis {
    samples::genesis(&["police", "tax"], 1)
}

/// A log with one schema, by `police`, closed at second 100.
fn log() -> MemoryLog {
    let mut log = MemoryLog::new(genesis());
    log.submit(&[sign(samples::schema("identity/1"), "police")], 100).unwrap();
    log
}

/// Commits `count` leaves, numbered from `first`, and closes at `time`.
fn commit(log: &mut MemoryLog, first: u64, count: u64, time: u64) {
    let numbers: Vec<u64> = (first..first + count).collect();
    let record = |part: &[u64]| {
        let id = format!("commit/{}", part[0]);
        sign(samples::commit(&id, "identity/1", part.iter().copied()), "police")
    };
    let entries: Vec<Entry> = numbers.chunks(1024).map(record).collect();
    log.submit(&entries, time).unwrap();
}

/// `revoke`, `suspend` or `restore`, closed at `time`.
fn change(log: &mut MemoryLog, position: u64, act: &str, time: u64) {
    let record = samples::status(&format!("{act}/{position}/{time}"), position, act);
    log.submit(&[sign(record, "police")], time).unwrap();
}

fn synced(log: &MemoryLog) -> Follower {
    let mut follower = Follower::new(genesis());
    follower.sync(log, NOW).unwrap();
    follower
}

/// A state root signed by `key`.
fn signed_root(root: StateRoot, key: &str) -> Entry {
    let signer = Signer::Log(genesis().origin().clone());
    Entry::sign(genesis().origin(), Record::Root(root), signer, &insecure_key(key)).unwrap()
}

/// What a log says about one resource, replaced by `lie`; `None` stands for silence.
struct Liar<'l, F> {
    log: &'l MemoryLog,
    lie: F,
}

impl<F: Fn(&Resource, Vec<u8>) -> Option<Vec<u8>>> Source for Liar<'_, F> {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        let truth = self.log.get(resource, limit)?;
        (self.lie)(resource, truth).ok_or_else(|| FetchError::Unreachable("silence".to_owned()))
    }
}

/// A log to which something happens just before a resource is read.
struct Moving<F> {
    log: RefCell<MemoryLog>,
    before: F,
}

impl<F: Fn(&Resource, &mut MemoryLog)> Source for Moving<F> {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        (self.before)(resource, &mut self.log.borrow_mut());
        self.log.borrow().get(resource, limit)
    }
}
