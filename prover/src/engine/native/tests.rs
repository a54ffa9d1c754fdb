//! The same proofs as arkworks.

use ark_ff::{Field, UniformRand};
use rand::rngs::{OsRng, StdRng};
use rand::{Rng, SeedableRng};

use super::*;
use crate::engine::Arkworks;
use crate::toy::{Toy, sample};
use crate::{CircuitProver, key::Key};

/// Engines agree on any assignment, whether it satisfies the matrices or not; here the one row value that both compute
/// from A and B makes them agree.
#[test]
fn agrees_with_arkworks_on_edge_assignments() {
    let key = Key::develop::<Toy>(&mut OsRng).unwrap();
    let shape = key.shape();
    let natives = [Native::on(key.clone(), None), Native::new(key.clone())];
    let reference = Arkworks::new(key);
    let rng = &mut StdRng::seed_from_u64(8);
    for round in 0..20 {
        if round == 10 {
            natives.iter().for_each(Native::derive_multiples);
        }
        let mut values: Vec<Fr> = (0..shape.variables())
            .map(|_| match rng.gen_range(0..5) {
                0 => Fr::ZERO,
                1 => Fr::ONE,
                2 => -Fr::ONE,
                3 => Fr::from(rng.r#gen::<u8>()),
                _ => Fr::rand(rng),
            })
            .collect();
        values[0] = Fr::ONE;
        let z = Assignment::from_values_for_tests_only(values, shape.public_inputs);
        for (r, s) in [(Fr::rand(rng), Fr::rand(rng)), (Fr::ONE, -Fr::ONE)] {
            let blinding = Blinding { r, s };
            let expected = reference.prove(&z, &blinding);
            for native in &natives {
                assert_eq!(native.prove(&z, &blinding), expected, "round {round}");
            }
        }
    }
}

#[test]
fn what_is_prepared_gives_the_same_proof() {
    let key = Key::develop::<Toy>(&mut OsRng).unwrap();
    let native = Native::new(key);
    let (public, private) = sample();
    let z = CircuitProver::<Toy>::assign(&public, &private).unwrap();
    let blinding = Blinding::random(&mut OsRng);
    let expected = native.prove(&z, &blinding).unwrap();
    // The first row of the toy binds the first two private variables.
    for prefix in [(0, 0), (2, 1), (3, 2)] {
        let prefix = KnownPrefix { variables: prefix.0, constraints: prefix.1 };
        let sums = native.prepare(&z, prefix).unwrap();
        assert_eq!(native.prove_prepared(&sums, &z, &blinding), Ok(expected.clone()));
    }
    let beyond = KnownPrefix { variables: 4, constraints: 0 };
    assert!(matches!(native.prepare(&z, beyond), Err(EngineError::Shape)));
}
