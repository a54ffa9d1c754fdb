//! What the counter remembers: transactions, receipts, and uses of pseudonyms, in one SQLite file.
//!
//! Whoever reads the file learns policies, times, verdicts, proofs, pseudonyms (where a policy has no scope, ones that occur
//! nowhere else), and for an hour the revealed attributes; whoever writes it can forge receipts here, but no citizen's answer anywhere.

mod audit;
mod backup;
mod finalize;
mod marker;
mod offline;
mod open;
mod receipts;
mod requests;
mod transaction;

use std::path::PathBuf;

use rusqlite::Connection;

pub use audit::{API, AuditAction, AuditEvent, AuditLine, COMMAND};
pub use backup::{SinceTheBackup, compare_with_marker, copy_register, marker_beside};
pub use finalize::{Finalized, TransactionEnd, Uses};
pub use marker::marker_of;
pub use offline::{Kept, Scan, Unsent, Use};
pub use receipts::{ListedReceipt, ReceiptsOf, StoredReceipt};
pub use transaction::{Outcome, RequestId, Transaction, TransactionId};

/// Why the store could not answer. Nothing in it is for a wallet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite failed.
    #[error("the verifier's database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
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

/// The open database. One connection: SQLite has one writer anyway.
pub struct Store {
    connection: Connection,
    /// Where the counted uses are remembered outside of the database; programs that count none have it not.
    marker: Option<marker::UsesMarker>,
    /// Only tests break a commit.
    faults: open::FaultInjection,
}

#[cfg(test)]
mod tests;
