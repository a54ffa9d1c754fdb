//! Scoring models: integer weights over a schema's attributes, a base and a scale.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::weights::WeightError;
pub(crate) use self::weights::WeightedSum;
use crate::schema::{Localized, Schema, SchemaId, Value, Values, exact};

mod weights;

/// A published scorecard. score = (base + Σ weight·factor) / scale.
///
/// A factor counts as its field element does: decimals in units of 10^-scale, dates in days since 1970-01-01, `true` as
/// 1, an enum as its code. `base`, `scale` and weights beyond ±(2^53 − 1) are decimal strings in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoringModel {
    /// `name/version`.
    pub model: SchemaId,
    /// Whose attributes the weights name.
    pub schema: SchemaId,
    /// What people read.
    pub title: Localized,
    /// Points before any factor, in units of 1/scale.
    #[serde(with = "exact::signed")]
    pub base: i64,
    /// Units in one point, 1 or more.
    #[serde(with = "exact::unsigned")]
    pub scale: u64,
    /// Units per unit of each attribute.
    #[serde(with = "exact::by_name")]
    pub weights: BTreeMap<String, i64>,
    /// How it was made and what a point means.
    pub meaning: Localized,
}

/// Where a model is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {kind}")]
pub struct ModelError {
    /// JSON path.
    pub path: String,
    /// What is wrong there.
    pub kind: ModelErrorKind,
}

/// What is wrong in a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelErrorKind {
    /// It is for another schema than this one.
    #[error("is not {0}")]
    OtherSchema(SchemaId),
    /// `scale`.
    #[error("is zero; one point has at least one unit")]
    NoScale,
    /// `weights`.
    #[error(transparent)]
    Weight(WeightError),
}

impl ModelErrorKind {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OtherSchema(_) => "other_schema",
            Self::NoScale => "no_scale",
            Self::Weight(error) => error.code(),
        }
    }
}

impl ScoringModel {
    /// Checks weights against the schema's types and bounds: they name ordered attributes of it, none is zero,
    /// Σ|weight|·max + |base| < 2^63, so that no score leaves 64 bits, and the weights of optional attributes cannot
    /// cancel.
    pub fn check(&self, schema: &Schema) -> Result<(), ModelError> {
        if self.schema != schema.schema {
            return Err(refuse("$.schema", ModelErrorKind::OtherSchema(schema.schema.clone())));
        }
        if self.scale == 0 {
            return Err(refuse("$.scale", ModelErrorKind::NoScale));
        }
        match WeightedSum::new(schema, &self.weights, self.base) {
            Ok(_) => Ok(()),
            Err(e) => Err(refuse(&e.path("$.weights"), ModelErrorKind::Weight(e))),
        }
    }

    /// The score in units of 1/scale; `None` if a factor is absent.
    pub fn score_units(&self, values: &Values) -> Option<i64> {
        self.weights.iter().try_fold(self.base, |sum, (name, weight)| {
            let factor = values.get(name).and_then(Value::number)?;
            sum.checked_add(weight.checked_mul(factor)?)
        })
    }
}

fn refuse(path: &str, kind: ModelErrorKind) -> ModelError {
    ModelError { path: path.to_owned(), kind }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::ScoringModel;
    use crate::schema::Schema;

    fn schema() -> Schema {
        let title = json!({"zh-CN": "标题", "en": "Title"});
        let json = json!({"schema": "credit-factors/1", "title": title, "attributes": [
            {"name": "seniority", "type": "uint", "max": 100, "title": title},
            {"name": "bad", "type": "bool", "title": title},
            {"name": "assets", "type": "uint", "max": 1_000_000, "optional": true, "title": title},
            {"name": "debt", "type": "uint", "max": 1_000_000, "optional": true, "title": title},
            {"name": "name", "type": "text", "title": title}]});
        serde_json::from_value(json).unwrap()
    }

    fn scorecard() -> Json {
        let text = json!({"zh-CN": "评分卡", "en": "Scorecard"});
        json!({"model": "credit-scorecard/1", "schema": "credit-factors/1", "title": text, "meaning": text,
            "base": 385_196, "scale": 1000, "weights": {"seniority": 6296, "bad": -132_437, "assets": 2}})
    }

    fn check(json: Json) -> Result<(), String> {
        let model: ScoringModel = serde_json::from_value(json).map_err(|e| e.to_string())?;
        model.check(&schema()).map_err(|e| e.to_string())
    }

    #[test]
    fn scores_are_sums() {
        let model: ScoringModel = serde_json::from_value(scorecard()).unwrap();
        model.check(&schema()).unwrap();
        assert_eq!(serde_json::to_value(&model).unwrap(), scorecard());
        let values = |json: Json| schema().values(json.as_object().unwrap()).unwrap();
        let full = values(json!({"seniority": 10, "bad": true, "assets": 500, "name": "x"}));
        assert_eq!(model.score_units(&full), Some(385_196 + 62_960 - 132_437 + 1000));
        assert_eq!(model.score_units(&values(json!({"seniority": 10, "bad": true, "name": "x"}))), None);
    }

    #[test]
    fn a_model_that_breaks_one_rule_is_refused() {
        for (field, value, why) in [
            ("schema", json!("other/1"), "$.schema: is not credit-factors/1"),
            ("scale", json!(0), "$.scale: is zero"),
            ("scale", json!(-1), "negative"),
            ("weights", json!({}), "$.weights: is empty"),
            ("weights", json!({"seniority": 0}), "$.weights.seniority: is zero"),
            ("weights", json!({"name": 1}), "$.weights.name: is the weight of a text"),
            ("weights", json!({"other": 1}), "$.weights.other: is not an attribute"),
            ("weights", json!({"seniority": "92233720368547759"}), "64 bits"),
            ("base", json!("-9223372036854775808"), "64 bits"),
            ("weights", json!({"assets": 5, "debt": -5}), "`assets`, `debt`"),
            ("extra", json!(1), "unknown field"),
        ] {
            let mut json = scorecard();
            json[field] = value;
            let error = check(json).unwrap_err();
            assert!(error.contains(why), "{field}: {error}");
        }
    }

    #[test]
    fn a_score_may_reach_just_below_the_limit() {
        let mut json = scorecard();
        json["weights"] = json!({"bad": "9223372036854390611"});
        check(json.clone()).unwrap();
        json["weights"] = json!({"bad": "9223372036854390612"});
        check(json).unwrap_err();
    }
}
