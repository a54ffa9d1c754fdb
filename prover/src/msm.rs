//! Multi-scalar multiplication over points that never change.
//!
//! The bucket method with signed digits. All additions into buckets are affine and share their inversions: the entries
//! of each bucket are added in pairs, round after round, so that thousands of independent additions pay for one field
//! inversion. A table of multiples 2^(c·step·k)·P lets windows share their buckets.

mod buckets;
mod digits;
#[cfg(target_arch = "x86_64")]
mod ifma;
mod pairs;
#[cfg(not(target_arch = "x86_64"))]
mod scalar;

use ark_bn254::{g1, g2};
use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ff::{AdditiveGroup, BigInt, PrimeField, Zero};
use rayon::prelude::*;

use self::buckets::Buckets;
use self::digits::Layout;
use self::pairs::{AddPairs, Form, Point};

/// G1 and G2 of BN254, each with the vector kernel that adds its points where the machine has one.
#[allow(private_bounds)]
pub trait Curve: SWCurveConfig {
    /// The kernel.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    type Vector: AddPairs<Self>;
}

#[cfg(target_arch = "x86_64")]
impl Curve for g1::Config {
    type Vector = ifma::Eight<ifma::Fq8>;
}

#[cfg(target_arch = "x86_64")]
impl Curve for g2::Config {
    type Vector = ifma::Eight<ifma::Fq2x8>;
}

#[cfg(not(target_arch = "x86_64"))]
impl Curve for g1::Config {
    type Vector = scalar::Never;
}

#[cfg(not(target_arch = "x86_64"))]
impl Curve for g2::Config {
    type Vector = scalar::Never;
}

/// Whether multiples of the points are kept beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Multiples {
    /// None: the least memory, for a first proof right after start.
    None,
    /// One for each window: every window shares one set of buckets.
    EveryWindow,
}

/// Points of a proving key, without those at infinity, ready to be multiplied and summed.
pub struct FixedBases<P: Curve> {
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
        let columns: Vec<u32> =
            (0u32..).zip(query).filter(|(_, p)| !p.is_zero()).map(|(i, _)| i).collect();
        let base: Vec<Point<P>> =
            query.iter().filter(|p| !p.is_zero()).map(|p| Point { x: p.x, y: p.y }).collect();
        let layout = Layout::new(base.len(), multiples);
        let mut points = with_multiples(base, layout);
        points.par_iter_mut().for_each(|p| *p = form.keep(*p));
        Self { layout, form, points, columns }
    }

    /// Σ scalar_i · query_i. Scalars of points at infinity are not looked at.
    ///
    /// Not constant-time in the scalars: a proof is made where its owner is alone with the machine.
    pub fn msm<F: PrimeField<BigInt = BigInt<4>>>(&self, scalars: &[F]) -> Projective<P> {
        let digits: Vec<BigInt<4>> =
            self.columns.iter().map(|&i| scalars[i as usize].into_bigint()).collect();
        let buckets = Buckets::sort(&self.layout, &digits);
        let sums: Vec<(usize, Projective<P>)> =
            buckets.segments().into_par_iter().map(|s| (s.set(), s.sum(&self.points, &self.form))).collect();
        self.combine(&sums)
    }

    /// Number of points that are not at infinity.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether every point is at infinity.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Σ 2^(c·set) · (sum of the set's segments).
    fn combine(&self, sums: &[(usize, Projective<P>)]) -> Projective<P> {
        (0..self.layout.step).rev().fold(Projective::zero(), |mut total, set| {
            for _ in 0..self.layout.window {
                total.double_in_place();
            }
            sums.iter().filter(|(s, _)| *s == set).fold(total, |total, (_, sum)| total + sum)
        })
    }
}

/// Appends level after level of multiples: each level is the one before, doubled `window · step` times.
fn with_multiples<P: SWCurveConfig>(base: Vec<Point<P>>, layout: Layout) -> Vec<Point<P>> {
    let mut all = Vec::with_capacity(base.len() * layout.levels());
    let mut level = base;
    for k in 0..layout.levels() {
        if k > 0 {
            for _ in 0..layout.window as usize * layout.step {
                pairs::double_all(&mut level);
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
                assert_eq!(bases.msm(scalars), expected, "{multiples:?}");
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
                assert_eq!(bases.msm(&scalars), expected, "{multiples:?}");
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
    fn points_at_infinity_are_dropped() {
        let rng = &mut StdRng::seed_from_u64(4);
        let p = G1Projective::rand(rng).into_affine();
        let points = [G1Affine::identity(), p, G1Affine::identity()];
        assert_eq!(FixedBases::new(&points, Multiples::None).len(), 1);
        assert_equals_reference::<g1::Config>(&points, &edge_scalars(rng, 3));
    }
}
#[cfg(test)]
mod quick {
    use super::*;
    use ark_bn254::{Fr, G1Projective, G2Projective};
    use ark_ec::{CurveGroup, VariableBaseMSM};
    use ark_ff::UniformRand;
    use rand::{SeedableRng, rngs::StdRng};
    fn med(mut f: impl FnMut()) -> f64 {
        let mut v: Vec<f64> = (0..15).map(|_| { let t = std::time::Instant::now(); f(); t.elapsed().as_secs_f64() * 1e3 }).collect();
        v.sort_by(f64::total_cmp); v[7]
    }
    #[test]
    #[ignore]
    fn quick() {
        let rng = &mut StdRng::seed_from_u64(2);
        let p: Vec<_> = (0..8192).map(|_| G1Projective::rand(rng)).collect();
        let p = G1Projective::normalize_batch(&p);
        let q: Vec<_> = (0..3000).map(|_| G2Projective::rand(rng)).collect();
        let q = G2Projective::normalize_batch(&q);
        let s: Vec<Fr> = (0..8192).map(|_| Fr::rand(rng)).collect();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        pool.install(|| {
        println!("ark g1 {}", med(|| { G1Projective::msm(&p, &s).unwrap(); }));
        println!("ark g2 {}", med(|| { G2Projective::msm(&q, &s[..3000]).unwrap(); }));
        for m in [Multiples::None, Multiples::EveryWindow] { for v in [false, true] {
            let f = || if v { Form::detect() } else { Form::portable() };
            let g = FixedBases::in_form(&p, m, f());
            println!("{m:?} vector {v} g1 {}", med(|| { g.msm(&s); }));
            let g = FixedBases::in_form(&q, m, Form::<g2::Config>::detect());
            println!("{m:?} vector {v} g2 {}", med(|| { g.msm(&s); }));
        }}
        });
    }
}
