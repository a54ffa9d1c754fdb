//! A city: PostgreSQL, whose one head row decides which of several nodes appends.
//!
//! The head row is locked before anything is written, and an entry's index comes from it, never from a `SEQUENCE`, which
//! leaves gaps when a transaction fails. Entries are kept, so that a node that did not order a batch itself catches up from
//! here. A commit that returns is on the disk of the primary and, with `synchronous_standby_names`, of a standby.
//!
//! The connection is not encrypted: use a socket of this machine, or a tunnel or proxy that encrypts.

use std::cell::{RefCell, RefMut};
use std::time::Duration;

use postgres::error::SqlState;
use postgres::{Client, Config, IsolationLevel, NoTls, Row as SqlRow, Transaction};

use super::{Answer, Batch, Bundle, Change, Class, Digest, Head, Indexed, Sequencer, SequencerError};
use super::{check_contiguous, empty_root, signed, unsigned};

/// A sequencer in a PostgreSQL database. Any number of nodes may use one database.
pub struct PostgresSequencer {
    config: Config,
    /// `None` while the sequencer is dropped.
    client: RefCell<Option<Client>>,
}

impl PostgresSequencer {
    /// Makes the tables for an empty log of `genesis` (its SHA-256) in the schema that the address leads to; refuses a
    /// database that has them already.
    pub fn create(address: &str, genesis: &Digest) -> Result<Self, SequencerError> {
        let sequencer = Self::connect(address)?;
        {
            let mut client = sequencer.client()?;
            let mut transaction = client.transaction()?;
            transaction.batch_execute(SCHEMA)?;
            let sql = "INSERT INTO head (one, genesis, size, root, checkpoint, settled) VALUES (1, $1, 0, $2, '', 0)";
            transaction.execute(sql, &[&&genesis[..], &&empty_root()[..]])?;
            transaction.commit()?;
        }
        Ok(sequencer)
    }

    /// Opens the database, which must belong to `genesis`.
    pub fn open(address: &str, genesis: &Digest) -> Result<Self, SequencerError> {
        let sequencer = Self::connect(address)?;
        let stored: Digest = bytes(&sequencer.client()?.query_one("SELECT genesis FROM head", &[])?, 0)?;
        if stored == *genesis { Ok(sequencer) } else { Err(SequencerError::OtherGenesis) }
    }

    fn connect(address: &str) -> Result<Self, SequencerError> {
        let mut config: Config = address.parse()?;
        config.application_name("yong-ledger").connect_timeout(CONNECT).tcp_user_timeout(SILENT);
        let client = RefCell::new(Some(session(&config)?));
        Ok(Self { config, client })
    }

    /// The connection, made anew if the server went away since it was used last.
    fn client(&self) -> Result<RefMut<'_, Client>, SequencerError> {
        let mut client = self.client.borrow_mut();
        if client.as_ref().is_none_or(Client::is_closed) {
            *client = Some(session(&self.config)?);
        }
        Ok(RefMut::map(client, |client| client.as_mut().expect("connected just above")))
    }
}

/// The connection says goodbye, which blocks: on a thread of its own, because the last owner may be an asynchronous task.
impl Drop for PostgresSequencer {
    fn drop(&mut self) {
        let client = self.client.get_mut().take();
        // A goodbye that fails is noticed by the server.
        let _ = std::thread::spawn(move || drop(client)).join();
    }
}

/// A connection on which a commit means durable.
fn session(config: &Config) -> Result<Client, SequencerError> {
    let mut client = config.connect(NoTls)?;
    client.batch_execute(SESSION)?;
    let fsync: String = client.query_one("SHOW fsync", &[])?.try_get(0)?;
    if fsync == "on" { Ok(client) } else { Err(SequencerError::Damaged("the server runs with fsync=off")) }
}

impl Sequencer for PostgresSequencer {
    fn head(&self) -> Result<Head, SequencerError> {
        head(&self.client()?.query_one("SELECT size, root FROM head", &[])?)
    }

    fn append(&mut self, on: &Head, batch: &Batch) -> Result<(), SequencerError> {
        check_contiguous(on, batch)?;
        let mut client = self.client()?;
        let mut transaction = client.transaction()?;
        let found = head(&transaction.query_one("SELECT size, root FROM head FOR UPDATE", &[])?)?;
        if found != *on {
            return Err(SequencerError::Overtaken(found));
        }
        insert_entries(&mut transaction, batch)?;
        insert_changes(&mut transaction, on.size, &batch.changes)?;
        let sql = "UPDATE head SET size = $1, root = $2, checkpoint = $3";
        transaction.execute(sql, &[&signed(batch.head.size)?, &&batch.head.root[..], &batch.checkpoint])?;
        Ok(transaction.commit()?)
    }

    fn staged(&self) -> Result<Option<Bundle>, SequencerError> {
        let mut client = self.client()?;
        let snapshot = client.build_transaction().read_only(true);
        let mut transaction = snapshot.isolation_level(IsolationLevel::RepeatableRead).start()?;
        let row = transaction.query_one("SELECT settled, checkpoint FROM head", &[])?;
        let from: i64 = row.try_get(0)?;
        let rows = transaction.query("SELECT entry FROM entries WHERE idx >= $1 ORDER BY idx", &[&from])?;
        let entries = entries(&rows)?;
        let bundle = Bundle { from: unsigned(from)?, entries, checkpoint: row.try_get(1)? };
        Ok(Some(bundle).filter(|bundle| !bundle.entries.is_empty()))
    }

    fn shared(&self) -> Result<Option<(Head, Vec<u8>)>, SequencerError> {
        let row = self.client()?.query_one("SELECT size, root, checkpoint FROM head", &[])?;
        Ok(Some((head(&row)?, row.try_get(2)?)))
    }

    fn entries(&self, from: u64, to: u64) -> Result<Vec<Vec<u8>>, SequencerError> {
        let sql = "SELECT entry FROM entries WHERE idx >= $1 AND idx < $2 ORDER BY idx";
        let rows = self.client()?.query(sql, &[&signed(from)?, &signed(to)?])?;
        if rows.len() as u64 != to.saturating_sub(from) {
            return Err(SequencerError::Damaged("entries are missing"));
        }
        entries(&rows)
    }

    fn try_write(&self) -> Result<(), SequencerError> {
        self.client()?.simple_query("SELECT 1")?;
        Ok(())
    }

    fn name(&self) -> &'static str {
        "the PostgreSQL store"
    }

    /// With several nodes the slowest one settles last; entries are kept, so that settling early loses nothing.
    fn unstage(&mut self, size: u64) -> Result<(), SequencerError> {
        let sql = "UPDATE head SET settled = least(size, greatest(settled, $1))";
        self.client()?.execute(sql, &[&signed(size)?])?;
        Ok(())
    }

    fn answer(&self, signer: &str, id: &str) -> Result<Option<Answer>, SequencerError> {
        let sql = "SELECT digest, idx, first_position FROM entries WHERE signer = $1 AND id = $2";
        self.client()?.query_opt(sql, &[&signer, &id])?.as_ref().map(answer).transpose()
    }

    fn indexed(&self, index: u64) -> Result<Option<Indexed>, SequencerError> {
        let sql = "SELECT digest, idx, first_position, signer, id, class FROM entries WHERE idx = $1";
        let found = self.client()?.query_opt(sql, &[&signed(index)?])?;
        found.as_ref().map(indexed).transpose()
    }

    fn changes(&self, from: u64, to: u64, limit: usize) -> Result<Vec<Change>, SequencerError> {
        let sql = "SELECT position, leaf FROM (SELECT DISTINCT ON (position) position, leaf FROM changes \
                   WHERE idx >= $1 AND idx < $2 ORDER BY position, idx DESC, ordinal DESC) newest \
                   ORDER BY position LIMIT $3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = self.client()?.query(sql, &[&signed(from)?, &signed(to)?, &limit])?;
        let change = |row: &SqlRow| Ok(Change { position: unsigned(row.try_get(0)?)?, leaf: bytes(row, 1)? });
        found.iter().map(change).collect()
    }
}

/// All rows in one statement: the lock on the head row is held for one round trip.
fn insert_entries(transaction: &mut Transaction<'_>, batch: &Batch) -> Result<(), SequencerError> {
    let rows = &batch.rows;
    let indices = rows.iter().map(|row| signed(row.index)).collect::<Result<Vec<_>, _>>()?;
    let signers: Vec<&str> = rows.iter().map(|row| row.signer.as_str()).collect();
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let digests: Vec<&[u8]> = rows.iter().map(|row| &row.digest[..]).collect();
    let classes: Vec<i16> = rows.iter().map(|row| row.class.number() as i16).collect();
    let firsts = rows.iter().map(|row| row.first_position.map(signed).transpose());
    let firsts = firsts.collect::<Result<Vec<_>, _>>()?;
    let entries: Vec<&[u8]> = rows.iter().map(|row| &row.entry[..]).collect();
    let sql = "INSERT INTO entries (idx, signer, id, digest, class, first_position, entry) SELECT * FROM unnest \
               ($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::smallint[], $6::bigint[], $7::bytea[])";
    let inserted =
        transaction.execute(sql, &[&indices, &signers, &ids, &digests, &classes, &firsts, &entries]);
    inserted.map(drop).map_err(duplicate)
}

fn insert_changes(
    transaction: &mut Transaction<'_>,
    index: u64,
    changes: &[Change],
) -> Result<(), SequencerError> {
    if changes.is_empty() {
        return Ok(());
    }
    let positions = changes.iter().map(|change| signed(change.position)).collect::<Result<Vec<_>, _>>()?;
    let leaves: Vec<&[u8]> = changes.iter().map(|change| &change.leaf[..]).collect();
    let sql = "INSERT INTO changes (idx, ordinal, position, leaf) SELECT $1, ordinal, position, leaf FROM unnest \
               ($2::bigint[], $3::bytea[]) WITH ORDINALITY AS changed (position, leaf, ordinal)";
    transaction.execute(sql, &[&signed(index)?, &positions, &leaves])?;
    Ok(())
}

fn duplicate(error: postgres::Error) -> SequencerError {
    match error.code() {
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => SequencerError::Duplicate,
        _ => error.into(),
    }
}

fn head(row: &SqlRow) -> Result<Head, SequencerError> {
    Ok(Head { size: unsigned(row.try_get(0)?)?, root: bytes(row, 1)? })
}

fn entries(rows: &[SqlRow]) -> Result<Vec<Vec<u8>>, SequencerError> {
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

fn answer(row: &SqlRow) -> Result<Answer, SequencerError> {
    let first_position: Option<i64> = row.try_get(2)?;
    let first_position = first_position.map(unsigned).transpose()?;
    Ok(Answer { digest: bytes(row, 0)?, index: unsigned(row.try_get(1)?)?, first_position })
}

fn indexed(row: &SqlRow) -> Result<Indexed, SequencerError> {
    let class: i16 = row.try_get(5)?;
    let class = Class::from_number(class.into());
    let class = class.ok_or(SequencerError::Damaged("an entry of an unknown class"))?;
    Ok(Indexed { signer: row.try_get(3)?, id: row.try_get(4)?, class, answer: answer(row)? })
}

fn bytes(row: &SqlRow, column: usize) -> Result<Digest, SequencerError> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|_| SequencerError::Damaged("a digest that has not 32 bytes"))
}

impl From<postgres::Error> for SequencerError {
    fn from(error: postgres::Error) -> Self {
        Self::Store(Box::new(error))
    }
}

/// To find the server and connect.
const CONNECT: Duration = Duration::from_secs(5);
/// A server that acknowledges nothing for so long is gone.
const SILENT: Duration = Duration::from_secs(15);

/// A commit waits for the disk, and for the standby where there is one; nothing waits for ever.
const SESSION: &str = "SET synchronous_commit = on; SET lock_timeout = '10s'; SET statement_timeout = '60s'";

const SCHEMA: &str = "
    CREATE TABLE head (
        one smallint PRIMARY KEY CHECK (one = 1), genesis bytea NOT NULL, size bigint NOT NULL, root bytea NOT NULL,
        checkpoint bytea NOT NULL, settled bigint NOT NULL
    );
    CREATE TABLE entries (
        idx bigint PRIMARY KEY, signer text NOT NULL, id text NOT NULL, digest bytea NOT NULL, class smallint NOT NULL,
        first_position bigint, entry bytea NOT NULL, UNIQUE (signer, id)
    );
    CREATE TABLE changes (
        idx bigint NOT NULL, ordinal bigint NOT NULL, position bigint NOT NULL, leaf bytea NOT NULL,
        PRIMARY KEY (idx, ordinal)
    );
";

#[cfg(test)]
mod tests;
