//! Both forms against arkworks, and against each other.

use ark_ff::{AdditiveGroup, UniformRand};
use ark_poly::{
    DenseUVPolynomial, EvaluationDomain, Polynomial, Radix2EvaluationDomain, univariate::DensePolynomial,
};
use rand::{SeedableRng, rngs::StdRng};

use super::*;

/// Each size in each form that this machine has.
fn domains(log_size: u32) -> [Domain; 2] {
    [Domain::portable(log_size).unwrap(), Domain::new(log_size).unwrap()]
}

#[test]
fn values_on_the_odd_coset_are_those_of_the_polynomial() {
    let rng = &mut StdRng::seed_from_u64(5);
    for domain in [1, 2, 5, 6, 7, 9].into_iter().flat_map(domains) {
        let reference = Radix2EvaluationDomain::<Fr>::new(domain.size()).unwrap();
        let polynomial = DensePolynomial::<Fr>::rand(domain.size() - 1, rng);
        let mut values = reference.fft(&polynomial.coeffs);
        domain.to_odd_coset(&mut values);
        let zeta = Fr::get_root_of_unity(2 * domain.size() as u64).unwrap();
        for (i, value) in values.iter().enumerate() {
            assert_eq!(*value, polynomial.evaluate(&zeta.pow([2 * i as u64 + 1])), "{} {i}", domain.size());
        }
    }
}

#[test]
fn both_forms_give_the_same_quotient() {
    let rng = &mut StdRng::seed_from_u64(6);
    for log_size in [1, 5, 6, 7, 10, 13] {
        let [portable, quick] = domains(log_size);
        let edges = [Fr::ZERO, Fr::ONE, -Fr::ONE];
        let mut random = |_| (0..portable.size()).map(|_| Fr::rand(rng)).collect::<Vec<_>>();
        let constant = |x: Fr| vec![x; portable.size()];
        let mixed = |i: usize| (0..portable.size()).map(|k| edges[(k * k + i) % 3]).collect::<Vec<_>>();
        for (a, b) in [
            (random(0), random(1)),
            (random(2), constant(-Fr::ONE)),
            (constant(-Fr::ONE), constant(-Fr::ONE)),
            (constant(Fr::ZERO), random(3)),
            (mixed(0), mixed(1)),
        ] {
            assert_eq!(quick.quotient(&a, &b), portable.quotient(&a, &b), "2^{log_size}");
        }
    }
}

/// On the domain itself a·b − c would be zero; on the coset it is the vanishing polynomial times the quotient.
#[test]
fn the_quotient_is_of_the_product() {
    let rng = &mut StdRng::seed_from_u64(7);
    for domain in [3, 6].into_iter().flat_map(domains) {
        let [a, b] = [(); 2].map(|()| (0..domain.size()).map(|_| Fr::rand(rng)).collect::<Vec<_>>());
        let c: Vec<Fr> = a.iter().zip(&b).map(|(x, y)| *x * y).collect();
        let coset = |values: &[Fr]| {
            let mut values = values.to_vec();
            domain.to_odd_coset(&mut values);
            values
        };
        let expected =
            coset(&a).iter().zip(coset(&b)).zip(coset(&c)).map(|((x, y), z)| *x * y - z).collect::<Vec<_>>();
        assert_eq!(domain.quotient(&a, &b), expected);
    }
}

#[test]
fn the_domain_is_arkworks_own() {
    let domain = Domain::new(6).unwrap();
    let reference = Radix2EvaluationDomain::<Fr>::new(64).unwrap();
    assert_eq!(domain.forward[1], reference.group_gen());
}

#[test]
fn there_is_no_domain_beyond_the_field() {
    assert!(Domain::new(0).is_none());
    assert!(Domain::new(28).is_none());
    assert!(Domain::new(64).is_none());
}

#[test]
fn transforms_are_linear() {
    let rng = &mut StdRng::seed_from_u64(6);
    for domain in domains(6) {
        let (mut x, mut y): (Vec<_>, Vec<_>) = (0..64).map(|_| (Fr::rand(rng), Fr::rand(rng))).unzip();
        let mut sum: Vec<_> = x.iter().zip(&y).map(|(a, b)| *a + b).collect();
        for v in [&mut x, &mut y, &mut sum] {
            domain.to_odd_coset(v);
        }
        assert!(sum.iter().zip(x.iter().zip(&y)).all(|(s, (a, b))| *s == *a + b));
    }
}
