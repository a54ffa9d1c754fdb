//! A database as it is at one moment, whoever writes to it.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::BackupError;

/// Copies a database that others may be writing to into a new file, for its owner alone: one moment of it, in one read that
/// keeps nobody from writing. `scrub` takes out of the copy what shall not be kept. A damaged database is not copied.
pub fn snapshot(
    database: &Path,
    copy: &Path,
    scrub: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> Result<(), BackupError> {
    if !database.exists() {
        return Err(BackupError::NothingHere(database.to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(database, flags)?;
    source.busy_timeout(BUSY)?;
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(copy).map_err(BackupError::at(copy))?;
    let mut target = Connection::open(copy)?;
    let all_pages_at_once = Backup::new(&source, &mut target)?.step(-1)?;
    if all_pages_at_once != StepResult::Done {
        let locked = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(locked, None).into());
    }
    // One file, with nothing beside it.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    // What is taken out does not linger in free pages.
    target.pragma_update(None, "secure_delete", true)?;
    let found: String = target.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(BackupError::DatabaseDamaged(found));
    }
    scrub(&target)?;
    target.close().map_err(|(_, error)| error.into())
}

/// How long it waits for a writer that keeps everybody out, as a recovery after a crash does.
const BUSY: Duration = Duration::from_secs(10);
