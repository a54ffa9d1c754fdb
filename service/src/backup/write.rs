//! Writing a backup.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::staging::{Staging, folder_of};
use super::{BackupError, HEADER, Header, MOST_FILES, SUMS, head, is_plain, sum_line};
use crate::cli::{CommandError, Language, Shell};
use crate::durable;

/// A backup that is being written. Dropped before [`Self::finish`], it leaves nothing.
pub struct BackupWriter {
    place: PathBuf,
    staging: Staging,
    archive: tar::Builder<Hashing<BufWriter<NamedTempFile>>>,
    header: Header,
    names: BTreeSet<String>,
    sums: String,
}

/// What was written, as a command answers it.
#[derive(Clone, Debug, Serialize)]
pub struct Written {
    backup: PathBuf,
    bytes: u64,
    /// Of the whole file.
    sha256: String,
    files: usize,
    #[serde(flatten)]
    header: Header,
}

impl BackupWriter {
    /// Begins one that will be at `place`, where nothing may be.
    pub fn begin(place: &Path, header: Header) -> Result<Self, BackupError> {
        if place.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(place.to_owned()));
        }
        let staging = Staging::beside(place)?;
        // For its owner alone.
        let file = NamedTempFile::new_in(staging.path()).map_err(BackupError::at(place))?;
        let archive = tar::Builder::new(Hashing::new(BufWriter::new(file)));
        let place = place.to_owned();
        let mut made = Self { place, staging, archive, header, names: BTreeSet::new(), sums: String::new() };
        let header = serde_json::to_vec_pretty(&made.header).expect("names and numbers have a JSON form");
        made.append(HEADER, header.len() as u64, &header[..])?;
        Ok(made)
    }

    /// A place for what has to be copied first, such as a database; removed with everything in it.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.staging.path().join(name)
    }

    /// Adds a file of these bytes.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        self.named(name)?;
        self.append(name, bytes.len() as u64, bytes)
    }

    /// Adds a copy of a file, as long as it is now.
    pub fn add_file(&mut self, name: &str, path: &Path) -> Result<(), BackupError> {
        self.named(name)?;
        let file = File::open(path).map_err(BackupError::at(path))?;
        let length = file.metadata().map_err(BackupError::at(path))?.len();
        match self.append(name, length, file.take(length)) {
            Err(BackupError::Changed(_)) => Err(BackupError::Changed(path.to_owned())),
            added => added,
        }
    }

    /// Adds a copy of a file, if it is there.
    pub fn add_file_if_there(&mut self, name: &str, path: &Path) -> Result<(), BackupError> {
        match self.add_file(name, path) {
            Err(BackupError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                self.names.remove(name);
                Ok(())
            }
            added => added,
        }
    }

    /// Brings it to the disk, and to its place if that is still free.
    pub fn finish(mut self) -> Result<Written, BackupError> {
        let sums = std::mem::take(&mut self.sums);
        self.append(SUMS, sums.len() as u64, sums.as_bytes())?;
        let failed = |source| BackupError::at(&self.place)(source);
        let hashing = self.archive.into_inner().map_err(failed)?;
        let (bytes, sha256) = (hashing.bytes, hex::encode(hashing.hash.finalize()));
        let file = hashing.inner.into_inner().map_err(|error| failed(error.into_error()))?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist_noclobber(&self.place).map_err(|refused| match refused.error {
            error if error.kind() == io::ErrorKind::AlreadyExists => BackupError::Exists(self.place.clone()),
            error => failed(error),
        })?;
        durable::sync_folder(folder_of(&self.place)).map_err(|error| failed(error.into()))?;
        Ok(Written { backup: self.place, bytes, sha256, files: self.names.len(), header: self.header })
    }

    fn named(&mut self, name: &str) -> Result<(), BackupError> {
        if !is_plain(name) || self.names.len() >= MOST_FILES || !self.names.insert(name.to_owned()) {
            return Err(BackupError::NotPlain(name.to_owned()));
        }
        Ok(())
    }

    fn append(&mut self, name: &str, length: u64, bytes: impl Read) -> Result<(), BackupError> {
        let failed = |source| BackupError::at(&self.place)(source);
        let head = head(name, length, self.header.made_at).map_err(failed)?;
        let mut read = Hashing::new(bytes);
        self.archive.append(&head, &mut read).map_err(failed)?;
        if read.bytes != length {
            return Err(BackupError::Changed(self.place.clone()));
        }
        self.sums.push_str(&sum_line(&read.hash.finalize(), name));
        Ok(())
    }
}

impl Written {
    /// The answer of a command. `secret` is what whoever finds the file learns, in Chinese and English.
    pub fn answer(&self, secret: [&str; 2], shell: Shell) -> Result<(), CommandError> {
        let Self { backup, bytes, sha256, files, header } = self;
        let language = shell.language();
        shell.answer(self, || {
            let backup = backup.display();
            let (who, entries) = (&header.who, header.entries);
            match language {
                Language::Chinese => format!(
                    "{backup}：{who} 的备份，{files} 个文件，{bytes} 字节，账本 {entries} 条。\nSHA-256 {sha256}"
                ),
                Language::English => format!(
                    "{backup}: of {who}, {files} files, {bytes} bytes, {entries} entries of the log\nSHA-256 {sha256}"
                ),
            }
        })?;
        let [chinese, english] = secret;
        shell.say(
            &format!("备份里没有签名密钥；密钥请另行保存一份。{chinese}"),
            &format!("No signing key is in it: keep each key in a place of its own. {english}"),
        );
        Ok(())
    }
}

/// What goes through it is counted and hashed.
pub(super) struct Hashing<T> {
    inner: T,
    pub(super) hash: Sha256,
    pub(super) bytes: u64,
}

impl<T> Hashing<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner, hash: Sha256::new(), bytes: 0 }
    }

    fn through(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.through(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.through(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
