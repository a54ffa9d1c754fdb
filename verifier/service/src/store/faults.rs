//! The one place where a write becomes durable, and where tests make it fail.

use rusqlite::Transaction;

/// How commits go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultInjection {
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
pub(super) fn commit(writes: Transaction<'_>, weather: FaultInjection) -> rusqlite::Result<()> {
    match weather {
        FaultInjection::Fair => writes.commit(),
        #[cfg(test)]
        FaultInjection::Lost => writes.rollback().and(Err(failure())),
        #[cfg(test)]
        FaultInjection::Landed => writes.commit().and(Err(failure())),
    }
}

#[cfg(test)]
fn failure() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR), None)
}
