//! An open wallet with its ledger, for one command.

use std::time::{SystemTime, UNIX_EPOCH};

use ledger::client::Client;
use ledger::genesis::Genesis;
use ledger::registry::Development;
use ledger::source::Source;
use rand::rngs::OsRng;

use super::failure::Failure;
use super::settings::Settings;
use super::{ask, tell};
use crate::contents::Contents;
use crate::followed::Ledger;
use crate::store::Store;

/// An open wallet. What a command changes is written by [`Session::save`].
pub(super) struct Session {
    pub(super) store: Store,
    pub(super) contents: Contents,
    pub(super) ledger: Ledger,
    /// What is on disk: when it was synced and how long the log was. Two syncs may fall into one second.
    saved: (Option<u64>, u64),
}

impl Session {
    /// Asks for the passphrase and opens.
    pub(super) fn open(settings: &Settings) -> Result<Self, Failure> {
        if !Store::exists(&settings.home) {
            return Err(crate::store::StoreError::NoWallet(settings.home.clone()).into());
        }
        let passphrase = ask::passphrase(settings.tongue())?;
        let opening = tell::waiting("…");
        let (store, contents) = Store::open(&settings.home, &passphrase)?;
        drop(opening);
        Self::of(store, contents, settings)
    }

    /// Around a store that is open already.
    pub(super) fn of(store: Store, contents: Contents, settings: &Settings) -> Result<Self, Failure> {
        let client = Client::new(settings.ledger.as_ref().unwrap_or(&contents.trust.ledger).clone());
        let ledger = followed(&store, &contents, Box::new(client), settings.development)?;
        let saved = learned(&ledger);
        Ok(Self { store, contents, ledger, saved })
    }

    /// Catches up with the ledger.
    pub(super) fn sync(&mut self) -> Result<(), Failure> {
        let _waiting = tell::waiting("ledger …");
        let now = now()?;
        self.ledger.sync(self.contents.wallet.positions(), now)?;
        // Now and not when something is presented, which would tell the ledger. What failed is tried again then.
        let _ = self.ledger.fetch_keys(now);
        Ok(())
    }

    /// Writes the wallet, and what was learned from the ledger if that is more than before.
    pub(super) fn save(&mut self) -> Result<(), Failure> {
        self.store.save(&self.contents, &mut OsRng)?;
        self.save_ledger()
    }

    /// Writes what was learned from the ledger if that is more than before.
    pub(super) fn save_ledger(&mut self) -> Result<(), Failure> {
        let learned = learned(&self.ledger);
        if learned != self.saved {
            self.store.save_ledger(&self.ledger.state(), &mut OsRng)?;
            self.saved = learned;
        }
        Ok(())
    }
}

/// The ledger that an open wallet trusts, as far as it was followed before.
pub(crate) fn followed(
    store: &Store,
    contents: &Contents,
    source: Box<dyn Source + Send + Sync>,
    development: Development,
) -> Result<Ledger, Failure> {
    let genesis: Genesis = serde_json::from_value(contents.trust.genesis.clone())
        .map_err(|error| Failure::new("bad_genesis", error, "Restore a backup of the wallet."))?;
    let keys = Some(store.keys());
    let ledger = match store.ledger()? {
        Some(state) => Ledger::resume(source, &genesis, &state, keys)?,
        None => Ledger::new(source, genesis, keys),
    };
    if development == Development::Accepted {
        ledger.accept_development_keys();
    }
    Ok(ledger)
}

/// When a ledger was synced and how long its log was then.
pub(crate) fn learned(ledger: &Ledger) -> (Option<u64>, u64) {
    let view = ledger.view();
    (view.synced_at(), view.size())
}

/// The wallet's clock, unix seconds.
pub(super) fn now() -> Result<u64, Failure> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map(|d| d.as_secs()).map_err(|e| Failure::new("clock", e, "Set this machine's clock."))
}
