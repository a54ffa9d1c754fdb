//! What a log signs with: its key, and a second one where the genesis names one.

use ledger::checkpoint::Checkpoint;
use ledger::note::Note;
use ledger::signer::SigningError;
use ledger::sm2::Sm2Key;
use ledger_keys::WatchedKey;

/// The log's keys, those of its genesis.
pub(crate) struct LogKeys {
    /// Signs checkpoints and state roots.
    pub(crate) first: WatchedKey,
    /// Signs checkpoints too.
    pub(crate) second: Option<Sm2Key>,
}

impl LogKeys {
    /// The note, with a line of each.
    pub(crate) fn sign(&self, checkpoint: &Checkpoint) -> Result<Note, SigningError> {
        let mut note = checkpoint.sign(&self.first)?;
        if let Some(second) = &self.second {
            note.push(second.line(&checkpoint.origin, &note)?);
        }
        Ok(note)
    }
}
