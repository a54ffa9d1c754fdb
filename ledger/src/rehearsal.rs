//! A dry run: what a ledger would say of records before anybody has signed, approved or sent them.
//!
//! | looked at | with a ledger | without one |
//! |---|---|---|
//! | form, texts, addresses, size, counts, what a key or a document is | yes | yes |
//! | names, versions, departments, schemas, scopes, whoever would sign | yes | among the records alone |
//! | signatures and approvals; places in the credential tree; key files; ids that were used | no | no |

use circuits::credential::DepartmentId;

use crate::credentials::CredentialError;
use crate::genesis::MIN_ROOT_AGE_S;
use crate::key::DepartmentKey;
use crate::note::KeyName;
use crate::record::{Entry, MAX_COMMITMENTS, Part, Record, RecordSigningError};
use crate::registry::{Moment, Registry, root_age};
use crate::state::StateError;

/// A dry run of records, one after the other: each is judged as if those before it had been accepted.
#[derive(Clone)]
pub struct Rehearsal {
    registry: Registry,
    place: Place,
    moment: Moment,
}

/// Where the records would be published.
#[derive(Clone)]
enum Place {
    /// On the ledger of the registry, signed by this department.
    Ledger(DepartmentId),
    /// Nobody said where.
    Nowhere,
}

impl Rehearsal {
    /// On a ledger of so many entries, whose newest state root has the time `stated`, at `now` (unix seconds), signed by
    /// `author`.
    pub fn on(registry: Registry, author: DepartmentId, size: u64, stated: u64, now: u64) -> Self {
        Self { registry, place: Place::Ledger(author), moment: Moment::rehearsed(size, stated, now) }
    }
    /// Without a ledger, at `now` (unix seconds).
    pub fn alone(now: u64) -> Self {
        let moment = Moment::rehearsed(0, now, now);
        Self { registry: Registry::of_no_ledger(), place: Place::Nowhere, moment }
    }
    /// What is published, with the records that were judged and not refused.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
    /// Why the record would be refused, if it would; else it is taken in.
    pub fn judge(&mut self, record: &Record) -> Result<(), StateError> {
        if record.part() == Part::Root {
            return Err(StateError::RootSubmitted);
        }
        check_count(record)?;
        self.check_size(record)?;
        match &self.place {
            Place::Ledger(author) => {
                let author = author.clone();
                self.check_root_age(record)?;
                self.registry.rehearse(self.moment, &author, record)?;
            }
            Place::Nowhere => self.registry.rehearse_alone(self.moment, record)?,
        }
        Ok(())
    }

    /// What a node asks of new policies where the genesis says nothing.
    fn check_root_age(&self, record: &Record) -> Result<(), StateError> {
        match (record, self.registry.genesis().min_root_age_s()) {
            (Record::Policy(published), None) => Ok(root_age(&published.policy, MIN_ROOT_AGE_S)?),
            _ => Ok(()),
        }
    }
    /// Signed with a key of nobody, the entry has the size that it will have.
    fn check_size(&self, record: &Record) -> Result<(), StateError> {
        let (origin, author): (&KeyName, DepartmentId) = match &self.place {
            Place::Ledger(author) => (self.registry.genesis().origin(), author.clone()),
            Place::Nowhere => (self.registry.genesis().origin(), SHORT.parse().expect("an identifier")),
        };
        match Entry::sign(origin, record.clone(), author.into(), &DepartmentKey::from_seed(&[0; 32])) {
            // A key in memory signs whatever is an entry.
            Ok(_) | Err(RecordSigningError::Signing(_)) => Ok(()),
            Err(RecordSigningError::Record(error)) => Err(error.into()),
        }
    }
}

fn check_count(record: &Record) -> Result<(), CredentialError> {
    let count = match record {
        Record::Commit(r) => r.inner.len(),
        Record::Status(r) => r.changes.len(),
        Record::Admit(_)
        | Record::Rotate(_)
        | Record::Suspend(_)
        | Record::Reinstate(_)
        | Record::Schema(_)
        | Record::Policy(_)
        | Record::Model(_)
        | Record::Key(_)
        | Record::Retire(_)
        | Record::Withdraw(_)
        | Record::Verifier(_)
        | Record::Trustee(_)
        | Record::Recovery(_)
        | Record::Disclosure(_)
        | Record::Root(_) => return Ok(()),
    };
    if (1..=MAX_COMMITMENTS).contains(&count) { Ok(()) } else { Err(CredentialError::Count(count)) }
}

/// A department of one letter: no entry is smaller for its signer.
const SHORT: &str = "a";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::samples::{commit, genesis, policy, record, schema, verifier};

    const NOW: u64 = 1_800_000_000;

    #[test]
    fn without_a_ledger_a_record_is_judged_by_itself_and_those_before_it() {
        let mut rehearsal = Rehearsal::alone(NOW);
        rehearsal.judge(&policy("p/1", "elsewhere/1", "a.city")).unwrap();
        rehearsal.judge(&schema("s/1")).unwrap();
        assert_eq!(rehearsal.registry().schemas().count(), 1);
        let mut wrong = serde_json::to_value(policy("q/1", "s/1", "a.city")).unwrap();
        wrong["policy"]["credentials"][0]["require"]["attr"] = "income".into();
        assert_eq!(rehearsal.judge(&record(wrong)).unwrap_err().code(), "policy_does_not_compile");
        let hidden = verifier("v", &crate::samples::client_id(1), "a\u{200b}b", NOW);
        assert_eq!(rehearsal.judge(&hidden).unwrap_err().code(), "disguised_text");
    }

    #[test]
    fn bounds_are_those_of_a_node() {
        let mut alone = Rehearsal::alone(NOW);
        assert_eq!(alone.judge(&commit("c", "s/1", [])).unwrap_err().code(), "count");
        assert_eq!(alone.judge(&commit("c", "s/1", 0..1025)).unwrap_err().code(), "count");
        let document = json!({"kind": "disclosure.publish", "id": "d", "category": "budget",
            "title": {"zh-CN": "预算", "en": "Budget"}, "document": "x".repeat(70_000)});
        assert_eq!(alone.judge(&record(document)).unwrap_err().code(), "entry_too_large");
        let root = json!({"kind": "state.root", "id": "state.root/1", "entries": 1, "leaves": 0, "root": "0",
            "registry": crate::digest::Digest::of(b""), "time": 1});
        assert_eq!(alone.judge(&record(root)).unwrap_err().code(), "root_submitted");
    }

    #[test]
    fn on_a_ledger_the_node_asks_for_a_healthy_root_age() {
        let registry = Registry::new(genesis(&["a.city"], 1));
        let mut rehearsal = Rehearsal::on(registry, "a.city".parse().unwrap(), 1, NOW, NOW);
        rehearsal.judge(&schema("s/1")).unwrap();
        let refused = rehearsal.judge(&policy("p/1", "s/1", "a.city")).unwrap_err();
        assert_eq!(refused.code(), "root_age");
        assert!(rehearsal.registry().policies().next().is_none());
    }
}
