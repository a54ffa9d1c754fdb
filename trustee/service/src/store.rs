//! What a trustee remembers: the shares that it was given, sealed, and its one answer for each.
//!
//! | what a stop of the machine leaves | and then |
//! |---|---|
//! | before a share's commit: nothing | the wallet had no answer, and sends the share again |
//! | after it: the share | the wallet sends it again, which changes nothing |
//! | before an answer's commit: no answer | nobody has seen one; the next question makes another |
//! | after it: the answer | the next question gets this very answer |
//!
//! Whoever reads the file learns who keeps shares with whom, and which bundles were answered; no share, without the keys.
//! Whoever writes it, or puts an older copy in its place, makes the trustee answer once more: for the key that the ledger
//! has, as there is one for each bundle.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use circuits::credential::DepartmentId;
use ledger::record::{BundleId, HpkePublicKey};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use trustee::wire::Deposit;
use trustee::{Bundle, SealedShare};

/// The open database.
pub(crate) struct Store {
    connection: Connection,
    /// Only tests break a commit.
    faults: FaultInjection,
}

/// Why the store cannot be used. Nothing in it is for whoever asks.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The engine failed; it is unknown whether a write landed.
    #[error("the trustee's database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file cannot be made or opened.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file was written by a newer version of this program.
    #[error("the trustee's database has format {found}, this program knows {FORMAT}")]
    Newer {
        /// In the file.
        found: i64,
    },
    /// A row does not hold what was written.
    #[error("the trustee's database holds a malformed {0}")]
    Malformed(&'static str),
}

/// The one answer for a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// To whom.
    pub(crate) key: HpkePublicKey,
    pub(crate) answer: SealedShare,
}

/// How often a department was involved in answers since some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Involvement {
    pub(crate) answers: u64,
    /// Unix seconds of the earliest of them.
    pub(crate) first: Option<u64>,
}

/// Reads and writes of which nobody else comes in between. Nothing is written without [`Self::commit`].
pub(crate) struct Writes<'s> {
    transaction: Transaction<'s>,
    faults: FaultInjection,
}

/// How a commit goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultInjection {
    /// As SQLite has it.
    Off,
    /// The next commit fails and leaves nothing.
    #[cfg(test)]
    Lost,
    /// The next commit succeeds, and the caller is told that it failed.
    #[cfg(test)]
    Landed,
}

impl Store {
    /// Opens the database for its owner alone, making it if it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let made = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        made.map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A commit that returns is on disk.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match found {
            0 => connection.execute_batch(TABLES)?,
            FORMAT => {}
            _ => return Err(StoreError::Newer { found }),
        }
        Ok(Self { connection, faults: FaultInjection::Off })
    }
    /// Begins to read and write.
    pub(crate) fn begin(&mut self) -> Result<Writes<'_>, StoreError> {
        let faults = std::mem::replace(&mut self.faults, FaultInjection::Off);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        Ok(Writes { transaction, faults })
    }
    /// The next commit goes so.
    #[cfg(test)]
    pub(crate) fn fail_next(&mut self, faults: FaultInjection) {
        self.faults = faults;
    }
}

impl Writes<'_> {
    /// The share of a bundle.
    pub(crate) fn deposit(&self, bundle: &BundleId) -> Result<Option<Deposit>, StoreError> {
        let sql = "SELECT body, sealed FROM deposits WHERE bundle = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        let Some((body, sealed)) = self.transaction.query_row(sql, [bundle.as_bytes()], row).optional()?
        else {
            return Ok(None);
        };
        let kept: Bundle = serde_json::from_str(&body).map_err(|_| StoreError::Malformed("bundle"))?;
        if kept.id() != *bundle {
            return Err(StoreError::Malformed("bundle"));
        }
        Ok(Some(Deposit { bundle: kept, share: sealed_share(sealed)? }))
    }
    /// Keeps a share, taken at `now` (unix seconds). The first one of a bundle stays: both were found to be what it commits
    /// to.
    pub(crate) fn keep_deposit(&self, deposit: &Deposit, now: u64) -> Result<(), StoreError> {
        let sql = "INSERT INTO deposits (bundle, body, sealed, taken_at) VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT (bundle) DO NOTHING";
        let body = serde_json::to_string(&deposit.bundle).expect("a bundle has a JSON form");
        let sealed = String::from(deposit.share.clone());
        self.transaction.execute(sql, params![deposit.bundle.id().as_bytes(), body, sealed, now])?;
        Ok(())
    }
    /// The answer that was given for a bundle.
    pub(crate) fn answer(&self, bundle: &BundleId) -> Result<Option<Given>, StoreError> {
        let sql = "SELECT key, answer FROM answers WHERE bundle = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
        let Some((key, answer)) = self.transaction.query_row(sql, [bundle.as_bytes()], row).optional()?
        else {
            return Ok(None);
        };
        let key = key.parse().map_err(|_| StoreError::Malformed("key"))?;
        Ok(Some(Given { key, answer: sealed_share(answer)? }))
    }
    /// Keeps the answer for a bundle that has none yet, which these departments asked for, at `now` (unix seconds).
    pub(crate) fn keep_answer<'d>(
        &self,
        bundle: &BundleId,
        given: &Given,
        departments: impl Iterator<Item = &'d DepartmentId>,
        now: u64,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO answers (bundle, key, answer, answered_at) VALUES (?1, ?2, ?3, ?4)";
        let answer = String::from(given.answer.clone());
        self.transaction.execute(sql, params![bundle.as_bytes(), given.key.to_string(), answer, now])?;
        let sql = "INSERT INTO involved (bundle, department, answered_at) VALUES (?1, ?2, ?3)";
        for department in departments {
            self.transaction.execute(sql, params![bundle.as_bytes(), department.as_str(), now])?;
        }
        Ok(())
    }
    /// How often a department was involved in answers after `since` (unix seconds).
    pub(crate) fn involvement(
        &self,
        department: &DepartmentId,
        since: u64,
    ) -> Result<Involvement, StoreError> {
        let sql =
            "SELECT count(*), min(answered_at) FROM involved WHERE department = ?1 AND answered_at > ?2";
        let row = |row: &rusqlite::Row<'_>| Ok(Involvement { answers: row.get(0)?, first: row.get(1)? });
        Ok(self.transaction.query_row(sql, params![department.as_str(), since], row)?)
    }
    /// Makes what was written durable. After an error it is unknown whether it is.
    pub(crate) fn commit(self) -> Result<(), StoreError> {
        match self.faults {
            FaultInjection::Off => Ok(self.transaction.commit()?),
            #[cfg(test)]
            FaultInjection::Lost => Ok(self.transaction.rollback().and(Err(injected()))?),
            #[cfg(test)]
            FaultInjection::Landed => Ok(self.transaction.commit().and(Err(injected()))?),
        }
    }
}

fn sealed_share(text: String) -> Result<SealedShare, StoreError> {
    SealedShare::try_from(text).map_err(|_| StoreError::Malformed("share"))
}

#[cfg(test)]
fn injected() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR), None)
}

/// How long a write waits for another program's.
const BUSY: Duration = Duration::from_secs(5);
/// Of the tables.
const FORMAT: i64 = 1;

/// Nothing is ever deleted: a share that is forgotten is a recovery less, an answer that is forgotten one more.
const TABLES: &str = "
BEGIN;
CREATE TABLE deposits (
    bundle      BLOB PRIMARY KEY,
    -- The JSON of the bundle.
    body        TEXT NOT NULL,
    sealed      TEXT NOT NULL,
    taken_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE answers (
    bundle      BLOB PRIMARY KEY REFERENCES deposits (bundle),
    key         TEXT NOT NULL,
    answer      TEXT NOT NULL,
    answered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- The departments on whose word an answer was given.
CREATE TABLE involved (
    bundle      BLOB NOT NULL REFERENCES answers (bundle),
    department  TEXT NOT NULL,
    answered_at INTEGER NOT NULL,
    PRIMARY KEY (bundle, department)
) STRICT, WITHOUT ROWID;
CREATE INDEX involved_lately ON involved (department, answered_at);
PRAGMA user_version = 1;
COMMIT;
";
