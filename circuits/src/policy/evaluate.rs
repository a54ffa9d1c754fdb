//! The plain meaning of a formula: walks it as it was written, over typed values.
//!
//! Nothing here is shared with the compiler (`slot`, `clauses`, `rows`); the two are tested against each other.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value as Json;

use super::across::{self, CheckedAcross};
use super::vocabulary::{Decimals, OneCredential, SeveralCredentials, Vocabulary};
use super::{
    CheckedQuery, Condition, CredentialQuery, Formula, Literal, PolicyError, PolicyErrorKind, Subject, Test,
    Verdict,
};
use crate::schema::{AttributeType, Value, Values, exact};

/// `path` is the query's.
pub(super) fn evaluate(
    path: &str,
    query: &CredentialQuery,
    checked: &CheckedQuery,
    today: Date,
    values: &Values,
) -> Result<Verdict, PolicyError> {
    if *values.schema() != query.schema {
        let kind =
            PolicyErrorKind::OtherSchema { expected: query.schema.clone(), given: values.schema().clone() };
        return Err(PolicyError::new(format!("{path}.schema"), kind));
    }
    let facts = Facts { record: &Record(&checked.names, values), today };
    let all: Vec<_> = checked.conditions.parts(path).collect();
    if all.iter().any(|(_, formula)| facts.compares_absent(formula)) {
        return Ok(Verdict::Unprovable);
    }
    // Each is looked at before one decides, so that what cannot be decided does not depend on the order.
    let verdicts = all.iter().map(|(place, formula)| verdict(&facts, formula, place));
    let verdicts = verdicts.collect::<Result<Vec<_>, _>>()?;
    Ok(if verdicts.contains(&Verdict::Fails) { Verdict::Fails } else { Verdict::Holds })
}

/// `values` are those of the credentials that the formula names, by their ids.
pub(super) fn evaluate_across(
    formula: &Formula,
    checked: &CheckedAcross,
    today: Date,
    values: &BTreeMap<&str, &Values>,
) -> Result<Verdict, PolicyError> {
    for member in &checked.names.members {
        let Some(values) = values.get(member.id.as_str()) else {
            return Err(PolicyError::new(across::PATH, PolicyErrorKind::NoValues(member.id.clone())));
        };
        if *values.schema() != member.schema.schema {
            let expected = member.schema.schema.clone();
            let given = values.schema().clone();
            return Err(PolicyError::new(across::PATH, PolicyErrorKind::OtherSchema { expected, given }));
        }
    }
    verdict(&Facts { record: &Records(&checked.names, values), today }, formula, across::PATH)
}

fn verdict(facts: &Facts<'_>, formula: &Formula, path: &str) -> Result<Verdict, PolicyError> {
    if facts.compares_absent(formula) {
        return Ok(Verdict::Unprovable);
    }
    match facts.holds(formula) {
        Some(true) => Ok(Verdict::Holds),
        Some(false) => Ok(Verdict::Fails),
        None => Err(PolicyError::new(path, PolicyErrorKind::DateOutOfRange)),
    }
}

/// Names with their values.
trait Valued {
    fn names(&self) -> &dyn Vocabulary;
    fn value(&self, name: &str) -> Option<&Value>;
}

/// The values of one credential.
struct Record<'a>(&'a OneCredential, &'a Values);

/// The values of several.
struct Records<'a>(&'a SeveralCredentials, &'a BTreeMap<&'a str, &'a Values>);

impl Valued for Record<'_> {
    fn names(&self) -> &dyn Vocabulary {
        self.0
    }
    fn value(&self, name: &str) -> Option<&Value> {
        self.1.get(name)
    }
}

impl Valued for Records<'_> {
    fn names(&self) -> &dyn Vocabulary {
        self.0
    }
    fn value(&self, name: &str) -> Option<&Value> {
        let (_, member, attribute) = self.0.find(name)?;
        self.1.get(member.id.as_str())?.get(attribute)
    }
}

struct Facts<'a> {
    record: &'a dyn Valued,
    today: Date,
}

/// In sums across credentials every number is counted in units of 10^-18, which every decimal has.
const FINEST: u32 = 18;

impl Facts<'_> {
    /// Whether an order condition anywhere in the formula has an absent attribute.
    fn compares_absent(&self, formula: &Formula) -> bool {
        match formula {
            Formula::All(parts) | Formula::Any(parts) => parts.iter().any(|part| self.compares_absent(part)),
            Formula::Not(inner) => self.compares_absent(inner),
            Formula::Condition(c) => c.test.is_order() && self.number(&c.subject).is_none(),
        }
    }

    /// `None` if a relative date does not exist. Every part is looked at, so that this does not depend on the order.
    fn holds(&self, formula: &Formula) -> Option<bool> {
        let each = |parts: &[Formula]| parts.iter().map(|part| self.holds(part)).collect::<Option<Vec<_>>>();
        match formula {
            Formula::All(parts) => each(parts).map(|all| all.into_iter().all(|holds| holds)),
            Formula::Any(parts) => each(parts).map(|any| any.into_iter().any(|holds| holds)),
            Formula::Not(inner) => self.holds(inner).map(|holds| !holds),
            Formula::Condition(condition) => self.condition(condition),
        }
    }

    fn condition(&self, Condition { subject, test }: &Condition) -> Option<bool> {
        let number = self.number(subject);
        let compare = |literal| Some((number?, self.limit(subject, literal)?));
        Some(match test {
            Test::Equal(literal) => self.equals(subject, literal)?,
            Test::NotEqual(literal) => !self.equals(subject, literal)?,
            Test::Less(literal) => compare(literal).map(|(n, limit)| n < limit)?,
            Test::AtMost(literal) => compare(literal).map(|(n, limit)| n <= limit)?,
            Test::Greater(literal) => compare(literal).map(|(n, limit)| n > limit)?,
            Test::AtLeast(literal) => compare(literal).map(|(n, limit)| n >= limit)?,
            Test::Between(low, high) => compare(low)?.1 <= number? && number? <= compare(high)?.1,
            Test::NotBetween(low, high) => number? < compare(low)?.1 || compare(high)?.1 < number?,
            Test::OneOf(set) => self.equals_any(subject, set)?,
            Test::NoneOf(set) => !self.equals_any(subject, set)?,
            Test::Present => self.is_present(subject),
            Test::Absent => !self.is_present(subject),
        })
    }

    fn equals_any(&self, subject: &Subject, set: &[Literal]) -> Option<bool> {
        let each = set.iter().map(|literal| self.equals(subject, literal)).collect::<Option<Vec<_>>>();
        each.map(|each| each.into_iter().any(|equals| equals))
    }

    /// An absent attribute, or a sum with one, equals nothing.
    fn equals(&self, subject: &Subject, literal: &Literal) -> Option<bool> {
        match subject {
            Subject::Attribute(name) => {
                let literal = self.value(name, literal)?;
                Some(self.record.value(name) == Some(&literal))
            }
            Subject::Sum(weights) if self.is_text(weights) => {
                let mut texts = weights.keys().map(|name| self.record.value(name));
                let first = texts.next()?;
                Some(first.is_some() && first == texts.next()?)
            }
            Subject::Sum(_) | Subject::Model(_) => {
                let limit = self.limit(subject, literal)?;
                Some(self.number(subject) == Some(limit))
            }
        }
    }

    fn is_present(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Attribute(name) => self.record.value(name).is_some(),
            Subject::Sum(_) | Subject::Model(_) => self.number(subject).is_some(),
        }
    }

    /// The subject as a number: a score in units of 1/scale. `None` if an attribute of it is absent.
    fn number(&self, subject: &Subject) -> Option<i128> {
        match subject {
            Subject::Attribute(name) => self.record.value(name)?.number().map(i128::from),
            Subject::Sum(weights) => {
                let term = |(name, weight): (&String, &i64)| Some(i128::from(*weight) * self.factor(name)?);
                weights.iter().map(term).sum()
            }
            Subject::Model(id) => {
                let model = self.record.names().model(id).ok()?;
                let term = |(name, weight): (&String, &i64)| Some(i128::from(*weight) * self.factor(name)?);
                model.weights.iter().map(term).sum::<Option<i128>>().map(|sum| i128::from(model.base) + sum)
            }
        }
    }

    /// What an attribute counts in a sum.
    fn factor(&self, name: &str) -> Option<i128> {
        let value = self.record.value(name)?;
        let number = i128::from(value.number()?);
        match (self.record.names().decimals(), value) {
            (Decimals::Units, _) => Some(number),
            (Decimals::Numbers, Value::Decimal { scale, .. }) => Some(number * 10i128.pow(FINEST - scale)),
            (Decimals::Numbers, _) => Some(number * 10i128.pow(FINEST)),
        }
    }

    fn is_text(&self, weights: &BTreeMap<String, i64>) -> bool {
        let mut kinds = weights.keys().map(|name| self.record.names().attribute(name));
        kinds.any(|found| found.is_ok_and(|(_, attribute)| attribute.kind == AttributeType::Text))
    }

    /// The literal in the subject's units.
    fn limit(&self, subject: &Subject, literal: &Literal) -> Option<i128> {
        let integer = || exact::Integer::from_json(&Json::from(literal.clone())).map(|n| i128::from(n.0));
        match subject {
            Subject::Attribute(name) => self.value(name, literal)?.number().map(i128::from),
            Subject::Sum(_) => match self.record.names().decimals() {
                Decimals::Units => integer(),
                Decimals::Numbers => Some(integer()? * 10i128.pow(FINEST)),
            },
            Subject::Model(id) => Some(integer()? * i128::from(self.record.names().model(id).ok()?.scale)),
        }
    }

    fn value(&self, name: &str, literal: &Literal) -> Option<Value> {
        if let Literal::Today(offset) = literal {
            return offset.from(self.today).map(Value::Date);
        }
        let (_, attribute) = self.record.names().attribute(name).ok()?;
        Value::from_json(&attribute.kind, &Json::from(literal.clone())).ok()
    }
}
