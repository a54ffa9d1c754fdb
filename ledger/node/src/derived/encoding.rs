//! `derived/state`: a magic line, a JSON header after its length (4 bytes big endian), removed leaves (position, 8 bytes big
//! endian; status, 1 byte), roots of tiles (32 bytes each), and SHA-256 of all that.

use circuits::Fr;
use circuits::credential::DepartmentId;
use circuits::field;
use circuits::tree::Position;
use ledger::credentials::LeafStatus;
use ledger::digest::Digest;
use ledger::state::{BulkLimiter, State};
use serde::{Deserialize, Serialize};

use super::DerivedCache;
use crate::tiles::ELEMENT;

/// A decoded file. All that is known of it is that it is as it was written.
pub(super) struct Saved {
    pub(super) header: Header,
    pub(super) removed: Vec<(Position, LeafStatus)>,
    pub(super) tiles: Vec<Fr>,
}

/// The small part.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// Entries, the last one a state root.
    pub(super) size: u64,
    pub(super) leaves: u64,
    pub(super) registry: Vec<u64>,
    pub(super) registry_bytes: u64,
    pub(super) roots: Vec<u64>,
    pub(super) owners: Vec<(u64, DepartmentId)>,
    pub(super) withdrawals: BulkLimiter,
    /// Number of removed leaves.
    removed: usize,
    pub(super) shards: Vec<Digest>,
}

pub(super) fn encode(derived: &DerivedCache, state: &State) -> Vec<u8> {
    let tree = state.credentials();
    let removed = tree.removed();
    let header = Header {
        size: state.size(),
        leaves: tree.len(),
        registry: derived.registry.clone(),
        registry_bytes: derived.registry_bytes,
        roots: derived.roots(),
        owners: tree.owners().to_vec(),
        withdrawals: state.withdrawals().clone(),
        removed: removed.len(),
        shards: derived.digests(tree.len()),
    };
    let header = serde_json::to_vec(&header).expect("numbers, names and digests have a JSON form");
    let length = u32::try_from(header.len()).expect("indices of a log of any practical size");
    let mut bytes = [MAGIC, &length.to_be_bytes(), &header].concat();
    for (position, status) in removed {
        bytes.extend(position.get().to_be_bytes());
        bytes.push(byte_of(status));
    }
    bytes.extend(tree.tiles().iter().flat_map(field::to_bytes));
    bytes.extend(Digest::of(&bytes).as_bytes());
    bytes
}

/// `None` unless every byte is as it was written.
pub(super) fn decode(bytes: &[u8]) -> Option<Saved> {
    let (content, checksum) = bytes.split_last_chunk::<{ Digest::LENGTH }>()?;
    if Digest::of(content).as_bytes() != checksum {
        return None;
    }
    let (length, rest) = content.strip_prefix(MAGIC)?.split_first_chunk()?;
    let (header, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let header: Header = serde_json::from_slice(header).ok()?;
    let (removed, tiles) = rest.split_at_checked(header.removed.checked_mul(REMOVED)?)?;
    let removed = removed.chunks_exact(REMOVED).map(removal).collect::<Option<_>>()?;
    let tiles = tiles.as_chunks::<ELEMENT>().0.iter().map(|tile| field::from_bytes(tile).ok());
    Some(Saved { header, removed, tiles: tiles.collect::<Option<_>>()? })
}

/// Entries of the log that an undamaged file is about.
pub(crate) fn size_of(bytes: &[u8]) -> Option<u64> {
    decode(bytes).map(|saved| saved.header.size)
}

fn removal(bytes: &[u8]) -> Option<(Position, LeafStatus)> {
    let (position, status) = bytes.split_first_chunk()?;
    let status = match status {
        [SUSPENDED] => LeafStatus::Suspended,
        [REVOKED] => LeafStatus::Revoked,
        _ => return None,
    };
    Some((u64::from_be_bytes(*position).try_into().ok()?, status))
}

fn byte_of(status: LeafStatus) -> u8 {
    if status == LeafStatus::Suspended { SUSPENDED } else { REVOKED }
}

const MAGIC: &[u8] = b"yong/derived/v2\n";
/// Bytes of a removed leaf.
const REMOVED: usize = 9;
const SUSPENDED: u8 = 1;
const REVOKED: u8 = 2;
