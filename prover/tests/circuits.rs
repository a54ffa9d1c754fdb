//! Both real circuits with real keys: what is proved verifies, and nothing else does.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use ark_bn254::Fr;
use ark_ff::Field;
use circuits::show::{Clause, PUBLIC_INPUTS};
use circuits::{enroll, samples, show};
use groth16::{Proof, ProofError, VerifyingKey};
use prover::testing::{self, prover};
use prover::{EnrollProver, OpenError, ProveError, ShowProver};
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
fn an_enroll_proof_verifies() {
    let (public, secrets) = samples::enroll(&mut OsRng);
    let proof = prover().enroll.prove(&public, &secrets, &mut OsRng).unwrap();
    prover().enroll.verifying_key().verify(&public.to_inputs(), &proof).unwrap();
}

#[test]
fn every_public_input_of_show_is_bound() {
    let (public, _, proof) = shown();
    let inputs = public.to_inputs();
    assert_eq!(inputs.len(), PUBLIC_INPUTS);
    for (i, name) in show::input_names().iter().enumerate() {
        let mut tampered = inputs.clone();
        tampered[i] += Fr::ONE;
        assert_eq!(show_key().verify(&tampered, &proof), Err(ProofError::NotProved), "{name}");
    }
}

#[test]
fn every_public_input_of_enroll_is_bound() {
    let (public, secrets) = samples::enroll(&mut OsRng);
    let proof = prover().enroll.prove(&public, &secrets, &mut OsRng).unwrap();
    for (i, name) in enroll::input_names().iter().enumerate() {
        let mut tampered = public.to_inputs();
        tampered[i] += Fr::ONE;
        let refused = prover().enroll.verifying_key().verify(&tampered, &proof);
        assert_eq!(refused, Err(ProofError::NotProved), "{name}");
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
fn the_assignment_satisfies_the_matrices() {
    let (public, private, _) = shown();
    let assignment = ShowProver::assign(&public, &private).unwrap();
    let matrices = prover::matrices::Matrices::new::<prover::statement::Show>().unwrap();
    assert!(matrices.hold(assignment.as_slice()));
    assert_eq!(matrices.shape(), prover().show.shape());
    assert!(matrices.shape().rows() <= 8192, "{:?}", matrices.shape());
}
