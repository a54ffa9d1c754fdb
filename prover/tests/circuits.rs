//! The real circuits with real keys: what is proved verifies, and nothing else does.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use ark_bn254::Fr;
use ark_ff::Field;
use circuits::show::{Clause, PUBLIC_INPUTS};
use circuits::{enroll, join, samples, score, show};
use groth16::{Proof, ProofError, VerifyingKey};
use prover::matrices::Matrices;
use prover::statement::{Enroll, Join, Score, Show, Statement};
use prover::testing::{self, prover};
use prover::{CircuitProver, EnrollProver, OpenError, ProveError, ShowProver};
use rand::rngs::OsRng;

fn shown() -> (show::Public, show::Private, Proof) {
    let (public, private) = samples::show(&mut OsRng);
    let proof = prover().show.prove(&public, &private, &mut OsRng).unwrap();
    (public, private, proof)
}

fn show_key() -> &'static VerifyingKey {
    prover().show.verifying_key()
}

#[test]
fn a_show_proof_verifies() {
    let (public, _, proof) = shown();
    show_key().verify(&public.to_inputs(), &proof).unwrap();
}

#[test]
fn every_public_input_is_bound() {
    let rng = &mut OsRng;
    assert_bound(&prover().show, &show::input_names(), &samples::show(rng));
    assert_bound(&prover().enroll, &enroll::input_names(), &samples::enroll(rng));
    assert_bound(&prover().join, &join::input_names(), &samples::join(rng));
    assert_bound(&prover().score, &score::input_names(), &samples::score(rng));
}

/// The proof verifies, and with no other value of any input.
fn assert_bound<S: Statement>(
    prover: &CircuitProver<S>,
    names: &[String],
    (public, private): &(S::Public, S::Private),
) {
    let proof = prover.prove(public, private, &mut OsRng).unwrap();
    let inputs = S::inputs(public);
    assert_eq!((inputs.len(), names.len()), (S::PUBLIC_INPUTS, S::PUBLIC_INPUTS));
    prover.verifying_key().verify(&inputs, &proof).unwrap();
    for (i, name) in names.iter().enumerate() {
        let mut tampered = inputs.clone();
        tampered[i] += Fr::ONE;
        let refused = prover.verifying_key().verify(&tampered, &proof);
        assert_eq!(refused, Err(ProofError::NotProved), "{} {name}", S::NAME);
    }
}

#[test]
fn a_proof_of_the_other_circuit_is_refused() {
    let (public, _, _) = shown();
    let (asked, secrets) = samples::enroll(&mut OsRng);
    let other = prover().enroll.prove(&asked, &secrets, &mut OsRng).unwrap();
    assert_eq!(show_key().verify(&public.to_inputs(), &other), Err(ProofError::NotProved));
    let wrong_count = show_key().verify(&asked.to_inputs(), &other);
    assert_eq!(wrong_count, Err(ProofError::InputCount { expected: PUBLIC_INPUTS, given: 5 }));
}

#[test]
fn proofs_of_two_witnesses_cannot_be_swapped() {
    let (one, _, proof_one) = shown();
    let (two, _, proof_two) = shown();
    assert_eq!(show_key().verify(&one.to_inputs(), &proof_two), Err(ProofError::NotProved));
    assert_eq!(show_key().verify(&two.to_inputs(), &proof_one), Err(ProofError::NotProved));
}

#[test]
fn two_proofs_of_one_witness_differ() {
    let (public, private, first) = shown();
    let second = prover().show.prove(&public, &private, &mut OsRng).unwrap();
    assert_ne!(first, second);
    show_key().verify(&public.to_inputs(), &second).unwrap();
}

#[test]
fn a_statement_that_does_not_hold_is_not_proved_and_names_its_clause() {
    let (mut public, private, _) = shown();
    public.now = u32::MAX.into();
    let refused = prover().show.prove(&public, &private, &mut OsRng);
    assert_eq!(refused, Err(ProveError::Violated(Clause::Validity)));

    let (mut asked, secrets) = samples::enroll(&mut OsRng);
    asked.holder += Fr::ONE;
    let refused = prover().enroll.prove(&asked, &secrets, &mut OsRng);
    assert_eq!(refused, Err(ProveError::OtherHolder));

    let (mut joined, private) = samples::join(&mut OsRng);
    joined.links[1] += Fr::ONE;
    let refused = prover().join.prove(&joined, &private, &mut OsRng);
    assert_eq!(refused, Err(ProveError::JoinViolated(join::Clause::Openings)));

    let (mut scored, private) = samples::score(&mut OsRng);
    scored.rows.high = Fr::from(1u64);
    let refused = prover().score.prove(&scored, &private, &mut OsRng);
    assert_eq!(refused, Err(ProveError::ScoreViolated(score::Clause::Sum)));
}

#[test]
fn the_key_of_one_circuit_is_refused_by_the_other() {
    let dir = testing::keys_dir();
    let show_for_enroll = EnrollProver::open(&dir.join("show-2.key"));
    assert!(matches!(show_for_enroll, Err(OpenError::Key { .. })));
    let enroll_for_show = ShowProver::open(&dir.join("enroll-2.key"));
    assert!(matches!(enroll_for_show, Err(OpenError::Key { .. })));
}

#[test]
fn the_forms_of_a_proof_mean_the_same() {
    let (public, _, proof) = shown();
    for form in [proof.to_json(), proof.to_base64url().into()] {
        let read = Proof::from_json(&form).unwrap();
        show_key().verify(&public.to_inputs(), &read).unwrap();
    }
    assert_eq!(VerifyingKey::from_json(&show_key().to_json()).as_ref(), Ok(show_key()));
}

/// The matrices of the key file and the witness of the circuit fit: checked apart from any proof.
#[test]
fn the_assignments_satisfy_the_matrices() {
    let rng = &mut OsRng;
    assert_satisfied::<Show>(&prover().show, &samples::show(rng), 8192);
    assert_satisfied::<Enroll>(&prover().enroll, &samples::enroll(rng), 1024);
    assert_satisfied::<Join>(&prover().join, &samples::join(rng), 4096);
    assert_satisfied::<Score>(&prover().score, &samples::score(rng), 4096);
}

fn assert_satisfied<S: Statement>(
    prover: &CircuitProver<S>,
    (public, private): &(S::Public, S::Private),
    budget: usize,
) {
    let assignment = CircuitProver::<S>::assign(public, private).unwrap();
    let matrices = Matrices::new::<S>().unwrap();
    assert!(matrices.hold(assignment.as_slice()), "{}", S::NAME);
    assert_eq!(matrices.shape(), prover.shape());
    assert!(matrices.shape().rows() <= budget, "{}: {:?}", S::NAME, matrices.shape());
}
