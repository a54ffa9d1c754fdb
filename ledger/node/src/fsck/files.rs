//! Files against what the entries derive.

use ledger::credentials::CredentialTree;
use ledger::tile::TILE_WIDTH;

use super::{Stop, differs};
use crate::engine::{cap_file, elements, leaf_tile};
use crate::storage::Storage;

/// A file has exactly these bytes.
pub(super) fn same(storage: &dyn Storage, path: String, expected: &[u8]) -> Result<(), Stop> {
    match storage.read(&path)? {
        None => differs(path, "is missing"),
        Some(bytes) if bytes == expected => Ok(()),
        Some(bytes) if bytes.len() != expected.len() => {
            let why = format!("has {} bytes, the entries derive {}", bytes.len(), expected.len());
            differs(path, why)
        }
        Some(bytes) => {
            let at = bytes.iter().zip(expected).take_while(|(left, right)| left == right).count();
            differs(path, format!("byte {at} is not what the entries derive"))
        }
    }
}

/// Every tile of leaves, and the cap.
pub(super) fn credentials(storage: &dyn Storage, tree: &CredentialTree) -> Result<(), Stop> {
    for index in 0..tree.len().div_ceil(TILE_WIDTH) {
        if let Some((path, bytes)) = leaf_tile(tree, index) {
            same(storage, path, &bytes)?;
        }
    }
    if tree.is_empty() { Ok(()) } else { same(storage, cap_file(), &elements(tree.cap())) }
}
