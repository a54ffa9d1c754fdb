//! One counter of several processes: a PostgreSQL database that they share.
//!
//! What several processes must not both do is decided by a row lock in the transaction that writes it down: ending a
//! request by the lock on its row, counting a use by the lock on the pseudonym's. Rows are locked in the order of their
//! keys, so that two batches wait for each other in one direction alone.
//!
//! A commit whose connection is lost may have landed. Each write is then begun again, told that it may be the second time
//! ([`Attempt`]), and finds what it wrote by a key that nobody else has: a receipt's identifier, a request's. The lock that
//! it takes first waits until the server has ended what the lost connection began.
//!
//! Callers block, as they do for SQLite; the connections live on two threads of the store's own.

mod finalize;
mod lists;
mod offline;
mod programs;
mod requests;
mod schema;
mod scratch;
mod session;

use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use deadpool_postgres::{Client, Pool};
use openid4vc::vp::Nonce;
use tokio::runtime::Runtime;

use super::marker::UsesMarker;
use super::{
    AnswerTo, AskedOnce, AuditEvent, AuditLine, CounterStore, Finalized, Inserted, Kept, ListedReceipt,
    Notification, NotificationTurn, NotifyAt, PostgresAddress, ReceiptsOf, RequestId, Scan, Sharing,
    StoreError, StoredReceipt, Transaction, TransactionEnd, TransactionId, Unsent,
};
use offline::Refusals;
use programs::ProgramAsk;
pub(crate) use scratch::ScratchSchema;
use session::{PATIENCE, PAUSE, Retry, TRY};

/// A store in a PostgreSQL database. Any number of processes may use one database.
pub struct PostgresStore {
    /// `None` while the store is dropped.
    runtime: Option<Runtime>,
    pool: Pool,
    /// Of this process: a lower bound of what all have counted.
    marker: Mutex<Option<UsesMarker>>,
    #[cfg(test)]
    faults: tests::Faults,
}

/// Whether a write may have been written before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    /// It was not.
    First,
    /// The connection was lost at the commit.
    AfterLostCommit,
}

impl PostgresStore {
    /// Opens the database, making its tables if they are not there. A remote server's certificate must lead to an authority
    /// that this process believes ([`ledger::client::trust`]). Blocks, as every method: never call it on a thread that
    /// serves asynchronous tasks.
    pub fn open(address: &PostgresAddress) -> Result<Self, StoreError> {
        let (runtime, pool) = session::connect(address.expose(), session::believed())?;
        let store = Self {
            runtime: Some(runtime),
            pool,
            marker: Mutex::new(None),
            #[cfg(test)]
            faults: tests::Faults::default(),
        };
        store.block_on(async {
            let mut client = store.connection().await?;
            session::durable(&client).await?;
            schema::prepare(&mut client).await
        })?;
        Ok(store)
    }

    /// Opens the database for a service, which remembers outside of it how many uses were counted
    /// ([`super::marker_of`]). One that has forgotten some is refused.
    pub fn open_counting(address: &PostgresAddress, marker: &Path) -> Result<Self, StoreError> {
        let mut store = Self::open(address)?;
        let marker = UsesMarker::open(marker, store.counted()?)?;
        store.marker = Mutex::new(Some(marker));
        Ok(store)
    }

    /// Uses that were ever counted, by all processes. They are never deleted.
    fn counted(&self) -> Result<u64, StoreError> {
        self.run(async |client, _| {
            let sum = "SELECT coalesce(sum(used), 0)::bigint FROM uses";
            unsigned(client.query_one(sum, &[]).await?.try_get(0)?)
        })
    }

    /// After a commit: so many more uses are counted.
    fn has_counted(&self, uses: usize) {
        if let Some(marker) = &mut *self.marker.lock().unwrap_or_else(PoisonError::into_inner) {
            marker.advance(uses as u64);
        }
    }

    /// Does a piece of work on a connection, and again if that is safe: after a deadlock, and after the connection was lost,
    /// for some seconds. The work is told whether an earlier attempt may have landed.
    #[expect(clippy::needless_pass_by_value, reason = "it is written in place, as a closure")]
    fn run<T>(
        &self,
        work: impl AsyncFn(&mut Client, Attempt) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.block_on(async {
            let begun = Instant::now();
            let mut attempt = Attempt::First;
            loop {
                let done = match self.connection().await {
                    Ok(mut client) => work(&mut client, attempt).await,
                    Err(error) => Err(error),
                };
                let Err(error) = done else { return done };
                match Retry::after(&error) {
                    Retry::Never => return Err(error),
                    _ if begun.elapsed() > PATIENCE => return Err(error),
                    Retry::NothingLanded => {}
                    Retry::MayHaveLanded => attempt = Attempt::AfterLostCommit,
                }
                tokio::time::sleep(PAUSE).await;
            }
        })
    }

    async fn connection(&self) -> Result<Client, StoreError> {
        #[cfg(test)]
        if self.faults.refuses() {
            return Err(StoreError::NoConnection);
        }
        self.pool.get().await.map_err(session::pool_error)
    }

    fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("only dropping takes it").block_on(work)
    }

    /// Makes the writes durable, all or none.
    async fn commit(&self, writes: deadpool_postgres::Transaction<'_>) -> Result<(), StoreError> {
        #[cfg(test)]
        if let Some(fault) = self.faults.next() {
            return tests::commit_with(fault, writes).await;
        }
        writes.commit().await.map_err(StoreError::Commit)
    }
}

/// The last owner may be an asynchronous task, which must not block: connections end on their own threads.
impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.pool.close();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl CounterStore for PostgresStore {
    fn insert_batch(&self, transactions: &[Transaction]) -> Result<(), StoreError> {
        self.run(async |client, attempt| self.insert_all(client, attempt, transactions).await)
    }
    fn insert_asked_by(&self, transaction: &Transaction, by: &str) -> Result<(), StoreError> {
        self.run(async |client, attempt| self.insert_asked(client, attempt, transaction, by).await)
    }
    fn insert_asked_by_program(
        &self,
        transaction: &Transaction,
        once: Option<AskedOnce>,
        notify: NotifyAt,
    ) -> Result<Inserted, StoreError> {
        let asked = ProgramAsk { once, notify };
        self.run(async |client, attempt| self.insert_program(client, attempt, transaction, asked).await)
    }
    fn take_due_notifications(&self, turn: NotificationTurn) -> Result<Vec<Notification>, StoreError> {
        self.run(async |client, _| self.take_due(client, turn).await)
    }
    fn settle_notification(
        &self,
        id: &TransactionId,
        attempt: u32,
        again: Option<u64>,
    ) -> Result<(), StoreError> {
        self.run(async |client, _| programs::settle(client, id, attempt, again).await)
    }
    fn transaction(&self, id: &TransactionId) -> Result<Option<Transaction>, StoreError> {
        self.run(async |client, _| requests::find(client, "transactions.id", id.as_str()).await)
    }
    fn by_request(&self, request: &RequestId) -> Result<Option<Transaction>, StoreError> {
        self.run(async |client, _| requests::find(client, "request", request.as_str()).await)
    }
    fn answered_by(&self, answers: &[AnswerTo<'_>]) -> Result<Vec<Option<Transaction>>, StoreError> {
        self.run(async |client, _| requests::answered_by(client, answers).await)
    }
    fn fetch(&self, request: &RequestId, wallet_nonce: Option<&Nonce>) -> Result<bool, StoreError> {
        self.run(async |client, _| requests::fetch(client, request, wallet_nonce).await)
    }
    fn cancel(&self, id: &TransactionId, note: &AuditEvent<'_>) -> Result<bool, StoreError> {
        self.run(async |client, attempt| self.cancel_one(client, attempt, id, note).await)
    }
    fn forget(&self, now: u64) -> Result<usize, StoreError> {
        self.run(async |client, _| self.forget_old(client, now).await)
    }
    fn asker(&self, id: &TransactionId) -> Result<Option<String>, StoreError> {
        self.run(async |client, _| requests::asker(client, id).await)
    }
    fn finalize_batch(
        &self,
        ends: &[TransactionEnd<'_>],
    ) -> Result<Vec<Result<Finalized, StoreError>>, StoreError> {
        self.end_all(ends)
    }
    fn receipts(
        &self,
        of: ReceiptsOf<'_>,
        time: &Range<u64>,
        limit: u32,
    ) -> Result<Vec<ListedReceipt>, StoreError> {
        self.run(async |client, _| lists::receipts(client, of, time, limit).await)
    }
    fn find_receipt(&self, of: ReceiptsOf<'_>, number: &str) -> Result<Option<ListedReceipt>, StoreError> {
        self.run(async |client, _| lists::find_receipt(client, of, number).await)
    }
    fn receipt(&self, id: &str) -> Result<Option<StoredReceipt>, StoreError> {
        self.run(async |client, _| lists::receipt(client, id).await)
    }
    fn note(&self, note: &AuditEvent<'_>) -> Result<(), StoreError> {
        self.run(async |client, _| lists::note(client, note).await)
    }
    fn note_once(&self, note: &AuditEvent<'_>) -> Result<(), StoreError> {
        self.run(async |client, _| lists::note_once(client, note).await)
    }
    fn audited(&self, before: Option<u64>, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        self.run(async |client, _| lists::audited(client, before, limit).await)
    }
    fn scan(&self, scan: &Scan<'_>) -> Result<Kept, StoreError> {
        self.keep_scan(scan, Refusals::Forgotten)
    }
    fn reconcile(&self, scan: &Scan<'_>) -> Result<Kept, StoreError> {
        self.keep_scan(scan, Refusals::Kept)
    }
    fn unsent(&self, most: usize) -> Result<Vec<Unsent>, StoreError> {
        self.run(async |client, _| offline::unsent(client, most).await)
    }
    fn sent(&self, ids: &[String]) -> Result<(), StoreError> {
        self.run(async |client, _| offline::sent(client, ids).await)
    }
    fn try_write(&self) -> Result<(), StoreError> {
        let tried = async {
            let mut client = self.connection().await?;
            schema::try_write(&mut client).await
        };
        self.block_on(async {
            tokio::time::timeout(TRY, tried).await.unwrap_or(Err(StoreError::NoConnection))
        })
    }
    fn accept_restore(&self, marker: &Path) -> Result<u64, StoreError> {
        let counted = self.counted()?;
        UsesMarker::begin(marker, counted)?;
        Ok(counted)
    }
    fn sharing(&self) -> Sharing {
        Sharing::SeveralProcesses
    }
    fn ask_as(&self, identity: &str, now: u64) -> Result<(), StoreError> {
        self.run(async |client, _| schema::ask_as(client, identity, now).await)
    }
    #[cfg(test)]
    fn refuse_writes(&self) {
        self.faults.refuse_writes();
    }
}

/// SQL has no unsigned numbers.
fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Malformed("number"))
}

fn unsigned(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Malformed("number"))
}

#[cfg(test)]
mod tests;
