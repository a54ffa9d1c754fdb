//! Formulas from and to JSON, in exactly one form each.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json, json};

use super::{Condition, Formula, Literal, Subject, Test};
use crate::policy::{PolicyError, PolicyErrorKind};
use crate::schema::exact::Integer;

const DEPTH: usize = 16;
const CONDITIONS: usize = 64;

/// Paths in a formula over one credential start here: its place in the credential query.
const ROOT: &str = "require";
/// And in a formula across credentials here.
const ACROSS: &str = "across";

impl TryFrom<Json> for Formula {
    type Error = PolicyError;

    fn try_from(json: Json) -> Result<Self, PolicyError> {
        Reader { conditions: 0 }.formula(json, ROOT, 1)
    }
}

/// For `#[serde(deserialize_with)]` on the formula across credentials.
pub(in crate::policy) fn read_across<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Formula>, D::Error> {
    let formula = Reader { conditions: 0 }.formula(Json::deserialize(d)?, ACROSS, 1);
    formula.map(Some).map_err(serde::de::Error::custom)
}

/// Counts what it has read, so that a hostile formula is refused before anything is built from it.
struct Reader {
    conditions: usize,
}

impl Reader {
    fn formula(&mut self, json: Json, path: &str, depth: usize) -> Result<Formula, PolicyError> {
        if depth > DEPTH {
            return refuse(path, PolicyErrorKind::TooDeep);
        }
        let Json::Object(mut object) = json else {
            return refuse(path, PolicyErrorKind::NotFormula);
        };
        let connective = ["all", "any", "not"].into_iter().find(|key| object.contains_key(*key));
        let Some(key) = connective else { return self.condition(object, path).map(Formula::Condition) };
        let operand = object.remove(key).unwrap_or_default();
        let path = format!("{path}.{key}");
        if !object.is_empty() {
            return refuse(&path, PolicyErrorKind::FieldsBeside);
        }
        match key {
            "all" => self.formulas(operand, &path, depth).map(Formula::All),
            "any" => self.formulas(operand, &path, depth).map(Formula::Any),
            _ => self.formula(operand, &path, depth + 1).map(|inner| Formula::Not(Box::new(inner))),
        }
    }

    fn formulas(&mut self, json: Json, path: &str, depth: usize) -> Result<Vec<Formula>, PolicyError> {
        match json {
            Json::Array(all) if all.is_empty() => refuse(path, PolicyErrorKind::NoFormulas),
            Json::Array(all) => {
                let each = all.into_iter().enumerate();
                each.map(|(i, json)| self.formula(json, &format!("{path}[{i}]"), depth + 1)).collect()
            }
            _ => refuse(path, PolicyErrorKind::NotFormulas),
        }
    }

    fn condition(&mut self, mut object: Map<String, Json>, path: &str) -> Result<Condition, PolicyError> {
        self.conditions += 1;
        if self.conditions > CONDITIONS {
            return refuse(path, PolicyErrorKind::TooManyConditions);
        }
        let subject = subject(&mut object, path)?;
        let Some(Json::String(operator)) = object.remove("op") else {
            return refuse(path, PolicyErrorKind::NoOperator);
        };
        let test = test(&operator, object.remove("value"), path)?;
        match object.keys().next() {
            None => Ok(Condition { subject, test }),
            Some(_) => refuse(path, PolicyErrorKind::ConditionFields),
        }
    }
}

fn subject(object: &mut Map<String, Json>, path: &str) -> Result<Subject, PolicyError> {
    match (object.remove("attr"), object.remove("sum"), object.remove("model")) {
        (Some(Json::String(name)), None, None) => Ok(Subject::Attribute(name)),
        (None, Some(Json::Object(weights)), None) => weights_from(&weights, path).map(Subject::Sum),
        (None, None, Some(Json::String(id))) => match id.parse() {
            Ok(id) => Ok(Subject::Model(id)),
            Err(_) => refuse(&format!("{path}.model"), PolicyErrorKind::ModelName),
        },
        _ => refuse(path, PolicyErrorKind::Subject),
    }
}

fn weights_from(weights: &Map<String, Json>, path: &str) -> Result<BTreeMap<String, i64>, PolicyError> {
    let weight = |(name, json): (&String, &Json)| match Integer::from_json(json) {
        Some(weight) => Ok((name.clone(), weight.0)),
        None => refuse(&format!("{path}.sum.{name}"), PolicyErrorKind::NotWhole),
    };
    weights.iter().map(weight).collect()
}

/// An operator with its value; `path` is the condition's.
pub(in crate::policy) fn test(operator: &str, value: Option<Json>, path: &str) -> Result<Test, PolicyError> {
    let path = format!("{path}.value");
    let one = |value| literal(value, &path);
    Ok(match (operator, value) {
        ("present", None) => Test::Present,
        ("absent", None) => Test::Absent,
        ("present" | "absent", Some(_)) => {
            return refuse(&path, PolicyErrorKind::ValueGiven);
        }
        ("eq", Some(value)) => Test::Equal(one(value)?),
        ("ne", Some(value)) => Test::NotEqual(one(value)?),
        ("lt", Some(value)) => Test::Less(one(value)?),
        ("le", Some(value)) => Test::AtMost(one(value)?),
        ("gt", Some(value)) => Test::Greater(one(value)?),
        ("ge", Some(value)) => Test::AtLeast(one(value)?),
        ("between", Some(value)) => pair(value, &path).map(|(low, high)| Test::Between(low, high))?,
        ("not_between", Some(value)) => pair(value, &path).map(|(low, high)| Test::NotBetween(low, high))?,
        ("in", Some(value)) => Test::OneOf(set(value, &path)?),
        ("not_in", Some(value)) => Test::NoneOf(set(value, &path)?),
        (_, Some(_)) => {
            return refuse(&path, PolicyErrorKind::UnknownOperator);
        }
        (_, None) => return refuse(&path, PolicyErrorKind::NoValue),
    })
}

fn set(json: Json, path: &str) -> Result<Vec<Literal>, PolicyError> {
    let Json::Array(values) = json else { return refuse(path, PolicyErrorKind::NotValues) };
    let each = values.into_iter().enumerate();
    each.map(|(i, json)| literal(json, &format!("{path}[{i}]"))).collect()
}

fn pair(json: Json, path: &str) -> Result<(Literal, Literal), PolicyError> {
    match <[Literal; 2]>::try_from(set(json, path)?) {
        Ok([low, high]) => Ok((low, high)),
        Err(_) => refuse(path, PolicyErrorKind::NotPair),
    }
}

fn literal(json: Json, path: &str) -> Result<Literal, PolicyError> {
    match json {
        Json::Bool(b) => Ok(Literal::Bool(b)),
        Json::Number(_) => match Integer::from_json(&json) {
            Some(n) => Ok(Literal::Integer(n.0)),
            None => refuse(path, PolicyErrorKind::NotExact),
        },
        Json::String(s) => Ok(Literal::Text(s)),
        Json::Object(object) => match (object.len(), object.get("today").and_then(Json::as_str)) {
            (1, Some(offset)) => offset
                .parse()
                .map(Literal::Today)
                .or_else(|_| refuse(&format!("{path}.today"), PolicyErrorKind::NotOffset)),
            _ => refuse(path, PolicyErrorKind::NotToday),
        },
        Json::Null | Json::Array(_) => refuse(path, PolicyErrorKind::NotLiteral),
    }
}

fn refuse<T>(path: &str, kind: PolicyErrorKind) -> Result<T, PolicyError> {
    Err(PolicyError::new(path, kind))
}

impl From<Formula> for Json {
    fn from(formula: Formula) -> Json {
        match formula {
            Formula::All(all) => json!({ "all": all }),
            Formula::Any(any) => json!({ "any": any }),
            Formula::Not(inner) => json!({ "not": inner }),
            Formula::Condition(condition) => condition.into(),
        }
    }
}

impl From<Condition> for Json {
    fn from(condition: Condition) -> Json {
        let (key, subject) = match condition.subject {
            Subject::Attribute(name) => ("attr", Json::String(name)),
            Subject::Sum(weights) => {
                ("sum", weights.into_iter().map(|(name, weight)| (name, Integer(weight).to_json())).collect())
            }
            Subject::Model(id) => ("model", Json::String(id.into())),
        };
        let mut object = Map::new();
        object.insert(key.to_owned(), subject);
        object.insert("op".to_owned(), condition.test.operator().into());
        if let Some(value) = operand(condition.test) {
            object.insert("value".to_owned(), value);
        }
        Json::Object(object)
    }
}

/// The value that an operator is written with.
pub(in crate::policy) fn operand(test: Test) -> Option<Json> {
    match test {
        Test::Equal(v)
        | Test::NotEqual(v)
        | Test::Less(v)
        | Test::AtMost(v)
        | Test::Greater(v)
        | Test::AtLeast(v) => Some(v.into()),
        Test::Between(low, high) | Test::NotBetween(low, high) => Some(vec![low, high].into()),
        Test::OneOf(set) | Test::NoneOf(set) => Some(set.into()),
        Test::Present | Test::Absent => None,
    }
}

impl From<Literal> for Json {
    fn from(literal: Literal) -> Json {
        match literal {
            Literal::Bool(b) => b.into(),
            Literal::Integer(n) => Integer(n).to_json(),
            Literal::Text(s) => s.into(),
            Literal::Today(offset) => json!({ "today": offset.to_string() }),
        }
    }
}
