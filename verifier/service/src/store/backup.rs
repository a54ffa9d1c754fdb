//! A copy of the register while it is used, and what a copy that is put back may have forgotten.
//!
//! This is about the register in SQLite; one in PostgreSQL is copied by PostgreSQL's own tools (`pg_dump`).

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::Serialize;
use service::backup::{BackupError, snapshot};

use super::marker::{UsesMarker, marker_of};
use super::{SqliteStore, StoreError};

/// What is known of the time between a backup and its restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SinceTheBackup {
    /// The marker says that no use was counted after it.
    Nothing,
    /// The marker says that uses were counted after it, which are lost.
    UsesLost,
    /// The marker is gone too: nobody can tell.
    Unknown,
}

/// Copies the register as it is at one moment. What citizens handed over and requests that were not answered yet are not
/// kept: the first is wiped after an hour anyway, and the second could be answered at two places.
pub fn copy_register(database: &Path, copy: &Path) -> Result<(), BackupError> {
    snapshot(database, copy, |db| db.execute_batch(NOT_KEPT))
}

/// Where the marker of a data directory is that need not be there yet.
pub fn marker_beside(data: &Path) -> PathBuf {
    let parent = data.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (data.exists(), parent.canonicalize(), data.file_name()) {
        (false, Ok(parent), Some(name)) => parent.join([name.to_string_lossy().as_ref(), ".uses"].concat()),
        _ => marker_of(data),
    }
}

/// Compares a register that is put back with the marker. Where uses may be lost, the marker is ahead of the register
/// afterwards, so that no service starts before somebody accepted that ([`super::CounterStore::accept_restore`]).
pub fn compare_with_marker(database: &Path, marker: &Path) -> Result<SinceTheBackup, StoreError> {
    // Brings it to the newest format, and refuses a newer one.
    drop(SqliteStore::open(database)?);
    let db = Connection::open(database)?;
    let counted: u64 = db.query_row("SELECT COALESCE(SUM(used), 0) FROM uses", [], |row| row.get(0))?;
    if !marker.exists() {
        UsesMarker::begin(marker, counted.saturating_add(1))?;
        return Ok(SinceTheBackup::Unknown);
    }
    match UsesMarker::open(marker, counted) {
        Ok(_) => Ok(SinceTheBackup::Nothing),
        Err(StoreError::Older { .. }) => Ok(SinceTheBackup::UsesLost),
        Err(error) => Err(error),
    }
}

const NOT_KEPT: &str = "
DELETE FROM transactions WHERE status = 'pending';
UPDATE transactions SET revealed = NULL WHERE revealed IS NOT NULL;
";

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::CounterStore;

    /// A register that has counted three uses, with a request that waits and one that was answered.
    fn register(folder: &Path) -> PathBuf {
        let database = folder.join("verifier.sqlite");
        drop(SqliteStore::open(&database).unwrap());
        let db = Connection::open(&database).unwrap();
        db.execute_batch(
            "INSERT INTO uses VALUES ('a', 's', x'01', 2), ('a', 's', x'02', 1);
             INSERT INTO transactions (id, request, state, nonce, policy, policy_digest, key_digest, development, made_at,
                 expires_at, keep_until, match_code, status, revealed)
             VALUES ('1', '1', '1', '1', 'p', 'd', 'k', 0, 1, 2, 3, 'm', 'pending', NULL),
                    ('2', '2', '2', '2', 'p', 'd', 'k', 0, 1, 2, 3, 'm', 'passed', '{\"secret\":\"hunter2\"}');",
        )
        .unwrap();
        database
    }

    #[test]
    fn a_copy_has_the_uses_and_neither_what_was_handed_over_nor_what_waits() {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy.sqlite");
        copy_register(&register(folder.path()), &copy).unwrap();
        assert!(!fs::read(&copy).unwrap().windows(7).any(|window| window == b"hunter2"));
        let db = Connection::open(&copy).unwrap();
        let asked = |sql: &str| db.query_row(sql, [], |row| row.get::<_, u64>(0)).unwrap();
        assert_eq!(asked("SELECT sum(used) FROM uses"), 3);
        assert_eq!(asked("SELECT count(*) FROM transactions"), 1);
        assert_eq!(asked("SELECT count(*) FROM transactions WHERE revealed IS NOT NULL"), 0);
    }

    #[test]
    fn the_marker_says_whether_uses_are_lost_and_without_it_nobody_knows() {
        let folder = tempfile::tempdir().unwrap();
        let database = register(folder.path());
        let marker = folder.path().join("counter.uses");
        for (marked, expected) in
            [("3", SinceTheBackup::Nothing), ("2", SinceTheBackup::Nothing), ("4", SinceTheBackup::UsesLost)]
        {
            fs::write(&marker, marked).unwrap();
            assert_eq!(compare_with_marker(&database, &marker).unwrap(), expected, "{marked}");
            let opened = SqliteStore::open_counting(&database, &marker).map(drop);
            assert_eq!(opened.is_ok(), expected == SinceTheBackup::Nothing, "{marked}");
        }
        fs::remove_file(&marker).unwrap();
        assert_eq!(compare_with_marker(&database, &marker).unwrap(), SinceTheBackup::Unknown);
        let opened = SqliteStore::open_counting(&database, &marker);
        assert!(matches!(opened.err(), Some(StoreError::Older { counted: 3, .. })));
        // A restore that is begun again finds the mark that the first one left.
        assert_eq!(compare_with_marker(&database, &marker).unwrap(), SinceTheBackup::UsesLost);
        SqliteStore::open(&database).unwrap().accept_restore(&marker).unwrap();
        assert!(SqliteStore::open_counting(&database, &marker).is_ok());
    }

    #[test]
    fn the_marker_of_a_folder_that_is_not_there_yet_is_where_it_will_be() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("counter");
        let before = marker_beside(&data);
        fs::create_dir(&data).unwrap();
        assert_eq!(before, marker_of(&data));
        assert_eq!(marker_beside(&data), before);
    }
}
