//! Where the wallet is, and what it needs of the machine around it.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use ledger::client::Client;
use ledger::genesis::Genesis;
use ledger::registry::Development;
use ledger::source::{FetchError, Source};
use url::Url;

use crate::store::Cost;

/// Where the wallet is and how it is kept.
pub(crate) struct Place {
    /// The wallet's folder.
    pub(crate) home: PathBuf,
    /// Another address of the ledger than the wallet has.
    pub(crate) instead: Option<Url>,
    /// The ledger of a wallet that is made here.
    pub(crate) ledger: Url,
    /// The genesis that such a wallet trusts; without it the ledger is asked once.
    pub(crate) genesis: Option<Genesis>,
    /// Whether development keys are used.
    pub(crate) development: Development,
    /// What guessing its passphrase costs.
    pub(crate) cost: Cost,
    /// Seconds without use after which it locks itself.
    pub(crate) idle_s: u64,
}

/// Clock and ledger; a test gives others.
pub(crate) trait Surroundings: Send + Sync {
    /// Unix seconds.
    fn now(&self) -> u64;
    /// A ledger at an address.
    fn source(&self, ledger: &Url) -> Box<dyn Source + Send + Sync>;
    /// What the ledger at an address says is its genesis.
    fn genesis(&self, ledger: &Url) -> Result<Genesis, FetchError>;
}

/// This machine and its network.
pub(crate) struct Machine;

impl Surroundings for Machine {
    fn now(&self) -> u64 {
        // A clock before 1970 makes every request look as if it came from the future, which is refused.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn source(&self, ledger: &Url) -> Box<dyn Source + Send + Sync> {
        Box::new(Client::new(ledger.clone()))
    }

    fn genesis(&self, ledger: &Url) -> Result<Genesis, FetchError> {
        Client::new(ledger.clone()).genesis()
    }
}
