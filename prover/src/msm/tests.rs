//! Sums against the definition and against arkworks, in every form, with and without multiples.

use ark_bn254::{Fr, G1Affine, G1Projective, G2Projective, g1, g2};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::{Field, One, UniformRand};
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;

/// In both forms, without multiples and with them.
fn everyhow<P: Curve>(points: &[Affine<P>]) -> Vec<FixedBases<P>> {
    let mut all = Vec::new();
    for sets in [None, Some(Sets::One), Some(Sets::Two)] {
        for vector in [None, Vector::detect()] {
            let bases = FixedBases::on(points, vector);
            if let Some(sets) = sets {
                bases.derive_multiples(sets);
            }
            all.push(bases);
        }
    }
    all
}

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
    for (i, bases) in everyhow(points).iter().enumerate() {
        assert_eq!(sum(bases, scalars), expected, "way {i}");
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
    for (i, bases) in everyhow(&points).iter().enumerate() {
        assert_eq!(sum(bases, &scalars), expected, "way {i}");
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
    for bases in everyhow(&points) {
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
    assert_eq!(FixedBases::new(&points).len(), 1);
    assert_equals_reference::<g1::Config>(&points, &edge_scalars(rng, 3));
}
