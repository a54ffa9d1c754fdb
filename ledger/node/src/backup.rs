//! A ledger in one file, made while the node runs, and put back without a second history.
//!
//! A backup is what is public of the log up to its newest durable checkpoint, and the documents: entries and tiles never
//! change, and the partial ones are cut to that size. The order (`ledger.sqlite`) is not in it: it follows from the entries,
//! and a restore derives it again, as a mirror does, with every signature, rule and root on the way. So what is restored is
//! proved, and the backup need not be believed.
//!
//! What the log acknowledged after the backup is missing in it. A log that went on from there would have a second history:
//! with witnesses a node does not start when one of them has seen more ([`crate::cosign`]); without them it does not start
//! until its operator has looked for more ([`RESTORED`]). What is missing comes from a mirror.

mod make;
mod restore;

use std::fs;
use std::io;
use std::path::PathBuf;

use ledger::sm2::Sm2FileError;
use serde::{Deserialize, Serialize};
use service::backup::BackupError;
use service::durable::{self, Readers};

pub use self::make::backup;
pub use self::restore::{BeforeTheNext, Restore, RestoredLog, restore};
use crate::config::StartLog;
use crate::data_dir::{DataDir, DataError};
use crate::engine::{EngineError, RecoverError};
use crate::mirror::MirrorError;
use crate::node::OpenError;
use crate::sequencer::SequencerError;

/// Why a ledger is not backed up or not put back. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerBackupError {
    /// The file, or the place.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The data directory cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// No checkpoint was published yet.
    #[error("the ledger has no checkpoint yet")]
    NotStarted,
    /// A file of the node that is backed up is not what it should be.
    #[error("{0} is missing or damaged: there would be no way back from this backup")]
    Damaged(String),
    /// The log's key cannot be read.
    #[error("cannot read the log's key {}: {source}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: DataError,
    },
    /// The log's second key cannot be read.
    #[error("cannot read the log's second key {}: {source}", path.display())]
    SecondKey {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Sm2FileError,
    },
    /// The genesis names a second key, and none was given.
    #[error("this log has a second key (SM2), and it was not given")]
    NoSecondKey,
    /// It is the key of another log.
    #[error("{} is not the key of this log", .0.display())]
    OtherKey(PathBuf),
    /// What is in the backup, or shown by whom it is caught up from, cannot be had or cannot be true.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The log cannot be written.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The data directory cannot be made.
    #[error(transparent)]
    Setup(#[from] MirrorError),
    /// The order cannot be made.
    #[error("the order: {0}")]
    Order(#[from] SequencerError),
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What says of a data directory that it was restored, and that nobody has said yet whether somebody has seen more.
#[derive(Serialize, Deserialize)]
struct Mark {
    entries: u64,
    backup_made_at: u64,
}

/// Refuses to take up a log that was restored, unless its operator says that nobody has seen more of it.
pub(crate) fn admit(data: &DataDir, word: StartLog) -> Result<(), OpenError> {
    let bytes = match fs::read(data.path().join(RESTORED)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        bytes => bytes.map_err(DataError::Io)?,
    };
    let mark: Option<Mark> = serde_json::from_slice(&bytes).ok();
    let entries = mark.map_or(0, |mark| mark.entries);
    if word == StartLog::Accepted { Ok(()) } else { Err(OpenError::Restored { entries }) }
}

/// It was taken up: whoever starts it again need not say so again.
pub(crate) fn admitted(data: &DataDir) -> Result<(), DataError> {
    match fs::remove_file(data.path().join(RESTORED)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => {
            removed?;
            Ok(durable::sync_folder(data.path()).map_err(io::Error::from)?)
        }
    }
}

fn mark(data: &DataDir, mark: &Mark) -> Result<(), LedgerBackupError> {
    let bytes = serde_json::to_vec(mark).expect("numbers have a JSON form");
    Ok(durable::replace(&data.path().join(RESTORED), &bytes, Readers::Everybody).map_err(io::Error::from)?)
}

/// The file of the mark.
pub(crate) const RESTORED: &str = "restored.json";

#[cfg(test)]
mod tests;
