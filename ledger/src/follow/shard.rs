//! Keeps a shard of the credential tree, so that a wallet can make paths without asking for a leaf.

mod fetch;
mod sync;

use circuits::Fr;
use circuits::tree::{DEPTH, Path, Position};
use serde::{Deserialize, Serialize};

#[cfg(any(test, feature = "test-support"))]
pub(crate) use self::sync::sync_shards_with;
pub use self::sync::{reach_hour, sync_shards};
use super::{FollowError, Follower};
use crate::credentials::{Levels, SHARD_HEIGHT, SHARD_LEAVES, cap_levels};
use crate::record::StateRoot;
use crate::source::Source;

/// Keeps one shard of the credential tree, so that the wallet can make paths without asking for a leaf.
///
/// Its `serde` form is its whole state. It is public data, and trusted no further than its own hashes.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "super::saved::SavedShard", into = "super::saved::SavedShard")]
pub struct ShardFollower {
    pub(super) shard: u32,
    /// When the shard was as it is here. `None` before the first sync.
    pub(super) moment: Option<Moment>,
    /// From the leaves to the shard's root.
    pub(super) leaves: Levels,
    /// From all shards' roots to the credential root.
    pub(super) cap: Levels,
}

/// A state root that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// Its `entries`.
    pub(super) entries: u64,
    /// The credential root.
    pub(super) root: Fr,
}

impl ShardFollower {
    /// For the shard that holds a position.
    pub fn of(position: Position) -> Self {
        Self::new(shard_of(position))
    }
    /// Which shard.
    pub fn shard(&self) -> u32 {
        self.shard
    }
    /// Catches up with the newest root at `now` (unix seconds), syncing `follower` too, and again a bounded number of times if
    /// the log moves on. See [`sync_shards`] for several.
    pub fn sync<S: Source + ?Sized>(
        &mut self,
        source: &S,
        follower: &mut Follower,
        now: u64,
    ) -> Result<(), FollowError> {
        sync_shards(source, follower, std::slice::from_mut(self), now)
    }
    /// The credential root that paths lead to: the follower's newest at the last sync. `None` before the first.
    pub fn root(&self) -> Option<&Fr> {
        self.moment.as_ref().map(|moment| &moment.root)
    }
    /// The path of a leaf of this shard to [`Self::root`]; `None` for other shards' leaves and where there is no leaf.
    pub fn path(&self, position: Position) -> Option<Path> {
        self.leaf(position)?;
        let within = self.leaves.siblings(offset(position));
        let mut siblings = within.chain(self.cap.siblings(self.shard as usize));
        let siblings =
            std::array::from_fn(|_| siblings.next().expect("8 levels below a shard's root, 8 above"));
        Some(Path { position, siblings })
    }
    /// A leaf of this shard: 0 if the credential is suspended or revoked.
    pub fn leaf(&self, position: Position) -> Option<&Fr> {
        let here = shard_of(position) == self.shard && self.moment.is_some();
        here.then(|| self.leaves.row(0).get(offset(position))).flatten()
    }

    pub(super) fn new(shard: u32) -> Self {
        let leaves = Levels::new(0, SHARD_HEIGHT);
        let cap = Levels::new(SHARD_HEIGHT, DEPTH);
        Self { shard, moment: None, leaves, cap }
    }
    /// Whether this is the shard as it was at a state root.
    pub(super) fn is_at(&self, root: &StateRoot) -> bool {
        let there = Moment { entries: root.entries, root: root.root.0 };
        self.moment.as_ref() == Some(&there) && self.is_whole()
    }
    /// Whether the leaves lead to the shard's root, and the shard roots to the credential root.
    pub(super) fn is_whole(&self) -> bool {
        let Some(moment) = &self.moment else { return self.leaves.len() == 0 && self.cap.len() == 0 };
        self.fits_cap() && self.cap.root() == moment.root
    }
    /// Whether the leaves lead to this shard's root in the cap; an empty shard has none there.
    fn fits_cap(&self) -> bool {
        match self.cap.row(0).get(self.shard as usize) {
            Some(root) => *root == self.leaves.root(),
            None => self.leaves.len() == 0,
        }
    }
}

/// The nodes above the shards at a state root, if these are the roots of all its shards.
pub(super) fn cap_at(cap: &[Fr], root: &StateRoot) -> Option<Levels> {
    let whole = cap.len() as u64 == root.leaves.div_ceil(SHARD_LEAVES);
    cap_levels(cap).filter(|cap| whole && cap.root() == root.root.0)
}

pub(super) fn shard_of(position: Position) -> u32 {
    (position.get() / SHARD_LEAVES) as u32
}

/// Place within the shard.
fn offset(position: Position) -> usize {
    (position.get() % SHARD_LEAVES) as usize
}
