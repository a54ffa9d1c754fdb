//! Tile and checkpoint files: the truth of a ledger node.
//!
//! A file appears whole or not at all: it is written beside its place, synced, then renamed; [`Storage::settle`] makes
//! the names durable. Nothing here is trusted at start-up: it is read again and checked against the checkpoint.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

#[cfg(test)]
pub(crate) mod faulty;

/// Files by relative path with `/` between names.
pub trait Storage: Send + Sync {
    /// The bytes of a file, or nothing if it is not there.
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>>;
    /// Puts a whole file in place of what was there. It is durable after the next [`Storage::settle`].
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()>;
    /// Makes every name written so far durable.
    fn settle(&self) -> io::Result<()>;
    /// Removes a file, if it is there.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// Every file below a folder, as paths, sorted; empty if the folder is not there.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;
}

/// Files below a folder of the machine.
pub struct Files {
    root: PathBuf,
    /// Folders whose entries changed since the last `settle`.
    touched: Mutex<BTreeSet<PathBuf>>,
}

impl Files {
    /// Files below `root`, which must exist.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), touched: Mutex::default() }
    }

    /// Makes the folder and the missing ones above it, and remembers whose entries changed.
    fn prepare(&self, folder: &Path) -> io::Result<()> {
        let missing = folder.ancestors().take_while(|folder| !folder.exists()).collect::<Vec<_>>();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder)?;
            self.touch(folder.parent());
        }
        Ok(())
    }

    fn touch(&self, folder: Option<&Path>) {
        let mut touched = self.touched.lock().expect("no holder of this lock panics");
        touched.extend(folder.map(Path::to_path_buf));
    }
}

impl Storage for Files {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.root.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.root.join(path);
        let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        self.prepare(folder)?;
        write_beside(&path, bytes)?;
        self.touch(Some(folder));
        Ok(())
    }

    fn settle(&self) -> io::Result<()> {
        let touched = std::mem::take(&mut *self.touched.lock().expect("no holder of this lock panics"));
        touched.iter().try_for_each(|folder| File::open(folder)?.sync_all())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let path = self.root.join(path);
        match fs::remove_file(&path) {
            Err(error) if !absent(&error) => Err(error),
            _ => remove_if_empty(path.parent()),
        }
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        walk(&self.root.join(folder), folder, &mut found)?;
        found.sort();
        Ok(found)
    }
}

/// Writes `path` through a temporary file in the same folder.
///
/// A crash before the rename leaves the old file and a `.new` file, which start-up removes.
pub(crate) fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(TEMPORARY);
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

/// A partial tile's folder goes with its last file; a folder that is in use stays.
fn remove_if_empty(folder: Option<&Path>) -> io::Result<()> {
    let Some(folder) = folder.filter(|folder| folder.extension().is_some_and(|end| end == "p")) else {
        return Ok(());
    };
    match fs::remove_dir(folder) {
        Err(error) if !absent(&error) && error.kind() != io::ErrorKind::DirectoryNotEmpty => Err(error),
        _ => Ok(()),
    }
}

fn walk(folder: &Path, name: &str, found: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if absent(&error) => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &name, found)?;
        } else {
            found.push(name);
        }
    }
    Ok(())
}

fn absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    )
}

/// How the name of an unfinished file ends.
pub(crate) const TEMPORARY: &str = ".new";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_back_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path());
        assert_eq!(files.read("a/b/c").unwrap(), None);
        files.write("a/b/c", b"one").unwrap();
        files.write("a/b/c", b"two").unwrap();
        files.settle().unwrap();
        assert_eq!(files.read("a/b/c").unwrap().as_deref(), Some(&b"two"[..]));
        assert_eq!(files.read("a/b").unwrap(), None);
        assert_eq!(files.read("a/b/c/d").unwrap(), None);
    }

    #[test]
    fn no_temporary_file_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path());
        files.write("a/b", b"one").unwrap();
        assert_eq!(files.list("a").unwrap(), ["a/b"]);
        assert!(files.list("none").unwrap().is_empty());
    }

    #[test]
    fn a_partial_folder_goes_with_its_last_file() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path());
        files.write("tile/0/000.p/1", b"1").unwrap();
        files.write("tile/0/000.p/2", b"2").unwrap();
        files.remove("tile/0/000.p/1").unwrap();
        assert!(folder.path().join("tile/0/000.p").exists());
        files.remove("tile/0/000.p/2").unwrap();
        files.remove("tile/0/000.p/2").unwrap();
        assert!(!folder.path().join("tile/0/000.p").exists());
        assert!(folder.path().join("tile/0").exists());
    }
}
