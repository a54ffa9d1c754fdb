//! The first day of a scope: what it asks of the identity credential, and when it has come.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::row_machine;
use super::sample::{Shelf, object, policy, text};
use crate::policy::{CLOCKS_DIFFER_S, CheckedPolicy, Policy, PolicyError, Verdict};
use crate::samples::NOW;
use crate::schema::{Schema, Values};

const DAY_S: u64 = 86_400;
const ID: &str = "identity";
const START: &str = "2026-09-01";

/// A schema with `person_since`, of the id given.
fn identity(id: &str) -> Schema {
    let json = json!({"schema": id, "title": {"zh-CN": "身份", "en": "Identity"}, "attributes": [
        {"name": "born", "type": "date", "title": text()},
        {"name": "person_since", "type": "date", "title": text()}]});
    serde_json::from_value(json).unwrap()
}

fn shelf() -> Shelf {
    let mut shelf = Shelf::sample();
    shelf.add_schema(identity("identity/1"));
    shelf.add_schema(identity("passport/1"));
    shelf
}

fn query(id: &str, schema: &str, issuers: &[&str]) -> Json {
    json!({"id": id, "schema": schema, "issuers": issuers})
}

/// A policy whose scope begins on [`START`].
fn named(max_root_age_s: u64, credentials: Json) -> Json {
    let mut policy = policy();
    policy["pseudonym"] = json!({"scope": "s", "uses": 1, "start": START});
    policy["max_root_age_s"] = json!(max_root_age_s);
    policy["credentials"] = credentials;
    policy
}

fn checked_by(policy: Json, shelf: &Shelf) -> Result<CheckedPolicy, PolicyError> {
    serde_json::from_value::<Policy>(policy).unwrap().check(shelf)
}

fn checked(policy: Json) -> Result<CheckedPolicy, PolicyError> {
    checked_by(policy, &shelf().under("police"))
}

fn simple(max_root_age_s: u64) -> CheckedPolicy {
    checked(named(max_root_age_s, json!([query(ID, "identity/1", &["police"])]))).unwrap()
}

fn since(day: &str) -> Values {
    identity("identity/1").values(&object(json!({"born": "2000-01-01", "person_since": day}))).unwrap()
}

/// What the evaluator and the rows say of somebody who has had the secret since that day; they agree.
fn verdict(policy: &CheckedPolicy, values: &Values) -> Verdict {
    let plain = policy.evaluate(ID, NOW, values).unwrap();
    let rows = policy.rows(ID, NOW, &Map::new()).unwrap();
    assert_eq!(row_machine::run(&rows, &values.elements()), plain);
    plain
}

#[test]
fn the_secret_is_older_than_a_root_could_be_when_the_scope_begins() {
    for (max_root_age_s, limit, before) in [
        (1, "2026-08-31", "2026-08-30"),
        (DAY_S - CLOCKS_DIFFER_S, "2026-08-31", "2026-08-30"),
        (DAY_S - CLOCKS_DIFFER_S + 1, "2026-08-30", "2026-08-29"),
        (DAY_S, "2026-08-30", "2026-08-29"),
        (2 * DAY_S - CLOCKS_DIFFER_S, "2026-08-30", "2026-08-29"),
        (31 * DAY_S, "2026-07-31", "2026-07-30"),
    ] {
        let policy = simple(max_root_age_s);
        assert_eq!(verdict(&policy, &since(limit)), Verdict::Fails, "{max_root_age_s}");
        assert_eq!(verdict(&policy, &since(before)), Verdict::Holds, "{max_root_age_s}");
        assert_eq!(verdict(&policy, &since("1970-01-01")), Verdict::Holds, "{max_root_age_s}");
        assert_eq!(verdict(&policy, &since(START)), Verdict::Fails, "{max_root_age_s}");
    }
}

proptest! {
    #[test]
    fn evaluator_and_rows_agree_around_the_first_day(
        age in 1..=31 * DAY_S,
        far in -40i64..40,
        adult: bool,
    ) {
        let mut credential = query(ID, "identity/1", &["police"]);
        if adult {
            credential["require"] = json!({"any": [
                {"attr": "born", "op": "le", "value": "1990-01-01"},
                {"attr": "born", "op": "ge", "value": "1999-01-01"}]});
        }
        let policy = checked(named(age, json!([credential]))).unwrap();
        let start: jiff::civil::Date = START.parse().unwrap();
        let day = start.checked_add(jiff::Span::new().days(far)).unwrap();
        let days = i64::try_from((age + CLOCKS_DIFFER_S).div_ceil(DAY_S)).unwrap();
        let expected = if far < -days { Verdict::Holds } else { Verdict::Fails };
        prop_assert_eq!(verdict(&policy, &since(&day.to_string())), expected);
    }
}

#[test]
fn the_condition_stands_beside_the_query_s_own() {
    let mut credential = query(ID, "identity/1", &["police"]);
    credential["require"] = json!({"attr": "born", "op": "le", "value": "1990-01-01"});
    let json = named(DAY_S, json!([credential]));
    let policy = checked(json.clone()).unwrap();
    assert_eq!(verdict(&policy, &since("1970-01-01")), Verdict::Fails, "born in 2000");
    assert_eq!(policy.conditions(ID).count(), 2);
    assert!(policy.has_conditions(ID) && simple(1).has_conditions(ID));
    assert_eq!(serde_json::to_value(policy.policy()).unwrap(), json, "the record is as it was");
}

#[test]
fn people_read_it_in_both_languages() {
    let said = |language| simple(DAY_S).in_words(ID, NOW, language);
    assert_eq!(said("zh-CN"), ["本人秘密在 2026-08-30 之前就已启用，此后没有重置"]);
    assert_eq!(said("en"), ["Person secret has been in use since before 2026-08-30, without a reset"]);
    assert_eq!(simple(DAY_S).in_general(ID, "en"), said("en"));
}

#[test]
fn only_the_person_authority_is_believed() {
    let one = || query(ID, "identity/1", &["police"]);
    let refusal = |credentials| {
        let error = checked(named(DAY_S, credentials)).err().unwrap();
        (error.path, error.kind.code())
    };
    let other = query("c", "sample/1", &["police"]);
    assert!(checked(named(DAY_S, json!([other, one()]))).is_ok(), "other credentials may stand beside it");
    for (credentials, path, code) in [
        (json!([other]), "$.credentials", "person_credential"),
        (json!([one(), query("p", "passport/1", &["police"])]), "$.credentials", "person_credential"),
        (json!([one(), query("p", "identity/1", &["bank"])]), "$.credentials", "person_credential"),
        (json!([other, query(ID, "identity/1", &["bank"])]), "$.credentials[1].issuers", "person_issuer"),
        (json!([query(ID, "identity/1", &["police", "bank"])]), "$.credentials[0].issuers", "person_issuer"),
    ] {
        assert_eq!(refusal(credentials), (path.to_owned(), code));
    }
    let nobody = checked_by(named(DAY_S, json!([one()])), &shelf()).err().unwrap();
    assert_eq!((nobody.path.as_str(), nobody.kind.code()), ("$.pseudonym.start", "no_person_authority"));
}

#[test]
fn a_first_day_without_a_day_before_is_refused() {
    let mut json = named(DAY_S, json!([query(ID, "identity/1", &["police"])]));
    json["pseudonym"]["start"] = json!("0001-01-01");
    let error = checked(json).err().unwrap();
    assert_eq!((error.path.as_str(), error.kind.code()), ("$.pseudonym.start", "date_out_of_range"));
}

#[test]
fn the_condition_takes_an_atom() {
    let mut credential = query(ID, "identity/1", &["police"]);
    let condition = |n| json!({"attr": "born", "op": "ne", "value": format!("199{n}-01-01")});
    let conditions: Vec<_> = (1..=6).map(condition).collect();
    credential["require"] = json!({"all": conditions});
    let error = checked(named(DAY_S, json!([credential]))).err().unwrap();
    assert_eq!((error.path.as_str(), error.kind.code()), ("$.pseudonym.start", "too_many_atoms"));
}

#[test]
fn the_first_day_begins_at_midnight_in_utc_8() {
    // 2026-08-31T16:00:00Z.
    let begins = 1_788_192_000;
    let named = simple(DAY_S);
    let refused = named.check_start(begins - 1).unwrap_err();
    assert_eq!(refused.start.to_string(), START);
    assert_eq!(named.check_start(begins), Ok(()));
    assert_eq!(named.check_start(u64::MAX), Ok(()), "which has no day, and no rows");
    let session = checked(policy()).unwrap();
    assert_eq!(session.check_start(0), Ok(()));
}

#[test]
fn a_register_is_a_department() {
    let mut json = policy();
    json["pseudonym"] = json!({"scope": "s", "uses": 1, "register": "housing.nanning"});
    let register = checked(json).unwrap().register().map(ToString::to_string);
    assert_eq!(register.as_deref(), Some("housing.nanning"));
    assert_eq!(simple(1).register(), None);
}
