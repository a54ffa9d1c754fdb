//! Where a counter keeps what it remembers.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::{CounterStore, PostgresStore, SqliteStore, StoreError};

/// A SQLite file, or a PostgreSQL database. Text form: a path, or `postgres://user@host/database`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum StoreAddress {
    /// A file of one process.
    Sqlite(PathBuf),
    /// A database that several processes share.
    Postgres(PostgresAddress),
}

/// The address of a PostgreSQL database. It may hold a password: never printed, and wiped.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress(Zeroizing<String>);

/// The text is no store; it is not repeated, because it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a store is the path of a file, or a database as in postgres://user@host/database")]
pub struct InvalidStore;

impl StoreAddress {
    /// Opens the store of a service, which counts uses and remembers in `marker` how many there were.
    pub fn open_counting(&self, marker: &Path) -> Result<Box<dyn CounterStore>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Box::new(SqliteStore::open_counting(path, marker)?),
            Self::Postgres(address) => Box::new(PostgresStore::open_counting(address, marker)?),
        })
    }

    /// Opens the store for one command.
    pub fn open(&self) -> Result<Box<dyn CounterStore>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Box::new(SqliteStore::open(path)?),
            Self::Postgres(address) => Box::new(PostgresStore::open(address)?),
        })
    }

    /// The file that has to be there before a command may open the store; a database of a server has none.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

impl PostgresAddress {
    /// The text, with the password.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// Leads to a schema of the database.
    pub(crate) fn in_schema(&self, name: &str) -> Self {
        let more = if self.0.contains('?') { "&" } else { "?" };
        Self(Zeroizing::new([self.expose(), more, "options=-csearch_path%3D", name].concat()))
    }
}

impl FromStr for StoreAddress {
    type Err = InvalidStore;
    fn from_str(text: &str) -> Result<Self, InvalidStore> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(PostgresAddress(Zeroizing::new(text.to_owned()))));
        }
        // `mysql://…` or a misspelt `postgres:` would make a file of a strange name.
        if text.is_empty() || text.contains("://") || text.starts_with("postgres:") {
            Err(InvalidStore)
        } else {
            Ok(Self::Sqlite(text.into()))
        }
    }
}

impl TryFrom<String> for StoreAddress {
    type Error = InvalidStore;
    fn try_from(text: String) -> Result<Self, InvalidStore> {
        Zeroizing::new(text).parse()
    }
}

/// Settings are printed while debugging; nothing of an address is.
impl fmt::Debug for StoreAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres(…)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_a_file_or_a_database() {
        assert_eq!("/srv/counter.sqlite".parse(), Ok(StoreAddress::Sqlite("/srv/counter.sqlite".into())));
        for database in ["postgres://counter@db/register", "postgresql:///register?host=/run/postgresql"] {
            assert!(matches!(database.parse(), Ok(StoreAddress::Postgres(_))), "{database}");
        }
        for other in ["", "mysql://db/register", "postgres:db", "Postgres://db"] {
            assert_eq!(other.parse::<StoreAddress>(), Err(InvalidStore), "{other}");
        }
    }

    #[test]
    fn no_password_is_printed() {
        let address: StoreAddress = "postgres://counter:secret@db/register".parse().unwrap();
        assert!(!format!("{address:?} {InvalidStore}").contains("secret"));
    }
}
