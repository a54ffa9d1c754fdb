//! The audit list: who did what at the counter, and when.

use circuits::schema::SchemaId;
use ledger::digest::Digest;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::open::commit;
use super::requests::insert;
use super::{Database, StoreError, Transaction, TransactionId};

/// Who a program with the counter's token is in the list, which has no name of its own.
pub const API: &str = "api";
/// Who works at the command line of the data directory's machine.
pub const COMMAND: &str = "command";

/// What somebody did at the counter: at its page, at its interface for programs, or at the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditAction {
    /// Signed in.
    SignedIn,
    /// Gave a wrong password.
    SignInFailed,
    /// Signed out.
    SignedOut,
    /// Asked a citizen.
    CreatedRequest,
    /// Took a request back.
    Cancelled,
    /// Had a sealed paper opened, or tried to.
    OpenedPaper,
    /// Scanned an answer that was made without a network, or something like it.
    Scanned,
    /// Brought what offline counters accepted.
    Reconciled,
    /// Was shown how a request ended.
    SawResult,
    /// Opened the list of receipts.
    ReadReceipts,
    /// Opened the audit list.
    ReadAudit,
    /// Opened the codes to print.
    OpenedCodes,
    /// Added somebody to the staff, or gave somebody another role and password.
    AddedClerk,
    /// Removed somebody from the staff.
    RemovedClerk,
    /// Exported a receipt, or those of a day, without what the citizen handed over.
    ExportedReceipt,
    /// Exported a receipt with what the citizen handed over.
    ExportedRevealed,
    /// Went on with an older copy of the database.
    AcceptedRestore,
}

/// What is to be written down. The subject is never an identifier that opens a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent<'a> {
    /// When, unix seconds.
    pub time: u64,
    /// The name that the person signed in with, [`API`] or [`COMMAND`].
    pub who: &'a str,
    /// What.
    pub act: AuditAction,
    /// About which matter.
    pub matter: Option<&'a SchemaId>,
    /// About which request, which receipt, or whom of the staff.
    pub number: Option<&'a str>,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Its place in the list; larger is newer.
    pub entry: u64,
    /// When, unix seconds.
    pub time: u64,
    /// Who.
    pub who: String,
    /// What.
    pub act: AuditAction,
    /// About which matter.
    pub matter: Option<SchemaId>,
    /// About which request, which receipt, or whom of the staff.
    pub number: Option<String>,
}

/// With one key the same is asked once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedOnce {
    /// The program's key.
    pub key: Digest,
    /// What it asks.
    pub asked: Digest,
}

/// Whether a program is to be told of a request's end, and when at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyAt {
    /// It is not told.
    Never,
    /// When it ended; if nobody answers, at this time (unix seconds).
    EndOr(u64),
}

/// How a program's request was kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Inserted {
    /// As it is.
    New,
    /// With the same key the same was asked before: this is that request.
    Before(Box<Transaction>),
    /// With the same key something else was asked before. Nothing is kept.
    KeyReused,
}

impl Database {
    /// Keeps a new, pending transaction that a person made.
    pub(super) fn insert_asked_by(&mut self, transaction: &Transaction, by: &str) -> Result<(), StoreError> {
        let writes = self.connection.transaction()?;
        insert(&writes, transaction)?;
        writes.execute(
            "UPDATE transactions SET asked_by = ?2 WHERE id = ?1",
            params![transaction.id.as_str(), by],
        )?;
        note_request(&writes, transaction, by)?;
        Ok(writes.commit()?)
    }

    /// Keeps a new, pending transaction that a program made, unless it made it before.
    pub(super) fn insert_asked_by_program(
        &mut self,
        transaction: &Transaction,
        once: Option<AskedOnce>,
        notify: NotifyAt,
    ) -> Result<Inserted, StoreError> {
        let writes = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(once) = once
            && let Some((id, asked)) = asked_with(&writes, &once.key)?
        {
            drop(writes);
            if asked != once.asked.to_string() {
                return Ok(Inserted::KeyReused);
            }
            let before =
                self.find("transactions.id", &id)?.ok_or(StoreError::Malformed("idempotency key"))?;
            return Ok(Inserted::Before(Box::new(before)));
        }
        insert(&writes, transaction)?;
        let notify_at = match notify {
            NotifyAt::Never => None,
            NotifyAt::EndOr(time) => Some(time),
        };
        let (key, asked) = (once.map(|once| once.key.to_string()), once.map(|once| once.asked.to_string()));
        writes.execute(
            "UPDATE transactions SET idempotency_key = ?2, asked = ?3, notify_at = ?4 WHERE id = ?1",
            params![transaction.id.as_str(), key, asked, notify_at],
        )?;
        note_request(&writes, transaction, API)?;
        commit(writes, self.faults)?;
        Ok(Inserted::New)
    }

    /// Deletes a transaction that is still pending, so that no answer can end it; `false` if it has ended.
    pub(super) fn cancel(&mut self, id: &TransactionId, note: &AuditEvent<'_>) -> Result<bool, StoreError> {
        let writes = self.connection.transaction()?;
        let gone = writes
            .execute("DELETE FROM transactions WHERE id = ?1 AND status = 'pending'", params![id.as_str()])?;
        if gone == 0 {
            return Ok(false);
        }
        write(&writes, note)?;
        writes.commit()?;
        Ok(true)
    }

    /// Writes down an act.
    pub(super) fn note(&mut self, note: &AuditEvent<'_>) -> Result<(), StoreError> {
        write(&self.connection, note)
    }

    /// Writes down an act unless the same person did the same to the same before.
    pub(super) fn note_once(&mut self, note: &AuditEvent<'_>) -> Result<(), StoreError> {
        let query = "SELECT EXISTS (SELECT 1 FROM audit WHERE number IS ?1 AND who = ?2 AND act = ?3)";
        let known: bool =
            self.connection
                .query_row(query, params![note.number, note.who, note.act.as_str()], |row| row.get(0))?;
        if known { Ok(()) } else { self.note(note) }
    }

    /// The newest lines before `before`, newest first.
    pub(super) fn audited(&self, before: Option<u64>, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        let query = "SELECT entry, time, who, act, matter, number FROM audit \
                     WHERE ?1 IS NULL OR entry < ?1 ORDER BY entry DESC LIMIT ?2";
        let mut query = self.connection.prepare_cached(query)?;
        let lines = query.query_map(params![before, limit], line)?;
        lines.map(|line| line?).collect()
    }
}

/// The request that was made with a key, and what was asked.
fn asked_with(connection: &Connection, key: &Digest) -> Result<Option<(String, String)>, StoreError> {
    let query = "SELECT id, asked FROM transactions WHERE idempotency_key = ?1";
    let found = connection.query_row(query, [key.to_string()], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?)
}

fn note_request(connection: &Connection, transaction: &Transaction, who: &str) -> Result<(), StoreError> {
    let number = transaction.id.number();
    let matter = Some(&transaction.policy);
    let number = Some(number.as_str());
    let act = AuditAction::CreatedRequest;
    write(connection, &AuditEvent { time: transaction.made_at, who, act, matter, number })
}

fn write(connection: &Connection, note: &AuditEvent<'_>) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO audit (time, who, act, matter, number) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![note.time, note.who, note.act.as_str(), note.matter.map(SchemaId::as_str), note.number],
    )?;
    Ok(())
}

/// The outer error is SQLite's, the inner one means that the file was changed by somebody else.
fn line(row: &Row<'_>) -> rusqlite::Result<Result<AuditLine, StoreError>> {
    let (act, matter): (String, Option<String>) = (row.get(3)?, row.get(4)?);
    let (entry, time, who, number) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(5)?);
    Ok(assemble(entry, time, who, &act, matter, number))
}

/// From the columns of a row.
pub(super) fn assemble(
    entry: u64,
    time: u64,
    who: String,
    act: &str,
    matter: Option<String>,
    number: Option<String>,
) -> Result<AuditLine, StoreError> {
    let act = AuditAction::parse(act).ok_or(StoreError::Malformed("act"))?;
    let matter = matter.map(SchemaId::try_from).transpose().map_err(|_| StoreError::Malformed("matter"))?;
    Ok(AuditLine { entry, time, who, act, matter, number })
}

impl AuditAction {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::SignedIn,
        Self::SignInFailed,
        Self::SignedOut,
        Self::CreatedRequest,
        Self::Cancelled,
        Self::OpenedPaper,
        Self::Scanned,
        Self::Reconciled,
        Self::SawResult,
        Self::ReadReceipts,
        Self::ReadAudit,
        Self::OpenedCodes,
        Self::AddedClerk,
        Self::RemovedClerk,
        Self::ExportedReceipt,
        Self::ExportedRevealed,
        Self::AcceptedRestore,
    ];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::CreatedRequest => "asked",
            Self::Cancelled => "cancelled",
            Self::OpenedPaper => "opened_paper",
            Self::Scanned => "scanned",
            Self::Reconciled => "reconciled",
            Self::SawResult => "saw_result",
            Self::ReadReceipts => "read_receipts",
            Self::ReadAudit => "read_audit",
            Self::OpenedCodes => "opened_codes",
            Self::AddedClerk => "added_clerk",
            Self::RemovedClerk => "removed_clerk",
            Self::ExportedReceipt => "exported_receipt",
            Self::ExportedRevealed => "exported_revealed",
            Self::AcceptedRestore => "accepted_restore",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == word)
    }
}
