//! Lists: records, assisted enrolments, and granting by list.

use std::collections::{BTreeMap, BTreeSet};

use circuits::field::Element;
use circuits::schema::{Schema, SchemaId, Values};
use circuits::typed;
use openid4vc::vci::PERSON_ATTRIBUTE;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::enrolled::{EVER, PERSON_SINCE, Proved, is_not_ended};
use super::grant::{Authority, Candidate, Devices, GrantOutcome};
use super::sight::{Allowance, Basis};
use super::{ActError, Issuer, IssuerError, cells};
use crate::config::Grantable;
use crate::person::{IdNumbers, PersonId};
use crate::store::credentials::attributes_json;
use crate::store::people::{self, EnrolledDevice, Enrolment, EnrolmentSource, RecordWrite};
use crate::store::{audit, persons};

/// A line of a list: column name to cell. An empty cell is an absent attribute.
pub type Row = BTreeMap<String, String>;

/// What a line of a list came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum RowOutcome {
    /// A new credential.
    Issued,
    /// A record or enrolment was written.
    Written,
    /// Nothing had to be done.
    Unchanged,
    /// Nothing was done, for this reason.
    Refused(IssuerError),
}

impl Issuer {
    /// Writes records of people. One answer per line.
    pub(crate) fn import_records(
        &self,
        schema: &SchemaId,
        rows: &[Row],
    ) -> Result<Vec<RowOutcome>, ActError> {
        let (grantable, published) = self.granted(schema)?;
        let lines = record_lines(&published, grantable, rows);
        self.store().write(|db| {
            let write = |line: Result<RecordLine, IssuerError>| match line {
                Err(refusal) => Ok(RowOutcome::Refused(refusal)),
                Ok(RecordLine { person, values }) => {
                    let values = self.dated(db, &published, grantable, &person, values)?;
                    Ok(people::put_record(db, &person, schema, &attributes_json(&values))?.into())
                }
            };
            lines.into_iter().map(write).collect()
        })
    }

    /// Writes holder values from assisted enrolment: columns `id_number` and `holder`, and `person` at the person authority.
    /// One answer per line.
    pub(crate) fn import_enrolments(
        &self,
        schema: &SchemaId,
        rows: &[Row],
    ) -> Result<Vec<RowOutcome>, ActError> {
        let grantable = self.config.grantable(schema).ok_or(IssuerError::NotGranted)?;
        let mut seen = BTreeSet::new();
        self.store().write(|db| {
            let write = |row: &Row| match enrolment_line(row, grantable, &mut seen) {
                Err(refusal) => Ok(RowOutcome::Refused(refusal)),
                Ok((person, proved)) => self.enrol(db, schema, &person, &proved),
            };
            rows.iter().map(write).collect()
        })
    }

    fn enrol(
        &self,
        db: &Connection,
        schema: &SchemaId,
        person: &PersonId,
        proved: &Proved,
    ) -> Result<RowOutcome, ActError> {
        let holder = &proved.holder;
        let since = match self.person_since(db, person, proved.person.as_ref())? {
            Ok(since) => since,
            Err(refusal) => return Ok(RowOutcome::Refused(refusal)),
        };
        if is_not_ended(db, person, proved.person.as_ref())? {
            return Ok(RowOutcome::Refused(IssuerError::NotEnded));
        }
        if people::is_holder_of_another(db, person, schema, holder)? {
            return Ok(RowOutcome::Refused(IssuerError::DoubleHolder));
        }
        let known = people::holders(db, person, schema)?;
        if known.contains(holder) {
            return Ok(RowOutcome::Unchanged);
        }
        // What an assistant writes down proves nothing: a further device has to show itself.
        if !known.is_empty() {
            return Ok(RowOutcome::Refused(IssuerError::EnrolledOtherwise));
        }
        let device = EnrolledDevice { holder: *holder, source: EnrolmentSource::Assisted, at: self.now() };
        people::enrol(db, person, schema, &device, Enrolment::Add)?;
        if let Some(value) = &proved.person {
            persons::keep(db, person, value, &since.0, self.now())?;
        }
        audit::note_act(db, self.now(), "enrol.assisted", person, schema, None)?;
        Ok(RowOutcome::Written)
    }

    /// Grants as whoever has no limit.
    #[cfg(test)]
    pub(crate) fn grant_list(&self, schema: &SchemaId, rows: &[Row]) -> Result<Vec<RowOutcome>, ActError> {
        self.grant_list_within(schema, rows, Allowance::Unlimited)
    }

    /// Grants for a program at the staff interface. Where the desk has staff, a list that changes more credentials than
    /// one clerk may is refused as a whole: uploaded at the page, it waits for another clerk.
    pub(crate) fn grant_for_program(
        &self,
        schema: &SchemaId,
        rows: &[Row],
    ) -> Result<Vec<RowOutcome>, ActError> {
        let staff = &self.config.staff;
        let alone = Allowance::AtMost(staff.alone_up_to);
        let allowance = if staff.clerks.is_some() { alone } else { Allowance::Unlimited };
        self.grant_list_within(schema, rows, allowance)
    }

    /// Writes records and grants to everybody on the list who is enrolled, if that changes no more credentials that exist
    /// than is allowed; else nothing is granted. One answer per line; at most [`crate::admin::MAX_ROWS`] lines.
    pub(crate) fn grant_list_within(
        &self,
        schema: &SchemaId,
        rows: &[Row],
        allowance: Allowance,
    ) -> Result<Vec<RowOutcome>, ActError> {
        let (grantable, published) = self.granted(schema)?;
        let lines = record_lines(&published, grantable, rows);
        let dated = |db: &Connection, line: RecordLine| {
            let values = self.dated(db, &published, grantable, &line.person, line.values)?;
            Ok(RecordLine { values, ..line })
        };
        let lines = self.store().write(|db| prepare(db, schema, lines, dated, allowance))?;
        let (candidates, refused): (Vec<_>, Vec<_>) = lines.into_iter().map(split).unzip();
        let candidates: Vec<Candidate> = candidates.into_iter().flatten().collect();
        let mut granted = self.grant(&published, grantable, &candidates)?.into_iter();
        let answer = |refused: Option<IssuerError>| match refused {
            Some(refusal) => RowOutcome::Refused(refusal),
            None => granted.next().expect("each candidate has an answer").map(|g| g.outcome).into(),
        };
        Ok(refused.into_iter().map(answer).collect())
    }
}

/// A line that fits its schema.
pub(super) struct RecordLine {
    pub(super) person: PersonId,
    pub(super) values: Values,
}

/// The lines of a list in order; a person that stands in an earlier line is refused.
fn record_lines(
    schema: &Schema,
    grantable: &Grantable,
    rows: &[Row],
) -> Vec<Result<RecordLine, IssuerError>> {
    let mut seen = BTreeSet::new();
    rows.iter().map(|row| record_line(schema, grantable, row, &mut seen)).collect()
}

/// A line, and who stands in it, in their one spelling: a number that is none has stood nowhere before. Since when the
/// person has been it is not for a list to say: where the desk says it, it stands there as of nobody who was reset.
pub(super) fn record_line(
    schema: &Schema,
    grantable: &Grantable,
    row: &Row,
    seen: &mut BTreeSet<PersonId>,
) -> Result<RecordLine, IssuerError> {
    let row = cells::named(schema, row)?;
    let person = once(cells::person_of(&row, grantable.id_numbers)?, seen)?;
    let has = |attribute: &str| schema.attribute(attribute).is_some();
    let cells = row.iter().map(|(name, cell)| (name.as_str(), cell.as_str()));
    let dates = grantable.dates_persons();
    let others = cells.filter(|(name, _)| *name != PERSON_ATTRIBUTE && !(dates && *name == PERSON_SINCE));
    let number = has(PERSON_ATTRIBUTE).then_some((PERSON_ATTRIBUTE, person.as_str()));
    let since = (dates && has(PERSON_SINCE)).then_some((PERSON_SINCE, EVER));
    let values = cells::values(schema, others.chain(number).chain(since))?;
    Ok(RecordLine { person, values })
}

/// The person, if it is the first time that it is seen.
pub(super) fn once(person: PersonId, seen: &mut BTreeSet<PersonId>) -> Result<PersonId, IssuerError> {
    if seen.insert(person.clone()) { Ok(person) } else { Err(IssuerError::DuplicateRow) }
}

fn enrolment_line(
    row: &Row,
    grantable: &Grantable,
    seen: &mut BTreeSet<PersonId>,
) -> Result<(PersonId, Proved), IssuerError> {
    let person = once(cells::person_of(row, grantable.id_numbers)?, seen)?;
    let element = |column: &str| {
        let cell = row.get(column)?;
        typed::compact(cell).parse::<Element>().ok().map(|element| element.0)
    };
    let holder = element("holder").ok_or(IssuerError::BadHolder)?;
    let value = element("person");
    if grantable.dates_persons() && value.is_none() {
        return Err(IssuerError::BadPersonValue);
    }
    Ok((person, Proved { holder, person: value.filter(|_| grantable.dates_persons()) }))
}

/// Whom a line is about, as text; empty where the cell is no identity number.
pub(super) fn person_text(row: &Row) -> String {
    cells::person_of(row, IdNumbers::Any).map_or_else(|_| String::new(), Into::into)
}

/// Writes the records of good lines and finds the devices of each.
fn prepare(
    db: &Connection,
    schema: &SchemaId,
    lines: Vec<Result<RecordLine, IssuerError>>,
    dated: impl Fn(&Connection, RecordLine) -> Result<RecordLine, ActError>,
    allowance: Allowance,
) -> Result<Vec<Result<Candidate, IssuerError>>, ActError> {
    let candidate = |line: Result<RecordLine, IssuerError>| {
        let RecordLine { person, values } = match line {
            Ok(line) => dated(db, line)?,
            Err(refusal) => return Ok(Err(refusal)),
        };
        people::put_record(db, &person, schema, &attributes_json(&values))?;
        let holders = people::holders(db, &person, schema)?;
        if holders.is_empty() {
            return Ok(Err(IssuerError::NotEnrolled));
        }
        let devices = Devices::all(holders);
        let basis = Basis::List(allowance);
        let authority = Authority::List;
        Ok(Ok(Candidate { person, devices, proved_person: None, values, authority, basis }))
    };
    lines.into_iter().map(candidate).collect()
}

fn split(line: Result<Candidate, IssuerError>) -> (Option<Candidate>, Option<IssuerError>) {
    match line {
        Ok(candidate) => (Some(candidate), None),
        Err(refusal) => (None, Some(refusal)),
    }
}

impl From<RecordWrite> for RowOutcome {
    fn from(put: RecordWrite) -> Self {
        match put {
            RecordWrite::Written => Self::Written,
            RecordWrite::Same => Self::Unchanged,
        }
    }
}

impl From<Result<GrantOutcome, IssuerError>> for RowOutcome {
    fn from(outcome: Result<GrantOutcome, IssuerError>) -> Self {
        match outcome {
            Ok(GrantOutcome::Issued) => Self::Issued,
            Ok(GrantOutcome::Unchanged) => Self::Unchanged,
            Err(refusal) => Self::Refused(refusal),
        }
    }
}
