//! Conditions on scores: what they mean, in plain and as rows, what is refused, and how they are said.

use num_bigint::BigInt;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value as Json, json};

use super::agreement::{pick, random_schema, random_values};
use super::row_machine::signed;
use super::sample::{ID, Shelf, check, policy, text, values};
use crate::Fr;
use crate::constraints::alteration::synthesized;
use crate::field;
use crate::model::Model;
use crate::opening::Opening;
use crate::policy::{CheckedPolicy, Policy, PolicyErrorKind, Verdict};
use crate::samples;
use crate::schema::{ATTRIBUTES, Attribute, Schema, Values};
use crate::score::{self, BINS, Clause, Private, Public, Rows, Violated};

fn with_models(models: Json) -> Json {
    let mut policy = policy();
    policy["models"] = models;
    policy
}

fn condition(operator: &str, value: impl Into<Json>) -> Json {
    json!({"model": "additive/1", "credential": ID, "op": operator, "value": value.into()})
}

/// Clauses 2 and 3 of `score` over numbers, written apart from `score::check`.
fn run(rows: &Rows, attributes: &[Fr; ATTRIBUTES]) -> Verdict {
    let mut sum = BigInt::from(0);
    for (i, a) in attributes.iter().enumerate() {
        let number = signed(*a);
        let edges: Vec<BigInt> = rows.edge[i].iter().map(|edge| signed(*edge)).collect();
        let end = BigInt::from(1) << 62;
        let bin = (0..BINS).find(|b| edges[*b] <= number && number < *edges.get(b + 1).unwrap_or(&end));
        match bin {
            Some(b) => sum += signed(rows.points[i][b]),
            None if rows.used[i] == Fr::from(0) || *a == field::absent() => {
                sum += signed(rows.points[i][BINS]);
            }
            None => return Verdict::Unprovable,
        }
    }
    if signed(rows.low) <= sum && sum <= signed(rows.high) { Verdict::Holds } else { Verdict::Fails }
}

/// The verdict in plain, which is also that of the rows.
fn meaning(policy: &CheckedPolicy, values: &Values) -> Verdict {
    let plain = policy.evaluate_score(0, values).unwrap();
    let (_, rows) = policy.score_rows().next().unwrap();
    assert_eq!(run(rows, &values.elements()), plain);
    plain
}

#[test]
fn scores_are_compared_exactly() {
    // score 650: 0; since 2001: 0 of 12; debt absent: 5; (100 + 5) / 10 = 10.5
    for (operator, value, expected) in [
        ("ge", json!(10), Verdict::Holds),
        ("ge", json!(11), Verdict::Fails),
        ("gt", json!(10), Verdict::Holds),
        ("gt", json!(11), Verdict::Fails),
        ("le", json!(10), Verdict::Fails),
        ("le", json!(11), Verdict::Holds),
        ("lt", json!(11), Verdict::Holds),
        ("lt", json!(10), Verdict::Fails),
        ("between", json!([10, 11]), Verdict::Holds),
        ("between", json!([11, 12]), Verdict::Fails),
        ("between", json!([2, 10]), Verdict::Fails),
    ] {
        let policy = check(with_models(json!([condition(operator, value.clone())]))).unwrap();
        assert_eq!(meaning(&policy, &values(json!({}))), expected, "{operator} {value}");
    }
    // 100 + 80 − 40 = 14.0 exactly.
    let changes = json!({"score": 700, "debt": 1000});
    for (operator, expected) in
        [("ge", Verdict::Holds), ("gt", Verdict::Fails), ("le", Verdict::Holds), ("lt", Verdict::Fails)]
    {
        let policy = check(with_models(json!([condition(operator, json!(14))]))).unwrap();
        assert_eq!(meaning(&policy, &values(changes.clone())), expected, "{operator}");
    }
}

#[test]
fn rows_are_padded_where_nothing_is_said() {
    let policy = check(with_models(json!([condition("ge", json!(10))]))).unwrap();
    let (condition, rows) = policy.score_rows().next().unwrap();
    assert_eq!(condition.credential, ID);
    let beyond = field::power_of_two(62);
    assert_eq!(rows.edge[0][..4], [Fr::from(0), Fr::from(600), Fr::from(700), beyond]);
    assert_eq!(rows.points[0][..4], [Fr::from(-50), Fr::from(0), Fr::from(80), Fr::from(0)]);
    assert_eq!((rows.points[0][BINS], rows.points[7][BINS]), (Fr::from(0), Fr::from(5)));
    // `level` has no curve, and neither has what the schema does not have.
    for unused in [1, ATTRIBUTES - 1] {
        assert_eq!(rows.edge[unused], [beyond; BINS]);
        assert!(rows.points[unused].iter().all(|points| *points == Fr::from(0)));
        assert_eq!(rows.used[unused], Fr::from(0));
    }
    assert_eq!((rows.low, rows.high), (Fr::from(0), Fr::from(1u64 << 61)));
    assert!(policy.is_linked(ID));
}

#[test]
fn one_refusal_for_each_rule() {
    let with = |changes: &[(&str, Json)]| {
        let mut condition = condition("ge", json!(10));
        for (field, value) in changes {
            condition[*field] = value.clone();
        }
        json!([condition])
    };
    for (models, why) in [
        (json!({}), "models: is not an array"),
        (json!([]), "models: is not an array"),
        (json!(vec![condition("ge", json!(10)); 5]), "models: is not an array"),
        (json!([1]), "models[0]: is not an object"),
        (with(&[("extra", json!(1))]), "models[0]: is not an object"),
        (with(&[("credential", json!(1))]), "models[0]: is not an object"),
        (with(&[("model", json!("x"))]), "models[0].model: is not a `name/version`"),
        (with(&[("op", json!("like"))]), "models[0].value: follows an unknown operator"),
        (with(&[("value", json!(0.5))]), "models[0].value: is not a whole number"),
        (with(&[("op", json!("eq"))]), "$.models[0].op: does not fit a score"),
        (with(&[("op", json!("not_between")), ("value", json!([1, 2]))]), "$.models[0].op: does not fit"),
        (with(&[("credential", json!("x"))]), "$.models[0].credential: names a credential"),
        (with(&[("model", json!("missing/1"))]), "$.models[0].model: is not a published"),
        (with(&[("model", json!("scorecard/1"))]), "$.models[0].model: is a linear scorecard"),
        (with(&[("value", json!("x"))]), "$.models[0].value: is not a whole number of 64 bits"),
        (with(&[("value", json!(21))]), "$.models[0].value: is outside"),
        (with(&[("value", json!(0))]), "$.models[0].value: is outside"),
        (with(&[("op", json!("between")), ("value", json!([10, 21]))]), "$.models[0].value[1]: is outside"),
        (with(&[("op", json!("between")), ("value", json!([11, 10]))]), "$.models[0].value: has its ends"),
    ] {
        let error = check(with_models(models.clone())).err().unwrap_or_else(|| panic!("{models}"));
        assert!(error.contains(why), "{models}: {error}");
    }
    let mut other = with_models(with(&[]));
    other["credentials"][0]["schema"] = json!("other/1");
    let error = check(other).err().unwrap();
    assert!(error.contains("$.models[0].model: does not fit the credential"), "{error}");
    let mut atom = policy();
    atom["credentials"][0]["require"] = json!({"model": "additive/1", "op": "ge", "value": 10});
    let error = check(atom).err().unwrap();
    assert!(error.contains("$.credentials[0].require.model: is an additive model"), "{error}");
}

#[test]
fn scores_are_said_and_round_trip() {
    let json = with_models(json!([condition("ge", json!(10)), condition("between", json!([10, 12]))]));
    let policy = check(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(policy.policy()).unwrap(), json);
    assert_eq!(
        policy.scores_in_words("zh-CN"),
        ["“样例”按“加性模型”计算的得分至少 10", "“样例”按“加性模型”计算的得分在 10 到 12 之间（含）"]
    );
    assert_eq!(policy.scores_in_words("en")[0], "Score of “Sample” under “Additive model” is at least 10");
    assert_eq!(policy.score_models().len(), 2);
}

#[test]
fn questions_about_other_values_or_conditions() {
    let policy = check(with_models(json!([condition("ge", json!(10))]))).unwrap();
    assert_eq!(policy.evaluate_score(1, &values(json!({}))).unwrap_err().kind, PolicyErrorKind::UnknownScore);
    let other = json!({"schema": "other/1", "title": text(), "attributes": [
        {"name": "score", "type": "uint", "max": 9, "title": text()}]});
    let other: Schema = serde_json::from_value(other).unwrap();
    let foreign = other.values_from_text([("score", "7")]).ok().unwrap();
    assert_eq!(policy.evaluate_score(0, &foreign).unwrap_err().kind.code(), "other_schema");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// On random schemas, models and values the evaluator and the rows agree, and so does the statement in plain Rust.
    #[test]
    fn of_evaluator_and_rows(seed: u64) {
        if let Some((policy, values)) = random(seed) {
            let expected = match meaning(&policy, &values) {
                Verdict::Holds => Ok(()),
                Verdict::Fails => Err(Violated(Clause::Sum)),
                Verdict::Unprovable => Err(Violated(Clause::Bins)),
            };
            let (public, private) = instance(&policy, &values, seed);
            prop_assert_eq!(score::check(&public, &private), expected);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn of_evaluator_and_statement(seed: u64) {
        if let Some((policy, values)) = random(seed) {
            let holds = meaning(&policy, &values) == Verdict::Holds;
            let (public, private) = instance(&policy, &values, seed);
            let cs = synthesized(score::Circuit { assignment: Some((public.clone(), private.clone())) });
            prop_assert_eq!(cs.is_satisfied().unwrap(), holds);
            prop_assert_eq!(score::assign(&public, &private).is_ok(), holds);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// What a verifier guarantees of edges, points, `used` and bounds.
    #[test]
    fn the_rules_hold_of_every_compiled_condition(seed: u64) {
        if let Some((policy, _)) = random(seed) {
            let (_, rows) = policy.score_rows().next().unwrap();
            let schema = policy.schema(ID).unwrap();
            (0..ATTRIBUTES).for_each(|i| obeys(rows, i, schema.attributes.get(i)));
            let far = BigInt::from(1) << 61;
            for bound in [rows.low, rows.high].map(signed) {
                prop_assert!(-&far <= bound && bound <= far);
            }
        }
    }
}

fn obeys(rows: &Rows, i: usize, attribute: Option<&Attribute>) {
    let beyond = BigInt::from(1) << 62;
    let edges: Vec<BigInt> = rows.edge[i].iter().map(|edge| signed(*edge)).collect();
    let points: Vec<BigInt> = rows.points[i].iter().map(|points| signed(*points)).collect();
    if rows.used[i] == Fr::from(0) {
        assert!(edges.iter().all(|edge| *edge == beyond) && points.iter().all(|p| *p == BigInt::from(0)));
        return;
    }
    assert_eq!(rows.used[i], Fr::from(1));
    let range = attribute.and_then(|attribute| attribute.kind.range()).unwrap();
    let bins = edges.iter().take_while(|edge| **edge != beyond).count();
    assert!(bins > 0 && edges[0] <= BigInt::from(*range.start()));
    assert!(edges[..bins].windows(2).all(|pair| pair[0] < pair[1]) && edges[bins - 1] < beyond);
    assert!(edges[bins..].iter().all(|edge| *edge == beyond));
    assert!(points[bins..BINS].iter().all(|p| *p == BigInt::from(0)));
    assert!(points.iter().all(|p| p.magnitude().bits() <= 41));
}

#[test]
fn random_cases_reach_both_verdicts() {
    let cases: Vec<_> =
        (0..300).filter_map(random).map(|(policy, values)| meaning(&policy, &values)).collect();
    for verdict in [Verdict::Holds, Verdict::Fails] {
        assert!(cases.iter().filter(|case| **case == verdict).count() > 30, "{verdict:?}");
    }
}

/// A random model over a random schema, a condition on it, and values; `None` where no attribute has an order, or the value
/// is out of reach.
fn random(seed: u64) -> Option<(CheckedPolicy, Values)> {
    let mut rng = StdRng::seed_from_u64(seed);
    let schema = random_schema(&mut rng);
    let values = random_values(&mut rng, &schema);
    let mut curves = Map::new();
    for attribute in schema.attributes.iter().filter(|_| rng.gen_ratio(2, 3)).collect::<Vec<_>>() {
        if let Some(range) = attribute.kind.range() {
            let mut edges = vec![*range.start() - rng.gen_range(0..2)];
            for _ in 1..rng.gen_range(1..=BINS) {
                edges.push(edges[edges.len() - 1] + pick(&mut rng, &[1, 1, 2, 700, 13_000]));
            }
            let points: Vec<i64> = edges.iter().map(|_| rng.gen_range(-9..10)).collect();
            let mut curve = json!({"edges": edges, "points": points});
            if attribute.optional {
                curve["absent"] = json!(rng.gen_range(-9..10));
            }
            curves.insert(attribute.name.clone(), curve);
        }
    }
    if curves.is_empty() {
        return None;
    }
    let model = json!({"model": "additive/1", "kind": "additive", "schema": schema.schema, "title": text(),
        "meaning": text(), "base": 7, "scale": 3, "curves": curves});
    let model: Model = serde_json::from_value(model).unwrap();
    model.check(&schema).unwrap();
    let mut json = policy();
    json["credentials"][0]["schema"] = json!(schema.schema);
    let value = rng.gen_range(-2..6);
    json["models"] = json!([condition(pick(&mut rng, &["ge", "gt", "le", "lt"]), json!(value))]);
    let mut shelf = Shelf::of(schema);
    shelf.add(model);
    match serde_json::from_value::<Policy>(json).unwrap().check(&shelf) {
        Ok(policy) => Some((policy, values)),
        Err(e) if e.kind == PolicyErrorKind::OutOfReach => None,
        Err(e) => panic!("{e}"),
    }
}

fn instance(policy: &CheckedPolicy, values: &Values, seed: u64) -> (Public, Private) {
    let mut rng = StdRng::seed_from_u64(seed);
    let secrets = samples::secrets(&mut rng);
    let mut credential = samples::credential(&secrets, &mut rng);
    credential.schema = values.schema().clone();
    credential.values = values.clone();
    let opening = Opening { blind: Fr::from(rng.r#gen::<u64>()), credential };
    let (_, rows) = policy.score_rows().next().unwrap();
    (Public { context: Fr::from(seed), link: opening.link(), rows: rows.clone() }, Private { opening })
}
