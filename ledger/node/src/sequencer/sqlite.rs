//! One machine: SQLite in WAL mode with `synchronous=FULL`.

use std::path::Path;
use std::time::Duration;

use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Row as SqlRow, Transaction, TransactionBehavior, params,
};

use super::{
    Answer, Batch, Bundle, Change, Class, Digest, Head, Indexed, Row, Sequencer, SequencerError,
    check_contiguous, empty_root, signed, unsigned,
};

/// A sequencer in one SQLite file. Two of them may open one file; the head row decides who appends.
pub struct SqliteSequencer {
    connection: Connection,
}

impl SqliteSequencer {
    /// Makes the file for an empty log of `genesis` (its SHA-256); refuses a file that is already there.
    pub fn create(path: &Path, genesis: &Digest) -> Result<Self, SequencerError> {
        if path.exists() {
            return Err(SequencerError::Damaged("the store is already there"));
        }
        let sequencer = Self::connect(path, OpenFlags::SQLITE_OPEN_CREATE)?;
        sequencer.connection.execute_batch(SCHEMA)?;
        sequencer.connection.execute(
            "INSERT INTO head (one, genesis, size, root, checkpoint, staged_from) VALUES (1, ?1, 0, ?2, x'', NULL)",
            params![genesis, empty_root()],
        )?;
        Ok(sequencer)
    }

    /// Opens the file, which must belong to `genesis`.
    pub fn open(path: &Path, genesis: &Digest) -> Result<Self, SequencerError> {
        let sequencer = Self::connect(path, OpenFlags::empty())?;
        let stored: Digest =
            sequencer.connection.query_row("SELECT genesis FROM head", [], |row| row.get(0))?;
        if stored == *genesis { Ok(sequencer) } else { Err(SequencerError::OtherGenesis) }
    }

    fn connect(path: &Path, extra: OpenFlags) -> Result<Self, SequencerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | extra;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(Self { connection })
    }
}

impl Sequencer for SqliteSequencer {
    fn head(&self) -> Result<Head, SequencerError> {
        Ok(self.connection.query_row("SELECT size, root FROM head", [], head)?)
    }

    fn append(&mut self, on: &Head, batch: &Batch) -> Result<(), SequencerError> {
        check_contiguous(on, batch)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        check_head(&transaction, on)?;
        for row in &batch.rows {
            insert(&transaction, row)?;
        }
        insert_changes(&transaction, on.size, &batch.changes)?;
        transaction.execute(
            "UPDATE head SET size = ?1, root = ?2, checkpoint = ?3, staged_from = coalesce(staged_from, ?4)",
            params![signed(batch.head.size)?, batch.head.root, batch.checkpoint, signed(on.size)?],
        )?;
        transaction.commit()?;
        Ok(())
    }

    fn staged(&self) -> Result<Option<Bundle>, SequencerError> {
        let transaction = self.connection.unchecked_transaction()?;
        let (from, checkpoint): (Option<i64>, Vec<u8>) =
            transaction.query_row("SELECT staged_from, checkpoint FROM head", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let Some(from) = from else { return Ok(None) };
        let mut statement = transaction.prepare("SELECT entry FROM staged ORDER BY idx")?;
        let entries = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(Some(Bundle { from: unsigned(from)?, entries, checkpoint }))
    }

    fn unstage(&mut self, size: u64) -> Result<(), SequencerError> {
        let size = signed(size)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("DELETE FROM staged WHERE idx < ?1", [size])?;
        transaction.execute("UPDATE head SET staged_from = (SELECT min(idx) FROM staged)", [])?;
        transaction.commit()?;
        Ok(())
    }

    fn try_write(&self) -> Result<(), SequencerError> {
        self.connection.busy_timeout(TRY)?;
        let tried = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate).and_then(
            |transaction| {
                transaction.execute("UPDATE head SET size = size", [])?;
                transaction.rollback()
            },
        );
        self.connection.busy_timeout(BUSY)?;
        Ok(tried?)
    }

    fn intact(&self) -> Result<(), SequencerError> {
        let answer: String = self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if answer == "ok" { Ok(()) } else { Err(SequencerError::Damaged("the file's structure is broken")) }
    }

    fn name(&self) -> &'static str {
        crate::data_dir::SQLITE
    }

    fn answer(&self, signer: &str, id: &str) -> Result<Option<Answer>, SequencerError> {
        let sql = "SELECT digest, idx, first_position FROM entries WHERE signer = ?1 AND id = ?2";
        let found = self.connection.prepare_cached(sql)?.query_row(params![signer, id], answer).optional()?;
        Ok(found)
    }

    fn indexed(&self, index: u64) -> Result<Option<Indexed>, SequencerError> {
        let sql = "SELECT digest, idx, first_position, signer, id, class FROM entries WHERE idx = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let Some(found) = statement.query_row([signed(index)?], indexed).optional()? else { return Ok(None) };
        let (signer, id, class, answer) = found;
        let class =
            Class::from_number(class).ok_or(SequencerError::Damaged("an entry of an unknown class"))?;
        Ok(Some(Indexed { signer, id, class, answer }))
    }

    fn changes(&self, from: u64, to: u64, limit: usize) -> Result<Vec<Change>, SequencerError> {
        let sql = "SELECT position, leaf FROM (SELECT position, leaf, row_number() OVER \
                   (PARTITION BY position ORDER BY idx DESC, ordinal DESC) AS newest FROM changes \
                   WHERE idx >= ?1 AND idx < ?2) WHERE newest = 1 ORDER BY position LIMIT ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = statement.query_map(params![signed(from)?, signed(to)?, limit], change)?;
        Ok(found.collect::<Result<_, _>>()?)
    }
}

fn check_head(transaction: &Transaction<'_>, on: &Head) -> Result<(), SequencerError> {
    let found = transaction.query_row("SELECT size, root FROM head", [], head)?;
    if found == *on { Ok(()) } else { Err(SequencerError::Overtaken(found)) }
}

fn insert(transaction: &Transaction<'_>, row: &Row) -> Result<(), SequencerError> {
    let index = signed(row.index)?;
    let first = row.first_position.map(signed).transpose()?;
    let sql = "INSERT INTO entries (idx, signer, id, digest, class, first_position) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    transaction
        .prepare_cached(sql)?
        .execute(params![index, row.signer, row.id, row.digest, row.class.number(), first])
        .map_err(duplicate)?;
    let mut statement = transaction.prepare_cached("INSERT INTO staged (idx, entry) VALUES (?1, ?2)")?;
    statement.execute(params![index, row.entry])?;
    Ok(())
}

fn insert_changes(
    transaction: &Transaction<'_>,
    index: u64,
    changes: &[Change],
) -> Result<(), SequencerError> {
    let mut statement = transaction
        .prepare_cached("INSERT INTO changes (idx, ordinal, position, leaf) VALUES (?1, ?2, ?3, ?4)")?;
    for (ordinal, change) in (0_i64..).zip(changes) {
        statement.execute(params![signed(index)?, ordinal, signed(change.position)?, change.leaf])?;
    }
    Ok(())
}

fn duplicate(error: rusqlite::Error) -> SequencerError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => SequencerError::Duplicate,
        _ => error.into(),
    }
}

fn head(row: &SqlRow<'_>) -> rusqlite::Result<Head> {
    Ok(Head { size: natural(row, 0)?, root: row.get(1)? })
}

fn answer(row: &SqlRow<'_>) -> rusqlite::Result<Answer> {
    let first_position = match row.get::<_, Option<i64>>(2)? {
        Some(_) => Some(natural(row, 2)?),
        None => None,
    };
    Ok(Answer { digest: row.get(0)?, index: natural(row, 1)?, first_position })
}

fn indexed(row: &SqlRow<'_>) -> rusqlite::Result<(String, String, i64, Answer)> {
    Ok((row.get(3)?, row.get(4)?, row.get(5)?, answer(row)?))
}

fn change(row: &SqlRow<'_>) -> rusqlite::Result<Change> {
    Ok(Change { position: natural(row, 0)?, leaf: row.get(1)? })
}

fn natural(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

impl From<rusqlite::Error> for SequencerError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(Box::new(error))
    }
}

/// How long a writer waits for another one before it gives up.
const BUSY: Duration = Duration::from_secs(5);
/// The same of somebody who only wants to know whether it could.
const TRY: Duration = Duration::from_secs(1);

const SCHEMA: &str = "
    CREATE TABLE head (
        one INTEGER PRIMARY KEY CHECK (one = 1), genesis BLOB NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
        checkpoint BLOB NOT NULL, staged_from INTEGER
    ) STRICT;
    CREATE TABLE entries (
        idx INTEGER PRIMARY KEY, signer TEXT NOT NULL, id TEXT NOT NULL, digest BLOB NOT NULL, class INTEGER NOT NULL,
        first_position INTEGER, UNIQUE (signer, id)
    ) STRICT;
    CREATE TABLE changes (
        idx INTEGER NOT NULL, ordinal INTEGER NOT NULL, position INTEGER NOT NULL, leaf BLOB NOT NULL,
        PRIMARY KEY (idx, ordinal)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE staged (idx INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT;
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conforms() {
        let folder = tempfile::tempdir().unwrap();
        let mut count = 0;
        crate::sequencer::conformance(|| {
            count += 1;
            let path = folder.path().join(format!("{count}.sqlite"));
            (
                SqliteSequencer::create(&path, &[7; 32]).unwrap(),
                SqliteSequencer::open(&path, &[7; 32]).unwrap(),
            )
        });
    }

    #[test]
    fn a_write_is_tried_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let sequencer = SqliteSequencer::create(&path, &[7; 32]).unwrap();
        let head = sequencer.head().unwrap();
        sequencer.try_write().unwrap();
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert!(sequencer.try_write().is_err(), "somebody else has the lock");
        assert_eq!(sequencer.head().unwrap(), head, "it can still be read");
        other.execute_batch("ROLLBACK").unwrap();
        sequencer.try_write().unwrap();
        sequencer.connection.pragma_update(None, "query_only", true).unwrap();
        assert!(sequencer.try_write().is_err());
    }

    #[test]
    fn another_genesis_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        SqliteSequencer::create(&path, &[7; 32]).unwrap();
        assert!(matches!(SqliteSequencer::open(&path, &[8; 32]), Err(SequencerError::OtherGenesis)));
    }

    #[test]
    fn create_never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        SqliteSequencer::create(&path, &[7; 32]).unwrap();
        assert!(SqliteSequencer::create(&path, &[7; 32]).is_err());
    }

    #[test]
    fn open_never_creates() {
        let folder = tempfile::tempdir().unwrap();
        assert!(SqliteSequencer::open(&folder.path().join("none.sqlite"), &[7; 32]).is_err());
    }
}
