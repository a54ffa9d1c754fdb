//! An open wallet: what is in memory between unlocking and locking.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use ledger::follow::FollowError;
use prover::PrepareError;
use rand::rngs::OsRng;

use super::screens::{Asking, AtCounter, Offering, Progress};
use super::state::App;
use crate::cli::failure::Failure;
use crate::cli::session::{followed, learned};
use crate::contents::Contents;
use crate::followed::Ledger;
use crate::present::Preparations;
use crate::store::{Passphrase, Store, StoreError};

/// An open wallet. No `Debug`. When the last holder is done with it, the folder is free and the memory is wiped as far
/// as its parts wipe themselves.
pub(crate) struct Open {
    store: Store,
    contents: RwLock<Contents>,
    ledger: Ledger,
    preparations: Preparations,
    /// What of the ledger is on disk.
    saved: Mutex<(Option<u64>, u64)>,
    /// How the latest attempt to sync ended.
    synced: Mutex<Option<Failure>>,
    /// A desk's offer that the owner looks at.
    pub(super) offering: Mutex<Option<Offering>>,
    /// A counter's request that the owner looks at.
    pub(super) asking: Mutex<Option<Asking>>,
    /// A counter without a network that the owner stands at.
    pub(super) at_counter: Mutex<Option<AtCounter>>,
    pub(super) receiving: Progress,
    pub(super) presenting: Progress,
    pub(super) showing: Progress,
}

impl Open {
    pub(super) fn new(store: Store, contents: Contents, app: &App) -> Result<Self, Failure> {
        let ledger = app.place().instead.as_ref().unwrap_or(&contents.trust.ledger);
        let ledger = followed(&store, &contents, app.around().source(ledger), app.place().development)?;
        if let Some(prover) = app.prover() {
            ledger.use_show_prover(prover);
        }
        Ok(Self {
            saved: Mutex::new(learned(&ledger)),
            store,
            contents: RwLock::new(contents),
            ledger,
            preparations: Preparations::default(),
            synced: Mutex::new(None),
            offering: Mutex::new(None),
            asking: Mutex::new(None),
            at_counter: Mutex::new(None),
            receiving: Progress::default(),
            presenting: Progress::default(),
            showing: Progress::default(),
        })
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Contents> {
        self.contents.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(super) fn preparations(&self) -> &Preparations {
        &self.preparations
    }

    /// Changes the wallet and writes it to disk before anybody sees the change.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Contents) -> T) -> Result<T, Failure> {
        let mut contents = self.contents.write().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut contents);
        self.store.save(&contents, &mut OsRng)?;
        Ok(changed)
    }

    /// Catches up with the ledger, and keeps what was learned.
    pub(super) fn sync(&self, now: u64) -> Result<(), Failure> {
        let positions: Vec<_> = self.read().wallet.positions().collect();
        let done: Result<(), FollowError> = self.ledger.sync(positions, now);
        let done = done.map_err(Failure::from).and_then(|()| self.save_ledger());
        *lock(&self.synced) = done.as_ref().err().cloned();
        done
    }

    /// Why the latest sync failed, if it did.
    pub(super) fn sync_failure(&self) -> Option<Failure> {
        lock(&self.synced).clone()
    }

    /// Writes what was learned from the ledger if that is more than before.
    pub(super) fn save_ledger(&self) -> Result<(), Failure> {
        let mut saved = lock(&self.saved);
        let learned = learned(&self.ledger);
        if learned != *saved {
            self.store.save_ledger(&self.ledger.state(), &mut OsRng)?;
            *saved = learned;
        }
        Ok(())
    }

    /// Does beforehand what the next proofs need. A wallet without the key yet goes without.
    pub(super) fn prepare(&self, now: u64) -> Result<(), PrepareError> {
        let Ok(prover) = self.ledger.show_prover(now) else { return Ok(()) };
        prover.derive_multiples();
        let witnesses = self.read().wallet.witnesses(&self.ledger.view());
        self.preparations.renew(&witnesses, &prover)
    }

    /// Whether this is the passphrase.
    pub(super) fn knows(&self, passphrase: &Passphrase) -> Result<(), StoreError> {
        self.store.check(passphrase)
    }

    /// The sealed wallet, to be kept elsewhere.
    pub(super) fn sealed(&self) -> Result<Vec<u8>, StoreError> {
        self.store.sealed()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
