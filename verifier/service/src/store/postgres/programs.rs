//! What programs add to requests: a key under which they ask once, and that they are told of the end.

use deadpool_postgres::Client;

use super::super::audit::API;
use super::super::transaction::COLUMNS;
use super::super::{AskedOnce, Inserted, Notification, NotificationTurn, NotifyAt};
use super::requests::{self, Beside, note_request};
use super::{Attempt, PostgresStore, StoreError, Transaction, TransactionId, signed};

/// What a program says beside what it asks.
#[derive(Clone, Copy)]
pub(super) struct ProgramAsk {
    pub(super) once: Option<AskedOnce>,
    pub(super) notify: NotifyAt,
}

impl PostgresStore {
    /// Of two processes that keep the same key at once, one waits for the other and finds its request.
    pub(super) async fn insert_program(
        &self,
        client: &mut Client,
        attempt: Attempt,
        transaction: &Transaction,
        asked: ProgramAsk,
    ) -> Result<Inserted, StoreError> {
        let writes = client.transaction().await?;
        if attempt == Attempt::AfterLostCommit && requests::is_known(&writes, &transaction.id).await? {
            return Ok(Inserted::New);
        }
        let notify_at = match asked.notify {
            NotifyAt::Never => None,
            NotifyAt::EndOr(time) => Some(signed(time)?),
        };
        let once = asked.once.map(|once| (once.key.to_string(), once.asked.to_string()));
        if requests::insert(&writes, transaction, &Beside { by: None, once, notify_at }).await? {
            note_request(&writes, transaction, API).await?;
            self.commit(writes).await?;
            return Ok(Inserted::New);
        }
        drop(writes);
        let once = asked.once.ok_or(StoreError::Malformed("idempotency key"))?;
        before(client, once).await
    }

    /// What another process holds is passed over, and taken up by it.
    pub(super) async fn take_due(
        &self,
        client: &mut Client,
        turn: NotificationTurn,
    ) -> Result<Vec<Notification>, StoreError> {
        let writes = client.transaction().await?;
        let take = "UPDATE transactions SET notify_at = $2, notify_attempts = notify_attempts + 1 WHERE id IN \
                    (SELECT id FROM transactions WHERE notify_at <= $1 ORDER BY notify_at LIMIT $3 FOR UPDATE SKIP LOCKED) \
                    RETURNING id";
        let take = writes.prepare_cached(take).await?;
        let limit = i64::from(turn.limit);
        let taken = writes.query(&take, &[&signed(turn.now)?, &signed(turn.taken_until)?, &limit]).await?;
        if taken.is_empty() {
            return Ok(Vec::new());
        }
        let taken = taken.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
        let query = format!(
            "SELECT {COLUMNS}, notify_attempts FROM transactions LEFT JOIN receipts ON answered = transactions.id \
             WHERE transactions.id = ANY ($1) ORDER BY made_at"
        );
        let query = writes.prepare_cached(&query).await?;
        let rows = writes.query(&query, &[&taken]).await?;
        let due = rows.iter().map(|row| {
            let attempt: i32 = row.try_get("notify_attempts")?;
            let attempt = u32::try_from(attempt).map_err(|_| StoreError::Malformed("attempt"))?;
            Ok(Notification { transaction: requests::transaction(row)?, attempt })
        });
        let due = due.collect::<Result<Vec<_>, StoreError>>()?;
        self.commit(writes).await?;
        Ok(due)
    }
}

/// The request that was made with a key before.
async fn before(client: &Client, once: AskedOnce) -> Result<Inserted, StoreError> {
    let query = "SELECT id, asked FROM transactions WHERE idempotency_key = $1";
    let found = client.query_opt(query, &[&once.key.to_string()]).await?;
    let found = found.ok_or(StoreError::Malformed("idempotency key"))?;
    let (id, asked): (String, String) = (found.try_get(0)?, found.try_get(1)?);
    if asked != once.asked.to_string() {
        return Ok(Inserted::KeyReused);
    }
    let found = requests::find(client, "transactions.id", &id).await?;
    Ok(Inserted::Before(Box::new(found.ok_or(StoreError::Malformed("idempotency key"))?)))
}

pub(super) async fn settle(
    client: &Client,
    id: &TransactionId,
    attempt: u32,
    again: Option<u64>,
) -> Result<(), StoreError> {
    let attempt = i32::try_from(attempt).map_err(|_| StoreError::Malformed("attempt"))?;
    let again = again.map(signed).transpose()?;
    let settle = "UPDATE transactions SET notify_at = $3 WHERE id = $1 AND notify_attempts = $2";
    client.execute(settle, &[&id.as_str(), &attempt, &again]).await?;
    Ok(())
}
