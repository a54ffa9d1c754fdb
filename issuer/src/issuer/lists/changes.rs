//! What the lines of a list would change, in the values that people read: whoever looks before a list is run sees a
//! name that was read wrongly.

use std::collections::BTreeSet;

use circuits::schema::{Localized, Schema, SchemaId, Value, Values};
use openid4vc::vci::PERSON_ATTRIBUTE;
use rusqlite::Connection;

use super::Work;
use crate::issuer::import::record_line;
use crate::issuer::{ActError, Issuer, text};
use crate::person::PersonId;
use crate::store::lists::{ListLine, UploadedList};
use crate::store::{StoreError, credentials, people};

/// An attribute that a line would change. Personal data: no `Debug`.
pub(crate) struct Change {
    pub(crate) title: Localized,
    /// What the credential says now, or else the record.
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
}

impl Issuer {
    /// For each line what it would change; nothing where the line is refused, or the list changes no values.
    pub(crate) fn changes(
        &self,
        list: &UploadedList,
        lines: &[ListLine],
    ) -> Result<Vec<Vec<Change>>, ActError> {
        let none = || -> Vec<Vec<Change>> { lines.iter().map(|_| Vec::new()).collect() };
        match Work::from_list(list)? {
            Work::Status(..) => return Ok(none()),
            Work::Issue => {}
        }
        let Ok((grantable, schema)) = self.granted(&list.schema) else { return Ok(none()) };
        let store = self.store();
        let changes = |line: &ListLine| {
            if line.cells.is_none() {
                return Ok(Vec::new());
            }
            let line = record_line(&schema, grantable, &line.row()?, &mut BTreeSet::new());
            let Ok(line) = line else { return Ok(Vec::new()) };
            let old = self.values_now(store.read(), &schema, &line.person)?;
            let new = self.dated(store.read(), &schema, grantable, &line.person, line.values)?;
            Ok(differences(&schema, old.as_ref(), &new))
        };
        lines.iter().map(changes).collect()
    }

    /// What the newest credential of a person says, or else the record.
    fn values_now(
        &self,
        db: &Connection,
        schema: &Schema,
        person: &PersonId,
    ) -> Result<Option<Values>, StoreError> {
        let id: &SchemaId = &schema.schema;
        if let Some(held) = credentials::newest(db, person, id)? {
            return Ok(Some(held.credential(&self.config().department, schema)?.values));
        }
        let record = people::record(db, person, id)?;
        record.map(|json| credentials::stored_values(schema, &json)).transpose()
    }
}

fn differences(schema: &Schema, old: Option<&Values>, new: &Values) -> Vec<Change> {
    let change = |attribute: &circuits::schema::Attribute| {
        let value = |values: &Values| values.get(&attribute.name).map(|value: &Value| text(value));
        let (old, new) = (old.and_then(value), value(new));
        let change = Change { title: attribute.title.clone(), old, new };
        (change.old != change.new && attribute.name != PERSON_ATTRIBUTE).then_some(change)
    };
    schema.attributes.iter().filter_map(change).collect()
}
