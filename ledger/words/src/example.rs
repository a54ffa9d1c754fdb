//! Complete records of each kind, to be changed by whoever writes one by hand, and what is said of their members.
//!
//! Keys in them are those of nobody: a ledger would take the records as they are, and nobody could sign with what they admit.

use ledger::record::RecordKind;
use service::web::Language;

use crate::WORDS;

/// A record of the kind as JSON text, whose times are about `now` (unix seconds).
pub fn example(kind: RecordKind, now: u64) -> String {
    let next_year = now.saturating_add(YEAR_S);
    text(kind).replace("\"{NOW}\"", &now.to_string()).replace("\"{NEXT_YEAR}\"", &next_year.to_string())
}

/// What is said of the members of [`example`], a line each; it begins with the path of the member.
pub fn notes(kind: RecordKind, language: Language) -> Vec<String> {
    let words = WORDS.spoken(language);
    let own = (1..).map(|number| note_key(kind, number)).take_while(|key| WORDS.knows(key));
    let common = [(ID, true), (APPROVALS, kind.needs_approval())];
    let common = common.into_iter().filter(|(_, has)| *has).map(|(key, _)| key.to_owned());
    own.chain(common).map(|key| words.say(&key)).collect()
}

fn note_key(kind: RecordKind, number: usize) -> String {
    format!("example-{}-{number}", kind.as_str().replace('.', "-"))
}

fn text(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Admit => include_str!("../examples/department.admit.json"),
        RecordKind::Rotate => include_str!("../examples/department.rotate.json"),
        RecordKind::Suspend => include_str!("../examples/department.suspend.json"),
        RecordKind::Reinstate => include_str!("../examples/department.reinstate.json"),
        RecordKind::Schema => include_str!("../examples/schema.publish.json"),
        RecordKind::Policy => include_str!("../examples/policy.publish.json"),
        RecordKind::Model => include_str!("../examples/model.publish.json"),
        RecordKind::Key => include_str!("../examples/key.publish.json"),
        RecordKind::Retire => include_str!("../examples/key.retire.json"),
        RecordKind::Commit => include_str!("../examples/credential.commit.json"),
        RecordKind::Status => include_str!("../examples/credential.status.json"),
        RecordKind::Withdraw => include_str!("../examples/credential.withdraw.json"),
        RecordKind::Verifier => include_str!("../examples/verifier.register.json"),
        RecordKind::Trustee => include_str!("../examples/trustee.publish.json"),
        RecordKind::Recovery => include_str!("../examples/recovery.request.json"),
        RecordKind::Disclosure => include_str!("../examples/disclosure.publish.json"),
        RecordKind::Root => include_str!("../examples/state.root.json"),
    }
}

const ID: &str = "example-id";
const APPROVALS: &str = "example-approvals";
const YEAR_S: u64 = 365 * 86_400;

#[cfg(test)]
mod tests {
    use ledger::digest::Digest;
    use ledger::record::Record;
    use ledger::rehearsal::Rehearsal;
    use ledger::state::StateError;
    use serde_json::Value;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    #[test]
    fn every_example_is_a_record_of_its_kind_that_is_right_by_itself() {
        let mut alone = Rehearsal::alone(NOW);
        for kind in RecordKind::ALL {
            let record = crate::shape::record(serde_json::from_str(&example(kind, NOW)).unwrap()).unwrap();
            assert_eq!(record.record_kind(), kind);
            match alone.judge(&record) {
                Err(StateError::RootSubmitted) => assert_eq!(kind, RecordKind::Root),
                judged => judged.unwrap_or_else(|error| panic!("{kind:?}: {error}")),
            }
            if let Record::Key(key) = &record {
                assert_eq!(Digest::from_bytes(key.verifying_key().unwrap().digest()), key.vk_digest);
            }
        }
    }

    #[test]
    fn every_note_is_about_a_member_and_every_kind_has_some() {
        for kind in RecordKind::ALL {
            let record: Value = serde_json::from_str(&example(kind, NOW)).unwrap();
            for (language, colon) in [(Language::English, ':'), (Language::Chinese, '：')] {
                let notes = notes(kind, language);
                assert!(notes.len() >= 2, "{kind:?}");
                for note in notes {
                    let (path, text) = note.split_once(colon).unwrap_or_else(|| panic!("{note}"));
                    assert!(found(&record, path), "{kind:?} has no {path}");
                    assert!(!text.trim().is_empty());
                }
            }
        }
    }

    /// Whether some value is at a path such as `schema.attributes[].type`.
    fn found(value: &Value, path: &str) -> bool {
        let mut at = vec![value];
        for step in path.split('.') {
            let name = step.trim_end_matches("[]");
            at = at.into_iter().filter_map(|value| value.get(name)).collect();
            if step.ends_with("[]") {
                at = at.into_iter().filter_map(Value::as_array).flatten().collect();
            }
        }
        !at.is_empty()
    }
}
