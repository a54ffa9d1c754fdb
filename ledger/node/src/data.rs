//! The data directory: what is in it, who made it, and that one process has it.
//!
//! | file | trusted | the worst a thief or a vandal can do |
//! |---|---|---|
//! | `genesis.json` | yes, at start-up | another one makes another ledger; followers compare its digest |
//! | `log.key` | yes, secret | sign checkpoints; without the witnesses' keys nobody follows them |
//! | `ledger.sqlite` | for order | roll back acknowledged entries; refused when the checkpoint is ahead |
//! | `tile/`, `checkpoint` | no | nothing: they are read again and checked |
//! | `derived/` | no | change what the node takes for a duplicate, until `fsck` is run: the rest is compared with the log |
//! | `blobs/` | no | nothing: readers compare the digest |

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use ledger::genesis::{Department, Genesis, GenesisError};
use ledger::key::{DepartmentKey, KeyFileError};
use ledger::note::KeyName;
use ledger::witness::Quorum;

#[cfg(test)]
use crate::sequencer::Sequencer;
use crate::sequencer::SequencerError;
use crate::storage::{Files, write_beside};
use crate::store::Store;

/// What the first departments agree on.
#[derive(Clone, Debug)]
pub struct Founding {
    /// The log's name, such as `ledger.nanning.example/1`.
    pub origin: KeyName,
    /// The first departments.
    pub departments: Vec<Department>,
    /// Distinct departments that must approve an act of governance.
    pub threshold: usize,
    /// Who cosigns, and how many must; `None` for a ledger without witnesses.
    pub witnesses: Option<Quorum>,
    /// Credentials that one department may revoke or suspend in one record; `None` for the default.
    pub bulk_limit: Option<usize>,
}

/// Why a data directory is not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// There is something in the folder already.
    #[error("the data directory is not empty")]
    NotEmpty,
    /// The founding is not consistent.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The log's key cannot be written.
    #[error("cannot write the log's key")]
    Key(#[from] KeyFileError),
    /// The sequencer's store cannot be made.
    #[error("cannot make the sequencer's store")]
    Sequencer(#[from] SequencerError),
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Founding {
    /// Departments alone, with neither witnesses nor a limit of their own.
    pub fn new(origin: KeyName, departments: Vec<Department>, threshold: usize) -> Self {
        Self { origin, departments, threshold, witnesses: None, bulk_limit: None }
    }
    fn genesis(self, log_key: &DepartmentKey) -> Result<Genesis, GenesisError> {
        let mut genesis = Genesis::new(self.origin, log_key.public(), self.departments, self.threshold)?;
        if let Some(quorum) = self.witnesses {
            genesis = genesis.witnessed(quorum)?;
        }
        self.bulk_limit.map_or(Ok(genesis.clone()), |limit| genesis.limited(limit))
    }
}

/// Makes a data directory for a new, empty ledger whose log signs with `log_key`, with its order in the directory.
pub fn init(data: &Path, founding: Founding, log_key: &DepartmentKey) -> Result<Genesis, InitError> {
    init_in(data, &Store::Sqlite, founding, log_key)
}

/// Like [`init`], with the order in `store`.
pub fn init_in(
    data: &Path,
    store: &Store,
    founding: Founding,
    log_key: &DepartmentKey,
) -> Result<Genesis, InitError> {
    let genesis = founding.genesis(log_key)?;
    fs::create_dir_all(data)?;
    if fs::read_dir(data)?.next().is_some() {
        return Err(InitError::NotEmpty);
    }
    let folder = DataDir::at(data);
    fs::create_dir(data.join(crate::blob::FOLDER))?;
    log_key.save(&folder.log_key())?;
    store.create(&folder, &genesis)?;
    // Last: a folder without it is not a data directory, so a crash before this line leaves nothing that could start.
    write_beside(&folder.genesis(), &genesis.to_bytes())?;
    File::open(data)?.sync_all()?;
    Ok(genesis)
}

/// The file of the order that is kept in the directory.
pub(crate) const SQLITE: &str = "ledger.sqlite";

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
    /// Reads the log's key, which must be the genesis file's.
    pub(crate) fn read_log_key(&self, genesis: &Genesis) -> Result<DepartmentKey, DataError> {
        let key = DepartmentKey::load(&self.log_key())?;
        if key.public() == *genesis.log_key() { Ok(key) } else { Err(DataError::OtherKey) }
    }
    /// Opens the order that is kept in the directory, which must belong to the genesis.
    #[cfg(test)]
    pub(crate) fn sequencer(&self, genesis: &Genesis) -> Result<Box<dyn Sequencer>, SequencerError> {
        Store::Sqlite.open(self, genesis)
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
}

impl DataDir {
    /// Like [`Self::lock`] for whoever only reads. An export is written once, and may be on a medium that cannot be written to.
    pub(crate) fn lock_to_read(&self) -> Result<Option<Lock>, DataError> {
        let export = self.0.join(crate::mirror::MANIFEST).exists();
        if export { Ok(None) } else { self.lock().map(Some) }
    }
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
    /// The log's key cannot be read.
    #[error("cannot read the log's key: {0}")]
    Key(#[from] KeyFileError),
    /// Another process has the directory.
    #[error("another process uses this data directory")]
    InUse,
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}
