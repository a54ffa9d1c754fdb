//! The order of a copy that is made once and asked nothing: where it is, and no index.

use super::{
    Answer, Batch, Bundle, Change, Head, Indexed, Sequencer, SequencerError, check_contiguous, empty_root,
};

/// Remembers the head while a copy is made, and nothing after that.
pub(crate) struct Headless(Head);

impl Headless {
    /// Of an empty log.
    pub(crate) fn new() -> Self {
        Self(Head { size: 0, root: empty_root() })
    }
}

impl Sequencer for Headless {
    fn head(&self) -> Result<Head, SequencerError> {
        Ok(self.0)
    }
    fn append(&mut self, on: &Head, batch: &Batch) -> Result<(), SequencerError> {
        check_contiguous(on, batch)?;
        if self.0 != *on {
            return Err(SequencerError::Overtaken(self.0));
        }
        self.0 = batch.head;
        Ok(())
    }
    fn staged(&self) -> Result<Option<Bundle>, SequencerError> {
        Ok(None)
    }
    fn unstage(&mut self, _size: u64) -> Result<(), SequencerError> {
        Ok(())
    }
    fn try_write(&self) -> Result<(), SequencerError> {
        Ok(())
    }
    fn name(&self) -> &'static str {
        "no index"
    }
    fn answer(&self, _signer: &str, _id: &str) -> Result<Option<Answer>, SequencerError> {
        Ok(None)
    }
    fn indexed(&self, _index: u64) -> Result<Option<Indexed>, SequencerError> {
        Ok(None)
    }
    fn changes(&self, _from: u64, _to: u64, _limit: usize) -> Result<Vec<Change>, SequencerError> {
        Ok(Vec::new())
    }
}
