//! The person authority's rule: one person secret for a record, one record for a person secret.
//!
//! A wallet that enrols proves `person`, which the desk keeps beside the record. Whoever comes with that of somebody else
//! shares a secret with them; whoever comes with a second one could answer twice where once is allowed. Neither gets a
//! credential. Only a reset lets a record have another person, and what is issued then says since when.

use circuits::Fr;
use circuits::schema::{Schema, Values};
use rusqlite::Connection;
use service::civil_time;

use super::status::with;
use super::{ActError, Issuer, IssuerError};
use crate::config::{Binding, Grantable};
use crate::person::PersonId;
use crate::store::persons::{self, PersonStatus};
use crate::store::{StoreError, credentials};

/// What a wallet proved of itself, or an assistant wrote down of it.
#[derive(Clone, Copy)]
pub(crate) struct Proved {
    /// The holder value.
    pub(crate) holder: Fr,
    /// The person, where the desk issues on `enroll`.
    pub(crate) person: Option<Fr>,
}

/// Whether a record would get its first person since a reset while something that was issued before has not ended: the
/// ledger may have refused to end it, or not have answered.
pub(super) fn is_not_ended(
    db: &Connection,
    person: &PersonId,
    proved: Option<&Fr>,
) -> Result<bool, StoreError> {
    let is_new = proved.is_some() && persons::current(db, person)?.is_none();
    Ok(is_new
        && persons::was_reset(db, person)?
        && !credentials::in_force_under_any_schema(db, person)?.is_empty())
}

/// Since when a record has had its person, as a credential says it.
pub(super) struct Since(pub(super) String);

impl Issuer {
    /// Since when the record's person will have been it, once `proved` is taken: a refusal if it is not to be taken.
    pub(super) fn person_since(
        &self,
        db: &Connection,
        person: &PersonId,
        proved: Option<&Fr>,
    ) -> Result<Result<Since, IssuerError>, StoreError> {
        let current = persons::current(db, person)?;
        let Some(value) = proved else {
            return Ok(Ok(Since(current.map_or_else(|| EVER.to_owned(), |known| known.since))));
        };
        let restored = persons::restored_at(db)?;
        let today = || Since(civil_time::day(self.now()));
        Ok(match (persons::owner(db, value)?, current) {
            (Some(owner), _) if owner.person != *person => Err(IssuerError::SharedPerson),
            (Some(owner), _) if owner.status == PersonStatus::Ended => Err(IssuerError::PersonEnded),
            (None, Some(_)) => Err(IssuerError::OtherPerson),
            // What the database knows may be older than a reset that it has forgotten.
            (Some(_), Some(known)) if restored.is_some_and(|at| known.at <= at) => Ok(today()),
            (Some(_), Some(known)) => Ok(Since(known.since)),
            (Some(_) | None, None) if restored.is_some() || persons::was_reset(db, person)? => Ok(today()),
            (Some(_) | None, None) => Ok(Since(EVER.to_owned())),
        })
    }
}

impl Issuer {
    /// Keeps a person beside the record, if it is to be taken.
    pub(super) fn keep_person(&self, db: &Connection, person: &PersonId, value: &Fr) -> Result<(), ActError> {
        let since = self.person_since(db, person, Some(value))??;
        Ok(persons::keep(db, person, value, &since.0, self.now())?)
    }

    /// What a record says, with the day in it that is the desk's to say.
    pub(super) fn dated(
        &self,
        db: &Connection,
        schema: &Schema,
        grantable: &Grantable,
        person: &PersonId,
        values: Values,
    ) -> Result<Values, ActError> {
        if !grantable.dates_persons() {
            return Ok(values);
        }
        Ok(self.person_since(db, person, None)??.stated(schema, &values)?)
    }
}

impl Since {
    /// The values with this day in them, where the schema has a place for it.
    pub(super) fn stated(&self, schema: &Schema, values: &Values) -> Result<Values, IssuerError> {
        if schema.attribute(PERSON_SINCE).is_none() {
            return Ok(values.clone());
        }
        with(schema, values, &[(PERSON_SINCE.to_owned(), self.0.clone())].into_iter().collect())
    }
}

impl Grantable {
    /// Whether the desk writes `person_since` under this schema, whatever a list says.
    pub(super) fn dates_persons(&self) -> bool {
        match self.binding {
            Binding::Enroll => true,
            Binding::Identity { .. } => false,
        }
    }
}

/// The attribute that says since when a person has been the one that a policy's scope counts.
pub(crate) const PERSON_SINCE: &str = "person_since";
/// Of whoever was never reset.
pub(super) const EVER: &str = "1970-01-01";
