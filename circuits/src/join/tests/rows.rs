//! Clause 4 and the constraint system as a whole: every input is held, every row has its place, nothing changes unseen.

use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystem, SynthesisMode};

use super::*;
use crate::constraints::alteration;

#[test]
fn context_is_held_by_a_row() {
    let system = Satisfied::new(Circuit { assignment: Some(sample()) });
    for (input, name) in input_names().iter().enumerate().take(1 + LINKS) {
        let other = system.assignment[input + 1] + one();
        assert!(!system.holds_with(input + 1, other), "{name} may change");
    }
}

#[test]
fn every_field_of_public_is_one_input() {
    let (public, _) = sample();
    let inputs = public.to_inputs();
    let names = input_names();
    assert_eq!((inputs.len(), names.len()), (PUBLIC_INPUTS, PUBLIC_INPUTS));
    assert_eq!(names[..5], ["context", "links[0]", "links[1]", "links[2]", "slots[0].weight[0]"]);
    assert_eq!(names[LINKS_INPUT], "links[0]");
    assert_eq!(names[4 + WIDTH - 1..][..3], ["slots[0].weight[35]", "slots[0].low", "slots[0].high"]);
    assert_eq!(names[4 + 50], "slots[1].weight[0]");
    assert_eq!(names[PUBLIC_INPUTS - 1], "clauses[2].literal[2]");
    let at = |name: &str| inputs[names.iter().position(|n| n == name).unwrap()];
    let atom = &public.rows.atoms[0];
    assert_eq!(
        [at("slots[0].low"), at("slots[0].k_order"), at("links[1]")],
        [atom.low, atom.k_order, public.links[1]]
    );
    assert_eq!([at("clauses[1].literal[2]"), at("context")], [one(), public.context]);
}

#[test]
fn rows_of_each_clause() {
    let rows = rows_per_clause();
    assert_eq!(
        rows,
        [(Clause::Openings, 2_604), (Clause::Atoms, 549), (Clause::Formula, 15), (Clause::Context, 1)]
    );
    let all: usize = rows.iter().map(|(_, n)| n).sum();
    assert_eq!(all, 3_169);
    assert!(all + PUBLIC_INPUTS < 4_096);
}

/// A change of any coefficient needs a new version and a new setup, so it must not happen unseen. When it is meant, put
/// the digest that the failure prints here.
const PINNED: &str = "bbeea6f96d5965148251f0edb0a413794c19afb8fd9a74070812ed227be14c55";

#[test]
fn the_matrices_are_pinned() {
    let cs = synthesized(Circuit { assignment: Some(sample()) });
    assert_eq!(hex::encode(alteration::digest(&cs)), PINNED);
}

/// A prover that has the matrices builds none and gets the same assignment.
#[test]
fn the_assignment_needs_no_matrices() {
    let with_matrices = synthesized(Circuit { assignment: Some(sample()) });
    let cs = ConstraintSystem::new_ref();
    cs.set_mode(SynthesisMode::Prove { construct_matrices: false, generate_lc_assignments: false });
    Circuit { assignment: Some(sample()) }.generate_constraints(cs.clone()).unwrap();
    assert_eq!(cs.witness_assignment(), with_matrices.witness_assignment());
    assert_eq!(cs.instance_assignment(), with_matrices.instance_assignment());
    assert_eq!(cs.num_constraints(), 0);
}

fn synthesised(instance: &Instance) -> Vec<Fr> {
    let cs = synthesized(Circuit { assignment: Some(instance.clone()) });
    [cs.instance_assignment().unwrap(), cs.witness_assignment().unwrap()].concat()
}

#[test]
fn values_alone_equal_the_synthesised_assignment() {
    for seed in 0..3 {
        let instance = samples::join(&mut StdRng::seed_from_u64(seed));
        assert_eq!(*assign(&instance.0, &instance.1).unwrap(), synthesised(&instance));
    }
}

/// They are the same whatever the links, the policy and the session are, and so are the values of their rows.
#[test]
fn the_openings_come_first_and_depend_on_the_credentials_alone() {
    let (mut public, mut private) = sample();
    let openings = assign_openings(private.openings.each_ref().map(|opening| &opening.credential));
    for opening in &mut private.openings {
        opening.blind += one();
    }
    public.links = private.openings.each_ref().map(Opening::link);
    public.context += one();
    public.rows.atoms[0].low -= one();
    let all = synthesised(&(public.clone(), private.clone()));
    assert_eq!(all[1 + PUBLIC_INPUTS..][..openings.len()], openings[..]);
    assert_eq!(*assign_after_openings(&public, &private, &openings).unwrap(), all);
    assert_eq!(assign_after_openings(&public, &private, &openings[1..]), Err(Unassigned::Incomplete));
    let system = crate::constraints::matrices::Matrices::new(Circuit::default());
    let of_openings =
        |v: usize| v == 0 || (1 + PUBLIC_INPUTS..1 + PUBLIC_INPUTS + openings.len()).contains(&v);
    assert!(system.rows[..OPENING_ROWS].iter().flatten().flatten().all(|(_, v)| of_openings(*v)));
}
