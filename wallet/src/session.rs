//! An open wallet with the ledger that it trusts, as both are on disk.

use ledger::client::Client;
use ledger::genesis::Genesis;
use ledger::registry::Development;
use ledger::source::Source;
use rand::rngs::OsRng;
use url::Url;

use crate::contents::Contents;
use crate::error::WalletError;
use crate::followed::Ledger;
use crate::held::Held;
use crate::history::Reserved;
use crate::present::PresentError;
use crate::renewal::Asking;
use crate::store::{Store, StoreError};
use crate::trustees::Kept;
use crate::wallet::Wallet;

/// An open wallet for one piece of work. What that changes is written by [`Session::save`].
pub(crate) struct Session {
    pub(crate) contents: Contents,
    pub(crate) ledger: Ledger,
    store: Store,
    saved: SyncPoint,
}

impl Session {
    /// Around a store that was opened. `ledger` is where the ledger is asked instead of where the wallet would.
    pub(crate) fn new(
        store: Store,
        contents: Contents,
        ledger: Option<&Url>,
        development: Development,
    ) -> Result<Self, WalletError> {
        let client = Client::new(ledger.unwrap_or(&contents.trust.ledger).clone());
        let ledger = open_ledger(&store, &contents, Box::new(client), development)?;
        let saved = SyncPoint::new(&ledger);
        Ok(Self { contents, ledger, store, saved })
    }

    /// Catches up with the ledger at `now` (unix seconds).
    pub(crate) fn sync(&mut self, now: u64) -> Result<(), WalletError> {
        self.ledger.sync(self.contents.wallet.positions(), now)?;
        // Now and not when something is presented, which would tell the ledger. What failed is tried again then.
        self.ledger.fetch_keys(now).ok();
        Ok(())
    }

    /// Asks desks about credentials that ended, and gives what came in their places. What they say is written
    /// once, so that no credential goes without the one that takes its place.
    pub(crate) fn renew(&mut self, asking: Asking, now: u64) -> Result<Vec<Held>, WalletError> {
        let due = self.contents.wallet.due_for_renewal(&self.ledger.view(), now, asking);
        let answered = self.contents.wallet.ask_renewals(&self.ledger, due, now);
        if answered.is_empty() {
            return Ok(Vec::new());
        }
        let came = self.contents.wallet.take_all_found(answered, now);
        self.save()?;
        Ok(came)
    }

    /// Writes the wallet, and what was learned from the ledger if that is more than before.
    pub(crate) fn save(&mut self) -> Result<(), WalletError> {
        self.store.save(&self.contents, &mut OsRng)?;
        self.save_ledger()
    }

    /// Writes into the history, on the disk, that something is about to be sent: see [`reserve_on_disk`].
    pub(crate) fn reserve(
        &mut self,
        line: impl FnOnce(&mut Wallet) -> Result<Option<Reserved>, PresentError>,
    ) -> Result<Option<Reserved>, WalletError> {
        let Self { contents, store, .. } = self;
        reserve_on_disk(contents, line, |contents| store.save(contents, &mut OsRng))
    }

    /// Deals the person secret to the trustees that the ledger names. What is dealt is on the disk before the first share
    /// leaves; gives what is remembered of it.
    pub(crate) fn deal(&mut self, now: u64) -> Result<Kept, WalletError> {
        let dealing = self.contents.wallet.begin_dealing(&self.ledger.view(), now, &mut OsRng)?;
        self.save()?;
        let brought = dealing.bring(&self.contents.wallet, &self.ledger, now, &mut OsRng);
        self.contents.wallet.finish_dealing(&dealing, &brought);
        // Where this fails the dealing stands as not finished, and the next one is another.
        let saved = self.save();
        brought?;
        saved?;
        Ok(dealing.kept().clone())
    }

    /// Writes what was learned from the ledger if that is more than before.
    pub(crate) fn save_ledger(&mut self) -> Result<(), WalletError> {
        save_ledger(&self.store, &self.ledger, &mut self.saved)
    }
}

/// The ledger that an open wallet trusts, as far as it was followed before.
pub(crate) fn open_ledger(
    store: &Store,
    contents: &Contents,
    source: Box<dyn Source + Send + Sync>,
    development: Development,
) -> Result<Ledger, WalletError> {
    let genesis: Genesis =
        serde_json::from_value(contents.trust.genesis.clone()).map_err(WalletError::Genesis)?;
    let keys = Some(store.keys());
    let ledger = match store.ledger()? {
        Some(state) => Ledger::resume(source, &genesis, &state, keys)?,
        None => Ledger::new(source, genesis, keys),
    };
    if development == Development::Accepted {
        ledger.accept_development_keys();
        ledger.reach_local_services();
    }
    Ok(ledger)
}

/// Adds a line to the history for something that is about to be sent, and writes the wallet. Where that fails, nothing
/// may be sent, and the history does not have it.
pub(crate) fn reserve_on_disk(
    contents: &mut Contents,
    line: impl FnOnce(&mut Wallet) -> Result<Option<Reserved>, PresentError>,
    write: impl FnOnce(&Contents) -> Result<(), StoreError>,
) -> Result<Option<Reserved>, WalletError> {
    let Some(reserved) = line(&mut contents.wallet)? else { return Ok(None) };
    match write(contents) {
        Ok(()) => Ok(Some(reserved)),
        Err(error) => {
            contents.wallet.withdraw(&reserved);
            Err(error.into())
        }
    }
}

/// Writes what was learned from the ledger if that is more than what is `saved`.
pub(crate) fn save_ledger(store: &Store, ledger: &Ledger, saved: &mut SyncPoint) -> Result<(), WalletError> {
    let reached = SyncPoint::new(ledger);
    if reached != *saved {
        store.save_ledger(&ledger.state(), &mut OsRng)?;
        *saved = reached;
    }
    Ok(())
}

/// How far a ledger was followed: when, and how long its log was then. Two syncs may fall into one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SyncPoint {
    read_at: Option<u64>,
    entries: u64,
}

impl SyncPoint {
    pub(crate) fn new(ledger: &Ledger) -> Self {
        let view = ledger.view();
        Self { read_at: view.read_at(), entries: view.size() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, World};

    /// It may have begun to follow another shard, and it has compared the clocks.
    #[test]
    fn a_sync_that_finds_no_new_entries_is_written_too() {
        let ledger = World::new().ledger();
        let before = SyncPoint::new(&ledger);
        assert_eq!(SyncPoint::new(&ledger), before);
        ledger.sync([], NOW + 1).unwrap();
        assert_ne!(SyncPoint::new(&ledger), before);
    }
}
