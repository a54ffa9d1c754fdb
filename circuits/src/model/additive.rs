//! Additive models: for each attribute a curve of at most sixteen steps, and the sum of what they count.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{ModelError, ModelErrorKind, refuse};
use crate::schema::{Attribute, Localized, Schema, SchemaId, Value, Values, exact};
use crate::score::BINS;

/// A published additive model. score = (base + Σ points of the bin that each attribute is in) / scale.
///
/// Edges are numbers as a linear model counts them: decimals in units of 10^-scale, dates in days since 1970-01-01, `true`
/// as 1, an enum as its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdditiveModel {
    /// `name/version`.
    pub model: SchemaId,
    /// `"additive"`.
    pub kind: AdditiveWord,
    /// Whose attributes the curves name.
    pub schema: SchemaId,
    /// What people read.
    pub title: Localized,
    /// Points before any attribute, in units of 1/scale.
    #[serde(with = "exact::signed")]
    pub base: i64,
    /// Units in one point, 1 or more.
    #[serde(with = "exact::unsigned")]
    pub scale: u64,
    /// What each attribute counts; an attribute without a curve counts nothing.
    pub curves: BTreeMap<String, Curve>,
    /// How it was made and what a point means.
    pub meaning: Localized,
}

/// The word `"additive"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AdditiveWord {
    /// `"additive"`.
    #[serde(rename = "additive")]
    Additive,
}

/// What one attribute counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// The least value of each bin, ascending; a bin ends before the next one, the last one nowhere.
    #[serde(with = "exact::list")]
    pub edges: Vec<i64>,
    /// The points of each bin, in units of 1/scale.
    #[serde(with = "exact::list")]
    pub points: Vec<i64>,
    /// The points where the attribute is absent: given for an optional attribute, and for no other.
    #[serde(default, with = "exact::optional", skip_serializing_if = "Option::is_none")]
    pub absent: Option<i64>,
}

/// Points and the least edge are within ±2^40, so that a sum over all attributes stays far inside the bounds.
const LIMIT: i64 = 1 << 40;
/// No number of an attribute reaches this.
const END: i64 = 1 << 62;
/// The ends of the sum that a policy may ask for are within ± this.
pub(crate) const BOUND: i64 = 1 << 61;

impl AdditiveModel {
    /// Checks the curves against the schema: they name ordered attributes of it; each has 1 to 16 bins, the first at or
    /// below what the schema allows; edges ascend within [−2^40, 2^62), points are within ±2^40.
    pub fn check(&self, schema: &Schema) -> Result<(), ModelError> {
        if self.schema != schema.schema {
            return refuse("$.schema", ModelErrorKind::OtherSchema(schema.schema.clone()));
        }
        if self.scale == 0 {
            return refuse("$.scale", ModelErrorKind::NoScale);
        }
        if !(-BOUND..=BOUND).contains(&self.base) {
            return refuse("$.base", ModelErrorKind::Base);
        }
        if self.curves.is_empty() {
            return refuse("$.curves", ModelErrorKind::NoCurves);
        }
        self.curves.iter().try_for_each(|(name, curve)| {
            let path = format!("$.curves.{name}");
            match schema.attribute(name) {
                Some((_, attribute)) => curve.check(attribute, &path),
                None => refuse(&path, ModelErrorKind::UnknownAttribute),
            }
        })
    }

    /// The score in units of 1/scale; `None` for values that are not of the model's schema.
    pub fn score_units(&self, values: &Values) -> Option<i64> {
        self.curves
            .iter()
            .try_fold(self.base, |sum, (name, curve)| sum.checked_add(curve.points_for(values.get(name))?))
    }

    /// The sums of points that there are curves for, without the base.
    pub(crate) fn range(&self) -> RangeInclusive<i64> {
        let ends = self.curves.values().map(Curve::range);
        ends.fold(0..=0, |sum, ends| sum.start() + ends.start()..=sum.end() + ends.end())
    }
}

impl Curve {
    /// The points of an attribute's value, or of its absence; `None` where the curve says nothing of it.
    pub fn points_for(&self, value: Option<&Value>) -> Option<i64> {
        match value {
            None => self.absent,
            Some(value) => self.points.get(self.bin(value.number()?)?).copied(),
        }
    }

    /// The least and the most points, absence included.
    pub fn range(&self) -> RangeInclusive<i64> {
        let all = || self.points.iter().chain(&self.absent).copied();
        all().min().unwrap_or(0)..=all().max().unwrap_or(0)
    }

    /// The last bin whose edge is not above the number.
    fn bin(&self, number: i64) -> Option<usize> {
        self.edges.iter().rposition(|edge| *edge <= number)
    }

    fn check(&self, attribute: &Attribute, path: &str) -> Result<(), ModelError> {
        let Some(range) = attribute.kind.range() else {
            return refuse(path, ModelErrorKind::CurveOfText);
        };
        if !(1..=BINS).contains(&self.edges.len()) {
            return refuse(&format!("{path}.edges"), ModelErrorKind::BinCount(self.edges.len()));
        }
        if self.points.len() != self.edges.len() {
            return refuse(&format!("{path}.points"), ModelErrorKind::PointCount(self.edges.len()));
        }
        self.check_edges(*range.start(), &format!("{path}.edges"))?;
        if let Some(i) = self.points.iter().position(|points| !is_small(*points)) {
            return refuse(&format!("{path}.points[{i}]"), ModelErrorKind::Points);
        }
        match (self.absent, attribute.optional) {
            (None, true) => refuse(path, ModelErrorKind::NoPointsForAbsent),
            (Some(_), false) => refuse(&format!("{path}.absent"), ModelErrorKind::NeverAbsent),
            (Some(points), true) if !is_small(points) => {
                refuse(&format!("{path}.absent"), ModelErrorKind::Points)
            }
            (Some(_), true) | (None, false) => Ok(()),
        }
    }

    fn check_edges(&self, least: i64, path: &str) -> Result<(), ModelError> {
        if let Some(i) = self.edges.iter().position(|edge| !(-LIMIT..END).contains(edge)) {
            return refuse(&format!("{path}[{i}]"), ModelErrorKind::EdgeRange);
        }
        if let Some(i) = self.edges.windows(2).position(|pair| pair[0] >= pair[1]) {
            return refuse(&format!("{path}[{}]", i + 1), ModelErrorKind::EdgesDescend);
        }
        match self.edges.first() {
            Some(first) if *first <= least => Ok(()),
            _ => refuse(&format!("{path}[0]"), ModelErrorKind::FirstEdge),
        }
    }
}

fn is_small(points: i64) -> bool {
    (-LIMIT..=LIMIT).contains(&points)
}

#[cfg(test)]
mod tests;
