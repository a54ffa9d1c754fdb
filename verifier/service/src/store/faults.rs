//! The one place where a write becomes durable, and where tests make it fail.

use rusqlite::Transaction;

/// How commits go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    /// As SQLite has it.
    Fair,
    /// The next commit fails and leaves nothing.
    #[cfg(test)]
    Lost,
    /// The next commit succeeds, and the caller is told that it failed.
    #[cfg(test)]
    Landed,
}

/// Makes the writes durable, all or none.
pub(super) fn commit(writes: Transaction<'_>, weather: Weather) -> rusqlite::Result<()> {
    match weather {
        Weather::Fair => writes.commit(),
        #[cfg(test)]
        Weather::Lost => writes.rollback().and(Err(failure())),
        #[cfg(test)]
        Weather::Landed => writes.commit().and(Err(failure())),
    }
}

#[cfg(test)]
fn failure() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR), None)
}
