//! Follows checkpoint, registry and credential root.

use std::sync::Arc;

use circuits::Fr;
use serde::{Deserialize, Serialize};

use super::log::Log;
use super::roots::{RootAge, Roots};
use super::{FollowError, Misbehaviour};
use crate::checkpoint::Checkpoint;
use crate::genesis::Genesis;
use crate::record::{Entry, Part, StateRoot};
use crate::registry::{Moment, Registry};
use crate::resource::{Index, MAX_ROOTS, Resource};
use crate::source::Source;

/// Whether a follower learns roots of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// Verifiers: so that a presentation made just before a new root is still understood.
    Kept,
    /// Wallets: only the newest root matters.
    Newest,
}

/// Follows checkpoint, registry and credential root.
///
/// Its `serde` form is its whole state. That state is trusted: who can write it can make the follower believe in
/// another history, though not in a checkpoint without the log's signature.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "super::saved::SavedFollower", into = "super::saved::SavedFollower")]
pub struct Follower {
    pub(super) registry: Registry,
    /// What the registry was made from, with each entry's index.
    pub(super) entries: Vec<(u64, Arc<Entry>)>,
    pub(super) history: History,
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) roots: Roots,
}

impl Follower {
    /// Begins from a trusted genesis, keeping the history of roots.
    pub fn new(genesis: Genesis) -> Self {
        Self::with(genesis, History::Kept)
    }
    /// Begins from a trusted genesis, without history: for wallets.
    pub fn light(genesis: Genesis) -> Self {
        Self::with(genesis, History::Newest)
    }
    /// Catches up with the log. On an error nothing has changed.
    pub fn sync<S: Source + ?Sized>(&mut self, source: &S) -> Result<(), FollowError> {
        if self.checkpoint.is_none() {
            self.compare_genesis(source)?;
        }
        let log = Log::open(source, &self.registry)?;
        if let Some(seen) = &self.checkpoint {
            log.extends(seen)?;
            if seen.size == log.checkpoint.size {
                return Ok(());
            }
        }
        let mut next = self.clone();
        next.advance(&log)?;
        next.checkpoint = Some(log.checkpoint);
        *self = next;
        Ok(())
    }
    /// The trusted genesis.
    pub fn genesis(&self) -> &Genesis {
        self.registry.genesis()
    }
    /// The registry at the newest checkpoint.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
    /// The newest state root; `None` before the first.
    pub fn newest(&self) -> Option<&StateRoot> {
        self.roots.newest()
    }
    /// The newest checkpoint; `None` before the first.
    pub fn checkpoint(&self) -> Option<&Checkpoint> {
        self.checkpoint.as_ref()
    }
    /// How current a root is at `now` (unix seconds). A root is superseded at the time of the next known state root
    /// that differs; a ledger that hides state roots from [`Resource::Index`] can make that later, up to the next one
    /// that this follower saw as the newest.
    pub fn root_age(&self, root: &Fr, now: u64) -> RootAge {
        self.roots.age(root, now)
    }
    /// Index of the newest `state.root` that states this credential root, as far as is known.
    pub fn root_entry(&self, root: &Fr) -> Option<u64> {
        self.roots.entry(root)
    }

    fn with(genesis: Genesis, history: History) -> Self {
        let registry = Registry::new(genesis);
        let roots = Roots::default();
        Self { registry, entries: Vec::new(), history, checkpoint: None, roots }
    }
    fn compare_genesis<S: Source + ?Sized>(&self, source: &S) -> Result<(), FollowError> {
        let served = source.get(&Resource::Genesis, MAX_GENESIS).map_err(FollowError::bounded)?;
        if served == self.genesis().to_bytes() { Ok(()) } else { Err(Misbehaviour::OtherGenesis.into()) }
    }
    /// Takes in what is new in a log that extends the one seen.
    fn advance<S: Source + ?Sized>(&mut self, log: &Log<'_, S>) -> Result<(), FollowError> {
        let (seen, size) = (self.checkpoint.as_ref().map_or(0, |c| c.size), log.checkpoint.size);
        let Some(last) = size.checked_sub(1) else { return Ok(()) };
        let newest = log.state_root(last, &self.registry)?;
        self.check_later(&newest)?;
        let index = log.index()?;
        for at in index.registry.iter().copied().filter(|at| (seen..size).contains(at)) {
            self.take_in(at, newest.time, log.entry(at)?)?;
        }
        if newest.registry != *self.registry.chain() {
            return Err(Misbehaviour::RegistryChain.into());
        }
        if self.history == History::Kept {
            self.catch_up_roots(log, &index)?;
        }
        self.push_root(newest)
    }
    /// The log's time at the entry is not known: it lies between the newest root that was known and `latest`.
    fn take_in(&mut self, index: u64, latest: u64, entry: Entry) -> Result<(), FollowError> {
        let bad = |reason: String| Misbehaviour::BadEntry { index, reason };
        if entry.record().part() != Part::Registry {
            return Err(bad("it is no entry of the registry".to_owned()).into());
        }
        let moment = Moment::between(index, self.newest().map_or(0, |known| known.time), latest);
        self.registry.apply(moment, &entry).map_err(|e| bad(e.to_string()))?;
        self.entries.push((index, Arc::new(entry)));
        Ok(())
    }
    /// Takes in the state roots between the newest that is known and the log's last entry.
    fn catch_up_roots<S: Source + ?Sized>(
        &mut self,
        log: &Log<'_, S>,
        index: &Index,
    ) -> Result<(), FollowError> {
        let known = self.newest().map(|newest| newest.entries);
        if has_gap(index, known) {
            self.roots.forget();
        }
        let between = |at: &u64| known.is_none_or(|known| *at > known) && at + 1 < log.checkpoint.size;
        for at in index.roots.iter().copied().filter(between) {
            self.push_root(log.state_root(at, &self.registry)?)?;
        }
        Ok(())
    }
    fn push_root(&mut self, root: StateRoot) -> Result<(), FollowError> {
        self.check_later(&root)?;
        if self.history == History::Newest {
            self.roots.forget();
        }
        self.roots.push(root);
        Ok(())
    }
    /// Checks what can only grow.
    fn check_later(&self, root: &StateRoot) -> Result<(), FollowError> {
        let Some(before) = self.newest() else { return Ok(()) };
        let bad = |reason| Err(Misbehaviour::BadStateRoot { index: root.entries, reason }.into());
        if root.time < before.time {
            return bad("its time is before the last one's");
        }
        if root.leaves < before.leaves { bad("the credential tree shrank") } else { Ok(()) }
    }
}

/// Whether the index is too short to reach back to the newest state root that is known.
fn has_gap(index: &Index, known: Option<u64>) -> bool {
    let full = index.roots.len() >= MAX_ROOTS;
    let oldest = index.roots.first();
    full && known.is_some_and(|known| oldest.is_some_and(|oldest| *oldest > known))
}

/// Bytes of a genesis at most.
const MAX_GENESIS: u64 = 1 << 20;
