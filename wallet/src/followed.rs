//! The ledger as a wallet sees it: one follower, the shards of its credentials, the proving keys.
//!
//! A [`Ledger`] is a handle; clones share what was fetched. A program that runs hundreds of wallets gives them one
//! handle, so that a shard is fetched once and not once for each wallet. Requests depend only on which shards are
//! followed, never on which leaf is wanted.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use circuits::Fr;
use circuits::policy::CheckedPolicy;
use circuits::tree::{Path, Position};
use ledger::follow::{FollowError, Follower, Freshness, HourPaths, ShardFollower, reach_hour, sync_shards};
use ledger::genesis::Genesis;
use ledger::registry::Registry;
use ledger::source::Source;
use prover::{EnrollProver, JoinProver, ScoreProver, ShowProver};
use serde::{Deserialize, Serialize};

use crate::held::{CredentialStatus, Held};
use crate::keys::{KeyFetchError, KeyFiles, Provers};
use crate::reach::Reach;

/// A followed ledger. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Ledger(Arc<Shared>);

struct Shared {
    source: Box<dyn Source + Send + Sync>,
    /// What was learned. Replaced as a whole, so that paths and registry always belong together.
    followed: RwLock<Arc<Followed>>,
    /// Held while syncing, so that two wallets do not fetch the same things side by side.
    syncing: Mutex<()>,
    keys: KeyFiles,
    /// How far its wallets go on the word of others.
    reach: RwLock<Reach>,
}

/// The ledger at one moment: registry, root and paths that belong together.
#[derive(Clone)]
pub struct View(Arc<Followed>);

/// What was learned from the ledger up to one moment; its `serde` form is the cache.
#[derive(Clone, Serialize, Deserialize)]
struct Followed {
    follower: Follower,
    shards: Vec<ShardFollower>,
    /// Where the credentials are whose paths are kept; absent in states saved by older versions.
    #[serde(default)]
    positions: BTreeSet<Position>,
    /// Their paths to the root before the last full hour, as far as it was reached.
    #[serde(default)]
    hour: Option<HourPaths>,
    /// This machine's clock at the last sync, unix seconds.
    #[serde(default)]
    read_at: Option<u64>,
    /// What it and the ledger's showed when they were compared last: at that sync, or at one that failed because they
    /// differ.
    #[serde(default)]
    clocks: Option<Compared>,
}

/// What two clocks showed at one moment, unix seconds.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Compared {
    /// This machine's.
    ours: u64,
    /// By the ledger's newest statement.
    ledgers: u64,
}

/// Bytes of a cache that are not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the saved state of the ledger is not one that this version reads")]
pub struct NotAState;

/// The saved state is of another ledger than the trusted one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// Not a state.
    #[error(transparent)]
    NotAState(#[from] NotAState),
    /// Of another ledger.
    #[error("the saved state follows another genesis than the trusted one")]
    OtherGenesis,
}

impl Ledger {
    /// Begins from a trusted genesis. Proving keys are kept in `keys`, or only in memory without it.
    pub fn new(source: Box<dyn Source + Send + Sync>, genesis: Genesis, keys: Option<PathBuf>) -> Self {
        let followed = Followed {
            follower: Follower::light(genesis),
            shards: Vec::new(),
            positions: BTreeSet::new(),
            hour: None,
            read_at: None,
            clocks: None,
        };
        Self::with_state(source, followed, keys)
    }

    /// Continues from [`Self::state`]; refuses the state of another ledger.
    pub fn resume(
        source: Box<dyn Source + Send + Sync>,
        genesis: &Genesis,
        state: &[u8],
        keys: Option<PathBuf>,
    ) -> Result<Self, ResumeError> {
        let followed: Followed = serde_json::from_slice(state).map_err(|_| NotAState)?;
        if followed.follower.genesis() != genesis {
            return Err(ResumeError::OtherGenesis);
        }
        Ok(Self::with_state(source, followed, keys))
    }

    /// Everything learned, to be sealed and resumed from.
    pub fn state(&self) -> Vec<u8> {
        serde_json::to_vec(&*self.followed()).expect("what was learned has text keys only")
    }

    /// Catches up at `now` (unix seconds), and begins to follow the shards of `positions`. Followed shards stay followed. On
    /// an error nothing has changed.
    pub fn sync(&self, positions: impl IntoIterator<Item = Position>, now: u64) -> Result<(), FollowError> {
        let _one_at_a_time = guard(&self.0.syncing);
        let mut next = Followed::clone(&self.followed());
        for position in positions {
            next.positions.insert(position);
            let shard = ShardFollower::of(position);
            if next.shards.iter().all(|s| s.shard() != shard.shard()) {
                next.shards.push(shard);
            }
        }
        if let Err(error) = next.catch_up(&*self.0.source, now) {
            if let FollowError::Clocks { stated_at, .. } = &error {
                // What is known stays, and by how much the clocks differ, so that it can be said whose is wrong.
                let clocks = Some(Compared { ours: now, ledgers: *stated_at });
                let known = Followed { clocks, ..Followed::clone(&self.followed()) };
                *self.0.followed.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
            }
            return Err(error);
        }
        next.read_at = Some(now);
        next.clocks = next.follower.newest().map(|newest| Compared { ours: now, ledgers: newest.time });
        *self.0.followed.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        Ok(())
    }

    /// What it knows now, as one piece that a sync elsewhere does not change.
    pub fn view(&self) -> View {
        View(self.followed())
    }

    /// From now on development keys are used too: whoever made one can forge what this wallet proves with it.
    pub fn accept_development_keys(&self) {
        self.0.keys.accept_development();
    }

    /// From now on its wallets talk to services of this machine too, where a link or the ledger names them: only to try
    /// things out.
    pub fn reach_local_services(&self) {
        *self.0.reach.write().unwrap_or_else(PoisonError::into_inner) = Reach::LocalToo;
    }

    /// How far its wallets go on the word of others.
    pub fn reach(&self) -> Reach {
        *self.0.reach.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The prover of `show`, with the newest key of the registry that is used at `now` (unix seconds) and that can be
    /// had; fetched at the first use.
    pub fn show_prover(&self, now: u64) -> Result<Arc<ShowProver>, KeyFetchError> {
        self.0.keys.show(self.view().registry(), &*self.0.source, now)
    }

    /// The provers that the answer to a policy takes, likewise.
    pub fn provers(&self, policy: &CheckedPolicy, now: u64) -> Result<Provers, KeyFetchError> {
        self.0.keys.answering(policy, self.view().registry(), &*self.0.source, now)
    }

    /// The prover of `join`, likewise.
    pub fn join_prover(&self, now: u64) -> Result<Arc<JoinProver>, KeyFetchError> {
        self.0.keys.join(self.view().registry(), &*self.0.source, now)
    }

    /// The prover of `score`, likewise.
    pub fn score_prover(&self, now: u64) -> Result<Arc<ScoreProver>, KeyFetchError> {
        self.0.keys.score(self.view().registry(), &*self.0.source, now)
    }

    /// The prover of `enroll`, likewise.
    pub fn enroll_prover(&self, now: u64) -> Result<Arc<EnrollProver>, KeyFetchError> {
        self.0.keys.enroll(self.view().registry(), &*self.0.source, now)
    }

    /// Fetches the files of the keys that would be used at `now` (unix seconds), if they are not here yet.
    pub fn fetch_keys(&self, now: u64) -> Result<(), KeyFetchError> {
        self.0.keys.fetch(self.view().registry(), &*self.0.source, now)
    }

    /// Uses provers that the program has loaded already. Each is checked against the registry when it is used.
    pub fn use_provers(&self, show: Arc<ShowProver>, enroll: Arc<EnrollProver>) {
        self.0.keys.put(show, enroll);
    }

    /// The same for `show` alone.
    pub fn use_show_prover(&self, show: Arc<ShowProver>) {
        self.0.keys.put_show(show);
    }

    fn with_state(source: Box<dyn Source + Send + Sync>, followed: Followed, keys: Option<PathBuf>) -> Self {
        Self(Arc::new(Shared {
            source,
            followed: RwLock::new(Arc::new(followed)),
            syncing: Mutex::new(()),
            keys: KeyFiles::new(keys),
            reach: RwLock::new(Reach::Internet),
        }))
    }

    fn followed(&self) -> Arc<Followed> {
        Arc::clone(&self.0.followed.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl View {
    /// When the newest statement of the ledger was made that it knows, unix seconds; `None` if it never caught up. To read an
    /// old answer again does not change it.
    pub fn synced_at(&self) -> Option<u64> {
        self.0.follower.stated_at()
    }

    /// How old that is at `now` (unix seconds).
    pub fn freshness(&self, now: u64) -> Freshness {
        self.0.follower.freshness(now)
    }

    /// This machine's clock at the last sync, unix seconds.
    pub(crate) fn read_at(&self) -> Option<u64> {
        self.0.read_at
    }

    /// By how many seconds the ledger's newest stated time was behind this machine's clock when they were compared
    /// last; `None` if that was too long before `now` (unix seconds), or after it: the clock may have been set since.
    pub(crate) fn lag_s(&self, now: u64) -> Option<i64> {
        let Compared { ours, ledgers } = self.0.clocks?;
        if now.checked_sub(ours)? > COMPARED_S {
            return None;
        }
        Some(i64::try_from(ours).ok()?.saturating_sub_unsigned(ledgers))
    }

    /// The registry at the last sync.
    pub fn registry(&self) -> &Registry {
        self.0.follower.registry()
    }

    /// Number of log entries at the last sync.
    pub fn size(&self) -> u64 {
        self.0.follower.newest().map_or(0, |root| root.entries + 1)
    }

    /// Number of leaves of the credential tree at the last sync, removed ones included.
    pub fn leaves(&self) -> u64 {
        self.0.follower.newest().map_or(0, |root| root.leaves)
    }

    /// The root that paths lead to.
    pub fn root(&self) -> Option<Fr> {
        self.0.follower.newest().map(|root| *root.credential_root())
    }

    /// The path of a held credential with the root it leads to; `None` if its leaf is not in the tree.
    pub fn path(&self, held: &Held) -> Option<(Path, Fr)> {
        let shard = self.0.shard(held.position)?;
        let path = shard.path(held.position)?;
        let root = *shard.root()?;
        (path.root(&held.credential.leaf()) == root).then_some((path, root))
    }

    /// The path of a held credential to the root before the last full hour, with that root; `None` if the credential was not
    /// in the tree then, or the wallet was not there.
    pub fn hourly_path(&self, held: &Held) -> Option<(Path, Fr)> {
        self.0.hour.as_ref()?.path(held.position, &held.credential.leaf())
    }

    /// When the root before the last full hour was stated, unix seconds; `None` if there is none.
    pub fn hour_stated_at(&self) -> Option<u64> {
        self.0.hour.as_ref()?.stated_at()
    }

    /// The status of a held credential at the last sync.
    pub fn status(&self, held: &Held) -> CredentialStatus {
        match self.0.shard(held.position).and_then(|shard| shard.leaf(held.position)) {
            None => CredentialStatus::NotSynced,
            Some(leaf) if *leaf == held.credential.leaf() => CredentialStatus::Active,
            Some(_) => CredentialStatus::Withdrawn,
        }
    }
}

impl Followed {
    fn catch_up(&mut self, source: &dyn Source, now: u64) -> Result<(), FollowError> {
        self.follower.sync(source, now)?;
        self.pass_hour(source)?;
        sync_shards(source, &mut self.follower, &mut self.shards, now)
    }

    /// Where a full hour has passed since the last time, keeps the paths to the root before it, on the way to the newest.
    fn pass_hour(&mut self, source: &dyn Source) -> Result<(), FollowError> {
        let Some(hour) = self.follower.hour().filter(|_| !self.shards.is_empty()) else { return Ok(()) };
        if self.hour.as_ref().is_some_and(|known| known.hour() >= hour) {
            return Ok(());
        }
        self.hour = Some(match self.follower.hour_root(source, hour)? {
            None => HourPaths::none(hour),
            Some(root) => {
                reach_hour(source, &root, &mut self.shards)?;
                HourPaths::collect(&root, &self.shards, self.positions.iter().copied())
            }
        });
        Ok(())
    }

    fn shard(&self, position: Position) -> Option<&ShardFollower> {
        let wanted = ShardFollower::of(position).shard();
        self.shards.iter().find(|shard| shard.shard() == wanted)
    }
}

/// The data under these locks is replaced whole, so a panic elsewhere leaves it sound.
fn guard(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Seconds for which a comparison with the ledger's clock says something of this machine's; the app syncs more often.
const COMPARED_S: u64 = 600;

#[cfg(test)]
mod tests;
