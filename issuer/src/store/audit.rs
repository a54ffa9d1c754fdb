//! What is kept about who did what: the audit list of staff, and the list of what happened to people's credentials.

use circuits::schema::SchemaId;
use rusqlite::{Connection, params};

use super::StoreError;
use crate::person::PersonId;

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AuditId(i64);

/// What somebody is about to do.
#[derive(Clone, Debug)]
pub(crate) struct AuditEvent {
    /// Who: a name of the password file, `local`, or `api` for programs at the staff interface.
    pub(crate) clerk: String,
    /// A word; the page has words for it under `act-…`.
    pub(crate) act: &'static str,
    pub(crate) person: Option<PersonId>,
    pub(crate) schema: Option<SchemaId>,
    pub(crate) detail: Option<String>,
}

/// A line as the page shows it. Personal data: no `Debug`.
pub(crate) struct AuditLine {
    pub(crate) id: i64,
    pub(crate) at: u64,
    pub(crate) clerk: String,
    pub(crate) act: String,
    pub(crate) person: Option<String>,
    pub(crate) schema: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) outcome: Option<String>,
}

impl AuditEvent {
    /// A deed that concerns nobody in particular.
    pub(crate) fn new(clerk: &str, act: &'static str) -> Self {
        Self { clerk: clerk.to_owned(), act, person: None, schema: None, detail: None }
    }
    /// The same about a person.
    pub(crate) fn person(self, person: &PersonId) -> Self {
        Self { person: Some(person.clone()), ..self }
    }
    /// The same about a schema.
    pub(crate) fn schema(self, schema: &SchemaId) -> Self {
        Self { schema: Some(schema.clone()), ..self }
    }
    /// The same with what belongs to it, such as a reason or a list's number.
    pub(crate) fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

/// Writes a line before the deed is done.
pub(crate) fn begin(db: &Connection, at: u64, event: &AuditEvent) -> Result<AuditId, StoreError> {
    let sql = "INSERT INTO audit (at, clerk, act, person, schema, detail) VALUES (?, ?, ?, ?, ?, ?)";
    let person = event.person.as_ref().map(PersonId::as_str);
    let schema = event.schema.as_ref().map(SchemaId::as_str);
    db.prepare_cached(sql)?.execute(params![at, event.clerk, event.act, person, schema, event.detail])?;
    Ok(AuditId(db.last_insert_rowid()))
}

/// Writes how it ended.
pub(crate) fn end(db: &Connection, id: AuditId, outcome: &str) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE audit SET outcome = ?2 WHERE id = ?1")?.execute(params![id.0, outcome])?;
    Ok(())
}

/// How often somebody did something since, Unix seconds: what was done, and what has not ended yet or whose end is not
/// known.
pub(crate) fn count_since(db: &Connection, clerk: &str, act: &str, since: u64) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM audit
        WHERE clerk = ?1 AND act = ?2 AND at >= ?3 AND (outcome IS NULL OR outcome = 'done')";
    Ok(db.prepare_cached(sql)?.query_row(params![clerk, act, since], |row| row.get(0))?)
}

/// The newest lines before one, newest first.
pub(crate) fn before(db: &Connection, id: i64, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
    let sql = "SELECT id, at, clerk, act, person, schema, detail, outcome FROM audit
        WHERE id < ? ORDER BY id DESC LIMIT ?";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(AuditLine {
            id: row.get(0)?,
            at: row.get(1)?,
            clerk: row.get(2)?,
            act: row.get(3)?,
            person: row.get(4)?,
            schema: row.get(5)?,
            detail: row.get(6)?,
            outcome: row.get(7)?,
        })
    };
    let mut query = db.prepare_cached(sql)?;
    let lines = query.query_map(params![id, limit], read)?.collect::<Result<_, _>>()?;
    Ok(lines)
}

/// Notes in the department's own list who received, lost or changed what, and why.
pub(crate) fn note_act(
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
