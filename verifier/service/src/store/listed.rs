//! Receipts as the counter's page lists them: no pseudonym, no revealed value, no identifier that opens a result.

use std::ops::Range;

use circuits::schema::SchemaId;
use openid4vc::vp::{Reason, Receipt, Status};
use rusqlite::{OptionalExtension, Row, params};

use super::{Store, StoreError, TransactionId};

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
pub enum Of<'a> {
    /// Of everybody, programs included.
    All,
    /// Of one person.
    One(&'a str),
}

impl Store {
    /// The receipts of a span of time, newest first; those of answers without a network among them.
    pub fn receipts(
        &self,
        of: Of<'_>,
        time: &Range<u64>,
        limit: u32,
    ) -> Result<Vec<ListedReceipt>, StoreError> {
        let query = "SELECT body, asked_by FROM ( \
                         SELECT body, asked_by FROM receipts JOIN transactions ON answered = transactions.id \
                         UNION ALL SELECT body, scanned_by FROM offline \
                     ) WHERE (?1 IS NULL OR asked_by = ?1) AND body ->> '$.time' >= ?2 AND body ->> '$.time' < ?3 \
                     ORDER BY body ->> '$.time' DESC, body ->> '$.id' LIMIT ?4";
        let one = if let Of::One(name) = of { Some(name) } else { None };
        let mut query = self.connection.prepare_cached(query)?;
        let rows = query.query_map(params![one, time.start, time.end, limit], listed)?;
        rows.map(|row| row?).collect()
    }

    /// Who made a request; `None` where a program did, or where there is no such request.
    pub fn asker(&self, id: &TransactionId) -> Result<Option<String>, StoreError> {
        let query = "SELECT asked_by FROM transactions WHERE id = ?1";
        let asker = self.connection.query_row(query, params![id.as_str()], |row| row.get(0)).optional()?;
        Ok(asker.flatten())
    }
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Result<ListedReceipt, StoreError>> {
    let (body, asked_by): (String, Option<String>) = (row.get(0)?, row.get(1)?);
    let receipt = serde_json::from_str(&body).map_err(|_| StoreError::Malformed("receipt"));
    Ok(receipt.map(|receipt: Receipt| ListedReceipt {
        number: receipt.id,
        time: receipt.time,
        policy: receipt.policy,
        verdict: receipt.verdict,
        reason: receipt.reason,
        linked: receipt.nullifier.is_some(),
        development: receipt.development,
        asked_by,
    }))
}
