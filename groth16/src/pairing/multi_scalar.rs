//! Sums of points with short coefficients.

use ark_bn254::{G1Affine, G1Projective};
use ark_ec::AffineRepr;

use crate::coefficient::Coefficient;
use crate::simd::{Vector, pairing as simd};

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
        let rows = points.chunks(size).zip(coefficients.chunks(size)).zip(simd);
        rows.map(|((points, coefficients), simd)| simd.unwrap_or_else(|| row(points, coefficients)))
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
    use ark_ec::CurveGroup;
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
}
