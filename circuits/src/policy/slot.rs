//! One condition as one slot of the statement, before the clock is known.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use serde_json::Value as Json;

use super::vocabulary::{Decimals, Vocabulary};
use super::{Condition, Literal, Offset, PolicyError, PolicyErrorKind, Subject, Test};
use crate::model::{WeightError, WeightedSum};
use crate::schema::{Attribute, AttributeType, SchemaId, Value, exact};
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

impl Slot {
    /// Checks a condition at `path` and makes its slot.
    pub(super) fn new(
        condition: &Condition,
        names: &dyn Vocabulary,
        path: &str,
    ) -> Result<Self, PolicyError> {
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
    Sum(Line),
    Model(Line),
    /// The difference of two texts, which is zero where they are equal.
    Texts,
}

/// A weighted sum, the values it can have, and how a literal is meant: the sum is literal·scale − base.
struct Line {
    range: RangeInclusive<i128>,
    scale: i128,
    base: i128,
}

struct Operand<'a> {
    path: &'a str,
    kind: OperandKind<'a>,
}

/// Index and weight of each attribute.
type Terms = Vec<(usize, i64)>;

fn subject<'a>(
    subject: &Subject,
    names: &'a dyn Vocabulary,
    path: &str,
) -> Result<(Terms, OperandKind<'a>), PolicyError> {
    match subject {
        Subject::Attribute(name) => match names.attribute(name) {
            Ok((index, attribute)) => Ok((vec![(index, 1)], OperandKind::Attribute(attribute))),
            Err(kind) => refuse(format!("{path}.attr"), kind),
        },
        Subject::Sum(weights) => match names.decimals() {
            Decimals::Units => {
                let sum = weighted(weights, names, 0, &format!("{path}.sum"))?;
                Ok((sum.terms, OperandKind::Sum(Line { range: sum.range, scale: 1, base: 0 })))
            }
            Decimals::Numbers => sum_of_numbers(weights, names, &format!("{path}.sum")),
        },
        Subject::Model(id) => model(id, names, &format!("{path}.model")),
    }
}

fn weighted(
    weights: &BTreeMap<String, i64>,
    names: &dyn Vocabulary,
    base: i64,
    path: &str,
) -> Result<WeightedSum, PolicyError> {
    let sum = WeightedSum::over(&|name| names.attribute(name).ok(), weights, base);
    sum.map_err(|e| weight_error(e, path))
}

/// Weights are brought to the scale of the finest decimal, so that the sum is of the numbers themselves.
fn sum_of_numbers<'a>(
    weights: &BTreeMap<String, i64>,
    names: &'a dyn Vocabulary,
    path: &str,
) -> Result<(Terms, OperandKind<'a>), PolicyError> {
    let mut kinds = BTreeMap::new();
    for name in weights.keys() {
        let (_, attribute) =
            names.attribute(name).map_err(|kind| PolicyError::new(format!("{path}.{name}"), kind))?;
        kinds.insert(name, attribute);
    }
    if let Some((name, _)) = kinds.iter().find(|(_, attribute)| attribute.kind == AttributeType::Text) {
        return texts(weights, &kinds, names, &format!("{path}.{name}"));
    }
    let finest = kinds.values().map(|attribute| digits(attribute)).max().unwrap_or(0);
    let scaled = weights.iter().map(|(name, weight)| {
        let factor = 10i64.checked_pow(finest - digits(kinds[name]));
        let weight = factor.and_then(|factor| weight.checked_mul(factor));
        weight.map(|weight| (name.clone(), weight)).ok_or(WeightError::TooLarge)
    });
    let scaled = scaled.collect::<Result<BTreeMap<_, _>, _>>().map_err(|e| weight_error(e, path))?;
    let sum = weighted(&scaled, names, 0, path)?;
    let line = Line { range: sum.range, scale: 10i128.pow(finest), base: 0 };
    Ok((sum.terms, OperandKind::Sum(line)))
}

/// Digits after the point.
fn digits(attribute: &Attribute) -> u32 {
    match attribute.kind {
        AttributeType::Decimal { scale, .. } => scale,
        AttributeType::Uint { .. }
        | AttributeType::Date
        | AttributeType::Bool
        | AttributeType::Enum { .. }
        | AttributeType::Text => 0,
    }
}

/// Two texts that are never absent, with the weights 1 and −1; `path` is that of the first text.
fn texts<'a>(
    weights: &BTreeMap<String, i64>,
    kinds: &BTreeMap<&String, &Attribute>,
    names: &'a dyn Vocabulary,
    path: &str,
) -> Result<(Terms, OperandKind<'a>), PolicyError> {
    let are_texts = kinds.values().all(|attribute| attribute.kind == AttributeType::Text);
    let mut signs: Vec<i64> = weights.values().copied().collect();
    signs.sort_unstable();
    if !are_texts || signs != [-1, 1] {
        return refuse(path, PolicyErrorKind::TextInSum);
    }
    if kinds.values().any(|attribute| attribute.optional) {
        return refuse(path, PolicyErrorKind::OptionalText);
    }
    let term = |(name, weight): (&String, &i64)| match names.attribute(name) {
        Ok((index, _)) => Ok((index, *weight)),
        Err(kind) => refuse(path, kind),
    };
    Ok((weights.iter().map(term).collect::<Result<_, _>>()?, OperandKind::Texts))
}

fn model<'a>(
    id: &SchemaId,
    names: &'a dyn Vocabulary,
    path: &str,
) -> Result<(Terms, OperandKind<'a>), PolicyError> {
    let model = names.model(id).map_err(|kind| PolicyError::new(path, kind))?;
    let sum = weighted(&model.weights, names, model.base, path)?;
    let line = Line { range: sum.range, scale: model.scale.into(), base: model.base.into() };
    Ok((sum.terms, OperandKind::Model(line)))
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
            OperandKind::Model(_) if !test.is_order() || matches!(test, Test::NotBetween(..)) => {
                PolicyErrorKind::OperatorOfScore
            }
            OperandKind::Texts if !matches!(test, Test::Equal(_) | Test::NotEqual(_)) => {
                PolicyErrorKind::OperatorOfTexts
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
        match &self.kind {
            OperandKind::Sum(line) | OperandKind::Model(line) => {
                let number = i128::from(given) * line.scale - line.base;
                if line.range.contains(&number) {
                    return Ok(number);
                }
                refuse(self.value(place), PolicyErrorKind::OutOfReach)
            }
            OperandKind::Texts if given == 0 => Ok(0),
            OperandKind::Texts => refuse(self.value(place), PolicyErrorKind::ValueOfTexts),
            OperandKind::Attribute(_) => refuse(self.value(place), PolicyErrorKind::NotLiteral),
        }
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
