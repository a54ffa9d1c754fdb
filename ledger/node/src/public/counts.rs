//! How many credentials there are, by schema. Small numbers are not shown.

use std::collections::BTreeSet;

use circuits::schema::SchemaId;
use ledger::record::{CredentialStatus, DisclosurePublish, Record, StatusAct};
use serde_json::Value;

/// Credentials of one schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OfSchema {
    pub(super) schema: SchemaId,
    /// Committed at any time.
    pub(super) issued: u64,
    /// Removed for ever.
    pub(super) revoked: u64,
    /// Removed until they are restored.
    pub(super) suspended: u64,
}

/// Credentials of all schemas, in the order of their first ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    schemas: Vec<OfSchema>,
    /// First positions of runs of one schema, with its place in `schemas`.
    runs: Vec<(u64, usize)>,
    /// How many leaves there are.
    leaves: u64,
    suspended: BTreeSet<u64>,
}

/// A number as it may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShownCount {
    /// This many.
    Exactly(u64),
    /// So few that a number could point at somebody.
    Few,
}

impl ShownCount {
    pub(super) fn new(count: u64) -> Self {
        if count < FEW { Self::Few } else { Self::Exactly(count) }
    }
}

/// Numbers below this are not shown.
pub(super) const FEW: u64 = 10;

/// Whether a disclosure counts what counters checked, so that a small number in it could point at somebody.
pub(super) fn is_totals(disclosure: &DisclosurePublish) -> bool {
    disclosure.category.as_str() == TOTALS
}

/// A document without its small numbers: `few` stands in the place of each.
///
/// A department should leave them out itself. Where it did not, this site does not spread them.
pub(super) fn without_small(document: &Value, few: &str) -> Value {
    let without = |value| without_small(value, few);
    match document {
        Value::Number(number) if number.as_f64().is_none_or(is_small) => Value::String(few.to_owned()),
        Value::Array(values) => values.iter().map(without).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), without(value))).collect(),
        other => other.clone(),
    }
}

fn is_small(number: f64) -> bool {
    number < FEW as f64
}

/// The category of counters' totals.
const TOTALS: &str = "counter-totals";

impl Counts {
    /// Takes in a record about credentials, which the log accepted.
    pub(super) fn apply(&mut self, record: &Record) {
        match record {
            Record::Commit(commit) => self.commit(&commit.schema, commit.inner.len() as u64),
            Record::Status(status) => self.change(status),
            Record::Admit(_)
            | Record::Rotate(_)
            | Record::Suspend(_)
            | Record::Reinstate(_)
            | Record::Schema(_)
            | Record::Policy(_)
            | Record::Model(_)
            | Record::Key(_)
            | Record::Retire(_)
            | Record::Disclosure(_)
            | Record::Root(_) => {}
        }
    }

    pub(super) fn schemas(&self) -> &[OfSchema] {
        &self.schemas
    }

    fn commit(&mut self, schema: &SchemaId, count: u64) {
        let place = self.place(schema);
        if self.runs.last().is_none_or(|(_, last)| *last != place) {
            self.runs.push((self.leaves, place));
        }
        self.leaves += count;
        if let Some(of) = self.schemas.get_mut(place) {
            of.issued += count;
        }
    }

    fn place(&mut self, schema: &SchemaId) -> usize {
        let known = self.schemas.iter().position(|of| of.schema == *schema);
        known.unwrap_or_else(|| {
            let schema = schema.clone();
            self.schemas.push(OfSchema { schema, issued: 0, revoked: 0, suspended: 0 });
            self.schemas.len() - 1
        })
    }

    fn change(&mut self, status: &CredentialStatus) {
        for change in &status.changes {
            let position = change.position.get();
            let run = self.runs.partition_point(|(first, _)| *first <= position);
            let place = run.checked_sub(1).and_then(|run| self.runs.get(run)).map(|(_, place)| *place);
            let Some(of) = place.and_then(|place| self.schemas.get_mut(place)) else { continue };
            let was_suspended = self.suspended.remove(&position);
            of.suspended -= u64::from(was_suspended);
            match change.status {
                StatusAct::Revoke => of.revoked += 1,
                StatusAct::Restore => {}
                StatusAct::Suspend => {
                    of.suspended += 1;
                    self.suspended.insert(position);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ledger::samples::{commit, status};
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_of_status_are_counted_under_the_schema_of_their_position() {
        let mut counts = Counts::default();
        for record in [
            commit("1", "a/1", 0..5),
            commit("2", "a/1", 5..6),
            commit("3", "b/1", 6..9),
            commit("4", "a/1", 9..10),
            status("5", 5, "revoke"),
            status("6", 6, "suspend"),
            status("7", 8, "suspend"),
            status("8", 9, "suspend"),
            status("9", 8, "restore"),
            status("10", 9, "revoke"),
        ] {
            counts.apply(&record);
        }
        let found: Vec<_> = counts
            .schemas()
            .iter()
            .map(|of| (of.schema.as_str(), of.issued, of.revoked, of.suspended))
            .collect();
        assert_eq!(found, [("a/1", 7, 2, 0), ("b/1", 3, 0, 1)]);
    }

    #[test]
    fn small_numbers_are_taken_out_at_any_depth() {
        let document =
            json!({"note": "9", "totals": [{"passed": 10, "declined": 9, "share": 0.5}, [0, true]]});
        let wanted = json!({"note": "9", "totals": [{"passed": 10, "declined": "few", "share": "few"}, ["few", true]]});
        assert_eq!(without_small(&document, "few"), wanted);
    }

    #[test]
    fn nine_are_few_and_ten_are_ten() {
        assert_eq!(
            [0, 9, 10].map(ShownCount::new),
            [ShownCount::Few, ShownCount::Few, ShownCount::Exactly(10)]
        );
    }
}
