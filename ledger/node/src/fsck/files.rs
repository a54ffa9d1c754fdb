//! Files against what the entries derive.

use ledger::credentials::{CredentialTree, SHARD_LEAVES};

use super::{Stop, differs};
use crate::derived::{committed, leaves_file};
use crate::storage::Storage;

/// A file has exactly these bytes.
pub(super) fn same(storage: &dyn Storage, path: String, expected: &[u8]) -> Result<(), Stop> {
    match storage.read(&path)? {
        None => differs(path, "is missing"),
        Some(bytes) => compare(path, &bytes, expected),
    }
}

/// Every shard of leaves as they were committed.
pub(super) fn leaves(storage: &dyn Storage, tree: &CredentialTree) -> Result<(), Stop> {
    let shards = tree.len().div_ceil(SHARD_LEAVES);
    (0..shards).try_for_each(|shard| {
        let end = ((shard + 1) * SHARD_LEAVES).min(tree.len());
        same(storage, leaves_file(shard), &committed(tree, shard * SHARD_LEAVES, end))
    })
}

fn compare(path: String, bytes: &[u8], expected: &[u8]) -> Result<(), Stop> {
    if bytes == expected {
        return Ok(());
    }
    if bytes.len() != expected.len() {
        let why = format!("has {} bytes, the entries derive {}", bytes.len(), expected.len());
        return differs(path, why);
    }
    let at = bytes.iter().zip(expected).take_while(|(left, right)| left == right).count();
    differs(path, format!("byte {at} is not what the entries derive"))
}
