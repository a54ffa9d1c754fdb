//! Files as wholes: read up to a bound, written at once or not at all, never replaced.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::iden3::{FormatError, ptau, zkey::Zkey};
use crate::setup::{Existing, SetupError, write_file};

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    /// The system refuses.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is longer than any file of its kind.
    #[error("{path} has more than {bound} bytes")]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// Most bytes.
        bound: usize,
    },
    /// It is malformed.
    #[error("{path} is refused: {source}")]
    Format {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: FormatError,
    },
}

/// The bytes of a file that has at most `bound` of them.
pub(super) fn read(path: &Path, bound: usize) -> Result<Vec<u8>, FileError> {
    let failed = |source| FileError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(bound as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > bound { Err(FileError::TooLarge { path: path.to_owned(), bound }) } else { Ok(bytes) }
}

/// Powers of τ; to be parsed by the caller.
pub(super) fn ptau(path: &Path) -> Result<Vec<u8>, FileError> {
    read(path, ptau::MAX_FILE_BYTES)
}

/// A key in a ceremony.
pub(super) fn zkey(path: &Path) -> Result<Zkey, FileError> {
    let bytes = read(path, crate::iden3::zkey::MAX_FILE_BYTES)?;
    Zkey::from_bytes(&bytes).map_err(|source| FileError::Format { path: path.to_owned(), source })
}

/// A new file.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), SetupError> {
    write_file(path, bytes, Existing::Keep)
}
