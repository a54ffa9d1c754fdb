//! Deciding about submissions, and closing a batch.

use ledger::credentials::LeafChange;
use ledger::record::Entry;
use ledger::state::{self, Accepted};

use super::{Decision, Engine, EngineError, Role, admit, change, checkpoint_of, head_of, rows};
use crate::sequencer::{Batch, SequencerError};

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is the next one.
    Ordered,
    /// Another node was quicker; nothing of it is left.
    Overtaken,
}

impl Engine {
    /// Decides about submissions, each of which stands or falls as a whole, and publishes what was accepted.
    pub(crate) fn process(&mut self, submissions: &[Vec<Entry>]) -> Result<Vec<Decision>, EngineError> {
        loop {
            self.catch_up()?;
            let now = match self.now() {
                Ok(now) => now,
                Err(error) => return Ok(submissions.iter().map(|_| Err(error.into())).collect()),
            };
            let decided =
                self.try_key().map_err(EngineError::from).and_then(|()| self.decide(submissions, now));
            match decided {
                Ok(Some(answers)) => return Ok(answers),
                Ok(None) => {}
                Err(EngineError::Signing(error)) => {
                    return Ok(submissions.iter().map(|_| Err(error.clone().into())).collect());
                }
                Err(error) => return Err(error),
            }
            tracing::info!(size = self.range.size(), "another node was quicker");
        }
    }

    /// A log begins with a state root, so that every checkpoint ends with one.
    pub(super) fn found(&mut self) -> Result<(), EngineError> {
        while self.range.size() == 0 && matches!(self.parts.role, Role::Node(_)) {
            let now = self.first_time();
            let nothing = self.state.draft(now).finish();
            match self.order(nothing, &[], now)? {
                Outcome::Ordered => self.flush(super::FlushUrgency::Last)?,
                Outcome::Overtaken => {
                    self.catch_up()?;
                }
            }
        }
        Ok(())
    }

    /// Decides once; nothing if that was about a log that others have moved on meanwhile.
    fn decide(&mut self, submissions: &[Vec<Entry>], now: u64) -> Result<Option<Vec<Decision>>, EngineError> {
        let mut admission =
            admit::Admission::new(&self.state, &*self.parts.sequencer, &*self.parts.storage, now);
        let answers =
            submissions.iter().map(|entries| admission.admit(entries)).collect::<Result<Vec<_>, _>>()?;
        let (batch, accepted) = admission.finish();
        let decided = if accepted.is_empty() {
            // What was answered before may have been answered by another node, a moment ago.
            self.parts.sequencer.shared()?.is_none_or(|(head, _)| head == self.head())
        } else {
            self.order(batch, &accepted, now)? == Outcome::Ordered
        };
        Ok(decided.then_some(answers))
    }

    /// Takes a batch in, closes it with a state root of the time `now` (unix seconds), and makes it durable and public, unless
    /// another node was quicker.
    pub(super) fn order(
        &mut self,
        batch: state::Batch,
        accepted: &[Accepted],
        now: u64,
    ) -> Result<Outcome, EngineError> {
        let leaves = self.state.credentials().len();
        let mut entries = batch.entries().to_vec();
        let (changes, undo) = self.state.apply_for_now(batch);
        let ordered = self.signed_root(now).and_then(|root| {
            entries.push(root);
            self.seal(leaves, &entries, accepted, &changes)
        });
        if matches!(ordered, Ok(Outcome::Overtaken) | Err(EngineError::Signing(_))) {
            self.state.undo(undo);
        }
        ordered
    }

    fn signed_root(&mut self, now: u64) -> Result<Entry, EngineError> {
        let Role::Node(keys) = &self.parts.role else { return Err(EngineError::Mirror) };
        Ok(self.state.seal(now, &keys.first)?)
    }

    /// Orders the entries of a batch that the state has taken in, then writes and shows them.
    fn seal(
        &mut self,
        leaves: u64,
        entries: &[Entry],
        accepted: &[Accepted],
        changes: &[LeafChange],
    ) -> Result<Outcome, EngineError> {
        let before = self.head();
        let grown = self.grown(entries);
        let Role::Node(keys) = &self.parts.role else { return Err(EngineError::Mirror) };
        let note = keys.sign(&checkpoint_of(&self.parts, &grown.range))?;
        let checkpoint = note.to_string().into_bytes();
        let batch = Batch {
            head: head_of(&grown.range),
            checkpoint: checkpoint.clone(),
            rows: rows(before.size, entries, accepted),
            changes: changes.iter().map(change).collect(),
        };
        match self.parts.sequencer.append(&before, &batch) {
            Err(SequencerError::Overtaken(_)) if self.parts.sequencer.shared()?.is_some() => {
                return Ok(Outcome::Overtaken);
            }
            appended => appended?,
        }
        let step = self.advance(entries, grown, leaves, changes);
        self.write(step)?;
        self.show(checkpoint)?;
        Ok(Outcome::Ordered)
    }
}
