//! The issuer itself, without HTTP: what staff and wallets can ask for, and the rules.

mod agreeing;
mod approval;
mod audit;
mod binding;
mod bundle;
mod cells;
mod comparing;
mod credential;
mod deciding;
mod drafting;
mod enrolled;
mod error;
mod grant;
mod import;
mod lists;
mod offer;
mod paper;
mod people;
mod plan;
mod reconciling;
mod recovery;
mod renewal;
mod reset;
mod sight;
mod signing;
mod status;

pub(crate) use agreeing::ForeignRecovery;
pub(crate) use approval::{Acted, PaperAsked, PersonAct};
pub(crate) use audit::DONE;
pub use binding::{Asked, BindingError};
pub use comparing::Comparison;
pub(crate) use credential::CredentialError;
pub(crate) use deciding::Decision;
pub(crate) use drafting::Draft;
pub(crate) use enrolled::PERSON_SINCE;
pub(crate) use error::ActError;
pub use error::IssuerError;
pub use import::{Row, RowOutcome};
pub(crate) use lists::{Change, Counts, LineOutcome, MAX_LINES, Preview, Ran, Started, Work, seen};
pub use offer::Offered;
pub(crate) use offer::{GrantError, TokenError};
pub(crate) use paper::{Printed, paper_code};
pub(crate) use people::{Card, Device, FOUND_AT_MOST, Person, Recoverable, text};
pub(crate) use plan::SubmissionError;
pub use reconciling::{ReconcileError, Reconciled, Strays};
pub(crate) use recovery::{Recovery, RecoveryState};
pub(crate) use sight::Basis;
pub use status::Act;
pub(crate) use status::Changed;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use circuits::policy::Catalogue as _;
use circuits::schema::{Schema, SchemaId};
use ledger::client::{Accepted, Client, SubmitError};
use ledger::follow::{FollowError, Follower, Freshness};
use ledger::genesis::Genesis;
use ledger::note::KeyName;
use ledger::record::Entry;
use ledger::registry::{DepartmentStatus, Registry};
use ledger::rehearsal::Rehearsal;
use ledger::source::Source;
use ledger_keys::KeyError;
use service::clock::Clock;
use service::http::{BadPublicUrl, Exposed};
use service::spreadsheet::unmarked;

use self::comparing::Comparing;
pub(crate) use self::signing::KeyStatus;
use self::signing::SigningKeys;
use crate::config::{Config, ConfigError, Grantable};
use crate::store::{Store, StoreError};
use crate::tokens::Nonces;

/// The ledger as an issuer needs it: to read what is published, and to submit entries that stand or fall together.
pub trait Ledger: Source + Send + Sync {
    /// See [`Client::submit`].
    fn submit(&self, entries: &[Entry]) -> Result<Vec<Accepted>, SubmitError>;
}

impl Ledger for Client {
    fn submit(&self, entries: &[Entry]) -> Result<Vec<Accepted>, SubmitError> {
        Self::submit(self, entries)
    }
}

/// A department's issuer. All methods block; services call them off the async threads.
pub struct Issuer {
    config: Config,
    keys: SigningKeys,
    /// The ledger's name: signatures are for this ledger only.
    origin: KeyName,
    ledger: Box<dyn Ledger>,
    clock: Clock,
    store: Mutex<Store>,
    follower: RwLock<Follower>,
    syncing: Mutex<()>,
    /// How the database compares with the ledger.
    comparing: Mutex<Comparing>,
    nonces: Nonces,
}

/// Who programs at the staff interface are in the audit list.
pub(crate) const API: &str = "api";

/// Why an issuer cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The signing key cannot be read.
    #[error("the department's key `{0}`: {1}")]
    Key(String, #[source] KeyError),
    /// The genesis file cannot be read.
    #[error("the genesis file `{0}`: {1}")]
    Genesis(PathBuf, String),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The staff token cannot be read, or is too short.
    #[error("the staff token file: {0}")]
    AdminToken(String),
    /// The password file cannot be read.
    #[error(transparent)]
    Clerks(service::staff::RosterError),
    /// The public address cannot be served.
    #[error(transparent)]
    PublicUrl(#[from] BadPublicUrl),
    /// Everybody would be staff at the staff interface.
    #[error(
        "others than this machine can reach the desk, since {0}, and could act in the department's name; set \
         `admin_token` to a file with a token"
    )]
    TokenNeeded(Exposed),
    /// Everybody would be staff at the pages.
    #[error(
        "others than this machine can reach the desk, since {0}, and could work at its pages; set `clerks` under \
         `[staff]` to the password file that `issuer clerk add` makes"
    )]
    ClerksNeeded(Exposed),
}

/// Why a schema is not granted here, now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotGranted {
    /// Not in the issuer's configuration.
    #[error("this desk does not grant that schema")]
    NotConfigured,
    /// The ledger does not have it, as far as the issuer has followed it.
    #[error("the schema is not on the ledger, or the desk has not followed the ledger yet")]
    NotPublished,
    /// The department is suspended: the ledger would not take what it grants.
    #[error("the department is suspended")]
    Suspended,
}

impl Issuer {
    /// Opens an issuer with the ledger's HTTP client and the machine's clock.
    pub fn open(config: Config) -> Result<Self, OpenError> {
        let ledger = Box::new(Client::new(config.ledger.clone()));
        Self::with(config, ledger, Clock::system())
    }

    /// Opens an issuer with another ledger and clock.
    pub fn with(config: Config, ledger: Box<dyn Ledger>, clock: Clock) -> Result<Self, OpenError> {
        config.check()?;
        let keys = SigningKeys::open(&config).map_err(|(key, error)| OpenError::Key(key, error))?;
        let genesis = genesis_of(&config)?;
        let store = Store::open(&config.data)?;
        Ok(Self {
            keys,
            origin: genesis.origin().clone(),
            ledger,
            clock,
            store: Mutex::new(store),
            follower: RwLock::new(Follower::new(genesis)),
            syncing: Mutex::default(),
            comparing: Mutex::default(),
            nonces: Nonces::new(&mut rand::rngs::OsRng),
            config,
        })
    }

    /// The issuer's configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Catches up with the ledger. Readers keep the older state meanwhile.
    pub fn sync(&self) -> Result<(), FollowError> {
        let _one_at_a_time = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut follower = self.follower.read().unwrap_or_else(PoisonError::into_inner).clone();
        follower.sync(self.ledger.as_ref(), self.now())?;
        self.compare(&follower)?;
        *self.follower.write().unwrap_or_else(PoisonError::into_inner) = follower;
        self.renew_keys();
        Ok(())
    }

    /// Whether the issuer can grant: it has followed the ledger, every schema it grants is there, its key signs and is the one
    /// that the ledger has, and its database is no older than the ledger.
    pub fn is_ready(&self) -> bool {
        let granted = self.config.schemas.iter().all(|g| self.granted(&g.schema).is_ok());
        granted && self.key_status() == KeyStatus::Signs && self.comparison() == Comparison::Agrees
    }

    /// Whether the database takes a write now.
    pub(crate) fn can_write(&self) -> bool {
        let tried = self.store().try_write();
        tried.inspect_err(|error| tracing::warn!(%error, "the database takes no write")).is_ok()
    }

    /// How old what the issuer knows of the ledger is, by its own clock. Reading an old answer again makes nothing fresh.
    pub(crate) fn freshness(&self) -> Freshness {
        self.follower.read().unwrap_or_else(PoisonError::into_inner).freshness(self.now())
    }

    /// The registry as last seen. Copies share what they hold.
    pub fn registry(&self) -> Registry {
        self.follower.read().unwrap_or_else(PoisonError::into_inner).registry().clone()
    }

    /// Entries of the log as last seen.
    fn entries(&self) -> u64 {
        let follower = self.follower.read().unwrap_or_else(PoisonError::into_inner);
        follower.checkpoint().map_or(0, |checkpoint| checkpoint.size)
    }

    /// A dry run on the ledger as last seen, in the department's name.
    fn rehearsal(&self) -> Rehearsal {
        let follower = self.follower.read().unwrap_or_else(PoisonError::into_inner);
        let size = follower.checkpoint().map_or(0, |checkpoint| checkpoint.size);
        let stated = follower.stated_at().unwrap_or_default();
        Rehearsal::on(follower.registry().clone(), self.config.department.clone(), size, stated, self.now())
    }

    /// What the issuer says about a schema, and the schema as published.
    pub(crate) fn granted(&self, schema: &SchemaId) -> Result<(&Grantable, Schema), NotGranted> {
        let grantable = self.config.grantable(schema).ok_or(NotGranted::NotConfigured)?;
        let registry = self.registry();
        let published = registry.schema(schema).cloned().ok_or(NotGranted::NotPublished)?;
        if registry.status(&self.config.department) == Some(DepartmentStatus::Suspended) {
            return Err(NotGranted::Suspended);
        }
        Ok((grantable, published))
    }

    /// Unix seconds.
    pub(crate) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// The store, for tests that look into it.
    #[cfg(test)]
    pub(crate) fn store_for_tests(&self) -> MutexGuard<'_, Store> {
        self.store()
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // A panic cannot leave half a write: transactions roll back when dropped.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The genesis file that a configuration names.
pub(crate) fn genesis_of(config: &Config) -> Result<Genesis, OpenError> {
    let refused = |reason: String| OpenError::Genesis(config.genesis.clone(), reason);
    let bytes = std::fs::read(&config.genesis).map_err(|e| refused(e.to_string()))?;
    serde_json::from_slice(unmarked(&bytes)).map_err(|e| refused(e.to_string()))
}
