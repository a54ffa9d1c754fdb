//! Clause 7 and the constraint system as a whole: every variable is held, every row has its place, nothing changes unseen.

use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystem, SynthesisMode};

use super::*;
use crate::constraints::alteration;

#[test]
fn context_is_held_by_a_row() {
    let system = Satisfied::new(Circuit { assignment: Some(sample()) });
    for (input, name) in input_names().iter().enumerate().take(11) {
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
    assert_eq!(
        names[..12],
        [
            "root",
            "now",
            "context",
            "scope_a",
            "scope_b",
            "named",
            "uses",
            "linked",
            "nullifier",
            "link",
            "schema",
            "issuers[0]"
        ]
    );
    assert_eq!(names[15], "slots[0].weight[0]");
    assert_eq!(names[15 + 26 + 12..][..3], ["slots[1].low", "slots[1].high", "slots[1].order"]);
    assert_eq!(names[15 + 26], "slots[1].weight[0]");
    assert_eq!(names[206], "clauses[5].literal[5]");
    let at = |name: &str| inputs[names.iter().position(|n| n == name).unwrap()];
    let atom = &public.rows.atoms[4];
    assert_eq!(
        [at("slots[4].weight[2]"), at("slots[4].low"), at("slots[4].k_order")],
        [atom.weight[2], atom.low, atom.k_order]
    );
    assert_eq!([at("now"), at("uses")], [Fr::from(NOW), Fr::from(10u64)]);
    assert_eq!([at("linked"), at("link")], [one(), public.link]);
    assert_eq!(at("clauses[3].literal[4]"), one());
}

#[test]
fn rows_of_each_clause() {
    let rows = rows_per_clause();
    assert_eq!(
        rows,
        [
            (Clause::Leaf, 6_051),
            (Clause::Validity, 164),
            (Clause::Issuer, 3),
            (Clause::Pseudonym, 387),
            (Clause::Atoms, 954),
            (Clause::Formula, 66),
            (Clause::Context, 1),
            (Clause::Link, 259),
        ]
    );
    let all: usize = rows.iter().map(|(_, n)| n).sum();
    assert_eq!(all, 7_885);
    assert!(all + PUBLIC_INPUTS < 8_192);
}

/// A change of any coefficient needs a new version and a new setup, so it must not happen unseen. When it is meant, put
/// the digest that the failure prints here.
const PINNED: &str = "a0d1f593afcfb2d9b4d25a357d7481fd923c9c2bc577466d0e9a322c32226fed";

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
