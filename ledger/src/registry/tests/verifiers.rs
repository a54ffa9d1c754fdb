//! One department vouches for a verifier at a time, and only that one changes it.

use super::*;
use crate::samples::{client_id, terms, verifier};

const UNTIL: u64 = 1000;

/// Registered by police until [`UNTIL`], as entry 1.
fn registered() -> Registry {
    let mut registry = registry();
    registry.apply(anew(1), &sign(verifier("v/1", &client_id(1), "Counter 1", UNTIL), "police")).unwrap();
    registry
}

fn taken() -> RegistryError {
    RegistryError::VerifierTaken { client_id: client_id(1).parse().unwrap(), owner: id("police") }
}

fn by_tax() -> Entry {
    sign(verifier("v/t", &client_id(1), "Something else", UNTIL * 2), "tax")
}

fn who(registry: &Registry, now: u64) -> Option<(String, String)> {
    let found = &registry.verifier(&client_id(1), now)?.published;
    Some((found.publisher.to_string(), found.item.name.text("en").to_owned()))
}

fn suspend_police(entries: u64) -> Entry {
    let mut record =
        record(json!({"kind": "department.suspend", "id": "s", "department": "police", "reason": "x",
        "approvals": []}));
    record.bind(terms(entries));
    sign_approved(record, &["tax", "credit"])
}

#[test]
fn a_registration_holds_until_its_end() {
    let registry = registered();
    assert_eq!(who(&registry, UNTIL - 1), Some(("police".into(), "Counter 1".into())));
    assert_eq!(who(&registry, UNTIL), None);
    assert!(registry.verifier(&client_id(2), 0).is_none() && registry.verifier("x509_hash:", 0).is_none());
    assert_eq!(registry.verifiers().count(), 1);
}

#[test]
fn the_last_registration_does_not_win() {
    let mut registry = registered();
    assert_eq!(registry.check(anew(2), &by_tax()), Err(taken()));
    assert_eq!(registry.check(Moment::replayed(2, UNTIL - 1), &by_tax()), Err(taken()), "in a log either");
    let renamed = sign(verifier("v/2", &client_id(1), "Counter 2", UNTIL), "police");
    registry.apply(anew(2), &renamed).unwrap();
    assert_eq!(who(&registry, 0), Some(("police".into(), "Counter 2".into())));
}

#[test]
fn what_has_ended_may_be_registered_by_another() {
    let mut registry = registered();
    assert_eq!(registry.check(Moment::submitted(2, UNTIL, UNTIL), &by_tax()), Ok(()));
    let early = registry.check(Moment::submitted(2, UNTIL - 1, UNTIL + 5), &by_tax());
    assert_eq!(early, Err(taken()), "a replay does not know the node's clock");
    let ended = sign(verifier("v/2", &client_id(1), "Counter 1", 0), "police");
    registry.apply(anew(2), &ended).unwrap();
    registry.apply(anew(3), &by_tax()).unwrap();
    assert_eq!(who(&registry, 0), Some(("tax".into(), "Something else".into())));
}

#[test]
fn what_a_light_client_cannot_judge_it_leaves_to_the_log() {
    let registry = registered();
    assert_eq!(registry.check(Moment::between(2, 0, UNTIL), &by_tax()), Ok(()), "it may have ended by then");
    assert_eq!(
        registry.check(Moment::between(2, 0, UNTIL - 1), &by_tax()),
        Err(taken()),
        "it cannot have ended"
    );
}

#[test]
fn a_suspended_departments_registrations_end_for_good() {
    let mut registry = registered();
    registry.apply(anew(2), &suspend_police(2)).unwrap();
    assert_eq!(who(&registry, 0), None);
    assert_eq!(registry.check(anew(3), &by_tax()), Ok(()), "another department takes it over");
    let mut back =
        record(json!({"kind": "department.reinstate", "id": "r", "department": "police", "reason": "x",
        "approvals": []}));
    back.bind(terms(3));
    registry.apply(anew(3), &sign_approved(back, &["tax", "credit"])).unwrap();
    assert_eq!(who(&registry, 0), None);
    registry.apply(anew(4), &sign(verifier("v/3", &client_id(1), "Counter 1", UNTIL), "police")).unwrap();
    assert!(who(&registry, 0).is_some());
}

#[test]
fn a_suspended_department_registers_nothing() {
    let mut registry = registry();
    registry.apply(anew(1), &suspend_police(1)).unwrap();
    let entry = sign(verifier("v/1", &client_id(1), "Counter 1", UNTIL), "police");
    assert_eq!(registry.check(anew(2), &entry), Err(RegistryError::SuspendedSigner(id("police"))));
}

/// A registration of verifier `number` as the register of this name.
fn register_at(number: u8, name: &str, until: u64, by: &str) -> Entry {
    let id = format!("v/{number}/{until}");
    let mut json = serde_json::to_value(verifier(&id, &client_id(number), "Counter", until)).unwrap();
    json["register"] = json!(name);
    sign(record(json), by)
}

#[test]
fn a_register_is_given_by_the_department_of_its_name_alone() {
    assert_eq!(refused(&register_at(1, "tax", UNTIL, "police")), RegistryError::ForeignRegister(id("tax")));
    let mut registry = registry();
    registry.apply(anew(1), &register_at(1, "police", UNTIL, "police")).unwrap();
    let is_register = |client: u8, name: &str, now| registry.is_register(&client_id(client), &id(name), now);
    assert!(is_register(1, "police", UNTIL - 1));
    assert!(!is_register(1, "police", UNTIL), "it has ended");
    assert!(!is_register(1, "tax", 0) && !is_register(2, "police", 0));
}

#[test]
fn a_register_is_one_verifier_at_a_time() {
    let mut registry = registry();
    registry.apply(anew(1), &register_at(1, "police", UNTIL, "police")).unwrap();
    let taken =
        RegistryError::RegisterTaken { register: id("police"), holder: client_id(1).parse().unwrap() };
    let other = register_at(2, "police", UNTIL, "police");
    assert_eq!(registry.check(anew(2), &other), Err(taken.clone()));
    assert_eq!(registry.check(Moment::replayed(2, UNTIL - 1), &other), Err(taken), "in a log either");
    assert_eq!(registry.check(Moment::replayed(2, UNTIL), &other), Ok(()), "it has ended");
    let same = register_at(1, "police", UNTIL * 2, "police");
    assert_eq!(registry.check(anew(2), &same), Ok(()), "the same verifier renews");
    registry.apply(anew(2), &register_at(1, "police", 0, "police")).unwrap();
    registry.apply(anew(3), &other).unwrap();
    assert!(registry.is_register(&client_id(2), &id("police"), 0));
    assert!(!registry.is_register(&client_id(1), &id("police"), 0));
}

#[test]
fn a_verifier_without_a_register_leaves_it_free() {
    let registry = registered();
    assert!(!registry.is_register(&client_id(1), &id("police"), 0));
    assert_eq!(registry.check(anew(2), &register_at(2, "police", UNTIL, "police")), Ok(()));
}

#[test]
fn a_suspended_departments_register_counts_no_more() {
    let mut registry = registry();
    registry.apply(anew(1), &register_at(1, "police", UNTIL, "police")).unwrap();
    registry.apply(anew(2), &suspend_police(2)).unwrap();
    assert!(!registry.is_register(&client_id(1), &id("police"), 0));
}

#[test]
fn counters_are_not_registered_by_disclosures_any_more() {
    let entry = sign(
        record(
            json!({"kind": "disclosure.publish", "id": "counter", "category": "counter", "title": localized("c"),
            "document": {"client_id": client_id(1), "name": localized("City hall")}}),
        ),
        "tax",
    );
    assert_eq!(refused(&entry), RegistryError::ReplacedCategory);
    let mut old = registry();
    old.apply(Moment::in_log(1), &entry).unwrap();
    assert_eq!(who(&old, 0), None, "and those of old logs vouch for nobody");
    assert_eq!(registered().check(Moment::in_log(2), &entry), Err(RegistryError::ReplacedCategory));
}
