//! Opening the database and its tables; and the one place where a write becomes durable, and where tests make it fail.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::marker::UsesMarker;
use super::{Database, StoreError};

impl Database {
    /// Opens the database, making it if it is not there.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        only_ours(path).map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        Self::prepare(Connection::open(path)?)
    }
    /// Opens the database of a service, which counts uses and remembers outside of the database how many there were
    /// ([`super::marker_of`]). One that has forgotten some is refused.
    pub(super) fn open_counting(path: &Path, marker: &Path) -> Result<Self, StoreError> {
        let mut store = Self::open(path)?;
        store.marker = Some(UsesMarker::open(marker, store.counted()?)?);
        Ok(store)
    }
    /// Accepts that the database has forgotten uses: from now on what it has counted is all there ever was. The answer is
    /// how many that is.
    pub(super) fn accept_restore(&self, marker: &Path) -> Result<u64, StoreError> {
        let counted = self.counted()?;
        UsesMarker::begin(marker, counted)?;
        Ok(counted)
    }
    /// Whether a write would be taken now: one is begun and taken back. Waits a second at most for somebody else's.
    pub(super) fn try_write(&mut self) -> Result<(), StoreError> {
        self.connection.busy_timeout(TRY)?;
        let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let tried = begun.and_then(|writes| {
            writes.pragma_update(None, "user_version", FORMAT)?;
            writes.rollback()
        });
        self.connection.busy_timeout(BUSY)?;
        Ok(tried?)
    }
    /// From now on no write is taken.
    #[cfg(test)]
    pub(crate) fn refuse_writes(&self) {
        self.connection.pragma_update(None, "query_only", true).unwrap();
    }
    /// Uses that were ever counted. They are never deleted.
    fn counted(&self) -> Result<u64, StoreError> {
        let sum = "SELECT COALESCE(SUM(used), 0) FROM uses";
        Ok(self.connection.query_row(sum, [], |row| row.get(0))?)
    }
    /// After a commit: so many more uses are counted.
    pub(super) fn has_counted(&mut self, uses: u64) {
        if let Some(marker) = &mut self.marker {
            marker.advance(uses);
        }
    }
    /// A database that is forgotten when it is dropped.
    pub(super) fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory()?)
    }

    /// As the first release wrote it.
    #[cfg(test)]
    pub(super) fn make_first_format(path: &Path) {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch(TABLES).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
    }

    fn prepare(mut connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // Wiped attributes must not linger in free pages.
        connection.pragma_update(None, "secure_delete", true)?;
        tables(&mut connection)?;
        Ok(Self { connection, marker: None, faults: FaultInjection::Off })
    }
}

/// Makes the file for its owner alone; SQLite gives the files beside it the same mode.
fn only_ours(path: &Path) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

fn tables(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let steps = usize::try_from(found).ok().and_then(|found| STEPS.get(found..));
    let steps = steps.ok_or(StoreError::Newer { found, known: FORMAT })?;
    let making = connection.transaction()?;
    for step in steps {
        making.execute_batch(step)?;
    }
    making.pragma_update(None, "user_version", FORMAT)?;
    Ok(making.commit()?)
}

/// How long a write waits for another program's.
const BUSY: Duration = Duration::from_secs(5);
/// The same of somebody who only wants to know whether it could.
const TRY: Duration = Duration::from_secs(1);

/// How commits go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultInjection {
    /// As SQLite has it.
    Off,
    /// The next commit fails and leaves nothing.
    #[cfg(test)]
    Lost,
    /// The next commit succeeds, and the caller is told that it failed.
    #[cfg(test)]
    Landed,
}

/// Makes the writes durable, all or none.
pub(super) fn commit(writes: rusqlite::Transaction<'_>, faults: FaultInjection) -> rusqlite::Result<()> {
    match faults {
        FaultInjection::Off => writes.commit(),
        #[cfg(test)]
        FaultInjection::Lost => writes.rollback().and(Err(injected())),
        #[cfg(test)]
        FaultInjection::Landed => writes.commit().and(Err(injected())),
    }
}

#[cfg(test)]
fn injected() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR), None)
}

/// What makes format n + 1 from format n; a new file starts at 0.
const STEPS: [&str; FORMAT as usize] =
    [TABLES, RESPONSE_KEYS, CLERKS, EVIDENCE, OFFLINE, WALLET_FETCHES, PROGRAMS];
/// The format after all of them.
const FORMAT: i64 = 7;

const TABLES: &str = "
CREATE TABLE transactions (
    id            TEXT PRIMARY KEY,
    request       TEXT NOT NULL UNIQUE,
    state         TEXT NOT NULL UNIQUE,
    nonce         TEXT NOT NULL UNIQUE,
    policy        TEXT NOT NULL,
    policy_digest TEXT NOT NULL,
    key_digest    TEXT NOT NULL,
    development   INTEGER NOT NULL,
    made_at       INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    keep_until    INTEGER NOT NULL,
    match_code    TEXT NOT NULL,
    fetches       INTEGER NOT NULL DEFAULT 0,
    status        TEXT NOT NULL DEFAULT 'pending'
                  CHECK (status IN ('pending', 'passed', 'refused', 'declined')),
    reason        TEXT,
    revealed      TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX transactions_by_age ON transactions (keep_until);
-- The JSON of a receipt, one for each judged transaction.
CREATE TABLE receipts (
    id          TEXT PRIMARY KEY,
    answered    TEXT NOT NULL UNIQUE REFERENCES transactions (id) ON DELETE CASCADE,
    body        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- Never deleted: a use that is forgotten could be repeated.
CREATE TABLE uses (
    publisher   TEXT NOT NULL,
    scope       TEXT NOT NULL,
    nullifier   BLOB NOT NULL,
    used        INTEGER NOT NULL,
    PRIMARY KEY (publisher, scope, nullifier)
) STRICT, WITHOUT ROWID;
";

/// Requests without a key can no longer be answered; they live for five minutes anyway.
const RESPONSE_KEYS: &str = "
DELETE FROM transactions WHERE status = 'pending';
ALTER TABLE transactions ADD COLUMN response_key BLOB;
ALTER TABLE transactions ADD COLUMN kid TEXT;
CREATE UNIQUE INDEX transactions_by_kid ON transactions (kid);
";

/// Who asked, and who did what. The audit list names neither a transaction's identifier, which would open its result, nor
/// anything of an answer, and nothing is ever deleted from it.
const CLERKS: &str = "
ALTER TABLE transactions ADD COLUMN asked_by TEXT;
CREATE TABLE audit (
    entry   INTEGER PRIMARY KEY AUTOINCREMENT,
    time    INTEGER NOT NULL,
    who     TEXT NOT NULL,
    act     TEXT NOT NULL,
    matter  TEXT,
    number  TEXT
) STRICT;
CREATE INDEX audit_by_number ON audit (number);
";

/// What shows a receipt to be true, for as long as the receipt is kept.
const EVIDENCE: &str = "
CREATE TABLE evidence (
    receipt     TEXT PRIMARY KEY REFERENCES receipts (id) ON DELETE CASCADE,
    body        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// The first wallet that sent a nonce with its fetch, and how often it fetched.
const WALLET_FETCHES: &str = "
ALTER TABLE transactions ADD COLUMN wallet_nonce TEXT;
ALTER TABLE transactions ADD COLUMN wallet_fetches INTEGER NOT NULL DEFAULT 0;
";

/// What programs add to requests: a name of their own, a way back, a key under which they ask once, and when they are to
/// be told of the end.
const PROGRAMS: &str = "
ALTER TABLE transactions ADD COLUMN reference TEXT;
ALTER TABLE transactions ADD COLUMN return_to TEXT;
ALTER TABLE transactions ADD COLUMN response_code TEXT;
-- SHA-256 of the program's key, and of what it asked with it.
ALTER TABLE transactions ADD COLUMN idempotency_key TEXT;
ALTER TABLE transactions ADD COLUMN asked TEXT;
-- NULL: nobody is to be told, or somebody was.
ALTER TABLE transactions ADD COLUMN notify_at INTEGER;
ALTER TABLE transactions ADD COLUMN notify_attempts INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX transactions_by_idempotency_key ON transactions (idempotency_key);
CREATE INDEX transactions_by_notification ON transactions (notify_at) WHERE notify_at IS NOT NULL;
";

/// Answers that were made without a network: at an offline counter those that it accepted, at a service all that were
/// brought to it.
const OFFLINE: &str = "
CREATE TABLE offline (
    id          TEXT PRIMARY KEY,
    -- SHA-256 over counter, policy, minute and pseudonym: the same answer with another proof is the same answer.
    answer      BLOB NOT NULL,
    counter     TEXT NOT NULL,
    scanned_at  INTEGER NOT NULL,
    keep_until  INTEGER NOT NULL,
    -- The JSON of a receipt.
    body        TEXT NOT NULL,
    -- What was scanned, until it was brought to the service.
    text        TEXT,
    -- Who scanned it at the service's own page.
    scanned_by  TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX offline_by_answer ON offline (answer);
CREATE INDEX offline_by_age ON offline (keep_until);
";
