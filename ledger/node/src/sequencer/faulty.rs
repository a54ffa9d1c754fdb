//! A sequencer that fails once, at a chosen write.

use super::{Answer, Batch, Bundle, Change, Head, Indexed, Sequencer, SequencerError};
use crate::files::faulty::Countdown;

/// A sequencer whose writes pass a [`Countdown`].
pub(crate) struct Faulty {
    pub(crate) inner: Box<dyn Sequencer>,
    pub(crate) countdown: Countdown,
}

impl Sequencer for Faulty {
    fn head(&self) -> Result<Head, SequencerError> {
        self.inner.head()
    }
    fn append(&mut self, on: &Head, batch: &Batch) -> Result<(), SequencerError> {
        self.countdown.pass(|| self.inner.append(on, batch), broken)
    }
    fn staged(&self) -> Result<Option<Bundle>, SequencerError> {
        self.inner.staged()
    }
    fn unstage(&mut self, size: u64) -> Result<(), SequencerError> {
        self.countdown.pass(|| self.inner.unstage(size), broken)
    }
    fn shared(&self) -> Result<Option<(Head, Vec<u8>)>, SequencerError> {
        self.inner.shared()
    }
    fn entries(&self, from: u64, to: u64) -> Result<Vec<Vec<u8>>, SequencerError> {
        self.inner.entries(from, to)
    }
    fn try_write(&self) -> Result<(), SequencerError> {
        self.inner.try_write()
    }
    fn name(&self) -> &'static str {
        self.inner.name()
    }
    fn answer(&self, signer: &str, id: &str) -> Result<Option<Answer>, SequencerError> {
        self.inner.answer(signer, id)
    }
    fn indexed(&self, index: u64) -> Result<Option<Indexed>, SequencerError> {
        self.inner.indexed(index)
    }
    fn changes(&self, from: u64, to: u64, limit: usize) -> Result<Vec<Change>, SequencerError> {
        self.inner.changes(from, to, limit)
    }
}

fn broken() -> SequencerError {
    SequencerError::Store("injected".into())
}
