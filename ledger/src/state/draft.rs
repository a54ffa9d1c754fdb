//! Entries that are checked before they are ordered.

use super::bulk_limiter::Taken;
use super::{Accepted, State, StateError};
use crate::credentials;
use crate::record::{Entry, Part, Record, Signer};
use crate::registry::{Moment, Registry};

/// Entries that were checked against a state, one after the other, and not yet taken in.
#[must_use]
pub struct Draft<'a> {
    state: &'a State,
    /// Unix seconds.
    now: u64,
    rules: Rules,
    entries: Vec<Entry>,
    /// The registry with the draft's entries, once there is one of its part.
    registry: Option<Registry>,
    credentials: credentials::Draft<'a>,
    taken: Taken,
}

/// By which rules a draft checks, where a log may hold what is no longer accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    /// The newest: the entries are submitted.
    Newest,
    /// Those in force in the log that the entries are read from.
    OfTheLog,
}

/// What [`Draft::finish`] gives and [`State::apply`] takes in.
#[must_use]
pub struct Batch {
    pub(super) entries: Vec<Entry>,
    pub(super) registry: Option<Registry>,
    pub(super) credentials: credentials::Changes,
    pub(super) taken: Taken,
    /// When it was drafted, unix seconds.
    pub(super) now: u64,
}

impl<'a> Draft<'a> {
    pub(super) fn new(state: &'a State, now: u64, rules: Rules) -> Self {
        let entries = Vec::new();
        let credentials = state.credentials.draft();
        Self { state, now, rules, entries, registry: None, credentials, taken: Taken::new() }
    }
    /// Checks entries that stand or fall together. On an error, which names the entry (from 0), none is accepted and
    /// the draft is as before.
    pub fn add(&mut self, entries: &[Entry]) -> Result<Vec<Accepted>, (usize, StateError)> {
        let before = (self.entries.len(), self.registry.clone(), self.credentials.savepoint());
        let taken = self.taken.clone();
        let mut accepted = Vec::with_capacity(entries.len());
        for (i, entry) in entries.iter().enumerate() {
            match self.add_one(entry) {
                Ok(one) => accepted.push(one),
                Err(refusal) => {
                    self.entries.truncate(before.0);
                    self.registry = before.1;
                    self.credentials.rollback(before.2);
                    self.taken = taken;
                    return Err((i, refusal));
                }
            }
        }
        Ok(accepted)
    }
    /// Accepted entries so far.
    pub fn len(&self) -> usize {
        self.entries.len()
    }
    /// Whether nothing was accepted.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The registry with what was accepted so far.
    pub fn registry(&self) -> &Registry {
        self.registry.as_ref().unwrap_or(&self.state.registry)
    }
    /// Ends the draft.
    pub fn finish(self) -> Batch {
        let credentials = self.credentials.finish();
        Batch {
            entries: self.entries,
            registry: self.registry,
            credentials,
            taken: self.taken,
            now: self.now,
        }
    }

    fn add_one(&mut self, entry: &Entry) -> Result<Accepted, StateError> {
        let index = self.state.size + self.entries.len() as u64;
        let at = self.moment(index);
        let first_position = match entry.record().part() {
            Part::Root => return Err(StateError::RootSubmitted),
            Part::Registry => {
                let registry = self.registry.get_or_insert_with(|| self.state.registry.clone());
                registry.apply(at, entry)?;
                if let Record::Withdraw(withdraw) = entry.record() {
                    self.credentials.withdraw(withdraw)?;
                }
                None
            }
            Part::Credentials => {
                self.registry().check(at, entry)?;
                self.change_credentials(entry)?
            }
        };
        self.entries.push(entry.clone());
        Ok(Accepted { index, first_position })
    }
    fn moment(&self, index: u64) -> Moment {
        match self.rules {
            Rules::Newest => Moment::submitted(index, self.state.time, self.now),
            Rules::OfTheLog => Moment::replayed(index, self.state.time),
        }
    }
    fn change_credentials(&mut self, entry: &Entry) -> Result<Option<circuits::tree::Position>, StateError> {
        match (entry.record(), entry.signer()) {
            (Record::Commit(commit), Signer::Department(by)) => {
                Ok(Some(self.credentials.commit(by, commit)?))
            }
            (Record::Status(status), Signer::Department(by)) => {
                let limit = self.state.registry.genesis().bulk_limit();
                self.state.withdrawals.count(&mut self.taken, by, status, limit, self.now)?;
                self.credentials.status(by, &status.changes)?;
                Ok(None)
            }
            (
                Record::Admit(_)
                | Record::Rotate(_)
                | Record::Suspend(_)
                | Record::Reinstate(_)
                | Record::Schema(_)
                | Record::Policy(_)
                | Record::Model(_)
                | Record::Key(_)
                | Record::Retire(_)
                | Record::Withdraw(_)
                | Record::Verifier(_)
                | Record::Trustee(_)
                | Record::Recovery(_)
                | Record::Disclosure(_)
                | Record::Root(_),
                _,
            )
            | (_, Signer::Log(_)) => Err(StateError::RootSubmitted),
        }
    }
}

impl Batch {
    /// The accepted entries in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}
