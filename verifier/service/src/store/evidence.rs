//! Finding what was kept of a receipt.

use openid4vc::vp::Receipt;
use rusqlite::{OptionalExtension, params};

use super::rows::json;
use super::{Store, StoreError};
use verifier::receipt::{Evidence, Kept};

/// What there is of a receipt.
pub enum Found {
    /// Everything.
    Evidence(Box<Kept>),
    /// The receipt alone: its answer did not pass, or an older version of this program judged it.
    Receipt(Box<Receipt>),
}

impl Store {
    /// By the receipt's identifier; `None` if there is none, or none any more.
    pub fn receipt(&self, id: &str) -> Result<Option<Found>, StoreError> {
        let query = "SELECT receipts.body, evidence.body, revealed FROM receipts \
                     JOIN transactions ON transactions.id = answered \
                     LEFT JOIN evidence ON receipt = receipts.id WHERE receipts.id = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let found: Option<(String, Option<String>, Option<String>)> =
            self.connection.query_row(query, params![id], row).optional()?;
        found.map(|(r, e, v)| assemble(&r, e.as_deref(), v.as_deref())).transpose()
    }
}

fn assemble(receipt: &str, evidence: Option<&str>, revealed: Option<&str>) -> Result<Found, StoreError> {
    let receipt: Receipt = json(receipt, "receipt")?;
    let Some(evidence) = evidence else { return Ok(Found::Receipt(Box::new(receipt))) };
    let evidence: Evidence = json(evidence, "evidence")?;
    let revealed = revealed.map(|text| json(text, "revealed")).transpose()?.unwrap_or_default();
    Ok(Found::Evidence(Box::new(Kept { receipt, evidence, revealed })))
}
