//! Acceptance, and one refusal per rule that breaks only that rule: in plain Rust with the clause, and as constraints.

use ark_ff::{AdditiveGroup, UniformRand};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::constraints::alteration::{Satisfied, synthesized};
use crate::credential::Credential;
use crate::{field, samples};

mod agreement;
mod page;
mod rows;
mod soundness;

type Instance = (Public, Private);

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

fn sample() -> Instance {
    samples::join(&mut rng())
}

fn satisfied(public: &Public, private: &Private) -> bool {
    let cs = synthesized(Circuit { assignment: Some((public.clone(), private.clone())) });
    assert_eq!(cs.instance_assignment().unwrap()[1..], public.to_inputs());
    cs.is_satisfied().unwrap()
}

/// Both twins refuse, the native one at `clause`, and so does the one that computes values alone.
fn refused((public, private): &Instance, clause: Clause) {
    assert_eq!(check(public, private), Err(Violated(clause)));
    assert_eq!(assign(public, private).map(drop), Err(Violated(clause).into()));
    assert!(!satisfied(public, private), "the constraint system accepts what breaks {clause:?}");
}

fn accepted((public, private): &Instance) {
    assert_eq!(check(public, private), Ok(()));
    assert_eq!(assign(public, private).map(drop), Ok(()));
    assert!(satisfied(public, private));
}

fn one() -> Fr {
    Fr::from(1u64)
}

/// The place of an attribute of the sample schema in credential k.
fn place(k: usize, name: &str) -> usize {
    k * ATTRIBUTES + samples::schema().attribute(name).unwrap().0
}

#[test]
fn a_sample_holds() {
    accepted(&sample());
}

#[test]
fn fewer_than_three_openings_are_padded_by_the_last() {
    let (_, private) = sample();
    let [first, second, third] = &private.openings;
    assert!(second.link() == third.link() && first.link() != second.link());
    assert!(Private::padded(&[]).is_none());
    assert!(Private::padded(&[0; 4].map(|_| first.clone())).is_none());
}

// 1. Openings

#[test]
fn openings_another_link() {
    for k in 0..LINKS {
        let (mut public, private) = sample();
        public.links[k] += one();
        refused(&(public, private), Clause::Openings);
    }
}

#[test]
fn openings_another_blind() {
    for k in 0..LINKS {
        let (public, mut private) = sample();
        private.openings[k].blind += one();
        refused(&(public, private), Clause::Openings);
    }
}

#[test]
fn openings_altered_credential() {
    for alter in [
        |c: &mut Credential| c.salt += one(),
        |c: &mut Credential| c.holder += one(),
        |c: &mut Credential| c.document = None,
        |c: &mut Credential| c.validity.until += 1,
        |c: &mut Credential| {
            let mut values = c.values.to_json();
            values.insert("score".to_owned(), serde_json::json!(1_999));
            c.values = samples::schema().values(&values).unwrap();
        },
    ] {
        for k in 0..LINKS {
            let (public, mut private) = sample();
            alter(&mut private.openings[k].credential);
            refused(&(public, private), Clause::Openings);
        }
    }
}

#[test]
fn openings_in_another_order() {
    let (mut public, private) = sample();
    public.links.swap(0, 1);
    refused(&(public.clone(), private.clone()), Clause::Openings);
    // Whoever also opens them in that order is asked about the other credential.
    let mut swapped = private;
    swapped.openings.swap(0, 1);
    public.rows.atoms[0] = samples::between(&[(place(0, "score"), 1)], 650, i64::MAX);
    accepted(&(public, swapped));
}

// 2. Atoms

#[test]
fn atoms_absent_attribute_by_order() {
    for k in 0..LINKS {
        for index in [place(k, "debt"), k * ATTRIBUTES + ATTRIBUTES - 1] {
            let (mut public, private) = sample();
            public.rows.atoms[1] = samples::between(&[(index, 1)], i64::MIN, i64::MAX);
            refused(&(public, private), Clause::Atoms);
        }
    }
}

#[test]
fn atoms_text_by_order() {
    let (mut public, private) = sample();
    public.rows.atoms[1] = samples::between(&[(place(1, "name"), 1)], 0, i64::MAX);
    refused(&(public, private), Clause::Atoms);
}

#[test]
fn atoms_bound_out_of_range() {
    let beyond = field::power_of_two(64) + Fr::from(10_000u64);
    for bound in [beyond, -beyond] {
        let (mut public, private) = sample();
        public.rows.atoms[0].low = bound;
        refused(&(public, private), Clause::Atoms);
        let (mut public, private) = sample();
        public.rows.atoms[0].high = bound;
        refused(&(public, private), Clause::Atoms);
    }
}

// 3. Formula

#[test]
fn formula_sum_is_out_of_range() {
    for (low, high) in [(4_001, 5_000), (0, 1_299)] {
        let (mut public, private) = sample();
        public.rows.atoms[0] = samples::between(&[(place(0, "score"), 1), (place(1, "score"), 1)], low, high);
        refused(&(public, private), Clause::Formula);
    }
}

#[test]
fn formula_texts_are_not_the_same() {
    let (mut public, private) = sample();
    public.rows.literal[1] = [Fr::ZERO, one(), Fr::ZERO];
    accepted(&(public.clone(), private.clone()));
    // The name of the one against the level of the other.
    public.rows.atoms[1].weight[place(1, "name")] = Fr::ZERO;
    public.rows.atoms[1].weight[place(1, "level")] = -one();
    refused(&(public, private), Clause::Formula);
}

#[test]
fn formula_negated_member_is_false() {
    let (mut public, private) = sample();
    public.rows.literal[1] = [Fr::ZERO, Fr::ZERO, one()];
    accepted(&(public.clone(), private.clone()));
    public.rows.atoms[2] = samples::not(&samples::member(place(1, "debt"), &[field::absent()]));
    refused(&(public, private), Clause::Formula);
}

#[test]
fn formula_each_clause_counts() {
    for clause in 0..CLAUSES {
        let (mut public, private) = sample();
        public.rows.literal[clause] = [Fr::ZERO; SLOTS];
        refused(&(public, private), Clause::Formula);
    }
}

#[test]
fn formula_every_attribute_has_its_weight() {
    let (mut public, private) = sample();
    let attributes = private.attributes();
    for (i, attribute) in attributes.iter().enumerate() {
        public.rows.atoms[0] = samples::member(i, &[*attribute]);
        assert_eq!(check(&public, &private), Ok(()));
        public.rows.atoms[0] = samples::member(i, &[*attribute + one()]);
        assert_eq!(check(&public, &private), Err(Violated(Clause::Formula)));
    }
    // As constraints, the first and the last of each credential.
    for i in [0, 11, 12, 23, 24, 35] {
        public.rows.atoms[0] = samples::member(i, &[attributes[i]]);
        accepted(&(public.clone(), private.clone()));
    }
}
