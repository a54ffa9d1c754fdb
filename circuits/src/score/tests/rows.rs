//! Clause 4 and the constraint system as a whole: every input is held, every row has its place, nothing changes unseen.

use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystem, SynthesisMode};

use super::*;
use crate::constraints::alteration;

#[test]
fn context_is_held_by_a_row() {
    let system = Satisfied::new(Circuit { assignment: Some(sample()) });
    for (input, name) in input_names().iter().enumerate().take(2) {
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
    assert_eq!(names[..3], ["context", "link", "attributes[0].edge[0]"]);
    assert_eq!(names[LINK_INPUT], "link");
    assert_eq!(names[2 + ATTRIBUTES * BINS..][..2], ["attributes[0].points[0]", "attributes[0].points[1]"]);
    assert_eq!(names[2 + ATTRIBUTES * (BINS + CHOICES)], "attributes[0].used");
    assert_eq!(names[PUBLIC_INPUTS - 3..], ["attributes[11].used", "low", "high"]);
    let at = |name: &str| inputs[names.iter().position(|n| n == name).unwrap()];
    let rows = &public.rows;
    assert_eq!([at("attributes[0].edge[6]"), at("attributes[0].points[6]")], [Fr::from(600), Fr::from(16)]);
    assert_eq!([at("attributes[6].points[16]"), at("attributes[6].used")], [Fr::from(-2), one()]);
    assert_eq!([at("low"), at("high")], [rows.low, rows.high]);
}

#[test]
fn rows_of_each_clause() {
    let rows = rows_per_clause();
    assert_eq!(
        rows,
        [(Clause::Opening, 868), (Clause::Bins, 2_352), (Clause::Sum, 128), (Clause::Context, 1)]
    );
    let all: usize = rows.iter().map(|(_, n)| n).sum();
    assert_eq!(all, 3_349);
    assert!(all + PUBLIC_INPUTS < 4_096);
}

/// A change of any coefficient needs a new version and a new setup, so it must not happen unseen. When it is meant, put
/// the digest that the failure prints here.
const PINNED: &str = "5698fcfd166008c01e2b05ddc62113ba7623544f9ca2412a4e5cd479f3b51ef2";

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
        let instance = samples::score(&mut StdRng::seed_from_u64(seed));
        assert_eq!(*assign(&instance.0, &instance.1).unwrap(), synthesised(&instance));
    }
}

/// It is the same whatever the link, the model and the session are, and so are the values of its rows.
#[test]
fn the_opening_comes_first_and_depends_on_the_credential_alone() {
    let (mut public, mut private) = sample();
    let opening = assign_opening(&private.opening.credential);
    private.opening.blind += one();
    public.link = private.opening.link();
    public.context += one();
    public.rows.low -= one();
    let all = synthesised(&(public.clone(), private.clone()));
    assert_eq!(all[1 + PUBLIC_INPUTS..][..opening.len()], opening[..]);
    assert_eq!(*assign_after_opening(&public, &private, &opening).unwrap(), all);
    assert_eq!(assign_after_opening(&public, &private, &opening[1..]), Err(Unassigned::Incomplete));
    let system = crate::constraints::matrices::Matrices::new(Circuit::default());
    let of_opening = |v: usize| v == 0 || (1 + PUBLIC_INPUTS..1 + PUBLIC_INPUTS + opening.len()).contains(&v);
    assert!(system.rows[..OPENING_ROWS].iter().flatten().flatten().all(|(_, v)| of_opening(*v)));
}
