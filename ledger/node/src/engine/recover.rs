//! Start-up: read the log again, check that everything fits, finish what a crash left unfinished.

use std::io;

use ledger::checkpoint::{Checkpoint, CheckpointError};
use ledger::merkle::CompactRange;
use ledger::record::{Entry, EntryError, Part};
use ledger::state::{ReplayError, State};
use ledger::tile::{TILE_WIDTH, TileWidth};

use super::{CHECKPOINT, COSIGNED, Engine, EngineError, EngineParts, FlushUrgency, Flushed, Role};
use crate::cosign::{CosignError, Shown};
use crate::derived::{self, DerivedCache, Loaded};
use crate::files::{Storage, TEMPORARY, is_unfinished};
use crate::hour::{self, HourlyRoot};
use crate::mirror::{Original, OriginalError};
use crate::removed_leaves::RemovedLeaves;
use crate::sequencer::{Bundle, Head, SequencerError};
use crate::tiles;

/// Why a log cannot be taken up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// The sequencer's store is older than the checkpoint that was published: an old backup was restored.
    #[error(
        "the checkpoint has {published} entries, the sequencer only {sequenced}: an old backup was restored"
    )]
    OldBackup {
        /// Entries of the checkpoint.
        published: u64,
        /// Entries of the sequencer.
        sequenced: u64,
    },
    /// The checkpoint and the sequencer's head have one size and two roots.
    #[error("the checkpoint and the sequencer are of different logs")]
    Forked,
    /// The files are older than the sequencer's store: an old backup of the files was restored, or they were lost.
    #[error("the checkpoint has {published} entries, the sequencer {sequenced}: files are missing")]
    FilesBehind {
        /// Entries of the checkpoint.
        published: u64,
        /// Entries of the sequencer.
        sequenced: u64,
    },
    /// Witnesses have seen what is not here, or too few of them answer.
    #[error("the witnesses: {0}")]
    Witnesses(#[from] CosignError),
    /// The checkpoint file is not a checkpoint of this log.
    #[error("the checkpoint file: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// An entry bundle is missing or damaged.
    #[error("the file {0} is missing or damaged")]
    Bundle(String),
    /// Bytes in a bundle are not an entry.
    #[error("entry {index}: {source}")]
    Entry {
        /// Which.
        index: u64,
        /// Why.
        #[source]
        source: EntryError,
    },
    /// The entries break the ledger's rules.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The entries do not lead to the root that was ordered.
    #[error("the entries do not lead to the root of the sequencer's head")]
    OtherRoot,
    /// The store failed.
    #[error("the sequencer's store: {0}")]
    Sequencer(#[from] SequencerError),
    /// What a mirror is shown cannot be had, or cannot be true.
    #[error(transparent)]
    Original(#[from] OriginalError),
    /// Finishing the last batch failed.
    #[error("finishing the last batch: {0}")]
    Engine(#[from] EngineError),
    /// The files cannot be read.
    #[error("reading the files: {0}")]
    Io(#[from] io::Error),
}

impl RecoverError {
    /// Whether nothing is amiss here: somebody else did not answer, and will be asked again.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Sequencer(SequencerError::Store(_)) => true,
            Self::Original(error) => error.is_passing(),
            _ => false,
        }
    }
}

impl From<RecoverError> for EngineError {
    fn from(error: RecoverError) -> Self {
        match error {
            RecoverError::Engine(fatal) => fatal,
            RecoverError::Sequencer(error) => Self::Sequencer(error),
            RecoverError::Witnesses(error) => Self::Cosign(error),
            RecoverError::Io(error) => Self::Storage(error),
            error => Self::Behind(Box::new(error)),
        }
    }
}

/// See [`Engine::open`].
pub(super) fn open(parts: EngineParts) -> Result<Engine, RecoverError> {
    let published = read_checkpoint(&parts)?;
    let seen = published.as_ref().map(|(checkpoint, _)| checkpoint.clone());
    look_back(&parts)?;
    let head = parts.sequencer.head()?;
    // Of a shared store everything can be had again; what is here already is taken as far as it goes.
    let shared = parts.sequencer.shared()?.is_some();
    let staged = if shared { None } else { parts.sequencer.staged()? };
    let files = seen.as_ref().map_or(0, |checkpoint| checkpoint.size);
    let base = if shared { files } else { staged.as_ref().map_or(head.size, |bundle| bundle.from) };
    check_ages(&parts, head, base, seen.as_ref())?;
    let mut engine = load(parts, base, shared, head)?;
    if let Some((checkpoint, shown)) = published {
        (engine.shown, engine.shown_size) = (shown, checkpoint.size);
    }
    if shared {
        engine.resume_shared(seen.as_ref())?;
    } else {
        engine.resume(staged, head, base, seen.as_ref())?;
    }
    engine.sweep_all()?;
    engine.found()?;
    Ok(engine)
}

/// The log as far as it is kept, or from nothing; the files of its first `base` entries are durable.
fn load(parts: EngineParts, base: u64, shared: bool, head: Head) -> Result<Engine, RecoverError> {
    let loaded = match derived::load(&*parts.storage, &parts.genesis, base, head.size)? {
        Some(loaded) => loaded,
        None => from_nothing(&parts)?,
    };
    let from = loaded.state.size();
    let leaves = loaded.state.credentials().len();
    let hourly = match from.checked_sub(1) {
        Some(root) => {
            let file = parts.storage.read(hour::FILE)?;
            HourlyRoot::resume(root, loaded.state.time(), loaded.state.credentials(), file.as_deref())
        }
        None => HourlyRoot::default(),
    };
    // From a shared store everything that is not kept is taken in and written again.
    let durable = if shared { base.min(from) } else { base.max(from) };
    Ok(Engine {
        removed_leaves: RemovedLeaves::new(loaded.state.credentials()),
        hourly,
        state: loaded.state,
        range: loaded.range,
        tail: loaded.tail,
        derived: loaded.derived,
        shown: Shown::default(),
        shown_size: 0,
        flushed: Flushed::at(durable, (from, leaves)),
        superseded: Vec::new(),
        parts,
    })
}

/// A start that has to derive everything begins without what is left of it.
fn from_nothing(parts: &EngineParts) -> io::Result<Loaded> {
    for path in parts.storage.list(derived::FOLDER)? {
        parts.storage.remove(&path)?;
    }
    let state = State::new(parts.genesis.clone());
    Ok(Loaded { state, derived: DerivedCache::new(), range: CompactRange::new(), tail: Vec::new() })
}

/// The published checkpoint, which must be of this log.
fn read_checkpoint(parts: &EngineParts) -> Result<Option<(Checkpoint, Shown)>, RecoverError> {
    let Some(common) = parts.storage.read(CHECKPOINT)? else { return Ok(None) };
    let checkpoint = Checkpoint::open(&common, parts.genesis.origin(), parts.genesis.log_key())?;
    let whole = parts.storage.read(COSIGNED)?.unwrap_or_else(|| common.clone());
    Ok(Some((checkpoint, Shown { common, whole })))
}

/// Witnesses remember what a restored backup has forgotten. The head is asked for after them, because another node may move
/// it meanwhile.
fn look_back(parts: &EngineParts) -> Result<(), RecoverError> {
    let Some(witnesses) = &parts.witnesses else { return Ok(()) };
    let heard = witnesses.hear()?;
    Ok(witnesses.look_back(heard, parts.sequencer.head()?)?)
}

/// A log that was rolled back must never sign again: somebody has seen more.
fn check_ages(
    parts: &EngineParts,
    head: Head,
    base: u64,
    checkpoint: Option<&Checkpoint>,
) -> Result<(), RecoverError> {
    let published = checkpoint.map_or(0, |checkpoint| checkpoint.size);
    let sequenced = head.size;
    if published > sequenced {
        return Err(RecoverError::OldBackup { published, sequenced });
    }
    // A mirror that ended between two checkpoints, and a witness, have files that no checkpoint here is about.
    if published < base && matches!(parts.role, Role::Node(_)) {
        return Err(RecoverError::FilesBehind { published, sequenced });
    }
    match checkpoint {
        Some(checkpoint) if published == sequenced && *checkpoint.root.as_bytes() != head.root => {
            Err(RecoverError::Forked)
        }
        _ => Ok(()),
    }
}

impl Engine {
    /// Replays what follows the state, first from the files and then from the staged bundle, up to the head.
    fn resume(
        &mut self,
        staged: Option<Bundle>,
        head: Head,
        base: u64,
        published: Option<&Checkpoint>,
    ) -> Result<(), RecoverError> {
        let from = self.range.size();
        let unsettled = staged.is_some();
        self.read_log(base, head.size)?;
        if let Some(bundle) = staged {
            self.finish(&bundle, head, published)?;
        }
        if self.head() != head {
            return Err(RecoverError::OtherRoot);
        }
        if from < head.size {
            tracing::info!(from, to = head.size, "replayed entries");
            self.flush(FlushUrgency::Last)?;
        } else if unsettled {
            // A crash just before the bundle was dropped.
            self.parts.sequencer.unstage(head.size)?;
        }
        Ok(())
    }

    /// Takes everything that is not here from the shared store, up to its head, which no witness has seen more than.
    fn resume_shared(&mut self, published: Option<&Checkpoint>) -> Result<(), RecoverError> {
        let from = self.range.size();
        self.apply_others()?;
        if let Some(seen) = published.filter(|seen| seen.size > 0) {
            self.compare_with(seen)?;
        }
        if !self.is_flushed() {
            tracing::info!(from, to = self.range.size(), "took in entries of the shared store");
            self.flush(FlushUrgency::Last)?;
        }
        Ok(())
    }

    /// What was published from here before is a beginning of what is here now.
    fn compare_with(&self, seen: &Checkpoint) -> Result<(), RecoverError> {
        let files = tiles::Stored(&*self.parts.storage, self.range.size());
        let here = ledger::merkle::root(seen.size, &files).map_err(|_| RecoverError::OtherRoot)?;
        if here == seen.root { Ok(()) } else { Err(RecoverError::Forked) }
    }

    /// Replays entries up to `size` from the bundles. `sequenced` entries may be on disk.
    fn read_log(&mut self, size: u64, sequenced: u64) -> Result<(), RecoverError> {
        let storage = self.parts.storage.clone();
        let from = self.range.size();
        let mut batch = Vec::new();
        for index in from / TILE_WIDTH..size.div_ceil(TILE_WIDTH) {
            let known = from.saturating_sub(index * TILE_WIDTH) as usize;
            for entry in read_bundle(&*storage, index, size, sequenced)?.into_iter().skip(known) {
                let root = entry.record().part() == Part::Root;
                batch.push(entry);
                if root {
                    let step = self.replay(&std::mem::take(&mut batch))?;
                    self.grow(&step)?;
                }
            }
        }
        if batch.is_empty() { Ok(()) } else { Err(ReplayError::NotSealed(size).into()) }
    }

    /// Writes what follows from entries whose own files are durable.
    fn grow(&self, step: &super::advance::Step) -> io::Result<()> {
        let storage = &self.parts.storage;
        step.growth.iter().try_for_each(|grown| storage.write_at(&grown.path, grown.offset, &grown.bytes))
    }

    pub(super) fn replay(&mut self, batch: &[Entry]) -> Result<super::advance::Step, RecoverError> {
        let leaves = self.state.credentials().len();
        let changes = self.state.replay(batch)?;
        let grown = self.grown(batch);
        Ok(self.advance(batch, grown, leaves, &changes))
    }

    /// Does the rest of batches that were ordered: their files. What the state has already is there already.
    fn finish(
        &mut self,
        bundle: &Bundle,
        head: Head,
        published: Option<&Checkpoint>,
    ) -> Result<(), RecoverError> {
        let parse = |(index, bytes): (u64, &Vec<u8>)| {
            Entry::parse(bytes).map_err(|source| RecoverError::Entry { index, source })
        };
        let known = self.range.size().saturating_sub(bundle.from) as usize;
        let rest = (bundle.from..).zip(&bundle.entries).skip(known);
        let entries = rest.map(parse).collect::<Result<Vec<_>, _>>()?;
        for batch in entries.split_inclusive(|entry| entry.record().part() == Part::Root) {
            let step = self.replay(batch)?;
            self.write(step)?;
            let here = self.head();
            if published.is_some_and(|seen| seen.size == here.size && *seen.root.as_bytes() != here.root) {
                return Err(RecoverError::Forked);
            }
        }
        match self.parts.role {
            Role::Node(_) => {}
            // A witness shows nothing of what it replays.
            Role::Witness => return Ok(()),
            Role::Mirror(_) => {
                // What is staged was proved before; the checkpoint may be about more, which comes next.
                let kept = Original::kept(&bundle.checkpoint, &self.parts.genesis);
                let here = self.unsigned_checkpoint();
                if let Some((_, shown)) = kept.filter(|(checkpoint, _)| *checkpoint == here) {
                    (self.shown, self.shown_size) = (shown, self.range.size());
                }
                return Ok(());
            }
        }
        let genesis = &self.parts.genesis;
        let checkpoint = Checkpoint::open(&bundle.checkpoint, genesis.origin(), genesis.log_key())?;
        if self.head() != head || checkpoint != self.unsigned_checkpoint() {
            return Err(RecoverError::OtherRoot);
        }
        Ok(self.show(bundle.checkpoint.clone())?)
    }

    /// Removes unfinished files and superseded partial tiles.
    pub(crate) fn sweep_all(&self) -> io::Result<()> {
        let storage = &self.parts.storage;
        let stale = |path: &String| {
            is_unfinished(path) || path.contains(".p/") && !tiles::is_current(path, self.range.size())
        };
        let tiles = storage.list("tile")?.into_iter().filter(stale);
        let derived = storage.list(derived::FOLDER)?.into_iter().filter(|path| is_unfinished(path));
        // Of versions that wrote these beside their places.
        let former = [CHECKPOINT, COSIGNED].map(|file| format!("{file}{TEMPORARY}"));
        for path in tiles.chain(derived).chain(former) {
            storage.remove(&path)?;
        }
        Ok(())
    }
}

/// The entries of bundle `index` in a log of `size` entries of which `sequenced` may be on disk.
fn read_bundle(
    storage: &dyn Storage,
    index: u64,
    size: u64,
    sequenced: u64,
) -> Result<Vec<Entry>, RecoverError> {
    let width = |count| TileWidth::at(index, count).expect("the bundle begins below the size");
    let path = |width| tiles::entries(index, width);
    let damaged = || RecoverError::Bundle(path(width(size)));
    let bytes = tiles::read_cut(storage, path, width(size), width(sequenced), tiles::cut_entries);
    let bytes = bytes.map_err(|_| damaged())?.ok_or_else(damaged)?;
    let entries = tiles::split_bundle(&bytes).filter(|entries| entries.len() == width(size).get());
    let parse = |(index, bytes)| Entry::parse(bytes).map_err(|source| RecoverError::Entry { index, source });
    (index * TILE_WIDTH..).zip(entries.ok_or_else(damaged)?).map(parse).collect()
}
