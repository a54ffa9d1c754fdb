//! How many credentials there are, by schema. Small numbers are not shown.

use std::collections::BTreeMap;

use circuits::schema::SchemaId;
use ledger::record::{
    CredentialStatus, CredentialWithdraw, DisclosurePublish, Entry, Range, Record, Signer, StatusAct,
};
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
    runs: Vec<Run>,
    /// How many leaves there are.
    leaves: u64,
    /// What is not in the tree now.
    removed: BTreeMap<u64, Removal>,
}

/// Neighbouring credentials of one schema, by one signer.
#[derive(Clone, Debug)]
struct Run {
    /// The position of the first.
    first: u64,
    /// Its place in [`Counts::schemas`].
    place: usize,
    by: Signer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Removal {
    Suspended,
    Revoked,
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
    /// Takes in an entry, which the log accepted; most are not about credentials.
    pub(super) fn apply(&mut self, entry: &Entry) {
        match entry.record() {
            Record::Commit(commit) => self.commit(entry.signer(), &commit.schema, commit.inner.len() as u64),
            Record::Status(status) => self.change(status),
            Record::Withdraw(withdraw) => self.withdraw(withdraw),
            Record::Admit(_)
            | Record::Rotate(_)
            | Record::Suspend(_)
            | Record::Reinstate(_)
            | Record::Schema(_)
            | Record::Policy(_)
            | Record::Model(_)
            | Record::Key(_)
            | Record::Retire(_)
            | Record::Verifier(_)
            | Record::Trustee(_)
            | Record::Recovery(_)
            | Record::Disclosure(_)
            | Record::Root(_) => {}
        }
    }

    pub(super) fn schemas(&self) -> &[OfSchema] {
        &self.schemas
    }

    fn commit(&mut self, by: &Signer, schema: &SchemaId, count: u64) {
        let place = self.place(schema);
        if self.runs.last().is_none_or(|last| last.place != place || last.by != *by) {
            self.runs.push(Run { first: self.leaves, place, by: by.clone() });
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
            let after = match change.status {
                StatusAct::Revoke => Some(Removal::Revoked),
                StatusAct::Suspend => Some(Removal::Suspended),
                StatusAct::Restore => None,
            };
            self.count_as(change.position.get(), after);
        }
    }

    /// Revokes what a department committed within ranges.
    fn withdraw(&mut self, withdraw: &CredentialWithdraw) {
        let by = Signer::Department(withdraw.department.clone());
        let ends = self.runs.iter().skip(1).map(|run| run.first).chain([self.leaves]);
        let own: Vec<_> = self.runs.iter().zip(ends).filter(|(run, _)| run.by == by).collect();
        let within = |range: &Range| {
            let (first, last) = (range.first.get(), range.last.get());
            let parts = own.iter().map(move |(run, end)| run.first.max(first)..(*end).min(last + 1));
            parts.flatten().collect::<Vec<_>>()
        };
        let withdrawn: Vec<u64> = withdraw.ranges.iter().flat_map(within).collect();
        for position in withdrawn {
            self.count_as(position, Some(Removal::Revoked));
        }
    }

    /// Counts a credential as what it becomes; `None` for one that is in the tree.
    fn count_as(&mut self, position: u64, after: Option<Removal>) {
        let run = self.runs.partition_point(|run| run.first <= position);
        let place = run.checked_sub(1).and_then(|run| self.runs.get(run)).map(|run| run.place);
        let Some(of) = place.and_then(|place| self.schemas.get_mut(place)) else { return };
        let before = match after {
            Some(removal) => self.removed.insert(position, removal),
            None => self.removed.remove(&position),
        };
        let number = |state, of: Removal| u64::from(state == Some(of));
        of.suspended = of.suspended + number(after, Removal::Suspended) - number(before, Removal::Suspended);
        of.revoked = of.revoked + number(after, Removal::Revoked) - number(before, Removal::Revoked);
    }
}

#[cfg(test)]
mod tests {
    use ledger::samples::{commit, sign, sign_approved, status, withdraw};
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
            counts.apply(&sign(record, "police"));
        }
        let found: Vec<_> = counts
            .schemas()
            .iter()
            .map(|of| (of.schema.as_str(), of.issued, of.revoked, of.suspended))
            .collect();
        assert_eq!(found, [("a/1", 7, 2, 0), ("b/1", 3, 0, 1)]);
    }

    #[test]
    fn what_governance_withdraws_is_counted_once_and_for_its_department_alone() {
        let mut counts = Counts::default();
        for entry in [
            sign(commit("1", "a/1", 0..4), "police"),
            sign(commit("2", "a/1", 4..6), "tax"),
            sign(commit("3", "a/1", 6..8), "police"),
            sign(status("4", 0, "revoke"), "police"),
            sign(status("5", 1, "suspend"), "police"),
            sign(status("6", 4, "suspend"), "tax"),
            sign_approved(withdraw("7", "police", 0, 6), &["tax"]),
        ] {
            counts.apply(&entry);
        }
        let of = counts.schemas().first().unwrap();
        assert_eq!((of.issued, of.revoked, of.suspended), (8, 5, 1));
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
