//! Pairings in eight lanes.
//!
//! A single check has one element of the field of degree twelve in six of the lanes; many Miller loops run one in each.

#[cfg(target_arch = "x86_64")]
mod arithmetic;
#[cfg(target_arch = "x86_64")]
mod exponentiation;
#[cfg(target_arch = "x86_64")]
mod lines;
#[cfg(target_arch = "x86_64")]
mod many;
#[cfg(target_arch = "x86_64")]
mod multiples;
#[cfg(target_arch = "x86_64")]
mod one;
#[cfg(not(target_arch = "x86_64"))]
mod portable;
#[cfg(target_arch = "x86_64")]
mod quadratic;
#[cfg(target_arch = "x86_64")]
mod sextic;
#[cfg(target_arch = "x86_64")]
mod subgroup;
#[cfg(target_arch = "x86_64")]
mod twelve;

#[cfg(target_arch = "x86_64")]
pub(crate) use lines::Lines;
#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable::{
    Lines, final_exponentiation, lines, miller_loop, miller_loops, multiples, times_x,
};
#[cfg(target_arch = "x86_64")]
pub(crate) use vector::{final_exponentiation, lines, miller_loop, miller_loops, multiples, times_x};

/// The ways in.
#[cfg(target_arch = "x86_64")]
mod vector {
    use ark_bn254::{Bn254, Fq12, G1Affine, G1Projective, G2Affine, G2Projective};
    use ark_ec::pairing::Pairing;

    use super::{Lines, many, multiples as sums, one, subgroup};
    use crate::lanes::Vector;
    use crate::pairing::Coefficient;

    /// Lines of a point that is used again and again.
    pub(crate) fn lines(_able: Vector, point: &<Bn254 as Pairing>::G2Prepared) -> Lines {
        // SAFETY: whoever has a `Vector` is on a processor with AVX-512 F and IFMA.
        unsafe { Lines::load(point) }
    }

    /// The Miller loops of pairs, multiplied; up to a factor in the base field.
    pub(crate) fn miller_loop(_able: Vector, pairs: &[(G1Affine, &Lines)]) -> Fq12 {
        // SAFETY: as above.
        unsafe { one::multi_miller_loop(pairs) }
    }

    /// For each `size` pairs, at most eight times, the product of their Miller loops; up to factors in the base field.
    pub(crate) fn miller_loops(_able: Vector, pairs: &[(G1Affine, G2Affine)], size: usize) -> Vec<Fq12> {
        // SAFETY: as above.
        let rows = unsafe { many::miller_loops(pairs, size) };
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
        unsafe { sums::rows(points, coefficients, size) }
    }

    /// The curve's parameter times points on the curve; of points outside the subgroup it may be infinity instead.
    pub(crate) fn times_x(_able: Vector, points: &[G2Affine; 8]) -> [G2Projective; 8] {
        // SAFETY: as above.
        unsafe { subgroup::times_x(points) }
    }

    /// The final exponentiation of what is not zero.
    pub(crate) fn final_exponentiation(_able: Vector, f: &Fq12) -> Option<Fq12> {
        let easy = one::easy_part(f)?;
        // SAFETY: as above.
        Some(unsafe { one::hard_part(easy) })
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests;
