//! Clients over HTTP.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ledger::client::Client;
use ledger::record::Entry;
use ledger::resource::Resource;
use ledger::source::Source as _;
use ledger::tile::{Numbered, TILE_WIDTH, TilePath, TileWidth};

use super::BenchError;
use super::served::Served;
use super::supply::Supply;
use crate::tiles::SHARD_TILES;

/// How single records went.
pub(super) struct Single {
    pub(super) per_s: f64,
    pub(super) p99: Duration,
}

/// Clients that each commit one leaf after the other and wait for each answer.
pub(super) fn singles(served: &Served, supply: &Supply) -> Result<Single, BenchError> {
    let entries: Vec<Vec<Entry>> =
        (0..CLIENTS).map(|_| (0..RECORDS).map(|_| supply.commit(1)).collect()).collect();
    let start = Instant::now();
    let mut times = clients(&entries, |entries| {
        let client = Client::new(served.client.base().clone());
        entries.iter().map(|entry| submit(&client, entry)).collect::<Result<Vec<_>, _>>()
    })?
    .concat();
    let took = start.elapsed();
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    Ok(Single { per_s: times.len() as f64 / took.as_secs_f64(), p99 })
}

/// The longest of several revocations of leaves all over the tree.
pub(super) fn revoke(served: &Served, supply: &Supply, leaves: u64) -> Result<Duration, BenchError> {
    let mut longest = Duration::ZERO;
    for nth in 0..REVOCATIONS {
        let entry = supply.revoke(leaves * nth / REVOCATIONS);
        let start = Instant::now();
        submit(&served.client, &entry)?;
        fetch(&served.client, &Resource::Checkpoint)?;
        longest = longest.max(start.elapsed());
    }
    Ok(longest)
}

/// Full tiles of hashes and of shards in turns, as far as there are any.
pub(super) fn reads(served: &Served) -> Result<f64, BenchError> {
    let status = served.node.status();
    let next = AtomicU64::new(0);
    let start = Instant::now();
    clients(&[(); READERS], |()| {
        let client = Client::new(served.client.base().clone());
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            if nth >= READS {
                return Ok(());
            }
            fetch(&client, &tile(nth, status.size, status.leaves))?;
        }
    })?;
    Ok(READS as f64 / start.elapsed().as_secs_f64())
}

fn tile(nth: u64, size: u64, leaves: u64) -> Resource {
    // A prime, so that neighbours in time are not neighbours on disk.
    let spread = nth.wrapping_mul(7919);
    let full = TileWidth::FULL;
    if nth.is_multiple_of(2) && size >= TILE_WIDTH {
        return Resource::Tile(TilePath { level: 0, index: spread % (size / TILE_WIDTH), width: full });
    }
    let index = spread % (leaves / TILE_WIDTH).max(1);
    let shard = u32::try_from(index / SHARD_TILES).expect("the tree has 65,536 shards");
    Resource::ShardTile(shard, Numbered { index: index % SHARD_TILES, width: full })
}

fn clients<I: Sync, T: Send>(
    inputs: &[I],
    work: impl Fn(&I) -> Result<T, BenchError> + Sync,
) -> Result<Vec<T>, BenchError> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = inputs.iter().map(|input| scope.spawn(|| work(input))).collect();
        let ended = |_| Err(BenchError::Node("a client ended".into()));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(ended)).collect()
    })
}

fn submit(client: &Client, entry: &Entry) -> Result<Duration, BenchError> {
    let start = Instant::now();
    let accepted = client.submit(std::slice::from_ref(entry));
    accepted.map_err(|error| BenchError::Node(error.to_string()))?;
    Ok(start.elapsed())
}

fn fetch(client: &Client, resource: &Resource) -> Result<(), BenchError> {
    let fetched = client.get(resource, MAX_BODY);
    fetched.map(drop).map_err(|error| BenchError::Node(error.to_string()))
}

/// Clients that commit.
const CLIENTS: usize = 32;
/// Records of each.
const RECORDS: usize = 250;
/// Leaves that are revoked, one after the other.
const REVOCATIONS: u64 = 9;
/// Clients that read.
const READERS: usize = 8;
/// Tiles that they read in all.
const READS: u64 = 20_000;
/// Bytes of a tile at most.
const MAX_BODY: u64 = 1 << 16;
