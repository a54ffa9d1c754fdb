//! What the department knows about people.

use circuits::schema::SchemaId;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use crate::person::PersonId;

/// What importing a record did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// There was none, or another.
    Written,
    /// It was there already.
    Same,
}

/// Writes a person's attributes (JSON).
pub(crate) fn put(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
    json: &str,
) -> Result<Put, StoreError> {
    let sql = "INSERT INTO records (person, schema, attributes) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET attributes = ?3 WHERE attributes <> ?3";
    let changed = db.prepare_cached(sql)?.execute(params![person.as_str(), schema.as_str(), json])?;
    Ok(if changed == 0 { Put::Same } else { Put::Written })
}

/// A person's attributes (JSON).
pub(crate) fn get(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT attributes FROM records WHERE person = ? AND schema = ?";
    let key = params![person.as_str(), schema.as_str()];
    Ok(db.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?)
}
