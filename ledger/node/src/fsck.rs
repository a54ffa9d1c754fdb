//! Derives everything again from the entries and names the first thing that differs.
//!
//! It shares the rules of the ledger with the node, and none of its shortcuts: every signature is verified, every tile
//! is compared byte by byte, every row of the index is looked up.

mod files;
mod identity;
mod index;
mod replay;

use std::io;
use std::path::Path;

use serde::Serialize;

use self::identity::Identity;
use self::replay::Replay;
use crate::blob;
use crate::data_dir::{DataDir, DataError};
use crate::engine::CHECKPOINT;
use crate::sequencer::SequencerConfig;

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

/// Checks a data directory, a mirror or an export that no process uses. Changes nothing.
pub fn fsck(data: &Path, progress: Progress<'_>) -> Result<Report, FsckError> {
    fsck_in(data, &SequencerConfig::Sqlite, progress)
}

/// Like [`fsck`], of a node that keeps its order in `store`.
pub fn fsck_in(data: &Path, store: &SequencerConfig, progress: Progress<'_>) -> Result<Report, FsckError> {
    let data = DataDir::at(data);
    if !data.genesis().exists() {
        return Err(DataError::NotADataDirectory.into());
    }
    let _lock = data.lock_to_read()?;
    examine(&data, store, progress)
}

/// Checks a data directory to which nobody writes meanwhile.
pub(crate) fn examine(
    data: &DataDir,
    store: &SequencerConfig,
    progress: Progress<'_>,
) -> Result<Report, FsckError> {
    let mut derived = (0, 0);
    let found = inspect(data, store, progress, &mut derived);
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

fn inspect(
    data: &DataDir,
    store: &SequencerConfig,
    progress: Progress<'_>,
    seen: &mut (u64, u64),
) -> Result<(), Stop> {
    let Identity { genesis, index } = identity::read(data, store)?;
    let storage = data.files();
    let index = index.as_deref();
    let checkpoint = identity::checkpoint(data, &genesis, index)?;
    let size = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
    let mut derived = Replay::new(genesis, &storage, index, size);
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
    match index {
        Some(index) => index::ends(index, size)?,
        None => identity::promised(data, derived.credentials())?,
    }
    files::partial_tiles(&storage, size)?;
    match blob::first_damaged(data.path())? {
        Some(path) => differs(path, "the document does not have the digest that names it"),
        None => Ok(()),
    }
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
