//! One counter: a SQLite file of one process.

use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use openid4vc::vp::Nonce;

use super::{
    AnswerTo, AskedOnce, AuditEvent, AuditLine, CounterStore, Database, Finalized, Inserted, Kept,
    ListedReceipt, Notification, NotificationTurn, NotifyAt, ReceiptsOf, RequestId, Scan, StoreError,
    StoredReceipt, Transaction, TransactionEnd, TransactionId, Unsent,
};

/// A store in one SQLite file.
pub struct SqliteStore(Mutex<Database>);

impl SqliteStore {
    /// Opens the file, making it if it is not there.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Database::open(path).map(Self::new)
    }
    /// Opens the file of a service, which counts uses and remembers outside of the database how many there were
    /// ([`super::marker_of`]). One that has forgotten some is refused.
    pub fn open_counting(path: &Path, marker: &Path) -> Result<Self, StoreError> {
        Database::open_counting(path, marker).map(Self::new)
    }
    /// A database that is forgotten when it is dropped.
    pub fn in_memory() -> Result<Self, StoreError> {
        Database::in_memory().map(Self::new)
    }
    pub(super) fn new(database: Database) -> Self {
        Self(Mutex::new(database))
    }
    /// A panic while the lock was held left no half-written state: SQLite rolls back.
    pub(super) fn database(&self) -> MutexGuard<'_, Database> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CounterStore for SqliteStore {
    fn insert_batch(&self, transactions: &[Transaction]) -> Result<(), StoreError> {
        self.database().insert_batch(transactions)
    }
    fn insert_asked_by(&self, transaction: &Transaction, by: &str) -> Result<(), StoreError> {
        self.database().insert_asked_by(transaction, by)
    }
    fn insert_asked_by_program(
        &self,
        transaction: &Transaction,
        once: Option<AskedOnce>,
        notify: NotifyAt,
    ) -> Result<Inserted, StoreError> {
        self.database().insert_asked_by_program(transaction, once, notify)
    }
    fn take_due_notifications(&self, turn: NotificationTurn) -> Result<Vec<Notification>, StoreError> {
        self.database().take_due_notifications(turn)
    }
    fn settle_notification(
        &self,
        id: &TransactionId,
        attempt: u32,
        again: Option<u64>,
    ) -> Result<(), StoreError> {
        self.database().settle_notification(id, attempt, again)
    }
    fn transaction(&self, id: &TransactionId) -> Result<Option<Transaction>, StoreError> {
        self.database().transaction(id)
    }
    fn by_request(&self, request: &RequestId) -> Result<Option<Transaction>, StoreError> {
        self.database().by_request(request)
    }
    fn answered_by(&self, answers: &[AnswerTo<'_>]) -> Result<Vec<Option<Transaction>>, StoreError> {
        let database = self.database();
        let found = answers.iter().map(|answer| match answer {
            AnswerTo::State(state) => database.by_state(state),
            AnswerTo::Kid(kid) => database.by_kid(kid),
        });
        found.collect()
    }
    fn fetch(&self, request: &RequestId, wallet_nonce: Option<&Nonce>) -> Result<bool, StoreError> {
        self.database().fetch(request, wallet_nonce)
    }
    fn cancel(&self, id: &TransactionId, note: &AuditEvent<'_>) -> Result<bool, StoreError> {
        self.database().cancel(id, note)
    }
    fn forget(&self, now: u64) -> Result<usize, StoreError> {
        self.database().forget(now)
    }
    fn asker(&self, id: &TransactionId) -> Result<Option<String>, StoreError> {
        self.database().asker(id)
    }
    fn finalize_batch(
        &self,
        ends: &[TransactionEnd<'_>],
    ) -> Result<Vec<Result<Finalized, StoreError>>, StoreError> {
        self.database().finalize_batch(ends)
    }
    fn receipts(
        &self,
        of: ReceiptsOf<'_>,
        time: &Range<u64>,
        limit: u32,
    ) -> Result<Vec<ListedReceipt>, StoreError> {
        self.database().receipts(of, time, limit)
    }
    fn find_receipt(&self, of: ReceiptsOf<'_>, number: &str) -> Result<Option<ListedReceipt>, StoreError> {
        self.database().find_receipt(of, number)
    }
    fn receipt(&self, id: &str) -> Result<Option<StoredReceipt>, StoreError> {
        self.database().receipt(id)
    }
    fn note(&self, note: &AuditEvent<'_>) -> Result<(), StoreError> {
        self.database().note(note)
    }
    fn note_once(&self, note: &AuditEvent<'_>) -> Result<(), StoreError> {
        self.database().note_once(note)
    }
    fn audited(&self, before: Option<u64>, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        self.database().audited(before, limit)
    }
    fn scan(&self, scan: &Scan<'_>) -> Result<Kept, StoreError> {
        self.database().scan(scan)
    }
    fn reconcile(&self, scan: &Scan<'_>) -> Result<Kept, StoreError> {
        self.database().reconcile(scan)
    }
    fn unsent(&self, most: usize) -> Result<Vec<Unsent>, StoreError> {
        self.database().unsent(most)
    }
    fn sent(&self, ids: &[String]) -> Result<(), StoreError> {
        self.database().sent(ids)
    }
    fn try_write(&self) -> Result<(), StoreError> {
        self.database().try_write()
    }
    fn accept_restore(&self, marker: &Path) -> Result<u64, StoreError> {
        self.database().accept_restore(marker)
    }
    #[cfg(test)]
    fn refuse_writes(&self) {
        self.database().refuse_writes();
    }
}
