//! A ledger node in this process: one data directory, one writer, any number of readers.

use std::fs;
use std::io;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ledger::client::{Client, Status};
use ledger::digest::Digest;
use ledger::genesis::Genesis;
use ledger::record::{Entry, EntryError, Signer, parse_batch};
use ledger::signer::SigningError;
use ledger_keys::WatchedKey;
use rayon::prelude::*;
use service::clock::Clock;
use service::durable::{self, WriteProbe};
use tokio::sync::{Semaphore, oneshot};
use url::Url;

use crate::backup;
use crate::blob::{self, BlobError};
use crate::config::{Config, REQUESTS_PER_SECOND, StartClock};
use crate::cosign::{Patience, Waiting, Witnesses, WitnessesError};
use crate::data_dir::{DataDir, DataError, Lock};
use crate::engine::{ClockError, ClockGuard, Decision, Engine, EngineError, EngineParts, RecoverError, Role};
use crate::files::Storage;
use crate::fsck::{self, FsckError, Report};
use crate::metrics::NodeMetrics;
use crate::mirror::{self, MirrorConfig, MirrorError, Upstream};
use crate::sequencer::{Sequencer, SequencerConfig, SequencerError};
use crate::snapshot::{Published, Snapshot};
use crate::writer::{MAX_BATCH, NotTaken, Pacing, Writer};

/// An open data directory with its writer thread. Dropping it finishes what was submitted and releases the directory.
pub struct Node {
    data: DataDir,
    store: SequencerConfig,
    /// What is copied, on a mirror.
    original: Option<Url>,
    genesis: Genesis,
    storage: Arc<dyn Storage>,
    /// A second view of the sequencer's store, for questions while the writer writes.
    questions: Mutex<Box<dyn Sequencer>>,
    published: Published,
    metrics: Arc<NodeMetrics>,
    writer: Writer,
    large_reads: Arc<Semaphore>,
    requests_per_second: NonZeroU32,
    write_probe: WriteProbe,
    clock: Arc<ClockGuard>,
    /// `None` on a mirror.
    key: Option<WatchedKey>,
}

/// A data directory whose lock is taken.
struct Opened {
    data: DataDir,
    lock: Lock,
    store: SequencerConfig,
    /// How many submissions may wait.
    queue: usize,
    original: Option<Url>,
    /// Of one network address.
    requests_per_second: NonZeroU32,
    clock: Arc<ClockGuard>,
    key: Option<WatchedKey>,
    /// How often a root is stated at least.
    heartbeat: Duration,
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
    /// The log was restored from a backup, has no witnesses, and nobody has said yet whether somebody has seen more.
    #[error(
        "the log was restored from a backup with {entries} entries; if somebody has seen more, it must not go on from there"
    )]
    Restored {
        /// Entries here.
        entries: u64,
    },
    /// The writer's thread cannot be started.
    #[error("cannot start the writer: {0}")]
    Thread(#[source] io::Error),
}

impl Node {
    /// Opens a data directory: takes its lock, replays its log, finishes what a crash left unfinished.
    pub fn open(config: &Config) -> Result<Self, OpenError> {
        Self::open_with_clock(config, Clock::system())
    }

    /// Like [`Self::open`], with another clock than the machine's.
    pub fn open_with_clock(config: &Config, clock: Clock) -> Result<Self, OpenError> {
        let data = DataDir::at(&config.data);
        let genesis = data.read_genesis()?;
        let lock = data.lock()?;
        backup::admit(&data, config.start_log)?;
        durable::sweep(data.path()).map_err(DataError::Io)?;
        // A node that joins others begins with the genesis and the key alone.
        fs::create_dir_all(data.path().join(blob::FOLDER)).map_err(DataError::Io)?;
        let storage: Arc<dyn Storage> = Arc::new(data.files());
        let waiting =
            Waiting { at_start: Duration::from_secs(config.witness_patience_s), running: Patience::Endless };
        let clock = ClockGuard::new(clock, config.start_clock);
        let keys = data.read_log_keys(&genesis)?;
        let key = keys.first.clone();
        let parts = EngineParts {
            role: Role::Node(keys),
            sequencer: config.store.open(&data, &genesis)?,
            witnesses: Witnesses::new(&genesis, &config.witnesses, storage.clone(), waiting)?,
            storage,
            clock: clock.clone(),
            genesis,
        };
        let opened = Opened {
            data,
            lock,
            store: config.store.clone(),
            queue: config.queue,
            original: None,
            requests_per_second: config.requests_per_second,
            clock,
            key: Some(key),
            heartbeat: config.heartbeat(),
        };
        let engine = Engine::open(parts)?;
        backup::admitted(&opened.data)?;
        Self::start(opened, engine, LOOK)
    }

    /// Opens a mirror, and takes in what is new at the original. The original need not answer if there is a copy already.
    pub fn open_mirror(config: &MirrorConfig) -> Result<Self, MirrorError> {
        let genesis = mirror::prepare(config)?;
        let data = DataDir::at(&config.data);
        let lock = data.lock()?;
        durable::sweep(data.path())?;
        let source = Arc::new(Client::new(config.url.clone()));
        // A mirror states no time.
        let clock = ClockGuard::new(Clock::system(), StartClock::default());
        let parts = EngineParts {
            role: Role::Mirror(Upstream::new(source, config.data.clone())),
            sequencer: SequencerConfig::Sqlite.open(&data, &genesis)?,
            storage: Arc::new(data.files()),
            clock: clock.clone(),
            witnesses: None,
            genesis,
        };
        let mut engine = Engine::open(parts)?;
        match engine.catch_up() {
            Err(error) if error.is_passing() && engine.is_shown() && engine.head().size > 0 => {
                tracing::warn!(%error, "the original does not answer; what is here is served");
            }
            caught_up => {
                caught_up?;
            }
        }
        let original = Some(config.url.clone());
        let opened = Opened {
            data,
            lock,
            store: SequencerConfig::Sqlite,
            queue: 1,
            original,
            requests_per_second: REQUESTS_PER_SECOND,
            clock,
            key: None,
            heartbeat: Duration::MAX,
        };
        Ok(Self::start(opened, engine, config.every)?)
    }

    /// Starts the writer's thread over what was opened.
    fn start(opened: Opened, engine: Engine, look: Duration) -> Result<Self, OpenError> {
        let Opened { data, lock, store, queue, original, requests_per_second, clock, key, heartbeat } =
            opened;
        let genesis = engine.genesis().clone();
        let storage = engine.storage();
        let questions = Mutex::new(store.open(&data, &genesis)?);
        let published = Published::new(engine.snapshot());
        let metrics = Arc::new(NodeMetrics::new());
        metrics.log(&published.get().status);
        let writer = Writer::start(
            engine,
            lock,
            Pacing { queue, look, heartbeat },
            published.clone(),
            metrics.clone(),
        );
        let writer = writer.map_err(OpenError::Thread)?;
        let large_reads = Arc::new(Semaphore::new(LARGE_READS));
        let write_probe = WriteProbe::new(data.path());
        Ok(Self {
            data,
            store,
            original,
            genesis,
            storage,
            questions,
            published,
            metrics,
            writer,
            large_reads,
            requests_per_second,
            write_probe,
            clock,
            key,
        })
    }

    /// The ledger's genesis.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// How the node is, as `/status` answers it.
    pub fn status(&self) -> Status {
        self.published.get().status.clone()
    }

    /// Whether this machine's clock can be right: a node signs nothing while it is far behind the newest state root, and after
    /// a jump until witnesses or its operator confirm it. A mirror signs nothing anyway.
    pub fn check_clock(&self) -> Result<(), ClockError> {
        if self.original.is_some() {
            return Ok(());
        }
        self.clock.now(self.published.get().status.time).map(drop)
    }

    /// Whether the log's key signed when it was asked last: it may be in a device that was taken out.
    pub fn check_key(&self) -> Result<(), SigningError> {
        self.key.as_ref().map_or(Ok(()), WatchedKey::check)
    }

    /// Stores a document of at most 64 MB, durably; it is served at `/blob/<digest>`.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<Digest, BlobError> {
        blob::put(self.data.path(), bytes)
    }

    /// Runs [`fsck::fsck`] between two batches; submissions wait meanwhile. Blocks.
    pub fn fsck(&self) -> Result<Report, FsckError> {
        let (tell, told) = oneshot::channel();
        let data = self.data.clone();
        let store = self.store.clone();
        let examine = move || {
            // Whoever asked may have gone; then nobody needs the report.
            let _ = tell.send(fsck::examine(&data, &store, &mut |_, _| {}));
        };
        self.writer.between(examine).map_err(|_| FsckError::Busy)?;
        told.blocking_recv().map_err(|_| FsckError::Busy)?
    }

    /// Waits until the node can no longer write; the process should end then, and start again.
    pub async fn failed(&self) -> Arc<EngineError> {
        self.writer.failed().await
    }

    /// Reads a submission and verifies its signatures, side by side with other submissions, up to the first that is none of a
    /// department's newest key, and none of one that is too long. The writer refuses at that entry, or knows it from before:
    /// no work is done for what comes after it, whatever good entries stand before it.
    pub(crate) fn read_submission(&self, body: &[u8]) -> Result<Vec<Entry>, (Option<usize>, EntryError)> {
        let mut entries = parse_batch(body)?;
        let snapshot = self.snapshot();
        let verified = |entry: &mut Entry| {
            let Signer::Department(id) = entry.signer() else { return false };
            snapshot.keys.get(id).is_some_and(|key| entry.verify_ahead(self.genesis.origin(), key).is_ok())
        };
        if entries.len() <= MAX_BATCH {
            let mut parts = entries.chunks_mut(SIDE_BY_SIDE);
            // `all` ends at the first bad part, and within it as soon as a bad entry is found.
            parts.all(|part| part.par_iter_mut().map(verified).all(|good| good));
        }
        Ok(entries)
    }
    /// Whether what is submitted could be written now: into the folder, and into the sequencer's store. Blocks.
    pub(crate) fn can_write(&self) -> bool {
        self.write_probe.is_writable_with(|| {
            let tried = self.ask(|sequencer| sequencer.try_write());
            tried.inspect_err(|error| tracing::warn!(%error, "the store takes no write")).is_ok()
        })
    }
    pub(crate) fn submit(&self, entries: Vec<Entry>) -> Result<oneshot::Receiver<Decision>, NotTaken> {
        self.writer.submit(entries)
    }
    /// The ledger that is copied here, if this is a mirror: whoever has something to submit goes there.
    pub(crate) fn original(&self) -> Option<&Url> {
        self.original.as_ref()
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
    /// How many requests of one network address are answered.
    pub(crate) fn requests_per_second(&self) -> NonZeroU32 {
        self.requests_per_second
    }
    pub(crate) fn metrics(&self) -> &NodeMetrics {
        &self.metrics
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

/// How often a node of a shared store looks for what others ordered, while nobody submits anything here.
const LOOK: Duration = Duration::from_millis(250);
/// Entries whose signatures are verified side by side before it is known whether to go on.
const SIDE_BY_SIDE: usize = 32;
/// Large files read at a time: each is some megabytes in memory.
pub(crate) const LARGE_READS: usize = 16;
