//! Conditions on the score of a credential under an additive model, and the rows of [`score`](crate::score).

use ark_bn254::Fr;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value as Json, json};

use super::formula::json::{operand, test};
use super::{Catalogue, CheckedQuery, Literal, Policy, PolicyError, PolicyErrorKind, Test, Verdict};
use crate::field::power_of_two;
use crate::model::additive::BOUND;
use crate::model::{AdditiveModel, Curve, Model};
use crate::schema::exact::Integer;
use crate::schema::{ATTRIBUTES, Schema, SchemaId, Values};
use crate::score::{BINS, CHOICES, END_BITS, Rows};

/// `{"model": …, "credential": …, "op": …, "value": …}`: the score of one credential, in points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "Json")]
pub struct ScoreCondition {
    /// An additive model.
    pub model: SchemaId,
    /// The id of a credential query of the policy.
    pub credential: String,
    /// How the score compares: `ge`, `gt`, `le`, `lt` or `between`.
    pub test: Test,
}

/// Conditions of a policy.
pub(super) const SCORES: usize = 4;

/// One condition with everything it refers to.
#[derive(Clone)]
pub(super) struct CheckedScore {
    pub(super) model: AdditiveModel,
    rows: Rows,
}

/// For `#[serde(deserialize_with)]`: each condition has one form, and an error says which it is of.
pub(super) fn read<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<ScoreCondition>, D::Error> {
    conditions(Json::deserialize(d)?).map_err(serde::de::Error::custom)
}

fn conditions(json: Json) -> Result<Vec<ScoreCondition>, PolicyError> {
    match json {
        Json::Array(all) if (1..=SCORES).contains(&all.len()) => {
            let all = all.into_iter().enumerate();
            all.map(|(i, json)| condition(json, &format!("models[{i}]"))).collect()
        }
        _ => refuse("models", PolicyErrorKind::NotScores),
    }
}

fn condition(json: Json, path: &str) -> Result<ScoreCondition, PolicyError> {
    let Json::Object(mut object) = json else { return refuse(path, PolicyErrorKind::ScoreFields) };
    let mut text = |field| match object.remove(field) {
        Some(Json::String(text)) => Ok(text),
        _ => refuse(path, PolicyErrorKind::ScoreFields),
    };
    let model = text("model")?.parse();
    let model = model.or_else(|_| refuse(format!("{path}.model"), PolicyErrorKind::ModelName))?;
    let credential = text("credential")?;
    let operator = text("op")?;
    let test = test(&operator, object.remove("value"), path)?;
    if object.is_empty() {
        return Ok(ScoreCondition { model, credential, test });
    }
    refuse(path, PolicyErrorKind::ScoreFields)
}

impl From<ScoreCondition> for Json {
    fn from(condition: ScoreCondition) -> Json {
        let operator = condition.test.operator();
        let mut object = Map::new();
        object.insert("model".to_owned(), json!(condition.model));
        object.insert("credential".to_owned(), Json::String(condition.credential));
        object.insert("op".to_owned(), operator.into());
        if let Some(value) = operand(condition.test) {
            object.insert("value".to_owned(), value);
        }
        Json::Object(object)
    }
}

/// Checks and compiles the policy's `models`; `queries` are those of its credentials.
pub(super) fn checked(
    policy: &Policy,
    queries: &[CheckedQuery],
    catalogue: &dyn Catalogue,
) -> Result<Vec<CheckedScore>, PolicyError> {
    let conditions = policy.models.iter().enumerate();
    conditions
        .map(|(i, condition)| {
            let path = format!("$.models[{i}]");
            let place = policy.credentials.iter().position(|query| query.id == condition.credential);
            let Some(place) = place else {
                return refuse(format!("{path}.credential"), PolicyErrorKind::NotAsked);
            };
            let schema = &queries[place].names.schema;
            let model = match catalogue.model(&condition.model).filter(|m| *m.id() == condition.model) {
                Some(Model::Additive(model)) => model,
                Some(Model::Linear(_)) => {
                    return refuse(format!("{path}.model"), PolicyErrorKind::ModelIsLinear);
                }
                None => return refuse(format!("{path}.model"), PolicyErrorKind::UnknownModel),
            };
            if let Err(e) = model.check(schema) {
                return refuse(format!("{path}.model"), PolicyErrorKind::ModelDoesNotFit(e));
            }
            let (low, high) = bounds(model, &condition.test, &path)?;
            Ok(CheckedScore { model: model.clone(), rows: rows(model, schema, low, high) })
        })
        .collect()
}

/// The least and the greatest sum of points that the condition allows.
///
/// score ≥ x ⇔ base + Σ ≥ x·scale ⇔ Σ ≥ x·scale − base, and likewise for ≤: all in whole numbers, so exact.
fn bounds(model: &AdditiveModel, test: &Test, path: &str) -> Result<(i64, i64), PolicyError> {
    let sum = |literal: &Literal, place: &str| {
        let given = Integer::from_json(&Json::from(literal.clone()));
        let Some(Integer(given)) = given else {
            return refuse(format!("{path}.value{place}"), PolicyErrorKind::NotWhole);
        };
        let sum = i128::from(given) * i128::from(model.scale) - i128::from(model.base);
        let reached = i64::try_from(sum).ok().filter(|sum| model.range().contains(sum));
        reached.map_or_else(|| refuse(format!("{path}.value{place}"), PolicyErrorKind::OutOfReach), Ok)
    };
    match test {
        Test::AtLeast(x) => Ok((sum(x, "")?, BOUND)),
        Test::Greater(x) => Ok((sum(x, "")? + 1, BOUND)),
        Test::AtMost(x) => Ok((-BOUND, sum(x, "")?)),
        Test::Less(x) => Ok((-BOUND, sum(x, "")? - 1)),
        Test::Between(low, high) => {
            let low = sum(low, "[0]")?;
            let high = sum(high, "[1]")?;
            if low > high {
                return refuse(format!("{path}.value"), PolicyErrorKind::ReversedRange);
            }
            Ok((low, high))
        }
        Test::Equal(_)
        | Test::NotEqual(_)
        | Test::NotBetween(..)
        | Test::OneOf(_)
        | Test::NoneOf(_)
        | Test::Present
        | Test::Absent => refuse(format!("{path}.op"), PolicyErrorKind::OperatorOfScore),
    }
}

fn rows(model: &AdditiveModel, schema: &Schema, low: i64, high: i64) -> Rows {
    let curve = |i: usize| schema.attributes.get(i).and_then(|attribute| model.curves.get(&attribute.name));
    Rows {
        edge: std::array::from_fn(|i| curve(i).map_or([power_of_two(END_BITS); BINS], edges)),
        points: std::array::from_fn(|i| curve(i).map_or([Fr::from(0u8); CHOICES], points)),
        used: std::array::from_fn::<_, ATTRIBUTES, _>(|i| Fr::from(curve(i).is_some())),
        low: Fr::from(low),
        high: Fr::from(high),
    }
}

/// Missing bins begin where no number is.
fn edges(curve: &Curve) -> [Fr; BINS] {
    std::array::from_fn(|b| curve.edges.get(b).map_or_else(|| power_of_two(END_BITS), |edge| Fr::from(*edge)))
}

/// Missing bins count nothing; the last place is that of what is absent.
fn points(curve: &Curve) -> [Fr; CHOICES] {
    std::array::from_fn(|b| match b {
        BINS => Fr::from(curve.absent.unwrap_or(0)),
        _ => Fr::from(curve.points.get(b).copied().unwrap_or(0)),
    })
}

impl CheckedScore {
    pub(super) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The plain meaning, which shares nothing with the rows; `path` is the condition's.
    pub(super) fn evaluate(
        &self,
        condition: &ScoreCondition,
        values: &Values,
        path: &str,
    ) -> Result<Verdict, PolicyError> {
        if *values.schema() != self.model.schema {
            let expected = self.model.schema.clone();
            let given = values.schema().clone();
            return refuse(format!("{path}.model"), PolicyErrorKind::OtherSchema { expected, given });
        }
        let Some(score) = self.model.score_units(values).map(i128::from) else {
            return Ok(Verdict::Unprovable);
        };
        let limit = |literal: &Literal| {
            let points = Integer::from_json(&Json::from(literal.clone())).map(|n| i128::from(n.0));
            points.map(|points| points * i128::from(self.model.scale))
        };
        let holds = match &condition.test {
            Test::AtLeast(x) => limit(x).map(|x| score >= x),
            Test::Greater(x) => limit(x).map(|x| score > x),
            Test::AtMost(x) => limit(x).map(|x| score <= x),
            Test::Less(x) => limit(x).map(|x| score < x),
            Test::Between(low, high) => {
                limit(low).zip(limit(high)).map(|(low, high)| low <= score && score <= high)
            }
            Test::Equal(_)
            | Test::NotEqual(_)
            | Test::NotBetween(..)
            | Test::OneOf(_)
            | Test::NoneOf(_)
            | Test::Present
            | Test::Absent => None,
        };
        match holds {
            Some(true) => Ok(Verdict::Holds),
            Some(false) => Ok(Verdict::Fails),
            None => refuse(format!("{path}.op"), PolicyErrorKind::OperatorOfScore),
        }
    }
}

fn refuse<T>(path: impl Into<String>, kind: PolicyErrorKind) -> Result<T, PolicyError> {
    Err(PolicyError::new(path, kind))
}
