//! Replay of an existing log: start-up and `fsck` derive the state anew and compare it with what the log states.

use super::draft::Rules;
use super::{Draft, State, StateError};
use crate::credentials::LeafChange;
use crate::record::{Entry, StateRoot};

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
    /// An entry that must have been refused.
    #[error("entry {index}: {source}")]
    Refused {
        /// Which.
        index: u64,
        /// Why.
        source: StateError,
    },
    /// A state root that is wrong.
    #[error(transparent)]
    WrongRoot(#[from] WrongRoot),
    /// The last entry of a batch is not a state root.
    #[error("entry {0} should be a state root")]
    NotSealed(u64),
}

impl State {
    /// Takes in one batch of an existing log: entries and, as the last one, a state root, all of which are checked.
    /// Gives every leaf whose status changed, in order. After an error the state is of no use any more.
    pub fn replay(&mut self, batch: &[Entry]) -> Result<Vec<LeafChange>, ReplayError> {
        let (root, entries) = batch.split_last().ok_or(ReplayError::NotSealed(self.size))?;
        let first = self.size;
        let stated = root.record().state_root();
        let time = stated.ok_or(ReplayError::NotSealed(first + entries.len() as u64))?.time;
        let refused = |i, source: StateError| ReplayError::Refused { index: first + i as u64, source };
        let mut draft = Draft::new(self, time.max(self.time), Rules::OfTheLog);
        draft.add(entries).map_err(|(i, source)| refused(i, source))?;
        let accepted = draft.finish();
        let changes = self.apply(accepted);
        let root = self.registry.state_root(root).map_err(|e| refused(entries.len(), e.into()))?;
        self.compare(root)?;
        self.close(root);
        Ok(changes)
    }
    pub(super) fn compare(&self, said: &StateRoot) -> Result<(), WrongRoot> {
        let derived = self.state_root(said.time);
        let fields = [
            ("id", said.id.to_string(), derived.id.to_string()),
            ("entries", said.entries.to_string(), derived.entries.to_string()),
            ("leaves", said.leaves.to_string(), derived.leaves.to_string()),
            ("root", said.root.to_string(), derived.root.to_string()),
            ("registry", said.registry.to_string(), derived.registry.to_string()),
            ("time", said.time.to_string(), derived.time.to_string()),
        ];
        let wrong = fields.into_iter().find(|(_, said, derived)| said != derived);
        wrong.map_or(Ok(()), |(field, said, derived)| {
            Err(WrongRoot { index: self.size, field, said, derived })
        })
    }
}
