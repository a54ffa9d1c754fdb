//! A folder of its own beside the place where something is made, locked while it is in use.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::BackupError;

/// The folder; removed when it is dropped.
pub(super) struct Staging {
    folder: TempDir,
    /// Says to others that somebody is at work here.
    _lock: File,
}

impl Staging {
    /// Beside a place, on the same disk. What was left there by somebody who was stopped is removed.
    pub(super) fn beside(place: &Path) -> Result<Self, BackupError> {
        let parent = folder_of(place);
        sweep(parent);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX).permissions(Permissions::from_mode(0o700));
        let folder = builder.tempdir_in(parent).map_err(BackupError::at(parent))?;
        match take(folder.path()) {
            Ok(Some(lock)) => Ok(Self { folder, _lock: lock }),
            Ok(None) => Err(BackupError::at(folder.path())(io::ErrorKind::WouldBlock.into())),
            Err(error) => Err(BackupError::at(folder.path())(error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// The folder that a path is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes everything below a folder survive a stop of the machine.
pub(super) fn sync(folder: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(folder).map_err(BackupError::at(folder))? {
        let entry = entry.map_err(BackupError::at(folder))?;
        let path = entry.path();
        if entry.file_type().map_err(BackupError::at(&path))?.is_dir() {
            sync(&path)?;
        } else {
            File::open(&path).and_then(|file| file.sync_all()).map_err(BackupError::at(&path))?;
        }
    }
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(BackupError::at(folder))
}

/// Removes what nobody works at any more. It does no harm where it is, so what cannot be removed stays.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = name.starts_with(PREFIX) && name.ends_with(SUFFIX);
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let path: PathBuf = entry.path();
            if let Ok(Some(_lock)) = take(&path) {
                fs::remove_dir_all(&path).ok();
            }
        }
    }
}

/// Takes a folder, unless somebody has it, or has taken and removed it meanwhile.
fn take(path: &Path) -> io::Result<Option<File>> {
    let lock = File::open(path)?;
    if lock.try_lock().is_err() {
        return Ok(None);
    }
    let (taken, there) = (lock.metadata()?, fs::metadata(path)?);
    Ok(((taken.dev(), taken.ino()) == (there.dev(), there.ino())).then_some(lock))
}

/// Not the marks of [`crate::durable`], whose sweeping removes files alone.
const PREFIX: &str = ".yong-backup-";
const SUFFIX: &str = ".part";
