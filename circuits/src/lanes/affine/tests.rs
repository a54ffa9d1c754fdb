//! Both kernels give the group's sums.

use ark_bn254::{g1, g2};
use ark_ec::short_weierstrass::{Affine, Projective, SWCurveConfig};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::UniformRand;
use rand::{SeedableRng, rngs::StdRng};

use super::*;

fn points<P: SWCurveConfig>(rng: &mut StdRng, count: usize) -> Vec<Affine<P>> {
    (0..count).map(|_| Projective::<P>::rand(rng).into_affine()).collect()
}

fn sums_are_the_groups<P: SWCurveConfig<BaseField: Coordinate>, K: AddPairs<P::BaseField>>(kernel: &mut K) {
    let rng = &mut StdRng::seed_from_u64(1);
    let back = K::scale().inverse().unwrap();
    let kept = |p: &Affine<P>| {
        let (x, y) = p.xy().unwrap();
        Point { x, y }.scaled(&K::scale())
    };
    for count in [0, 1, 7, 8, 9, 16, 17, 100] {
        let (a, b) = (points::<P>(rng, count), points::<P>(rng, count));
        let pairs: Vec<_> = a.iter().zip(&b).map(|(p, q)| (kept(p), kept(q))).collect();
        let mut sums = vec![Point::INFINITY; count];
        kernel.add(&pairs, |place, sum| sums[place] = sum.scaled(&back));
        for (sum, (p, q)) in sums.iter().zip(a.iter().zip(&b)) {
            let expected = (*p + *q).into_affine();
            assert_eq!((sum.x, sum.y), expected.xy().unwrap());
        }
    }
}

#[test]
fn portably() {
    sums_are_the_groups::<g1::Config, _>(&mut Portable);
    sums_are_the_groups::<g2::Config, _>(&mut Portable);
}

#[test]
fn eight_at_a_time() {
    if let Some(able) = Vector::detect() {
        sums_are_the_groups::<g1::Config, _>(&mut <<Fq as Coordinate>::Vector as AddPairs<Fq>>::new(able));
        sums_are_the_groups::<g2::Config, _>(&mut <<Fq2 as Coordinate>::Vector as AddPairs<Fq2>>::new(able));
    }
}
