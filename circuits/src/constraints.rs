//! What the circuits are written in: gadgets over ark-r1cs-std's [`FpVar`] and [`Boolean`](ark_r1cs_std::boolean::Boolean), each
//! with a twin in [`values`] that computes its variables alone.
//!
//! r1cs-std's own operations serve wherever they fix every variable that they make. Addition and scaling are free, a product
//! is one row and one variable, `to_bits_le_with_top_bits_zero(n)` n + 1 rows, a selection one row.

use ark_bn254::Fr;
use ark_ff::AdditiveGroup;
use ark_r1cs_std::GR1CSVar;
use ark_r1cs_std::alloc::AllocVar;
use ark_r1cs_std::boolean::Boolean;
use ark_r1cs_std::fields::FieldVar;
use ark_r1cs_std::fields::fp::FpVar;
use ark_relations::gr1cs::{ConstraintSystemRef, SynthesisError};

use crate::field::power_of_two;

pub(crate) mod values;

/// A new public input.
pub(crate) fn public(cs: &ConstraintSystemRef<Fr>, value: Option<Fr>) -> Result<FpVar<Fr>, SynthesisError> {
    FpVar::new_input(cs.clone(), || value.ok_or(SynthesisError::AssignmentMissing))
}

/// A new private variable. The caller constrains it.
pub(crate) fn private(cs: &ConstraintSystemRef<Fr>, value: Option<Fr>) -> Result<FpVar<Fr>, SynthesisError> {
    FpVar::new_witness(cs.clone(), || value.ok_or(SynthesisError::AssignmentMissing))
}

/// A new private bit: one row.
pub(crate) fn bit(cs: &ConstraintSystemRef<Fr>, value: Option<bool>) -> Result<Boolean<Fr>, SynthesisError> {
    Boolean::new_witness(cs.clone(), || value.ok_or(SynthesisError::AssignmentMissing))
}

/// 0 ≤ x < 2^`count`: `count` + 1 rows. With `count` ≤ 253 a number has one such form, because 2^`count` < r.
pub(crate) fn in_bits(x: &FpVar<Fr>, count: u32) -> Result<(), SynthesisError> {
    x.to_bits_le_with_top_bits_zero(count as usize).map(drop)
}

/// Whether x ≥ 0, for −2^64 ≤ x < 2^64, which it also enforces: bit 64 of x + 2^64, 66 rows.
pub(crate) fn not_negative(x: &FpVar<Fr>) -> Result<Boolean<Fr>, SynthesisError> {
    let shifted = x + power_of_two(64);
    let (mut bits, _) = shifted.to_bits_le_with_top_bits_zero(65)?;
    Ok(bits.swap_remove(64))
}

/// 1 where x = 0, else 0: three rows.
///
/// `FpVar::is_eq` has the first two. It leaves the inverse of zero free, so that a proof could be made of many assignments; the
/// third row fixes it to zero.
pub(crate) fn is_zero(x: &FpVar<Fr>) -> Result<FpVar<Fr>, SynthesisError> {
    let zero = FpVar::zero();
    let value = x.value().ok();
    let inverse = private(&x.cs(), value.map(values::inverse_or_zero))?;
    let answer = private(&x.cs(), value.map(|v| Fr::from(v == Fr::ZERO)))?;
    x.mul_equals(&inverse, &(FpVar::one() - &answer))?;
    x.mul_equals(&answer, &zero)?;
    inverse.mul_equals(&answer, &zero)?;
    Ok(answer)
}

/// Π factors = 0: one row per factor but the first.
pub(crate) fn product_is_zero(factors: &[FpVar<Fr>]) -> Result<(), SynthesisError> {
    let [first, middle @ .., last] = factors else {
        return Err(SynthesisError::Unsatisfiable);
    };
    let product = middle.iter().fold(first.clone(), |product, factor| product * factor);
    product.mul_equals(last, &FpVar::zero())
}

#[cfg(test)]
pub(crate) mod alteration;
#[cfg(test)]
pub(crate) mod attack;
#[cfg(test)]
pub(crate) mod determinism;
#[cfg(test)]
pub(crate) mod matrices;
#[cfg(test)]
mod tests;
