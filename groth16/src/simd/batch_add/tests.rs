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

/// Pairs of two lists in every combination of signs, in an order of their own.
fn pairs(count: usize) -> Vec<Pair> {
    let of = |i: usize, index: usize, bit: usize| {
        if i >> bit & 1 == 1 { Signed::negated(index as u32) } else { Signed::plain(index as u32) }
    };
    let pair = |i| Pair { points: [of(i, i, 0), of(i, count + i, 1)], place: (count - 1 - i) as u32 };
    (0..count).map(pair).collect()
}

fn expected<P: SWCurveConfig>(points: &[Affine<P>], signed: Signed) -> Affine<P> {
    let p = points[signed.index()];
    if signed.is_negative() { -p } else { p }
}

fn kept<P: SWCurveConfig>(p: &Affine<P>, scale: &P::BaseField) -> Point<P::BaseField> {
    p.xy().map_or(Point::INFINITY, |(x, y)| Point { x, y }.scaled(scale))
}

fn sums_are_the_groups<P: SWCurveConfig<BaseField: Coordinate>, K: AddPairs<P::BaseField>>(kernel: &mut K) {
    let rng = &mut StdRng::seed_from_u64(1);
    for count in [0, 1, 7, 8, 9, 16, 17, 40] {
        let mut all = points::<P>(rng, 2 * count);
        // Equal, opposite and infinite points among them.
        for (special, i) in (0..count).step_by(3).enumerate() {
            match special % 4 {
                0 => all[count + i] = all[i],
                1 => all[count + i] = Affine::identity(),
                2 => all[i] = Affine::identity(),
                _ => (all[i], all[count + i]) = (Affine::identity(), Affine::identity()),
            }
        }
        let points: Vec<_> = all.iter().map(|p| kept(p, &K::scale())).collect();
        let pairs = pairs(count);
        let mut sums = vec![Point::INFINITY; count];
        kernel.add(&points, &pairs, &mut sums);
        for pair in &pairs {
            let [p, q] = pair.points.map(|signed| expected(&all, signed));
            assert_eq!(
                sums[pair.place as usize],
                kept(&(p + q).into_affine(), &K::scale()),
                "{pair:?} of {count}"
            );
        }
        let mut doubled: Vec<_> = points.iter().copied().filter(|p| !p.is_infinity()).collect();
        kernel.double(&mut doubled);
        let finite = all.iter().filter(|p| !p.is_zero());
        assert!(
            doubled
                .iter()
                .eq(finite.map(|p| kept(&(*p + *p).into_affine(), &K::scale())).collect::<Vec<_>>().iter())
        );
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

/// More pairs than share an inversion.
#[test]
fn batches_follow_each_other() {
    let Some(able) = Vector::detect() else { return };
    let rng = &mut StdRng::seed_from_u64(2);
    let points: Vec<_> = points::<g1::Config>(rng, 90).iter().map(|p| kept(p, &Fq::ONE)).collect();
    let sixteen = Fq::from(16u64);
    let scaled: Vec<_> = points.iter().map(|p| p.scaled(&sixteen)).collect();
    let pair = |i: u32| Pair { points: [Signed::plain(i % 90), Signed::negated(i * 7 % 89)], place: i };
    let pairs: Vec<_> = (0..9000).map(pair).collect();
    let [mut quick, mut slow] = [(); 2].map(|()| vec![Point::INFINITY; pairs.len()]);
    <<Fq as Coordinate>::Vector as AddPairs<Fq>>::new(able).add(&scaled, &pairs, &mut quick);
    Portable.add(&points, &pairs, &mut slow);
    assert!(quick.iter().eq(slow.iter().map(|p| p.scaled(&sixteen)).collect::<Vec<_>>().iter()));
}
