//! Pairings in eight lanes.
//!
//! A single check has one element of the field of degree twelve in six of the lanes; many Miller loops run one in each.

#[cfg(target_arch = "x86_64")]
mod final_exp;
#[cfg(target_arch = "x86_64")]
mod fq12x8;
#[cfg(target_arch = "x86_64")]
mod fq2x6;
#[cfg(target_arch = "x86_64")]
mod fq2x8;
#[cfg(target_arch = "x86_64")]
mod fq_ops;
#[cfg(target_arch = "x86_64")]
mod g2_subgroup;
#[cfg(target_arch = "x86_64")]
mod miller_loop;
#[cfg(target_arch = "x86_64")]
mod miller_loops;
#[cfg(target_arch = "x86_64")]
mod multi_scalar;

#[cfg(target_arch = "x86_64")]
pub(crate) use miller_loop::Lines;
#[cfg(not(target_arch = "x86_64"))]
pub(crate) use unsupported::{
    Lines, final_exponentiation, lines, miller_loop, miller_loops, multiples, times_x,
};
#[cfg(target_arch = "x86_64")]
pub(crate) use vector::{final_exponentiation, lines, miller_loop, miller_loops, multiples, times_x};

/// The ways in.
#[cfg(target_arch = "x86_64")]
mod vector {
    use ark_bn254::{Bn254, Fq12, G1Affine, G1Projective, G2Affine, G2Projective};
    use ark_ec::pairing::Pairing;

    use super::{Lines, final_exp, g2_subgroup, miller_loop as single, miller_loops as rows, multi_scalar};
    use crate::coefficient::Coefficient;
    use crate::simd::Vector;

    /// Lines of a point that is used again and again.
    pub(crate) fn lines(_able: Vector, point: &<Bn254 as Pairing>::G2Prepared) -> Lines {
        // SAFETY: whoever has a `Vector` is on a processor with AVX-512 F and IFMA.
        unsafe { Lines::load(point) }
    }

    /// The Miller loops of pairs, multiplied; up to a factor in the base field.
    pub(crate) fn miller_loop(_able: Vector, pairs: &[(G1Affine, &Lines)]) -> Fq12 {
        // SAFETY: as above.
        unsafe { single::multi_miller_loop(pairs) }
    }

    /// For each `size` pairs, at most eight times, the product of their Miller loops; up to factors in the base field.
    pub(crate) fn miller_loops(_able: Vector, pairs: &[(G1Affine, G2Affine)], size: usize) -> Vec<Fq12> {
        // SAFETY: as above.
        let rows = unsafe { rows::miller_loops(pairs, size) };
        rows.into_iter().take(pairs.len().div_ceil(size)).collect()
    }

    /// For each `size` points, at most sixteen times, the sum of coefficient · point; `None` where another way must be taken.
    pub(crate) fn multiples(
        _able: Vector,
        points: &[G1Affine],
        coefficients: &[Coefficient],
        size: usize,
    ) -> Vec<Option<G1Projective>> {
        // SAFETY: as above.
        unsafe { multi_scalar::rows(points, coefficients, size) }
    }

    /// The curve's parameter times points on the curve; of points outside the subgroup it may be infinity instead.
    pub(crate) fn times_x(_able: Vector, points: &[G2Affine; 8]) -> [G2Projective; 8] {
        // SAFETY: as above.
        unsafe { g2_subgroup::times_x(points) }
    }

    /// The final exponentiation of what is not zero.
    pub(crate) fn final_exponentiation(_able: Vector, f: &Fq12) -> Option<Fq12> {
        let easy = final_exp::easy_part(f)?;
        // SAFETY: as above.
        Some(unsafe { final_exp::hard_part(easy) })
    }
}

/// The same with arkworks, for processors without the instructions.
#[cfg(not(target_arch = "x86_64"))]
mod unsupported {
    use ark_bn254::{Bn254, Config, Fq12, G1Affine, G1Projective, G2Affine, G2Projective};
    use ark_ec::AffineRepr;
    use ark_ec::bn::BnConfig;
    use ark_ec::pairing::{MillerLoopOutput, Pairing};

    use crate::coefficient::Coefficient;
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
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests;
