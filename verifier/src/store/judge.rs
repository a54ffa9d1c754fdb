//! Ending a transaction: the nonce is spent, the pseudonym used and the receipt written together, or not at all.
//!
//! A crash before the commit leaves the transaction pending, so the wallet may post again; a crash after it leaves it
//! ended, so the counter's page shows the verdict and a second post is refused.

use circuits::credential::DepartmentId;
use circuits::field::{Element, to_bytes};
use circuits::policy::{CheckedPolicy, Pseudonym};
use circuits::wire::presenting::{KeyDigest, PolicyDigest, Reason, Receipt, Status};
use ledger::record::KeyUse;
use rusqlite::{OptionalExtension, Transaction as Writes, TransactionBehavior, params};

use super::faults::commit;
use super::{Store, StoreError, Transaction};
use crate::believe::{Answer, Verified};
use crate::receipt::Evidence;

/// How often the pseudonym of an answer may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uses {
    /// Nothing is linked, so nothing is counted, and the nullifier is not kept.
    Session,
    /// At most `limit` times within the department's scope.
    Named {
        /// Whose scope.
        publisher: DepartmentId,
        /// Its name.
        scope: String,
        /// How often.
        limit: u32,
    },
}

impl Uses {
    /// What a policy of `publisher` says.
    pub fn of(policy: &CheckedPolicy, publisher: &DepartmentId) -> Self {
        match &policy.policy().pseudonym {
            Pseudonym::Session(_) => Self::Session,
            Pseudonym::Named { scope, uses } => {
                Self::Named { publisher: publisher.clone(), scope: scope.clone(), limit: *uses }
            }
        }
    }
}

/// How the end of a transaction was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// As judged.
    Recorded,
    /// The pseudonym had no uses left; recorded as refused.
    NoUsesLeft,
    /// The transaction had ended before; nothing was changed.
    AlreadyAnswered,
}

impl Store {
    /// Ends a transaction with a verified answer. Of one that passes the evidence is kept too.
    pub fn accept(
        &mut self,
        transaction: &Transaction,
        answer: &Verified<Answer>,
        uses: &Uses,
        receipt_id: String,
        now: u64,
        evidence: impl FnOnce(&Receipt) -> Evidence,
    ) -> Result<Judged, StoreError> {
        let answer = answer.get();
        let mut receipt = of_answer(answer, uses, draft(transaction, receipt_id, now));
        let writes = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let judged = if use_once(&writes, uses, &answer.nullifier)? {
            receipt.verdict = Status::Passed;
            Judged::Recorded
        } else {
            receipt.reason = Some(Reason::AlreadyUsed);
            Judged::NoUsesLeft
        };
        let revealed = (judged == Judged::Recorded).then(|| revealed(answer)).flatten();
        if !end(&writes, transaction, &receipt, revealed.as_deref())? {
            // Dropping the writes takes the use back.
            return Ok(Judged::AlreadyAnswered);
        }
        if judged == Judged::Recorded {
            keep(&writes, &receipt.id, &evidence(&receipt))?;
        }
        commit(writes, self.weather)?;
        Ok(judged)
    }

    /// Ends a transaction whose answer is not believed.
    pub fn refuse(
        &mut self,
        transaction: &Transaction,
        reason: Reason,
        receipt_id: String,
        now: u64,
    ) -> Result<Judged, StoreError> {
        let mut receipt = draft(transaction, receipt_id, now);
        receipt.reason = Some(reason);
        let writes = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !end(&writes, transaction, &receipt, None)? {
            return Ok(Judged::AlreadyAnswered);
        }
        commit(writes, self.weather)?;
        Ok(Judged::Recorded)
    }
}

/// A refusal without a reason yet.
fn draft(transaction: &Transaction, id: String, now: u64) -> Receipt {
    Receipt {
        id,
        policy: transaction.policy.clone(),
        policy_digest: PolicyDigest(*transaction.policy_digest.as_bytes()),
        time: now,
        verdict: Status::Refused,
        reason: None,
        root: None,
        nullifier: None,
        key: None,
        development: transaction.key_use == KeyUse::Development,
    }
}

/// What an answer adds; the pseudonym only where the policy links.
fn of_answer(answer: &Answer, uses: &Uses, draft: Receipt) -> Receipt {
    let linked = matches!(uses, Uses::Named { .. });
    Receipt {
        root: Some(answer.root),
        nullifier: linked.then_some(answer.nullifier),
        key: Some(KeyDigest(*answer.key_digest.as_bytes())),
        development: answer.key_use == KeyUse::Development,
        ..draft
    }
}

/// The revealed attributes, if there are any.
fn revealed(answer: &Answer) -> Option<String> {
    let json = || serde_json::to_string(&answer.revealed).expect("string keys and JSON values are JSON");
    (!answer.revealed.is_empty()).then(json)
}

fn keep(writes: &Writes<'_>, receipt: &str, evidence: &Evidence) -> Result<(), StoreError> {
    let body = serde_json::to_string(evidence).expect("string keys and JSON values are JSON");
    writes.execute("INSERT INTO evidence (receipt, body) VALUES (?1, ?2)", params![receipt, body])?;
    Ok(())
}

/// Counts one use; `false` if none is left.
fn use_once(writes: &Writes<'_>, uses: &Uses, nullifier: &Element) -> Result<bool, StoreError> {
    let Uses::Named { publisher, scope, limit } = uses else { return Ok(true) };
    let key = params![publisher.as_str(), scope, to_bytes(&nullifier.0)];
    let used: Option<u32> = writes
        .query_row("SELECT used FROM uses WHERE publisher = ?1 AND scope = ?2 AND nullifier = ?3", key, |r| {
            r.get(0)
        })
        .optional()?;
    if used.unwrap_or(0) >= *limit {
        return Ok(false);
    }
    writes.execute(
        "INSERT INTO uses (publisher, scope, nullifier, used) VALUES (?1, ?2, ?3, 1) \
         ON CONFLICT DO UPDATE SET used = used + 1",
        params![publisher.as_str(), scope, to_bytes(&nullifier.0)],
    )?;
    Ok(true)
}

/// Spends the nonce and writes the receipt; `false` if the nonce was spent before.
fn end(
    writes: &Writes<'_>,
    transaction: &Transaction,
    receipt: &Receipt,
    revealed: Option<&str>,
) -> Result<bool, StoreError> {
    let status = if receipt.verdict == Status::Passed { "passed" } else { "refused" };
    let spent = writes.execute(
        "UPDATE transactions SET status = ?2, reason = ?3, revealed = ?4, response_key = NULL \
         WHERE id = ?1 AND status = 'pending'",
        params![transaction.id.as_str(), status, receipt.reason.map(Reason::as_str), revealed],
    )?;
    if spent == 0 {
        return Ok(false);
    }
    let body = serde_json::to_string(receipt).expect("a receipt has string keys");
    writes.execute(
        "INSERT INTO receipts (id, answered, body) VALUES (?1, ?2, ?3)",
        params![receipt.id, transaction.id.as_str(), body],
    )?;
    Ok(true)
}
