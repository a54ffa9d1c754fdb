//! Short coefficients for random linear combinations, by which a multiplication costs a quarter of one by any scalar.

use ark_bn254::{Fr, G1Affine, G1Projective, g1};
use ark_ec::scalar_mul::glv::GLVConfig;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::AdditiveGroup;

use crate::simd::{Vector, pairing as simd};

/// a + b·λ with a and b of 64 bits, not both zero; λ·(x, y) = (β·x, y) on the curve (Gallant, Lambert, Vanstone, CRYPTO 2001).
///
/// The 2^128 − 1 pairs are as many scalars and none is zero: a + b·λ = 0 holds only on a lattice whose shortest vectors have
/// over 126 bits, and pairs differ by less than 65.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coefficient {
    a: u64,
    b: u64,
}

impl Coefficient {
    /// From random bytes; `None` if all are zero.
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        let both = u128::from_le_bytes(bytes);
        (both != 0).then_some(Self { a: both as u64, b: (both >> 64) as u64 })
    }

    /// As a scalar.
    pub fn scalar(&self) -> Fr {
        Fr::from(self.a) + Fr::from(self.b) * g1::Config::LAMBDA
    }

    /// a and b.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn halves(&self) -> [u64; 2] {
        [self.a, self.b]
    }

    /// Coefficient · point.
    pub(super) fn times(self, point: &G1Affine) -> G1Projective {
        let turned = g1::Config::endomorphism_affine(point);
        let both = (*point + turned).into_affine();
        let mut sum = G1Projective::ZERO;
        for bit in (0..64).rev() {
            sum.double_in_place();
            match (self.a >> bit & 1, self.b >> bit & 1) {
                (1, 1) => sum += both,
                (1, _) => sum += point,
                (_, 1) => sum += turned,
                _ => {}
            }
        }
        sum
    }
}

/// For each `size` points in a row the sum of coefficient · point. Points not at infinity, as many as coefficients.
pub fn multiples(points: &[G1Affine], coefficients: &[Coefficient], size: usize) -> Vec<G1Projective> {
    debug_assert!(points.len() == coefficients.len() && points.iter().all(|p| !p.is_zero()));
    let size = size.max(1);
    let rows = points.chunks(ROWS * size).zip(coefficients.chunks(ROWS * size));
    rows.flat_map(|(points, coefficients)| {
        let simd = match Vector::detect() {
            Some(able) => simd::multiples(able, points, coefficients, size),
            None => vec![None; points.len().div_ceil(size)],
        };
        let each = points.chunks(size).zip(coefficients.chunks(size)).zip(simd);
        each.map(|((points, coefficients), simd)| simd.unwrap_or_else(|| row(points, coefficients)))
            .collect::<Vec<_>>()
    })
    .collect()
}

/// The portable way.
fn row(points: &[G1Affine], coefficients: &[Coefficient]) -> G1Projective {
    points.iter().zip(coefficients).map(|(p, x)| x.times(p)).sum()
}

/// Rows that are summed side by side.
const ROWS: usize = 16;

#[cfg(test)]
mod tests {
    use ark_ff::UniformRand;
    use rand::rngs::StdRng;
    use rand::{RngCore, SeedableRng};

    use super::*;

    #[test]
    fn multiples_are_those_of_arkworks() {
        let rng = &mut StdRng::seed_from_u64(5);
        let mut coefficients: Vec<_> = [1, 1 << 64, u128::MAX, 1 << 127, u128::from(u64::MAX)]
            .map(|x: u128| Coefficient::from_bytes(x.to_le_bytes()).unwrap())
            .into();
        coefficients.extend((0..20).map(|_| {
            let mut bytes = [0; 16];
            rng.fill_bytes(&mut bytes);
            Coefficient::from_bytes(bytes).unwrap()
        }));
        let points: Vec<_> = coefficients.iter().map(|_| G1Projective::rand(rng).into_affine()).collect();
        compare(&points, &coefficients);
        // Equal and opposite points with equal coefficients meet in a row.
        let mut points = vec![points[0]; coefficients.len()];
        points[4] = -points[3];
        points[5] = -points[2];
        compare(&points, &vec![coefficients[7]; coefficients.len()]);
        compare(&points, &coefficients);
    }

    fn compare(points: &[G1Affine], coefficients: &[Coefficient]) {
        for size in [1, 2, 3, 40] {
            let rows = points.chunks(size).zip(coefficients.chunks(size));
            let each = |(p, x): (&[G1Affine], &[Coefficient])| {
                p.iter().zip(x).map(|(p, x)| *p * x.scalar()).sum::<G1Projective>()
            };
            let expected: Vec<_> = rows.clone().map(each).collect();
            assert_eq!(multiples(points, coefficients, size), expected);
            assert_eq!(rows.map(|(p, x)| row(p, x)).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn zero_is_no_coefficient() {
        assert_eq!(Coefficient::from_bytes([0; 16]), None);
    }
}
