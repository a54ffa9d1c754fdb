//! Taking in what other nodes ordered, where several share one store.

use ledger::checkpoint::Checkpoint;
use ledger::record::{Entry, Part};
use ledger::state::ReplayError;

use super::{Engine, EngineError, FlushUrgency, RecoverError};
use crate::cosign::CosignError;
use crate::sequencer::Head;
use crate::tiles;

impl Engine {
    /// Takes in what others ordered, if the store is shared, and shows its newest checkpoint; whether there was anything.
    pub(super) fn apply_others(&mut self) -> Result<bool, RecoverError> {
        let Some((head, checkpoint)) = self.parts.sequencer.shared()? else { return Ok(false) };
        if head == self.head() && self.is_shown() {
            return Ok(false);
        }
        self.reach(head)?;
        self.check_head(head, &checkpoint)?;
        self.superseded.extend(tiles::superseded(self.shown_size, self.range.size()));
        self.show(checkpoint)?;
        Ok(true)
    }

    /// Shows a checkpoint that is about everything here. Witnesses may have cosigned meanwhile what another node ordered
    /// after it; then that is taken in and shown.
    pub(super) fn show(&mut self, checkpoint: Vec<u8>) -> Result<(), EngineError> {
        match self.cosigned(checkpoint) {
            Err(ahead @ CosignError::Ahead { .. }) => {
                let newest = self.parts.sequencer.shared()?.map(|(head, _)| head.size);
                if newest.is_none_or(|newest| newest <= self.range.size()) {
                    return Err(ahead.into());
                }
                self.apply_others()?;
                Ok(())
            }
            shown => {
                self.shown = shown?;
                self.shown_size = self.range.size();
                Ok(())
            }
        }
    }

    /// Replays and writes the store's entries up to a head.
    fn reach(&mut self, head: Head) -> Result<(), RecoverError> {
        while self.range.size() < head.size {
            let from = self.range.size();
            let entries = self.parts.sequencer.entries(from, head.size.min(from + AT_ONCE))?;
            let parse = |(index, bytes): (u64, &Vec<u8>)| {
                Entry::parse(bytes).map_err(|source| RecoverError::Entry { index, source })
            };
            let entries = (from..).zip(&entries).map(parse).collect::<Result<Vec<_>, _>>()?;
            let sealed = entries.iter().rposition(|entry| entry.record().part() == Part::Root);
            let sealed = sealed.ok_or(ReplayError::NotSealed(from))?;
            for batch in entries[..=sealed].split_inclusive(|entry| entry.record().part() == Part::Root) {
                let step = self.replay(batch)?;
                self.write(step)?;
            }
            self.flush(FlushUrgency::Due)?;
        }
        Ok(())
    }

    /// What is here now is what the store says, and what the log signed.
    fn check_head(&self, head: Head, checkpoint: &[u8]) -> Result<(), RecoverError> {
        let genesis = &self.parts.genesis;
        let signed = Checkpoint::open(checkpoint, genesis.origin(), genesis.log_key())?;
        if self.head() == head && signed == self.unsigned_checkpoint() {
            Ok(())
        } else {
            Err(RecoverError::OtherRoot)
        }
    }
}

/// Entries that are taken in at a time: more than any batch has.
pub(super) const AT_ONCE: u64 = 1024;
