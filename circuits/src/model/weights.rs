//! Weighted sums of attributes: what a scoring model and a policy's `sum` are made of.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use crate::schema::{Attribute, Schema};

/// Σ weight·attribute whose every value fits 64 bits, and which shows whether one of its attributes is absent.
///
/// An absent attribute is the element 2^250. A sum with absent attributes is W·2^250 plus less than 2^63, where W is the
/// sum of their weights. The weight of an attribute whose only value is zero is bounded by its 64 bits alone, so |W| is
/// below 2^69 for the attributes of three schemas. No W with 0 < |W| < 2^69 brings W·2^250 near zero modulo r, so such a
/// sum is out of every range; W = 0 would hide the absence, and is what the last rule refuses.
pub(crate) struct WeightedSum {
    /// Index of the attribute, and its weight.
    pub(crate) terms: Vec<(usize, i64)>,
    /// The values it can have when no attribute is absent; without the base.
    pub(crate) range: RangeInclusive<i128>,
}

/// Why weights are refused. Names are those of attributes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightError {
    /// No weights.
    #[error("is empty; a sum has at least one attribute")]
    Empty,
    /// The name is not one of the schema's.
    #[error("is not an attribute of the schema")]
    Unknown(String),
    /// A weight that says nothing.
    #[error("is zero; leave the attribute out")]
    Zero(String),
    /// A text has no number.
    #[error(
        "is the weight of a text, which has no number; only uint, decimal, date, bool and enum have weights"
    )]
    Text(String),
    /// A sum could leave 64 bits.
    #[error("can reach 2^63, which does not fit 64 bits; use smaller weights or bounds")]
    TooLarge,
    /// Whether absence shows would take too long to find out.
    #[error("has weights of both signs for {0} optional attributes; at most {MAX_OPTIONAL} are taken")]
    TooManyOptional(usize),
    /// Absence would not show.
    #[error("has weights of optional attributes that cancel when all of {0} are absent; change one weight")]
    Cancels(String),
}

impl WeightError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "no_weights",
            Self::Unknown(_) => "unknown_attribute",
            Self::Zero(_) => "zero_weight",
            Self::Text(_) => "weight_of_text",
            Self::TooLarge => "sum_too_large",
            Self::TooManyOptional(_) => "too_many_optional",
            Self::Cancels(_) => "weights_cancel",
        }
    }

    /// The JSON path of the mistake, where `weights` is the path of the object of weights.
    pub(crate) fn path(&self, weights: &str) -> String {
        match self {
            Self::Unknown(name) | Self::Zero(name) | Self::Text(name) => format!("{weights}.{name}"),
            Self::Empty | Self::TooLarge | Self::TooManyOptional(_) | Self::Cancels(_) => weights.to_owned(),
        }
    }
}

impl WeightedSum {
    /// Checks the weights against the schema; |base| counts towards the 64 bits.
    pub(crate) fn new(
        schema: &Schema,
        weights: &BTreeMap<String, i64>,
        base: i64,
    ) -> Result<Self, WeightError> {
        Self::over(&|name| schema.attribute(name), weights, base)
    }

    /// [`Self::new`] over the attributes that `attribute` finds by their names.
    pub(crate) fn over(
        attribute: &Find<'_, '_>,
        weights: &BTreeMap<String, i64>,
        base: i64,
    ) -> Result<Self, WeightError> {
        if weights.is_empty() {
            return Err(WeightError::Empty);
        }
        let mut terms = Vec::new();
        let mut least = 0;
        let mut greatest = 0;
        let mut reach = u128::from(base.unsigned_abs());
        for (name, weight) in weights {
            let (index, range) = factor(attribute, name, *weight)?;
            let ends = [range.start(), range.end()].map(|end| i128::from(*weight) * i128::from(*end));
            reach += ends[0].unsigned_abs().max(ends[1].unsigned_abs());
            // Before the next one is added, so that no number of weights leaves what the sums are computed in.
            if reach >= 1 << 63 {
                return Err(WeightError::TooLarge);
            }
            least += ends[0].min(ends[1]);
            greatest += ends[0].max(ends[1]);
            terms.push((index, *weight));
        }
        refuse_cancelling(attribute, weights)?;
        Ok(Self { terms, range: least..=greatest })
    }
}

/// The attribute of a name, and its index.
type Find<'a, 'f> = dyn Fn(&str) -> Option<(usize, &'a Attribute)> + 'f;

fn factor(find: &Find<'_, '_>, name: &str, weight: i64) -> Result<(usize, RangeInclusive<i64>), WeightError> {
    let (index, attribute) = find(name).ok_or_else(|| WeightError::Unknown(name.to_owned()))?;
    if weight == 0 {
        return Err(WeightError::Zero(name.to_owned()));
    }
    match attribute.kind.range() {
        Some(range) => Ok((index, range)),
        None => Err(WeightError::Text(name.to_owned())),
    }
}

/// Refuses weights of which those of a set of optional attributes sum to zero.
///
/// The sets of one half of the attributes are looked up for each set of the other half, so that [`MAX_OPTIONAL`] attributes
/// are 2^12 sets and not 2^24. A policy has many sums, and everybody who reads the ledger looks at each.
fn refuse_cancelling(find: &Find<'_, '_>, weights: &BTreeMap<String, i64>) -> Result<(), WeightError> {
    let is_optional = |name: &str| find(name).is_some_and(|(_, attribute)| attribute.optional);
    let optional: Vec<_> = weights.iter().filter(|(name, _)| is_optional(name)).collect();
    let positive = optional.iter().filter(|(_, weight)| **weight > 0).count();
    if positive == 0 || positive == optional.len() {
        return Ok(());
    }
    if optional.len() > MAX_OPTIONAL {
        return Err(WeightError::TooManyOptional(optional.len()));
    }
    let (first, second) = optional.split_at(optional.len() / 2);
    let mut by_sum = HashMap::from([(0, 0)]);
    for mask in 1..1u32 << first.len() {
        let sum = sum_of(first, mask);
        if sum == 0 {
            return Err(WeightError::Cancels(names_of(first, mask)));
        }
        by_sum.entry(sum).or_insert(mask);
    }
    let both = (1..1u32 << second.len()).find_map(|mask| Some((*by_sum.get(&-sum_of(second, mask))?, mask)));
    let Some((one, other)) = both else { return Ok(()) };
    let parts = [names_of(first, one), names_of(second, other)];
    let named: Vec<_> = parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect();
    Err(WeightError::Cancels(named.join(", ")))
}

/// Optional attributes of a sum with weights of both signs, at most.
pub(crate) const MAX_OPTIONAL: usize = 24;

fn chosen<'a>(all: &'a [(&String, &i64)], mask: u32) -> impl Iterator<Item = (&'a str, i64)> {
    let all = all.iter().enumerate().filter(move |(i, _)| mask >> i & 1 == 1);
    all.map(|(_, (name, weight))| (name.as_str(), **weight))
}

fn sum_of(all: &[(&String, &i64)], mask: u32) -> i128 {
    chosen(all, mask).map(|(_, weight)| i128::from(weight)).sum()
}

fn names_of(all: &[(&String, &i64)], mask: u32) -> String {
    chosen(all, mask).map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ark_ff::{BigInteger, Field, PrimeField};
    use num_bigint::BigInt;
    use serde_json::json;

    use super::{WeightError, WeightedSum};
    use crate::Fr;
    use crate::join::WIDTH;
    use crate::schema::Schema;

    /// Σ |weight|·max of these is 2^128 and some more: below 2^63, if it were computed modulo 2^128.
    #[test]
    fn a_sum_beyond_what_it_is_computed_in_is_refused() {
        let text = json!({"zh-CN": "数", "en": "Number"});
        let largest = ((1u64 << 62) - 1).to_string();
        let attribute =
            |i: usize| json!({"name": format!("a{i}"), "type": "uint", "max": largest, "title": text});
        let attributes: Vec<_> = (0..9).map(attribute).collect();
        let json = json!({"schema": "wide/1", "title": text, "attributes": attributes});
        let schema: Schema = serde_json::from_value(json).unwrap();
        let weights: BTreeMap<String, i64> =
            (0..9).map(|i| (format!("a{i}"), if i == 8 { 25 } else { i64::MAX })).collect();
        assert_eq!(WeightedSum::new(&schema, &weights, 0).err(), Some(WeightError::TooLarge));
    }

    /// The least |W·2^250 mod r| (the residue nearest to zero) over 0 < |W| < 2^69.
    ///
    /// By the theorem on best approximations, the minimum over all W up to a bound is reached at a denominator of a
    /// convergent of 2^250 / r, and Euclid's remainders are exactly those residues.
    fn nearest_absent_multiple() -> BigInt {
        let modulus = BigInt::from_bytes_be(num_bigint::Sign::Plus, &Fr::MODULUS.to_bytes_be());
        let limit = BigInt::from(1) << 69;
        let (mut before, mut residue) = (modulus, BigInt::from(1) << 250);
        let (mut denominator_before, mut denominator) = (BigInt::from(0), BigInt::from(1));
        loop {
            let quotient = &before / &residue;
            let next = &quotient * &denominator + &denominator_before;
            if next >= limit {
                return residue;
            }
            (before, residue) = (residue.clone(), before - quotient * residue);
            (denominator_before, denominator) = (denominator, next);
        }
    }

    #[test]
    fn no_number_of_absent_attributes_looks_like_a_number() {
        // v − low + 2^64 must leave 65 bits: |v| > 2^66 is enough for |low| ≤ 2^63 and a rest below 2^63.
        assert!(nearest_absent_multiple() > BigInt::from(1) << 66);
    }

    /// As many weights of 64 bits as three schemas have attributes stay within the bound that the residues are computed for.
    #[test]
    fn weights_of_attributes_that_are_always_zero_are_within_the_bound() {
        let most = i128::from(i64::MIN).unsigned_abs() * WIDTH as u128;
        assert!(most < 1 << 69);
    }

    #[test]
    fn the_theorem_agrees_with_trying_small_multiples() {
        let absent = Fr::from(2).pow([250]);
        let mut multiple = Fr::from(0);
        for _ in 0..10_000 {
            multiple += absent;
            let distance = [multiple, -multiple].map(|x| x.into_bigint().num_bits());
            assert!(distance.into_iter().all(|bits| bits > 66));
        }
    }
}
