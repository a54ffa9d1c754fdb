//! People as the desk's page finds them and names them in addresses.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use super::offers::person;
use crate::person::PersonId;

/// A person's number in addresses. It says nothing about the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PersonNo(pub(crate) i64);

/// Somebody that a search found. Personal data: no `Debug`.
pub(crate) struct Found {
    pub(crate) no: PersonNo,
    pub(crate) person: PersonId,
    pub(crate) name: Option<String>,
}

/// The number of a person, who gets one if there is none.
pub(crate) fn number(db: &Connection, person: &PersonId) -> Result<PersonNo, StoreError> {
    db.prepare_cached("INSERT INTO people (person) VALUES (?) ON CONFLICT DO NOTHING")?
        .execute([person.as_str()])?;
    let sql = "SELECT no FROM people WHERE person = ?";
    Ok(db.prepare_cached(sql)?.query_row([person.as_str()], |row| row.get(0).map(PersonNo))?)
}

/// Who has a number.
pub(crate) fn of_number(db: &Connection, no: PersonNo) -> Result<Option<PersonId>, StoreError> {
    let sql = "SELECT person FROM people WHERE no = ?";
    let text: Option<String> = db.prepare_cached(sql)?.query_row([no.0], |row| row.get(0)).optional()?;
    text.map(person).transpose()
}

/// The name in a person's records, if any has one.
pub(crate) fn name(db: &Connection, person: &PersonId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT json_extract(attributes, '$.name') FROM records
        WHERE person = ? AND json_extract(attributes, '$.name') IS NOT NULL LIMIT 1";
    Ok(db.prepare_cached(sql)?.query_row([person.as_str()], |row| row.get(0)).optional()?)
}

/// People whose identity number is `text`, or whose name begins with it; at most `limit`.
pub(crate) fn find(db: &Connection, text: &str, limit: u32) -> Result<Vec<Found>, StoreError> {
    let sql = "SELECT person FROM records WHERE person = ?1
        UNION SELECT person FROM records
            WHERE json_extract(attributes, '$.name') >= ?1 AND json_extract(attributes, '$.name') < ?2
        LIMIT ?3";
    let mut query = db.prepare_cached(sql)?;
    let people = query
        .query_map(params![text, format!("{text}\u{10ffff}"), limit], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    let found = |text: String| {
        let person = person(text)?;
        Ok(Found { no: number(db, &person)?, name: name(db, &person)?, person })
    };
    people.into_iter().map(found).collect()
}
