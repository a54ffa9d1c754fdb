//! What a witness has seen, durably: one row per log.

use std::path::Path;
use std::time::Duration;

use ledger::digest::Digest;
use ledger::witness::{ReplayRefusal, Seen};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::NotCosigned;

/// The newest tree of a log, and the note that shows it.
pub(super) struct Cosigned {
    pub(super) seen: Seen,
    pub(super) note: String,
}

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The engine failed; it is unknown whether a write landed.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The data folder cannot be made.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// What was refused once cannot be read.
    #[error("a refusal that was kept cannot be read: {0}")]
    Refusal(#[from] serde_json::Error),
}

/// One SQLite file in WAL mode with `synchronous=FULL`: a commit that returns is on disk.
pub(super) struct Store(Connection);

impl Store {
    /// Opens or makes the file in this folder.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)?;
        let connection = Connection::open(folder.join("witness.sqlite"))?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(connection))
    }

    /// What was cosigned last of a log.
    pub(super) fn read(&self, origin: &str) -> Result<Option<Cosigned>, StoreError> {
        Ok(read(&self.0, origin)?)
    }

    /// Keeps what was refused of a log, once for each checkpoint; the first ones only, so that a log cannot fill the disk.
    pub(super) fn keep_refusal(&self, origin: &str, refusal: &ReplayRefusal) -> Result<(), StoreError> {
        let sql = "INSERT INTO refused (origin, checkpoint, refusal) SELECT ?1, ?2, ?3 \
                   WHERE (SELECT count(*) FROM refused WHERE origin = ?1) < ?4 \
                   ON CONFLICT (origin, checkpoint) DO NOTHING";
        let text = refusal.checkpoint.split("\n\n").next().unwrap_or_default();
        let json = serde_json::to_string(refusal).expect("texts and numbers have a JSON form");
        self.0.execute(sql, params![origin, text, json, MAX_REFUSALS])?;
        Ok(())
    }

    /// What was refused of a log, oldest first.
    pub(super) fn refusals(&self, origin: &str) -> Result<Vec<ReplayRefusal>, StoreError> {
        let mut question = self.0.prepare("SELECT refusal FROM refused WHERE origin = ?1 ORDER BY rowid")?;
        let rows = question.query_map([origin], |row| row.get::<_, String>(0))?;
        rows.map(|row| Ok(serde_json::from_str(&row?)?)).collect()
    }

    /// Replaces the newest tree of a log by what `decide` makes of it, and gives its answer when that is durable. Nobody
    /// else, not even another process, reads or writes the file in between.
    pub(super) fn advance<T>(
        &mut self,
        origin: &str,
        decide: impl FnOnce(Option<&Seen>) -> Result<(Cosigned, T), NotCosigned>,
    ) -> Result<T, NotCosigned> {
        let transaction =
            self.0.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
        let before = read(&transaction, origin).map_err(StoreError::from)?;
        let (after, answer) = decide(before.as_ref().map(|cosigned| &cosigned.seen))?;
        write(&transaction, origin, &after).map_err(StoreError::from)?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(answer)
    }
}

fn read(connection: &Connection, origin: &str) -> rusqlite::Result<Option<Cosigned>> {
    let sql = "SELECT size, root, note FROM cosigned WHERE origin = ?1";
    let row = |row: &rusqlite::Row<'_>| {
        let size: i64 = row.get(0)?;
        let size = u64::try_from(size).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, size))?;
        let seen = Seen { size, root: Digest::from_bytes(row.get(1)?) };
        Ok(Cosigned { seen, note: row.get(2)? })
    };
    connection.query_row(sql, [origin], row).optional()
}

fn write(connection: &Connection, origin: &str, cosigned: &Cosigned) -> rusqlite::Result<()> {
    let Cosigned { seen, note } = cosigned;
    let size = i64::try_from(seen.size).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, i64::MAX))?;
    let sql = "INSERT INTO cosigned (origin, size, root, note) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note";
    connection.execute(sql, params![origin, size, seen.root.as_bytes(), note]).map(drop)
}

/// How long a request waits for another process before it gives up.
const BUSY: Duration = Duration::from_secs(5);

/// Refusals that are kept of a log.
const MAX_REFUSALS: u32 = 64;

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS cosigned (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS refused (
    origin TEXT NOT NULL, checkpoint TEXT NOT NULL, refusal TEXT NOT NULL, PRIMARY KEY (origin, checkpoint)
) STRICT;";

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(nth: u32, reason: &str) -> ReplayRefusal {
        ReplayRefusal {
            checkpoint: format!("ledger.test/1\n{nth}\nroot\n\nsignature {reason}\n"),
            entry: nth.into(),
            record: "{}".into(),
            reason: reason.into(),
            time: 1,
        }
    }

    #[test]
    fn the_first_refusals_of_each_log_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        for nth in 0..MAX_REFUSALS + 10 {
            store.keep_refusal("noisy", &refusal(nth, "first")).unwrap();
            store.keep_refusal("noisy", &refusal(nth, "again")).unwrap();
        }
        let kept = store.refusals("noisy").unwrap();
        assert!(kept.iter().map(|refusal| refusal.entry).eq(0..u64::from(MAX_REFUSALS)));
        assert!(kept.iter().all(|refusal| refusal.reason == "first"));
        store.keep_refusal("another", &refusal(1, "first")).unwrap();
        assert_eq!(store.refusals("another").unwrap().len(), 1, "one log does not take another's places");
    }
}
