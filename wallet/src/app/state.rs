//! The running app: locked or open, and how it changes between the two.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use ledger::client::Client;
use ledger::genesis::Genesis;
use ledger::registry::Development;
use ledger::source::{FetchError, Source};
use prover::ShowProver;
use service::clock::Clock;
use url::Url;

use super::background::{self, Tasks};
use super::pairing::Pairing;
use super::session::{Draft, OpenWallet};
use crate::contents::Contents;
use crate::error::WalletError;
use crate::session::open_ledger;
use crate::store::{Cost, Passphrase, Store};

/// The app. Clones are the same app.
#[derive(Clone)]
pub(super) struct App(Arc<Inner>);

struct Inner {
    config: AppConfig,
    connector: Box<dyn LedgerConnector>,
    clock: Clock,
    pairing: Pairing,
    /// The open wallet. Whatever works with it holds it until it is done, also past locking.
    open: RwLock<Option<Arc<OpenWallet>>>,
    /// A wallet in the making.
    draft: Mutex<Option<Draft>>,
    /// When the owner last did something, unix seconds.
    used: AtomicU64,
    tasks: Tasks,
    /// Public, and costly to make quick: it outlives locking.
    prover: Mutex<Option<Arc<ShowProver>>>,
}

impl App {
    pub(super) fn new(
        config: AppConfig,
        connector: Box<dyn LedgerConnector>,
        clock: Clock,
        pairing: Pairing,
    ) -> Self {
        let used = AtomicU64::new(clock.now());
        Self(Arc::new(Inner {
            config,
            connector,
            clock,
            pairing,
            open: RwLock::new(None),
            draft: Mutex::new(None),
            used,
            tasks: Tasks::default(),
            prover: Mutex::new(None),
        }))
    }

    pub(super) fn pairing(&self) -> &Pairing {
        &self.0.pairing
    }

    pub(super) fn config(&self) -> &AppConfig {
        &self.0.config
    }

    pub(super) fn connector(&self) -> &dyn LedgerConnector {
        &*self.0.connector
    }

    pub(super) fn tasks(&self) -> &Tasks {
        &self.0.tasks
    }

    pub(super) fn draft(&self) -> MutexGuard<'_, Option<Draft>> {
        self.0.draft.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The prover of an earlier time that the wallet was open. Whether its key is still the one on the ledger is
    /// checked when it is used.
    pub(super) fn prover(&self) -> Option<Arc<ShowProver>> {
        self.0.prover.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn keep_prover(&self, prover: Arc<ShowProver>) {
        *self.0.prover.lock().unwrap_or_else(PoisonError::into_inner) = Some(prover);
    }

    /// Unix seconds.
    pub(super) fn now(&self) -> u64 {
        self.0.clock.now()
    }

    /// The open wallet, for a page that the owner asked for.
    pub(super) fn used(&self) -> Option<Arc<OpenWallet>> {
        let open = self.open()?;
        self.0.used.store(self.now(), Ordering::Relaxed);
        Some(open)
    }

    /// The open wallet, for what a script asks by itself.
    pub(super) fn open(&self) -> Option<Arc<OpenWallet>> {
        self.lock_if_idle();
        self.0.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens the wallet of the folder. Takes as long as a key derivation.
    pub(super) fn unlock(&self, passphrase: &Passphrase) -> Result<(), WalletError> {
        let (store, contents) = Store::open(&self.config().home, passphrase)?;
        self.admit(store, contents)
    }

    /// Takes over a wallet that was opened or made, and begins what runs beside it.
    pub(super) fn admit(&self, store: Store, contents: Contents) -> Result<(), WalletError> {
        let address = self.config().ledger_override.as_ref().unwrap_or(&contents.trust.ledger);
        let source = self.0.connector.source(address);
        let ledger = open_ledger(&store, &contents, source, self.config().development)?;
        if let Some(prover) = self.prover() {
            ledger.use_show_prover(prover);
        }
        let open = Arc::new(OpenWallet::new(store, contents, ledger));
        *self.0.open.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&open));
        self.0.used.store(self.now(), Ordering::Relaxed);
        background::start(self, &open);
        Ok(())
    }

    /// Forgets everything that the passphrase protects.
    pub(super) fn lock(&self) {
        *self.0.open.write().unwrap_or_else(PoisonError::into_inner) = None;
        *self.draft() = None;
    }

    /// Locks a wallet that nobody used for a while.
    pub(super) fn lock_if_idle(&self) {
        let idle_s = self.now().saturating_sub(self.0.used.load(Ordering::Relaxed));
        if idle_s > self.config().idle_s {
            self.lock();
        }
    }
}

/// The open wallet, asked for by its owner; a locked one sends the browser to where it is unlocked.
pub(super) struct Unlocked(pub(super) Arc<OpenWallet>);

impl FromRequestParts<App> for Unlocked {
    type Rejection = Response;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, Response> {
        app.used().map(Self).ok_or_else(|| Redirect::to("/").into_response())
    }
}

/// Where the wallet is and how it is kept.
pub(crate) struct AppConfig {
    /// The wallet's folder.
    pub(crate) home: PathBuf,
    /// Another address of the ledger than the wallet has.
    pub(crate) ledger_override: Option<Url>,
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

/// How a ledger is reached; a test gives another way.
pub(super) trait LedgerConnector: Send + Sync {
    /// A ledger at an address.
    fn source(&self, ledger: &Url) -> Box<dyn Source + Send + Sync>;
    /// What the ledger at an address says is its genesis.
    fn genesis(&self, ledger: &Url) -> Result<Genesis, FetchError>;
}

/// Over HTTP.
pub(super) struct HttpConnector;

impl LedgerConnector for HttpConnector {
    fn source(&self, ledger: &Url) -> Box<dyn Source + Send + Sync> {
        Box::new(Client::new(ledger.clone()))
    }

    fn genesis(&self, ledger: &Url) -> Result<Genesis, FetchError> {
        Client::new(ledger.clone()).genesis()
    }
}
