//! Taking in what a ledger shows, on a mirror: proved first, then replayed, indexed and written.

use std::mem;

use ledger::record::{Entry, Part};
use ledger::state::ReplayError;

use super::shared::AT_ONCE;
use super::{Engine, FlushUrgency, RecoverError, Role, answers, change, head_of, rows};
use crate::mirror::{Original, OriginalError};
use crate::sequencer::{Batch, SequencerError};
use crate::tiles::{self, Stored};

impl Engine {
    /// Takes in what is new at the original, and shows its checkpoint; whether there was anything. What it shows must be the
    /// same history as what is here.
    pub(super) fn apply_original(&mut self) -> Result<bool, RecoverError> {
        let Role::Mirror(upstream) = &self.parts.role else { return Ok(false) };
        let original = upstream.newest(&self.parts.genesis)?;
        let here = self.unsigned_checkpoint();
        original.compare(&here, &Stored(&*self.parts.storage, here.size))?;
        if original.checkpoint.size < here.size || (original.checkpoint == here && self.is_shown()) {
            return Ok(false);
        }
        self.copy(&original)?;
        if self.unsigned_checkpoint() != original.checkpoint {
            return Err(RecoverError::OtherRoot);
        }
        self.fetch_documents()?;
        self.superseded.extend(tiles::superseded(self.shown_size, self.range.size()));
        (self.shown, self.shown_size) = (original.shown, self.range.size());
        Ok(true)
    }

    /// Copies entries up to the original's checkpoint.
    fn copy(&mut self, original: &Original) -> Result<(), RecoverError> {
        let mut open = Vec::new();
        let size = original.checkpoint.size;
        let mut next = self.range.size();
        while next < size {
            let entries = original.entries(next)?;
            next += entries.len() as u64;
            open.extend(entries);
            while let Some(root) = open.iter().position(|entry: &Entry| entry.record().part() == Part::Root) {
                let rest = open.split_off(root + 1);
                self.copy_batch(&mem::replace(&mut open, rest), &original.note)?;
            }
            if open.len() as u64 > AT_ONCE {
                break;
            }
            self.flush(FlushUrgency::Due)?;
        }
        if open.is_empty() { Ok(()) } else { Err(ReplayError::NotSealed(next).into()) }
    }

    /// Takes in a batch that is proved to be the log's next one, by a checkpoint that its key signed. After a
    /// [`RecoverError::Replay`] nothing of the batch is kept, and the engine must be opened again.
    pub(crate) fn copy_batch(&mut self, entries: &[Entry], note: &[u8]) -> Result<(), RecoverError> {
        let before = self.head();
        let leaves = self.state.credentials().len();
        let changes = self.state.replay(entries)?;
        let grown = self.grown(entries);
        let given = answers(before.size, leaves, entries);
        let given = given.ok_or(SequencerError::Damaged("more leaves than the tree has places"))?;
        let batch = Batch {
            head: head_of(&grown.range),
            checkpoint: note.to_vec(),
            rows: rows(before.size, entries, &given),
            changes: changes.iter().map(change).collect(),
        };
        self.parts.sequencer.append(&before, &batch)?;
        let step = self.advance(entries, grown, leaves, &changes);
        Ok(self.write(step)?)
    }

    /// Stores the documents that entries name, as far as the original has them.
    fn fetch_documents(&self) -> Result<(), OriginalError> {
        let Role::Mirror(upstream) = &self.parts.role else { return Ok(()) };
        upstream.fetch_documents(self.state.registry())
    }
}
