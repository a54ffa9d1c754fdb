//! What a wallet's daily sync costs in bytes: a log in memory, a wallet that was there yesterday, a day's changes, and a root
//! that is stated every four minutes.
//!
//! ```console
//! cargo run -p yong-ledger --features test-support --example daily_sync -- 1000000 10000
//! ```
//!
//! The arguments are leaves and changes a day. It prints one line of JSON.

use std::cell::RefCell;
use std::collections::BTreeMap;

use circuits::tree::Position;
use ledger::follow::{Follower, ShardFollower, reach_hour};
use ledger::record::MAX_COMMITMENTS;
use ledger::resource::Resource;
use ledger::samples::{self, MemoryLog, commit, record, schema, sign};
use ledger::source::{FetchError, Source};
use serde_json::json;

/// Counts the bytes of paths and bodies by the kind of resource.
struct Counting<'l> {
    log: &'l MemoryLog,
    bytes: RefCell<BTreeMap<String, u64>>,
}

impl<'l> Counting<'l> {
    fn new(log: &'l MemoryLog) -> Self {
        Self { log, bytes: RefCell::default() }
    }
    fn total(&self) -> u64 {
        self.bytes.borrow().values().sum()
    }
}

impl Source for Counting<'_> {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        let body = self.log.get(resource, limit)?;
        let path = resource.to_string();
        let kind = path.trim_start_matches("/credentials").split('/').nth(1).unwrap_or_default().to_owned();
        *self.bytes.borrow_mut().entry(kind).or_default() += (path.len() + body.len()) as u64;
        Ok(body)
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().expect("a number"));
    let (leaves, changes) = (arguments.next().unwrap_or(1_000_000), arguments.next().unwrap_or(10_000));
    let mut log = MemoryLog::new(samples::genesis(&["police"], 1));
    log.submit(&[sign(schema("identity/1"), "police")], 100).expect("a schema");
    for first in (0..leaves).step_by(64 * MAX_COMMITMENTS) {
        fill(&mut log, first, leaves.min(first + 64 * MAX_COMMITMENTS as u64));
    }
    let mut follower = Follower::light(log.state().registry().genesis().clone());
    let mut shard = ShardFollower::of(Position::new(leaves / 2).expect("the tree has room"));
    let first = Counting::new(&log);
    shard.sync(&first, &mut follower, 300).expect("an honest log");
    let (begin, parts) = (first.total(), first.bytes.take());
    revoke(&mut log, leaves, changes);
    (540..DAY).step_by(240).for_each(|time| log.heartbeat(time));
    let day = Counting::new(&log);
    follower.sync(&day, DAY).expect("an honest log");
    let hour = follower.hour().expect("roots were stated");
    let root = follower.hour_root(&day, hour).expect("an honest log").expect("it keeps the newest hour");
    reach_hour(&day, &root, std::slice::from_mut(&mut shard)).expect("an honest log");
    shard.sync(&day, &mut follower, DAY).expect("an honest log");
    let answer = json!({
        "leaves": leaves, "changes": changes, "first_sync_bytes": begin, "first_sync": parts,
        "daily_sync_bytes": day.total(), "daily_sync": day.bytes.take(),
    });
    println!("{answer}");
}

/// When the wallet syncs again, unix seconds by the log's clock, which began near 0.
const DAY: u64 = 86_700;

/// Commits leaves `first..end` in one batch.
fn fill(log: &mut MemoryLog, first: u64, end: u64) {
    let part = |from: u64| {
        let numbers = from..end.min(from + MAX_COMMITMENTS as u64);
        sign(commit(&format!("c/{from}"), "identity/1", numbers), "police")
    };
    let entries: Vec<_> = (first..end).step_by(MAX_COMMITMENTS).map(part).collect();
    log.submit(&entries, 200).expect("new leaves");
}

/// Revokes leaves spread over the tree, a hundred in a record, ten records in a batch.
fn revoke(log: &mut MemoryLog, leaves: u64, changes: u64) {
    let positions: Vec<u64> = (0..changes).map(|i| i * leaves / changes + i % 7).collect();
    let act = |position: &u64| json!({"position": position, "status": "revoke", "reason": "expired"});
    let records: Vec<_> = positions
        .chunks(100)
        .enumerate()
        .map(|(nth, part)| {
            let changes: Vec<_> = part.iter().map(act).collect();
            sign(
                record(json!({"kind": "credential.status", "id": format!("r/{nth}"), "changes": changes})),
                "police",
            )
        })
        .collect();
    for batch in records.chunks(10) {
        log.submit(batch, 300).expect("leaves that are there");
    }
}
