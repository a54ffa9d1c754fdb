//! The light client: follows a log and believes nothing that is not proved.

use circuits::Fr;
use circuits::tree::{Path, Position};
use serde::{Deserialize, Serialize};

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::genesis::Genesis;
use crate::record::StateRoot;
use crate::registry::Registry;
use crate::source::{FetchError, Source};

/// Why following failed, by whose fault it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// Nothing is known to be wrong: the network, or the node, did not answer. Try again later.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The log moved on while it was read, several times. Try again later.
    #[error("the ledger moved on while it was read; try again")]
    MovedOn,
    /// The ledger shows something that an honest ledger cannot show. To be reported loudly, never retried away.
    #[error("the ledger misbehaves: {0}")]
    Misbehaviour(#[from] Misbehaviour),
}

/// What an honest ledger cannot show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// It serves another genesis than the one that is trusted here.
    #[error("another genesis than the trusted one")]
    OtherGenesis,
    /// The checkpoint is malformed, of another log, or not signed by its key.
    #[error("checkpoint: {0}")]
    Checkpoint(CheckpointError),
    /// The checkpoint is smaller than one already seen.
    #[error("the log shrank from {seen} entries to {shown}")]
    Shrank {
        /// Seen before.
        seen: u64,
        /// Shown now.
        shown: u64,
    },
    /// The log already seen is not a beginning of the one shown: a second history.
    #[error("the log shows a second history after {seen} entries")]
    SplitView {
        /// Entries seen before.
        seen: u64,
    },
    /// A tile, entry, cap, shard or list has an impossible length or content.
    #[error("{0} is malformed")]
    Malformed(String),
    /// An entry is not the one in the log.
    #[error("entry {0} is not the one that the checkpoint commits to")]
    NotIncluded(u64),
    /// The last entry is not a state root of the log about itself.
    #[error("the last entry is not a state root that fits: {0}")]
    BadStateRoot(&'static str),
    /// A registry entry breaks the registry's rules.
    #[error("entry {index} breaks the rules: {reason}")]
    BadEntry {
        /// Which.
        index: u64,
        /// How.
        reason: String,
    },
    /// Registry entries were left out or added.
    #[error("the registry's entries are not the ones that the state root commits to")]
    RegistryChain,
    /// The shard roots do not fold to the credential root.
    #[error("the shard roots do not lead to the credential root")]
    BadCap,
    /// The leaves do not lead to the shard's root.
    #[error("the leaves of shard {0} do not lead to its root")]
    BadShard(u32),
}

/// How current a credential root is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootAge {
    /// The newest.
    Current,
    /// Another root took its place.
    Superseded {
        /// So long ago.
        seconds: u64,
    },
    /// Not a root that was seen.
    Unknown,
}

/// Whether a follower learns roots of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// Verifiers: so that a presentation made just before a new root is still understood.
    Kept,
    /// Wallets: only the newest root matters.
    Newest,
}

/// Follows checkpoint, registry and credential root. Its `serde` form is its whole state.
#[derive(Clone, Serialize, Deserialize)]
pub struct Follower {
    genesis: Genesis,
    history: History,
}

impl Follower {
    /// Begins from a trusted genesis, keeping the history of roots.
    pub fn new(genesis: Genesis) -> Self {
        Self { genesis, history: History::Kept }
    }
    /// Begins from a trusted genesis, without history: for wallets.
    pub fn light(genesis: Genesis) -> Self {
        Self { genesis, history: History::Newest }
    }
    /// Catches up with the log. On an error nothing has changed.
    pub fn sync<S: Source + ?Sized>(&mut self, _source: &S) -> Result<(), FollowError> {
        let _ = self.history;
        todo!()
    }
    /// The trusted genesis.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }
    /// The registry at the newest checkpoint.
    pub fn registry(&self) -> &Registry {
        todo!()
    }
    /// The newest state root; `None` before the first.
    pub fn newest(&self) -> Option<&StateRoot> {
        todo!()
    }
    /// The newest checkpoint; `None` before the first.
    pub fn checkpoint(&self) -> Option<&Checkpoint> {
        todo!()
    }
    /// How current a root is at `now` (unix seconds). A root is superseded at the time of the next known state root.
    pub fn root_age(&self, _root: &Fr, _now: u64) -> RootAge {
        todo!()
    }
}

/// Keeps one shard of the credential tree, so that the wallet can make paths without asking for a leaf.
/// Its `serde` form is its whole state.
#[derive(Clone, Serialize, Deserialize)]
pub struct ShardFollower {
    shard: u32,
}

impl ShardFollower {
    /// For the shard that holds a position.
    pub fn of(_position: Position) -> Self {
        todo!()
    }
    /// Which shard.
    pub fn shard(&self) -> u32 {
        self.shard
    }
    /// Catches up with the newest root, syncing `follower` again a bounded number of times if the log moves on.
    /// See [`sync_shards`] for several.
    pub fn sync<S: Source + ?Sized>(
        &mut self,
        source: &S,
        follower: &mut Follower,
    ) -> Result<(), FollowError> {
        sync_shards(source, follower, std::slice::from_mut(self))
    }
    /// The credential root that paths lead to: the follower's newest at the last sync. `None` before the first.
    pub fn root(&self) -> Option<&Fr> {
        todo!()
    }
    /// The path of a leaf of this shard to [`Self::root`].
    pub fn path(&self, _position: Position) -> Option<Path> {
        todo!()
    }
    /// A leaf of this shard: 0 if the credential is suspended or revoked.
    pub fn leaf(&self, _position: Position) -> Option<&Fr> {
        todo!()
    }
}

/// Brings several shards to one and the same root, the newest. On an error every shard is as before, and the follower
/// may be further.
pub fn sync_shards<S: Source + ?Sized>(
    _source: &S,
    _follower: &mut Follower,
    _shards: &mut [ShardFollower],
) -> Result<(), FollowError> {
    todo!()
}
