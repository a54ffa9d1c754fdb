//! Opening the database and its tables.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::Connection;

use super::faults::Weather;
use super::{Store, StoreError};

/// The format of the tables below.
const FORMAT: i64 = 1;

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

impl Store {
    /// Opens the database, making it if it is not there.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        only_ours(path).map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        Self::prepare(Connection::open(path)?)
    }
    /// A database that is forgotten when it is dropped.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory()?)
    }

    fn prepare(mut connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // Wiped attributes must not linger in free pages.
        connection.pragma_update(None, "secure_delete", true)?;
        tables(&mut connection)?;
        Ok(Self { connection, weather: Weather::Fair })
    }
}

/// Makes the file for its owner alone; SQLite gives the files beside it the same mode.
fn only_ours(path: &Path) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

fn tables(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        0 => {
            let making = connection.transaction()?;
            making.execute_batch(TABLES)?;
            making.pragma_update(None, "user_version", FORMAT)?;
            Ok(making.commit()?)
        }
        FORMAT => Ok(()),
        found => Err(StoreError::Newer { found, known: FORMAT }),
    }
}
