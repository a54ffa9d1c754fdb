//! Formulas as a policy writes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Offset;
use crate::schema::SchemaId;

pub(super) mod json;

/// A formula over one credential's attributes, in the form in which it was written.
///
/// It nests at most 16 deep and has at most 64 conditions; whether its names and values fit a schema is for
/// [`super::Policy::check`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Json", into = "Json")]
pub enum Formula {
    /// `{"all": […]}`: every one holds.
    All(Vec<Formula>),
    /// `{"any": […]}`: at least one holds.
    Any(Vec<Formula>),
    /// `{"not": …}`.
    Not(Box<Formula>),
    /// One condition.
    Condition(Condition),
}

/// `{"attr" | "sum" | "model": …, "op": …, "value": …}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What is compared.
    pub subject: Subject,
    /// With what, and how.
    pub test: Test,
}

/// What a condition compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `attr`: an attribute by name.
    Attribute(String),
    /// `sum`: Σ weight·attribute over ordered attributes.
    Sum(BTreeMap<String, i64>),
    /// `model`: the score under a published scoring model, in points.
    Model(SchemaId),
}

/// An operator with its operands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// `eq`.
    Equal(Literal),
    /// `ne`.
    NotEqual(Literal),
    /// `lt`.
    Less(Literal),
    /// `le`.
    AtMost(Literal),
    /// `gt`.
    Greater(Literal),
    /// `ge`.
    AtLeast(Literal),
    /// `between`, both ends included.
    Between(Literal, Literal),
    /// `not_between`: below the first or above the second.
    NotBetween(Literal, Literal),
    /// `in`.
    OneOf(Vec<Literal>),
    /// `not_in`.
    NoneOf(Vec<Literal>),
    /// `present`.
    Present,
    /// `absent`.
    Absent,
}

/// A value as a policy writes it; the attribute's type says how to read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `true`, `false`.
    Bool(bool),
    /// A whole number within ±(2^53 − 1).
    Integer(i64),
    /// A string: the name of an enum, a date, a decimal, a text, or a number beyond ±(2^53 − 1).
    Text(String),
    /// `{"today": "-18y"}`: a date relative to the verifier's.
    Today(Offset),
}

impl Test {
    /// The operator's name in JSON.
    pub fn operator(&self) -> &'static str {
        match self {
            Self::Equal(_) => "eq",
            Self::NotEqual(_) => "ne",
            Self::Less(_) => "lt",
            Self::AtMost(_) => "le",
            Self::Greater(_) => "gt",
            Self::AtLeast(_) => "ge",
            Self::Between(..) => "between",
            Self::NotBetween(..) => "not_between",
            Self::OneOf(_) => "in",
            Self::NoneOf(_) => "not_in",
            Self::Present => "present",
            Self::Absent => "absent",
        }
    }

    /// Whether it compares by order, which needs a present attribute of an ordered type.
    pub fn is_order(&self) -> bool {
        use Test::{AtLeast, AtMost, Between, Greater, Less, NotBetween};
        matches!(self, Less(_) | AtMost(_) | Greater(_) | AtLeast(_) | Between(..) | NotBetween(..))
    }

    /// The test that holds exactly when this one does not (where it can be decided at all).
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Equal(v) => Self::NotEqual(v),
            Self::NotEqual(v) => Self::Equal(v),
            Self::Less(v) => Self::AtLeast(v),
            Self::AtMost(v) => Self::Greater(v),
            Self::Greater(v) => Self::AtMost(v),
            Self::AtLeast(v) => Self::Less(v),
            Self::Between(low, high) => Self::NotBetween(low, high),
            Self::NotBetween(low, high) => Self::Between(low, high),
            Self::OneOf(set) => Self::NoneOf(set),
            Self::NoneOf(set) => Self::OneOf(set),
            Self::Present => Self::Absent,
            Self::Absent => Self::Present,
        }
    }
}
