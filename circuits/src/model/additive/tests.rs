//! What an additive model counts, and one refusal for each of its rules.

use serde_json::{Value as Json, json};

use super::super::Model;
use crate::schema::{Schema, Values};

fn schema() -> Schema {
    let title = json!({"zh-CN": "标题", "en": "Title"});
    let json = json!({"schema": "credit-factors/1", "title": title, "attributes": [
        {"name": "seniority", "type": "uint", "max": 100, "title": title},
        {"name": "born", "type": "date", "title": title},
        {"name": "assets", "type": "uint", "max": 1_000_000, "optional": true, "title": title},
        {"name": "name", "type": "text", "title": title}]});
    serde_json::from_value(json).unwrap()
}

fn json() -> Json {
    let text = json!({"zh-CN": "加性模型", "en": "Additive model"});
    json!({"model": "credit-additive/1", "kind": "additive", "schema": "credit-factors/1", "title": text,
        "meaning": text, "base": 5000, "scale": 10, "curves": {
            "seniority": {"edges": [0, 3, 10], "points": [-200, 0, 150]},
            "assets": {"edges": [-5, 1000], "points": [0, 70], "absent": -30},
            "born": {"edges": [-719_162, 0], "points": [20, 10]}}})
}

fn model() -> Model {
    serde_json::from_value(json()).unwrap()
}

fn values(json: &Json) -> Values {
    schema().values(json.as_object().unwrap()).unwrap()
}

#[test]
fn a_score_is_the_base_and_the_points_of_each_bin() {
    let model = model();
    model.check(&schema()).unwrap();
    assert_eq!(serde_json::to_value(&model).unwrap(), json());
    for (seniority, assets, born, units) in [
        (0, json!(0), "1969-12-31", 5000 - 200 + 20),
        (2, json!(999), "1970-01-01", 5000 - 200 + 10),
        (3, json!(1000), "2000-01-01", 5000 + 70 + 10),
        (9, json!(null), "2000-01-01", 5000 - 30 + 10),
        (10, json!(1_000_000), "0001-01-01", 5000 + 150 + 70 + 20),
        (100, json!(0), "9999-12-31", 5000 + 150 + 10),
    ] {
        let values = values(&json!({"seniority": seniority, "assets": assets, "born": born, "name": "x"}));
        assert_eq!(model.score_units(&values), Some(units), "{seniority} {assets} {born}");
    }
}

#[test]
fn the_range_is_that_of_all_curves_together() {
    let Model::Additive(model) = model() else { panic!("it says its kind") };
    assert_eq!(model.range(), -200 - 30 + 10..=150 + 70 + 20);
}

#[test]
fn a_model_without_a_kind_is_linear() {
    let mut linear = json();
    for field in ["kind", "curves"] {
        linear.as_object_mut().unwrap().remove(field);
    }
    linear["weights"] = json!({"seniority": 3});
    let model: Model = serde_json::from_value(linear.clone()).unwrap();
    assert!(matches!(model, Model::Linear(_)));
    assert_eq!(serde_json::to_value(&model).unwrap(), linear);
}

#[test]
fn a_model_that_breaks_one_rule_is_refused() {
    let long: Vec<i64> = (0..17).collect();
    for (pointer, value, why) in [
        ("/kind", json!("forest"), "additive"),
        ("/schema", json!("other/1"), "$.schema: is not credit-factors/1"),
        ("/scale", json!(0), "$.scale: is zero"),
        ("/base", json!("2305843009213693953"), "$.base: is not within"),
        ("/curves", json!({}), "$.curves: is empty"),
        ("/curves/other", json!({"edges": [0], "points": [0]}), "$.curves.other: is not an attribute"),
        ("/curves/name", json!({"edges": [0], "points": [0]}), "$.curves.name: is the curve of a text"),
        ("/curves/seniority/edges", json!([]), "$.curves.seniority.edges: has 0 edges"),
        ("/curves/seniority/edges", json!(long), "$.curves.seniority.edges: has 17 edges"),
        ("/curves/seniority/points", json!([1, 2]), "$.curves.seniority.points: has not 3"),
        ("/curves/seniority/edges", json!([0, 3, 3]), "$.curves.seniority.edges[2]: is not above"),
        ("/curves/seniority/edges", json!([0, 4, 3]), "$.curves.seniority.edges[2]: is not above"),
        ("/curves/seniority/edges", json!([1, 3, 10]), "$.curves.seniority.edges[0]: is above the least"),
        ("/curves/born/edges", json!([-719_161, 0]), "$.curves.born.edges[0]: is above the least"),
        ("/curves/seniority/edges", json!([-1_099_511_627_777_i64, 3, 10]), "edges[0]: is not within"),
        ("/curves/seniority/edges", json!([0, 3, "4611686018427387904"]), "edges[2]: is not within"),
        ("/curves/seniority/points", json!([0, 0, 1_099_511_627_777_i64]), "points[2]: is not within"),
        ("/curves/assets/absent", json!(-1_099_511_627_777_i64), "$.curves.assets.absent: is not within"),
        ("/curves/seniority/absent", json!(0), "$.curves.seniority.absent: is given"),
        ("/curves/assets", json!({"edges": [0], "points": [0]}), "$.curves.assets: has no `absent`"),
        ("/curves/seniority/points", json!([0, 0, 0.5]), "whole number"),
        ("/curves/seniority/extra", json!(1), "unknown field"),
        ("/extra", json!(1), "unknown field"),
    ] {
        let mut changed = json();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap()[field] = value;
        let model = serde_json::from_value::<Model>(changed).map_err(|e| e.to_string());
        let error = model.and_then(|m| m.check(&schema()).map_err(|e| e.to_string())).unwrap_err();
        assert!(error.contains(why), "{pointer}: {error}");
    }
}

/// The ends of what is allowed are allowed.
#[test]
fn the_limits_themselves_are_within() {
    for (pointer, value) in [
        ("/curves/seniority/edges", json!([-1_099_511_627_776_i64, 3, "4611686018427387903"])),
        ("/curves/seniority/points", json!([1_099_511_627_776_i64, -1_099_511_627_776_i64, 0])),
        ("/base", json!("-2305843009213693952")),
    ] {
        let mut changed = json();
        *changed.pointer_mut(pointer).unwrap() = value;
        serde_json::from_value::<Model>(changed).unwrap().check(&schema()).unwrap();
    }
}
