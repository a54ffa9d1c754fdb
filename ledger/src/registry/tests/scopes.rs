//! The first policy of a scope fixes what later ones say, and a scope has a first day where there is a person authority.

use super::*;

/// `police` issues `identity/1` with `person_since`, and is the person authority where `authority` says so.
fn registry_of(authority: Option<&str>) -> Registry {
    let genesis = genesis(&["police", "tax", "credit"], 2);
    let genesis = match authority {
        Some(department) => genesis.with_person_authority(id(department)).unwrap(),
        None => genesis,
    };
    let mut registry = Registry::new(genesis);
    let attributes = json!([{"name": "person_since", "type": "date", "title": localized("since")}]);
    let schema = json!({"schema": "identity/1", "title": localized("identity"), "attributes": attributes});
    let schema = record(json!({"kind": "schema.publish", "id": "identity/1", "schema": schema}));
    registry.apply(anew(0), &sign(schema, "police")).unwrap();
    registry
}

fn with_authority() -> Registry {
    registry_of(Some("police"))
}

fn pseudonym() -> Value {
    json!({"scope": "housing", "uses": 2, "start": "2026-09-01", "register": "tax"})
}

fn named(policy: &str, pseudonym: &Value, max_root_age_s: u64, by: &str) -> Entry {
    let record_json = json!({"kind": "policy.publish", "id": policy, "policy": {
        "policy": policy, "title": localized("lane"), "purpose": localized("test"), "legal_basis": localized("none"),
        "retention_days": 30, "pseudonym": pseudonym, "max_root_age_s": max_root_age_s,
        "credentials": [{"id": "identity", "schema": "identity/1", "issuers": ["police"]}]}});
    sign(record(record_json), by)
}

fn without(key: &str) -> Value {
    let mut pseudonym = pseudonym();
    pseudonym.as_object_mut().unwrap().remove(key);
    pseudonym
}

fn with(key: &str, value: Value) -> Value {
    let mut pseudonym = pseudonym();
    pseudonym[key] = value;
    pseudonym
}

#[test]
fn a_scope_with_a_first_day_and_a_register_is_published() {
    let mut registry = with_authority();
    registry.apply(anew(1), &named("lane/1", &pseudonym(), 1200, "tax")).unwrap();
    let lane = registry.policy(&"lane/1".parse().unwrap()).unwrap();
    assert_eq!(lane.checked.register(), Some(&id("tax")));
    assert!(lane.checked.check_start(0).is_err());
    assert!(lane.checked.has_conditions("identity"));
}

#[test]
fn without_a_person_authority_no_scope_has_a_first_day() {
    let registry = registry_of(None);
    let refusal = registry.check(anew(1), &named("lane/1", &pseudonym(), 1200, "tax")).unwrap_err();
    assert!(
        matches!(&refusal, RegistryError::Policy(e) if e.kind.code() == "no_person_authority"),
        "{refusal}"
    );
    assert_eq!(registry.check(anew(1), &named("lane/1", &without("start"), 1200, "tax")), Ok(()));
}

#[test]
fn another_identity_than_the_person_authoritys_is_refused() {
    let registry = registry_of(Some("credit"));
    let refusal = registry.check(anew(1), &named("lane/1", &pseudonym(), 1200, "tax")).unwrap_err();
    assert!(matches!(&refusal, RegistryError::Policy(e) if e.kind.code() == "person_issuer"), "{refusal}");
}

#[test]
fn where_there_is_a_person_authority_a_new_scope_has_a_first_day() {
    let registry = with_authority();
    let entry = named("lane/1", &without("start"), 1200, "tax");
    let refusal = Err(RegistryError::ScopeWithoutStart("housing".to_owned()));
    assert_eq!(registry.check(anew(1), &entry), refusal);
    assert_eq!(registry.check(Moment::in_log(1), &entry), refusal, "such a genesis is of after the rule");
    assert_eq!(registry.check(anew(1), &named("lane/1", &json!("session"), 1200, "tax")), Ok(()));
}

#[test]
fn later_policies_of_a_scope_say_what_the_first_said() {
    let mut registry = with_authority();
    registry.apply(anew(1), &named("lane/1", &pseudonym(), 1200, "tax")).unwrap();
    assert_eq!(registry.check(anew(2), &named("lane/2", &pseudonym(), 1200, "tax")), Ok(()));
    assert_eq!(registry.check(anew(2), &named("other/1", &pseudonym(), 1200, "tax")), Ok(()));
    let other = |term| {
        Err(RegistryError::OtherScopeTerm {
            scope: "housing".to_owned(),
            term,
            first: "lane/1".parse().unwrap(),
        })
    };
    for (changed, age, term) in [
        (with("uses", json!(3)), 1200, ScopeTerm::Uses),
        (with("linkable", json!(true)), 1200, ScopeTerm::Linkable),
        (with("start", json!("2026-09-02")), 1200, ScopeTerm::Start),
        (without("start"), 1200, ScopeTerm::Start),
        (with("register", json!("credit")), 1200, ScopeTerm::Register),
        (without("register"), 1200, ScopeTerm::Register),
        (pseudonym(), 1201, ScopeTerm::MaxRootAge),
        (pseudonym(), 1199, ScopeTerm::MaxRootAge),
    ] {
        for name in ["lane/2", "other/1"] {
            let entry = named(name, &changed, age, "tax");
            assert_eq!(registry.check(anew(2), &entry), other(term), "{changed}");
            assert_eq!(registry.check(Moment::in_log(2), &entry), other(term), "{changed}");
        }
    }
    let elsewhere = with("uses", json!(3));
    assert_eq!(
        registry.check(anew(2), &named("credit/1", &elsewhere, 1200, "credit")),
        Ok(()),
        "another's scope"
    );
    let apart = with("scope", json!("other"));
    assert_eq!(registry.check(anew(2), &named("lane/2", &apart, 1201, "tax")), Ok(()), "another scope");
}

#[test]
fn a_log_from_before_the_rule_replays_as_it_is() {
    let mut registry = registry_of(None);
    let plain = json!({"scope": "housing", "uses": 2});
    let more = json!({"scope": "housing", "uses": 3});
    registry.apply(Moment::in_log(1), &named("lane/1", &plain, 1200, "tax")).unwrap();
    registry.apply(Moment::in_log(2), &named("lane/2", &more, 1200, "tax")).unwrap();
    let other = RegistryError::OtherScopeTerm {
        scope: "housing".to_owned(),
        term: ScopeTerm::Uses,
        first: "lane/1".parse().unwrap(),
    };
    assert_eq!(
        registry.check(anew(3), &named("lane/3", &more, 1200, "tax")),
        Err(other),
        "the first one counts"
    );
    assert_eq!(registry.check(anew(3), &named("lane/3", &plain, 1200, "tax")), Ok(()));
}
