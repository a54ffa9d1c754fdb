//! Access tokens (one credential each) and notification identifiers.

use circuits::Fr;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use super::credentials::CredentialId;
use super::offers::{Redeemed, person, schema};
use super::{decimal, element};
use crate::door::Digest;

/// What a token opens.
pub(crate) struct Opened {
    /// For whom and what.
    pub(crate) grant: Redeemed,
    /// Whose credential it has fetched already, if any.
    pub(crate) holder: Option<Fr>,
}

/// Writes a token.
pub(crate) fn insert(
    db: &Connection,
    token: &Digest,
    grant: &Redeemed,
    expires_at: u64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO tokens (token, person, schema, expires_at) VALUES (?, ?, ?, ?)";
    let row = params![token, grant.person.as_str(), grant.schema.as_str(), expires_at];
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

type Row = (String, String, Option<String>);

/// What a token opens, if it is known and its time is not over.
pub(crate) fn open(db: &Connection, token: &Digest, now: u64) -> Result<Option<Opened>, StoreError> {
    let sql = "SELECT person, schema, holder FROM tokens WHERE token = ? AND expires_at >= ?";
    let read = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Row> { row.try_into() };
    let found = db.prepare_cached(sql)?.query_row(params![token, now], read).optional()?;
    let Some((person_text, schema_text, holder)) = found else { return Ok(None) };
    let grant = Redeemed { person: person(person_text)?, schema: schema(schema_text)? };
    Ok(Some(Opened { grant, holder: holder.map(|h| element(&h)).transpose()? }))
}

/// From now on the token serves this holder only.
pub(crate) fn bind(db: &Connection, token: &Digest, holder: &Fr) -> Result<(), StoreError> {
    let row = params![token, decimal(holder)];
    db.prepare_cached("UPDATE tokens SET holder = ?2 WHERE token = ?1 AND holder IS NULL")?.execute(row)?;
    Ok(())
}

/// Remembers which credential a notification will be about.
pub(crate) fn expect_notification(
    db: &Connection,
    id: &Digest,
    credential: CredentialId,
) -> Result<(), StoreError> {
    let row = params![id, credential.0];
    db.prepare_cached("INSERT INTO notifications (id, credential) VALUES (?, ?)")?.execute(row)?;
    Ok(())
}

/// Notes what a wallet did; false if there is no such notification.
pub(crate) fn notified(db: &Connection, id: &Digest, event: &str) -> Result<bool, StoreError> {
    let row = params![id, event];
    Ok(db.prepare_cached("UPDATE notifications SET event = ?2 WHERE id = ?1")?.execute(row)? == 1)
}
