//! What a node does here: bulk and single commitments, a revocation, reads, start-up, fsck; on a data directory of its own.
//!
//! Everything runs in this process, the clients too, so that they share its processors and its memory with the node.

mod bulk;
mod load;
mod served;
mod supply;

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rand::RngCore as _;
use rand::rngs::OsRng;
use serde::Serialize;
use tempfile::TempDir;

use self::served::Served;
use self::supply::Supply;
use crate::config::Config;
use crate::fsck::{FsckError, fsck};
use crate::init::{GenesisParameters, InitError, init};
use crate::node::{Node, OpenError};

/// What `ledger bench --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Leaves a second, from request bodies of `credential.commit` records with 1,024 commitments each to the
    /// acknowledgement.
    pub bulk_leaves_per_s: f64,
    /// Leaves of the tree when the other numbers were taken.
    pub leaves: u64,
    /// Most memory that the process had resident before `fsck` ran in it, in megabytes of 10^6 bytes; `null` where the
    /// system does not tell it.
    pub rss_mb: Option<f64>,
    /// Seconds to open the data directory after an orderly end.
    pub startup_s: f64,
    /// Records of one commitment a second over HTTP, from 32 clients that each wait for the answer.
    pub single_per_s: f64,
    /// The time that 99 of 100 of them took at most, milliseconds.
    pub single_p99_ms: f64,
    /// The longest of several revocations over HTTP, from the request until the new checkpoint was fetched, milliseconds.
    pub revoke_to_root_ms: f64,
    /// Tiles of hashes and tiles of shards a second over HTTP.
    pub reads_per_s: f64,
    /// Seconds of `fsck`, for a million leaves.
    pub fsck_s_per_million: f64,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// No folder for the data.
    #[error("the folder for the data: {0}")]
    Io(#[from] io::Error),
    /// The data directory cannot be made.
    #[error(transparent)]
    Init(#[from] InitError),
    /// The node does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The node did not accept what it must accept.
    #[error("the node did not answer as it should: {0}")]
    Node(String),
    /// fsck could not look.
    #[error(transparent)]
    Fsck(#[from] FsckError),
    /// fsck found something.
    #[error("fsck found a difference: {0}")]
    Damaged(String),
}

/// Measures a node with at least `leaves` leaves in a new folder below `folder`, which is removed afterwards. `tick` is told
/// what is being done.
pub fn run(folder: &Path, leaves: u64, tick: impl Fn(&str)) -> Result<Report, BenchError> {
    let (data, supply) = found(folder)?;
    let config = Config::new(data.path().join("data"));
    tick("committing in bulk");
    let node = Node::open(&config)?;
    let bulk_leaves_per_s = bulk::commit(&node, &supply, leaves)?;
    drop(node);
    tick("starting again");
    let (node, startup) = timed(|| Node::open(&config))?;
    let leaves = node.status().leaves;
    let served = Served::start(node)?;
    tick("single records");
    let single = load::singles(&served, &supply)?;
    tick("revoking");
    let revoke = load::revoke(&served, &supply, leaves)?;
    tick("reading");
    let reads_per_s = load::reads(&served)?;
    let rss_mb = peak_rss_mb();
    drop(served);
    tick("fsck");
    let (report, took) = timed(|| fsck(&config.data, &mut |_, _| {}))?;
    if let Some(difference) = report.difference {
        return Err(BenchError::Damaged(format!("{}: {}", difference.what, difference.why)));
    }
    Ok(Report {
        bulk_leaves_per_s: rounded(bulk_leaves_per_s, 0),
        leaves,
        rss_mb,
        startup_s: rounded(startup.as_secs_f64(), 3),
        single_per_s: rounded(single.per_s, 0),
        single_p99_ms: rounded(milliseconds(single.p99), 2),
        revoke_to_root_ms: rounded(milliseconds(revoke), 2),
        reads_per_s: rounded(reads_per_s, 0),
        fsck_s_per_million: rounded(took.as_secs_f64() * 1e6 / report.leaves as f64, 3),
    })
}

/// A data directory with one department, which owns one schema.
fn found(folder: &Path) -> Result<(TempDir, Supply), BenchError> {
    let data = tempfile::Builder::new().prefix("ledger-bench-").tempdir_in(folder)?;
    let mut seed = [0; 32];
    OsRng.fill_bytes(&mut seed);
    let log_key = ledger::key::DepartmentKey::from_seed(&seed);
    let supply = Supply::new();
    let parameters = GenesisParameters::new(supply::origin(), vec![supply.department()], 1);
    init(&data.path().join("data"), parameters, &log_key)?;
    Ok((data, supply))
}

fn timed<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<(T, Duration), E> {
    let start = Instant::now();
    let value = work()?;
    Ok((value, start.elapsed()))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn rounded(x: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (x * scale).round() / scale
}

/// The high-water mark of resident memory that Linux keeps for a process.
fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(rounded(kib * 1024.0 / 1e6, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_node_is_measured_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let report = run(folder.path(), 1, |_| {}).unwrap();
        assert!(report.leaves >= 1024);
        let keys = serde_json::to_value(&report).unwrap();
        let keys: Vec<_> = keys.as_object().unwrap().keys().cloned().collect();
        let expected = [
            "bulk_leaves_per_s",
            "fsck_s_per_million",
            "leaves",
            "reads_per_s",
            "revoke_to_root_ms",
            "rss_mb",
            "single_p99_ms",
            "single_per_s",
            "startup_s",
        ];
        assert_eq!(keys, expected);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the folder is removed");
    }
}
