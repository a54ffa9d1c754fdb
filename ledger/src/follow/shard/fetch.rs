//! Caps, leaves and changes as a node serves them, bounded and decoded. Whether they are true, roots tell.

use circuits::Fr;

use super::super::saved::elements;
use super::super::{DamagedCopy, FollowError};
use crate::credentials::{LeafChange, MAX_SHARDS, SHARD_LEAVES};
use crate::resource::Resource;
use crate::resource::changes::{MAX_CHANGE, decode};
use crate::source::{FetchError, Source};
use crate::tile::{Numbered, TILE_WIDTH, TileWidth};

/// The roots of all shards.
pub(super) fn cap<S: Source + ?Sized>(source: &S) -> Result<Vec<Fr>, FollowError> {
    get(source, &Resource::Cap, MAX_SHARDS * ELEMENT)
}

/// The leaves of a shard of `count` leaves, from the beginning of the tile that holds leaf `known`; with that
/// beginning. Leaves are as they are now, which may be after the state root that `count` is of.
pub(super) fn leaves<S: Source + ?Sized>(
    source: &S,
    shard: u32,
    known: u64,
    count: u64,
) -> Result<(u64, Vec<Fr>), FollowError> {
    if known == 0 && count == SHARD_LEAVES {
        return exactly(source, &Resource::Shard(shard), SHARD_LEAVES).map(|leaves| (0, leaves));
    }
    let first = known / TILE_WIDTH;
    let mut leaves = Vec::new();
    for index in first..count.div_ceil(TILE_WIDTH) {
        let width = TileWidth::at(index, count).expect("the range ends where tiles would be empty");
        let tile = Resource::ShardTile(shard, Numbered { index, width });
        leaves.extend(exactly(source, &tile, width.get() as u64)?);
    }
    Ok((first * TILE_WIDTH, leaves))
}

/// Leaves removed or restored between two state roots, in order. `None` if there are more than are served.
pub(super) fn changes<S: Source + ?Sized>(
    source: &S,
    from: u64,
    to: u64,
) -> Result<Option<Vec<LeafChange>>, FollowError> {
    let resource = Resource::Changes { from, to };
    let bytes = match source.get(&resource, MAX_CHANGES * MAX_CHANGE) {
        Err(FetchError::TooLarge(_)) => return Ok(None),
        bytes => bytes?,
    };
    decode(&bytes).map(Some).ok_or_else(|| malformed(&resource))
}

fn exactly<S: Source + ?Sized>(source: &S, what: &Resource, count: u64) -> Result<Vec<Fr>, FollowError> {
    let elements = get(source, what, count * ELEMENT)?;
    if elements.len() as u64 == count { Ok(elements) } else { Err(malformed(what)) }
}

fn get<S: Source + ?Sized>(source: &S, what: &Resource, limit: u64) -> Result<Vec<Fr>, FollowError> {
    let bytes = source.get(what, limit).map_err(FollowError::bounded)?;
    elements(&bytes).ok_or_else(|| malformed(what))
}

fn malformed(what: &Resource) -> FollowError {
    DamagedCopy::Malformed(what.to_string()).into()
}

/// Bytes of an element.
const ELEMENT: u64 = 32;
/// Changes accepted in one answer; with more, the shard is fetched anew.
const MAX_CHANGES: u64 = 1 << 20;
