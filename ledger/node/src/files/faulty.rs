//! A storage that fails at a chosen write, once or from then on.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::Storage;

/// What the failed write left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultInjection {
    /// Nothing.
    Lost,
    /// Everything: only the report was lost.
    Landed,
    /// Nothing, and no later write succeeds: the disk is full.
    Full,
}

/// Counts writes down to the one that fails; shared between a storage and a sequencer.
#[derive(Clone)]
pub(crate) struct Countdown {
    left: Arc<AtomicI64>,
    fault: FaultInjection,
}

impl Countdown {
    /// No write fails until [`Self::arm`].
    pub(crate) fn new(fault: FaultInjection) -> Self {
        Self { left: Arc::new(AtomicI64::new(i64::MAX)), fault }
    }

    /// The write number `nth` from now on (from 0) fails.
    pub(crate) fn arm(&self, nth: u32) {
        self.left.store(nth.into(), Ordering::SeqCst);
    }

    /// Whether the chosen write was reached.
    pub(crate) fn reached(&self) -> bool {
        self.left.load(Ordering::SeqCst) < 0
    }

    /// Runs one write, or fails it.
    pub(crate) fn pass<T, E>(
        &self,
        write: impl FnOnce() -> Result<T, E>,
        failed: impl FnOnce() -> E,
    ) -> Result<T, E> {
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        if left > 0 || left < 0 && self.fault != FaultInjection::Full {
            return write();
        }
        if self.fault == FaultInjection::Landed {
            write()?;
        }
        Err(failed())
    }
}

/// A storage whose writes pass a [`Countdown`].
pub(crate) struct Faulty {
    pub(crate) inner: Arc<dyn Storage>,
    pub(crate) countdown: Countdown,
}

impl Storage for Faulty {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        self.inner.read(path)
    }
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.countdown.pass(|| self.inner.write(path, bytes), broken)
    }
    fn read_at(&self, path: &str, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
        self.inner.read_at(path, offset, length)
    }
    fn write_at(&self, path: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.countdown.pass(|| self.inner.write_at(path, offset, bytes), broken)
    }
    fn replace(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.countdown.pass(|| self.inner.replace(path, bytes), broken)
    }
    fn sync(&self) -> io::Result<()> {
        self.countdown.pass(|| self.inner.sync(), broken)
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        self.countdown.pass(|| self.inner.remove(path), broken)
    }
    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.inner.list(folder)
    }
}

fn broken() -> io::Error {
    io::Error::from(io::ErrorKind::StorageFull)
}
