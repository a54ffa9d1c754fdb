//! Putting a backup back. It is data from outside: nothing in it is believed before it was looked at.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::Digest as _;

use super::staging::{Staging, folder_of, sync};
use super::write::Hashing;
use super::{
    BackupError, FORMAT, HEADER, Header, LONGEST_NAME, MOST_FILES, SUMS, ServiceKind, VERSION, head,
    is_plain, sum_line,
};
use crate::durable;

/// A data folder that is being put back. Dropped before [`Self::finish`], it leaves nothing.
pub struct Restoring {
    place: PathBuf,
    staging: Staging,
}

impl Restoring {
    /// Begins one that will be at `place`, where nothing or an empty folder may be.
    pub fn begin(place: &Path) -> Result<Self, BackupError> {
        match fs::read_dir(place).map(|mut found| found.next().is_none()) {
            Ok(true) => {}
            Ok(false) => return Err(BackupError::NotEmpty(place.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(BackupError::at(place)(error)),
        }
        let restoring = Self { place: place.to_owned(), staging: Staging::beside(place)? };
        private(&restoring.folder())?;
        Ok(restoring)
    }

    /// The data folder, as long as it is not in its place.
    pub fn folder(&self) -> PathBuf {
        self.staging.path().join("data")
    }

    /// Another folder that is removed when all is done.
    pub fn scratch(&self) -> PathBuf {
        self.staging.path().join("scratch")
    }

    /// Takes all files out of a backup of this kind of service into a folder, if `admits` knows their names, and compares
    /// every one with its digest.
    pub fn unpack(
        &self,
        backup: &Path,
        service: ServiceKind,
        admits: impl Fn(&str) -> bool,
        into: &Path,
    ) -> Result<Header, BackupError> {
        private(into)?;
        let file = File::open(backup).map_err(BackupError::at(backup))?;
        let mut archive = tar::Archive::new(BufReader::new(&file));
        // Raw: one header, one file. Long names, links and sparse files have no meaning here.
        let mut members = archive.entries().map_err(|error| unreadable(&error))?.raw(true);
        let first = members.next().and_then(Result::ok);
        let first = first.filter(|member| member.path_bytes().as_ref() == HEADER.as_bytes());
        let mut first = first.ok_or_else(|| BackupError::NotABackup(backup.to_owned()))?;
        let made_at = first.header().mtime().map_err(|error| unreadable(&error))?;
        let mut reading =
            Reading { file: &file, made_at, names: BTreeSet::new(), sums: String::new(), end: 0 };
        let header = header(&reading.text(&mut first, HEADER, LONGEST_HEADER)?, backup)?;
        if header.service != service {
            return Err(BackupError::OtherService { found: header.service, expected: service });
        }
        if header.made_at != made_at {
            return Err(damaged("it says two times at which it was made"));
        }
        loop {
            let member = members.next().ok_or_else(|| damaged("it ends too early"))?;
            let mut member = member.map_err(|error| unreadable(&error))?;
            let name = String::from_utf8(member.path_bytes().into_owned()).unwrap_or_default();
            if name == SUMS {
                let expected = std::mem::take(&mut reading.sums);
                let found = reading.text(&mut member, SUMS, expected.len() as u64)?;
                compare(&expected, &found)?;
                reading.ends()?;
                return Ok(header);
            }
            let known = is_plain(&name) && admits(&name);
            if !known || reading.names.len() >= MOST_FILES || !reading.names.insert(name.clone()) {
                return Err(damaged(format_args!("it has a file that does not belong there: {name:?}")));
            }
            let path = into.join(&name);
            private(folder_of(&path))?;
            let target = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path);
            reading.copy(&mut member, &name, target.map_err(BackupError::at(&path))?)?;
        }
    }

    /// Brings the data folder to the disk, and to its place if nothing has come there meanwhile.
    pub fn finish(self) -> Result<(), BackupError> {
        let folder = self.folder();
        sync(&folder)?;
        fs::rename(&folder, &self.place).map_err(|error| match error.kind() {
            io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => {
                BackupError::NotEmpty(self.place.clone())
            }
            _ => BackupError::at(&self.place)(error),
        })?;
        durable::sync_folder(folder_of(&self.place))
            .map_err(|error| BackupError::at(&self.place)(error.into()))
    }
}

/// What was read of a backup so far.
struct Reading<'f> {
    file: &'f File,
    made_at: u64,
    names: BTreeSet<String>,
    /// What `SHA256SUMS` must be.
    sums: String,
    /// Where the newest file ends.
    end: u64,
}

type Member<'a, R> = tar::Entry<'a, R>;

impl Reading<'_> {
    /// Copies a file, which must be a plain one.
    fn copy<R: Read>(
        &mut self,
        member: &mut Member<'_, R>,
        name: &str,
        mut to: impl io::Write,
    ) -> Result<(), BackupError> {
        let length = member.size();
        // A link, a sparse file, a longer name and a changed bit have another one.
        let expected = head(name, length, self.made_at).map_err(|error| unreadable(&error))?;
        if member.header().as_bytes() != expected.as_bytes() {
            return Err(damaged(format_args!("{name} does not stand there as a plain file")));
        }
        let begin = member.raw_file_position();
        let mut read = Hashing::new(member);
        io::copy(&mut read, &mut to).map_err(|error| unreadable(&error))?;
        if read.bytes != length {
            return Err(damaged(format_args!("it ends in the middle of {name}")));
        }
        self.sums.push_str(&sum_line(&read.hash.finalize(), name));
        let end = begin.checked_add(length).and_then(|end| end.checked_next_multiple_of(BLOCK));
        self.end = end.ok_or_else(|| damaged("a length is not one"))?;
        self.is_zero(begin + length, self.end)
    }

    /// A short file of text.
    fn text<R: Read>(
        &mut self,
        member: &mut Member<'_, R>,
        name: &str,
        longest: u64,
    ) -> Result<String, BackupError> {
        if member.size() > longest {
            return Err(damaged(format_args!("{name} is too long")));
        }
        let mut bytes = Vec::new();
        self.copy(member, name, &mut bytes)?;
        String::from_utf8(bytes).map_err(|_| damaged(format_args!("{name} is not text")))
    }

    /// What fills a block is zero: else somebody could change the file without anybody noticing.
    fn is_zero(&self, from: u64, to: u64) -> Result<(), BackupError> {
        let mut filling = [0; 2 * BLOCK as usize];
        let length = usize::try_from(to - from).ok().filter(|length| *length <= filling.len());
        let filling = length.and_then(|length| filling.get_mut(..length));
        let filling = filling.ok_or_else(|| damaged("a length is not one"))?;
        self.file.read_exact_at(filling, from).map_err(|_| damaged("it ends too early"))?;
        if filling.iter().all(|byte| *byte == 0) {
            Ok(())
        } else {
            Err(damaged("there is something between its files"))
        }
    }

    /// After the last file come two blocks of zeros and the end.
    fn ends(&self) -> Result<(), BackupError> {
        let length = self.file.metadata().map_err(|error| unreadable(&error))?.len();
        self.is_zero(self.end, self.end.saturating_add(2 * BLOCK))?;
        if length == self.end + 2 * BLOCK { Ok(()) } else { Err(damaged("there is something after its end")) }
    }
}

/// The version comes before everything else: a newer format may have other members.
fn header(text: &str, backup: &Path) -> Result<Header, BackupError> {
    #[derive(Deserialize)]
    struct Mark {
        format: String,
        version: u32,
    }
    let not_one = |_| BackupError::NotABackup(backup.to_owned());
    let Mark { format, version } = serde_json::from_str(text).map_err(not_one)?;
    if format != FORMAT {
        return Err(BackupError::NotABackup(backup.to_owned()));
    }
    if version > VERSION {
        return Err(BackupError::Newer { found: version, known: VERSION });
    }
    serde_json::from_str(text).map_err(|error| damaged(format_args!("{HEADER}: {error}")))
}

/// Names the first file that is not what it was.
fn compare(expected: &str, found: &str) -> Result<(), BackupError> {
    if expected == found {
        return Ok(());
    }
    let differs = expected.lines().zip(found.lines()).find(|(expected, found)| expected != found);
    let name = differs.and_then(|(expected, _)| expected.split("  ").nth(1)).unwrap_or(SUMS);
    Err(damaged(format_args!("{name} is not what it was when the backup was made")))
}

/// Makes a folder for its owner alone, if it is not there.
fn private(folder: &Path) -> Result<(), BackupError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(BackupError::at(folder))
}

fn damaged(what: impl std::fmt::Display) -> BackupError {
    BackupError::Damaged(what.to_string())
}

fn unreadable(error: &io::Error) -> BackupError {
    damaged(error)
}

/// Bytes of a tar block.
const BLOCK: u64 = 512;
/// Bytes of the first file at most.
const LONGEST_HEADER: u64 = 16 * 1024;
const _: () = assert!(LONGEST_NAME <= 100, "a plain tar header has no room for more");
