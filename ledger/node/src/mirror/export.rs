//! Everything public of a ledger in one folder that `fsck` accepts: proved while it is written, read back before it is there.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use circuits::field::Element;
use ledger::client::Client;
use ledger::digest::Digest;
use ledger::genesis::Genesis;
use ledger::note::KeyName;
use ledger::source::Source;
use serde::{Deserialize, Serialize};
use service::clock::Clock;
use service::durable::{Readers, replace, sync_folder};
use url::Url;

use super::folder::Folder;
use super::setup::fetch_genesis;
use super::{MirrorError, Upstream};
use crate::config::StartClock;
use crate::data_dir::{DataDir, DataError, MANIFEST};
use crate::engine::{ClockGuard, Engine, EngineError, EngineParts, FlushUrgency, RecoverError, Role};
use crate::fsck::{self, Difference, FsckError};
use crate::sequencer::Headless;
use crate::{blob, derived};

/// `export.json`: what a copy is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The log's name.
    pub origin: KeyName,
    /// SHA-256 of the genesis file.
    pub genesis: Digest,
    /// Entries.
    pub size: u64,
    /// The log's root over them.
    pub root: Digest,
    /// Leaves of the credential tree, removed ones included.
    pub leaves: u64,
    /// Root of the credential tree.
    pub credential_root: Element,
}

/// Why there is no copy. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// There is something at its place.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// The genesis is not the trusted one, or cannot be had.
    #[error(transparent)]
    Setup(#[from] MirrorError),
    /// The data directory cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// What is copied cannot be had, or cannot be true.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The copy cannot be written.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The copy cannot be read back.
    #[error(transparent)]
    Fsck(#[from] FsckError),
    /// The copy is not what was written: the disk is at fault.
    #[error("read back, {} {}", .0.what, .0.why)]
    Damaged(Difference),
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Copies the ledger at `url` into the new folder `out`; its genesis must have the digest `expected`, if one is given.
pub fn export_url(url: Url, out: &Path, expected: Option<Digest>) -> Result<Manifest, ExportError> {
    let source = Client::new(url);
    let genesis = fetch_genesis(&source, expected)?;
    export(Arc::new(source), &genesis, out)
}

/// Copies what is public of a data directory that no process uses into the new folder `out`.
pub fn export_folder(data: &Path, out: &Path) -> Result<Manifest, ExportError> {
    let folder = DataDir::at(data);
    let genesis = folder.read_genesis()?;
    let _lock = folder.lock_to_read()?;
    export(Arc::new(Folder::open(data)?), &genesis, out)
}

pub(super) fn export(
    source: Arc<dyn Source + Send + Sync>,
    genesis: &Genesis,
    out: &Path,
) -> Result<Manifest, ExportError> {
    if out.exists() {
        return Err(ExportError::Exists(out.to_path_buf()));
    }
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Beside its place, so that it gets there whole or not at all; removed when anything fails.
    let folder = tempfile::Builder::new().prefix(".export-").tempdir_in(parent)?;
    let manifest = write(source, genesis, folder.path())?;
    let report = fsck::examine(&DataDir::at(folder.path()), &crate::SequencerConfig::Sqlite, &mut |_, _| {})?;
    if let Some(difference) = report.difference {
        return Err(ExportError::Damaged(difference));
    }
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
    sync_folder(folder.path()).map_err(io::Error::from)?;
    fs::rename(folder.path(), out)?;
    sync_folder(parent).map_err(io::Error::from)?;
    Ok(manifest)
}

fn write(
    source: Arc<dyn Source + Send + Sync>,
    genesis: &Genesis,
    out: &Path,
) -> Result<Manifest, ExportError> {
    let data = DataDir::at(out);
    fs::create_dir(out.join(blob::FOLDER))?;
    replace(&data.genesis(), &genesis.to_bytes(), Readers::Everybody).map_err(io::Error::from)?;
    let mut engine = Engine::open(EngineParts {
        genesis: genesis.clone(),
        role: Role::Mirror(Upstream::new(source, out.to_path_buf())),
        storage: Arc::new(data.files()),
        sequencer: Box::new(Headless::new()),
        clock: ClockGuard::new(Clock::system(), StartClock::default()),
        witnesses: None,
    })?;
    while engine.catch_up()? {
        // What was published while the copy was made is copied too.
    }
    engine.flush(FlushUrgency::Last)?;
    engine.sweep_all()?;
    let status = engine.snapshot().status;
    drop(engine);
    // Everybody derives it anew.
    fs::remove_dir_all(out.join(derived::FOLDER))?;
    let manifest = Manifest {
        origin: status.origin,
        genesis: status.genesis,
        size: status.size,
        root: status.root,
        leaves: status.leaves,
        credential_root: status.credential_root,
    };
    let bytes = serde_json::to_vec_pretty(&manifest).expect("names, numbers and digests have a JSON form");
    replace(&out.join(MANIFEST), &bytes, Readers::Everybody).map_err(io::Error::from)?;
    Ok(manifest)
}
