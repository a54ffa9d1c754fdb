//! The counter by day: a bundle, and a file of what was accepted.

use std::path::Path;

use circuits::Fr;
use ledger::follow::{Follower, Freshness, RootAge};
use openid4vc::offline::OfflineAnswer;
use verifier::{Keys, LedgerView, verify_offline};

use super::{Bundle, BundleError, Scanned, accepted, refused};
use crate::store::{CounterStore as _, Scan, SqliteStore, StoreError, Unsent};

/// A counter without a network.
pub struct Device {
    bundle: Bundle,
    keys: Keys,
    store: SqliteStore,
}

/// Why an answer could not be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// There is no bundle to work with.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The file of what was accepted failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Device {
    /// Works with a bundle at `now` (unix seconds); `kept` is the file of what was accepted, made if it is not there. What
    /// must no longer be kept is deleted from it.
    pub fn open(bundle: Bundle, kept: &Path, now: u64) -> Result<Self, DeviceError> {
        let keys = bundle.keys(now)?;
        let store = SqliteStore::open(kept)?;
        store.forget(now)?;
        Ok(Self { bundle, keys, store })
    }

    /// Judges a text that a citizen shows at `now` (unix seconds); accepts each answer once.
    pub fn scan(&mut self, text: &str, now: u64) -> Result<Scanned, DeviceError> {
        let Self { bundle, keys, store } = self;
        let text = OfflineAnswer::as_meant(text);
        let view = bundle.view();
        match verify_offline(&text, bundle.counter(), bundle.registry(), &view, keys, now) {
            Err(refusal) => {
                let key = keys.show.newest(now).map_err(BundleError::Key)?;
                Ok(refused(&refusal, key.key_use()))
            }
            Ok(verified) => {
                let id = crate::relying_party::receipt_id();
                let text = Some(text.as_str());
                let counter = bundle.counter();
                let scan = Scan { id: &id, counter, scanned_at: now, verified: &verified, text, by: None };
                Ok(accepted(&verified, store.scan(&scan)?))
            }
        }
    }

    /// What was accepted and not yet brought to the service, the oldest first.
    pub fn unsent(&self, most: usize) -> Result<Vec<Unsent>, DeviceError> {
        Ok(self.store.unsent(most)?)
    }

    /// The bundle.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }
}

/// The ledger as it was at one time, taken for the present of another. Whoever makes one has checked that it is not too old.
pub(crate) struct AsOf<'a> {
    pub(crate) follower: &'a Follower,
    /// When it was followed, unix seconds.
    pub(crate) then: u64,
}

impl LedgerView for AsOf<'_> {
    fn root_age(&self, root: &Fr, _now: u64) -> RootAge {
        self.follower.root_age(root, self.then)
    }
    /// How old its newest statement was when it was followed: a bundle that was made of old answers is old from the start.
    fn freshness(&self, _now: u64) -> Freshness {
        self.follower.freshness(self.then)
    }
}
