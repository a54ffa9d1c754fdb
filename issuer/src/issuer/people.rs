//! People as a clerk sees them: the record beside what the credential says.

use std::collections::BTreeMap;

use circuits::schema::{Schema, SchemaId, Value, Values};
use openid4vc::vci::PERSON_ATTRIBUTE;
use rusqlite::Connection;

use super::enrolled::PERSON_SINCE;
use super::recovery::RecoveryState;
use super::reset::can_reset;
use super::sight::Sight;
use super::{ActError, Issuer};
use crate::person::PersonId;
use crate::store::credentials::{self, HeldCredential};
use crate::store::people::{self, EnrolmentSource, FoundPerson, PersonNumber};
use crate::store::proposals::{self, Proposal};
use crate::store::{StoreError, bundles, persons, plans};

/// What the issuer knows about one person under one schema. Personal data: no `Debug`.
pub(crate) struct Card {
    pub(crate) schema: Schema,
    /// The department's record.
    pub(crate) record: Option<Values>,
    /// The newest credential, and what it says.
    pub(crate) held: Option<(HeldCredential, Values)>,
    /// The person's devices, the earliest first.
    pub(crate) devices: Vec<Device>,
    /// Whether something was sent to the ledger that has no answer yet.
    pub(crate) pending: bool,
    /// Whether there is a person that a reset would end.
    pub(crate) may_reset: bool,
    /// Whether the trustees can give the person back.
    pub(crate) recoverable: Recoverable,
    /// Whether the desk says since when the person has been it.
    dates_persons: bool,
    /// The [`Sight::version`] of record and credential, for the card's forms.
    pub(crate) version: String,
}

/// Whether the trustees can give a person back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recoverable {
    /// The desk knows no person here.
    No,
    /// No wallet has told the desk of shares.
    WithoutBundle,
    /// There are shares.
    Yes,
}

/// A device of a person, and what it holds.
pub(crate) struct Device {
    /// How and when it enrolled; nothing of one that another was to replace, whose credential the ledger did not end.
    pub(crate) enrolled: Option<(EnrolmentSource, u64)>,
    /// Its newest credential, if it ever had one.
    pub(crate) held: Option<HeldCredential>,
}

/// A person with all cards.
pub(crate) struct Person {
    pub(crate) id: PersonId,
    pub(crate) name: Option<String>,
    pub(crate) cards: Vec<Card>,
    /// What waits for a second person.
    pub(crate) proposals: Vec<Proposal>,
    /// How far the newest request for shares is, if one goes on.
    pub(crate) recovery: Option<&'static str>,
}

impl Issuer {
    /// People by identity number, or by the beginning of their name.
    pub(crate) fn find(&self, text: &str) -> Result<Vec<FoundPerson>, StoreError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        self.store().write(|db| people::find(db, text, FOUND_AT_MOST))
    }

    /// The number of a person in addresses.
    pub(crate) fn number_of(&self, person: &PersonId) -> Result<PersonNumber, StoreError> {
        self.store().write(|db| people::number(db, person))
    }

    /// The name in a person's records, if any has one.
    pub(crate) fn name_of(&self, person: &PersonId) -> Result<Option<String>, StoreError> {
        people::name(self.store().read(), person)
    }

    /// Who has a number.
    pub(crate) fn of_number(&self, no: PersonNumber) -> Result<Option<PersonId>, StoreError> {
        people::of_number(self.store().read(), no)
    }

    /// Everything about a person.
    pub(crate) fn person(&self, person: &PersonId) -> Result<Person, ActError> {
        let schemas = self.config().schemas.iter().map(|grantable| &grantable.schema);
        let cards = schemas.map(|schema| self.card(person, schema)).collect::<Result<_, _>>()?;
        let recovery = self.recovery_of(person)?.map(|recovery| recovery.state);
        let goes_on = recovery.filter(|state| *state != RecoveryState::Ended);
        let store = self.store();
        Ok(Person {
            recovery: goes_on.map(|state| state.as_str()),
            id: person.clone(),
            name: people::name(store.read(), person)?,
            cards,
            proposals: proposals::open_about(store.read(), person)?,
        })
    }

    /// The record of a person as texts; attributes that are absent are left out.
    pub(crate) fn record_texts(
        &self,
        schema: &SchemaId,
        person: &PersonId,
    ) -> Result<BTreeMap<String, String>, ActError> {
        let record = self.card(person, schema)?.record;
        let values = record.iter().flat_map(Values::iter);
        Ok(values.filter_map(|(name, value)| Some((name.to_owned(), text(value?)))).collect())
    }

    fn card(&self, person: &PersonId, schema: &SchemaId) -> Result<Card, ActError> {
        let (grantable, published) = self.granted(schema)?;
        let dates_persons = grantable.dates_persons();
        let store = self.store();
        let record = people::record(store.read(), person, schema)?;
        let held = credentials::newest(store.read(), person, schema)?;
        let in_force = credentials::in_force(store.read(), person, schema)?;
        let version = Sight::of(held.as_ref(), &in_force, record.as_deref()).version(person, schema);
        let devices = devices(store.read(), person, schema, in_force)?;
        let record = record.map(|json| credentials::stored_values(&published, &json)).transpose()?;
        let says = |held: HeldCredential| {
            let credential = held.credential(&self.config().department, &published)?;
            Ok::<_, StoreError>((held, credential.values))
        };
        let held = held.map(says).transpose()?;
        let pending = plans::pending_for(store.read(), person, schema)?.is_some();
        let may_reset = dates_persons && can_reset(store.read(), person)?;
        let recoverable = recoverable(store.read(), person, dates_persons)?;
        Ok(Card {
            schema: published,
            record,
            held,
            devices,
            pending,
            may_reset,
            recoverable,
            dates_persons,
            version,
        })
    }
}

fn recoverable(db: &Connection, person: &PersonId, dates_persons: bool) -> Result<Recoverable, StoreError> {
    if !dates_persons || persons::current(db, person)?.is_none() {
        return Ok(Recoverable::No);
    }
    let bundle = bundles::of(db, person)?;
    Ok(if bundle.is_some() { Recoverable::Yes } else { Recoverable::WithoutBundle })
}

/// Those that enrolled, and then those that hold something all the same.
fn devices(
    db: &Connection,
    person: &PersonId,
    schema: &SchemaId,
    in_force: Vec<HeldCredential>,
) -> Result<Vec<Device>, StoreError> {
    let enrolled = people::devices(db, person, schema)?;
    let mut devices = Vec::with_capacity(enrolled.len());
    for device in &enrolled {
        let held = credentials::newest_of(db, person, schema, &device.holder)?;
        devices.push(Device { enrolled: Some((device.source, device.at)), held });
    }
    let is_left = |held: &HeldCredential| enrolled.iter().all(|device| device.holder != held.holder);
    let left = in_force.into_iter().filter(is_left);
    devices.extend(left.map(|held| Device { enrolled: None, held: Some(held) }));
    Ok(devices)
}

impl Card {
    /// Whether an attribute is not for a correction to change.
    pub(crate) fn fixes(&self, attribute: &str) -> bool {
        attribute == PERSON_ATTRIBUTE || (self.dates_persons && attribute == PERSON_SINCE)
    }
}

/// A value as a list has it, so that a form which changes nothing sends back the same.
pub(crate) fn text(value: &Value) -> String {
    match value.to_json() {
        serde_json::Value::String(text) => text,
        serde_json::Value::Bool(yes) => if yes { "yes" } else { "no" }.to_owned(),
        other => other.to_string(),
    }
}

/// People that a search shows at most.
pub(crate) const FOUND_AT_MOST: u32 = 30;
