//! Commitments in bulk: several submissions at once, each as large as it may be.

use std::time::{Duration, Instant};

use ledger::record::encode_batch;

use super::BenchError;
use super::supply::Supply;
use crate::node::Node;

/// Commits until there are `leaves` leaves; gives leaves a second. Making and signing the entries is not counted.
pub(super) fn commit(node: &Node, supply: &Supply, leaves: u64) -> Result<f64, BenchError> {
    submit(node, &encode_batch(&[supply.schema()]))?;
    let mut took = Duration::ZERO;
    let mut committed = 0;
    while committed < leaves {
        let missing = (leaves - committed).div_ceil(LEAVES).min(AT_ONCE);
        let bodies: Vec<Vec<u8>> = (0..missing).map(|_| encode_batch(&supply.full(ENTRIES))).collect();
        let start = Instant::now();
        all(node, &bodies)?;
        took += start.elapsed();
        committed = node.status().leaves;
    }
    Ok(committed as f64 / took.as_secs_f64())
}

/// Every body by a client of its own.
fn all(node: &Node, bodies: &[Vec<u8>]) -> Result<(), BenchError> {
    std::thread::scope(|scope| {
        let clients: Vec<_> = bodies.iter().map(|body| scope.spawn(move || submit(node, body))).collect();
        clients.into_iter().try_for_each(|client| client.join().unwrap_or_else(|_| Err(lost("a client"))))
    })
}

/// What the HTTP handler does with a body.
fn submit(node: &Node, body: &[u8]) -> Result<(), BenchError> {
    let entries = node.read_submission(body).map_err(|(_, error)| BenchError::Node(error.to_string()))?;
    let answer = node.submit(entries).map_err(|error| BenchError::Node(error.to_string()))?;
    let answer = answer.blocking_recv().map_err(|_| lost("the node"))?;
    answer.map(|_| ()).map_err(|refused| BenchError::Node(refused.to_string()))
}

fn lost(who: &str) -> BenchError {
    BenchError::Node(format!("{who} ended"))
}

/// Entries of a submission: 8 MB of them.
const ENTRIES: usize = 170;
/// Leaves of a submission.
const LEAVES: u64 = 170 * 1024;
/// Submissions under way at a time.
const AT_ONCE: u64 = 4;
