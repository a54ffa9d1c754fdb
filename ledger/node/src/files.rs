//! Tile and checkpoint files: the truth of a ledger node.
//!
//! Readers of this machine see a file whole or not at all: it is written beside its place, then renamed. What a batch writes
//! is durable only after [`Storage::sync`], which syncs many files side by side; until then the sequencer keeps the
//! batch's entries. Nothing here is trusted at start-up: it is read again and checked.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use service::durable::{self, Readers};

#[cfg(test)]
pub(crate) mod faulty;

/// Files by relative path with `/` between names.
pub trait Storage: Send + Sync {
    /// The bytes of a file, or nothing if it is not there.
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>>;
    /// `length` bytes of a file from `offset` on, or nothing if it is not there or shorter.
    fn read_at(&self, path: &str, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>>;
    /// Puts a whole file in place of what was there. It is durable after the next [`Storage::sync`]; after a crash before
    /// that it can be anything.
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()>;
    /// Writes bytes at a place of a file, which is made if it is not there. Durable like [`Storage::write`].
    fn write_at(&self, path: &str, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Puts a whole file durably in place of what was there. After a crash it is the old one or the new one.
    fn replace(&self, path: &str, bytes: &[u8]) -> io::Result<()>;
    /// Makes everything written so far durable.
    fn sync(&self) -> io::Result<()>;
    /// Removes a file, if it is there.
    fn remove(&self, path: &str) -> io::Result<()>;
    /// Every file below a folder, as paths, sorted; empty if the folder is not there.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;
}

/// Files below a folder of the machine.
pub struct Files {
    root: PathBuf,
    touched: Mutex<Touched>,
}

/// What the next `sync` has to sync.
#[derive(Default)]
struct Touched {
    files: BTreeSet<PathBuf>,
    /// Folders whose entries changed.
    folders: BTreeSet<PathBuf>,
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
        touched.folders.extend(folder.map(Path::to_path_buf));
    }

    fn touch_file(&self, path: PathBuf) {
        self.touched.lock().expect("no holder of this lock panics").files.insert(path);
    }
}

impl Storage for Files {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.root.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read_at(&self, path: &str, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.root.join(path)) {
            Err(error) if is_absent(&error) => return Ok(None),
            file => file?,
        };
        let mut bytes = vec![0; length];
        match file.read_exact_at(&mut bytes, offset) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof || is_absent(&error) => Ok(None),
            read => read.map(|()| Some(bytes)),
        }
    }

    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.root.join(path);
        let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        self.prepare(folder)?;
        let temporary = beside(&path);
        fs::write(&temporary, bytes)?;
        fs::rename(&temporary, &path)?;
        self.touch(Some(folder));
        self.touch_file(path);
        Ok(())
    }

    fn write_at(&self, path: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let path = self.root.join(path);
        let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        self.prepare(folder)?;
        let fresh = !path.exists();
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        file.write_all_at(bytes, offset)?;
        if fresh {
            self.touch(Some(folder));
        }
        self.touch_file(path);
        Ok(())
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.root.join(path);
        let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        self.prepare(folder)?;
        Ok(durable::replace(&path, bytes, Readers::Everybody)?)
    }

    fn sync(&self) -> io::Result<()> {
        let touched = std::mem::take(&mut *self.touched.lock().expect("no holder of this lock panics"));
        sync_paths(&touched.files)?;
        sync_paths(&touched.folders)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let path = self.root.join(path);
        self.touched.lock().expect("no holder of this lock panics").files.remove(&path);
        match fs::remove_file(&path) {
            Err(error) if !is_absent(&error) => Err(error),
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

/// Whether a file of this path was being written when the process or the machine stopped.
pub(crate) fn is_unfinished(path: &str) -> bool {
    path.ends_with(TEMPORARY) || path.rsplit('/').next().is_some_and(durable::is_temporary)
}

fn beside(path: &Path) -> PathBuf {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(TEMPORARY);
    temporary.into()
}

/// Syncs files or folders side by side, which a file system does for little more than the price of one. What is no longer
/// there needs nothing.
fn sync_paths(paths: &BTreeSet<PathBuf>) -> io::Result<()> {
    let paths: Vec<_> = paths.iter().collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            match File::open(path).and_then(|file| file.sync_all()) {
                Err(error) if !is_absent(&error) => return Err(error),
                _ => {}
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..paths.len().min(SYNCS)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("syncing does not panic"))
    })
}

/// A partial tile's folder goes with its last file; a folder that is in use stays.
fn remove_if_empty(folder: Option<&Path>) -> io::Result<()> {
    let Some(folder) = folder.filter(|folder| folder.extension().is_some_and(|end| end == "p")) else {
        return Ok(());
    };
    match fs::remove_dir(folder) {
        Err(error) if !is_absent(&error) && error.kind() != io::ErrorKind::DirectoryNotEmpty => Err(error),
        _ => Ok(()),
    }
}

fn walk(folder: &Path, name: &str, found: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if is_absent(&error) => return Ok(()),
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

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    )
}

/// Files that are synced at a time.
const SYNCS: usize = 16;
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
        files.sync().unwrap();
        assert_eq!(files.read("a/b/c").unwrap().as_deref(), Some(&b"two"[..]));
        assert_eq!(files.read("a/b").unwrap(), None);
        assert_eq!(files.read("a/b/c/d").unwrap(), None);
    }

    #[test]
    fn a_file_grows_and_is_read_in_parts() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path());
        assert_eq!(files.read_at("a/b", 0, 1).unwrap(), None);
        files.write_at("a/b", 0, b"one").unwrap();
        files.write_at("a/b", 3, b"two").unwrap();
        files.sync().unwrap();
        assert_eq!(files.read_at("a/b", 2, 2).unwrap().as_deref(), Some(&b"et"[..]));
        assert_eq!(files.read_at("a/b", 2, 9).unwrap(), None);
        files.replace("a/b", b"new").unwrap();
        assert_eq!(files.read("a/b").unwrap().as_deref(), Some(&b"new"[..]));
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
