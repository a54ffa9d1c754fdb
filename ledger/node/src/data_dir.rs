//! The data directory: what is in it, and that one process has it.
//!
//! | file | trusted | the worst a thief or a vandal can do |
//! |---|---|---|
//! | `genesis.json` | yes, at start-up | another one makes another ledger; followers compare its digest |
//! | `log.key` | yes, secret | sign checkpoints; without the witnesses' keys nobody follows them. It may hold the URI of a key in a device instead |
//! | `log.sm2.pem` | yes, secret | nothing without `log.key`; only where the genesis names a second key |
//! | `ledger.sqlite` | for order | roll back acknowledged entries; refused when the checkpoint is ahead |
//! | `tile/`, `checkpoint` | no | nothing: they are read again and checked |
//! | `derived/` | no | change what the node takes for a duplicate, until `fsck` is run: the rest is compared with the log |
//! | `blobs/` | no | nothing: readers compare the digest |

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use ledger::genesis::Genesis;
use ledger::key::read_secret_file;
use ledger::signer::DepartmentSigner;
use ledger::sm2::{Sm2FileError, Sm2Key};
use ledger_keys::{BadUri, KeyError, KeySource, WatchedKey};

use crate::files::Files;
use crate::log_keys::LogKeys;

/// Paths below a data directory.
#[derive(Clone, Debug)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_path_buf())
    }
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
    pub(crate) fn genesis(&self) -> PathBuf {
        self.0.join("genesis.json")
    }
    pub(crate) fn log_key(&self) -> PathBuf {
        self.0.join("log.key")
    }
    /// Its second key, where the genesis names one.
    pub(crate) fn second_key(&self) -> PathBuf {
        self.0.join("log.sm2.pem")
    }
    pub(crate) fn sqlite(&self) -> PathBuf {
        self.0.join(SQLITE)
    }
    pub(crate) fn files(&self) -> Files {
        Files::new(&self.0)
    }
    /// Reads the genesis file.
    pub(crate) fn read_genesis(&self) -> Result<Genesis, DataError> {
        let bytes = match fs::read(self.genesis()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(DataError::NotADataDirectory);
            }
            bytes => bytes?,
        };
        let genesis: Genesis = serde_json::from_slice(&bytes).map_err(DataError::Genesis)?;
        if genesis.to_bytes() == bytes { Ok(genesis) } else { Err(DataError::NotCanonical) }
    }
    /// Opens the log's key, which must be the genesis file's.
    pub(crate) fn read_log_key(&self, genesis: &Genesis) -> Result<Box<dyn DepartmentSigner>, DataError> {
        let key = key_named_in(&self.log_key())?.open()?;
        if key.public() == *genesis.log_key() { Ok(key) } else { Err(DataError::OtherKey) }
    }
    /// Opens all keys of the log.
    pub(crate) fn read_log_keys(&self, genesis: &Genesis) -> Result<LogKeys, DataError> {
        let first = WatchedKey::new(self.read_log_key(genesis)?);
        Ok(LogKeys { first, second: self.read_second_key(genesis)? })
    }
    /// Opens its second key, which must be the genesis file's; `None` where the genesis names none.
    pub(crate) fn read_second_key(&self, genesis: &Genesis) -> Result<Option<Sm2Key>, DataError> {
        let Some(rule) = genesis.sm2() else { return Ok(None) };
        let key = Sm2Key::load(&self.second_key())?;
        if key.public() == rule.key { Ok(Some(key)) } else { Err(DataError::OtherSecondKey) }
    }
    /// The first as far as it can be had without the device that has the key.
    pub(crate) fn check_log_key(&self, genesis: &Genesis) -> Result<(), DataError> {
        match key_named_in(&self.log_key())? {
            KeySource::File(_) => self.read_log_key(genesis).map(drop),
            KeySource::Token(_) => Ok(()),
        }
    }
    /// Takes the directory for this process, until the lock is dropped.
    pub(crate) fn lock(&self) -> Result<Lock, DataError> {
        let file = File::create(self.0.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(DataError::InUse),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
    /// Like [`Self::lock`] for whoever only reads. An export is written once, and may be on a medium that cannot be written to.
    pub(crate) fn lock_to_read(&self) -> Result<Option<Lock>, DataError> {
        let export = self.0.join(MANIFEST).exists();
        if export { Ok(None) } else { self.lock().map(Some) }
    }
}

/// The key file itself, or the device that it names.
pub(crate) fn key_named_in(file: &Path) -> Result<KeySource, DataError> {
    let text = read_secret_file(file).map_err(KeyError::from)?;
    let source: KeySource = text.trim().parse()?;
    Ok(if source.file().is_some() { file.to_owned().into() } else { source })
}

/// While it lives no other process writes to the data directory.
pub(crate) struct Lock {
    _file: File,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// There is no genesis file in it.
    #[error("there is no ledger in this folder")]
    NotADataDirectory,
    /// The genesis file is damaged.
    #[error("the genesis file is damaged: {0}")]
    Genesis(#[source] serde_json::Error),
    /// The genesis file was edited.
    #[error("the genesis file is not in its one canonical form")]
    NotCanonical,
    /// The log's key is not the genesis file's.
    #[error("the log's key is not the one in the genesis file")]
    OtherKey,
    /// The log's second key is not the genesis file's.
    #[error("`log.sm2.pem` is not the key that the genesis file names under `sm2`")]
    OtherSecondKey,
    /// The log's second key cannot be read.
    #[error("`log.sm2.pem`: {0}")]
    SecondKey(#[from] Sm2FileError),
    /// The log's key cannot be read.
    #[error("cannot read the log's key: {0}")]
    Key(#[from] KeyError),
    /// The file of the log's key names a device in a wrong way.
    #[error("`log.key` names a key in a device: {0}")]
    KeyUri(#[from] BadUri),
    /// Another process has the directory.
    #[error("another process uses this data directory")]
    InUse,
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The file of the order that is kept in the directory.
pub(crate) const SQLITE: &str = "ledger.sqlite";
/// The file that says of a data directory that it is a mirror's.
pub(crate) const MIRROR_MARK: &str = "mirror.json";
/// The file that says of a folder that it is an export.
pub(crate) const MANIFEST: &str = "export.json";
