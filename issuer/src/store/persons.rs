//! Persons as wallets prove them, beside the records that they belong to. Rows are added and ended, never deleted.

use circuits::Fr;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::offers::person;
use super::{StoreError, bundles, decimal, recoveries};
use crate::person::PersonId;

/// The person that a record has now.
pub(crate) struct CurrentPerson {
    /// `person_since`, as a day is written.
    pub(crate) since: String,
    /// When that was decided, Unix seconds.
    pub(crate) at: u64,
}

/// Whose a person is.
pub(crate) struct Owner {
    pub(crate) person: PersonId,
    pub(crate) status: PersonStatus,
}

/// Whether a reset has ended a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PersonStatus {
    /// It is the record's.
    Current,
    /// It was the record's before a reset.
    Ended,
}

/// The person that a record has now.
pub(crate) fn current(db: &Connection, of: &PersonId) -> Result<Option<CurrentPerson>, StoreError> {
    let sql = "SELECT since, at FROM persons WHERE person = ? AND ended IS NULL";
    let read = |row: &rusqlite::Row<'_>| Ok(CurrentPerson { since: row.get(0)?, at: row.get(1)? });
    Ok(db.prepare_cached(sql)?.query_row([of.as_str()], read).optional()?)
}

/// Whose record a person stands beside, or stood.
pub(crate) fn owner(db: &Connection, value: &Fr) -> Result<Option<Owner>, StoreError> {
    let sql = "SELECT person, ended IS NOT NULL FROM persons WHERE value = ?";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?));
    let Some((text, ended)) = db.prepare_cached(sql)?.query_row([decimal(value)], read).optional()? else {
        return Ok(None);
    };
    let status = if ended { PersonStatus::Ended } else { PersonStatus::Current };
    Ok(Some(Owner { person: person(text)?, status }))
}

/// Whether a person of this record was ever ended.
pub(crate) fn was_reset(db: &Connection, of: &PersonId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM persons WHERE person = ? AND ended IS NOT NULL)";
    Ok(db.prepare_cached(sql)?.query_row([of.as_str()], |row| row.get(0))?)
}

/// Keeps a person beside a record, or decides the day anew of the one that is there.
pub(crate) fn keep(
    db: &Connection,
    of: &PersonId,
    value: &Fr,
    since: &str,
    at: u64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO persons (value, person, since, at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (value) DO UPDATE SET since = ?3, at = ?4";
    db.prepare_cached(sql)?.execute(params![decimal(value), of.as_str(), since, at])?;
    Ok(())
}

/// Ends the person that a record has, and forgets who its holders are: only an enrolment gives it others. What trustees
/// keep of it is of no use any more, so no request for that goes on.
pub(crate) fn end(db: &Connection, of: &PersonId, at: u64) -> Result<(), StoreError> {
    let sql = "UPDATE persons SET ended = ?2 WHERE person = ?1 AND ended IS NULL";
    db.prepare_cached(sql)?.execute(params![of.as_str(), at])?;
    db.prepare_cached("DELETE FROM enrolments WHERE person = ?")?.execute([of.as_str()])?;
    bundles::forget(db, of)?;
    recoveries::end_open(db, of, at)
}

/// When the database was last found to be older than the ledger, Unix seconds.
pub(crate) fn restored_at(db: &Connection) -> Result<Option<u64>, StoreError> {
    Ok(db.prepare_cached("SELECT max(at) FROM restores")?.query_row([], |row| row.get(0))?)
}

/// From now on what is kept of persons is known to be incomplete.
pub(crate) fn note_restored(db: &Connection, at: u64) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO restores (at) VALUES (?)")?.execute([at])?;
    Ok(())
}
