//! Receipts and the audit list.

use std::ops::Range;

use deadpool_postgres::{Client, GenericClient};
use tokio_postgres::Row;

use super::super::audit;
use super::super::receipts::{assemble, listed};
use super::{AuditEvent, AuditLine, ListedReceipt, ReceiptsOf, StoreError, StoredReceipt, signed, unsigned};
use circuits::schema::SchemaId;

pub(super) async fn receipts(
    client: &Client,
    of: ReceiptsOf<'_>,
    time: &Range<u64>,
    limit: u32,
) -> Result<Vec<ListedReceipt>, StoreError> {
    let query = "SELECT body, asked_by FROM ( \
                     SELECT receipts.id, time, body, asked_by FROM receipts JOIN transactions ON answered = transactions.id \
                     UNION ALL SELECT id, time, body, scanned_by FROM offline \
                 ) AS every WHERE ($1::text IS NULL OR asked_by = $1) AND time >= $2 AND time < $3 \
                 ORDER BY time DESC, id LIMIT $4";
    // A span that ends later than any number of the database ends with the last.
    let end = i64::try_from(time.end).unwrap_or(i64::MAX);
    let rows = client.query(query, &[&of.name(), &signed(time.start)?, &end, &i64::from(limit)]).await?;
    rows.iter().map(|row| listed(row.try_get(0)?, row.try_get(1)?)).collect()
}

pub(super) async fn find_receipt(
    client: &Client,
    of: ReceiptsOf<'_>,
    number: &str,
) -> Result<Option<ListedReceipt>, StoreError> {
    let query = "SELECT body, asked_by FROM ( \
                     SELECT receipts.id, body, asked_by FROM receipts JOIN transactions ON answered = transactions.id \
                     UNION ALL SELECT id, body, scanned_by FROM offline \
                 ) AS every WHERE id = $1 AND ($2::text IS NULL OR asked_by = $2)";
    let Some(row) = client.query_opt(query, &[&number, &of.name()]).await? else { return Ok(None) };
    listed(row.try_get(0)?, row.try_get(1)?).map(Some)
}

pub(super) async fn receipt(client: &Client, id: &str) -> Result<Option<StoredReceipt>, StoreError> {
    let query = "SELECT receipts.body, evidence.body, revealed FROM receipts \
                 JOIN transactions ON transactions.id = answered \
                 LEFT JOIN evidence ON receipt = receipts.id WHERE receipts.id = $1";
    let Some(row) = client.query_opt(query, &[&id]).await? else { return Ok(None) };
    assemble(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?).map(Some)
}

pub(super) async fn note(client: &impl GenericClient, note: &AuditEvent<'_>) -> Result<(), StoreError> {
    let insert = "INSERT INTO audit (time, who, act, matter, number) VALUES ($1, $2, $3, $4, $5)";
    let matter = note.matter.map(SchemaId::as_str);
    client
        .execute(insert, &[&signed(note.time)?, &note.who, &note.act.as_str(), &matter, &note.number])
        .await?;
    Ok(())
}

/// Two processes that write down the same at the same moment may both do so: a line more than is needed.
pub(super) async fn note_once(client: &Client, event: &AuditEvent<'_>) -> Result<(), StoreError> {
    let query =
        "SELECT EXISTS (SELECT 1 FROM audit WHERE number IS NOT DISTINCT FROM $1 AND who = $2 AND act = $3)";
    let query = client.query_one(query, &[&event.number, &event.who, &event.act.as_str()]).await?;
    let known: bool = query.try_get(0)?;
    if known { Ok(()) } else { note(client, event).await }
}

pub(super) async fn audited(
    client: &Client,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<AuditLine>, StoreError> {
    let query = "SELECT entry, time, who, act, matter, number FROM audit \
                 WHERE $1::bigint IS NULL OR entry < $1 ORDER BY entry DESC LIMIT $2";
    let before = before.map(|before| i64::try_from(before).unwrap_or(i64::MAX));
    let rows = client.query(query, &[&before, &i64::from(limit)]).await?;
    rows.iter().map(line).collect()
}

fn line(row: &Row) -> Result<AuditLine, StoreError> {
    let (entry, time) = (unsigned(row.try_get(0)?)?, unsigned(row.try_get(1)?)?);
    audit::assemble(entry, time, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?, row.try_get(5)?)
}
