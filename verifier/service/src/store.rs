//! What the counter remembers: transactions, receipts, and uses of pseudonyms. In one SQLite file, or, where several
//! processes are one counter, in one PostgreSQL database that they share.
//!
//! Whoever reads it learns policies, times, verdicts, proofs, pseudonyms (where a policy has no scope, ones that occur
//! nowhere else), and for an hour the revealed attributes; whoever writes it can forge receipts here, but no citizen's answer anywhere.

mod address;
mod audit;
mod backup;
#[cfg(any(test, feature = "test-support"))]
pub mod conformance;
mod finalize;
mod marker;
mod notifications;
mod offline;
mod open;
mod postgres;
mod receipts;
mod requests;
mod sqlite;
mod transaction;

use std::ops::Range;
use std::path::{Path, PathBuf};

use openid4vc::vp::Nonce;
use rusqlite::Connection;

pub use address::{InvalidStore, PostgresAddress, StoreAddress};
pub use audit::{API, AskedOnce, AuditAction, AuditEvent, AuditLine, COMMAND, Inserted, NotifyAt};
pub use backup::{SinceTheBackup, compare_with_marker, copy_register, marker_beside};
pub use finalize::{Finalized, TransactionEnd, Uses};
pub use marker::marker_of;
pub use notifications::{Notification, NotificationTurn};
pub use offline::{Kept, Scan, Unsent, Use};
pub use postgres::PostgresStore;
pub(crate) use postgres::ScratchSchema;
pub use receipts::{ListedReceipt, ReceiptsOf, StoredReceipt};
pub use sqlite::SqliteStore;
pub use transaction::{Outcome, RequestId, Transaction, TransactionId};

/// Keeps what a counter remembers. Every implementation passes the same suite, `conformance`
/// (feature `test-support`).
///
/// What a method says that it wrote is durable when it returns. An error of a write means that nothing is known: it may
/// have been written all the same, and may be tried again.
pub trait CounterStore: Send + Sync {
    /// Keeps new, pending transactions, all or none.
    fn insert_batch(&self, transactions: &[Transaction]) -> Result<(), StoreError>;
    /// Keeps a new, pending transaction that a person made, with a line of the audit list.
    fn insert_asked_by(&self, transaction: &Transaction, by: &str) -> Result<(), StoreError>;
    /// The same of a program, which made it once however often it says so.
    fn insert_asked_by_program(
        &self,
        transaction: &Transaction,
        once: Option<AskedOnce>,
        notify: NotifyAt,
    ) -> Result<Inserted, StoreError>;
    /// Takes up requests whose end a program is to be told of, the oldest first. Nobody else takes up the same for a while.
    fn take_due_notifications(&self, turn: NotificationTurn) -> Result<Vec<Notification>, StoreError>;
    /// What was taken up is due again at `again` (unix seconds), or never. Changes nothing if it was taken up anew since.
    fn settle_notification(
        &self,
        id: &TransactionId,
        attempt: u32,
        again: Option<u64>,
    ) -> Result<(), StoreError>;
    /// By the counter's identifier.
    fn transaction(&self, id: &TransactionId) -> Result<Option<Transaction>, StoreError>;
    /// By the request object's identifier.
    fn by_request(&self, request: &RequestId) -> Result<Option<Transaction>, StoreError>;
    /// What each of these answers is to, in their order.
    fn answered_by(&self, answers: &[AnswerTo<'_>]) -> Result<Vec<Option<Transaction>>, StoreError>;
    /// Counts a fetch of the request object; `false` if it was fetched too often or is answered. The first wallet that
    /// sends a nonce has a count of its own, which nobody else can use up: nobody else knows the nonce.
    fn fetch(&self, request: &RequestId, wallet_nonce: Option<&Nonce>) -> Result<bool, StoreError>;
    /// Deletes a transaction that is still pending, so that no answer can end it; `false` if it has ended.
    fn cancel(&self, id: &TransactionId, note: &AuditEvent<'_>) -> Result<bool, StoreError>;
    /// Wipes keys of requests that expired and revealed attributes an hour after their request expired, and deletes
    /// transactions with their receipts at the end of the policy's retention; what an offline counter accepted, not before
    /// the service has it. Uses of pseudonyms stay. Returns how many transactions and answers without a network were deleted.
    fn forget(&self, now: u64) -> Result<usize, StoreError>;
    /// Who made a request; `None` where a program did, or where there is no such request.
    fn asker(&self, id: &TransactionId) -> Result<Option<String>, StoreError>;

    /// Ends transactions, each on its own: one that cannot be written does not take back the others. If the whole fails,
    /// whether any of them was written is not known, and each may be tried again.
    fn finalize_batch(
        &self,
        ends: &[TransactionEnd<'_>],
    ) -> Result<Vec<Result<Finalized, StoreError>>, StoreError>;
    /// Ends one transaction.
    fn finalize(&self, end: TransactionEnd<'_>) -> Result<Finalized, StoreError> {
        self.finalize_batch(&[end])?.pop().unwrap_or(Ok(Finalized::AlreadyAnswered))
    }

    /// The receipts of a span of time, newest first; those of answers without a network among them.
    fn receipts(
        &self,
        of: ReceiptsOf<'_>,
        time: &Range<u64>,
        limit: u32,
    ) -> Result<Vec<ListedReceipt>, StoreError>;
    /// The receipt with this number, as lists show it; one of an answer without a network too.
    fn find_receipt(&self, of: ReceiptsOf<'_>, number: &str) -> Result<Option<ListedReceipt>, StoreError>;
    /// By the receipt's identifier; `None` if there is none, or none any more.
    fn receipt(&self, id: &str) -> Result<Option<StoredReceipt>, StoreError>;

    /// Writes down an act.
    fn note(&self, note: &AuditEvent<'_>) -> Result<(), StoreError>;
    /// Writes down an act unless the same person did the same to the same before.
    fn note_once(&self, note: &AuditEvent<'_>) -> Result<(), StoreError>;
    /// The newest lines before `before`, newest first.
    fn audited(&self, before: Option<u64>, limit: u32) -> Result<Vec<AuditLine>, StoreError>;

    /// Accepts an answer at the counter where it is shown. What was used before is refused and not written down.
    fn scan(&self, scan: &Scan<'_>) -> Result<Kept, StoreError>;
    /// Takes in an answer that an offline counter accepted, and writes a receipt however it is judged here. The same scan
    /// may come twice.
    fn reconcile(&self, scan: &Scan<'_>) -> Result<Kept, StoreError>;
    /// The oldest scans that were not yet brought to the service.
    fn unsent(&self, most: usize) -> Result<Vec<Unsent>, StoreError>;
    /// The service has judged these; their texts are wiped.
    fn sent(&self, ids: &[String]) -> Result<(), StoreError>;

    /// Whether a write would be taken now: one is begun and taken back. Waits a few seconds at most.
    fn try_write(&self) -> Result<(), StoreError>;
    /// Accepts that the database has forgotten uses: from now on what it has counted is all there ever was. The answer is
    /// how many that is.
    fn accept_restore(&self, marker: &Path) -> Result<u64, StoreError>;
    /// Whether other processes may end what this one began.
    fn sharing(&self) -> Sharing {
        Sharing::OneProcess
    }
    /// Says under which name and address this process asks. The processes of one database must say the same: an answer is
    /// bound to both. Another name is taken over once no request that was made under the old one can be answered.
    fn ask_as(&self, identity: &str, now: u64) -> Result<(), StoreError> {
        let _ = (identity, now);
        Ok(())
    }
    /// From now on no write is taken.
    #[cfg(test)]
    fn refuse_writes(&self);
}

/// What a wallet's answer says of the request that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerTo<'a> {
    /// The wallet's `state`.
    State(&'a Nonce),
    /// The name of the key that the response is encrypted to.
    Kid(&'a str),
}

/// Who works with a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// This process alone.
    OneProcess,
    /// Others too, which do not tell this one what they do.
    SeveralProcesses,
}

/// Why the store could not answer. Nothing in it is for a wallet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite failed.
    #[error("the verifier's database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL failed, or what is on the way to it.
    #[error("the verifier's database failed: {}", chain(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// PostgreSQL failed while it committed.
    #[error("the verifier's database failed at a commit, which may have landed: {}", chain(.0))]
    Commit(tokio_postgres::Error),
    /// No connection to PostgreSQL became free in time.
    #[error("no connection to the verifier's database became free in time")]
    NoConnection,
    /// The text after `postgres://` does not lead to a database; it may hold a password and is not repeated.
    #[error(
        "the address of the verifier's database cannot be read: it has the form postgres://user@host/database"
    )]
    Address,
    /// A commit that returns would not be on the disk.
    #[error(
        "the PostgreSQL server runs with fsync=off, so that what was accepted could be lost and accepted again"
    )]
    NotDurable,
    /// Another counter uses the database now.
    #[error(
        "the verifier's database is another counter's: its requests are asked as {theirs}, here they would be as {ours}"
    )]
    OtherCounter {
        /// The database's.
        theirs: String,
        /// This process's.
        ours: String,
    },
    /// The threads that talk to PostgreSQL did not start.
    #[error("the threads for the verifier's database could not be started: {0}")]
    Threads(std::io::Error),
    /// The file cannot be made or opened.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file was written by a newer version of this program.
    #[error("the verifier's database has format {found}, this program knows {known}")]
    Newer {
        /// In the file.
        found: i64,
        /// Known here.
        known: i64,
    },
    /// The database has counted fewer uses than the marker beside it says: it was restored from an older copy.
    #[error(
        "the verifier's database has counted {counted} uses of pseudonyms and `{marker}` says {marked}: it was restored \
         from an older copy, and would accept answers again that were used up"
    )]
    Older {
        /// In the database.
        counted: u64,
        /// In the marker.
        marked: u64,
        /// Where the marker is.
        marker: PathBuf,
    },
    /// A row does not hold what was written.
    #[error("the verifier's database holds a malformed {0}")]
    Malformed(&'static str),
}

/// An error with its causes, which PostgreSQL's does not print itself.
fn chain(error: &tokio_postgres::Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// The open file of a [`SqliteStore`]. One connection: SQLite has one writer anyway.
struct Database {
    connection: Connection,
    /// Where the counted uses are remembered outside of the database; programs that count none have it not.
    marker: Option<marker::UsesMarker>,
    /// Only tests break a commit.
    faults: open::FaultInjection,
}

#[cfg(test)]
mod tests;
