//! The same with arkworks, for processors without the instructions.

use ark_bn254::{Bn254, Config, Fq12, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::AffineRepr;
use ark_ec::bn::BnConfig;
use ark_ec::pairing::{MillerLoopOutput, Pairing};

use crate::pairing::Coefficient;
use crate::simd::Vector;

/// arkworks' lines.
pub(crate) type Lines = <Bn254 as Pairing>::G2Prepared;

pub(crate) fn lines(_: Vector, point: &Lines) -> Lines {
    point.clone()
}

pub(crate) fn miller_loop(_: Vector, pairs: &[(G1Affine, &Lines)]) -> Fq12 {
    let second = pairs.iter().map(|(_, lines)| (*lines).clone());
    Bn254::multi_miller_loop(pairs.iter().map(|(p, _)| p), second).0
}

pub(crate) fn final_exponentiation(_: Vector, f: &Fq12) -> Option<Fq12> {
    Bn254::final_exponentiation(MillerLoopOutput(*f)).map(|e| e.0)
}

pub(crate) fn miller_loops(_: Vector, pairs: &[(G1Affine, G2Affine)], size: usize) -> Vec<Fq12> {
    let row = |row: &[(G1Affine, G2Affine)]| {
        Bn254::multi_miller_loop(row.iter().map(|(p, _)| p), row.iter().map(|(_, q)| q)).0
    };
    pairs.chunks(size).map(row).collect()
}

pub(crate) fn multiples(
    _: Vector,
    points: &[G1Affine],
    _: &[Coefficient],
    size: usize,
) -> Vec<Option<G1Projective>> {
    vec![None; points.len().div_ceil(size)]
}

pub(crate) fn times_x(_: Vector, points: &[G2Affine; 8]) -> [G2Projective; 8] {
    points.map(|point| point.mul_bigint(Config::X))
}
