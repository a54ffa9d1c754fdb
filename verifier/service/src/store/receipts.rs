//! Receipts: all that is kept of one, and how the page lists them, without a pseudonym, a revealed value or an
//! identifier that opens a result.

use std::ops::Range;

use circuits::schema::SchemaId;
use openid4vc::vp::{Reason, Receipt, Status};
use rusqlite::{OptionalExtension, Row, params};

use verifier::receipt::{Evidence, Kept};

use super::transaction::json;
use super::{Database, StoreError, TransactionId};

/// One receipt of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedReceipt {
    /// Its number.
    pub number: String,
    /// When the answer was judged, unix seconds.
    pub time: u64,
    /// What was asked.
    pub policy: SchemaId,
    /// Passed or refused.
    pub verdict: Status,
    /// Why it was refused.
    pub reason: Option<Reason>,
    /// Whether it holds a pseudonym, which is not listed.
    pub linked: bool,
    /// Whether it rests on development keys.
    pub development: bool,
    /// Who asked, or scanned; `None` for a program.
    pub asked_by: Option<String>,
}

/// Whose receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptsOf<'a> {
    /// Of everybody, programs included.
    All,
    /// Of one person.
    One(&'a str),
}

impl ReceiptsOf<'_> {
    /// The one person's name.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::One(name) => Some(name),
        }
    }
}

impl Database {
    /// The receipt with this number; one of an answer without a network too.
    pub(super) fn find_receipt(
        &self,
        of: ReceiptsOf<'_>,
        number: &str,
    ) -> Result<Option<ListedReceipt>, StoreError> {
        let query = "SELECT body, asked_by FROM ( \
                         SELECT receipts.id AS id, body, asked_by FROM receipts \
                             JOIN transactions ON answered = transactions.id \
                         UNION ALL SELECT id, body, scanned_by FROM offline \
                     ) WHERE id = ?1 AND (?2 IS NULL OR asked_by = ?2)";
        let mut query = self.connection.prepare_cached(query)?;
        let row = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?));
        let found = query.query_row(params![number, of.name()], row).optional()?;
        found.map(|(body, asked_by)| listed(&body, asked_by)).transpose()
    }

    /// The receipts of a span of time, newest first; those of answers without a network among them.
    pub(super) fn receipts(
        &self,
        of: ReceiptsOf<'_>,
        time: &Range<u64>,
        limit: u32,
    ) -> Result<Vec<ListedReceipt>, StoreError> {
        let query = "SELECT body, asked_by FROM ( \
                         SELECT body, asked_by FROM receipts JOIN transactions ON answered = transactions.id \
                         UNION ALL SELECT body, scanned_by FROM offline \
                     ) WHERE (?1 IS NULL OR asked_by = ?1) AND body ->> '$.time' >= ?2 AND body ->> '$.time' < ?3 \
                     ORDER BY body ->> '$.time' DESC, body ->> '$.id' LIMIT ?4";
        let mut query = self.connection.prepare_cached(query)?;
        let rows = query.query_map(params![of.name(), time.start, time.end, limit], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?))
        })?;
        rows.map(|row| row.map_err(StoreError::from).and_then(|(body, asked_by)| listed(&body, asked_by)))
            .collect()
    }

    /// Who made a request; `None` where a program did, or where there is no such request.
    pub(super) fn asker(&self, id: &TransactionId) -> Result<Option<String>, StoreError> {
        let query = "SELECT asked_by FROM transactions WHERE id = ?1";
        let asker = self.connection.query_row(query, params![id.as_str()], |row| row.get(0)).optional()?;
        Ok(asker.flatten())
    }
}

/// From a receipt's JSON.
pub(super) fn listed(body: &str, asked_by: Option<String>) -> Result<ListedReceipt, StoreError> {
    let receipt: Receipt = json(body, "receipt")?;
    Ok(ListedReceipt {
        number: receipt.id,
        time: receipt.time,
        policy: receipt.policy,
        verdict: receipt.verdict,
        reason: receipt.reason,
        linked: receipt.nullifier.is_some(),
        development: receipt.development,
        asked_by,
    })
}

/// What there is of a receipt.
pub enum StoredReceipt {
    /// Everything.
    Evidence(Box<Kept>),
    /// The receipt alone: its answer did not pass, or an older version of this program judged it.
    Receipt(Box<Receipt>),
}

impl Database {
    /// By the receipt's identifier; `None` if there is none, or none any more.
    pub(super) fn receipt(&self, id: &str) -> Result<Option<StoredReceipt>, StoreError> {
        let query = "SELECT receipts.body, evidence.body, revealed FROM receipts \
                     JOIN transactions ON transactions.id = answered \
                     LEFT JOIN evidence ON receipt = receipts.id WHERE receipts.id = ?1";
        let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let found: Option<(String, Option<String>, Option<String>)> =
            self.connection.query_row(query, params![id], row).optional()?;
        found.map(|(r, e, v)| assemble(&r, e.as_deref(), v.as_deref())).transpose()
    }
}

pub(super) fn assemble(
    receipt: &str,
    evidence: Option<&str>,
    revealed: Option<&str>,
) -> Result<StoredReceipt, StoreError> {
    let receipt: Receipt = json(receipt, "receipt")?;
    let Some(evidence) = evidence else { return Ok(StoredReceipt::Receipt(Box::new(receipt))) };
    let evidence: Evidence = json(evidence, "evidence")?;
    let revealed = revealed.map(|text| json(text, "revealed")).transpose()?.unwrap_or_default();
    Ok(StoredReceipt::Evidence(Box::new(Kept { receipt, evidence, revealed })))
}
