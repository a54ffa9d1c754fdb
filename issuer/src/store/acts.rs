//! The department's own audit: who received, lost or changed what, and why.

use circuits::schema::SchemaId;
use rusqlite::{Connection, params};

use super::StoreError;
use crate::person::PersonId;

/// Notes an act.
pub(crate) fn note(
    db: &Connection,
    at: u64,
    act: &str,
    person: &PersonId,
    schema: &SchemaId,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let row = params![at, act, person.as_str(), schema.as_str(), reason];
    db.prepare_cached("INSERT INTO acts (at, act, person, schema, reason) VALUES (?, ?, ?, ?, ?)")?
        .execute(row)?;
    Ok(())
}
