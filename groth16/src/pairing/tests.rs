use ark_bn254::{G1Projective, G2Projective};
use ark_ec::CurveGroup;
use ark_ff::UniformRand;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;

fn pairs(count: usize) -> Vec<(G1Affine, G2Affine)> {
    let rng = &mut StdRng::seed_from_u64(count as u64);
    let pair = |_| (G1Projective::rand(rng).into_affine(), G2Projective::rand(rng).into_affine());
    (0..count).map(pair).collect()
}

fn reference(pairs: &[(G1Affine, G2Affine)]) -> Fq12 {
    Bn254::multi_pairing(pairs.iter().map(|(p, _)| p), pairs.iter().map(|(_, q)| q)).0
}

#[test]
fn prepared_products_are_those_of_arkworks() {
    for count in [1, 2, 3, 4] {
        let pairs = pairs(count);
        let prepared: Vec<PreparedG2> = pairs.iter().map(|(_, q)| PreparedG2::from(*q)).collect();
        let prepared: Vec<_> = pairs.iter().zip(&prepared).map(|((p, _), q)| (*p, q)).collect();
        let expected = reference(&pairs);
        assert_eq!(final_exponentiation(&miller_loop(&prepared)), expected);
        assert_eq!(final_exponentiation(&portable(&prepared)), expected);
    }
}

#[test]
fn rows_are_those_of_arkworks() {
    for count in [0, 1, 2, 7, 8, 9, 31] {
        let pairs = pairs(count);
        for size in [1, 2, 4, 40] {
            let rows = miller_loops(&pairs, size);
            let expected: Vec<_> = pairs.chunks(size).map(reference).collect();
            assert_eq!(rows.iter().map(final_exponentiation).collect::<Vec<_>>(), expected);
            let rows = portable_rows(&pairs, size);
            assert_eq!(rows.iter().map(final_exponentiation).collect::<Vec<_>>(), expected);
        }
    }
}

#[test]
fn nothing_makes_one() {
    assert!(is_one(&final_exponentiation(&miller_loop(&[]))));
    assert_eq!(final_exponentiation(&Fq12::ZERO), Fq12::ZERO);
}

#[test]
fn conjugates_are_inverses() {
    let e = reference(&pairs(1));
    assert!(is_one(&(e * inverse(&e))));
    assert!(!is_one(&e));
}
