//! One step of the log after another: check, order, write, publish.
//!
//! The order of a step, and what a crash after each line leaves behind:
//!
//! 1. the entries are checked on a draft, and the state root is signed: nothing;
//! 2. the sequencer moves the head and stages the bundle, durably: the bundle, replayed at start-up;
//! 3. tiles are written, not yet durably: the bundle and some of its files, written again at start-up;
//! 4. witnesses cosign: the same, and they are asked again at start-up;
//! 5. readers see the batch and the submitters are answered: a finished batch; a retry gets the same answer;
//! 6. some time later, and for many batches at once: the files are synced, the checkpoint is put into its file: the bundle,
//!    whose files are written once more;
//! 7. the bundle is dropped: nothing to do.
//!
//! A failure in 2 to 6 is fatal: it is not known what landed, so the process ends and start-up reads it again. In 1 a key
//! that does not sign ends nothing: the batch is taken back, and its submitters are told.
//!
//! Where several nodes share one order, each takes in what the others ordered before it decides about anything. One that is
//! overtaken in 2 has written nothing: it takes its batch back, takes in the other's, and decides anew. A mirror takes in
//! what it is shown and proved, and decides nothing.

mod admit;
mod advance;
mod clock;
mod copy;
mod flush;
mod order;
mod recover;
mod shared;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ledger::checkpoint::Checkpoint;
use ledger::client::Status;
use ledger::digest::Digest;
use ledger::merkle::CompactRange;
use ledger::resource::Index;
use ledger::signer::SigningError;
use ledger::state::{Accepted, State};

pub use self::admit::SubmissionError;
pub(crate) use self::advance::{answers, change, elements, rows};
pub use self::clock::ClockError;
pub(crate) use self::clock::ClockGuard;
pub(crate) use self::flush::FlushUrgency;
use self::flush::Flushed;
pub use self::recover::RecoverError;
use crate::cosign::{CosignError, Shown, Witnesses};
use crate::derived::DerivedCache;
use crate::files::Storage;
use crate::hour::HourlyRoot;
use crate::log_keys::LogKeys;
use crate::mirror::Upstream;
use crate::removed_leaves::RemovedLeaves;
use crate::sequencer::{Head, Sequencer, SequencerError};
use crate::snapshot::Snapshot;
use crate::tiles::Stored;

/// What a log is made of.
pub(crate) struct EngineParts {
    pub(crate) genesis: ledger::genesis::Genesis,
    pub(crate) role: Role,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) sequencer: Box<dyn Sequencer>,
    pub(crate) clock: Arc<ClockGuard>,
    /// `None` on a ledger without witnesses.
    pub(crate) witnesses: Option<Witnesses>,
}

/// What decides about the next entry.
pub(crate) enum Role {
    /// This node: it signs with the log's keys.
    Node(LogKeys),
    /// The ledger that is copied.
    Mirror(Upstream),
    /// The log that sends its entries to a witness, which replays them and shows them to nobody.
    Witness,
}

/// The log, with everything that deciding about the next entry needs. One at a time per data directory.
pub(crate) struct Engine {
    parts: EngineParts,
    state: State,
    range: CompactRange,
    /// The unfinished bundle of entries.
    tail: Vec<u8>,
    derived: DerivedCache,
    removed_leaves: RemovedLeaves,
    /// The root before the newest full hour.
    hourly: HourlyRoot,
    /// The newest signed checkpoint, as readers see it.
    shown: Shown,
    /// Entries that it is about.
    shown_size: u64,
    flushed: Flushed,
    /// Partial tiles that the newest batch replaced. Readers whose snapshot is the one before still look for them, so they
    /// are removed one batch later.
    superseded: Vec<String>,
}

/// It is not known what was written: the process ends, and start-up finds out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The sequencer failed, or another process moved its head.
    #[error("the sequencer failed: {0}")]
    Sequencer(#[from] SequencerError),
    /// The witnesses did not cosign, or have seen what is not here.
    #[error("the witnesses: {0}")]
    Cosign(#[from] CosignError),
    /// What others ordered cannot be taken in.
    #[error("taking in what others ordered: {0}")]
    Behind(#[source] Box<RecoverError>),
    /// A mirror is asked to sign.
    #[error("a mirror decides nothing")]
    Mirror,
    /// The log's key does not sign: nothing was ordered. Fatal at a start only.
    #[error("signing as the log: {0}")]
    Signing(#[from] SigningError),
    /// A file could not be written durably.
    #[error("the storage failed: {0}")]
    Storage(#[from] io::Error),
    /// The thread that writes ended without a word.
    #[error("the writer ended unexpectedly")]
    Lost,
}

/// The answer to one submission.
pub(crate) type Decision = Result<Vec<Accepted>, SubmissionError>;

impl Engine {
    /// Takes a log up where it was left; finishes what a crash left unfinished.
    pub(crate) fn open(parts: EngineParts) -> Result<Self, RecoverError> {
        recover::open(parts)
    }

    /// Takes in what the others ordered, or what is copied; whether there was anything. After an error that
    /// [`RecoverError::is_passing`] nothing is amiss.
    pub(crate) fn catch_up(&mut self) -> Result<bool, RecoverError> {
        match self.parts.role {
            Role::Node(_) => self.apply_others(),
            Role::Mirror(_) => self.apply_original(),
            Role::Witness => Ok(false),
        }
    }

    /// The log's edge.
    pub(crate) fn range(&self) -> &CompactRange {
        &self.range
    }

    /// Whether the log's key signs, as far as that is known; one that did not is asked again now and then. A mirror needs none.
    pub(crate) fn try_key(&self) -> Result<(), SigningError> {
        match &self.parts.role {
            Role::Node(keys) => keys.first.try_again(),
            Role::Mirror(_) | Role::Witness => Ok(()),
        }
    }

    /// Whether the log here begins with so many entries that have this root and end with a `state.root`: only then is
    /// everything up to there derived.
    pub(crate) fn begins_with(&self, size: u64, root: &Digest) -> bool {
        if size == self.range.size() {
            return *root == self.range.root();
        }
        let sealed = size == 0 || self.derived.is_root(size - 1);
        let stored = Stored(&*self.parts.storage, self.range.size());
        sealed && ledger::merkle::root(size, &stored).is_ok_and(|here| here == *root)
    }

    /// The ledger's genesis.
    pub(crate) fn genesis(&self) -> &ledger::genesis::Genesis {
        &self.parts.genesis
    }

    /// The files, for readers.
    pub(crate) fn storage(&self) -> Arc<dyn Storage> {
        self.parts.storage.clone()
    }

    /// What ends the waiting for witnesses when it is set.
    pub(crate) fn stopper(&self) -> Arc<AtomicBool> {
        self.parts.witnesses.as_ref().map(Witnesses::stopper).unwrap_or_default()
    }

    /// Whether others may order entries too, so that it is worth while to look now and then.
    pub(crate) fn follows(&self) -> Result<bool, SequencerError> {
        Ok(matches!(self.parts.role, Role::Mirror(_)) || self.parts.sequencer.shared()?.is_some())
    }

    /// Whether readers can be shown what is here: a checkpoint is about all of it.
    pub(crate) fn is_shown(&self) -> bool {
        self.shown_size == self.range.size()
    }

    /// Has a checkpoint cosigned where there are witnesses. Its tiles are written.
    fn cosigned(&self, checkpoint: Vec<u8>) -> Result<Shown, CosignError> {
        match &self.parts.witnesses {
            None => Ok(Shown { whole: checkpoint.clone(), common: checkpoint }),
            Some(witnesses) => witnesses.cosign(&checkpoint),
        }
    }

    fn write(&mut self, step: advance::Step) -> Result<(), EngineError> {
        let storage = &self.parts.storage;
        step.files.iter().try_for_each(|(path, bytes)| storage.write(path, bytes))?;
        step.growth.iter().try_for_each(|grown| storage.write_at(&grown.path, grown.offset, &grown.bytes))?;
        let lengths =
            step.files.values().map(Vec::len).chain(step.growth.iter().map(|grown| grown.bytes.len()));
        self.flushed.bytes += lengths.sum::<usize>();
        self.sweep();
        self.superseded.extend(step.superseded);
        Ok(())
    }

    fn unsigned_checkpoint(&self) -> Checkpoint {
        checkpoint_of(&self.parts, &self.range)
    }

    /// Where the log is.
    pub(crate) fn head(&self) -> Head {
        head_of(&self.range)
    }

    /// What readers see from now on.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let credentials = self.state.credentials();
        let index = Index {
            size: self.range.size(),
            registry: self.derived.registry().to_vec(),
            roots: self.derived.roots(),
        };
        let status = Status {
            origin: self.parts.genesis.origin().clone(),
            genesis: self.parts.genesis.digest(),
            size: self.range.size(),
            root: self.range.root(),
            leaves: credentials.len(),
            credential_root: credentials.root().into(),
            time: self.state.time(),
        };
        let departments = self.state.registry().departments();
        Snapshot {
            shown: self.shown.clone(),
            index,
            status,
            cap: elements(credentials.cap()),
            removed_leaves: self.removed_leaves.clone(),
            hourly: self.hourly.clone(),
            keys: departments
                .map(|department| (department.id.clone(), department.key))
                .collect::<BTreeMap<_, _>>(),
        }
    }
}

fn head_of(range: &CompactRange) -> Head {
    Head { size: range.size(), root: *range.root().as_bytes() }
}

fn checkpoint_of(parts: &EngineParts, range: &CompactRange) -> Checkpoint {
    Checkpoint { origin: parts.genesis.origin().clone(), size: range.size(), root: range.root() }
}

/// File of the newest checkpoint.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// File of the newest checkpoint with all its cosignatures; only on a ledger with witnesses.
pub(crate) const COSIGNED: &str = "checkpoint-cosigned";

#[cfg(test)]
mod tests;
