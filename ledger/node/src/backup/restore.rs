//! `ledger restore-backup`: a data directory from a backup, and from what mirrors have of the log beyond it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::client::{Client, Status};
use ledger::digest::Digest;
use ledger::genesis::Genesis;
use ledger::key::read_secret_file;
use ledger::resource::Resource;
use ledger::sm2::{Sm2FileError, Sm2Key};
use ledger::source::Source;
use ledger_keys::KeyError;
use serde::Serialize;
use service::backup::{BackupError, Restoring, ServiceKind};
use service::clock::Clock;
use service::durable::{Readers, replace};
use url::Url;
use zeroize::Zeroizing;

use super::{LedgerBackupError, Mark, mark};
use crate::blob;
use crate::config::StartClock;
use crate::data_dir::{DataDir, key_named_in};
use crate::engine::{
    CHECKPOINT, COSIGNED, ClockGuard, Engine, EngineParts, FlushUrgency, RecoverError, Role,
};
use crate::mirror::{Folder, OriginalError, Upstream, begin};
use crate::sequencer::SequencerConfig;

/// What is put back, and where to.
#[derive(Clone, Debug)]
pub struct Restore {
    /// The file that [`super::backup`] wrote.
    pub backup: PathBuf,
    /// The data directory, where nothing or an empty folder may be.
    pub data: PathBuf,
    /// The log's key, which is in no backup: a key file, or a file that says in which device it is.
    pub key: PathBuf,
    /// The file of its second key (SM2), where the genesis names one.
    pub sm2_key: Option<PathBuf>,
    /// Mirrors, or nodes, that may have more of the log.
    pub catch_up: Vec<Url>,
}

/// What was put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestoredLog {
    /// The log's name.
    pub origin: String,
    /// Entries of the backup.
    pub backed_up: u64,
    /// Entries that are here now.
    pub size: u64,
    /// The log's root over them.
    pub root: Digest,
    /// Leaves of the credential tree.
    pub leaves: u64,
    /// What stands between this and the next entry.
    pub before_the_next: BeforeTheNext,
}

/// What has to be known before a restored log may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BeforeTheNext {
    /// The witnesses are asked at the start: they know whether there is more.
    Witnesses,
    /// There are no witnesses; what mirrors had was taken in.
    CaughtUp,
    /// There are no witnesses and nobody was asked: the operator has to say that there is no more.
    Operator,
}

/// Puts a ledger back. Every entry is checked as a mirror does it; that takes about as long as `fsck`.
pub fn restore(wanted: &Restore) -> Result<RestoredLog, LedgerBackupError> {
    let restoring = Restoring::begin(&wanted.data)?;
    let scratch = restoring.scratch();
    let header = restoring.unpack(&wanted.backup, ServiceKind::Ledger, is_known, &scratch)?;
    let genesis = DataDir::at(&scratch).read_genesis()?;
    header.check(&genesis.digest().to_string(), Some(&genesis.origin().to_string()))?;
    let key = log_key(&wanted.key, &genesis)?;
    let second = second_key(wanted.sm2_key.as_deref(), &genesis)?;
    let data = DataDir::at(&restoring.folder());
    begin(&data, &genesis)?;
    let source = Folder::open(&scratch)?;
    let mut here = take_in(&data, &genesis, Arc::new(source))?;
    if here.size != header.entries {
        return Err(BackupError::Damaged("it is about another checkpoint than it has".to_owned()).into());
    }
    documents(&scratch, data.path())?;
    for url in &wanted.catch_up {
        let source = Arc::new(Client::new(url.clone()));
        here = take_in(&data, &genesis, source).map_err(|error| keep_evidence(error, &wanted.data))?;
    }
    replace(&data.log_key(), key.as_bytes(), Readers::Owner).map_err(io::Error::from)?;
    if let Some((key, path)) = second {
        key.save(&data.second_key()).map_err(second_unusable(path))?;
    }
    let before_the_next = match (genesis.witnesses(), wanted.catch_up.is_empty()) {
        (Some(_), _) => BeforeTheNext::Witnesses,
        (None, false) => BeforeTheNext::CaughtUp,
        (None, true) => BeforeTheNext::Operator,
    };
    if before_the_next == BeforeTheNext::Operator {
        mark(&data, &Mark { entries: here.size, backup_made_at: header.made_at })?;
    }
    restoring.finish()?;
    Ok(RestoredLog {
        origin: header.who,
        backed_up: header.entries,
        size: here.size,
        root: here.root,
        leaves: here.leaves,
        before_the_next,
    })
}

/// Which files a backup of a ledger has.
fn is_known(name: &str) -> bool {
    if [GENESIS, CHECKPOINT, COSIGNED].contains(&name) {
        return true;
    }
    if let Some(digest) = name.strip_prefix(blob::FOLDER).and_then(|rest| rest.strip_prefix('/')) {
        return digest.parse::<Digest>().is_ok();
    }
    matches!(format!("/{name}").parse(), Ok(Resource::Tile(_) | Resource::Entries(_)))
}

/// Takes in what a source has of the log, proved and replayed as a mirror does it. The log here is as long as the source's
/// then, or longer.
fn take_in(
    data: &DataDir,
    genesis: &Genesis,
    source: Arc<dyn Source + Send + Sync>,
) -> Result<Status, LedgerBackupError> {
    let mut engine = Engine::open(EngineParts {
        genesis: genesis.clone(),
        role: Role::Mirror(Upstream::new(source, data.path().to_path_buf())),
        storage: Arc::new(data.files()),
        sequencer: SequencerConfig::Sqlite.open(data, genesis)?,
        // Nothing is stated here.
        clock: ClockGuard::new(Clock::system(), StartClock::default()),
        witnesses: None,
    })?;
    while engine.catch_up()? {
        // What is published meanwhile is taken in too.
    }
    engine.flush(FlushUrgency::Last)?;
    engine.sweep_all()?;
    Ok(engine.snapshot().status)
}

/// Documents that no entry names are kept too.
fn documents(from: &Path, to: &Path) -> Result<(), LedgerBackupError> {
    let found = match fs::read_dir(from.join(blob::FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    for entry in found {
        let entry = entry?;
        let place = to.join(blob::FOLDER).join(entry.file_name());
        if !place.exists() {
            fs::rename(entry.path(), place)?;
        }
    }
    match blob::first_damaged(to)? {
        Some(file) => Err(LedgerBackupError::Damaged(file)),
        None => Ok(()),
    }
}

/// The text of the key's file, which is the key or says in which device it is; that device must be plugged in.
fn log_key(path: &Path, genesis: &Genesis) -> Result<Zeroizing<String>, LedgerBackupError> {
    let unusable = |source| LedgerBackupError::Key { path: path.to_owned(), source };
    let key = key_named_in(path).and_then(|source| Ok(source.open()?)).map_err(unusable)?;
    if key.public() != *genesis.log_key() {
        return Err(LedgerBackupError::OtherKey(path.to_owned()));
    }
    read_secret_file(path).map_err(|error| unusable(KeyError::from(error).into()))
}

/// The second key and its file, which is there exactly where the genesis names one.
fn second_key<'p>(
    path: Option<&'p Path>,
    genesis: &Genesis,
) -> Result<Option<(Sm2Key, &'p Path)>, LedgerBackupError> {
    let (rule, path) = match (genesis.sm2(), path) {
        (None, None) => return Ok(None),
        (Some(rule), Some(path)) => (rule, path),
        (Some(_), None) => return Err(LedgerBackupError::NoSecondKey),
        (None, Some(path)) => return Err(LedgerBackupError::OtherKey(path.to_owned())),
    };
    let key = Sm2Key::load(path).map_err(second_unusable(path))?;
    if key.public() == rule.key {
        Ok(Some((key, path)))
    } else {
        Err(LedgerBackupError::OtherKey(path.to_owned()))
    }
}

fn second_unusable(path: &Path) -> impl FnOnce(Sm2FileError) -> LedgerBackupError {
    |source| LedgerBackupError::SecondKey { path: path.to_owned(), source }
}

/// Of two histories the checkpoint that contradicts is kept, beside the data directory that is not made.
fn keep_evidence(error: LedgerBackupError, data: &Path) -> LedgerBackupError {
    let LedgerBackupError::Recover(RecoverError::Original(OriginalError::SplitView {
        here,
        shown,
        evidence,
    })) = error
    else {
        return error;
    };
    let name = evidence.file_name().unwrap_or_default();
    let kept = data.with_file_name(name);
    match fs::copy(&evidence, &kept) {
        Ok(_) => RecoverError::from(OriginalError::SplitView { here, shown, evidence: kept }).into(),
        Err(error) => error.into(),
    }
}

/// The genesis file in a backup.
pub(super) const GENESIS: &str = "genesis.json";
