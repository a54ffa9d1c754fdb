//! Answers that were made without a network: each counted once, its receipt written with its use or not at all.
//!
//! A crash before the commit leaves nothing, so the same text may be scanned again while its minute lasts; a crash after it
//! leaves the receipt, so the second scan is refused as shown before.

use circuits::field::Element;
use ledger::digest::Digest;
use ledger::record::KeyUse;
use openid4vc::offline::VerifierId;
use openid4vc::vp::{PolicyDigest, Reason, Receipt, Status};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::finalize::{count_use, with_answer};
use super::open::commit;
use super::{Database, StoreError, Uses};
use crate::wire_schema;
use utoipa::ToSchema;
use verifier::{Answer, VerifiedOffline};

/// Seconds that a receipt is kept even where the policy keeps nothing: longer than its text can be shown.
const KEPT_S: u64 = 3600;
const DAY_S: u64 = 86_400;

/// A verified answer with where and when it was shown.
pub struct Scan<'a> {
    /// Names the receipt.
    pub id: &'a str,
    /// Where.
    pub counter: &'a VerifierId,
    /// When, unix seconds.
    pub scanned_at: u64,
    /// What.
    pub verified: &'a VerifiedOffline<'a>,
    /// The text, where it is to be brought to a service later.
    pub text: Option<&'a str>,
    /// The person who scanned it, where that is known.
    pub by: Option<&'a str>,
}

/// What became of a scan.
#[derive(Clone, PartialEq, Eq)]
pub enum Kept {
    /// Accepted now, or this very scan was accepted before.
    Accepted(Receipt),
    /// The same answer was shown before, or its pseudonym has no uses left. These are the uses that are known.
    UsedBefore(Receipt, Vec<Use>),
}

/// One use of a pseudonym that has a receipt.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// The receipt's identifier.
    pub receipt: String,
    /// At which offline counter; absent for a use at the service itself.
    #[schema(value_type = Option<wire_schema::VerifierId>, required)]
    pub counter: Option<VerifierId>,
    /// When, unix seconds.
    pub time: u64,
}

/// A scan that was not yet brought to the service. Its text reveals what the policy reveals: no `Debug`.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, ToSchema)]
#[schema(as = UnsentScan)]
#[serde(deny_unknown_fields)]
pub struct Unsent {
    /// The receipt's identifier.
    pub id: String,
    /// Where it was shown.
    #[schema(value_type = wire_schema::VerifierId)]
    pub counter: VerifierId,
    /// When, unix seconds.
    pub scanned_at: u64,
    /// What was scanned.
    #[schema(max_length = 2048, example = "yong:1:…")]
    pub text: String,
}

/// What an offline counter does not keep of answers that it refuses, and a service does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusals {
    Forgotten,
    Kept,
}

impl Database {
    /// Accepts an answer at the counter where it is shown. What was used before is refused and not written down.
    pub(super) fn scan(&mut self, scan: &Scan<'_>) -> Result<Kept, StoreError> {
        self.keep(scan, Refusals::Forgotten)
    }

    /// Takes in an answer that an offline counter accepted, and writes a receipt however it is judged here. The same scan
    /// may come twice.
    pub(super) fn reconcile(&mut self, scan: &Scan<'_>) -> Result<Kept, StoreError> {
        self.keep(scan, Refusals::Kept)
    }

    /// The oldest scans that were not yet brought to the service.
    pub(super) fn unsent(&self, most: usize) -> Result<Vec<Unsent>, StoreError> {
        let query = "SELECT id, counter, scanned_at, text FROM offline WHERE text IS NOT NULL ORDER BY scanned_at, id LIMIT ?1";
        let mut statement = self.connection.prepare_cached(query)?;
        let rows = statement
            .query_map([most], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?)))?;
        rows.map(|row| {
            let (id, counter, scanned_at, text) = row?;
            Ok(Unsent { id, counter: counter_id(counter)?, scanned_at, text })
        })
        .collect()
    }

    /// The service has judged these; their texts are wiped.
    pub(super) fn sent(&mut self, ids: &[String]) -> Result<(), StoreError> {
        let writes = self.connection.transaction()?;
        for id in ids {
            writes.prepare_cached("UPDATE offline SET text = NULL WHERE id = ?1")?.execute([id])?;
        }
        Ok(commit(writes, self.faults)?)
    }

    fn keep(&mut self, scan: &Scan<'_>, refusals: Refusals) -> Result<Kept, StoreError> {
        let writes = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(before) = judged_before(&writes, scan)? {
            return Ok(before);
        }
        let uses = scan.uses();
        let fresh = !shown_before(&writes, scan)? && count_use(&writes, &uses, &scan.answer().nullifier)?;
        if fresh {
            let receipt = scan.receipt(None);
            insert(&writes, scan, &receipt)?;
            commit(writes, self.faults)?;
            self.has_counted(u64::from(uses.are_counted()));
            return Ok(Kept::Accepted(receipt));
        }
        let receipt = scan.receipt(Some(Reason::AlreadyUsed));
        let used = uses_of(&writes, scan)?;
        if refusals == Refusals::Kept {
            insert(&writes, scan, &receipt)?;
            commit(writes, self.faults)?;
        }
        Ok(Kept::UsedBefore(receipt, used))
    }
}

impl Scan<'_> {
    pub(super) fn answer(&self) -> &Answer {
        self.verified.answer.get()
    }

    pub(super) fn uses(&self) -> Uses {
        Uses::new(&self.verified.policy.checked, &self.verified.policy.publisher)
    }

    /// What makes two texts the same answer, whatever their proofs.
    pub(super) fn identity(&self) -> [u8; 32] {
        let text = format!(
            "yong/offline-answer/v1\n{}\n{}\n{}\n{}",
            self.counter,
            self.verified.policy.digest,
            self.verified.minute.number(),
            self.answer().nullifier,
        );
        *Digest::of(text.as_bytes()).as_bytes()
    }

    pub(super) fn receipt(&self, reason: Option<Reason>) -> Receipt {
        let policy = self.verified.policy;
        let answer = self.answer();
        let draft = Receipt {
            id: self.id.to_owned(),
            policy: policy.checked.policy().policy.clone(),
            policy_digest: PolicyDigest(*policy.digest.as_bytes()),
            time: self.scanned_at,
            verdict: if reason.is_none() { Status::Passed } else { Status::Refused },
            reason,
            root: None,
            nullifier: None,
            key: None,
            development: answer.key_use == KeyUse::Development,
        };
        with_answer(answer, &self.uses(), draft)
    }

    pub(super) fn keep_until(&self) -> u64 {
        let days = u64::from(self.verified.policy.checked.policy().retention_days);
        self.scanned_at.saturating_add((days * DAY_S).max(KEPT_S))
    }
}

/// The verdict on this very scan, if it came before: same name, same answer.
fn judged_before(writes: &Connection, scan: &Scan<'_>) -> Result<Option<Kept>, StoreError> {
    let body: Option<String> = writes
        .prepare_cached("SELECT body FROM offline WHERE id = ?1 AND answer = ?2")?
        .query_row(params![scan.id, scan.identity()], |row| row.get(0))
        .optional()?;
    let Some(body) = body else { return Ok(None) };
    let receipt = receipt(&body)?;
    Ok(Some(match receipt.verdict {
        Status::Passed => Kept::Accepted(receipt),
        _ => Kept::UsedBefore(receipt, uses_of(writes, scan)?),
    }))
}

/// The same answer under another name: the text was scanned twice, here or by two devices of one counter.
fn shown_before(writes: &Connection, scan: &Scan<'_>) -> Result<bool, StoreError> {
    let mut found = writes.prepare_cached("SELECT 1 FROM offline WHERE answer = ?1")?;
    Ok(found.exists(params![scan.identity()])?)
}

fn insert(writes: &Connection, scan: &Scan<'_>, receipt: &Receipt) -> Result<(), StoreError> {
    let body = serde_json::to_string(receipt).expect("a receipt has string keys");
    let insert = "INSERT INTO offline (id, answer, counter, scanned_at, keep_until, body, text, scanned_by) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    writes.prepare_cached(insert)?.execute(params![
        scan.id,
        scan.identity(),
        scan.counter.as_str(),
        scan.scanned_at,
        scan.keep_until(),
        body,
        scan.text,
        scan.by,
    ])?;
    Ok(())
}

/// The accepted uses that leave none for this scan, the oldest first: of the same answer, or of its pseudonym.
fn uses_of(writes: &Connection, scan: &Scan<'_>) -> Result<Vec<Use>, StoreError> {
    let passed = "json_extract(body, '$.verdict') = 'passed'";
    let query = format!(
        "SELECT id, counter, scanned_at FROM offline WHERE {passed} AND id <> ?1 \
         AND (answer = ?2 OR json_extract(body, '$.nullifier') = ?3) \
         UNION ALL SELECT id, NULL, json_extract(body, '$.time') FROM receipts \
         WHERE {passed} AND json_extract(body, '$.nullifier') = ?3 ORDER BY 3, 1"
    );
    // A session's pseudonym is in no receipt.
    let nullifier = Element::to_string(&scan.answer().nullifier);
    let mut statement = writes.prepare_cached(&query)?;
    let rows = statement.query_map(params![scan.id, scan.identity(), nullifier], a_use)?;
    rows.map(|row| {
        let (receipt, counter, time) = row?;
        Ok(Use { receipt, counter: counter.map(counter_id).transpose()?, time })
    })
    .collect()
}

fn a_use(row: &Row<'_>) -> rusqlite::Result<(String, Option<String>, u64)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

pub(super) fn counter_id(text: String) -> Result<VerifierId, StoreError> {
    text.try_into().map_err(|_| StoreError::Malformed("counter"))
}

fn receipt(body: &str) -> Result<Receipt, StoreError> {
    serde_json::from_str(body).map_err(|_| StoreError::Malformed("receipt"))
}
