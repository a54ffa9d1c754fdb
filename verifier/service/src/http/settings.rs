//! What a service needs to know before it starts.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use circuits::schema::Localized;
use ledger::client::Client;
use ledger::genesis::Genesis;
use service::http::TrustedProxies;
use url::Url;

use super::guard::VerifierToken;
use crate::following::LedgerSource;
use crate::relying_party::Lifetime;
use crate::store::StoreAddress;
use crate::webhook::Webhook;
use verifier::Development;

/// Settings of one service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The ledger to trust.
    pub genesis: Genesis,
    /// Where it is fetched from.
    pub ledger: LedgerAddress,
    /// Holds the database, the certificate and the follower's state.
    pub data: PathBuf,
    /// Where the counter remembers; by default a SQLite file in the data directory.
    pub store: Option<StoreAddress>,
    /// File that remembers outside of the database how many uses were counted; by default beside the data directory.
    pub marker: Option<PathBuf>,
    /// Where wallets reach the service; by default the address that it listens on. Behind a proxy it may have a path.
    pub public_url: Option<Url>,
    /// Proxies whose word on a client's address counts.
    pub trusted_proxies: TrustedProxies,
    /// Who asks.
    pub name: Localized,
    /// Where to complain.
    pub complaint: Localized,
    /// Whether development keys are accepted.
    pub development: Development,
    /// How long a request may be answered.
    pub lifetime: Lifetime,
    /// Pause between two rounds of following.
    pub follow_every: Duration,
    /// Seconds without an answer of the ledger after which `/readyz` says no.
    pub ready_within_s: u64,
    /// Asked for by `POST /requests`; needed where others than this machine can reach the service.
    pub token: Option<VerifierToken>,
    /// Requests per second and address.
    pub requests_per_s: u32,
    /// Password file of the page; by default `clerks` in the data directory, if it is there. Needed where others than
    /// this machine can reach the service.
    pub clerks: Option<PathBuf>,
    /// Where sealed papers are opened: `wallet assist` on this machine. Without it the page takes no papers.
    pub assistant: Option<Url>,
    /// Who is told of programs' requests that have ended.
    pub webhook: Option<Webhook>,
}

impl Settings {
    /// The defaults, which are production's, for a ledger and a data directory.
    pub fn new(genesis: Genesis, ledger: LedgerAddress, data: PathBuf) -> Self {
        Self {
            genesis,
            ledger,
            data,
            store: None,
            marker: None,
            public_url: None,
            trusted_proxies: TrustedProxies::default(),
            name: bilingual("本地窗口", "Local counter"),
            complaint: bilingual("未设置投诉渠道", "No address for complaints was configured"),
            development: Development::Refused,
            lifetime: Lifetime::default(),
            follow_every: Duration::from_millis(1500),
            ready_within_s: 60,
            token: None,
            requests_per_s: 200,
            clerks: None,
            assistant: None,
            webhook: None,
        }
    }
}

fn bilingual(chinese: &str, english: &str) -> Localized {
    Localized::bilingual(chinese, english).expect("the defaults are plain texts")
}

/// Where the ledger is fetched from.
#[derive(Clone)]
pub enum LedgerAddress {
    /// A node or mirror over HTTP.
    Http(Url),
    /// Anything else that answers like one.
    Source(LedgerSource),
}

impl LedgerAddress {
    pub(super) fn source(&self) -> LedgerSource {
        match self {
            Self::Http(url) => std::sync::Arc::new(Client::new(url.clone())),
            Self::Source(source) => LedgerSource::clone(source),
        }
    }
}

impl fmt::Debug for LedgerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(url) => write!(f, "{url}"),
            Self::Source(_) => f.write_str("a source in this process"),
        }
    }
}
