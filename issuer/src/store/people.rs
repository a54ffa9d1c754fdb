//! What the department knows of people: records, holder values, and how pages find and number people.

use circuits::Fr;
use circuits::schema::SchemaId;
use circuits::typed;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use super::offers::person;
use super::{StoreError, decimal, element};
use crate::person::PersonId;

/// What importing a record did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordWrite {
    /// There was none, or another.
    Written,
    /// It was there already.
    Same,
}

/// Writes a person's attributes (JSON).
pub(crate) fn put_record(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
    json: &str,
) -> Result<RecordWrite, StoreError> {
    let sql = "INSERT INTO records (person, schema, attributes) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET attributes = ?3 WHERE attributes <> ?3";
    let changed = db.prepare_cached(sql)?.execute(params![person.as_str(), schema.as_str(), json])?;
    Ok(if changed == 0 { RecordWrite::Same } else { RecordWrite::Written })
}

/// A person's attributes (JSON).
pub(crate) fn record(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT attributes FROM records WHERE person = ? AND schema = ?";
    let key = params![person.as_str(), schema.as_str()];
    Ok(db.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?)
}

/// How the department learned a holder value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnrolmentSource {
    /// The wallet proved it.
    Protocol,
    /// A file from assisted enrolment.
    Assisted,
}

/// What becomes of a record's other devices when a wallet enrols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enrolment {
    /// They stay: this is one of them, or a further one.
    Add,
    /// They end: the wallet takes the place of all of them, as after a loss, a recovery or a reset.
    ReplaceAll,
}

/// The holder values of a person's devices, the earliest first.
pub(crate) fn holders(db: &Connection, person: &PersonId, schema: &SchemaId) -> Result<Vec<Fr>, StoreError> {
    let sql = "SELECT holder FROM enrolments WHERE person = ? AND schema = ? ORDER BY at, holder";
    let mut query = db.prepare_cached(sql)?;
    let texts = query.query_map(params![person.as_str(), schema.as_str()], |row| row.get(0))?;
    texts.collect::<Result<Vec<String>, _>>()?.iter().map(|text| element(text)).collect()
}

/// Whose holder value it is, or was.
pub(crate) fn person_of(
    db: &Connection,
    schema: &SchemaId,
    holder: &Fr,
) -> Result<Option<PersonId>, StoreError> {
    let sql = "SELECT person FROM enrolments WHERE schema = ?1 AND holder = ?2
        UNION ALL SELECT person FROM credentials WHERE schema = ?1 AND holder = ?2 AND state <> 'planned' LIMIT 1";
    let key = params![schema.as_str(), decimal(holder)];
    let text: Option<String> = db.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?;
    text.map(person).transpose()
}

/// A device of a record. Personal data, like all that is kept beside a record: no `Debug`.
pub(crate) struct EnrolledDevice {
    pub(crate) holder: Fr,
    pub(crate) source: EnrolmentSource,
    /// When the desk learned of it, Unix seconds.
    pub(crate) at: u64,
}

/// The devices of a record, the earliest first.
pub(crate) fn devices(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
) -> Result<Vec<EnrolledDevice>, StoreError> {
    let sql = "SELECT holder, source, at FROM enrolments WHERE person = ? AND schema = ? ORDER BY at, holder";
    let mut query = db.prepare_cached(sql)?;
    let read = |row: &Row<'_>| -> rusqlite::Result<(String, String, u64)> { row.try_into() };
    let rows = query.query_map(params![person.as_str(), schema.as_str()], read)?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    let device = |(holder, source, at): (String, String, u64)| {
        Ok(EnrolledDevice { holder: element(&holder)?, source: EnrolmentSource::from_column(&source)?, at })
    };
    rows.into_iter().map(device).collect()
}

/// Whether the holder value speaks, or ever spoke, for somebody else.
pub(crate) fn is_holder_of_another(
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

/// Notes the holder value of a person's device, beside the others of the record or in place of all of them.
pub(crate) fn enrol(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
    device: &EnrolledDevice,
    enrolment: Enrolment,
) -> Result<(), StoreError> {
    let holder = decimal(&device.holder);
    if enrolment == Enrolment::ReplaceAll {
        let sql = "DELETE FROM enrolments WHERE person = ? AND schema = ? AND holder <> ?";
        db.prepare_cached(sql)?.execute(params![person.as_str(), schema.as_str(), holder])?;
    }
    // Whoever enrols again is the same device, and keeps its day; what it has proved once stays proved.
    let sql = "INSERT INTO enrolments (person, schema, holder, source, at) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (person, schema, holder) DO UPDATE SET source = ?4 WHERE ?4 = 'protocol'";
    let row = params![person.as_str(), schema.as_str(), holder, device.source.as_str(), device.at];
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

impl Enrolment {
    /// The word in the `enrolment` columns, in JSON and in forms.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::ReplaceAll => "replace_all",
        }
    }
    /// What a word stands for.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Add, Self::ReplaceAll].into_iter().find(|enrolment| enrolment.as_str() == word)
    }
}

impl EnrolmentSource {
    /// The word in the `source` column, and in the page's words.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Assisted => "assisted",
        }
    }
    fn from_column(word: &str) -> Result<Self, StoreError> {
        [Self::Protocol, Self::Assisted]
            .into_iter()
            .find(|source| source.as_str() == word)
            .ok_or(StoreError::Damaged("how a device enrolled"))
    }
}

/// A person's number in addresses. It says nothing about the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PersonNumber(pub(crate) i64);

/// Somebody that a search found. Personal data: no `Debug`.
pub(crate) struct FoundPerson {
    pub(crate) no: PersonNumber,
    pub(crate) person: PersonId,
    pub(crate) name: Option<String>,
}

/// The number of a person, who gets one if there is none.
pub(crate) fn number(db: &Connection, person: &PersonId) -> Result<PersonNumber, StoreError> {
    db.prepare_cached("INSERT INTO people (person) VALUES (?) ON CONFLICT DO NOTHING")?
        .execute([person.as_str()])?;
    let sql = "SELECT no FROM people WHERE person = ?";
    Ok(db.prepare_cached(sql)?.query_row([person.as_str()], |row| row.get(0).map(PersonNumber))?)
}

/// Who has a number.
pub(crate) fn of_number(db: &Connection, no: PersonNumber) -> Result<Option<PersonId>, StoreError> {
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

/// People whose identity number is `text` in any spelling, or whose name begins with it; at most `limit`.
pub(crate) fn find(db: &Connection, text: &str, limit: u32) -> Result<Vec<FoundPerson>, StoreError> {
    let seen: String = typed::visible(text).collect();
    let beginning = typed::name(&seen);
    if beginning.is_empty() {
        return Ok(Vec::new());
    }
    let id = text.parse::<PersonId>().map_or_else(|_| String::new(), Into::into);
    // Under the number with `-2` behind it is a credential that was the person's under another spelling. Each part goes by
    // an index.
    let sql = "SELECT person FROM records WHERE person = ?1
        UNION SELECT person FROM records
            WHERE person BETWEEN ?1 || '-2' AND ?1 || '-9' AND length(person) = length(?1) + 2
        UNION SELECT person FROM records
            WHERE json_extract(attributes, '$.name') >= ?4 AND json_extract(attributes, '$.name') < ?2
        LIMIT ?3";
    let mut query = db.prepare_cached(sql)?;
    let people = query
        .query_map(params![id, format!("{beginning}\u{10ffff}"), limit, beginning], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    let found = |text: String| {
        let person = person(text)?;
        Ok(FoundPerson { no: number(db, &person)?, name: name(db, &person)?, person })
    };
    people.into_iter().map(found).collect()
}
