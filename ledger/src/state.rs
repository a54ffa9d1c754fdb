//! The whole state that entries derive: registry and credential tree, advanced batch by batch.
//!
//! A batch is any number of departments' entries and then one `state.root` by the log. A node drafts a batch, applies
//! it, seals it and writes it; `fsck` and start-up replay it.

use circuits::tree::Position;
use serde::{Deserialize, Serialize};

use crate::credentials::{CredentialError, CredentialTree, LeafChange};
use crate::genesis::Genesis;
use crate::key::DepartmentKey;
use crate::record::{Entry, EntryError, StateRoot};
use crate::registry::{Registry, RegistryError};

/// Where an accepted entry is, and what the node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Index in the log.
    pub index: u64,
    /// For a commitment, the position of its first leaf; the others follow.
    pub first_position: Option<Position>,
}

/// Why an entry is refused before it is ordered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not an entry.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// Against the registry's rules.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Against the credential tree's rules.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// A department may not state roots.
    #[error("only the log itself appends `state.root`")]
    RootSubmitted,
}

/// What kind of refusal it is, for status codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The bytes are not an entry (400).
    Malformed,
    /// The signer or an approver is not who it says (403).
    Forbidden,
    /// Somebody or something was there first (409).
    Conflict,
    /// A rule about the content (422).
    Rule,
    /// Too large (413).
    TooLarge,
}

impl Refusal {
    /// The word under `error` in a node's answer.
    pub fn code(&self) -> &'static str {
        todo!()
    }
    /// The kind of refusal.
    pub fn fault(&self) -> Fault {
        todo!()
    }
}

/// A `state.root` that does not say what the entries before it derive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {index}: the state root says {field} = {said}, the entries derive {derived}")]
pub struct WrongRoot {
    /// The entry.
    pub index: u64,
    /// Which field.
    pub field: &'static str,
    /// By the log.
    pub said: String,
    /// By replay.
    pub derived: String,
}

/// Why a log cannot be replayed: the first entry that breaks a rule.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// A department's entry that must have been refused.
    #[error("entry {index}: {source}")]
    Refused {
        /// Which.
        index: u64,
        /// Why.
        source: Refusal,
    },
    /// A state root that is wrong.
    #[error(transparent)]
    WrongRoot(#[from] WrongRoot),
    /// The last entry of a batch is not a state root.
    #[error("entry {0} should be a state root")]
    NotSealed(u64),
}

/// Registry, credential tree and size after a number of entries.
#[derive(Clone)]
pub struct State {
    registry: Registry,
    credentials: CredentialTree,
    size: u64,
    time: u64,
}

/// Entries that were checked against a state, one after the other, and not yet taken in.
#[must_use]
pub struct Draft<'a> {
    state: &'a State,
}

/// What [`Draft::finish`] gives and [`State::apply`] takes in.
#[must_use]
pub struct Batch {
    entries: Vec<Entry>,
}

impl Draft<'_> {
    /// Checks entries that stand or fall together. On an error, which names the entry (from 0), none is accepted and
    /// the draft is as before.
    pub fn add(&mut self, _entries: &[Entry]) -> Result<Vec<Accepted>, (usize, Refusal)> {
        todo!()
    }
    /// Accepted entries so far.
    pub fn len(&self) -> usize {
        todo!()
    }
    /// Whether nothing was accepted.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Ends the draft.
    pub fn finish(self) -> Batch {
        todo!()
    }
}

impl Batch {
    /// The accepted entries in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl State {
    /// The state of a ledger without entries.
    pub fn new(_genesis: Genesis) -> Self {
        todo!()
    }
    /// Begins to check entries.
    pub fn draft(&self) -> Draft<'_> {
        todo!()
    }
    /// Takes in a batch that a draft of this very state accepted. Gives every leaf whose status changed, in order.
    pub fn apply(&mut self, _batch: Batch) -> Vec<LeafChange> {
        todo!()
    }
    /// Ends a batch: signs what the state is now, takes the entry in, and gives it. `time` (unix seconds) is raised to
    /// that of the state root before, should the clock have gone back.
    pub fn seal(&mut self, _time: u64, _key: &DepartmentKey) -> Entry {
        todo!()
    }
    /// Takes in one batch of an existing log: entries and, as the last one, a state root, all of which are checked.
    /// Gives every leaf whose status changed, in order.
    pub fn replay(&mut self, _batch: &[Entry]) -> Result<Vec<LeafChange>, ReplayError> {
        todo!()
    }
    /// What [`Self::seal`] would state.
    pub fn state_root(&self, _time: u64) -> StateRoot {
        todo!()
    }
    /// Entries taken in, state roots included.
    pub fn size(&self) -> u64 {
        self.size
    }
    /// Time of the newest state root, unix seconds; 0 before the first.
    pub fn time(&self) -> u64 {
        self.time
    }
    /// The registry.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
    /// The credential tree.
    pub fn credentials(&self) -> &CredentialTree {
        &self.credentials
    }
}
