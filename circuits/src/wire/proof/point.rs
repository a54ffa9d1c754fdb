//! Points and numbers as snarkjs writes them: decimal strings, affine with z = 1, of two parts in G2.

use ark_bn254::{Fq, Fq2, Fq6, Fq12, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::{BigInt, One, PrimeField};
use num_bigint::BigUint;
use serde_json::{Value, json};

use super::ProofError;
use crate::pairing;

/// `["x", "y", "1"]`.
pub(super) fn g1_to_json(p: &G1Affine) -> Value {
    json!([decimal(&p.x), decimal(&p.y), "1"])
}

/// `[["x0", "x1"], ["y0", "y1"], ["1", "0"]]`.
pub(super) fn g2_to_json(p: &G2Affine) -> Value {
    json!([pair(&p.x), pair(&p.y), ["1", "0"]])
}

/// An element of the target group, as two triples of pairs.
pub(super) fn gt_to_json(x: &Fq12) -> Value {
    json!([triple(&x.c0), triple(&x.c1)])
}

/// Inverse of [`g1_to_json`]; `name` tells the caller which point was refused.
pub(super) fn g1_from_json(json: &Value, name: &'static str) -> Result<G1Affine, ProofError> {
    let [x, y, z] = array(json).ok_or(ProofError::Malformed(name))?;
    let p = affine(from_decimal(x), from_decimal(y), from_decimal::<Fq>(z), name)?;
    check_g1(&p, name)?;
    Ok(p)
}

/// Inverse of [`g2_to_json`].
pub(super) fn g2_from_json(json: &Value, name: &'static str) -> Result<G2Affine, ProofError> {
    let p = on_twist_from_json(json, name)?;
    check_g2(&p, name)?;
    Ok(p)
}

/// The same for points that may be outside the subgroup.
pub(super) fn on_twist_from_json(json: &Value, name: &'static str) -> Result<G2Affine, ProofError> {
    let [x, y, z] = array(json).ok_or(ProofError::Malformed(name))?;
    let p = affine(from_pair(x), from_pair(y), from_pair(z), name)?;
    if on_curve(&p) { Ok(p) } else { Err(ProofError::BadPoint(name)) }
}

/// On the curve, all of which has order r, and not at infinity.
pub(super) fn check_g1(p: &G1Affine, name: &'static str) -> Result<(), ProofError> {
    if on_curve(p) { Ok(()) } else { Err(ProofError::BadPoint(name)) }
}

/// On the twist, in its subgroup of order r, not at infinity.
pub(super) fn check_g2(p: &G2Affine, name: &'static str) -> Result<(), ProofError> {
    let good = on_curve(p) && pairing::in_subgroup(std::slice::from_ref(p)) == [true];
    if good { Ok(()) } else { Err(ProofError::BadPoint(name)) }
}

/// Infinity is looked at first: arkworks counts it as on the curve.
fn on_curve<P: SWCurveConfig>(p: &Affine<P>) -> bool {
    !p.is_zero() && p.is_on_curve()
}

/// The number in base ten.
pub(super) fn decimal<F: PrimeField<BigInt = BigInt<4>>>(x: &F) -> String {
    x.into_bigint().to_string()
}

/// A decimal string without sign, spaces or leading zeros, below the modulus.
pub(super) fn from_decimal<F: PrimeField<BigInt = BigInt<4>>>(json: &Value) -> Option<F> {
    let text = json.as_str()?;
    let canonical = text == "0" || !text.starts_with('0');
    if text.is_empty() || text.len() > MAX_DIGITS || !canonical {
        return None;
    }
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = BigUint::parse_bytes(text.as_bytes(), 10)?;
    F::from_bigint(BigInt::try_from(number).ok()?)
}

/// The coordinates, of which z is one. Whether they are a point is not looked at.
fn affine<P: SWCurveConfig>(
    x: Option<P::BaseField>,
    y: Option<P::BaseField>,
    z: Option<P::BaseField>,
    name: &'static str,
) -> Result<Affine<P>, ProofError> {
    let (Some(x), Some(y), Some(z)) = (x, y, z) else {
        return Err(ProofError::BadPoint(name));
    };
    if !z.is_one() {
        return Err(ProofError::BadPoint(name));
    }
    Ok(Affine::new_unchecked(x, y))
}

fn pair(x: &Fq2) -> Value {
    json!([decimal(&x.c0), decimal(&x.c1)])
}

fn triple(x: &Fq6) -> Value {
    json!([pair(&x.c0), pair(&x.c1), pair(&x.c2)])
}

fn from_pair(json: &Value) -> Option<Fq2> {
    let [c0, c1] = array(json)?;
    Some(Fq2::new(from_decimal(c0)?, from_decimal(c1)?))
}

fn array<const N: usize>(json: &Value) -> Option<&[Value; N]> {
    json.as_array()?.as_slice().try_into().ok()
}

/// Both moduli of BN254 have 77 digits.
const MAX_DIGITS: usize = 77;
