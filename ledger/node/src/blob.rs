//! Documents too large for an entry, by the SHA-256 that an entry names.
//!
//! The node does not trust them: whoever fetches one compares the digest with the entry's.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use ledger::digest::Digest;
use service::durable::{Readers, is_temporary, replace};

/// Bytes of a document at most.
pub const MAX_BLOB: u64 = 64 << 20;

/// Why a document is not stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// More than [`MAX_BLOB`] bytes.
    #[error("the document is larger than 64 MB")]
    TooLarge,
    /// The folder is not a data directory.
    #[error("this is not a data directory of a ledger node")]
    NoDataDirectory,
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Stores a document in a data directory, durably, and names it by its digest. The node need not be stopped.
pub(crate) fn put(data: &Path, bytes: &[u8]) -> Result<Digest, BlobError> {
    if bytes.len() as u64 > MAX_BLOB {
        return Err(BlobError::TooLarge);
    }
    let digest = Digest::of(bytes);
    let path = path(data, &digest);
    if !path.parent().is_some_and(Path::is_dir) {
        return Err(BlobError::NoDataDirectory);
    }
    if !path.exists() {
        replace(&path, bytes, Readers::Everybody).map_err(io::Error::from)?;
    }
    Ok(digest)
}

/// Stores a file like [`put`].
pub(crate) fn put_file(data: &Path, file: &Path) -> Result<Digest, BlobError> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_BLOB + 1).read_to_end(&mut bytes)?;
    put(data, &bytes)
}

/// Opens a stored document for reading, with its length.
pub(crate) fn open(data: &Path, digest: &Digest) -> io::Result<Option<(File, u64)>> {
    match File::open(path(data, digest)) {
        Ok(file) => {
            let length = file.metadata()?.len();
            Ok(Some((file, length)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The first stored document that is not the one of its name, if there is one.
pub(crate) fn first_damaged(data: &Path) -> io::Result<Option<String>> {
    let found = match fs::read_dir(data.join(FOLDER)) {
        // A node that joined others and was never started.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found?,
    };
    for entry in found {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Of a document that was being stored when the machine stopped.
        if is_temporary(&name) {
            continue;
        }
        if Digest::of(&fs::read(entry.path())?).to_string() != name {
            return Ok(Some(format!("{FOLDER}/{name}")));
        }
    }
    Ok(None)
}

/// Where a document is below a data directory.
pub(crate) fn file(digest: &Digest) -> String {
    format!("{FOLDER}/{digest}")
}

fn path(data: &Path, digest: &Digest) -> PathBuf {
    data.join(file(digest))
}

/// Where documents are in a data directory.
pub(crate) const FOLDER: &str = "blobs";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_found_by_its_digest() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join(FOLDER)).unwrap();
        let digest = put(data.path(), b"budget").unwrap();
        assert_eq!(digest, put(data.path(), b"budget").unwrap());
        assert_eq!(open(data.path(), &digest).unwrap().unwrap().1, 6);
        assert!(open(data.path(), &Digest::of(b"other")).unwrap().is_none());
        assert_eq!(first_damaged(data.path()).unwrap(), None);
    }

    #[test]
    fn a_changed_document_is_named() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join(FOLDER)).unwrap();
        let digest = put(data.path(), b"budget").unwrap();
        fs::write(path(data.path(), &digest), b"budgeT").unwrap();
        assert_eq!(first_damaged(data.path()).unwrap(), Some(format!("blobs/{digest}")));
    }

    #[test]
    fn too_large_is_refused() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join(FOLDER)).unwrap();
        let bytes = vec![0; usize::try_from(MAX_BLOB).unwrap() + 1];
        assert!(matches!(put(data.path(), &bytes), Err(BlobError::TooLarge)));
    }

    #[test]
    fn a_folder_that_is_no_data_directory_is_refused() {
        let data = tempfile::tempdir().unwrap();
        assert!(matches!(put(data.path(), b"x"), Err(BlobError::NoDataDirectory)));
    }
}
