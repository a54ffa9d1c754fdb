//! Derives everything again from the entries and names the first thing that differs.
//!
//! It shares the rules of the ledger with the node, and none of its shortcuts: every signature is verified, every tile
//! is compared byte by byte, every row of the index is looked up.

mod files;
mod index;
mod kept;
mod replay;

use std::io;
use std::path::Path;

use ledger::checkpoint::Checkpoint;
use ledger::genesis::Genesis;
use serde::Serialize;

use self::replay::Derived;
use crate::blob;
use crate::data::{DataDir, DataError};
use crate::engine::CHECKPOINT;
use crate::sequencer::{SequencerError, SqliteSequencer};
use crate::storage::Storage as _;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether everything is as the entries derive it.
    pub ok: bool,
    /// Entries that were derived.
    pub size: u64,
    /// Leaves that they derive.
    pub leaves: u64,
    /// The first thing that is not as it should be.
    pub difference: Option<Difference>,
}

/// Something that is not as the entries derive it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The file, relative to the data directory.
    pub what: String,
    /// How it differs.
    pub why: String,
}

/// Why nothing can be said about a data directory.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FsckError {
    /// It is not a data directory, or a process has it.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The node that was asked has ended, or too much waits.
    #[error("the node cannot look at its files now")]
    Busy,
}

/// Told how many entries of how many were derived.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Checks a data directory that no process uses. Changes nothing.
pub fn fsck(data: &Path, progress: Progress<'_>) -> Result<Report, FsckError> {
    let data = DataDir::at(data);
    if !data.genesis().exists() {
        return Err(DataError::NotADataDirectory.into());
    }
    let _lock = data.lock()?;
    examine(&data, progress)
}

/// Checks a data directory to which nobody writes meanwhile.
pub(crate) fn examine(data: &DataDir, progress: Progress<'_>) -> Result<Report, FsckError> {
    let mut derived = (0, 0);
    let found = inspect(data, progress, &mut derived);
    let (size, leaves) = derived;
    match found {
        Ok(()) => Ok(Report { ok: true, size, leaves, difference: None }),
        Err(Stop::Differs(difference)) => {
            Ok(Report { ok: false, size, leaves, difference: Some(difference) })
        }
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Why an examination ends early.
enum Stop {
    Differs(Difference),
    Failed(FsckError),
}

fn inspect(data: &DataDir, progress: Progress<'_>, seen: &mut (u64, u64)) -> Result<(), Stop> {
    let (genesis, sequencer) = identity(data)?;
    let storage = data.files();
    let checkpoint = checkpoint(data, &genesis, &sequencer)?;
    let size = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
    let mut derived = Derived::new(genesis, &storage, &sequencer, size);
    for bundle in 0..derived.bundles() {
        derived.bundle(bundle)?;
        *seen = derived.reached();
        progress(seen.0, size);
    }
    derived.finish()?;
    if let Some(checkpoint) = checkpoint.filter(|checkpoint| checkpoint.root != derived.root()) {
        let why = format!("says root {}, the entries derive {}", checkpoint.root, derived.root());
        return differs(CHECKPOINT, why);
    }
    index::ends(&sequencer, size)?;
    match blob::first_damaged(data.path())? {
        Some(path) => differs(path, "the document does not have the digest that names it"),
        None => Ok(()),
    }
}

/// Genesis, log key and index belong together.
fn identity(data: &DataDir) -> Result<(Genesis, SqliteSequencer), Stop> {
    let genesis = data.read_genesis().map_err(|error| damaged("genesis.json", error))?;
    let sequencer = data.sequencer(&genesis).map_err(|error| match error {
        SequencerError::OtherGenesis => stop("genesis.json", "the index belongs to another genesis"),
        error => index::failed(&error),
    })?;
    data.read_log_key(&genesis).map_err(|error| damaged("log.key", error))?;
    sequencer.intact().map_err(|error| index::failed(&error))?;
    Ok((genesis, sequencer))
}

fn damaged(what: &str, error: DataError) -> Stop {
    match error {
        DataError::Io(error) => error.into(),
        error => stop(what, error.to_string()),
    }
}

/// The checkpoint is the log's, and the sequencer is exactly there.
fn checkpoint(
    data: &DataDir,
    genesis: &Genesis,
    index: &SqliteSequencer,
) -> Result<Option<Checkpoint>, Stop> {
    let (head, staged) = index::head(index)?;
    let Some(bytes) = data.files().read(CHECKPOINT)? else {
        return if head.size == 0 && !staged { Ok(None) } else { differs(CHECKPOINT, "is missing") };
    };
    let checkpoint = Checkpoint::open(&bytes, genesis.origin(), genesis.log_key());
    let checkpoint = checkpoint.map_err(|error| stop(CHECKPOINT, error.to_string()))?;
    if staged {
        return differs(index::FILE, "a batch is staged; start the node once, which finishes it");
    }
    if (checkpoint.size, *checkpoint.root.as_bytes()) != (head.size, head.root) {
        let why = format!(
            "its head has {} entries, the checkpoint {}, or another root",
            head.size, checkpoint.size
        );
        return differs(index::FILE, why);
    }
    Ok(Some(checkpoint))
}

fn differs<T>(what: impl Into<String>, why: impl Into<String>) -> Result<T, Stop> {
    Err(stop(what, why))
}

fn stop(what: impl Into<String>, why: impl Into<String>) -> Stop {
    Stop::Differs(Difference { what: what.into(), why: why.into() })
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.into())
    }
}

#[cfg(test)]
mod tests;
