//! Ending a transaction: the nonce is spent, the pseudonym used and the receipt written together, or not at all.
//!
//! A crash before the commit leaves the transaction pending, so the wallet may post again; a crash after it leaves it
//! ended, so the counter's page shows the verdict and a second post is refused.

use circuits::credential::DepartmentId;
use circuits::field::{Element, to_bytes};
use circuits::policy::{CheckedPolicy, Pseudonym};
use ledger::record::KeyUse;
use openid4vc::vp::{KeyDigest, PolicyDigest, Reason, Receipt, Status};
use rusqlite::{Connection, OptionalExtension, Transaction as Writes, TransactionBehavior, params};

use super::open::commit;
use super::{Database, StoreError, Transaction};
use verifier::receipt::Evidence;
use verifier::{Answer, Verified};

/// How often the pseudonym of an answer may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uses {
    /// Nothing is linked, so nothing is counted, and the nullifier is not kept.
    Session,
    /// Each pseudonym at most `limit` times within the department's scope.
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
    pub fn new(policy: &CheckedPolicy, publisher: &DepartmentId) -> Self {
        match &policy.policy().pseudonym {
            Pseudonym::Session(_) => Self::Session,
            named @ Pseudonym::Named { scope, .. } => {
                // What cannot be told to be one person's is one use of its own.
                let limit = named.uses_of_each().unwrap_or(1);
                Self::Named { publisher: publisher.clone(), scope: scope.clone(), limit }
            }
        }
    }

    /// Whether a pseudonym is counted at all.
    pub(super) const fn are_counted(&self) -> bool {
        match self {
            Self::Session => false,
            Self::Named { .. } => true,
        }
    }
}

/// How the end of a transaction was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finalized {
    /// As judged.
    Recorded,
    /// The pseudonym had no uses left; recorded as refused.
    NoUsesLeft,
    /// The transaction had ended before; nothing was changed.
    AlreadyAnswered,
}

/// One end of a transaction.
pub struct TransactionEnd<'a> {
    pub(super) transaction: &'a Transaction,
    pub(super) kind: EndKind<'a>,
}

/// How a transaction ends.
pub(super) enum EndKind<'a> {
    Accepted(Box<Accepted<'a>>),
    Refused(Box<Receipt>),
    Declined,
}

pub(super) struct Accepted<'a> {
    pub(super) answer: &'a Answer,
    pub(super) uses: &'a Uses,
    /// As it is written if the pseudonym has uses left.
    pub(super) receipt: Receipt,
    pub(super) evidence: Evidence,
}

impl<'a> TransactionEnd<'a> {
    /// With a verified answer at `now` (unix seconds). If it passes, the evidence is kept with its receipt.
    pub fn accepted(
        transaction: &'a Transaction,
        answer: &'a Verified<Answer>,
        uses: &'a Uses,
        receipt_id: String,
        now: u64,
        evidence: impl FnOnce(&Receipt) -> Evidence,
    ) -> Self {
        let answer = answer.get();
        let receipt = with_answer(answer, uses, draft(transaction, receipt_id, now));
        let receipt = Receipt { verdict: Status::Passed, ..receipt };
        let evidence = evidence(&receipt);
        Self { transaction, kind: EndKind::Accepted(Box::new(Accepted { answer, uses, receipt, evidence })) }
    }

    /// With an answer that is not believed.
    pub fn refused(transaction: &'a Transaction, reason: Reason, receipt_id: String, now: u64) -> Self {
        let receipt = Receipt { reason: Some(reason), ..draft(transaction, receipt_id, now) };
        Self { transaction, kind: EndKind::Refused(Box::new(receipt)) }
    }

    /// Without an answer: the citizen has nothing to show, or does not want to. There is no receipt.
    pub fn declined(transaction: &'a Transaction) -> Self {
        Self { transaction, kind: EndKind::Declined }
    }

    /// As it is written if nothing stands against it; a citizen who declines leaves none.
    pub(crate) fn receipt(&self) -> Option<&Receipt> {
        match &self.kind {
            EndKind::Accepted(accepted) => Some(&accepted.receipt),
            EndKind::Refused(receipt) => Some(receipt),
            EndKind::Declined => None,
        }
    }

    /// Whether a use is counted with it.
    pub(super) fn counts(&self) -> bool {
        match &self.kind {
            EndKind::Accepted(accepted) => accepted.uses.are_counted(),
            EndKind::Refused(_) | EndKind::Declined => false,
        }
    }
}

impl Database {
    /// Ends transactions, each on its own: one that cannot be written does not take back the others. All become durable
    /// together; if that fails, whether any of them did is not known, and each may be tried again.
    pub(super) fn finalize_batch(
        &mut self,
        ends: &[TransactionEnd<'_>],
    ) -> Result<Vec<Result<Finalized, StoreError>>, StoreError> {
        let mut writes = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let judged: Vec<_> = ends.iter().map(|end| finalize(&mut writes, end)).collect();
        commit(writes, self.faults)?;
        let recorded = ends.iter().zip(&judged).filter(|(_, j)| matches!(j, Ok(Finalized::Recorded)));
        let counted = recorded.filter(|(end, _)| end.counts()).count();
        self.has_counted(counted as u64);
        Ok(judged)
    }
}

/// Dropping a savepoint takes back what was written since, also a use.
fn finalize(writes: &mut Writes<'_>, end: &TransactionEnd<'_>) -> Result<Finalized, StoreError> {
    let point = writes.savepoint()?;
    let judged = match &end.kind {
        EndKind::Declined => decline(&point, end.transaction)?,
        EndKind::Refused(receipt) => spend(&point, end.transaction, receipt, None)?,
        EndKind::Accepted(accepted) => accept(&point, end.transaction, accepted)?,
    };
    if judged != Finalized::AlreadyAnswered {
        point.commit()?;
    }
    Ok(judged)
}

fn accept(
    writes: &Connection,
    transaction: &Transaction,
    accepted: &Accepted<'_>,
) -> Result<Finalized, StoreError> {
    let Accepted { answer, uses, receipt, evidence } = accepted;
    if !count_use(writes, uses, &answer.nullifier)? {
        let verdict = Status::Refused;
        let reason = Some(Reason::AlreadyUsed);
        let refused = spend(writes, transaction, &Receipt { verdict, reason, ..receipt.clone() }, None)?;
        return Ok(if refused == Finalized::Recorded { Finalized::NoUsesLeft } else { refused });
    }
    let judged = spend(writes, transaction, receipt, revealed(answer).as_deref())?;
    if judged == Finalized::Recorded {
        keep(writes, &receipt.id, evidence)?;
    }
    Ok(judged)
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
pub(super) fn with_answer(answer: &Answer, uses: &Uses, draft: Receipt) -> Receipt {
    Receipt {
        root: Some(answer.root),
        nullifier: uses.are_counted().then_some(answer.nullifier),
        key: Some(KeyDigest(*answer.key_digest.as_bytes())),
        development: answer.key_use == KeyUse::Development,
        ..draft
    }
}

/// The revealed attributes, if there are any.
pub(super) fn revealed(answer: &Answer) -> Option<String> {
    let json = || serde_json::to_string(&answer.revealed).expect("string keys and JSON values are JSON");
    (!answer.revealed.is_empty()).then(json)
}

fn keep(writes: &Connection, receipt: &str, evidence: &Evidence) -> Result<(), StoreError> {
    let body = serde_json::to_string(evidence).expect("string keys and JSON values are JSON");
    let keep = "INSERT INTO evidence (receipt, body) VALUES (?1, ?2)";
    writes.prepare_cached(keep)?.execute(params![receipt, body])?;
    Ok(())
}

/// Counts one use; `false` if none is left.
pub(super) fn count_use(writes: &Connection, uses: &Uses, nullifier: &Element) -> Result<bool, StoreError> {
    let Uses::Named { publisher, scope, limit } = uses else { return Ok(true) };
    let bytes = to_bytes(&nullifier.0);
    let key = params![publisher.as_str(), scope, bytes];
    let used: Option<u32> = writes
        .prepare_cached("SELECT used FROM uses WHERE publisher = ?1 AND scope = ?2 AND nullifier = ?3")?
        .query_row(key, |row| row.get(0))
        .optional()?;
    if used.unwrap_or(0) >= *limit {
        return Ok(false);
    }
    let count = "INSERT INTO uses (publisher, scope, nullifier, used) VALUES (?1, ?2, ?3, 1) \
                 ON CONFLICT DO UPDATE SET used = used + 1";
    writes.prepare_cached(count)?.execute(key)?;
    Ok(true)
}

/// Spends the nonce without a receipt.
fn decline(writes: &Connection, transaction: &Transaction) -> Result<Finalized, StoreError> {
    let spend = "UPDATE transactions SET status = 'declined', response_key = NULL, notify_at = min(notify_at, made_at) \
                 WHERE id = ?1 AND status = 'pending'";
    let spent = writes.prepare_cached(spend)?.execute([transaction.id.as_str()])?;
    Ok(if spent == 1 { Finalized::Recorded } else { Finalized::AlreadyAnswered })
}

/// Spends the nonce and writes the receipt, unless the nonce was spent before or its transaction was taken back.
fn spend(
    writes: &Connection,
    transaction: &Transaction,
    receipt: &Receipt,
    revealed: Option<&str>,
) -> Result<Finalized, StoreError> {
    let status = if receipt.verdict == Status::Passed { "passed" } else { "refused" };
    let spend = "UPDATE transactions SET status = ?2, reason = ?3, revealed = ?4, response_key = NULL, \
                 notify_at = min(notify_at, made_at) WHERE id = ?1 AND status = 'pending'";
    let reason = receipt.reason.map(Reason::as_str);
    let spent =
        writes.prepare_cached(spend)?.execute(params![transaction.id.as_str(), status, reason, revealed])?;
    if spent == 0 {
        return Ok(Finalized::AlreadyAnswered);
    }
    let body = serde_json::to_string(receipt).expect("a receipt has string keys");
    let keep = "INSERT INTO receipts (id, answered, body) VALUES (?1, ?2, ?3)";
    writes.prepare_cached(keep)?.execute(params![receipt.id, transaction.id.as_str(), body])?;
    Ok(Finalized::Recorded)
}
