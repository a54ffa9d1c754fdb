//! Files that are whole or not there, whenever the machine stops.
//!
//! A write goes to a new file in the same folder, whose bytes are synced; the file then takes its name, and
//! the folder is synced. What each step leaves behind when the machine stops there is written at [`Step`].

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone (mode 0600).
    Owner,
    /// Whoever the user's umask lets (mode 0666 without it).
    Everybody,
}

/// Writes a file in place of another, or where there is none. It may be tried again whatever the error.
pub fn replace(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), WriteError> {
    write(path, bytes, Existing::Replace, readers, &System)
}

/// Writes a file where there is none; [`WriteError::is_taken`] says that there is one.
///
/// After an error at [`Step::SyncFolder`] the whole file is there, so that another try finds it taken.
pub fn create(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), WriteError> {
    write(path, bytes, Existing::Keep, readers, &System)
}

/// Writes a secret: never over another file, and for its owner alone.
pub fn create_secret(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    create(path, bytes, Readers::Owner)
}

/// Makes names that were given or taken away in a folder survive a stop of the machine.
pub fn sync_folder(folder: &Path) -> Result<(), WriteError> {
    System.sync_folder(folder).map_err(|source| WriteError {
        path: folder.to_owned(),
        step: Step::SyncFolder,
        source,
    })
}

/// Removes what interrupted writes left in a folder, not below it. Only for whoever alone writes there.
pub fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if is_temporary(&entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether a file of this name was being written when the machine stopped.
pub fn is_temporary(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Whether a folder takes what is written, tried by writing: a full disk answers every read and no write.
#[derive(Debug)]
pub struct WriteProbe {
    folder: PathBuf,
    /// When it was tried last, and whether it went well.
    last: Mutex<Option<(Instant, bool)>>,
}

impl WriteProbe {
    /// Of a service's own folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), last: Mutex::default() }
    }

    /// Tries, or repeats what was found a moment ago: whoever asks often does not keep the disk busy. Blocks.
    pub fn is_writable(&self) -> bool {
        self.is_writable_with(|| true)
    }

    /// The same of the folder and of what is kept in it or elsewhere, such as a database, which `also` tries.
    pub fn is_writable_with(&self, also: impl FnOnce() -> bool) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, found)) = *last
            && at.elapsed() < PROBE_LASTS
        {
            return found;
        }
        let tried = self.write().is_ok() && also();
        *last = Some((Instant::now(), tried));
        tried
    }

    /// A file that has no name for longer than this takes, and is removed by [`sweep`] after a stop of the machine.
    fn write(&self) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(PREFIX).suffix(SUFFIX).tempfile_in(&self.folder)?;
        file.write_all(&vec![0; PROBE_BYTES])?;
        file.as_file().sync_data()
    }
}

/// How long what was found holds.
const PROBE_LASTS: Duration = Duration::from_secs(2);
/// Some pages of a database with what goes beside them.
const PROBE_BYTES: usize = 64 * 1024;

/// A file was not written, or not surely.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {step} failed: {source}", path.display())]
pub struct WriteError {
    path: PathBuf,
    step: Step,
    source: io::Error,
}

/// The steps of a write, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A new file beside the place. A stop leaves the old file, and an empty one that [`sweep`] removes.
    Create,
    /// The bytes. A stop leaves the old file, and half of the new one for [`sweep`].
    Write,
    /// The bytes to the disk. A stop leaves the old file, and the new one for [`sweep`].
    SyncFile,
    /// The name. A stop leaves the old file or the new one, each whole.
    Rename,
    /// The name to the disk. A stop before its end leaves the old file or the new one, after it the new one.
    SyncFolder,
}

impl WriteError {
    /// Which file.
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// Which step.
    pub fn step(&self) -> Step {
        self.step
    }
    /// What the system said.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
    /// Whether the place is taken by another file, which was left as it is.
    pub fn is_taken(&self) -> bool {
        self.step == Step::Rename && self.kind() == io::ErrorKind::AlreadyExists
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Create => "making a new file beside it",
            Self::Write => "writing its bytes",
            Self::SyncFile => "bringing its bytes to the disk",
            Self::Rename => "giving it its name",
            Self::SyncFolder => "bringing its name to the disk",
        })
    }
}

impl From<WriteError> for io::Error {
    fn from(error: WriteError) -> Self {
        Self::new(error.kind(), error)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Existing {
    Keep,
    Replace,
}

fn write(
    path: &Path,
    bytes: &[u8],
    existing: Existing,
    readers: Readers,
    disk: &impl Disk,
) -> Result<(), WriteError> {
    let failed = |step| move |source| WriteError { path: path.to_owned(), step, source };
    let folder = folder(path);
    let mut file = disk.create(folder, readers).map_err(failed(Step::Create))?;
    disk.write(&mut file, bytes).map_err(failed(Step::Write))?;
    disk.sync_file(&file).map_err(failed(Step::SyncFile))?;
    disk.rename(file, path, existing).map_err(failed(Step::Rename))?;
    disk.sync_folder(folder).map_err(failed(Step::SyncFolder))
}

/// The five steps, each of which tests let fail.
trait Disk {
    fn create(&self, folder: &Path, readers: Readers) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(match readers {
            Readers::Owner => 0o600,
            Readers::Everybody => 0o666,
        }));
        builder.tempfile_in(folder)
    }
    fn write(&self, file: &mut NamedTempFile, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }
    fn sync_file(&self, file: &NamedTempFile) -> io::Result<()> {
        file.as_file().sync_all()
    }
    fn rename(&self, file: NamedTempFile, path: &Path, existing: Existing) -> io::Result<()> {
        let renamed = match existing {
            Existing::Keep => file.persist_noclobber(path),
            Existing::Replace => file.persist(path),
        };
        renamed.map(drop).map_err(|refused| refused.error)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Windows cannot open a folder as a file, and orders the rename itself.
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    }
}

struct System;

impl Disk for System {}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

const PREFIX: &str = ".yong-";
const SUFFIX: &str = ".tmp";

#[cfg(test)]
mod tests;
