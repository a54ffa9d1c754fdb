//! A ledger node in this process: one data directory, one writer, any number of readers.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ledger::client::Status;
use ledger::digest::Digest;
use ledger::genesis::Genesis;
use ledger::record::{Entry, EntryError, Signer, parse_batch};
use rayon::prelude::*;
use tokio::sync::{Semaphore, oneshot};

use crate::blob::{self, BlobError};
use crate::config::Config;
use crate::cosign::{Patience, Waiting, Witnesses, WitnessesError};
use crate::data::{DataDir, DataError};
use crate::engine::{Answer, Engine, Fatal, Parts, RecoverError};
use crate::fsck::{self, FsckError, Report};
use crate::meter::Meter;
use crate::sequencer::{Sequencer, SequencerError};
use crate::snapshot::{Published, Snapshot};
use crate::storage::Storage;
use crate::writer::{NotTaken, Writer};

/// An open data directory with its writer thread. Dropping it finishes what was submitted and releases the directory.
pub struct Node {
    data: DataDir,
    genesis: Genesis,
    storage: Arc<dyn Storage>,
    /// A second view of the sequencer's store, for questions while the writer writes.
    questions: Mutex<Box<dyn Sequencer>>,
    published: Published,
    meter: Arc<Meter>,
    writer: Writer,
    large_reads: Arc<Semaphore>,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The data directory cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The sequencer's store cannot be opened.
    #[error("the sequencer's store: {0}")]
    Sequencer(#[from] SequencerError),
    /// The configured witnesses are not the genesis file's.
    #[error(transparent)]
    Witnesses(#[from] WitnessesError),
    /// The log cannot be taken up.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The writer's thread cannot be started.
    #[error("cannot start the writer: {0}")]
    Thread(#[source] std::io::Error),
}

impl Node {
    /// Opens a data directory: takes its lock, replays its log, finishes what a crash left unfinished.
    pub fn open(config: &Config) -> Result<Self, OpenError> {
        Self::open_with_clock(config, Arc::new(now))
    }

    /// Like [`Self::open`], with a clock that gives unix seconds.
    pub fn open_with_clock(
        config: &Config,
        clock: Arc<dyn Fn() -> u64 + Send + Sync>,
    ) -> Result<Self, OpenError> {
        let data = DataDir::at(&config.data);
        let genesis = data.read_genesis()?;
        let lock = data.lock()?;
        let log_key = data.read_log_key(&genesis)?;
        let storage: Arc<dyn Storage> = Arc::new(data.files());
        let sequencer = Box::new(data.sequencer(&genesis)?);
        let questions: Mutex<Box<dyn Sequencer>> = Mutex::new(Box::new(data.sequencer(&genesis)?));
        let waiting =
            Waiting { at_start: Duration::from_secs(config.witness_patience_s), running: Patience::Endless };
        let witnesses = Witnesses::new(&genesis, &config.witnesses, storage.clone(), waiting)?;
        let stop = witnesses.as_ref().map(Witnesses::stopper).unwrap_or_default();
        let parts = Parts {
            genesis: genesis.clone(),
            log_key,
            storage: storage.clone(),
            sequencer,
            clock,
            witnesses,
        };
        let engine = Engine::open(parts)?;
        let (published, meter) = (Published::new(engine.snapshot()), Arc::new(Meter::new()));
        meter.log(&published.get().status);
        let writer = Writer::start(engine, lock, config.queue, published.clone(), meter.clone(), stop);
        let writer = writer.map_err(OpenError::Thread)?;
        let large_reads = Arc::new(Semaphore::new(LARGE_READS));
        Ok(Self { data, genesis, storage, questions, published, meter, writer, large_reads })
    }

    /// The ledger's genesis.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// How the node is, as `/status` answers it.
    pub fn status(&self) -> Status {
        self.published.get().status.clone()
    }

    /// Stores a document of at most 64 MB, durably; it is served at `/blob/<digest>`.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        blob::put(self.data.path(), bytes)
    }

    /// Runs [`fsck::fsck`] between two batches; submissions wait meanwhile. Blocks.
    pub fn fsck(&self) -> Result<Report, FsckError> {
        let (tell, told) = oneshot::channel();
        let data = self.data.clone();
        let examine = move || {
            // Whoever asked may have gone; then nobody needs the report.
            let _ = tell.send(fsck::examine(&data, &mut |_, _| {}));
        };
        self.writer.between(examine).map_err(|_| FsckError::Busy)?;
        told.blocking_recv().map_err(|_| FsckError::Busy)?
    }

    /// Waits until the node can no longer write; the process should end then, and start again.
    pub async fn failed(&self) -> Arc<Fatal> {
        self.writer.failed().await
    }

    /// Reads a submission and verifies its signatures, side by side with other submissions. A bad signature is left to the
    /// writer to refuse.
    pub(crate) fn read_submission(&self, body: &[u8]) -> Result<Vec<Entry>, (Option<usize>, EntryError)> {
        let mut entries = parse_batch(body)?;
        let snapshot = self.snapshot();
        entries.par_iter_mut().for_each(|entry| {
            let Signer::Department(id) = entry.signer() else { return };
            if let Some(key) = snapshot.keys.get(id) {
                entry.verify_ahead(self.genesis.origin(), key);
            }
        });
        Ok(entries)
    }
    pub(crate) fn submit(&self, entries: Vec<Entry>) -> Result<oneshot::Receiver<Answer>, NotTaken> {
        self.writer.submit(entries)
    }
    #[cfg(test)]
    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }
    pub(crate) fn is_alive(&self) -> bool {
        self.writer.is_alive()
    }
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.published.get()
    }
    /// Turns to read large files.
    pub(crate) fn large_reads(&self) -> Arc<Semaphore> {
        self.large_reads.clone()
    }
    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }
    pub(crate) fn storage(&self) -> &dyn Storage {
        &*self.storage
    }
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }
    /// Asks the sequencer's store. Blocks.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&dyn Sequencer) -> T) -> T {
        let questions = self.questions.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        question(&**questions)
    }
}

/// Large files read at a time: each is some megabytes in memory.
const LARGE_READS: usize = 16;

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
