//! JSON as snarkjs writes it: points and numbers: decimal strings, affine with z = 1, of two parts in G2.

use ark_bn254::{Fq, Fq2, Fq6, Fq12, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::{BigInt, One, PrimeField};
use num_bigint::BigUint;
use serde_json::{Map, Value, json};

use crate::{MAX_PUBLIC_INPUTS, ProofError, pairing};

/// snarkjs `public.json`: the public inputs in order, as decimal strings.
pub fn public_to_json(inputs: &[Fr]) -> Value {
    inputs.iter().map(decimal).collect()
}

/// Inverse of [`public_to_json`]; refuses more than [`MAX_PUBLIC_INPUTS`] and numbers of r or more.
pub fn public_from_json(json: &Value) -> Result<Vec<Fr>, ProofError> {
    let inputs = json
        .as_array()
        .filter(|inputs| inputs.len() <= MAX_PUBLIC_INPUTS)
        .ok_or(ProofError::Malformed("public inputs are a short array"))?;
    inputs
        .iter()
        .map(|x| from_decimal(x).ok_or(ProofError::Malformed("a public input is not canonical")))
        .collect()
}

/// `["x", "y", "1"]`.
pub(crate) fn g1_to_json(p: &G1Affine) -> Value {
    json!([decimal(&p.x), decimal(&p.y), "1"])
}

/// `[["x0", "x1"], ["y0", "y1"], ["1", "0"]]`.
pub(crate) fn g2_to_json(p: &G2Affine) -> Value {
    json!([pair(&p.x), pair(&p.y), ["1", "0"]])
}

/// An element of the target group, as two triples of pairs.
pub(crate) fn gt_to_json(x: &Fq12) -> Value {
    json!([triple(&x.c0), triple(&x.c1)])
}

/// Inverse of [`g1_to_json`]; `name` tells the caller which point was refused.
pub(crate) fn g1_from_json(json: &Value, name: &'static str) -> Result<G1Affine, ProofError> {
    let [x, y, z] = array(json).ok_or(ProofError::Malformed(name))?;
    let p = affine(from_decimal(x), from_decimal(y), from_decimal::<Fq>(z), name)?;
    check_g1(&p, name)?;
    Ok(p)
}

/// Inverse of [`g2_to_json`].
pub(crate) fn g2_from_json(json: &Value, name: &'static str) -> Result<G2Affine, ProofError> {
    let p = on_twist_from_json(json, name)?;
    check_g2(&p, name)?;
    Ok(p)
}

/// The same for points that may be outside the subgroup.
pub(crate) fn on_twist_from_json(json: &Value, name: &'static str) -> Result<G2Affine, ProofError> {
    let [x, y, z] = array(json).ok_or(ProofError::Malformed(name))?;
    let p = affine(from_pair(x), from_pair(y), from_pair(z), name)?;
    if on_curve(&p) { Ok(p) } else { Err(ProofError::BadPoint(name)) }
}

/// On the curve, all of which has order r, and not at infinity.
pub(crate) fn check_g1(p: &G1Affine, name: &'static str) -> Result<(), ProofError> {
    if on_curve(p) { Ok(()) } else { Err(ProofError::BadPoint(name)) }
}

/// On the twist, in its subgroup of order r, not at infinity.
pub(crate) fn check_g2(p: &G2Affine, name: &'static str) -> Result<(), ProofError> {
    let good = on_curve(p) && pairing::in_subgroup(std::slice::from_ref(p)) == [true];
    if good { Ok(()) } else { Err(ProofError::BadPoint(name)) }
}

/// Infinity is looked at first: arkworks counts it as on the curve.
fn on_curve<P: SWCurveConfig>(p: &Affine<P>) -> bool {
    !p.is_zero() && p.is_on_curve()
}

/// The number in base ten.
pub(crate) fn decimal<F: PrimeField<BigInt = BigInt<4>>>(x: &F) -> String {
    x.into_bigint().to_string()
}

/// A decimal string without sign, spaces or leading zeros, below the modulus.
pub(crate) fn from_decimal<F: PrimeField<BigInt = BigInt<4>>>(json: &Value) -> Option<F> {
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

pub(crate) fn field<'a>(fields: &'a Map<String, Value>, name: &'static str) -> Result<&'a Value, ProofError> {
    fields.get(name).ok_or(ProofError::Malformed(name))
}

pub(crate) fn only_fields(fields: &Map<String, Value>, known: &[&str]) -> Result<(), ProofError> {
    if fields.keys().all(|name| known.contains(&name.as_str())) {
        Ok(())
    } else {
        Err(ProofError::Malformed("unknown field"))
    }
}

pub(crate) fn expect_groth16_bn128(fields: &Map<String, Value>) -> Result<(), ProofError> {
    if field(fields, "protocol")? != PROTOCOL {
        return Err(ProofError::Malformed("protocol is not groth16"));
    }
    if field(fields, "curve")? != CURVE {
        return Err(ProofError::Malformed("curve is not bn128"));
    }
    Ok(())
}

pub(crate) const PROTOCOL: &str = "groth16";
pub(crate) const CURVE: &str = "bn128";
/// Both moduli of BN254 have 77 digits.
const MAX_DIGITS: usize = 77;
