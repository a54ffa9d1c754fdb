//! Start-up: read the log again, believe nothing that does not fit, finish what a crash left unfinished.

use std::collections::VecDeque;
use std::io;

use ledger::checkpoint::{Checkpoint, CheckpointError};
use ledger::merkle::Edge;
use ledger::record::{Entry, EntryError, Part};
use ledger::state::{ReplayError, State};
use ledger::tile::{TILE_WIDTH, TileWidth};

use super::{CHECKPOINT, COSIGNED, Engine, Fatal, Parts};
use crate::cosign::{CosignError, Shown};
use crate::sequencer::{Bundle, Head, SequencerError};
use crate::storage::{Storage, TEMPORARY};
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
    /// Finishing the last batch failed.
    #[error("finishing the last batch: {0}")]
    Fatal(#[from] Fatal),
    /// The files cannot be read.
    #[error("reading the files: {0}")]
    Io(#[from] io::Error),
}

/// See [`Engine::open`].
pub(super) fn open(parts: Parts) -> Result<Engine, RecoverError> {
    let (head, staged) = (parts.sequencer.head()?, parts.sequencer.staged()?);
    let base = staged.as_ref().map_or(head.size, |bundle| bundle.from);
    let published = read_checkpoint(&parts)?;
    look_back(&parts, head)?;
    check_ages(head, base, published.as_ref().map(|(checkpoint, _)| checkpoint))?;
    let shown = match published {
        None => Shown::default(),
        Some((_, common)) => {
            Shown { whole: parts.storage.read(COSIGNED)?.unwrap_or_else(|| common.clone()), common }
        }
    };
    let mut engine = Engine {
        state: State::new(parts.genesis.clone()),
        edge: Edge::new(),
        tail: Vec::new(),
        registry: Vec::new(),
        roots: VecDeque::new(),
        shown,
        superseded: Vec::new(),
        parts,
    };
    engine.read_log(base, head.size)?;
    if let Some(bundle) = staged {
        engine.finish(&bundle, head)?;
    }
    if engine.head() != head {
        return Err(RecoverError::OtherRoot);
    }
    engine.sweep_all()?;
    engine.found()?;
    Ok(engine)
}

/// The published checkpoint, which must be of this log.
fn read_checkpoint(parts: &Parts) -> Result<Option<(Checkpoint, Vec<u8>)>, RecoverError> {
    let Some(bytes) = parts.storage.read(CHECKPOINT)? else { return Ok(None) };
    let checkpoint = Checkpoint::open(&bytes, parts.genesis.origin(), parts.genesis.log_key())?;
    Ok(Some((checkpoint, bytes)))
}

/// Witnesses remember what a restored backup has forgotten.
fn look_back(parts: &Parts, head: Head) -> Result<(), RecoverError> {
    match &parts.witnesses {
        None => Ok(()),
        Some(witnesses) => Ok(witnesses.look_back(head)?),
    }
}

/// A log that was rolled back must never sign again: somebody has seen more.
fn check_ages(head: Head, base: u64, checkpoint: Option<&Checkpoint>) -> Result<(), RecoverError> {
    let published = checkpoint.map_or(0, |checkpoint| checkpoint.size);
    let sequenced = head.size;
    if published > sequenced {
        return Err(RecoverError::OldBackup { published, sequenced });
    }
    if published != base && published != sequenced {
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
    /// Replays the first `size` entries from the bundles. `sequenced` entries may be on disk.
    fn read_log(&mut self, size: u64, sequenced: u64) -> Result<(), RecoverError> {
        let storage = self.parts.storage.clone();
        let mut batch = Vec::new();
        for index in 0..size.div_ceil(TILE_WIDTH) {
            for entry in read_bundle(&*storage, index, size, sequenced)? {
                let root = entry.record().part() == Part::Root;
                batch.push(entry);
                if root {
                    self.replay(&std::mem::take(&mut batch))?;
                }
            }
        }
        if batch.is_empty() { Ok(()) } else { Err(ReplayError::NotSealed(size).into()) }
    }

    fn replay(&mut self, batch: &[Entry]) -> Result<super::advance::Step, RecoverError> {
        let leaves = self.state.credentials().len();
        let changes = self.state.replay(batch)?;
        Ok(self.advance(batch, leaves, &changes))
    }

    /// Does the rest of a step that was ordered: the files, the checkpoint, and dropping the bundle.
    fn finish(&mut self, bundle: &Bundle, head: Head) -> Result<(), RecoverError> {
        let parse = |(index, bytes): (u64, &Vec<u8>)| {
            Entry::parse(bytes).map_err(|source| RecoverError::Entry { index, source })
        };
        let entries = (bundle.from..).zip(&bundle.entries).map(parse).collect::<Result<Vec<_>, _>>()?;
        let step = self.replay(&entries)?;
        let genesis = &self.parts.genesis;
        let checkpoint = Checkpoint::open(&bundle.checkpoint, genesis.origin(), genesis.log_key())?;
        if self.head() != head || checkpoint != self.unsigned_checkpoint() {
            return Err(RecoverError::OtherRoot);
        }
        self.publish(step, bundle.checkpoint.clone())?;
        tracing::info!(from = bundle.from, to = head.size, "finished the batch that was staged");
        Ok(())
    }

    /// A log begins with a state root, so that every checkpoint ends with one.
    fn found(&mut self) -> Result<(), Fatal> {
        if self.edge.size() > 0 {
            return Ok(());
        }
        self.seal(self.head(), 0, Vec::new(), &[], &[])
    }

    /// Removes unfinished files and superseded partial tiles.
    fn sweep_all(&self) -> io::Result<()> {
        let (size, leaves) = (self.edge.size(), self.state.credentials().len());
        let current = |path: &String| !path.contains(".p/") || tiles::is_current(path, size, leaves);
        for folder in ["tile", "credentials"] {
            let found = self.parts.storage.list(folder)?;
            let stale: Vec<_> =
                found.into_iter().filter(|path| path.ends_with(TEMPORARY) || !current(path)).collect();
            self.sweep(&stale);
        }
        self.sweep(&[CHECKPOINT, COSIGNED].map(|file| format!("{file}{TEMPORARY}")));
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
    let width = |count| TileWidth::of(index, count).expect("the bundle begins below the size");
    let path = |width| tiles::entries(index, width);
    let damaged = || RecoverError::Bundle(path(width(size)));
    let bytes = tiles::read_cut(storage, path, width(size), width(sequenced), tiles::cut_entries);
    let bytes = bytes.map_err(|_| damaged())?.ok_or_else(damaged)?;
    let entries = tiles::split_bundle(&bytes).filter(|entries| entries.len() == width(size).get());
    let parse = |(index, bytes)| Entry::parse(bytes).map_err(|source| RecoverError::Entry { index, source });
    (index * TILE_WIDTH..).zip(entries.ok_or_else(damaged)?).map(parse).collect()
}
