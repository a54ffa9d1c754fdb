//! One condition as one slot of the statement, before the clock is known.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use serde_json::Value as Json;

use super::{Condition, Literal, Offset, PolicyError, PolicyErrorKind, Subject, Test};
use crate::model::{ScoringModel, WeightError, WeightedSum};
use crate::schema::{Attribute, AttributeType, Schema, SchemaId, Value, exact};
use crate::show::MEMBERS;

/// What a slot's rows will say. Equal conditions make equal slots, however they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    /// Index of an attribute and its weight; the other weights are zero.
    pub(super) terms: Vec<(usize, i64)>,
    pub(super) comparison: Comparison,
    pub(super) polarity: Polarity,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// low ≤ v ≤ high.
    Between(Bound, Bound),
    /// v is in the set, which has 1 to 8 members.
    Member(BTreeSet<Point>),
}

/// Whether the comparison or its negation is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Polarity {
    Holds,
    Fails,
}

/// An end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// −2^63.
    Least,
    /// 2^63 − 1.
    Greatest,
    At(i128),
    /// So many days after a relative date.
    Today(Offset, i32),
}

/// A member of a set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Point {
    Number(i128),
    Text(String),
    Today(Offset),
    Absent,
}

/// What conditions may refer to.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) schema: &'a Schema,
    pub(super) models: &'a BTreeMap<SchemaId, ScoringModel>,
}

impl Slot {
    /// Checks a condition at `path` and makes its slot.
    pub(super) fn new(condition: &Condition, names: Names<'_>, path: &str) -> Result<Self, PolicyError> {
        let (terms, operand) = subject(&condition.subject, names, path)?;
        let operand = Operand { path, kind: operand };
        let test = &condition.test;
        operand.refuse_operator(test)?;
        let slot = |comparison| Self { terms, comparison, polarity: Polarity::Holds };
        Ok(match test {
            Test::Equal(v) | Test::NotEqual(v) => slot(Comparison::Member([operand.point(v, None)?].into())),
            Test::OneOf(set) | Test::NoneOf(set) => slot(Comparison::Member(operand.points(set)?)),
            Test::Present | Test::Absent => slot(Comparison::Member([Point::Absent].into())),
            Test::AtLeast(v) | Test::Less(v) => {
                slot(Comparison::Between(operand.bound(v, None)?, Bound::Greatest))
            }
            Test::AtMost(v) | Test::Greater(v) => {
                slot(Comparison::Between(Bound::Least, operand.bound(v, None)?))
            }
            Test::Between(low, high) | Test::NotBetween(low, high) => slot(operand.range(low, high)?),
        }
        .negated_if(is_negation(test)))
    }

    /// The slot of the opposite condition. A range with one end becomes the other range with one end, so that for example
    /// `not (≥ 650)` and `< 650` are one slot.
    pub(super) fn negated(self) -> Self {
        let flip = |comparison, polarity| Self { terms: self.terms, comparison, polarity };
        match (self.comparison, self.polarity) {
            (Comparison::Between(low, Bound::Greatest), Polarity::Holds) if low != Bound::Least => {
                flip(Comparison::Between(Bound::Least, low.plus(-1)), Polarity::Holds)
            }
            (Comparison::Between(Bound::Least, high), Polarity::Holds) => {
                flip(Comparison::Between(high.plus(1), Bound::Greatest), Polarity::Holds)
            }
            (comparison, Polarity::Holds) => flip(comparison, Polarity::Fails),
            (comparison, Polarity::Fails) => flip(comparison, Polarity::Holds),
        }
    }

    fn negated_if(self, negation: bool) -> Self {
        if negation { self.negated() } else { self }
    }
}

impl Bound {
    /// The bound `days` (or units) further; the ends of 64 bits stay.
    fn plus(self, step: i32) -> Self {
        match self {
            Self::At(n) => Self::At(n + i128::from(step)),
            Self::Today(offset, days) => Self::Today(offset, days + step),
            Self::Least | Self::Greatest => self,
        }
    }
}

/// Whether the test is the negation of the comparison that [`Slot::new`] makes for it.
fn is_negation(test: &Test) -> bool {
    use Test::{Greater, Less, NoneOf, NotBetween, NotEqual, Present};
    matches!(test, NotEqual(_) | NoneOf(_) | Present | Less(_) | Greater(_) | NotBetween(..))
}

/// How a condition's literals are read.
enum OperandKind<'a> {
    Attribute(&'a Attribute),
    /// A weighted sum and the values it can have.
    Sum(RangeInclusive<i128>),
    /// A model and the values its weighted sum can have.
    Model(&'a ScoringModel, RangeInclusive<i128>),
}

struct Operand<'a> {
    path: &'a str,
    kind: OperandKind<'a>,
}

fn subject<'a>(
    subject: &Subject,
    names: Names<'a>,
    path: &str,
) -> Result<(Vec<(usize, i64)>, OperandKind<'a>), PolicyError> {
    match subject {
        Subject::Attribute(name) => match names.schema.attribute(name) {
            Some((index, attribute)) => Ok((vec![(index, 1)], OperandKind::Attribute(attribute))),
            None => {
                refuse(format!("{path}.attr"), PolicyErrorKind::UnknownAttribute(names.schema.schema.clone()))
            }
        },
        Subject::Sum(weights) => {
            let sum = WeightedSum::new(names.schema, weights, 0);
            let sum = sum.map_err(|e| weight_error(e, &format!("{path}.sum")))?;
            Ok((sum.terms, OperandKind::Sum(sum.range)))
        }
        Subject::Model(id) => model(id, names, &format!("{path}.model")),
    }
}

fn model<'a>(
    id: &SchemaId,
    names: Names<'a>,
    path: &str,
) -> Result<(Vec<(usize, i64)>, OperandKind<'a>), PolicyError> {
    let Some(model) = names.models.get(id) else { return refuse(path, PolicyErrorKind::UnknownModel) };
    if let Err(e) = model.check(names.schema) {
        return refuse(path, PolicyErrorKind::ModelDoesNotFit(e));
    }
    let sum = WeightedSum::new(names.schema, &model.weights, model.base);
    let sum = sum.map_err(|e| weight_error(e, path))?;
    Ok((sum.terms, OperandKind::Model(model, sum.range)))
}

fn weight_error(error: WeightError, path: &str) -> PolicyError {
    PolicyError::new(error.path(path), PolicyErrorKind::Weight(error))
}

impl Operand<'_> {
    fn refuse_operator(&self, test: &Test) -> Result<(), PolicyError> {
        let kind = match &self.kind {
            OperandKind::Attribute(a) if a.kind == AttributeType::Text && test.is_order() => {
                PolicyErrorKind::TextHasNoOrder
            }
            OperandKind::Sum(_) if matches!(test, Test::Present | Test::Absent) => {
                PolicyErrorKind::PresenceOfSum
            }
            OperandKind::Model(..) if !test.is_order() || matches!(test, Test::NotBetween(..)) => {
                PolicyErrorKind::OperatorOfScore
            }
            _ => return Ok(()),
        };
        refuse(format!("{}.op", self.path), kind)
    }

    fn points(&self, set: &[Literal]) -> Result<BTreeSet<Point>, PolicyError> {
        let points = set.iter().enumerate().map(|(i, literal)| self.point(literal, Some(i)));
        let points = points.collect::<Result<BTreeSet<_>, _>>()?;
        match points.len() {
            0 => refuse(self.value(None), PolicyErrorKind::EmptySet),
            1..=MEMBERS => Ok(points),
            n => refuse(self.value(None), PolicyErrorKind::SetTooLarge(n)),
        }
    }

    fn range(&self, low: &Literal, high: &Literal) -> Result<Comparison, PolicyError> {
        match (self.bound(low, Some(0))?, self.bound(high, Some(1))?) {
            (Bound::At(low), Bound::At(high)) if low > high => {
                refuse(self.value(None), PolicyErrorKind::ReversedRange)
            }
            (low, high) => Ok(Comparison::Between(low, high)),
        }
    }

    fn point(&self, literal: &Literal, place: Option<usize>) -> Result<Point, PolicyError> {
        match (&self.kind, literal) {
            (OperandKind::Attribute(Attribute { kind: AttributeType::Date, .. }), Literal::Today(offset)) => {
                Ok(Point::Today(*offset))
            }
            (OperandKind::Attribute(attribute), _) => {
                Ok(match self.attribute_value(attribute, literal, place)? {
                    Value::Text(text) => Point::Text(text),
                    number => Point::Number(self.ordered(&number)?),
                })
            }
            _ => self.number(literal, place).map(Point::Number),
        }
    }

    fn bound(&self, literal: &Literal, place: Option<usize>) -> Result<Bound, PolicyError> {
        match (&self.kind, literal) {
            (OperandKind::Attribute(Attribute { kind: AttributeType::Date, .. }), Literal::Today(offset)) => {
                Ok(Bound::Today(*offset, 0))
            }
            (OperandKind::Attribute(attribute), _) => {
                let value = self.attribute_value(attribute, literal, place)?;
                self.ordered(&value).map(Bound::At)
            }
            _ => self.number(literal, place).map(Bound::At),
        }
    }

    fn attribute_value(
        &self,
        attribute: &Attribute,
        literal: &Literal,
        place: Option<usize>,
    ) -> Result<Value, PolicyError> {
        if matches!(literal, Literal::Today(_)) {
            return refuse(self.value(place), PolicyErrorKind::RelativeDate(attribute.kind.name()));
        }
        let value = Value::from_json(&attribute.kind, &Json::from(literal.clone()));
        value.map_err(|kind| PolicyError::new(self.value(place), PolicyErrorKind::Value(kind)))
    }

    fn ordered(&self, value: &Value) -> Result<i128, PolicyError> {
        match value.number() {
            Some(number) => Ok(number.into()),
            None => refuse(format!("{}.op", self.path), PolicyErrorKind::TextHasNoOrder),
        }
    }

    /// The value of the weighted sum at which a sum or score equals the literal.
    ///
    /// score ≥ x ⇔ Σ + base ≥ x·scale ⇔ Σ ≥ x·scale − base, and likewise for ≤: all in whole numbers, so exact.
    fn number(&self, literal: &Literal, place: Option<usize>) -> Result<i128, PolicyError> {
        let Some(exact::Integer(given)) = exact::Integer::from_json(&Json::from(literal.clone())) else {
            return refuse(self.value(place), PolicyErrorKind::NotWhole);
        };
        let (number, range) = match &self.kind {
            OperandKind::Model(model, range) => {
                (i128::from(given) * i128::from(model.scale) - i128::from(model.base), range)
            }
            OperandKind::Sum(range) => (i128::from(given), range),
            OperandKind::Attribute(_) => return refuse(self.value(place), PolicyErrorKind::NotLiteral),
        };
        if range.contains(&number) {
            return Ok(number);
        }
        refuse(self.value(place), PolicyErrorKind::OutOfReach)
    }

    fn value(&self, place: Option<usize>) -> String {
        match place {
            Some(i) => format!("{}.value[{i}]", self.path),
            None => format!("{}.value", self.path),
        }
    }
}

fn refuse<T>(path: impl Into<String>, kind: PolicyErrorKind) -> Result<T, PolicyError> {
    Err(PolicyError::new(path, kind))
}
