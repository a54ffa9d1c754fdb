//! The running app: locked or open, and how it changes between the two.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use prover::ShowProver;

use super::background;
use super::door::Door;
use super::open::Open;
use super::place::{Place, Surroundings};
use super::screens::Draft;
use super::tasks::Tasks;
use crate::cli::failure::Failure;
use crate::contents::Contents;
use crate::store::{Passphrase, Store};

/// The app. Clones are the same app.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

struct Inner {
    place: Place,
    around: Box<dyn Surroundings>,
    door: Door,
    /// The open wallet. Whatever works with it holds it until it is done, also past locking.
    open: RwLock<Option<Arc<Open>>>,
    /// A wallet in the making.
    draft: Mutex<Option<Draft>>,
    /// When the owner last did something, unix seconds.
    used: AtomicU64,
    tasks: Tasks,
    /// Public, and costly to make quick: it outlives locking.
    prover: Mutex<Option<Arc<ShowProver>>>,
}

impl App {
    pub(crate) fn new(place: Place, around: Box<dyn Surroundings>, door: Door) -> Self {
        let used = AtomicU64::new(around.now());
        let (open, draft) = (RwLock::new(None), Mutex::new(None));
        let (tasks, prover) = (Tasks::default(), Mutex::new(None));
        Self(Arc::new(Inner { place, around, door, open, draft, used, tasks, prover }))
    }

    pub(crate) fn door(&self) -> &Door {
        &self.0.door
    }

    pub(super) fn place(&self) -> &Place {
        &self.0.place
    }

    pub(super) fn around(&self) -> &dyn Surroundings {
        &*self.0.around
    }

    pub(super) fn tasks(&self) -> &Tasks {
        &self.0.tasks
    }

    pub(super) fn draft(&self) -> MutexGuard<'_, Option<Draft>> {
        self.0.draft.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The prover of an earlier time that the wallet was open. Whether its key is still the one on the ledger is checked
    /// when it is used.
    pub(super) fn prover(&self) -> Option<Arc<ShowProver>> {
        self.0.prover.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn keep_prover(&self, prover: Arc<ShowProver>) {
        *self.0.prover.lock().unwrap_or_else(PoisonError::into_inner) = Some(prover);
    }

    pub(super) fn now(&self) -> u64 {
        self.0.around.now()
    }

    /// The open wallet, for a page that the owner asked for.
    pub(super) fn used(&self) -> Option<Arc<Open>> {
        let open = self.open()?;
        self.0.used.store(self.now(), Ordering::Relaxed);
        Some(open)
    }

    /// The open wallet, for what a script asks by itself.
    pub(super) fn open(&self) -> Option<Arc<Open>> {
        self.lock_if_idle();
        self.0.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens the wallet of the folder. Takes as long as a key derivation.
    pub(super) fn unlock(&self, passphrase: &Passphrase) -> Result<(), Failure> {
        let (store, contents) = Store::open(&self.place().home, passphrase)?;
        self.admit(store, contents)
    }

    /// Takes over a wallet that was opened or made, and begins what runs beside it.
    pub(super) fn admit(&self, store: Store, contents: Contents) -> Result<(), Failure> {
        let open = Arc::new(Open::new(store, contents, self)?);
        *self.0.open.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&open));
        self.0.used.store(self.now(), Ordering::Relaxed);
        background::start(self, &open);
        Ok(())
    }

    /// Forgets everything that the passphrase protects.
    pub(crate) fn lock(&self) {
        *self.0.open.write().unwrap_or_else(PoisonError::into_inner) = None;
        *self.draft() = None;
    }

    /// Locks a wallet that nobody used for a while.
    pub(super) fn lock_if_idle(&self) {
        let idle_s = self.now().saturating_sub(self.0.used.load(Ordering::Relaxed));
        if idle_s > self.place().idle_s {
            self.lock();
        }
    }
}

/// The open wallet, asked for by its owner; a locked one sends the browser to where it is unlocked.
pub(super) struct Unlocked(pub(super) Arc<Open>);

impl FromRequestParts<App> for Unlocked {
    type Rejection = Response;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, Response> {
        app.used().map(Self).ok_or_else(|| Redirect::to("/").into_response())
    }
}
