//! From one state root to the newest.
//!
//! A node serves leaves as they are now, while the cap and the follower's state root are each of some moment. So a
//! first try may mix moments. That heals: a change names the value that a leaf has from then on, so leaves of any moment
//! since state root E, with all changes from E to F made on them, are the leaves of F.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use circuits::Fr;

use super::super::{DamagedCopy, FollowError, Follower, HourRoot};
use super::{Moment, ShardFollower, cap_at, fetch, offset, shard_of};
use crate::credentials::{LeafChange, Levels, SHARD_HEIGHT, SHARD_LEAVES};
use crate::record::StateRoot;
use crate::source::Source;

/// Brings several shards to one and the same root, the newest at `now` (unix seconds). On an error every shard is as before,
/// and the follower may be further.
pub fn sync_shards<S: Source + ?Sized>(
    source: &S,
    follower: &mut Follower,
    shards: &mut [ShardFollower],
    now: u64,
) -> Result<(), FollowError> {
    sync_shards_with(source, follower, shards, now, std::thread::sleep)
}

/// Brings shards that are not beyond it to the root before an hour, on the way to the newest. One that lost a leaf since
/// which it has only now heard of does not fit then; the next [`sync_shards`] mends that.
pub fn reach_hour<S: Source + ?Sized>(
    source: &S,
    hour: &HourRoot,
    shards: &mut [ShardFollower],
) -> Result<(), FollowError> {
    let mut changes = HashMap::new();
    for shard in shards {
        if shard.moment.is_none_or(|moment| moment.entries <= hour.root.entries) {
            shard.advance(source, &hour.root, &hour.cap, &mut changes)?;
        }
    }
    Ok(())
}

/// [`sync_shards`] with a way to wait for a node that is publishing just now.
pub(crate) fn sync_shards_with<S: Source + ?Sized>(
    source: &S,
    follower: &mut Follower,
    shards: &mut [ShardFollower],
    now: u64,
    wait: impl Fn(Duration),
) -> Result<(), FollowError> {
    let mut next = shards.to_vec();
    let mut result = Err(FollowError::MovedOn);
    for attempt in 0..ATTEMPTS {
        wait(PAUSE * attempt.saturating_sub(1));
        let before = follower.newest().map(|newest| newest.entries);
        follower.sync(source, now)?;
        let Some(target) = follower.newest() else { return Ok(()) };
        result = advance(source, target, &mut next)?.map_err(Into::into);
        if result.is_ok() {
            shards.clone_from_slice(&next);
            return Ok(());
        }
        if before != Some(target.entries) {
            // The log moves: what does not fit may be of another moment.
            result = Err(FollowError::MovedOn);
        }
    }
    result
}

/// One try to reach `target`. The inner error is what does not fit: damage, or a mix of moments.
fn advance<S: Source + ?Sized>(
    source: &S,
    target: &StateRoot,
    shards: &mut [ShardFollower],
) -> Result<Result<(), DamagedCopy>, FollowError> {
    let Some(cap) = cap_at(&fetch::cap(source)?, target) else { return Ok(Err(DamagedCopy::Cap)) };
    let mut changes = HashMap::new();
    for shard in shards.iter_mut() {
        shard.advance(source, target, &cap, &mut changes)?;
    }
    let bad = shards.iter().find(|shard| !shard.fits_cap());
    Ok(bad.map_or(Ok(()), |shard| Err(DamagedCopy::Shard(shard.shard))))
}

/// Changes already fetched, by the state root that they begin at.
type Fetched = HashMap<u64, Option<Vec<LeafChange>>>;

impl ShardFollower {
    fn advance<S: Source + ?Sized>(
        &mut self,
        source: &S,
        target: &StateRoot,
        cap: &Levels,
        fetched: &mut Fetched,
    ) -> Result<(), FollowError> {
        let mut changes = Vec::new();
        if let Some(from) = self.moment.map(|moment| moment.entries).filter(|from| *from != target.entries) {
            match changes_since(source, from, target, fetched)? {
                Some(found) => changes.clone_from(found),
                None => *self = Self::new(self.shard),
            }
        }
        self.append(source, target.leaves)?;
        self.change(&changes);
        self.cap = cap.clone();
        self.moment = Some(Moment { entries: target.entries, root: target.root.0 });
        Ok(())
    }
    /// Fetches the leaves that the shard has at `total` leaves of the tree, and that are not here yet.
    fn append<S: Source + ?Sized>(&mut self, source: &S, total: u64) -> Result<(), FollowError> {
        let start = u64::from(self.shard) * SHARD_LEAVES;
        let count = total.saturating_sub(start).min(SHARD_LEAVES);
        let known = self.leaves.len() as u64;
        if count > known {
            let (first, leaves) = fetch::leaves(source, self.shard, known, count)?;
            self.splice(first as usize, &leaves);
        }
        Ok(())
    }
    /// Puts leaves from place `first` on, some of which may be here already.
    fn splice(&mut self, first: usize, leaves: &[Fr]) {
        let (known, fresh) = leaves.split_at_checked(self.leaves.len() - first).unwrap_or((leaves, &[]));
        let here = self.leaves.row(0).iter().skip(first);
        let differ = (first..).zip(known.iter().zip(here)).filter(|(_, (new, old))| new != old);
        let changed: Vec<(usize, Fr)> = differ.map(|(place, (new, _))| (place, *new)).collect();
        self.leaves.update(fresh, changed);
    }
    fn change(&mut self, changes: &[LeafChange]) {
        let shard = self.shard;
        let count = self.leaves.len();
        let here = changes.iter().filter(|change| shard_of(change.position) == shard);
        let places = here.map(|change| (offset(change.position), change.leaf));
        self.leaves.update(&[], places.filter(|(place, _)| *place < count));
    }
}

fn changes_since<'f, S: Source + ?Sized>(
    source: &S,
    from: u64,
    target: &StateRoot,
    fetched: &'f mut Fetched,
) -> Result<Option<&'f Vec<LeafChange>>, FollowError> {
    let to = target.entries;
    if from > to {
        return Err(FollowError::Lags { seen: from, shown: to });
    }
    let changes = match fetched.entry(from) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(unknown) => unknown.insert(fetch::changes(source, from, to)?),
    };
    Ok(changes.as_ref())
}

// The leaves of a shard end at its root.
const _: () = assert!(SHARD_LEAVES == 1 << (2 * SHARD_HEIGHT));
/// Tries to find the log at rest.
const ATTEMPTS: u32 = 6;
/// Before the third try and, longer each time, before those after it: a node may be between writing its tiles and
/// publishing the checkpoint.
const PAUSE: Duration = Duration::from_millis(50);
