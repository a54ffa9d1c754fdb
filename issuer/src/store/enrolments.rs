//! Which holder value speaks for which person.

use circuits::Fr;
use circuits::schema::SchemaId;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, decimal, element};
use crate::person::PersonId;

/// How the department learned a holder value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The wallet proved it.
    Protocol,
    /// A file from assisted enrolment.
    Assisted,
}

/// The holder value of a person.
pub(crate) fn holder(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
) -> Result<Option<Fr>, StoreError> {
    let sql = "SELECT holder FROM enrolments WHERE person = ? AND schema = ?";
    let key = params![person.as_str(), schema.as_str()];
    let text: Option<String> = db.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?;
    text.map(|t| element(&t)).transpose()
}

/// Whether the holder value speaks, or ever spoke, for somebody else.
pub(crate) fn is_of_another(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
    holder: &Fr,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM enrolments WHERE schema = ?1 AND holder = ?2 AND person <> ?3)
        OR EXISTS (SELECT 1 FROM credentials WHERE schema = ?1 AND holder = ?2 AND person <> ?3)";
    let key = params![schema.as_str(), decimal(holder), person.as_str()];
    Ok(db.prepare_cached(sql)?.query_row(key, |row| row.get(0))?)
}

/// Notes a person's holder value, in place of an earlier one.
pub(crate) fn set(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
    holder: &Fr,
    source: Source,
    at: u64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO enrolments (person, schema, holder, source, at) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (person, schema) DO UPDATE SET holder = ?3, source = ?4, at = ?5 WHERE holder <> ?3";
    let row = params![person.as_str(), schema.as_str(), decimal(holder), source.word(), at];
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

impl Source {
    const fn word(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Assisted => "assisted",
        }
    }
}
