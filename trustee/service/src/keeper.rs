//! What a trustee does: takes shares, and gives each back once, to the one key that the ledger has for its bundle.

use std::sync::{Mutex, MutexGuard, PoisonError};

use circuits::credential::DepartmentId;
use ledger::record::{BundleId, HpkePublicKey, RecoveryRequest};
use ledger::registry::Registry;
use rand::{CryptoRng, RngCore};
use service::clock::Clock;
use trustee::wire::{Answer, Deposit};
use trustee::{DepositError, HpkePrivateKey, Seat};

use crate::store::{Given, Store, StoreError, Writes};

/// One department's shares, and who gets them.
pub struct Keeper {
    department: DepartmentId,
    keys: Vec<HeldKey>,
    per_day: u64,
    store: Mutex<Store>,
    clock: Clock,
}

/// A private key with its public half, which bundles name.
struct HeldKey {
    public: HpkePublicKey,
    private: HpkePrivateKey,
}

/// Why a share is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotTaken {
    /// The bundle has other trustees.
    #[error("the bundle names other trustees")]
    NotATrustee,
    /// It is not the share that the bundle commits to, sealed to a key of this trustee.
    #[error(transparent)]
    Deposit(#[from] DepositError),
    /// It is unknown whether it is kept: send it again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotAnswered {
    /// No share of this bundle was ever taken.
    #[error("the trustee has no share of this bundle")]
    UnknownBundle,
    /// Nobody asked for it on the ledger, as far as that is known here.
    #[error("no `recovery.request` for this bundle is on the ledger yet")]
    NotRequested,
    /// The bundle's share is for another key, for ever.
    #[error("the share is for another key")]
    OtherKey,
    /// A department asked for as many shares within a day as it may.
    #[error("`{department}` was involved in as many recoveries within a day as this trustee answers")]
    TooMany {
        /// Which.
        department: DepartmentId,
        /// Seconds after which asking again helps.
        retry_after_s: u64,
    },
    /// What is kept does not open any more: a private key is missing.
    #[error("the share that is kept: {0}")]
    Deposit(#[from] DepositError),
    /// It is unknown whether an answer is kept, so none was given: ask again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keeper {
    /// The trustee of a department with these keys, old ones included. A department is involved in `per_day` answers within
    /// 24 hours at most, as the desk or as the second.
    pub(crate) fn new(
        department: DepartmentId,
        keys: Vec<HpkePrivateKey>,
        per_day: u64,
        store: Store,
        clock: Clock,
    ) -> Self {
        let held = |private: HpkePrivateKey| HeldKey { public: private.public(), private };
        let keys = keys.into_iter().map(held).collect();
        Self { department, keys, per_day, store: Mutex::new(store), clock }
    }
    /// Takes a share, if it is the one that the bundle commits to. The same one again changes nothing.
    pub fn take(&self, deposit: &Deposit) -> Result<(), NotTaken> {
        let seat = deposit.bundle.seat(&self.department).ok_or(NotTaken::NotATrustee)?;
        seat.check_deposit(&deposit.share, self.key_of(&seat)?)?;
        let mut store = self.store();
        let writes = store.begin()?;
        writes.keep_deposit(deposit, self.clock.now())?;
        Ok(writes.commit()?)
    }
    /// Gives the share of a bundle, sealed to this key, if it is the one that the ledger's registry has for the bundle. The
    /// same question gets the same answer; it is durable before it is given.
    pub fn answer<R: RngCore + CryptoRng>(
        &self,
        registry: &Registry,
        bundle: &BundleId,
        key: &HpkePublicKey,
        rng: &mut R,
    ) -> Result<Answer, NotAnswered> {
        let mut store = self.store();
        let writes = store.begin()?;
        let deposit = writes.deposit(bundle)?.ok_or(NotAnswered::UnknownBundle)?;
        if let Some(Given { key: known, answer }) = writes.answer(bundle)? {
            let bundle = deposit.bundle;
            return if known == *key { Ok(Answer { bundle, answer }) } else { Err(NotAnswered::OtherKey) };
        }
        let request = &registry.recovery(bundle).ok_or(NotAnswered::NotRequested)?.item;
        if request.key_digest != key.digest() {
            return Err(NotAnswered::OtherKey);
        }
        let now = self.clock.now();
        self.check_limit(&writes, request, now)?;
        // Only shares of this department were taken; its name may be another one now.
        let seat = deposit.bundle.seat(&self.department).ok_or(NotAnswered::UnknownBundle)?;
        let answer = seat.answer(&deposit.share, self.key_of(&seat)?, key, rng)?;
        let given = Given { key: *key, answer };
        writes.keep_answer(bundle, &given, involved(request), now)?;
        writes.commit()?;
        Ok(Answer { bundle: deposit.bundle, answer: given.answer })
    }

    /// A clerk, or whoever has a department's key, gets no more than so many persons' shares a day.
    fn check_limit(
        &self,
        writes: &Writes<'_>,
        request: &RecoveryRequest,
        now: u64,
    ) -> Result<(), NotAnswered> {
        for department in involved(request) {
            let lately = writes.involvement(department, now.saturating_sub(DAY_S))?;
            if lately.answers >= self.per_day {
                let free = lately.first.unwrap_or(now).saturating_add(DAY_S);
                let retry_after_s = free.saturating_sub(now).max(1);
                return Err(NotAnswered::TooMany { department: department.clone(), retry_after_s });
            }
        }
        Ok(())
    }
    fn key_of(&self, seat: &Seat<'_>) -> Result<&HpkePrivateKey, DepositError> {
        let held = self.keys.iter().find(|held| held.public == seat.trustee().key);
        held.map(|held| &held.private).ok_or(DepositError::OtherKey)
    }
    fn store(&self) -> MutexGuard<'_, Store> {
        // A transaction that was not committed is taken back, so that a panic leaves the store whole.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// The next commit goes so.
    #[cfg(test)]
    pub(crate) fn fail_next(&self, faults: crate::store::FaultInjection) {
        self.store().fail_next(faults);
    }
}

/// On whose word a share is given: the desk's department and those that agreed.
fn involved(request: &RecoveryRequest) -> impl Iterator<Item = &DepartmentId> {
    std::iter::once(&request.desk).chain(request.approvals.iter().map(|approval| &approval.signer))
}

/// A day.
const DAY_S: u64 = 86_400;

#[cfg(test)]
mod tests;
