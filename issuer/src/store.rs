//! The issuer's SQLite file: records, enrolments, plans, credentials, offers. It holds personal data (mode 0600).

pub(crate) mod audit;
pub(crate) mod bundles;
pub(crate) mod credentials;
mod format;
pub(crate) mod lists;
pub(crate) mod offers;
pub(crate) mod people;
pub(crate) mod persons;
pub(crate) mod plans;
pub(crate) mod proposals;
pub(crate) mod recoveries;
mod spellings;

use std::path::Path;
use std::time::Duration;

use circuits::Fr;
use circuits::field::Element;
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// The open file. One connection: an issuer writes little, and every write is one short transaction.
pub(crate) struct Store(Connection);

/// Why the store cannot answer. Nothing of it is told to the peer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite refuses.
    #[error("the desk's database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The folder or file cannot be made.
    #[error("the desk's data folder: {0}")]
    Io(#[from] std::io::Error),
    /// The file was written by a newer version of this program.
    #[error(
        "the desk's database has format {found}, and this program knows up to {known}: use the newer program"
    )]
    Newer {
        /// In the file.
        found: i64,
        /// Known here.
        known: usize,
    },
    /// A stored value is not what was written.
    #[error("the desk's database is damaged: {0}")]
    Damaged(&'static str),
}

impl Store {
    /// Opens or makes `desk.sqlite` in `folder`; both only for their owner.
    pub(crate) fn open(folder: &Path) -> Result<Self, StoreError> {
        make_private(folder)?;
        Self::prepare(Connection::open(folder.join(FILE))?)
    }

    /// Runs one write transaction: all of it or nothing.
    pub(crate) fn write<T, E: From<StoreError>>(
        &mut self,
        act: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx =
            self.0.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
        let value = act(&tx)?;
        tx.commit().map_err(StoreError::from)?;
        Ok(value)
    }

    /// Whether a write would be taken now: one is begun and taken back. Waits a second at most for somebody else's.
    pub(crate) fn try_write(&mut self) -> Result<(), StoreError> {
        self.0.busy_timeout(TRY)?;
        let tried = self.0.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|tx| {
            let format: i64 = tx.pragma_query_value(None, VERSION, |row| row.get(0))?;
            tx.pragma_update(None, VERSION, format)?;
            tx.rollback()
        });
        self.0.busy_timeout(BUSY)?;
        Ok(tried?)
    }

    /// For reads.
    pub(crate) fn read(&self) -> &Connection {
        &self.0
    }

    fn prepare(mut connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "secure_delete", true)?;
        format::bring_up_to_date(&mut connection)?;
        Ok(Self(connection))
    }
}

/// A field element from its decimal column.
pub(crate) fn element(text: &str) -> Result<Fr, StoreError> {
    text.parse::<Element>().map(|e| e.0).map_err(|_| StoreError::Damaged("a field element"))
}

/// A field element for its decimal column.
pub(crate) fn decimal(x: &Fr) -> String {
    Element(*x).to_string()
}

/// Entries of the log up to the newest credential that a database knows, which others may be writing to.
pub(crate) fn newest_entry(database: &Path) -> Result<u64, StoreError> {
    let db = Connection::open(database)?;
    db.busy_timeout(BUSY)?;
    Ok(credentials::known_until(&db)?.0)
}

#[cfg(unix)]
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let path = folder.join(FILE);
    // SQLite gives its journal files the mode of the database file.
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// The database in the data folder.
pub(crate) const FILE: &str = "desk.sqlite";
/// The format of the file, in SQLite's words.
const VERSION: &str = "user_version";
/// How long a write waits for another program's.
const BUSY: Duration = Duration::from_secs(5);
/// The same of somebody who only wants to know whether it could.
const TRY: Duration = Duration::from_secs(1);
