//! Follows checkpoint, registry and credential root.

use std::sync::Arc;

use circuits::Fr;
use serde::{Deserialize, Serialize};

use super::freshness::{Freshness, is_ahead};
use super::log::{FetchedTiles, Log, NamedBy};
use super::roots::{RootAge, Roots};
use super::{DamagedCopy, FollowError, Misbehaviour, NotThisLedger};
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
    /// When a quorum of witnesses cosigned the newest checkpoint, unix seconds; `None` on a ledger without witnesses.
    pub(super) cosigned_at: Option<u64>,
    /// Tiles of the newest checkpoint that were fetched, so that they are not fetched again; never saved.
    pub(super) tiles: Arc<FetchedTiles>,
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
    /// Catches up with the log at `now` (unix seconds). On an error nothing has changed.
    ///
    /// A statement that is later than `now` by more than [`super::CLOCKS_DIFFER_S`] is refused.
    pub fn sync<S: Source + ?Sized>(&mut self, source: &S, now: u64) -> Result<(), FollowError> {
        if self.checkpoint.is_none() {
            self.compare_genesis(source)?;
        }
        let log = Log::open(source, &self.registry)?;
        compare_clocks(log.cosigned_at, now)?;
        let cosigned_at = self.cosigned_at.max(log.cosigned_at);
        if let Some(seen) = &self.checkpoint {
            log.extends(seen)?;
            if seen.size == log.checkpoint.size {
                compare_clocks(self.newest().map(|newest| newest.time), now)?;
                self.cosigned_at = cosigned_at;
                return Ok(());
            }
        }
        let mut next = self.clone();
        next.advance(&log, now)?;
        next.checkpoint = Some(log.checkpoint.clone());
        next.cosigned_at = cosigned_at;
        next.tiles = Arc::new(log.into_tiles());
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
    /// When what is known was the newest, unix seconds: where there are witnesses the time of a quorum's cosignatures, else
    /// the time of the newest state root. An answer that repeats an older one does not change it.
    pub fn stated_at(&self) -> Option<u64> {
        match self.genesis().witnesses() {
            Some(_) => self.cosigned_at,
            None => self.newest().map(|newest| newest.time),
        }
    }
    /// How old what is known is at `now` (unix seconds).
    pub fn freshness(&self, now: u64) -> Freshness {
        Freshness::at(self.stated_at(), now)
    }
    /// How current a root is at `now` (unix seconds). A root is superseded when this follower first saw a newer one, or at
    /// the time that the next known state root that differs states, whichever is earlier. A ledger that hides state roots
    /// from [`Resource::Index`] can make the stated time later, but not the first sight.
    ///
    /// That a root is the newest that is known says little if what is known is old: ask [`Self::freshness`] too.
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
        let tiles = Arc::default();
        Self { registry, entries: Vec::new(), history, checkpoint: None, roots, cosigned_at: None, tiles }
    }
    fn compare_genesis<S: Source + ?Sized>(&self, source: &S) -> Result<(), FollowError> {
        let served = source.get(&Resource::Genesis, MAX_GENESIS).map_err(FollowError::bounded)?;
        if served == self.genesis().to_bytes() {
            return Ok(());
        }
        let ledger = serde_json::from_slice::<Genesis>(&served).is_ok();
        Err(if ledger { NotThisLedger::OtherGenesis } else { NotThisLedger::NoLedger }.into())
    }
    /// Takes in what is new in a log that extends the one seen.
    fn advance<S: Source + ?Sized>(&mut self, log: &Log<'_, S>, now: u64) -> Result<(), FollowError> {
        let (seen, size) = (self.checkpoint.as_ref().map_or(0, |c| c.size), log.checkpoint.size);
        let Some(last) = size.checked_sub(1) else { return Ok(()) };
        let newest = log.state_root(last, &self.registry, NamedBy::Checkpoint)?;
        self.check_later(&newest)?;
        compare_clocks(Some(newest.time), now)?;
        if self.is_next(&newest) {
            return self.push_root(newest, now);
        }
        let index = log.index()?;
        let listed = index.registry.iter().copied().filter(|at| (seen..size).contains(at));
        let listed = listed.map(|at| Ok((at, log.entry(at)?))).collect::<Result<Vec<_>, FollowError>>()?;
        self.check_list(&listed, &newest)?;
        for (at, entry) in listed {
            self.take_in(at, newest.time, entry)?;
        }
        if self.history == History::Kept {
            self.catch_up_roots(log, &index, now)?;
        }
        self.push_root(newest, now)
    }
    /// Whether everything that is followed is known once this root is: the registry is the same, and no root that is of
    /// interest lies between. Then the index is not needed, which is the largest answer of a quiet day.
    fn is_next(&self, newest: &StateRoot) -> bool {
        let between = match self.history {
            History::Newest => false,
            History::Kept => self.newest().is_none_or(|known| known.entries + 1 != newest.entries),
        };
        newest.registry == *self.registry.chain() && !between
    }
    /// That these are the registry's entries, no more and no fewer. Only then does one that breaks the rules speak against
    /// the log: without those before it, any might.
    fn check_list(&self, listed: &[(u64, Entry)], newest: &StateRoot) -> Result<(), FollowError> {
        if let Some((at, _)) = listed.iter().find(|(_, entry)| entry.record().part() != Part::Registry) {
            return Err(DamagedCopy::Index(*at).into());
        }
        let known = *self.registry.chain();
        let chain = listed.iter().fold(known, |chain, (at, entry)| Registry::chained(&chain, *at, entry));
        if chain == newest.registry { Ok(()) } else { Err(DamagedCopy::Registry.into()) }
    }
    /// The log's time at the entry is not known: it lies between the newest root that was known and `latest`.
    fn take_in(&mut self, index: u64, latest: u64, entry: Entry) -> Result<(), FollowError> {
        let bad = |reason: String| Misbehaviour::BadEntry { index, reason };
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
        now: u64,
    ) -> Result<(), FollowError> {
        let known = self.newest().map(|newest| newest.entries);
        if has_gap(index, known) {
            self.roots.forget();
        }
        let between = |at: &u64| known.is_none_or(|known| *at > known) && at + 1 < log.checkpoint.size;
        for at in index.roots.iter().copied().filter(between) {
            self.push_root(log.state_root(at, &self.registry, NamedBy::Index)?, now)?;
        }
        Ok(())
    }
    fn push_root(&mut self, root: StateRoot, now: u64) -> Result<(), FollowError> {
        self.check_later(&root)?;
        if self.history == History::Newest {
            self.roots.forget();
        }
        self.roots.push(root, now);
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

/// Refuses a statement that is later than two honest clocks explain.
fn compare_clocks(stated_at: Option<u64>, now: u64) -> Result<(), FollowError> {
    match stated_at {
        Some(stated_at) if is_ahead(stated_at, now) => Err(FollowError::Clocks { stated_at, now }),
        Some(_) | None => Ok(()),
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
