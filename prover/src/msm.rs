//! Multi-scalar multiplication over points that never change.
//!
//! The bucket method with signed digits. All additions into buckets are affine and share their inversions: the entries
//! of each bucket are added in pairs, round after round, so that thousands of independent additions pay for one field
//! inversion. A table of multiples 2^(c·step·k)·P lets windows share their buckets.

mod buckets;
mod digits;
mod pairs;

use std::ops::Range;

use ark_bn254::{g1, g2};
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ec::{AffineRepr, CurveConfig};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, PrimeField, Zero};
use circuits::lanes::affine::{self, Coordinate};
use rayon::prelude::*;
use zeroize::Zeroize;

use self::buckets::Buckets;
use self::digits::Layout;
use self::pairs::Form;

/// G1 and G2 of BN254.
pub trait Curve: SWCurveConfig<BaseField: Coordinate> {}

impl Curve for g1::Config {}

impl Curve for g2::Config {}

/// Whether multiples of the points are kept beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multiples {
    /// None: the least memory, for a first proof right after start.
    None,
    /// One for each window: every window shares one set of buckets.
    EveryWindow,
}

/// An affine point of the curve `P`, its coordinates plain or as the kernel wants them.
type Point<P> = affine::Point<<P as CurveConfig>::BaseField>;

/// Points of a proving key, without those at infinity, ready to be multiplied and summed.
pub struct FixedBases<P: Curve> {
    multiples: Multiples,
    layout: Layout,
    form: Form<P>,
    /// Level after level; within a level in the order of `columns`.
    points: Vec<Point<P>>,
    /// Which scalar belongs to each point of a level.
    columns: Vec<u32>,
}

impl<P: Curve> FixedBases<P> {
    /// Takes the points that are not at infinity; scalar i of [`Self::msm`] belongs to `query[i]`.
    pub fn new(query: &[Affine<P>], multiples: Multiples) -> Self {
        Self::in_form(query, multiples, Form::detect())
    }

    fn in_form(query: &[Affine<P>], multiples: Multiples, form: Form<P>) -> Self {
        let columns: Vec<u32> = (0u32..).zip(query).filter(|(_, p)| !p.is_zero()).map(|(i, _)| i).collect();
        let base: Vec<Point<P>> = query.iter().filter(|p| !p.is_zero()).map(pairs::point).collect();
        let layout = Layout::new(base.len(), multiples);
        let mut points = with_multiples::<P>(base, layout);
        points.par_iter_mut().for_each(|p| *p = form.keep(*p));
        Self { multiples, layout, form, points, columns }
    }

    /// Σ `scalar_i` · `query_i` for i in the ranges. Scalars of points at infinity are not looked at.
    ///
    /// Not constant-time in the scalars: a proof is made where its owner is alone with the machine.
    pub fn msm<F: PrimeField<BigInt = BigInt<4>>>(
        &self,
        scalars: &[F],
        among: &[Range<usize>],
    ) -> Projective<P> {
        let mut terms = self.terms(scalars, among);
        let layout = self.layout(&terms);
        let buckets = Buckets::sort(layout, self.columns.len(), &terms);
        for (_, number) in &mut terms {
            number.0.zeroize();
        }
        combine(layout, &self.sets(&buckets, layout))
    }

    /// Points with their scalars, without those that contribute nothing.
    fn terms<F: PrimeField<BigInt = BigInt<4>>>(
        &self,
        scalars: &[F],
        among: &[Range<usize>],
    ) -> Vec<(u32, BigInt<4>)> {
        let mut terms = Vec::with_capacity(self.columns.len());
        for range in among {
            let [from, to] =
                [range.start, range.end].map(|end| self.columns.partition_point(|&c| (c as usize) < end));
            for point in from..to {
                let scalar = &scalars[self.columns[point] as usize];
                if !scalar.is_zero() {
                    terms.push((point as u32, scalar.into_bigint()));
                }
            }
        }
        terms
    }

    /// Without multiples every sum may choose its own window: few scalars need few buckets, and bits need none.
    fn layout(&self, terms: &[(u32, BigInt<4>)]) -> Layout {
        match self.multiples {
            Multiples::None => {
                let large = terms.iter().filter(|(_, n)| n.num_bits() > 16).count();
                Layout::new(large, Multiples::None)
            }
            Multiples::EveryWindow => self.layout,
        }
    }

    /// The weighted sum of each set of buckets.
    fn sets(&self, buckets: &Buckets, layout: Layout) -> Vec<Projective<P>> {
        let parts: Vec<_> = buckets
            .segments()
            .par_iter()
            .with_max_len(1)
            .map(|segment| (segment.range(), segment.sums(&self.points, &self.form)))
            .collect();
        let mut sums = vec![Point::<P>::INFINITY; layout.buckets() * layout.step];
        for (range, part) in parts {
            sums[range].copy_from_slice(&part);
        }
        sums.par_chunks_exact(layout.buckets()).map(|set| buckets::weigh(set, &self.form)).collect()
    }

    /// Number of points that are not at infinity.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether every point is at infinity.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }
}

/// Σ 2^(c·set) · (sum of the set).
fn combine<P: Curve>(layout: Layout, sets: &[Projective<P>]) -> Projective<P> {
    sets.iter().rev().fold(Projective::zero(), |mut total, set| {
        for _ in 0..layout.window {
            total.double_in_place();
        }
        total + set
    })
}

/// Appends level after level of multiples: each level is the one before, doubled `window · step` times.
fn with_multiples<P: Curve>(base: Vec<Point<P>>, layout: Layout) -> Vec<Point<P>> {
    let mut all = Vec::with_capacity(base.len() * layout.levels());
    let mut level = base;
    for k in 0..layout.levels() {
        if k > 0 {
            for _ in 0..layout.window as usize * layout.step {
                pairs::double_all::<P>(&mut level);
            }
        }
        all.extend_from_slice(&level);
    }
    all
}

#[cfg(test)]
mod tests {
    use ark_bn254::{Fr, G1Affine, G1Projective, G2Projective, g1, g2};
    use ark_ec::{CurveGroup, VariableBaseMSM};
    use ark_ff::{Field, One, UniformRand};
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;

    const BOTH: [Multiples; 2] = [Multiples::None, Multiples::EveryWindow];

    fn sum<P: Curve<ScalarField = Fr>>(bases: &FixedBases<P>, scalars: &[Fr]) -> Projective<P> {
        let all = 0..scalars.len();
        bases.msm(scalars, &[all])
    }

    fn edge_scalars(rng: &mut StdRng, n: usize) -> Vec<Fr> {
        (0..n)
            .map(|i| match i % 7 {
                0 => Fr::zero(),
                1 => Fr::one(),
                2 => -Fr::one(),
                3 => Fr::from(rng.r#gen::<u16>()),
                4 => Fr::from(2u64).pow([rng.gen_range(0..254)]),
                _ => Fr::rand(rng),
            })
            .collect()
    }

    fn assert_equals_reference<P: Curve<ScalarField = Fr>>(points: &[Affine<P>], scalars: &[Fr]) {
        let expected: Projective<P> = points.iter().zip(scalars).map(|(p, s)| *p * s).sum();
        for multiples in BOTH {
            for form in [Form::portable(), Form::detect()] {
                let bases = FixedBases::in_form(points, multiples, form);
                assert_eq!(sum(&bases, scalars), expected, "{multiples:?}");
            }
        }
    }

    #[test]
    fn equals_the_definition_in_g1_and_g2() {
        let rng = &mut StdRng::seed_from_u64(1);
        for n in [0, 1, 2, 3, 31, 300] {
            let scalars = edge_scalars(rng, n);
            let g1: Vec<_> = (0..n).map(|_| G1Projective::rand(rng).into_affine()).collect();
            assert_equals_reference::<g1::Config>(&g1, &scalars);
            let g2: Vec<_> = (0..n).map(|_| G2Projective::rand(rng).into_affine()).collect();
            assert_equals_reference::<g2::Config>(&g2, &scalars);
        }
    }

    #[test]
    fn equals_arkworks_at_the_size_of_a_key() {
        let rng = &mut StdRng::seed_from_u64(2);
        let points: Vec<_> = (0..4000).map(|_| G1Projective::rand(rng).into_affine()).collect();
        let scalars = edge_scalars(rng, points.len());
        let expected = G1Projective::msm(&points, &scalars).unwrap();
        for multiples in BOTH {
            for form in [Form::portable(), Form::detect()] {
                let bases = FixedBases::in_form(&points, multiples, form);
                assert_eq!(sum(&bases, &scalars), expected, "{multiples:?}");
            }
        }
    }

    #[test]
    fn equal_and_opposite_points_meet_in_one_bucket() {
        let p = G1Projective::rand(&mut StdRng::seed_from_u64(3)).into_affine();
        let points = [p, p, -p, p, -p, -p, p, p];
        for scalar in [Fr::one(), Fr::from(5u64), -Fr::one()] {
            assert_equals_reference::<g1::Config>(&points, &[scalar; 8]);
            assert_equals_reference::<g1::Config>(&points[..6], &[scalar; 6]);
        }
    }

    #[test]
    fn sums_over_parts_add_up() {
        let rng = &mut StdRng::seed_from_u64(5);
        let points: Vec<_> = (0..90).map(|_| G1Projective::rand(rng).into_affine()).collect();
        let scalars = edge_scalars(rng, points.len());
        for multiples in BOTH {
            let bases = FixedBases::new(&points, multiples);
            let part = |from: usize, to: usize| bases.msm(&scalars, std::slice::from_ref(&(from..to)));
            let (all, middle, ends) = (part(0, 90), part(20, 70), bases.msm(&scalars, &[0..20, 70..90]));
            assert_eq!(all, middle + ends);
            assert!(part(7, 7).is_zero());
        }
    }

    #[test]
    fn points_at_infinity_are_dropped() {
        let rng = &mut StdRng::seed_from_u64(4);
        let p = G1Projective::rand(rng).into_affine();
        let points = [G1Affine::identity(), p, G1Affine::identity()];
        assert_eq!(FixedBases::new(&points, Multiples::None).len(), 1);
        assert_equals_reference::<g1::Config>(&points, &edge_scalars(rng, 3));
    }
}
