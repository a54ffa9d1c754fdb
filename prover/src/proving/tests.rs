use ark_bn254::Fr;
use ark_ff::Field;
use groth16::ProofError;
use rand::SeedableRng;
use rand::rngs::{OsRng, StdRng};

use super::*;
use crate::engine::Arkworks;
use crate::reduction::OddCoset;
use crate::toy::{Toy, sample};

fn toy() -> CircuitProver<Toy> {
    CircuitProver::new(Key::develop::<Toy>(&mut OsRng).unwrap())
}

#[test]
fn a_proof_verifies_for_its_inputs_alone() {
    let prover = toy();
    let (public, private) = sample();
    let proof = prover.prove(&public, &private, &mut OsRng).unwrap();
    let inputs = Toy::inputs(&public);
    prover.verifying_key().verify(&inputs, &proof).unwrap();
    for i in 0..inputs.len() {
        let mut tampered = inputs.clone();
        tampered[i] += Fr::ONE;
        assert_eq!(prover.verifying_key().verify(&tampered, &proof), Err(ProofError::NotProved), "input {i}");
    }
}

#[test]
fn a_loaded_key_makes_the_proofs_of_the_original() {
    let key = Key::develop::<Toy>(&mut OsRng).unwrap();
    let loaded = CircuitProver::<Toy>::load(&key.to_bytes()).unwrap();
    let original = CircuitProver::<Toy>::new(key);
    let (public, private) = sample();
    let [a, b] = [&original, &loaded]
        .map(|prover| prover.prove(&public, &private, &mut StdRng::seed_from_u64(1)).unwrap());
    assert_eq!(a, b);
    original.verifying_key().verify(&Toy::inputs(&public), &b).unwrap();
}

/// What the matrices of the key file yield is what arkworks makes of the circuit itself.
#[test]
fn the_engine_agrees_with_arkworks_from_synthesis() {
    let key = Key::develop::<Toy>(&mut OsRng).unwrap();
    let (proving, _) = key.clone().into_parts();
    let (public, private) = sample();
    let (r, s) = (Fr::from(17), Fr::from(19));
    let theirs = ark_groth16::Groth16::<ark_bn254::Bn254, OddCoset>::create_proof_with_reduction(
        Filled(public, private),
        &proving,
        r,
        s,
    );
    let assignment = CircuitProver::<Toy>::assign(&public, &private).unwrap();
    let ours = Arkworks::new(key).prove(&assignment, &Blinding::chosen_for_tests_only(r, s)).unwrap();
    assert_eq!(*ours.as_ark(), theirs.unwrap());
}

#[test]
fn two_proofs_of_one_witness_differ() {
    let prover = toy();
    let (public, private) = sample();
    let [a, b] = [(); 2].map(|()| prover.prove(&public, &private, &mut OsRng).unwrap());
    assert!(a.as_ark().a != b.as_ark().a && a.as_ark().b != b.as_ark().b && a.as_ark().c != b.as_ark().c);
}

#[test]
fn a_proof_under_another_key_is_refused() {
    let (ours, theirs) = (toy(), toy());
    let (public, private) = sample();
    let proof = theirs.prove(&public, &private, &mut OsRng).unwrap();
    let refused = ours.verifying_key().verify(&Toy::inputs(&public), &proof);
    assert_eq!(refused, Err(ProofError::NotProved));
}

#[test]
fn the_native_check_comes_first() {
    let (public, (x, y)) = sample();
    let refused = toy().prove(&public, &(x, y + Fr::ONE), &mut OsRng);
    assert_eq!(refused, Err(ProveError::OtherHolder));
}

#[test]
fn an_assignment_of_another_circuit_is_refused_by_the_engine() {
    let (public, private) = sample();
    let prover = toy();
    let mut longer = CircuitProver::<Toy>::assign(&public, &private).unwrap();
    longer.push_for_tests_only(Fr::ONE);
    let blinding = Blinding::random(&mut OsRng);
    assert_eq!(prover.engine().prove(&longer, &blinding), Err(EngineError::Shape));
}

#[test]
fn a_missing_or_foreign_file_names_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let Err(missing) = Prover::open(dir.path()) else { panic!("an empty directory has no keys") };
    assert!(missing.to_string().contains("show-2.key"), "{missing}");
    fs::write(dir.path().join("show-2.key"), "not a key").unwrap();
    let Err(foreign) = Prover::open(dir.path()) else { panic!("not a key") };
    assert!(matches!(foreign, OpenError::Key { source: KeyError::Magic, .. }), "{foreign}");
}

struct Filled(crate::toy::Public, (Fr, Fr));

impl ark_relations::gr1cs::ConstraintSynthesizer<Fr> for Filled {
    fn generate_constraints(
        self,
        cs: ark_relations::gr1cs::ConstraintSystemRef<Fr>,
    ) -> Result<(), ark_relations::gr1cs::SynthesisError> {
        Toy::synthesize(Some((&self.0, &self.1)), cs)
    }
}
