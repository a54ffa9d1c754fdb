//! Σ k·P for every column of a sparse matrix: few terms each, over points that many columns share.

use std::cmp::Ordering;

use ark_bn254::Fr;
use ark_ec::CurveGroup;
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ff::{AdditiveGroup, BigInteger, PrimeField};
use rayon::prelude::*;

/// Points with their small odd multiples.
pub(super) struct Bases<P: SWCurveConfig> {
    multiples: Vec<Affine<P>>,
}

/// The terms of one column: coefficient, and number of the point.
pub(super) type Column = Vec<(Fr, usize)>;

impl<P: SWCurveConfig<ScalarField = Fr>> Bases<P> {
    /// Multiplies the points.
    pub(super) fn new(points: &[Affine<P>]) -> Self {
        let chunks = points.par_chunks(256).map(|points| {
            let multiples: Vec<_> = points.iter().flat_map(odd_multiples).collect();
            Projective::normalize_batch(&multiples)
        });
        Self { multiples: chunks.flatten_iter().collect() }
    }

    /// The sums of all columns.
    pub(super) fn sums(&self, columns: &[Column]) -> Vec<Affine<P>> {
        let sums: Vec<_> = columns.par_iter().with_max_len(16).map(|column| self.sum(column)).collect();
        Projective::normalize_batch(&sums)
    }

    /// All terms share their doublings.
    fn sum(&self, column: &Column) -> Projective<P> {
        let digits: Vec<_> = column.iter().map(|(k, point)| (digits(k), point * TABLE)).collect();
        let top = digits.iter().map(|(digits, _)| digits.len()).max().unwrap_or(0);
        let mut sum = Projective::<P>::ZERO;
        for place in (0..top).rev() {
            sum.double_in_place();
            for (digits, table) in &digits {
                let digit = digits.get(place).copied().unwrap_or(0);
                let multiple = || self.multiples[table + digit.unsigned_abs() as usize / 2];
                match digit.cmp(&0) {
                    Ordering::Equal => {}
                    Ordering::Greater => sum += multiple(),
                    Ordering::Less => sum -= multiple(),
                }
            }
        }
        sum
    }
}

/// P, 3P, 5P, …
fn odd_multiples<P: SWCurveConfig>(point: &Affine<P>) -> Vec<Projective<P>> {
    let first = Projective::from(*point);
    let twice = first.double();
    std::iter::successors(Some(first), |before| Some(*before + twice)).take(TABLE).collect()
}

/// Odd digits with zeros between them, of k or −k, whichever is smaller: most coefficients are ones of either sign.
fn digits(k: &Fr) -> Vec<i64> {
    let (number, negative) = (k.into_bigint(), (-*k).into_bigint());
    let wnaf = |n: ark_ff::BigInt<4>| n.find_wnaf(WINDOW).expect("the window is between 2 and 63");
    if number <= negative { wnaf(number) } else { wnaf(negative).into_iter().map(|digit| -digit).collect() }
}

const WINDOW: usize = 5;
const TABLE: usize = 1 << (WINDOW - 1);

#[cfg(test)]
mod tests {
    use ark_bn254::{G1Affine, G1Projective, g1};
    use ark_ec::AffineRepr;
    use ark_ff::{Field, UniformRand};
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn equals_the_definition() {
        let rng = &mut StdRng::seed_from_u64(1);
        let mut points: Vec<_> = (0..20).map(|_| G1Projective::rand(rng).into_affine()).collect();
        points[7] = G1Affine::zero();
        let special = [Fr::ZERO, Fr::ONE, -Fr::ONE, Fr::from(2u64), -Fr::from(31u64)];
        let columns: Vec<Column> = (0..30)
            .map(|n| {
                let k = |rng: &mut StdRng| {
                    special.get(rng.gen_range(0..8)).copied().unwrap_or_else(|| Fr::rand(rng))
                };
                (0..n).map(|_| (k(rng), rng.gen_range(0..20))).collect()
            })
            .collect();
        let sums = Bases::<g1::Config>::new(&points).sums(&columns);
        for (column, sum) in columns.iter().zip(sums) {
            let expected: G1Projective = column.iter().map(|(k, i)| points[*i] * k).sum();
            assert_eq!(sum, expected.into_affine());
        }
    }
}
