//! Ending transactions: a batch is six questions to the server, however many ends it has.

use std::collections::{BTreeMap, BTreeSet};

use circuits::field::to_bytes;
use deadpool_postgres::{Client, Transaction as Writes};
use futures_util::future::{try_join, try_join4};
use openid4vc::vp::{Reason, Receipt, Status};

use super::super::finalize::{Accepted, EndKind, revealed};
use super::super::{Finalized, TransactionEnd, Uses};
use super::{Attempt, PostgresStore, StoreError, session, signed, unsigned};

impl PostgresStore {
    /// Together, and each on its own where one of them cannot be written.
    pub(super) fn end_all(
        &self,
        ends: &[TransactionEnd<'_>],
    ) -> Result<Vec<Result<Finalized, StoreError>>, StoreError> {
        match self.end_together(ends) {
            Ok(ended) => Ok(ended.into_iter().map(Ok).collect()),
            Err(error) if ends.len() > 1 && session::is_about_one(&error) => {
                let one = |end| self.end_together(std::slice::from_ref(end));
                let ended = ends.iter().map(|end| one(end)?.pop().ok_or(StoreError::Malformed("end")));
                Ok(ended.collect())
            }
            Err(error) if ends.len() == 1 && session::is_about_one(&error) => Ok(vec![Err(error)]),
            Err(error) => Err(error),
        }
    }

    fn end_together(&self, ends: &[TransactionEnd<'_>]) -> Result<Vec<Finalized>, StoreError> {
        let ended = self.run(async |client, attempt| self.try_to_end(client, attempt, ends).await)?;
        let recorded = ends.iter().zip(&ended).filter(|(_, ended)| **ended == Finalized::Recorded);
        self.has_counted(recorded.filter(|(end, _)| end.counts()).count());
        Ok(ended)
    }

    async fn try_to_end(
        &self,
        client: &mut Client,
        attempt: Attempt,
        ends: &[TransactionEnd<'_>],
    ) -> Result<Vec<Finalized>, StoreError> {
        let writes = client.transaction().await?;
        let mut statuses = lock_transactions(&writes, ends).await?;
        let before = match attempt {
            Attempt::First => BTreeMap::new(),
            Attempt::AfterLostCommit => ended_before(&writes, ends, &statuses).await?,
        };
        let mut uses = lock_uses(&writes, ends, &statuses).await?;
        let mut rows = Rows::default();
        let mut ended = Vec::with_capacity(ends.len());
        for (number, end) in ends.iter().enumerate() {
            ended.push(match (statuses.get_mut(end.transaction.id.as_str()), before.get(&number)) {
                (_, Some(before)) => before.clone(),
                (Some(status), None) if status == "pending" => rows.add(end, status, &mut uses)?,
                _ => Finalized::AlreadyAnswered,
            });
        }
        rows.write(&writes, &uses).await?;
        self.commit(writes).await?;
        Ok(ended)
    }
}

/// How the transactions stand; nobody else ends them until this transaction ends.
async fn lock_transactions(
    writes: &Writes<'_>,
    ends: &[TransactionEnd<'_>],
) -> Result<BTreeMap<String, String>, StoreError> {
    let ids: BTreeSet<&str> = ends.iter().map(|end| end.transaction.id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let lock = "SELECT id, status FROM transactions WHERE id = ANY ($1) ORDER BY id FOR UPDATE";
    let lock = writes.prepare_cached(lock).await?;
    let rows = writes.query(&lock, &[&ids]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// What the attempt whose commit was lost has ended after all, by its number: a receipt's identifier is drawn for one end
/// alone. An end without a receipt leaves the same whoever wrote it.
async fn ended_before(
    writes: &Writes<'_>,
    ends: &[TransactionEnd<'_>],
    statuses: &BTreeMap<String, String>,
) -> Result<BTreeMap<usize, Finalized>, StoreError> {
    let ids: Vec<&str> =
        ends.iter().filter_map(|end| end.receipt().map(|receipt| receipt.id.as_str())).collect();
    let found =
        writes.query("SELECT id, answered, passed FROM receipts WHERE id = ANY ($1)", &[&ids]).await?;
    let mut receipts = BTreeMap::new();
    for row in &found {
        let (id, answered, passed): (String, String, bool) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        receipts.insert((id, answered), passed);
    }
    let mut before = BTreeMap::new();
    for (number, end) in ends.iter().enumerate() {
        let id = end.transaction.id.as_str();
        let ended = match (&end.kind, end.receipt()) {
            (EndKind::Declined, _) | (_, None) => {
                (statuses.get(id).map(String::as_str) == Some("declined")).then_some(Finalized::Recorded)
            }
            (kind, Some(receipt)) => {
                let passed = receipts.get(&(receipt.id.clone(), id.to_owned()));
                passed.map(|passed| match (kind, passed) {
                    (EndKind::Accepted(_), false) => Finalized::NoUsesLeft,
                    _ => Finalized::Recorded,
                })
            }
        };
        if let Some(ended) = ended {
            before.insert(number, ended);
        }
    }
    Ok(before)
}

/// A pseudonym within a department's scope.
type Pseudonym = (String, String, Vec<u8>);

/// How often a pseudonym was used, and how often more by this batch.
struct Used {
    before: u64,
    now: u64,
}

/// Uses of the pseudonyms of what is pending; nobody else counts them until this transaction ends. One that was never used
/// gets a row, which another process that has the same at this moment waits for.
async fn lock_uses(
    writes: &Writes<'_>,
    ends: &[TransactionEnd<'_>],
    statuses: &BTreeMap<String, String>,
) -> Result<BTreeMap<Pseudonym, Used>, StoreError> {
    let pending = |end: &&TransactionEnd<'_>| {
        statuses.get(end.transaction.id.as_str()).is_some_and(|status| status == "pending")
    };
    let keys: BTreeSet<Pseudonym> = ends.iter().filter(pending).filter_map(pseudonym_of).collect();
    count_locked(writes, keys).await
}

async fn count_locked(
    writes: &Writes<'_>,
    keys: BTreeSet<Pseudonym>,
) -> Result<BTreeMap<Pseudonym, Used>, StoreError> {
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let publishers: Vec<&str> = keys.iter().map(|key| key.0.as_str()).collect();
    let scopes: Vec<&str> = keys.iter().map(|key| key.1.as_str()).collect();
    let nullifiers: Vec<&[u8]> = keys.iter().map(|key| key.2.as_slice()).collect();
    let lock = "INSERT INTO uses (publisher, scope, nullifier, used) \
                SELECT p, s, n, 0 FROM unnest ($1::text[], $2::text[], $3::bytea[]) AS every (p, s, n) \
                ORDER BY p COLLATE \"C\", s COLLATE \"C\", n \
                ON CONFLICT (publisher, scope, nullifier) DO UPDATE SET used = uses.used \
                RETURNING publisher, scope, nullifier, used";
    let lock = writes.prepare_cached(lock).await?;
    let rows = writes.query(&lock, &[&publishers, &scopes, &nullifiers]).await?;
    let used = |row: &tokio_postgres::Row| {
        let key = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok((key, Used { before: unsigned(row.try_get(3)?)?, now: 0 }))
    };
    rows.iter().map(used).collect()
}

/// Counts one use of a pseudonym; `false` if none is left.
pub(super) async fn count_use(
    writes: &Writes<'_>,
    uses: &Uses,
    nullifier: Vec<u8>,
) -> Result<bool, StoreError> {
    let Uses::Named { publisher, scope, limit } = uses else { return Ok(true) };
    let key = (publisher.as_str().to_owned(), scope.clone(), nullifier);
    let mut counted = count_locked(writes, [key.clone()].into()).await?;
    let left = counted.get_mut(&key).is_some_and(|used| used.take(*limit));
    // What was only looked at leaves nothing: its caller may write something else down.
    write_uses(writes, &counted).await?;
    Ok(left)
}

impl Used {
    fn take(&mut self, limit: u32) -> bool {
        let left = self.before + self.now < u64::from(limit);
        self.now += u64::from(left);
        left
    }
}

fn pseudonym_of(end: &TransactionEnd<'_>) -> Option<Pseudonym> {
    let EndKind::Accepted(accepted) = &end.kind else { return None };
    let Uses::Named { publisher, scope, .. } = accepted.uses else { return None };
    let nullifier = to_bytes(&accepted.answer.nullifier.0).to_vec();
    Some((publisher.as_str().to_owned(), scope.clone(), nullifier))
}

/// What a batch writes, column by column.
#[derive(Default)]
struct Rows {
    ended: Vec<String>,
    statuses: Vec<&'static str>,
    reasons: Vec<Option<&'static str>>,
    revealed: Vec<Option<String>>,
    receipts: Vec<Receipt>,
    answered: Vec<String>,
    evidenced: Vec<String>,
    evidence: Vec<String>,
}

impl Rows {
    /// Decides how a transaction ends that is pending: ends before it in this batch have taken their uses.
    fn add(
        &mut self,
        end: &TransactionEnd<'_>,
        status: &mut String,
        uses: &mut BTreeMap<Pseudonym, Used>,
    ) -> Result<Finalized, StoreError> {
        let id = end.transaction.id.as_str();
        let ended = match &end.kind {
            EndKind::Declined => {
                self.spend(id, "declined", None, None);
                Finalized::Recorded
            }
            EndKind::Refused(receipt) => {
                self.judge(id, (**receipt).clone(), None);
                Finalized::Recorded
            }
            EndKind::Accepted(accepted) => self.accept(id, end, accepted, uses)?,
        };
        "ended".clone_into(status);
        Ok(ended)
    }

    fn accept(
        &mut self,
        id: &str,
        end: &TransactionEnd<'_>,
        accepted: &Accepted<'_>,
        uses: &mut BTreeMap<Pseudonym, Used>,
    ) -> Result<Finalized, StoreError> {
        let Accepted { answer, uses: of, receipt, evidence } = accepted;
        let left = match (of, pseudonym_of(end)) {
            (Uses::Named { limit, .. }, Some(key)) => {
                uses.get_mut(&key).ok_or(StoreError::Malformed("use"))?.take(*limit)
            }
            _ => true,
        };
        if !left {
            let reason = Some(Reason::AlreadyUsed);
            self.judge(id, Receipt { verdict: Status::Refused, reason, ..receipt.clone() }, None);
            return Ok(Finalized::NoUsesLeft);
        }
        self.judge(id, receipt.clone(), revealed(answer));
        self.evidenced.push(receipt.id.clone());
        self.evidence.push(serde_json::to_string(evidence).expect("string keys and JSON values are JSON"));
        Ok(Finalized::Recorded)
    }

    fn judge(&mut self, id: &str, receipt: Receipt, revealed: Option<String>) {
        let status = if receipt.verdict == Status::Passed { "passed" } else { "refused" };
        self.spend(id, status, receipt.reason.map(Reason::as_str), revealed);
        self.receipts.push(receipt);
        self.answered.push(id.to_owned());
    }

    fn spend(
        &mut self,
        id: &str,
        status: &'static str,
        reason: Option<&'static str>,
        revealed: Option<String>,
    ) {
        self.ended.push(id.to_owned());
        self.statuses.push(status);
        self.reasons.push(reason);
        self.revealed.push(revealed);
    }

    /// The statements travel together and are executed in this order.
    async fn write(&self, writes: &Writes<'_>, uses: &BTreeMap<Pseudonym, Used>) -> Result<(), StoreError> {
        let spend = "UPDATE transactions SET status = every.status, reason = every.reason, revealed = every.revealed, \
                     response_key = NULL, notify_at = CASE WHEN notify_at IS NULL THEN NULL ELSE least(notify_at, made_at) END \
                     FROM unnest ($1::text[], $2::text[], $3::text[], $4::text[]) \
                     AS every (id, status, reason, revealed) WHERE transactions.id = every.id";
        let keep = "INSERT INTO receipts (id, answered, time, passed, nullifier, body) SELECT * FROM unnest \
                    ($1::text[], $2::text[], $3::bigint[], $4::boolean[], $5::text[], $6::text[])";
        let show = "INSERT INTO evidence (receipt, body) SELECT * FROM unnest ($1::text[], $2::text[])";
        let (spend, keep) = try_join(writes.prepare_cached(spend), writes.prepare_cached(keep)).await?;
        let show = writes.prepare_cached(show).await?;
        let ids: Vec<&str> = self.receipts.iter().map(|receipt| receipt.id.as_str()).collect();
        let times =
            self.receipts.iter().map(|receipt| signed(receipt.time)).collect::<Result<Vec<_>, _>>()?;
        let passed: Vec<bool> =
            self.receipts.iter().map(|receipt| receipt.verdict == Status::Passed).collect();
        let nullifiers: Vec<Option<String>> = self
            .receipts
            .iter()
            .map(|receipt| receipt.nullifier.map(|nullifier| nullifier.to_string()))
            .collect();
        let bodies: Vec<String> = self.receipts.iter().map(body).collect();
        let spent = async {
            Ok(writes.execute(&spend, &[&self.ended, &self.statuses, &self.reasons, &self.revealed]).await?)
        };
        let kept = async {
            Ok(writes.execute(&keep, &[&ids, &self.answered, &times, &passed, &nullifiers, &bodies]).await?)
        };
        let shown = async { Ok(writes.execute(&show, &[&self.evidenced, &self.evidence]).await?) };
        try_join4(spent, kept, shown, write_uses(writes, uses)).await.map(drop)
    }
}

pub(super) fn body(receipt: &Receipt) -> String {
    serde_json::to_string(receipt).expect("a receipt has string keys")
}

async fn write_uses(writes: &Writes<'_>, uses: &BTreeMap<Pseudonym, Used>) -> Result<(), StoreError> {
    let taken: Vec<_> = uses.iter().filter(|(_, used)| used.now > 0).collect();
    if taken.is_empty() {
        return Ok(());
    }
    let publishers: Vec<&str> = taken.iter().map(|(key, _)| key.0.as_str()).collect();
    let scopes: Vec<&str> = taken.iter().map(|(key, _)| key.1.as_str()).collect();
    let nullifiers: Vec<&[u8]> = taken.iter().map(|(key, _)| key.2.as_slice()).collect();
    let more = taken.iter().map(|(_, used)| signed(used.now)).collect::<Result<Vec<_>, _>>()?;
    let count = "UPDATE uses SET used = used + every.more FROM unnest ($1::text[], $2::text[], $3::bytea[], $4::bigint[]) \
                 AS every (p, s, n, more) WHERE publisher = every.p AND scope = every.s AND nullifier = every.n";
    let count = writes.prepare_cached(count).await?;
    writes.execute(&count, &[&publishers, &scopes, &nullifiers, &more]).await?;
    Ok(())
}
