//! Who decides which entry is next: compare-and-swap on the head, then a contiguous batch.
//!
//! A sequencer is trusted to keep one order. It holds the head, the staged bundle (what a crash leaves unfinished),
//! and the answers already given by idempotency key. Everything in it can be derived again from the tile files.

mod config;
mod conformance;
#[cfg(test)]
pub(crate) mod faulty;
mod headless;
mod postgres;
mod sqlite;

pub use config::{InvalidSequencer, PostgresAddress, SequencerConfig};
pub use conformance::conformance;
pub(crate) use headless::Headless;
pub use postgres::PostgresSequencer;
pub use sqlite::SqliteSequencer;

/// SHA-256.
pub type Digest = [u8; 32];

/// Where the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of entries.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Digest,
}

/// Entries that follow a head, in order, with what the head becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The head after this batch.
    pub head: Head,
    /// The signed checkpoint of that head, as it will be published.
    pub checkpoint: Vec<u8>,
    /// One per entry; indices are contiguous from the old head's size.
    pub rows: Vec<Row>,
    /// Leaves that the batch overwrote, in order.
    pub changes: Vec<Change>,
}

/// One ordered entry and what is remembered about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Index in the log.
    pub index: u64,
    /// Who signed it.
    pub signer: String,
    /// The record's idempotency key, unique for its signer.
    pub id: String,
    /// SHA-256 of the entry.
    pub digest: Digest,
    /// What the record is, for the indices.
    pub class: Class,
    /// Position of the first leaf that the record appended, if any.
    pub first_position: Option<u64>,
    /// The entry itself.
    pub entry: Vec<u8>,
}

/// Which index an entry belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The registry: departments, schemas, policies, models, keys, disclosures.
    Registry,
    /// Leaves and their status.
    Credential,
    /// The credential root, by the node.
    Root,
}

/// A leaf that was overwritten after it was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Position in the credential tree.
    pub position: u64,
    /// The leaf from then on, 32 bytes big endian; zero when revoked or suspended.
    pub leaf: Digest,
}

/// What was answered for an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// SHA-256 of the entry that was accepted.
    pub digest: Digest,
    /// Its index in the log.
    pub index: u64,
    /// Position of the first leaf that it appended, if any.
    pub first_position: Option<u64>,
}

/// What the index says about an entry, for `fsck`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// Who signed it.
    pub signer: String,
    /// The record's idempotency key.
    pub id: String,
    /// Which index it belongs to.
    pub class: Class,
    /// The answer given for it.
    pub answer: Answer,
}

/// Batches whose files may not all be durable yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Size of the log before the first of them.
    pub from: u64,
    /// Their entries up to the head, in order.
    pub entries: Vec<Vec<u8>>,
    /// The checkpoint of the head.
    pub checkpoint: Vec<u8>,
}

/// Why a sequencer did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SequencerError {
    /// The head is no longer the one that the caller built on; nothing was written.
    #[error("the head moved on to size {}", .0.size)]
    Overtaken(Head),
    /// The batch does not start at the head, is not contiguous, or does not end at its own head; nothing was written.
    #[error("the batch is not contiguous with the head")]
    Gap,
    /// An idempotency key was used before; nothing was written.
    #[error("an idempotency key is used twice")]
    Duplicate,
    /// The order is not kept in the data directory.
    #[error("this data directory has no ledger.sqlite")]
    Absent,
    /// The store belongs to another genesis.
    #[error("the store belongs to another genesis")]
    OtherGenesis,
    /// The store contradicts itself.
    #[error("the store is damaged: {0}")]
    Damaged(&'static str),
    /// The engine failed; it is unknown whether the write landed.
    #[error("the store failed")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Keeps one order. Every implementation passes [`conformance`].
pub trait Sequencer: Send {
    /// Where the log is.
    fn head(&self) -> Result<Head, SequencerError>;
    /// Moves the head from exactly `on` to `batch.head`, and stages and indexes the batch, in one durable step. Earlier
    /// batches may still be staged.
    fn append(&mut self, on: &Head, batch: &Batch) -> Result<(), SequencerError>;
    /// Every batch that is not settled, as one bundle.
    fn staged(&self) -> Result<Option<Bundle>, SequencerError>;
    /// Drops the first `size` entries from the staged bundle: their files, and the checkpoint of that size, are durable.
    fn unstage(&mut self, size: u64) -> Result<(), SequencerError>;
    /// The head and its checkpoint, from a store that several nodes share and that keeps every entry for those that did not
    /// order it; `None` from a store of one node.
    fn shared(&self) -> Result<Option<(Head, Vec<u8>)>, SequencerError> {
        Ok(None)
    }
    /// The entries `from..to` of a shared store, all of which it has.
    fn entries(&self, from: u64, to: u64) -> Result<Vec<Vec<u8>>, SequencerError> {
        let _ = (from, to);
        Err(SequencerError::Damaged("a store of one node does not keep entries"))
    }
    /// Whether the store would take a batch now, as far as can be seen without one: it answers, and where that is cheap a
    /// write is begun and taken back. Waits for no more than some seconds, and changes nothing.
    fn try_write(&self) -> Result<(), SequencerError>;
    /// Checks the store's own structure; the content is not looked at.
    fn intact(&self) -> Result<(), SequencerError> {
        Ok(())
    }
    /// What `fsck` calls the store.
    fn name(&self) -> &'static str;
    /// What was answered to `signer` for `id`.
    fn answer(&self, signer: &str, id: &str) -> Result<Option<Answer>, SequencerError>;
    /// What is remembered about the entry at `index`.
    fn indexed(&self, index: u64) -> Result<Option<Indexed>, SequencerError>;
    /// Leaves overwritten by batches that begin in `from..to`, each position once with its newest value, by position; at
    /// most `limit`.
    fn changes(&self, from: u64, to: u64, limit: usize) -> Result<Vec<Change>, SequencerError>;
}

/// What every store checks before it looks at its head.
fn check_contiguous(on: &Head, batch: &Batch) -> Result<(), SequencerError> {
    let indices = batch.rows.iter().map(|row| row.index);
    let contiguous = indices.eq(on.size..batch.head.size);
    if contiguous && !batch.rows.is_empty() { Ok(()) } else { Err(SequencerError::Gap) }
}

/// SQL has no unsigned numbers.
fn signed(number: u64) -> Result<i64, SequencerError> {
    i64::try_from(number).map_err(|_| SequencerError::Damaged("a number of 2^63 or more"))
}

fn unsigned(number: i64) -> Result<u64, SequencerError> {
    u64::try_from(number).map_err(|_| SequencerError::Damaged("a negative number"))
}

/// The root of an empty RFC 6962 tree.
fn empty_root() -> Digest {
    *ledger::merkle::empty_root().as_bytes()
}

impl Class {
    /// As stores keep it.
    fn number(self) -> i64 {
        match self {
            Self::Registry => 0,
            Self::Credential => 1,
            Self::Root => 2,
        }
    }

    fn from_number(number: i64) -> Option<Self> {
        [Self::Registry, Self::Credential, Self::Root].into_iter().find(|class| class.number() == number)
    }
}
