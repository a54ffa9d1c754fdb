//! An open wallet: what is in memory between unlocking and locking, and what its owner is looking at.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::schema::SchemaId;
use openid4vc::offline::VerifierId;
use prover::PrepareError;
use rand::RngCore as _;
use rand::rngs::OsRng;

use super::error::PageError;
use super::progress::Progress;
use crate::contents::{Contents, Trust};
use crate::error::WalletError;
use crate::followed::{Ledger, View};
use crate::history::Reserved;
use crate::pair::{Accepting, Answered, Offering, PairNumber, Revealed, SealedSecret};
use crate::phrase::Phrase;
use crate::present::{Preparations, PresentError, Request, RequestLink};
use crate::receive::Offer;
use crate::renewal::Asking;
use crate::session::{SyncPoint, reserve_on_disk, save_ledger};
use crate::store::{Passphrase, Store, StoreError};
use crate::trustees::{Kept, Unhelpful};
use crate::wallet::Wallet;

/// An open wallet. No `Debug`. When the last holder is done with it, the folder is free and the memory is wiped as far
/// as its parts wipe themselves.
pub(crate) struct OpenWallet {
    store: Store,
    contents: RwLock<Contents>,
    ledger: Ledger,
    preparations: Preparations,
    /// What of the ledger is on disk.
    saved: Mutex<SyncPoint>,
    /// Why the latest attempt to sync failed, if it did.
    sync_error: Mutex<Option<PageError>>,
    /// Whether the wallet on the disk is the one in memory.
    written: Mutex<Written>,
    /// An issuer's offer that the owner looks at.
    pub(super) offer: Mutex<Option<PendingOffer>>,
    /// A verifier's link that the owner may follow.
    pub(super) link: Mutex<Option<PendingLink>>,
    /// A verifier's request that the owner looks at.
    pub(super) request: Mutex<Option<PendingRequest>>,
    /// The counter without a network at which the owner stands.
    pub(super) offline: Mutex<Option<OfflineSession>>,
    /// A pairing with another device of the owner. Locked before the contents, where both are.
    pub(super) device: Mutex<Option<DevicePairing>>,
    /// Held while the person secret is dealt. Locked before the contents.
    dealing: Mutex<()>,
    /// Which trustees did not help when the person secret was given back.
    pub(super) unhelpful: Mutex<Vec<Unhelpful>>,
    pub(super) receiving: Progress,
    pub(super) presenting: Progress,
    pub(super) showing: Progress,
}

impl OpenWallet {
    /// An open store with the ledger that it trusts.
    pub(super) fn new(store: Store, contents: Contents, ledger: Ledger) -> Self {
        Self {
            saved: Mutex::new(SyncPoint::new(&ledger)),
            store,
            contents: RwLock::new(contents),
            ledger,
            preparations: Preparations::default(),
            sync_error: Mutex::new(None),
            written: Mutex::new(Written::Yes),
            offer: Mutex::new(None),
            link: Mutex::new(None),
            request: Mutex::new(None),
            offline: Mutex::new(None),
            device: Mutex::new(None),
            dealing: Mutex::new(()),
            unhelpful: Mutex::new(Vec::new()),
            receiving: Progress::default(),
            presenting: Progress::default(),
            showing: Progress::default(),
        }
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
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Contents) -> T) -> Result<T, WalletError> {
        let mut contents = self.contents.write().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut contents);
        self.write(&contents)?;
        Ok(changed)
    }

    /// Writes into the history, on the disk, that something is about to be sent: see [`reserve_on_disk`].
    pub(super) fn reserve(
        &self,
        line: impl FnOnce(&mut Wallet) -> Result<Option<Reserved>, PresentError>,
    ) -> Result<Option<Reserved>, WalletError> {
        let mut contents = self.contents.write().unwrap_or_else(PoisonError::into_inner);
        reserve_on_disk(&mut contents, line, |contents| self.write(contents))
    }

    fn write(&self, contents: &Contents) -> Result<(), StoreError> {
        let done = self.store.save(contents, &mut OsRng);
        *lock(&self.written) = if done.is_ok() { Written::Yes } else { Written::NotYet };
        done
    }

    /// Tries again what the disk refused before.
    fn write_again(&self) -> Result<(), StoreError> {
        let written = *lock(&self.written);
        match written {
            Written::Yes => Ok(()),
            Written::NotYet => self.write(&self.read()),
        }
    }

    /// Catches up with the ledger at `now` (unix seconds), and keeps what was learned.
    pub(super) fn sync(&self, now: u64) -> Result<(), WalletError> {
        let done = self.sync_and_save(now);
        *lock(&self.sync_error) = done.as_ref().err().map(PageError::new);
        done
    }

    fn sync_and_save(&self, now: u64) -> Result<(), WalletError> {
        self.write_again()?;
        let positions: Vec<_> = self.read().wallet.positions().collect();
        self.ledger.sync(positions, now)?;
        self.save_ledger()
    }

    /// Asks desks about credentials that ended, and keeps what they say: see [`Wallet::take_found`]. The wallet stays
    /// free while it waits for them.
    pub(super) fn renew(&self, asking: Asking, now: u64) -> Result<(), WalletError> {
        let (due, wallet) = {
            let contents = self.read();
            let due = contents.wallet.due_for_renewal(&self.ledger.view(), now, asking);
            (due, contents.wallet.without_history())
        };
        let answered = wallet.ask_renewals(&self.ledger, due, now);
        if answered.is_empty() {
            return Ok(());
        }
        self.change(|contents| {
            contents.wallet.take_all_found(answered, now);
        })?;
        self.save_ledger()
    }

    /// Why the latest sync failed, if it did.
    pub(super) fn sync_error(&self) -> Option<PageError> {
        lock(&self.sync_error).clone()
    }

    /// Writes what was learned from the ledger if that is more than before.
    pub(super) fn save_ledger(&self) -> Result<(), WalletError> {
        save_ledger(&self.store, &self.ledger, &mut lock(&self.saved))
    }

    /// Does beforehand what the next proofs need. A wallet without the key yet goes without.
    pub(super) fn prepare(&self, now: u64) -> Result<(), PrepareError> {
        let Ok(prover) = self.ledger.show_prover(now) else { return Ok(()) };
        prover.derive_multiples();
        let view = self.ledger.view();
        let witnesses = self.read().wallet.witnesses(&view);
        self.preparations.renew(&witnesses, &prover)?;
        let openings = self.read().wallet.openings(&view);
        let join = openings.need_join().then(|| self.ledger.join_prover(now));
        if let Some(Ok(prover)) = join {
            self.preparations.renew_joined(&openings, &prover)?;
        }
        let score = openings.need_score().then(|| self.ledger.score_prover(now));
        if let Some(Ok(prover)) = score {
            self.preparations.renew_scored(&openings, &prover)?;
        }
        Ok(())
    }

    /// Deals the person secret to the trustees that the ledger names, and gives what is remembered of it. What is dealt is on
    /// the disk before the first share leaves. One at a time: a form that was sent twice deals once more.
    pub(super) fn deal(&self, now: u64) -> Result<Kept, WalletError> {
        let _one_at_a_time = lock(&self.dealing);
        let view = self.ledger.view();
        let dealing = self.change(|contents| contents.wallet.begin_dealing(&view, now, &mut OsRng))??;
        let wallet = self.read().wallet.without_history();
        let brought = dealing.bring(&wallet, &self.ledger, now, &mut OsRng);
        let saved = self.change(|contents| contents.wallet.finish_dealing(&dealing, &brought));
        brought?;
        saved?;
        Ok(dealing.kept().clone())
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

/// Whether what is in memory is on the disk too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Yes,
    /// The disk refused; the next sync tries again.
    NotYet,
}

/// An offer that the owner looks at.
pub(super) struct PendingOffer {
    pub(super) id: ScreenId,
    pub(super) offer: Offer,
}

/// A link that leads to a server. The owner is asked before anything is sent there.
#[derive(Clone)]
pub(super) struct PendingLink {
    pub(super) id: ScreenId,
    pub(super) link: RequestLink,
}

/// A checked request that the owner looks at, with the state of the ledger by which it was checked.
#[derive(Clone)]
pub(super) struct PendingRequest {
    pub(super) id: ScreenId,
    pub(super) request: Request,
    pub(super) view: View,
}

/// The counter without a network where the owner stands, and what they look at there.
#[derive(Clone)]
pub(super) struct OfflineSession {
    pub(super) id: ScreenId,
    pub(super) counter: VerifierId,
    pub(super) pending: Option<PendingPolicy>,
}

/// A policy that the owner looks at.
#[derive(Clone)]
pub(super) struct PendingPolicy {
    pub(super) id: ScreenId,
    pub(super) policy: SchemaId,
}

/// A pairing that is under way. It ends with the wallet's locking, and leaves nothing on the disk. No `Debug`.
pub(super) struct DevicePairing {
    pub(super) id: ScreenId,
    pub(super) step: PairingStep,
}

impl DevicePairing {
    /// A step, under a name of its own.
    pub(super) fn new(step: PairingStep) -> Self {
        Self { id: ScreenId::random(), step }
    }
}

/// How far a pairing is, and which of the two wallets this is.
pub(super) enum PairingStep {
    /// This wallet gives its person secret, and waits for an answer.
    Offering(Offering),
    /// It has one, and waits for the number on the other screen.
    Answered(Answered),
    /// The numbers are the same, and the secret is sealed.
    Given { sealed: SealedSecret, number: PairNumber },
    /// This wallet is the new one, and waits for what the other reveals.
    Accepting(Accepting),
    /// It knows the number, and waits for the secret.
    Revealed(Revealed),
}

/// Ties a decision to the screen that was shown: another window may have fetched something else meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScreenId(String);

impl ScreenId {
    pub(super) fn random() -> Self {
        let mut bytes = [0; 16];
        OsRng.fill_bytes(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a form was made from this screen.
    pub(super) fn is(&self, given: &str) -> bool {
        self.0 == given
    }
}

/// A wallet that is on no disk yet: it is made when its owner has written the phrase down. No `Debug`.
pub(super) struct Draft {
    pub(super) id: ScreenId,
    pub(super) phrase: Phrase,
    pub(super) passphrase: Passphrase,
    pub(super) trust: Trust,
    /// Which words are asked for, counted from 0, in ascending order.
    pub(super) asked: [usize; ASKED_WORDS],
}

/// Words of a new phrase that are asked for.
pub(super) const ASKED_WORDS: usize = 3;

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
