//! The follower's state on disk: written beside its place, synced, renamed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ledger::follow::Follower;
use serde::{Deserialize, Serialize};

/// Why the state of following could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file system said no.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not a follower's state.
    #[error("{0} is not the state of a ledger that was followed")]
    Malformed(PathBuf),
    /// The file is about another ledger than the one that is trusted here.
    #[error("{0} is about another ledger")]
    OtherLedger(PathBuf),
}

/// What is kept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    pub(super) followed_at: u64,
    pub(super) follower: Follower,
}

#[derive(Serialize)]
struct Keeping<'a> {
    followed_at: u64,
    follower: &'a Follower,
}

pub(super) fn read(path: &Path) -> Result<Option<Kept>, FileError> {
    match fs::read(path) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).map(Some).map_err(|_| FileError::Malformed(path.to_owned()))
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError::Io { path: path.to_owned(), source }),
    }
}

pub(super) fn write(path: &Path, follower: &Follower, followed_at: u64) -> Result<(), FileError> {
    let bytes = serde_json::to_vec(&Keeping { followed_at, follower })
        .map_err(|_| FileError::Malformed(path.to_owned()))?;
    replace(path, &bytes).map_err(|source| FileError::Io { path: path.to_owned(), source })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("unfinished");
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}
