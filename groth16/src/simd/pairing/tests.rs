//! Each function against arkworks, bit for bit.

use ark_bn254::{Bn254, Fq, Fq12, G1Affine, G1Projective, G2Projective};
use ark_ec::CurveGroup;
use ark_ec::pairing::{MillerLoopOutput, Pairing};
use ark_ff::{AdditiveGroup, Field, UniformRand};
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};

use super::final_exp::{SIXTEEN, SIXTEENTH, easy_part, hard_part};
use super::fq2x6::Fq2x6;
use super::{Lines, final_exponentiation, lines, miller_loop};
use crate::simd::Vector;

type G2Prepared = <Bn254 as Pairing>::G2Prepared;

type Kernel = unsafe fn(&Fq12, &Fq12) -> Fq12;

/// Random elements and such with zeros and the edges of the base field.
fn elements(rng: &mut impl RngCore) -> Vec<Fq12> {
    let edges = [Fq::ZERO, Fq::ONE, -Fq::ONE];
    let mixed = |rng: &mut dyn RngCore| {
        let part = |rng: &mut dyn RngCore| match rng.next_u32() % 6 {
            k @ 0..3 => edges[k as usize],
            _ => Fq::rand(&mut &mut *rng),
        };
        Fq12::from_base_prime_field_elems((0..12).map(|_| part(rng))).expect("twelve of them")
    };
    let largest = Fq12::from_base_prime_field_elems([-Fq::ONE; 12]).expect("twelve of them");
    let mut all: Vec<Fq12> = (0..30).map(|_| mixed(rng)).collect();
    all.extend([Fq12::ZERO, Fq12::ONE, largest, Fq12::rand(rng)]);
    all
}

fn compare(kernel: Kernel, reference: fn(&Fq12, &Fq12) -> Fq12) {
    if Vector::detect().is_none() {
        eprintln!("skipped: this machine has no AVX-512 IFMA");
        return;
    }
    let rng = &mut StdRng::seed_from_u64(31);
    for (a, b) in elements(rng).into_iter().zip(elements(rng).into_iter().rev()) {
        // SAFETY: `detect` said that the processor can.
        assert_eq!(unsafe { kernel(&a, &b) }, reference(&a, &b));
    }
}

fn sixteen_times(mut f: Fq12) -> Fq12 {
    f.mul_by_fp(&SIXTEEN);
    f
}

#[test]
fn elements_go_in_and_out() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn kernel(a: &Fq12, _: &Fq12) -> Fq12 {
        Fq2x6::load(a).store()
    }
    compare(kernel, |a, _| *a);
}

#[test]
fn products() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn kernel(a: &Fq12, b: &Fq12) -> Fq12 {
        Fq2x6::load(a).times(Fq2x6::load(b)).store()
    }
    compare(kernel, |a, b| {
        let mut product = a * b;
        product.mul_by_fp(&SIXTEENTH);
        product
    });
}

#[test]
fn conjugates() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn kernel(a: &Fq12, _: &Fq12) -> Fq12 {
        Fq2x6::load(a).conjugate().store()
    }
    compare(kernel, |a, _| {
        let mut a = *a;
        a.conjugate_in_place();
        a
    });
}

#[test]
fn squares_after_the_easy_part() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn kernel(a: &Fq12, _: &Fq12) -> Fq12 {
        let easy = easy_part(a).unwrap_or(Fq12::ONE);
        Fq2x6::load(&sixteen_times(easy)).cyclotomic_square().cyclotomic_square().store()
    }
    compare(kernel, |a, _| sixteen_times(easy_part(a).unwrap_or(Fq12::ONE).square().square()));
}

#[test]
fn final_exponentiations() {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn kernel(a: &Fq12, _: &Fq12) -> Fq12 {
        easy_part(a).map_or(Fq12::ZERO, |easy| hard_part(easy))
    }
    compare(kernel, |a, _| Bn254::final_exponentiation(MillerLoopOutput(*a)).map_or(Fq12::ZERO, |e| e.0));
}

#[test]
fn products_of_pairings() {
    let Some(able) = Vector::detect() else { return };
    let rng = &mut StdRng::seed_from_u64(32);
    for count in 1..5 {
        let p: Vec<G1Affine> = (0..count).map(|_| G1Projective::rand(rng).into_affine()).collect();
        let q: Vec<G2Prepared> = (0..count).map(|_| G2Projective::rand(rng).into()).collect();
        let prepared: Vec<Lines> = q.iter().map(|q| lines(able, q)).collect();
        let pairs: Vec<_> = p.iter().copied().zip(&prepared).collect();
        let ours = final_exponentiation(able, &miller_loop(able, &pairs)).unwrap();
        assert_eq!(ours, Bn254::multi_pairing(p, q).0);
    }
}
