//! Products of pairings on BN254: nearly all of what checking a Groth16 proof costs.
//!
//! The optimal ate pairing (Vercauteren, <https://eprint.iacr.org/2008/096>) is a Miller loop and a final exponentiation;
//! a product of pairings shares the squarings of its loops and needs one exponentiation. Values of Miller loops may
//! differ from arkworks' by factors that the exponentiation takes to one; what comes after it is the same bit for bit.
//!
//! No point may be at infinity or outside its subgroup: [`Proof`](crate::Proof) and
//! [`VerifyingKey`](crate::VerifyingKey) hold only such points. Public data only, so the time may depend on it.

mod multi_scalar;
mod subgroup;

use ark_bn254::{Bn254, Fq12, G1Affine, G2Affine};
use ark_ec::pairing::{MillerLoopOutput, Pairing};
use ark_ff::{AdditiveGroup, One};

use crate::simd::{Vector, pairing as simd};

pub use multi_scalar::multiples;
pub use subgroup::in_subgroup;

/// A point of G2 with the coefficients of its lines, for points that are used again and again.
#[derive(Clone)]
pub struct PreparedG2 {
    portable: G2Prepared,
    simd: Option<(Vector, simd::Lines)>,
}

type G2Prepared = <Bn254 as Pairing>::G2Prepared;

impl From<G2Affine> for PreparedG2 {
    fn from(point: G2Affine) -> Self {
        let portable = G2Prepared::from(point);
        let simd = Vector::detect().map(|able| (able, simd::lines(able, &portable)));
        Self { portable, simd }
    }
}

/// The Miller loops of pairs, multiplied.
pub fn miller_loop(pairs: &[(G1Affine, &PreparedG2)]) -> Fq12 {
    let lines = pairs.iter().map(|(p, q)| q.simd.as_ref().map(|(able, lines)| (*able, (*p, lines))));
    match lines.collect::<Option<Vec<_>>>().as_deref() {
        Some(all @ [(able, _), ..]) => {
            simd::miller_loop(*able, &all.iter().map(|(_, pair)| *pair).collect::<Vec<_>>())
        }
        _ => portable(pairs),
    }
}

fn portable(pairs: &[(G1Affine, &PreparedG2)]) -> Fq12 {
    let second = pairs.iter().map(|(_, q)| q.portable.clone());
    Bn254::multi_miller_loop(pairs.iter().map(|(p, _)| p), second).0
}

/// For each `size` pairs in a row the product of their Miller loops; the last row may be shorter. A row shares its
/// squarings; with a `size` of more than one, which of its factors is wrong is no longer to be seen. Quickest with eight rows
/// or a multiple.
pub fn miller_loops(pairs: &[(G1Affine, G2Affine)], size: usize) -> Vec<Fq12> {
    let size = size.max(1);
    match Vector::detect() {
        Some(able) => pairs.chunks(8 * size).flat_map(|rows| simd::miller_loops(able, rows, size)).collect(),
        None => portable_rows(pairs, size),
    }
}

fn portable_rows(pairs: &[(G1Affine, G2Affine)], size: usize) -> Vec<Fq12> {
    let row = |row: &[(G1Affine, G2Affine)]| {
        Bn254::multi_miller_loop(row.iter().map(|(p, _)| p), row.iter().map(|(_, q)| q)).0
    };
    pairs.chunks(size).map(row).collect()
}

/// The final exponentiation. Products of Miller loops are not zero, and zero would give zero.
pub fn final_exponentiation(f: &Fq12) -> Fq12 {
    let power = match Vector::detect() {
        Some(able) => simd::final_exponentiation(able, f),
        None => Bn254::final_exponentiation(MillerLoopOutput(*f)).map(|e| e.0),
    };
    power.unwrap_or(Fq12::ZERO)
}

/// The inverse of what [`final_exponentiation`] gave: such elements' conjugates are their inverses.
pub fn inverse(e: &Fq12) -> Fq12 {
    Fq12::new(e.c0, -e.c1)
}

/// Whether it is the neutral element.
pub fn is_one(e: &Fq12) -> bool {
    e.is_one()
}

#[cfg(test)]
mod tests;
