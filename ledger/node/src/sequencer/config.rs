//! Where a node keeps the order: a file in its data directory, or a database that several nodes share.

use std::fmt;
use std::str::FromStr;

use ledger::genesis::Genesis;
use serde::Deserialize;

use super::{PostgresSequencer, Sequencer, SequencerError, SqliteSequencer};
use crate::data_dir::DataDir;

/// Where the order is kept. Text form: `sqlite`, or a PostgreSQL address (`postgres://…`), which may hold a password and is
/// therefore never printed.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum SequencerConfig {
    /// `ledger.sqlite` in the data directory: one machine.
    #[default]
    Sqlite,
    /// A PostgreSQL database: several nodes, each with a data directory of its own.
    Postgres(PostgresAddress),
}

/// The address of a PostgreSQL database.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress(String);

/// The text is not a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a store is `sqlite` or `postgres://…`")]
pub struct InvalidSequencer;

impl SequencerConfig {
    /// Makes the store of an empty log; refuses one that is there already.
    pub(crate) fn create(&self, data: &DataDir, genesis: &Genesis) -> Result<(), SequencerError> {
        let digest = genesis.digest();
        match self {
            Self::Sqlite => SqliteSequencer::create(&data.sqlite(), digest.as_bytes()).map(drop),
            Self::Postgres(PostgresAddress(address)) => {
                PostgresSequencer::create(address, digest.as_bytes()).map(drop)
            }
        }
    }
    /// Opens the store, which must belong to the genesis.
    pub(crate) fn open(
        &self,
        data: &DataDir,
        genesis: &Genesis,
    ) -> Result<Box<dyn Sequencer>, SequencerError> {
        let digest = genesis.digest();
        match self {
            Self::Sqlite if !data.sqlite().exists() => Err(SequencerError::Absent),
            Self::Sqlite => Ok(Box::new(SqliteSequencer::open(&data.sqlite(), digest.as_bytes())?)),
            Self::Postgres(PostgresAddress(address)) => {
                Ok(Box::new(PostgresSequencer::open(address, digest.as_bytes())?))
            }
        }
    }
}

impl FromStr for SequencerConfig {
    type Err = InvalidSequencer;
    fn from_str(text: &str) -> Result<Self, InvalidSequencer> {
        match text {
            "sqlite" => Ok(Self::Sqlite),
            _ if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
                Ok(Self::Postgres(PostgresAddress(text.to_owned())))
            }
            _ => Err(InvalidSequencer),
        }
    }
}

impl TryFrom<String> for SequencerConfig {
    type Error = InvalidSequencer;
    fn try_from(text: String) -> Result<Self, InvalidSequencer> {
        text.parse()
    }
}

impl fmt::Debug for SequencerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "Sqlite",
            Self::Postgres(_) => "Postgres",
        })
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresAddress")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_a_file_or_a_database() {
        assert_eq!("sqlite".parse(), Ok(SequencerConfig::Sqlite));
        assert!(matches!("postgresql://db/ledger".parse(), Ok(SequencerConfig::Postgres(_))));
        for other in ["", "postgres", "mysql://db", "/srv/ledger.sqlite"] {
            assert_eq!(other.parse::<SequencerConfig>(), Err(InvalidSequencer));
        }
    }

    #[test]
    fn no_password_is_printed() {
        let config: SequencerConfig = "postgres://ledger:secret@db/ledger".parse().unwrap();
        assert!(!format!("{config:?}").contains("secret"));
    }
}
