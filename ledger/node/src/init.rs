//! A new ledger: what its first departments agree on, and the data directory made from it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use circuits::credential::DepartmentId;
use ledger::genesis::{Department, Genesis, GenesisError, MIN_ROOT_AGE_S};
use ledger::key::{DepartmentKey, KeyFileError, PublicKey};
use ledger::note::KeyName;
use ledger::record::is_web_address;
use ledger::sm2::{Need, Sm2FileError, Sm2Key, Sm2Rule};
use ledger::witness::Quorum;
use ledger_keys::KeyUri;
use service::durable::{Readers, replace};

use crate::data_dir::DataDir;
use crate::sequencer::{SequencerConfig, SequencerError};

/// What the first departments agree on.
#[derive(Clone, Debug)]
pub struct GenesisParameters {
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
    /// Seconds that a policy must at least accept a root for. Less than the default is for development.
    pub min_root_age_s: u64,
    /// The department that keeps a secret for each person; `None` for a ledger on which nobody does.
    pub person_authority: Option<DepartmentId>,
    /// The file of a second key of the log, and whether its signature is required; `None` for a log with one key.
    pub sm2: Option<SecondKey>,
}

/// A second key of a log (SM2).
#[derive(Clone, Debug)]
pub struct SecondKey {
    /// Its file (PKCS#8, PEM), which is copied into the data directory.
    pub file: PathBuf,
    /// Whether its signature must be under a checkpoint.
    pub need: Need,
}

impl SecondKey {
    /// The key, and what the genesis says of it.
    fn load(&self) -> Result<(Sm2Key, Sm2Rule), Sm2FileError> {
        let key = Sm2Key::load(&self.file)?;
        let rule = Sm2Rule { key: key.public(), need: self.need };
        Ok((key, rule))
    }
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
    /// A department's desk is at an address that no page may link.
    #[error("the desk of `{0}` must have an https address (http only for this machine itself)")]
    Desk(DepartmentId),
    /// The log's key cannot be written.
    #[error("cannot write the log's key")]
    Key(#[from] KeyFileError),
    /// The log's second key cannot be read.
    #[error("the log's second key: {0}")]
    SecondKey(#[from] Sm2FileError),
    /// The sequencer's store cannot be made.
    #[error("cannot make the sequencer's store")]
    Sequencer(#[from] SequencerError),
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl GenesisParameters {
    /// Departments alone, with neither witnesses nor a person authority nor a limit of their own.
    pub fn new(origin: KeyName, departments: Vec<Department>, threshold: usize) -> Self {
        let min_root_age_s = MIN_ROOT_AGE_S;
        Self {
            origin,
            departments,
            threshold,
            witnesses: None,
            bulk_limit: None,
            min_root_age_s,
            person_authority: None,
            sm2: None,
        }
    }
    fn genesis(self, log_key: PublicKey) -> Result<Genesis, GenesisError> {
        let mut genesis = Genesis::new(self.origin, log_key, self.departments, self.threshold)?
            .rooted(self.min_root_age_s)?;
        if let Some(quorum) = self.witnesses {
            genesis = genesis.witnessed(quorum)?;
        }
        if let Some(department) = self.person_authority {
            genesis = genesis.with_person_authority(department)?;
        }
        self.bulk_limit.map_or(Ok(genesis.clone()), |limit| genesis.limited(limit))
    }
}

/// Makes a data directory for a new, empty ledger whose log signs with `log_key`, with its order in the directory.
pub fn init(
    data: &Path,
    parameters: GenesisParameters,
    log_key: &DepartmentKey,
) -> Result<Genesis, InitError> {
    init_in(data, &SequencerConfig::Sqlite, parameters, LogKey::File(log_key))
}

/// What a new log signs with.
#[derive(Clone, Copy)]
pub enum LogKey<'a> {
    /// A key that is kept in the data directory.
    File(&'a DepartmentKey),
    /// A key that stays in a device, whose public half is this.
    Token(&'a KeyUri, PublicKey),
}

impl LogKey<'_> {
    fn public(self) -> PublicKey {
        match self {
            Self::File(key) => key.public(),
            Self::Token(_, public) => public,
        }
    }
    fn save(self, path: &Path) -> Result<(), InitError> {
        match self {
            Self::File(key) => Ok(key.save(path)?),
            Self::Token(uri, _) => {
                Ok(replace(path, format!("{uri}\n").as_bytes(), Readers::Owner).map_err(io::Error::from)?)
            }
        }
    }
}

/// Like [`init`], with the order in `store`, and with a log whose key may be in a device.
pub fn init_in(
    data: &Path,
    store: &SequencerConfig,
    parameters: GenesisParameters,
    log_key: LogKey<'_>,
) -> Result<Genesis, InitError> {
    let unlinkable = parameters
        .departments
        .iter()
        .find(|department| department.desk.as_ref().is_some_and(|desk| !is_web_address(desk)));
    if let Some(department) = unlinkable {
        return Err(InitError::Desk(department.id.clone()));
    }
    let second = parameters.sm2.as_ref().map(SecondKey::load).transpose()?;
    let genesis = parameters.genesis(log_key.public())?;
    let genesis = match &second {
        Some((_, rule)) => genesis.with_sm2(rule.clone()),
        None => genesis,
    };
    fs::create_dir_all(data)?;
    if fs::read_dir(data)?.next().is_some() {
        return Err(InitError::NotEmpty);
    }
    let folder = DataDir::at(data);
    fs::create_dir(data.join(crate::blob::FOLDER))?;
    log_key.save(&folder.log_key())?;
    if let Some((key, _)) = &second {
        key.save(&folder.second_key())?;
    }
    store.create(&folder, &genesis)?;
    // Last: a folder without it is not a data directory, so a crash before this line leaves nothing that could start.
    replace(&folder.genesis(), &genesis.to_bytes(), Readers::Everybody).map_err(io::Error::from)?;
    Ok(genesis)
}

#[cfg(test)]
mod tests {
    use ledger::samples;

    use super::*;

    #[test]
    fn a_desk_that_no_page_may_link_is_refused_before_anything_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("ledger");
        let mut tax = samples::department("tax.nanning");
        let desks = [
            ("javascript:alert(1)", false),
            ("http://desk.example/", false),
            ("https://desk.example/", true),
        ];
        for (desk, good) in desks {
            tax.desk = Some(desk.parse().unwrap());
            let parameters = GenesisParameters::new(samples::origin(), vec![tax.clone()], 1);
            let made = init(&place, parameters, &samples::insecure_key("ledger.test/1"));
            assert_eq!(made.is_ok(), good, "{desk}");
            assert_eq!(matches!(made, Err(InitError::Desk(_))), !good, "{desk}");
            assert_eq!(place.exists(), good, "{desk}");
        }
    }
}
