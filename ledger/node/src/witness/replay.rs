//! A witness's own copy of a log: every entry, replayed by the ledger's rules as a mirror does.
//!
//! The log sends entries with a proof that a checkpoint of its key has them, so that nobody else can fill the copy. What is
//! here was derived here; a checkpoint that is asked to be cosigned must be a beginning of it. The copy can be deleted: the
//! log sends everything again, and what was cosigned is remembered elsewhere.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledger::checkpoint::Checkpoint;
use ledger::digest::Digest;
use ledger::follow::CLOCKS_DIFFER_S;
use ledger::genesis::Genesis;
use ledger::merkle::{leaf_hash, verify_consistency};
use ledger::record::Entry;
use ledger::state::ReplayError;
use ledger::witness::{ReplayEntries, ReplayRefusal};
use service::clock::Clock;

use crate::config::StartClock;
use crate::data_dir::{DataDir, DataError, Lock};
use crate::engine::{ClockGuard, Engine, EngineError, EngineParts, FlushUrgency, RecoverError, Role};
use crate::mirror::{self, MirrorError};
use crate::sequencer::SequencerConfig;

/// Replays one log.
pub(super) struct Replayer {
    genesis: Genesis,
    data: DataDir,
    clock: Clock,
    work: Mutex<Work>,
    _lock: Lock,
}

/// What changes.
struct Work {
    /// `None` after a batch that does not derive, until the copy is taken up again.
    copy: Option<LogCopy>,
    /// What this process refused: the log asks again and again.
    refused: HashMap<(u64, Digest), ReplayRefusal>,
}

/// The log as far as it was replayed, and the beginning of a batch.
struct LogCopy {
    engine: Engine,
    open: Vec<Entry>,
}

/// Why a copy cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayOpenError {
    /// It cannot be made.
    #[error(transparent)]
    Begin(#[from] MirrorError),
    /// It cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// It is of another ledger.
    #[error("the copy in {} is of another genesis", .0.display())]
    OtherGenesis(PathBuf),
    /// It cannot be taken up.
    #[error("the copy in {}: {error}; deleted, it is derived again", folder.display())]
    Recover {
        /// Where it is.
        folder: PathBuf,
        /// Why.
        error: Box<RecoverError>,
    },
}

/// Why a checkpoint is not derived here, or entries are not taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotReplayed {
    /// Others come next.
    #[error("{0} entries were replayed here")]
    Reached(u64),
    /// They are not the log's, or do not follow what is here.
    #[error("the entries do not lead from those that were replayed here to the checkpoint")]
    NotProved,
    /// The log's key signed two histories, or a checkpoint inside of a batch.
    #[error("the checkpoint is not one of the entries that were replayed here")]
    OtherEntries,
    /// It breaks the rules, and the log's key signed it.
    #[error("entry {} does not derive: {}", .0.entry, .0.reason)]
    Refused(Box<ReplayRefusal>),
    /// One of the two clocks is wrong.
    #[error("entry {entry} states a time {ahead} s ahead of this witness's clock")]
    Early {
        /// The state root.
        entry: u64,
        /// Seconds.
        ahead: u64,
    },
    /// The copy can no longer be read or written.
    #[error("the witness's copy of the log: {0}")]
    Copy(#[from] ReplayOpenError),
    /// The same.
    #[error("the witness's copy of the log: {0}")]
    Engine(#[from] EngineError),
}

impl Replayer {
    /// Takes up the copy in this folder, or begins one.
    pub(super) fn open(folder: PathBuf, genesis: Genesis, clock: Clock) -> Result<Self, ReplayOpenError> {
        let data = DataDir::at(&folder);
        fs::create_dir_all(&folder).map_err(DataError::Io)?;
        let lock = data.lock()?;
        if !data.genesis().exists() {
            mirror::begin(&data, &genesis)?;
        }
        if data.read_genesis()? != genesis {
            return Err(ReplayOpenError::OtherGenesis(folder));
        }
        let work = Mutex::new(Work { copy: None, refused: HashMap::new() });
        let replayer = Self { genesis, data, clock, work, _lock: lock };
        replayer.copy(&mut replayer.work().copy)?;
        Ok(replayer)
    }

    /// Takes in entries that the checkpoint has, which the log's key signed; gives how many are here then.
    pub(super) fn take_in(&self, request: &ReplayEntries, shown: &Checkpoint) -> Result<u64, NotReplayed> {
        let mut work = self.work();
        let work = &mut *work;
        if let Some(known) = work.refused.get(&(shown.size, shown.root)) {
            return Err(NotReplayed::Refused(Box::new(known.clone())));
        }
        let copy = self.copy(&mut work.copy)?;
        let taken = self.replay(copy, request, shown);
        match &taken {
            Err(NotReplayed::Refused(refusal)) => {
                // The state has taken in what does not derive: what is durable of it is sound.
                work.copy = None;
                if work.refused.len() >= MAX_KNOWN {
                    work.refused.clear();
                }
                work.refused.insert((shown.size, shown.root), (**refusal).clone());
            }
            Err(NotReplayed::Copy(_) | NotReplayed::Engine(_)) => work.copy = None,
            Ok(_)
            | Err(
                NotReplayed::Reached(_)
                | NotReplayed::NotProved
                | NotReplayed::OtherEntries
                | NotReplayed::Early { .. },
            ) => {}
        }
        taken
    }

    /// Whether everything up to a checkpoint was derived here.
    pub(super) fn covers(&self, shown: &Checkpoint) -> Result<(), NotReplayed> {
        let mut work = self.work();
        if let Some(known) = work.refused.get(&(shown.size, shown.root)) {
            return Err(NotReplayed::Refused(Box::new(known.clone())));
        }
        let copy = self.copy(&mut work.copy)?;
        if copy.engine.head().size < shown.size {
            return Err(NotReplayed::Reached(copy.reached()));
        }
        if copy.engine.begins_with(shown.size, &shown.root) { Ok(()) } else { Err(NotReplayed::OtherEntries) }
    }

    fn replay(
        &self,
        copy: &mut LogCopy,
        request: &ReplayEntries,
        shown: &Checkpoint,
    ) -> Result<u64, NotReplayed> {
        let (reached, sealed) = (copy.reached(), copy.engine.head().size);
        // Half a batch may be of a history that was not gone on with: what is proved to begin otherwise takes its place.
        let anew = request.from == sealed && copy.is_replaced_by(&request.entries);
        if request.from != reached && !anew {
            return Err(NotReplayed::Reached(reached));
        }
        let open: &[Entry] = if anew { &[] } else { &copy.open };
        if !copy.leads_to(open, request, shown) {
            // Anybody can send this, so it changes nothing; a log of another history is to begin its batch again.
            return Err(if open.is_empty() { NotReplayed::NotProved } else { NotReplayed::Reached(sealed) });
        }
        if anew {
            copy.open.clear();
        }
        let note = request.note.to_string();
        let refuse = |entry: u64, record: &[u8], reason: String| {
            let record = String::from_utf8_lossy(record).into_owned();
            let checkpoint = note.clone();
            let time = self.clock.now();
            NotReplayed::Refused(Box::new(ReplayRefusal { checkpoint, entry, record, reason, time }))
        };
        for (index, bytes) in (request.from..).zip(&request.entries) {
            let entry = Entry::parse(bytes).map_err(|error| refuse(index, bytes, error.to_string()))?;
            let root = entry.record().state_root().map(|root| root.time);
            copy.open.push(entry);
            let Some(time) = root else { continue };
            let batch = std::mem::take(&mut copy.open);
            if let Some(ahead) = time.checked_sub(self.clock.now()).filter(|ahead| *ahead > CLOCKS_DIFFER_S) {
                return Err(NotReplayed::Early { entry: index, ahead });
            }
            let first = copy.engine.head().size;
            copy.engine.copy_batch(&batch, note.as_bytes()).map_err(|error| match error {
                RecoverError::Replay(error) => {
                    let entry = broken(&error).clamp(first, index);
                    let record = batch.get(usize::try_from(entry - first).unwrap_or(usize::MAX));
                    refuse(entry, record.map_or(&[][..], Entry::bytes), error.to_string())
                }
                error => NotReplayed::Engine(error.into()),
            })?;
        }
        if copy.open.len() > MAX_BATCH {
            let last = copy.reached() - 1;
            return Err(refuse(last, &[], ReplayError::NotSealed(last).to_string()));
        }
        copy.engine.flush(FlushUrgency::Due)?;
        Ok(copy.reached())
    }

    fn copy<'c>(&self, copy: &'c mut Option<LogCopy>) -> Result<&'c mut LogCopy, ReplayOpenError> {
        if copy.is_none() {
            *copy = Some(LogCopy { engine: self.engine()?, open: Vec::new() });
        }
        Ok(copy.as_mut().expect("put there just above"))
    }

    fn engine(&self) -> Result<Engine, ReplayOpenError> {
        let folder = || self.data.path().to_path_buf();
        let failed = |error| ReplayOpenError::Recover { folder: folder(), error: Box::new(error) };
        let sequencer = SequencerConfig::Sqlite.open(&self.data, &self.genesis);
        Engine::open(EngineParts {
            genesis: self.genesis.clone(),
            role: Role::Witness,
            storage: Arc::new(self.data.files()),
            sequencer: sequencer.map_err(|error| failed(error.into()))?,
            clock: ClockGuard::new(self.clock.clone(), StartClock::default()),
            witnesses: None,
        })
        .map_err(failed)
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(|poisoned| {
            let mut work = poisoned.into_inner();
            // Whoever panicked may have left half a batch in the state.
            work.copy = None;
            self.work.clear_poison();
            work
        })
    }
}

impl Drop for Replayer {
    fn drop(&mut self) {
        let work = self.work.get_mut().unwrap_or_else(PoisonError::into_inner);
        let flushed = work.copy.as_mut().map(|copy| copy.engine.flush(FlushUrgency::Last));
        if let Some(Err(error)) = flushed {
            tracing::warn!(%error, "what was replayed last is replayed again at the next start");
        }
    }
}

impl LogCopy {
    /// Entries that are here, those of an unfinished batch included.
    fn reached(&self) -> u64 {
        self.engine.head().size + self.open.len() as u64
    }
    /// Whether these entries begin the batch that is open here otherwise, or go on with it.
    fn is_replaced_by(&self, entries: &[Vec<u8>]) -> bool {
        let same = self.open.iter().zip(entries).all(|(open, sent)| open.bytes() == &sent[..]);
        !same || entries.len() > self.open.len()
    }
    /// Whether the sealed batches here, then `open`, then the request's entries begin the checkpoint's log.
    fn leads_to(&self, open: &[Entry], request: &ReplayEntries, shown: &Checkpoint) -> bool {
        let mut range = self.engine.range().clone();
        let hashes: Vec<Digest> =
            open.iter().map(Entry::leaf_hash).chain(request.entries.iter().map(|e| leaf_hash(e))).collect();
        range.append(&hashes);
        verify_consistency(range.size(), &range.root(), shown.size, &shown.root, &request.proof).is_ok()
    }
}

/// The entry that breaks a rule.
fn broken(error: &ReplayError) -> u64 {
    match error {
        ReplayError::Refused { index, .. } | ReplayError::NotSealed(index) => *index,
        ReplayError::WrongRoot(wrong) => wrong.index,
        // A kind of error that does not say where: the batch's state root.
        _ => u64::MAX,
    }
}

/// Entries of a batch at most; a node makes smaller ones.
const MAX_BATCH: usize = 1024;
/// Refusals that are answered from memory.
const MAX_KNOWN: usize = 64;
