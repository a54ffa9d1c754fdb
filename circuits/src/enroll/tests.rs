use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::constraints::alteration::{Satisfied, synthesized};
use crate::samples;

fn sample() -> (Public, HolderSecret) {
    samples::enroll(&mut StdRng::seed_from_u64(1))
}

fn satisfied(public: &Public, secret: &HolderSecret) -> bool {
    let cs = synthesized(Circuit { assignment: Some((public.clone(), secret.clone())) });
    assert_eq!(cs.instance_assignment().unwrap()[1..], public.to_inputs());
    assert_eq!(cs.num_constraints(), 296);
    cs.is_satisfied().unwrap()
}

fn refused(public: &Public, secret: &HolderSecret) -> bool {
    !check(public, secret) && !satisfied(public, secret)
}

#[test]
fn a_sample_holds() {
    let (public, secret) = sample();
    assert!(check(&public, &secret) && satisfied(&public, &secret));
    assert_eq!(input_names().len(), PUBLIC_INPUTS);
}

#[test]
fn another_secret_is_refused() {
    let (public, _) = sample();
    assert!(refused(&public, &samples::secret(&mut StdRng::seed_from_u64(2))));
}

#[test]
fn another_holder_is_refused() {
    let (mut public, secret) = sample();
    public.holder += Fr::from(1u64);
    assert!(refused(&public, &secret));
}

#[test]
fn another_issuer_or_schema_is_refused() {
    let (mut public, secret) = sample();
    public.issuer = "tax.nanning".parse().unwrap();
    assert!(refused(&public, &secret));
    let (mut public, secret) = sample();
    public.schema = "sample/2".parse().unwrap();
    assert!(refused(&public, &secret));
}

#[test]
fn every_variable_is_held_by_a_row() {
    let system = Satisfied::new(Circuit { assignment: Some(sample()) });
    assert_eq!(system.free_variables(), Vec::<usize>::new());
    for input in 1..=PUBLIC_INPUTS {
        let other = system.assignment[input] + Fr::from(1u64);
        assert!(!system.holds_with(input, other), "{}", input_names()[input - 1]);
    }
}
