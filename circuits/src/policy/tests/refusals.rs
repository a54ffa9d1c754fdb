//! One refusal per rule, each with the JSON path that it points at.

use serde_json::{Value as Json, json};

use super::sample::{ID, check, compiled, policy, rows_revealing, text, values, with_formula};
use crate::samples::NOW;

fn refused(policy: &Json, why: &[&str]) {
    let error = check(policy.clone()).err().unwrap_or_else(|| panic!("{policy} was accepted"));
    for part in why {
        assert!(error.contains(part), "{policy}\nsays `{error}`, not `{part}`");
    }
}

#[test]
fn conditions() {
    let at = |rest: &str| format!("$.credentials[0].require{rest}");
    for (formula, path, why) in [
        (json!({"attr": "nothing", "op": "eq", "value": 1}), ".attr", "not an attribute"),
        (json!({"attr": "name", "op": "ge", "value": "x"}), ".op", "text has none"),
        (json!({"attr": "name", "op": "between", "value": ["x", "y"]}), ".op", "text has none"),
        (json!({"attr": "name", "op": "eq", "value": "e\u{301}"}), ".value", "NFC"),
        (json!({"attr": "name", "op": "eq", "value": 7}), ".value", "string"),
        (json!({"attr": "name", "op": "eq", "value": {"today": "-1y"}}), ".value", "relative date"),
        (json!({"attr": "score", "op": "ge", "value": 2001}), ".value", "above"),
        (json!({"attr": "score", "op": "lt", "value": -1}), ".value", "whole"),
        (json!({"attr": "score", "op": "eq", "value": true}), ".value", "whole"),
        (json!({"attr": "rate", "op": "ge", "value": "1.005"}), ".value", "finer"),
        (json!({"attr": "level", "op": "eq", "value": "E"}), ".value", "names"),
        (json!({"attr": "since", "op": "le", "value": "2001-02-29"}), ".value", "calendar"),
        (json!({"attr": "score", "op": "between", "value": [3, 2]}), ".value", "wrong way"),
        (json!({"attr": "score", "op": "between", "value": [3, 2001]}), ".value[1]", "above"),
        (json!({"attr": "score", "op": "in", "value": []}), ".value", "empty"),
        (json!({"attr": "score", "op": "in", "value": [1, 2, 3, 4, 5, 6, 7, 8, 9]}), ".value", "9 members"),
        (json!({"attr": "score", "op": "not_in", "value": [1, 2001]}), ".value[1]", "above"),
        (json!({"sum": {}, "op": "ge", "value": 1}), ".sum", "empty"),
        (json!({"sum": {"score": 0}, "op": "ge", "value": 1}), ".sum.score", "zero"),
        (json!({"sum": {"name": 1}, "op": "ge", "value": 1}), ".sum.name", "text"),
        (json!({"sum": {"other": 1}, "op": "ge", "value": 1}), ".sum.other", "not an attribute"),
        (json!({"sum": {"score": "4611686018427387904"}, "op": "ge", "value": 1}), ".sum", "64 bits"),
        (json!({"sum": {"assets": 1, "debt": -1}, "op": "ge", "value": 1}), ".sum", "`assets`, `debt`"),
        (json!({"sum": {"score": 2}, "op": "ge", "value": 4001}), ".value", "outside"),
        (json!({"sum": {"score": 2}, "op": "ge", "value": "x"}), ".value", "whole"),
        (json!({"sum": {"score": 2}, "op": "present"}), ".op", "sum"),
        (json!({"model": "missing/1", "op": "ge", "value": 1}), ".model", "not a published"),
        (json!({"model": "foreign/1", "op": "ge", "value": 1}), ".model", "does not fit"),
        (json!({"model": "scorecard/1", "op": "eq", "value": 1}), ".op", "score"),
        (json!({"model": "scorecard/1", "op": "not_between", "value": [1, 2]}), ".op", "score"),
        (json!({"model": "scorecard/1", "op": "absent"}), ".op", "score"),
        (json!({"model": "scorecard/1", "op": "ge", "value": 300_000_000}), ".value", "outside"),
    ] {
        refused(&with_formula(formula), &[&format!("{}: ", at(path)), why]);
    }
}

#[test]
fn forms() {
    let mut deep = json!({"attr": "score", "op": "present"});
    for _ in 0..16 {
        deep = json!({ "not": deep });
    }
    let many = vec![json!({"attr": "score", "op": "present"}); 65];
    for (formula, path, why) in [
        (json!([]), "require", "not an object"),
        (json!({}), "require", "`attr`"),
        (json!({"all": []}), "require.all", "empty"),
        (json!({"any": []}), "require.any", "empty"),
        (json!({"any": {}}), "require.any", "array"),
        (json!({"all": [1]}), "require.all[0]", "not an object"),
        (json!({"not": {"any": [{"attr": "x"}]}}), "require.not.any[0]", "`op`"),
        (json!({"all": [], "any": []}), "require.all", "beside"),
        (json!({"attr": "x", "sum": {}, "op": "eq", "value": 1}), "require", "one of"),
        (json!({"attr": "x", "op": "eq"}), "require.value", "missing"),
        (json!({"attr": "x", "op": "eq", "value": 1, "also": 1}), "require", "other than"),
        (json!({"attr": "x", "op": "like", "value": 1}), "require.value", "unknown operator"),
        (json!({"attr": "x", "op": "present", "value": 1}), "require.value", "take none"),
        (json!({"attr": "x", "op": "eq", "value": 1.5}), "require.value", "whole"),
        (json!({"attr": "x", "op": "eq", "value": 9_007_199_254_740_992_u64}), "require.value", "strings"),
        (json!({"attr": "x", "op": "eq", "value": null}), "require.value", "not a value"),
        (
            json!({"attr": "x", "op": "eq", "value": {"today": "-18y", "x": 1}}),
            "require.value",
            "not a value",
        ),
        (json!({"attr": "x", "op": "eq", "value": {"today": "18y"}}), "require.value.today", "-18y"),
        (json!({"attr": "x", "op": "in", "value": "A"}), "require.value", "array"),
        (json!({"attr": "x", "op": "between", "value": [1, 2, 3]}), "require.value", "[low, high]"),
        (json!({"sum": {"x": 0.5}, "op": "eq", "value": 1}), "require.sum.x", "whole"),
        (json!({"model": "x", "op": "ge", "value": 1}), "require.model", "name/version"),
        (deep, "require.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not", "16 deep"),
        (json!({ "any": many }), "require.any[64]", "65th"),
    ] {
        refused(&with_formula(formula), &[&format!("{path}: "), why]);
    }
}

#[test]
fn seven_atoms_point_at_the_seventh() {
    let atoms: Vec<_> = (0..8).map(|n| json!({"attr": "score", "op": "ge", "value": n})).collect();
    refused(&with_formula(json!({ "any": atoms })), &["$.credentials[0].require.any[6]: ", "8 are needed"]);
    check(with_formula(json!({ "any": atoms[..6] }))).unwrap();
}

#[test]
fn revealed_attributes_count_as_atoms_and_clauses() {
    let atoms: Vec<_> = (0..6).map(|n| json!({"attr": "score", "op": "ge", "value": n})).collect();
    let with = |count: usize, reveal: Json| {
        let mut policy = with_formula(json!({ "any": atoms[..count] }));
        policy["credentials"][0]["reveal"] = reveal;
        policy
    };
    check(with(4, json!(["level", "name"]))).unwrap();
    refused(
        &with(5, json!(["level", "name"])),
        &["$.credentials[0].require.any[4]: ", "7 are needed (5 conditions and 2"],
    );
    let seven = json!(["score", "level", "rate", "since", "owns_home", "name", "debt"]);
    refused(&with(1, seven), &["$.credentials[0].require.any[0]: ", "8 are needed"]);
    let mut revealing = policy();
    revealing["credentials"][0]["reveal"] =
        json!(["score", "level", "rate", "since", "owns_home", "name", "debt"]);
    refused(&revealing, &["$.credentials[0].reveal: ", "7 are needed"]);
}

#[test]
fn too_many_clauses_are_counted() {
    let atom = |n: u32| json!({"attr": "score", "op": "ge", "value": n});
    let pair = |n| json!({"all": [atom(n), atom(n + 1)]});
    let formula = json!({"any": [pair(0), pair(2), pair(4)]});
    refused(&with_formula(formula), &["$.credentials[0].require: ", "8 clauses"]);
    let mut revealing = with_formula(json!({"any": [pair(0), {"all": [atom(2), atom(3), atom(4)]}]}));
    check(revealing.clone()).unwrap();
    revealing["credentials"][0]["reveal"] = json!(["level"]);
    refused(&revealing, &["$.credentials[0].require: ", "7 clauses", "6 of the formula and 1 of revealed"]);
}

#[test]
fn hostile_formulas_are_refused_without_being_expanded() {
    let pair = |n: u32| json!({"all": [{"attr": "score", "op": "eq", "value": n}, {"attr": "score", "op": "ne", "value": n}]});
    let formula = json!({"any": (0..32).map(pair).collect::<Vec<_>>()});
    refused(&with_formula(formula), &["64 are needed"]);
    let repeated = json!({"any": vec![json!({"all": [pair(1), pair(2), pair(3)]}); 10]});
    refused(&with_formula(repeated), &["clauses"]);
}

#[test]
fn envelopes() {
    let credential = policy()["credentials"][0].clone();
    let renamed = |id: &str| {
        let mut renamed = credential.clone();
        renamed["id"] = json!(id);
        renamed
    };
    let five: Vec<_> = ["a", "b", "c", "d", "e"].map(renamed).into();
    for (pointer, value, why) in [
        ("/retention_days", json!(3651), "$.retention_days: "),
        ("/max_root_age_s", json!(0), "$.max_root_age_s: "),
        ("/max_root_age_s", json!(31 * 86_400 + 1), "$.max_root_age_s: "),
        ("/legal_basis", json!("\u{1b}[2J"), "$.legal_basis: "),
        ("/pseudonym", json!({"scope": "s", "uses": 0}), "$.pseudonym.uses: "),
        ("/pseudonym", json!({"scope": "", "uses": 1}), "$.pseudonym.scope: "),
        ("/pseudonym", json!({"scope": "a/b", "uses": 1}), "$.pseudonym.scope: "),
        ("/pseudonym", json!({"scope": "s", "uses": 1, "x": 1}), "Pseudonym"),
        ("/pseudonym", json!({"scope": "s", "uses": 1, "start": "2026-02-30"}), "$.pseudonym.start: "),
        ("/pseudonym", json!({"scope": "s", "uses": 1, "start": "2026-9-1"}), "$.pseudonym.start: "),
        ("/pseudonym", json!({"scope": "s", "uses": 1, "register": "a b"}), "$.pseudonym.register: "),
        ("/pseudonym", json!({"scope": "s", "uses": 1, "register": ""}), "$.pseudonym.register: "),
        ("/pseudonym", json!("forever"), "Pseudonym"),
        ("/credentials", json!([]), "$.credentials: "),
        ("/credentials", json!(five), "$.credentials: "),
        ("/credentials", json!([credential, credential]), "$.credentials[1].id: "),
        ("/credentials/0/id", json!("a b"), "$.credentials[0].id: "),
        ("/credentials/0/schema", json!("unknown/1"), "$.credentials[0].schema: "),
        ("/credentials/0/issuers", json!([]), "$.credentials[0].issuers: "),
        ("/credentials/0/issuers", json!(["a", "a"]), "$.credentials[0].issuers: "),
        ("/credentials/0/issuers", json!(["a", "b", "c", "d", "e"]), "$.credentials[0].issuers: "),
        ("/credentials/0/reveal", json!(["nothing"]), "$.credentials[0].reveal[0]: "),
        ("/credentials/0/reveal", json!(["name", "name"]), "$.credentials[0].reveal[1]: "),
        ("/credentials/0/extra", json!(1), "unknown field"),
        ("/extra", json!(1), "unknown field"),
        ("/title", json!({"en": "x"}), "zh-CN"),
    ] {
        let mut changed = policy();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap()[field] = value;
        refused(&changed, &[why]);
    }
}

#[test]
fn revealed_values() {
    let mut revealing = policy();
    revealing["credentials"][0]["reveal"] = json!(["level", "debt"]);
    let policy = check(revealing).unwrap();
    rows_revealing(&policy, json!({"level": "A", "debt": null})).unwrap();
    for (revealed, why) in [
        (json!({}), "$.credentials[0].reveal: "),
        (json!({"level": "A"}), "$.credentials[0].reveal: "),
        (json!({"level": "A", "debt": 1, "score": 650}), "$.credentials[0].reveal: "),
        (json!({"level": "A", "score": 650}), "$.credentials[0].reveal[1]: `debt`"),
        (json!({"level": null, "debt": 1}), "$.credentials[0].reveal[0]: `level`"),
        (json!({"level": "E", "debt": 1}), "$.credentials[0].reveal[0]: `level`"),
        (json!({"level": "A", "debt": "99"}), "$.credentials[0].reveal[1]: `debt`"),
    ] {
        let error = rows_revealing(&policy, revealed.clone()).unwrap_err().to_string();
        assert!(error.contains(why), "{revealed}: {error}");
        assert!(!error.contains("99") && !error.contains("\"E\""), "{error} quotes a value");
    }
}

#[test]
fn questions_that_the_policy_does_not_ask() {
    let policy = compiled(json!({"attr": "since", "op": "le", "value": {"today": "-18y"}}));
    assert_eq!(policy.rows("x", NOW, &serde_json::Map::new()).unwrap_err().path, "$.credentials");
    assert_eq!(policy.rows(ID, u64::MAX, &serde_json::Map::new()).unwrap_err().path, "now");
    assert_eq!(policy.evaluate("x", NOW, &values(json!({}))).unwrap_err().path, "$.credentials");
    let other = json!({"schema": "other/1", "title": text(), "attributes": [
        {"name": "score", "type": "uint", "max": 9, "title": text()}]});
    let other: crate::schema::Schema = serde_json::from_value(other).unwrap();
    let foreign = other.values_from_text([("score", "7")]).ok().unwrap();
    assert_eq!(policy.evaluate(ID, NOW, &foreign).unwrap_err().path, "$.credentials[0].schema");
}
