//! One policy, its schema and its model, to be changed by each test.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::credential::DepartmentId;
use crate::model::Model;
use crate::policy::{Catalogue, CheckedPolicy, Policy, PolicyError, Verdict};
use crate::samples;
use crate::schema::{Schema, SchemaId, Values};
use crate::show::Rows;

/// The policy asks for one credential, called so.
pub(super) const ID: &str = "c";

/// Published schemas and models of a test.
#[derive(Default)]
pub(super) struct Shelf {
    schemas: BTreeMap<SchemaId, Schema>,
    models: BTreeMap<SchemaId, Model>,
    authority: Option<DepartmentId>,
}

impl Catalogue for Shelf {
    fn person_authority(&self) -> Option<&DepartmentId> {
        self.authority.as_ref()
    }
    fn schema(&self, id: &SchemaId) -> Option<&Schema> {
        self.schemas.get(id)
    }
    fn model(&self, id: &SchemaId) -> Option<&Model> {
        self.models.get(id)
    }
}

impl Shelf {
    /// The samples' schema and a scorecard over it.
    pub(super) fn sample() -> Self {
        let mut shelf = Self::of(samples::schema());
        shelf.add(model(&json!({"score": 3, "assets": 2, "debt": -1})));
        let other = json!({"schema": "other/1", "title": text(), "attributes": [
            {"name": "score", "type": "uint", "max": 9, "title": text()}]});
        let other: Schema = serde_json::from_value(other).unwrap();
        shelf.schemas.insert(other.schema.clone(), other);
        let Model::Linear(mut foreign) = model(&json!({"score": 1})) else { unreachable!("it is linear") };
        foreign.model = "foreign/1".parse().unwrap();
        foreign.schema = "other/1".parse().unwrap();
        shelf.add(Model::Linear(foreign));
        shelf.add(additive());
        shelf
    }

    pub(super) fn of(schema: Schema) -> Self {
        Self { schemas: [(schema.schema.clone(), schema)].into(), ..Self::default() }
    }

    /// The same where this department says since when people have their secrets.
    pub(super) fn under(self, authority: &str) -> Self {
        Self { authority: Some(authority.parse().unwrap()), ..self }
    }

    pub(super) fn add(&mut self, model: Model) {
        self.models.insert(model.id().clone(), model);
    }

    pub(super) fn add_schema(&mut self, schema: Schema) {
        self.schemas.insert(schema.schema.clone(), schema);
    }
}

/// `scorecard/1` over the sample schema: (base 100 + Σ) / 10.
pub(super) fn model(weights: &Json) -> Model {
    let json = json!({"model": "scorecard/1", "schema": "sample/1", "title": {"zh-CN": "评分卡", "en": "Scorecard"},
        "meaning": text(), "base": 100, "scale": 10, "weights": weights});
    serde_json::from_value(json).unwrap()
}

/// `additive/1` over the sample schema: (100 + points) / 10.
pub(super) fn additive() -> Model {
    let json = json!({"model": "additive/1", "kind": "additive", "schema": "sample/1",
        "title": {"zh-CN": "加性模型", "en": "Additive model"}, "meaning": text(), "base": 100, "scale": 10, "curves": {
            "score": {"edges": [0, 600, 700], "points": [-50, 0, 80]},
            "since": {"edges": [-719_162, 11_000], "points": [12, 0]},
            "debt": {"edges": [0, 1000], "points": [3, -40], "absent": 5}}});
    serde_json::from_value(json).unwrap()
}

pub(super) fn text() -> Json {
    json!({"zh-CN": "文字", "en": "Text"})
}

/// A policy over the sample schema, without a formula.
pub(super) fn policy() -> Json {
    json!({"policy": "test/1", "title": text(), "purpose": text(), "legal_basis": "§ 1", "retention_days": 30,
        "pseudonym": "session", "max_root_age_s": 86400,
        "credentials": [{"id": ID, "schema": "sample/1", "issuers": ["credit.nanning"]}]})
}

pub(super) fn with_formula(formula: Json) -> Json {
    let mut policy = policy();
    policy["credentials"][0]["require"] = formula;
    policy
}

/// Parses and compiles.
pub(super) fn check(policy: Json) -> Result<CheckedPolicy, String> {
    let policy: Policy = serde_json::from_value(policy).map_err(|e| e.to_string())?;
    policy.check(&Shelf::sample()).map_err(|e| e.to_string())
}

pub(super) fn compiled(formula: Json) -> CheckedPolicy {
    check(with_formula(formula)).unwrap()
}

pub(super) fn rows(policy: &CheckedPolicy) -> Rows {
    rows_revealing(policy, json!({})).unwrap()
}

pub(super) fn rows_revealing(policy: &CheckedPolicy, revealed: Json) -> Result<Rows, PolicyError> {
    policy.rows(ID, samples::NOW, &object(revealed))
}

/// Sample values: score 650, level B, rate 3.85, since 2001-02-03, no home, name 南宁; changed by `changes`.
pub(super) fn values(changes: Json) -> Values {
    let mut all = object(json!({"score": 650, "level": "B", "rate": "3.85", "since": "2001-02-03",
        "owns_home": false, "name": "南宁"}));
    all.extend(object(changes));
    samples::schema().values(&all).unwrap()
}

pub(super) fn verdict(policy: &CheckedPolicy, values: &Values) -> Verdict {
    policy.evaluate(ID, samples::NOW, values).unwrap()
}

pub(super) fn object(json: Json) -> Map<String, Json> {
    let Json::Object(object) = json else { unreachable!("tests give objects") };
    object
}
