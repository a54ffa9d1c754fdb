//! Roots on a grid of time: the newest state root that was stated before the last full hour.
//!
//! Whoever shows a credential shows the root that it is proved against. The newest root differs with the moment of the
//! last sync, so it tells two counters that compare notes which presentations are of one wallet. The root of the hour is the
//! same for everybody who was there before and after it.

use circuits::Fr;
use circuits::field::Element;
use circuits::tree::{Path, Position};
use serde::{Deserialize, Serialize};

use super::log::{Log, NamedBy};
use super::saved::elements;
use super::shard::{ShardFollower, cap_at, shard_of};
use super::{DamagedCopy, FollowError, Follower};
use crate::credentials::{Levels, MAX_SHARDS};
use crate::record::StateRoot;
use crate::resource::{HOUR_S, Resource};
use crate::source::{FetchError, Source};

/// The newest state root that was stated before a full hour, with the roots of all shards at that time.
pub struct HourRoot {
    pub(super) root: StateRoot,
    pub(super) cap: Levels,
    hour: u64,
}

/// Paths to the root of an hour. Its `serde` form is its whole state; it is public data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HourPaths {
    /// Hours since 1970.
    hour: u64,
    root: Option<Stated>,
    paths: Vec<Path>,
}

/// A credential root and when it was stated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    root: Element,
    /// Unix seconds, by the log's clock.
    time: u64,
}

impl Follower {
    /// Which full hour the newest root is in, in hours since 1970; `None` before the first.
    pub fn hour(&self) -> Option<u64> {
        self.newest().map(|newest| newest.time / HOUR_S)
    }
    /// Fetches the root before a full hour, and proves that it is in the log. `None` if the node does not keep it, or has
    /// stated nothing shortly before. Whether a newer one was stated in the last minutes before the hour is the node's word:
    /// it can choose among a few roots that really were, and among no others.
    pub fn hour_root<S: Source + ?Sized>(
        &self,
        source: &S,
        hour: u64,
    ) -> Result<Option<HourRoot>, FollowError> {
        let Some(seen) = self.checkpoint() else { return Ok(None) };
        let resource = Resource::Hour(hour);
        let body = match source.get(&resource, INDEX as u64 + MAX_SHARDS * 32) {
            Err(FetchError::NotFound(_)) => return Ok(None),
            body => body.map_err(FollowError::bounded)?,
        };
        let malformed = || FollowError::from(DamagedCopy::Malformed(resource.to_string()));
        let (entries, cap) = body.split_first_chunk::<INDEX>().ok_or_else(malformed)?;
        let cap = elements(cap).ok_or_else(malformed)?;
        let entries = u64::from_be_bytes(*entries);
        if entries >= seen.size {
            return Ok(None);
        }
        let log = Log::at(source, seen.clone(), (*self.tiles).clone());
        let root = log.state_root(entries, self.registry(), NamedBy::Index)?;
        let full = hour.saturating_mul(HOUR_S);
        if !(full.saturating_sub(SHORTLY_S)..full).contains(&root.time) {
            return Ok(None);
        }
        let cap = cap_at(&cap, &root).ok_or(DamagedCopy::Cap)?;
        Ok(Some(HourRoot { root, cap, hour }))
    }
}

impl HourPaths {
    /// No paths, because there is no root of this hour.
    pub fn none(hour: u64) -> Self {
        Self { hour, root: None, paths: Vec::new() }
    }
    /// The paths of these positions, as far as `shards` are at the root of the hour now.
    pub fn collect(
        at: &HourRoot,
        shards: &[ShardFollower],
        positions: impl IntoIterator<Item = Position>,
    ) -> Self {
        let path = |position| {
            let shard = shards.iter().find(|shard| shard.shard() == shard_of(position))?;
            if shard.is_at(&at.root) { shard.path(position) } else { None }
        };
        let paths = positions.into_iter().filter_map(path).collect();
        Self { hour: at.hour, root: Some(Stated { root: at.root.root, time: at.root.time }), paths }
    }
    /// Which hour, in hours since 1970.
    pub fn hour(&self) -> u64 {
        self.hour
    }
    /// When its root was stated, unix seconds; `None` if there is none.
    pub fn stated_at(&self) -> Option<u64> {
        self.root.as_ref().map(|stated| stated.time)
    }
    /// The path of a leaf, with the root that it leads to; `None` if the leaf was not there then.
    pub fn path(&self, position: Position, leaf: &Fr) -> Option<(Path, Fr)> {
        let root = self.root.as_ref()?.root.0;
        let path = self.paths.iter().find(|path| path.position == position)?;
        (path.root(leaf) == root).then(|| (path.clone(), root))
    }
}

/// Bytes of an entry's index before the roots.
const INDEX: usize = 8;
/// Seconds before a full hour within which an honest ledger states a root, with room for a pause.
const SHORTLY_S: u64 = 900;
