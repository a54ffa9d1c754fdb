//! Answers that were made without a network, as in [`super::super::offline`].

use circuits::field::{Element, to_bytes};
use deadpool_postgres::{Client, Transaction as Writes};
use openid4vc::vp::{Reason, Receipt, Status};
use tokio_postgres::Row;

use super::super::offline::counter_id;
use super::super::transaction::json;
use super::super::{Kept, Scan, Unsent, Use};
use super::finalize::{body, count_use};
use super::{PostgresStore, StoreError, signed, unsigned};

pub(super) use super::super::offline::Refusals;

impl PostgresStore {
    /// A lost commit needs no care of its own: the same scan is found by its name and gets the same answer.
    pub(super) fn keep_scan(&self, scan: &Scan<'_>, refusals: Refusals) -> Result<Kept, StoreError> {
        let (kept, counted) = self.run(async |client, _| self.try_to_keep(client, scan, refusals).await)?;
        self.has_counted(counted);
        Ok(kept)
    }

    async fn try_to_keep(
        &self,
        client: &mut Client,
        scan: &Scan<'_>,
        refusals: Refusals,
    ) -> Result<(Kept, usize), StoreError> {
        let writes = client.transaction().await?;
        // Two processes that are shown the same answer: the second one waits here.
        let (identity, uses) = (scan.identity(), scan.uses());
        let (lock, _) = identity.split_first_chunk().ok_or(StoreError::Malformed("answer"))?;
        writes.execute("SELECT pg_advisory_xact_lock($1)", &[&i64::from_be_bytes(*lock)]).await?;
        if let Some(before) = judged_before(&writes, scan).await? {
            return Ok((before, 0));
        }
        let shown =
            writes.query_opt("SELECT 1 FROM offline WHERE answer = $1 LIMIT 1", &[&&identity[..]]).await?;
        let nullifier = to_bytes(&scan.answer().nullifier.0).to_vec();
        if shown.is_none() && count_use(&writes, &uses, nullifier).await? {
            let receipt = scan.receipt(None);
            insert(&writes, scan, &receipt).await?;
            self.commit(writes).await?;
            return Ok((Kept::Accepted(receipt), usize::from(uses.are_counted())));
        }
        let receipt = scan.receipt(Some(Reason::AlreadyUsed));
        let used = uses_of(&writes, scan).await?;
        if refusals == Refusals::Kept {
            insert(&writes, scan, &receipt).await?;
            self.commit(writes).await?;
        }
        Ok((Kept::UsedBefore(receipt, used), 0))
    }
}

pub(super) async fn unsent(client: &Client, most: usize) -> Result<Vec<Unsent>, StoreError> {
    let query = "SELECT id, counter, scanned_at, text FROM offline WHERE text IS NOT NULL ORDER BY scanned_at, id LIMIT $1";
    let rows = client.query(query, &[&i64::try_from(most).unwrap_or(i64::MAX)]).await?;
    let unsent = |row: &Row| {
        let (id, text) = (row.try_get(0)?, row.try_get(3)?);
        Ok(Unsent { id, counter: counter_id(row.try_get(1)?)?, scanned_at: unsigned(row.try_get(2)?)?, text })
    };
    rows.iter().map(unsent).collect()
}

pub(super) async fn sent(client: &Client, ids: &[String]) -> Result<(), StoreError> {
    client.execute("UPDATE offline SET text = NULL WHERE id = ANY ($1)", &[&ids]).await?;
    Ok(())
}

async fn judged_before(writes: &Writes<'_>, scan: &Scan<'_>) -> Result<Option<Kept>, StoreError> {
    let query = "SELECT body FROM offline WHERE id = $1 AND answer = $2";
    let Some(row) = writes.query_opt(query, &[&scan.id, &&scan.identity()[..]]).await? else {
        return Ok(None);
    };
    let receipt: Receipt = json(row.try_get(0)?, "receipt")?;
    Ok(Some(match receipt.verdict {
        Status::Passed => Kept::Accepted(receipt),
        _ => Kept::UsedBefore(receipt, uses_of(writes, scan).await?),
    }))
}

async fn insert(writes: &Writes<'_>, scan: &Scan<'_>, receipt: &Receipt) -> Result<(), StoreError> {
    let insert = "INSERT INTO offline (id, answer, counter, scanned_at, keep_until, time, passed, nullifier, body, text, \
                  scanned_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let nullifier = receipt.nullifier.map(|nullifier| nullifier.to_string());
    writes
        .execute(
            insert,
            &[
                &scan.id,
                &&scan.identity()[..],
                &scan.counter.as_str(),
                &signed(scan.scanned_at)?,
                &signed(scan.keep_until())?,
                &signed(receipt.time)?,
                &(receipt.verdict == Status::Passed),
                &nullifier,
                &body(receipt),
                &scan.text,
                &scan.by,
            ],
        )
        .await?;
    Ok(())
}

/// The accepted uses that leave none for this scan, the oldest first: of the same answer, or of its pseudonym.
async fn uses_of(writes: &Writes<'_>, scan: &Scan<'_>) -> Result<Vec<Use>, StoreError> {
    let query = "SELECT id, counter, scanned_at AS time FROM offline WHERE passed AND id <> $1 \
                 AND (answer = $2 OR nullifier = $3) \
                 UNION ALL SELECT id, NULL, time FROM receipts WHERE passed AND nullifier = $3 ORDER BY 3, 1";
    // A session's pseudonym is in no receipt.
    let nullifier = Element::to_string(&scan.answer().nullifier);
    let rows = writes.query(query, &[&scan.id, &&scan.identity()[..], &nullifier]).await?;
    let a_use = |row: &Row| {
        let counter: Option<String> = row.try_get(1)?;
        let counter = counter.map(counter_id).transpose()?;
        Ok(Use { receipt: row.try_get(0)?, counter, time: unsigned(row.try_get(2)?)? })
    };
    rows.iter().map(a_use).collect()
}
