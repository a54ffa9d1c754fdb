//! How many uses of pseudonyms were ever counted, kept outside of the database.
//!
//! A database that was restored from an older copy has forgotten uses, and would accept a one-use answer again. The number
//! in the marker only grows, and stands beside the data directory and not in it, so that a backup of the directory does not
//! bring an old one back. It is written after each commit without waiting for the disk: after a crash it may be behind,
//! which opens, but never ahead.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::StoreError;

/// An open marker.
pub(super) struct UsesMarker {
    file: File,
    path: PathBuf,
    counted: u64,
}

/// The marker of a data directory: its name with `.uses`, beside it.
pub fn marker_of(data: &Path) -> PathBuf {
    match data.canonicalize().ok().as_deref().and_then(|data| Some((data.parent()?, data.file_name()?))) {
        Some((parent, name)) => parent.join([name.to_string_lossy().as_ref(), ".uses"].concat()),
        None => data.join("counter.uses"),
    }
}

impl UsesMarker {
    /// Opens a marker, or makes it from what the database has counted. A database that has counted fewer is refused.
    pub(super) fn open(path: &Path, counted: u64) -> Result<Self, StoreError> {
        let marked = read(path)?;
        if marked > counted {
            return Err(StoreError::Older { counted, marked, marker: path.to_owned() });
        }
        Self::begin(path, counted)
    }

    /// Takes what the database has counted for all there ever was.
    pub(super) fn begin(path: &Path, counted: u64) -> Result<Self, StoreError> {
        let failed = |source| StoreError::File { path: path.to_owned(), source };
        let file = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(path);
        let marker = Self { file: file.map_err(failed)?, path: path.to_owned(), counted };
        marker.write().map_err(failed)?;
        Ok(marker)
    }

    /// More uses are durable in the database. A marker that cannot be written is said and not waited for: the answers are
    /// accepted, and the next start finds it behind.
    pub(super) fn advance(&mut self, uses: u64) {
        if uses == 0 {
            return;
        }
        self.counted += uses;
        if let Err(error) = self.write() {
            tracing::error!("{}: {error}", self.path.display());
        }
    }

    /// One line of fixed length, so that no write leaves a number that is too large.
    fn write(&self) -> io::Result<()> {
        self.file.write_all_at(format!("{:0DIGITS$}\n", self.counted).as_bytes(), 0)
    }
}

fn read(path: &Path) -> Result<u64, StoreError> {
    match fs::read_to_string(path) {
        Ok(text) if text.trim().is_empty() => Ok(0),
        Ok(text) => text.trim().parse().map_err(|_| StoreError::Malformed("marker of counted uses")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(source) => Err(StoreError::File { path: path.to_owned(), source }),
    }
}

/// Digits of the largest number.
const DIGITS: usize = 20;
