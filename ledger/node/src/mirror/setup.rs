//! A mirror's data directory: made once from a genesis that is trusted, and taken up again later.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use ledger::client::Client;
use ledger::digest::Digest;
use ledger::genesis::Genesis;
use ledger::resource::Resource;
use ledger::source::{FetchError, Source};
use serde_json::json;
use service::durable::{Readers, replace};
use url::Url;

use crate::blob;
use crate::data_dir::{DataDir, DataError, MIRROR_MARK};
use crate::engine::{EngineError, RecoverError};
use crate::node::OpenError;
use crate::sequencer::{SequencerError, SqliteSequencer};

/// Settings of a mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorConfig {
    /// The ledger, or another mirror of it.
    pub url: Url,
    /// The mirror's data directory; made if it is not there.
    pub data: PathBuf,
    /// SHA-256 of the genesis file, from somebody who is trusted; `None` trusts the first genesis that is shown.
    pub genesis: Option<Digest>,
    /// How often to look for something new.
    pub every: Duration,
}

/// Why there is no mirror.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// The genesis cannot be had.
    #[error("the genesis: {0}")]
    Genesis(#[from] FetchError),
    /// It is another ledger.
    #[error("the genesis has the digest {found}, not {expected}")]
    OtherGenesis {
        /// Which is trusted.
        expected: Digest,
        /// Which is there.
        found: Digest,
    },
    /// The folder holds something else.
    #[error("the folder is neither empty nor a mirror")]
    NotAMirror,
    /// The data directory cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The index cannot be made or opened.
    #[error("the index: {0}")]
    Index(#[from] SequencerError),
    /// What is here cannot be taken up, or what is shown cannot be true.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The thread that follows cannot be started.
    #[error(transparent)]
    Open(Box<OpenError>),
    /// The copy can no longer be written.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<OpenError> for MirrorError {
    fn from(error: OpenError) -> Self {
        Self::Open(Box::new(error))
    }
}

impl MirrorConfig {
    /// A mirror that looks every two seconds and trusts the first genesis.
    pub fn new(url: Url, data: impl Into<PathBuf>) -> Self {
        Self { url, data: data.into(), genesis: None, every: Duration::from_secs(2) }
    }
}

/// Makes the data directory if it is not there, and gives the genesis.
pub(crate) fn prepare(config: &MirrorConfig) -> Result<Genesis, MirrorError> {
    let folder = DataDir::at(&config.data);
    if !folder.genesis().exists() {
        make(config, &folder)?;
    }
    if !config.data.join(MIRROR_MARK).exists() {
        return Err(MirrorError::NotAMirror);
    }
    let genesis = folder.read_genesis()?;
    trusted(&genesis, config.genesis)?;
    Ok(genesis)
}

/// The genesis that a source shows, which must be the trusted one.
pub(super) fn fetch_genesis(source: &dyn Source, expected: Option<Digest>) -> Result<Genesis, MirrorError> {
    let bytes = source.get(&Resource::Genesis, MAX_GENESIS)?;
    let malformed = || FetchError::Malformed(Resource::Genesis.to_string());
    let genesis: Genesis = serde_json::from_slice(&bytes).map_err(|_| malformed())?;
    if genesis.to_bytes() != bytes {
        return Err(malformed().into());
    }
    trusted(&genesis, expected)?;
    Ok(genesis)
}

fn trusted(genesis: &Genesis, expected: Option<Digest>) -> Result<(), MirrorError> {
    let found = genesis.digest();
    match expected {
        Some(expected) if expected != found => Err(MirrorError::OtherGenesis { expected, found }),
        _ => Ok(()),
    }
}

fn make(config: &MirrorConfig, folder: &DataDir) -> Result<(), MirrorError> {
    let genesis = fetch_genesis(&Client::new(config.url.clone()), config.genesis)?;
    fs::create_dir_all(&config.data)?;
    let mark = config.data.join(MIRROR_MARK);
    if !mark.exists() && fs::read_dir(&config.data)?.next().is_some() {
        return Err(MirrorError::NotAMirror);
    }
    let url = json!({ "url": config.url }).to_string();
    replace(&mark, url.as_bytes(), Readers::Everybody).map_err(io::Error::from)?;
    begin(folder, &genesis)
}

/// Makes what a copy of a ledger begins with, in a folder that holds nothing else.
pub(crate) fn begin(folder: &DataDir, genesis: &Genesis) -> Result<(), MirrorError> {
    fs::create_dir_all(folder.path().join(blob::FOLDER))?;
    if folder.sqlite().exists() {
        // A copy that was being made when the machine stopped: its index is empty.
        fs::remove_file(folder.sqlite())?;
    }
    SqliteSequencer::create(&folder.sqlite(), genesis.digest().as_bytes())?;
    // Last: a folder without it is begun anew.
    replace(&folder.genesis(), &genesis.to_bytes(), Readers::Everybody).map_err(io::Error::from)?;
    Ok(())
}

/// Bytes of a genesis at most.
const MAX_GENESIS: u64 = 1 << 20;
