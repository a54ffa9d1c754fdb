//! Published models over a schema's attributes: linear scorecards and additive models.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

pub use self::additive::{AdditiveModel, AdditiveWord, Curve};
#[cfg(test)]
pub(crate) use self::weights::MAX_OPTIONAL;
pub use self::weights::WeightError;
pub(crate) use self::weights::WeightedSum;
use crate::schema::{Localized, Schema, SchemaId, Value, Values, exact};
use crate::score::BINS;

pub(crate) mod additive;
mod weights;

/// A published model. In JSON an additive one says `"kind": "additive"`; a linear one says no kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Model {
    /// A weighted sum: an atom of [`show`](crate::show).
    Linear(ScoringModel),
    /// A sum of curves: a proof of [`score`](crate::score).
    Additive(AdditiveModel),
}

impl Model {
    /// `name/version`.
    pub fn id(&self) -> &SchemaId {
        match self {
            Self::Linear(model) => &model.model,
            Self::Additive(model) => &model.model,
        }
    }

    /// Whose attributes it names.
    pub fn schema(&self) -> &SchemaId {
        match self {
            Self::Linear(model) => &model.schema,
            Self::Additive(model) => &model.schema,
        }
    }

    /// What people read.
    pub fn title(&self) -> &Localized {
        match self {
            Self::Linear(model) => &model.title,
            Self::Additive(model) => &model.title,
        }
    }

    /// How it was made and what a point means.
    pub fn meaning(&self) -> &Localized {
        match self {
            Self::Linear(model) => &model.meaning,
            Self::Additive(model) => &model.meaning,
        }
    }

    /// Units in one point.
    pub fn scale(&self) -> u64 {
        match self {
            Self::Linear(model) => model.scale,
            Self::Additive(model) => model.scale,
        }
    }

    /// Checks it against its schema.
    pub fn check(&self, schema: &Schema) -> Result<(), ModelError> {
        match self {
            Self::Linear(model) => model.check(schema),
            Self::Additive(model) => model.check(schema),
        }
    }

    /// The score in units of 1/scale; `None` if a linear model's factor is absent.
    pub fn score_units(&self, values: &Values) -> Option<i64> {
        match self {
            Self::Linear(model) => model.score_units(values),
            Self::Additive(model) => model.score_units(values),
        }
    }
}

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(d)?;
        let model = match json.get("kind") {
            None => ScoringModel::deserialize(json).map(Self::Linear),
            Some(_) => AdditiveModel::deserialize(json).map(Self::Additive),
        };
        model.map_err(serde::de::Error::custom)
    }
}

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
    /// `base` of an additive model.
    #[error("is not within ±2^61")]
    Base,
    /// `curves`.
    #[error("is empty; an additive model has at least one curve")]
    NoCurves,
    /// A curve's name.
    #[error("is not an attribute of the schema")]
    UnknownAttribute,
    /// A curve of a text.
    #[error(
        "is the curve of a text, which has no number; only uint, decimal, date, bool and enum have curves"
    )]
    CurveOfText,
    /// So many edges.
    #[error("has {0} edges; a curve has 1 to {BINS}")]
    BinCount(usize),
    /// Not so many points as there are edges, which are so many.
    #[error("has not {0} numbers, as many as there are edges")]
    PointCount(usize),
    /// An edge.
    #[error("is not within [−2^40, 2^62)")]
    EdgeRange,
    /// An edge that is not above the one before it.
    #[error("is not above the edge before it; edges ascend strictly")]
    EdgesDescend,
    /// A first edge that leaves values without points.
    #[error("is above the least value of the attribute, which would have no points; begin at that or below")]
    FirstEdge,
    /// Points.
    #[error("is not within ±2^40")]
    Points,
    /// An optional attribute whose absence counts nothing known.
    #[error("has no `absent`, but the attribute is optional; say what its absence counts")]
    NoPointsForAbsent,
    /// Points for what cannot be.
    #[error("is given, but the attribute is not optional; leave it out")]
    NeverAbsent,
}

impl ModelErrorKind {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OtherSchema(_) => "other_schema",
            Self::NoScale => "no_scale",
            Self::Weight(error) => error.code(),
            Self::Base => "bad_base",
            Self::NoCurves => "no_curves",
            Self::UnknownAttribute => "unknown_attribute",
            Self::CurveOfText => "curve_of_text",
            Self::BinCount(_) => "bad_bin_count",
            Self::PointCount(_) => "bad_point_count",
            Self::EdgeRange => "edge_out_of_range",
            Self::EdgesDescend => "edges_descend",
            Self::FirstEdge => "first_edge_too_high",
            Self::Points => "points_out_of_range",
            Self::NoPointsForAbsent => "no_points_for_absent",
            Self::NeverAbsent => "never_absent",
        }
    }
}

impl ScoringModel {
    /// Checks weights against the schema's types and bounds: they name ordered attributes of it, none is zero,
    /// Σ|weight|·max + |base| < 2^63, so that no score leaves 64 bits, and the weights of optional attributes cannot
    /// cancel.
    pub fn check(&self, schema: &Schema) -> Result<(), ModelError> {
        if self.schema != schema.schema {
            return refuse("$.schema", ModelErrorKind::OtherSchema(schema.schema.clone()));
        }
        if self.scale == 0 {
            return refuse("$.scale", ModelErrorKind::NoScale);
        }
        match WeightedSum::new(schema, &self.weights, self.base) {
            Ok(_) => Ok(()),
            Err(e) => refuse(&e.path("$.weights"), ModelErrorKind::Weight(e)),
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

fn refuse<T>(path: &str, kind: ModelErrorKind) -> Result<T, ModelError> {
    Err(ModelError { path: path.to_owned(), kind })
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
