use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::constraints::alteration::{Satisfied, synthesized};
use crate::constraints::attack::Target;
use crate::constraints::determinism::Derivation;
use crate::constraints::matrices::Matrices;
use crate::samples;

fn sample() -> (Public, HolderSecrets) {
    samples::enroll(&mut StdRng::seed_from_u64(1))
}

fn satisfied(public: &Public, secrets: &HolderSecrets) -> bool {
    let cs = synthesized(Circuit { assignment: Some((public.clone(), secrets.clone())) });
    assert_eq!(cs.instance_assignment().unwrap()[1..], public.to_inputs());
    assert_eq!(cs.num_constraints(), 609);
    cs.is_satisfied().unwrap()
}

fn refused(public: &Public, secrets: &HolderSecrets) -> bool {
    !check(public, secrets) && !satisfied(public, secrets)
}

#[test]
fn a_sample_holds() {
    let (public, secrets) = sample();
    assert!(check(&public, &secrets) && satisfied(&public, &secrets));
    assert_eq!(input_names().len(), PUBLIC_INPUTS);
}

#[test]
fn another_secret_is_refused() {
    let (public, _) = sample();
    assert!(refused(&public, &samples::secrets(&mut StdRng::seed_from_u64(2))));
}

/// Each secret alone is held: the holder value needs both, the person the second.
#[test]
fn half_of_the_secrets_is_refused() {
    let (mut public, secrets) = sample();
    let other = samples::secrets(&mut StdRng::seed_from_u64(2));
    let device = HolderSecrets { device: other.device.clone(), person: secrets.person.clone() };
    assert!(refused(&public, &device));
    let person = HolderSecrets { device: secrets.device.clone(), person: other.person.clone() };
    public.holder = person.holder(&public.issuer, &public.schema);
    assert!(refused(&public, &person));
    public.person = person.person.person(&public.issuer);
    assert!(check(&public, &person) && satisfied(&public, &person));
}

#[test]
fn another_person_is_refused() {
    let (mut public, secrets) = sample();
    public.person += Fr::from(1u64);
    assert!(refused(&public, &secrets));
    public.person = secrets.person.person(&"tax.nanning".parse().unwrap());
    assert!(refused(&public, &secrets));
}

#[test]
fn another_holder_is_refused() {
    let (mut public, secrets) = sample();
    public.holder += Fr::from(1u64);
    assert!(refused(&public, &secrets));
}

#[test]
fn another_issuer_or_schema_is_refused() {
    let (mut public, secrets) = sample();
    public.issuer = "tax.nanning".parse().unwrap();
    assert!(refused(&public, &secrets));
    let (mut public, secrets) = sample();
    public.schema = "sample/2".parse().unwrap();
    assert!(refused(&public, &secrets));
}

#[test]
fn no_input_may_change() {
    let system = Satisfied::new(Circuit { assignment: Some(sample()) });
    for input in 1..=PUBLIC_INPUTS {
        let other = system.assignment[input] + Fr::from(1u64);
        assert!(!system.holds_with(input, other), "{}", input_names()[input - 1]);
    }
}

#[test]
fn values_alone_equal_the_synthesised_assignment() {
    let (public, secrets) = sample();
    let cs = synthesized(Circuit { assignment: Some((public.clone(), secrets.clone())) });
    let all = [cs.instance_assignment().unwrap(), cs.witness_assignment().unwrap()].concat();
    assert_eq!(*assign(&public, &secrets).unwrap(), all);
}

/// The public inputs but holder and person, and both secrets.
const CHOSEN: [usize; 5] = [1, 2, 3, 6, 7];

#[test]
fn what_is_chosen_fixes_everything_else() {
    let system = Matrices::new(Circuit::default());
    assert_eq!(Derivation::new(&system, CHOSEN).open, [0usize; 0]);
    assert_eq!(Derivation::new(&system, 1..8).open, [0usize; 0]);
    assert!(Derivation::new(&system, CHOSEN[..4].iter().copied()).open.contains(&7));
}

#[test]
fn every_row_alone_refuses_an_attack() {
    let (public, secrets) = sample();
    let honest = assign(&public, &secrets).unwrap().to_vec();
    let target = Target::new(Matrices::new(Circuit::default()), &CHOSEN, &[], honest);
    let attacks = target.attacks();
    assert_eq!(attacks.len(), target.system.rows.len());
    for (row, attack) in attacks {
        assert_eq!(target.refused_by(&attack.altered), [row]);
    }
}
