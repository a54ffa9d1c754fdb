//! What particular policies mean: the documented example, edges of ranges, absent attributes, scopes.

use std::num::NonZeroU16;

use serde_json::{Value as Json, json};

use super::row_machine;
use super::sample::{ID, check, compiled, policy, rows, rows_revealing, values, verdict, with_formula};
use crate::Fr;
use crate::credential::Scope;
use crate::policy::{Policy, Verdict};
use crate::samples::{self, NOW};

/// Evaluator and rows agree, and say this.
fn means(formula: &Json, changes: Json, expected: Verdict) {
    let (policy, values) = (compiled(formula.clone()), values(changes));
    assert_eq!(verdict(&policy, &values), expected, "{formula}");
    assert_eq!(row_machine::run(&rows(&policy), &values.elements()), expected, "rows of {formula}");
}

#[test]
fn the_documented_example_parses_and_round_trips() {
    let example = json!({ "policy": "fast-lane/1",
      "title": {"zh-CN": "信用快速通道", "en": "Fast lane for good credit"},
      "purpose": {"zh-CN": "公租房申请受理", "en": "Public housing application"},
      "legal_basis": "…", "retention_days": 30,
      "pseudonym": "session",
      "max_root_age_s": 86400,
      "credentials": [
        { "id": "credit", "schema": "credit-report/1", "issuers": ["credit.nanning"],
          "require": {"all": [
            {"attr": "score", "op": "ge", "value": 650},
            {"any": [ {"attr": "level", "op": "in", "value": ["A", "B"]},
                      {"sum": {"tax": 2, "court": -5}, "op": "ge", "value": 10} ]} ]},
          "reveal": ["level"] },
        { "id": "identity", "schema": "identity/1", "issuers": ["gongan.nanning"],
          "require": {"attr": "birth_date", "op": "le", "value": {"today": "-18y"}} } ] });
    let policy: Policy = serde_json::from_value(example.clone()).unwrap();
    assert_eq!(serde_json::to_value(&policy).unwrap(), example);
    assert_eq!(policy.legal_basis.text("en"), "…");
}

#[test]
fn digests_are_of_the_canonical_form() {
    let digest = |json: Json| serde_json::from_value::<Policy>(json).unwrap().digest();
    let written = serde_json::from_str::<Json>(&policy().to_string()).unwrap();
    assert_eq!(digest(policy()), digest(written));
    let mut other = policy();
    other["retention_days"] = json!(31);
    assert_ne!(digest(policy()), digest(other));
}

#[test]
fn possession_alone_is_a_constant_true() {
    let policy = check(policy()).unwrap();
    assert_eq!(verdict(&policy, &values(json!({}))), Verdict::Holds);
    let rows = rows(&policy);
    assert_eq!(row_machine::run(&rows, &values(json!({})).elements()), Verdict::Holds);
    assert!(rows.literal.iter().all(|clause| clause[0] == Fr::from(1)));
}

#[test]
fn ranges_include_what_they_should() {
    use Verdict::{Fails, Holds};
    for (operator, value, expected) in [
        ("ge", json!(650), Holds),
        ("ge", json!(651), Fails),
        ("gt", json!(649), Holds),
        ("gt", json!(650), Fails),
        ("le", json!(650), Holds),
        ("le", json!(649), Fails),
        ("lt", json!(651), Holds),
        ("lt", json!(650), Fails),
        ("eq", json!(650), Holds),
        ("ne", json!(650), Fails),
        ("between", json!([650, 650]), Holds),
        ("between", json!([651, 2000]), Fails),
        ("not_between", json!([651, 2000]), Holds),
        ("not_between", json!([0, 650]), Fails),
        ("in", json!([1, 650]), Holds),
        ("not_in", json!([1, 650]), Fails),
        ("not_in", json!([0]), Holds),
    ] {
        let atom = json!({"attr": "score", "op": operator, "value": value});
        means(&atom, json!({}), expected);
        let opposite = if expected == Holds { Fails } else { Holds };
        means(&json!({ "not": atom }), json!({}), opposite);
    }
}

#[test]
fn absent_attributes_are_compared_by_equality_only() {
    use Verdict::{Fails, Holds, Unprovable};
    for (atom, expected) in [
        (json!({"attr": "debt", "op": "absent"}), Holds),
        (json!({"attr": "debt", "op": "present"}), Fails),
        (json!({"attr": "debt", "op": "eq", "value": 5}), Fails),
        (json!({"attr": "debt", "op": "ne", "value": 5}), Holds),
        (json!({"attr": "debt", "op": "in", "value": [5, 6]}), Fails),
        (json!({"attr": "debt", "op": "not_in", "value": [5, 6]}), Holds),
        (json!({"sum": {"score": 1, "debt": 2}, "op": "eq", "value": 5}), Fails),
        (json!({"sum": {"score": 1, "debt": 2}, "op": "not_in", "value": [5]}), Holds),
        (json!({"attr": "debt", "op": "ge", "value": 5}), Unprovable),
        (json!({"attr": "debt", "op": "not_between", "value": [5, 6]}), Unprovable),
        (json!({"sum": {"score": 1, "debt": -1}, "op": "ge", "value": 5}), Unprovable),
        (json!({"model": "scorecard/1", "op": "ge", "value": 5}), Unprovable),
    ] {
        means(&atom, json!({}), expected);
    }
}

#[test]
fn an_order_atom_on_an_absent_attribute_counts_wherever_it_stands() {
    let order = json!({"attr": "debt", "op": "ge", "value": 5});
    let present = json!({"attr": "debt", "op": "present"});
    let sure = json!({"attr": "score", "op": "ge", "value": 1});
    for formula in [
        json!({"any": [sure, order]}),
        json!({"all": [sure, {"any": [sure, order]}]}),
        json!({"any": [order, {"not": order}]}),
        json!({"all": [{"not": sure}, order]}),
        json!({"any": [{"not": present}, {"all": [present, order]}]}),
    ] {
        means(&formula, json!({}), Verdict::Unprovable);
    }
}

#[test]
fn weights_that_could_cancel_would_hide_an_absence() {
    // The hazard itself: with both attributes absent, 2^250 − 2^250 = 0 is in every range around zero.
    let (assets, debt) = (6, 7);
    let policy = compiled(json!({"sum": {"assets": 2, "debt": -1}, "op": "ge", "value": 0}));
    let mut rows = rows(&policy);
    let values = values(json!({}));
    assert_eq!(row_machine::run(&rows, &values.elements()), Verdict::Unprovable);
    rows.atoms[0].weight[assets] = Fr::from(1);
    assert_eq!(rows.atoms[0].weight[debt], Fr::from(-1));
    assert_eq!(row_machine::run(&rows, &values.elements()), Verdict::Holds);
    // The rule that closes it.
    check(with_formula(json!({"sum": {"assets": 1, "debt": -1}, "op": "ge", "value": 0}))).err().unwrap();
}

#[test]
fn dates_follow_the_counter_s_clock() {
    let atom = |offset: &str| json!({"attr": "since", "op": "le", "value": {"today": offset}});
    // NOW is 2025-10-09 in Nanning.
    means(&atom("-18y"), json!({"since": "2007-10-09"}), Verdict::Holds);
    means(&atom("-18y"), json!({"since": "2007-10-10"}), Verdict::Fails);
    means(&json!({"not": atom("-18y")}), json!({"since": "2007-10-10"}), Verdict::Holds);
    means(&atom("-60y"), json!({"since": "1957-05-05"}), Verdict::Holds);
    means(&atom("-60y"), json!({"since": "1965-10-10"}), Verdict::Fails);
    let since = json!({"attr": "since", "op": "eq", "value": {"today": "-30d"}});
    means(&since, json!({"since": "2025-09-09"}), Verdict::Holds);
}

#[test]
fn scores_are_compared_exactly() {
    use Verdict::{Fails, Holds};
    // (100 + 3·650 + 2·5 − 1) / 10 = 205.9
    let changes = json!({"assets": 5, "debt": 1});
    for (operator, value, expected) in [
        ("ge", json!(205), Holds),
        ("ge", json!(206), Fails),
        ("gt", json!(205), Holds),
        ("le", json!(205), Fails),
        ("le", json!(206), Holds),
        ("lt", json!(206), Holds),
        ("between", json!([205, 206]), Holds),
        ("between", json!([206, 207]), Fails),
    ] {
        means(&json!({"model": "scorecard/1", "op": operator, "value": value}), changes.clone(), expected);
    }
    means(&json!({"model": "scorecard/1", "op": "gt", "value": 206}), json!({"assets": 5, "debt": 0}), Fails);
    means(&json!({"model": "scorecard/1", "op": "ge", "value": 206}), json!({"assets": 5, "debt": 0}), Holds);
}

#[test]
fn equal_conditions_share_a_slot() {
    let slots = |formula: Json| compiled(formula).queries[0].normal_form.slots.len();
    let ge = json!({"attr": "score", "op": "ge", "value": 650});
    let same = json!({"any": [
        ge, {"attr": "score", "op": "gt", "value": 649}, {"not": {"attr": "score", "op": "lt", "value": 650}},
        {"not": {"attr": "score", "op": "le", "value": 649}}]});
    assert_eq!(slots(same), 1);
    let sets = json!({"any": [
        {"attr": "level", "op": "in", "value": ["A", "B"]}, {"attr": "level", "op": "in", "value": ["B", "A", "B"]},
        {"not": {"attr": "level", "op": "not_in", "value": ["A", "B"]}}]});
    assert_eq!(slots(sets), 1);
    assert_eq!(slots(json!({"any": [ge, {"not": ge}]})), 2);
}

#[test]
fn revealed_values_are_part_of_the_statement() {
    let mut revealing = with_formula(json!({"attr": "score", "op": "ge", "value": 600}));
    revealing["credentials"][0]["reveal"] = json!(["level", "debt"]);
    let policy = check(revealing).unwrap();
    let run = |revealed: Json, changes: Json| {
        row_machine::run(&rows_revealing(&policy, revealed).unwrap(), &values(changes).elements())
    };
    assert_eq!(run(json!({"level": "B", "debt": null}), json!({})), Verdict::Holds);
    assert_eq!(run(json!({"level": "A", "debt": null}), json!({})), Verdict::Fails);
    assert_eq!(run(json!({"level": "B", "debt": 0}), json!({})), Verdict::Fails);
    assert_eq!(run(json!({"level": "B", "debt": 7}), json!({"debt": 7})), Verdict::Holds);
    assert_eq!(run(json!({"level": "B", "debt": null}), json!({"score": 599})), Verdict::Fails);
}

#[test]
fn scopes_follow_the_pseudonym() {
    let (department, context) = (samples::department(), Fr::from(7));
    let session = check(policy()).unwrap();
    assert_eq!(session.scope(&department, &context), Scope::session(&context));
    let mut named = policy();
    named["pseudonym"] = json!({"scope": "housing-2026", "uses": 1});
    let named = check(named).unwrap();
    assert_eq!(
        named.scope(&department, &context),
        Scope::named("housing-2026", &department, NonZeroU16::MIN)
    );
    assert_eq!(named.scope(&department, &Fr::from(8)), named.scope(&department, &context));
}

#[test]
fn the_schema_of_a_query_is_at_hand() {
    let policy = check(policy()).unwrap();
    assert_eq!(policy.schema(ID), Some(&samples::schema()));
    assert_eq!(policy.schema("x"), None);
    assert!(policy.in_words("x", NOW, "en").is_empty());
}
