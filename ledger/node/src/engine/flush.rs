//! Making files durable, beside the batches that follow.
//!
//! What a batch writes is durable in the sequencer at once and in the files some time later. A thread syncs the files of
//! everything up to some size, puts the checkpoint of that size in its place, and now and then what a start needs; then the
//! sequencer drops the entries up to there. Partial tiles of that size stay until those of a later size are durable.

use std::thread::{self, JoinHandle};
use std::{io, mem};

use super::{CHECKPOINT, COSIGNED, Engine, EngineError};
use crate::derived;
use crate::files::Storage;
use crate::tiles;

/// How urgent it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlushUrgency {
    /// Begin if there is much to do; finish what is done.
    Due,
    /// Begin if there is anything to do; finish what is done.
    Idle,
    /// Finish everything now, and keep what a start needs.
    Last,
}

/// What is being made durable.
pub(super) struct FlushRun {
    size: u64,
    thread: JoinHandle<io::Result<()>>,
}

/// How far it is.
#[derive(Default)]
pub(super) struct Flushed {
    /// Entries whose files are durable, with their checkpoint.
    pub(super) size: u64,
    /// Entries and leaves of what is kept for a start.
    pub(super) kept: (u64, u64),
    running: Option<FlushRun>,
    /// Bytes written since the newest run began.
    pub(super) bytes: usize,
}

impl Flushed {
    /// A log of which everything is durable, and for a start as much as `kept`.
    pub(super) fn at(size: u64, kept: (u64, u64)) -> Self {
        Self { size, kept, running: None, bytes: 0 }
    }
    /// Whether these are partial tiles that a start may need.
    fn needs(&self, path: &str) -> bool {
        let running = self.running.as_ref().map(|running| running.size);
        [Some(self.size), running].into_iter().flatten().any(|size| tiles::is_current(path, size))
    }
}

impl Engine {
    /// Begins and finishes runs.
    pub(crate) fn flush(&mut self, pace: FlushUrgency) -> Result<(), EngineError> {
        let wait = pace == FlushUrgency::Last || self.flushed.bytes > MANY_BYTES;
        self.finish_run(wait)?;
        if self.flushed.running.is_none() && self.is_due(pace) {
            self.begin_run(pace)?;
            self.finish_run(wait)?;
        }
        Ok(())
    }

    /// Whether anything is not durable yet.
    pub(crate) fn is_flushed(&self) -> bool {
        self.flushed.size == self.range.size() && self.flushed.running.is_none()
    }

    fn is_due(&self, pace: FlushUrgency) -> bool {
        let entries = self.range.size() - self.flushed.size;
        let kept = self.flushed.kept;
        let leaves = self.state.credentials().len();
        let unkept = (self.range.size(), leaves) != kept;
        match pace {
            FlushUrgency::Due => entries >= ENTRIES || self.flushed.bytes >= BYTES,
            FlushUrgency::Idle => entries > 0,
            FlushUrgency::Last => entries > 0 || unkept,
        }
    }

    fn begin_run(&mut self, pace: FlushUrgency) -> Result<(), EngineError> {
        let size = self.range.size();
        let leaves = self.state.credentials().len();
        let (kept_size, kept_leaves) = self.flushed.kept;
        let keep = pace == FlushUrgency::Last
            || size - kept_size >= KEEP_ENTRIES
            || leaves - kept_leaves >= KEEP_LEAVES;
        let state = keep.then(|| self.derived.encode(&self.state));
        if keep {
            self.flushed.kept = (size, leaves);
        }
        let storage = self.parts.storage.clone();
        let shown = self.shown.clone();
        let cosigned = self.parts.genesis.witnesses().is_some().then_some(shown.whole);
        let run = move || write(&*storage, &shown.common, cosigned.as_deref(), state.as_deref());
        let thread = thread::Builder::new().name("ledger-settle".into()).spawn(run)?;
        self.flushed.bytes = 0;
        self.flushed.running = Some(FlushRun { size, thread });
        Ok(())
    }

    fn finish_run(&mut self, wait: bool) -> Result<(), EngineError> {
        let Some(running) = self.flushed.running.take_if(|running| wait || running.thread.is_finished())
        else {
            return Ok(());
        };
        running.thread.join().map_err(|_| EngineError::Lost)??;
        self.parts.sequencer.unstage(running.size)?;
        let before = mem::replace(&mut self.flushed.size, running.size);
        self.superseded.extend(tiles::superseded(before, running.size));
        Ok(())
    }

    /// Removes partial tiles that no reader and no start needs any more. They do no harm, so a failure is told and forgotten.
    pub(super) fn sweep(&mut self) {
        let now = self.range.size();
        for path in mem::take(&mut self.superseded) {
            let shown = tiles::is_current(&path, self.shown_size);
            if shown || tiles::is_current(&path, now) || self.flushed.needs(&path) {
                continue;
            }
            if let Err(error) = self.parts.storage.remove(&path) {
                tracing::warn!(path, %error, "a superseded tile is left behind");
            }
        }
    }
}

fn write(
    storage: &dyn Storage,
    checkpoint: &[u8],
    cosigned: Option<&[u8]>,
    state: Option<&[u8]>,
) -> io::Result<()> {
    storage.sync()?;
    // A copy that has not reached its first checkpoint shows none.
    if !checkpoint.is_empty() {
        cosigned.map_or(Ok(()), |cosigned| storage.replace(COSIGNED, cosigned))?;
        storage.replace(CHECKPOINT, checkpoint)?;
    }
    state.map_or(Ok(()), |state| storage.replace(derived::STATE, state))
}

/// Entries after which a run begins without a pause.
const ENTRIES: u64 = 1024;
/// Bytes of files after which a run begins without a pause.
const BYTES: usize = 32 << 20;
/// Bytes of files after which batches wait for a run.
const MANY_BYTES: usize = 256 << 20;
/// Entries after which what a start needs is kept anew: a start replays no more than about as many.
const KEEP_ENTRIES: u64 = 4096;
/// The same in leaves.
const KEEP_LEAVES: u64 = 1 << 18;
