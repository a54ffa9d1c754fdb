//! Every verdict is ark-groth16's.

use ark_bn254::{G1Affine, G2Affine};
use ark_ff::Field;

use super::*;
use crate::proof::tests::sample;

/// Ways to prepare the key: nothing varies, one place, both together, places that the key does not have.
fn prepared(key: &VerifyingKey) -> Vec<PreparedKey> {
    let ways: [&[Vec<usize>]; 4] = [&[], &[vec![0]], &[vec![0, 1]], &[vec![1], vec![7]]];
    ways.map(|varying| PreparedKey::new(key.clone(), varying)).into()
}

/// Compares over bases that are the inputs themselves, near and far.
fn compare(key: &VerifyingKey, inputs: &[Fr], proof: &Proof) -> bool {
    let expected = key.verify(inputs, proof);
    let near = inputs.iter().map(|x| *x + Fr::from(5u64)).collect();
    let far = vec![-Fr::ONE; inputs.len()];
    for prepared in prepared(key) {
        for base in [inputs.to_vec(), Vec::clone(&near), far.clone()] {
            let base = prepared.prepare_inputs(base).unwrap();
            let base = prepared.update_inputs(&base, inputs.to_vec()).unwrap();
            assert_eq!(prepared.verify(&base, proof), expected);
            let product = prepared.pairing_check(
                &pairing::miller_loop(&[(proof.as_ark().a, &proof.as_ark().b.into())]),
                &Fr::ONE,
                base.point(),
                &proof.as_ark().c.into(),
            );
            assert_eq!(pairing::is_one(&product), expected.is_ok());
        }
    }
    expected.is_ok()
}

#[test]
fn a_proof_is_believed_for_its_inputs_only() {
    let (key, inputs, proof) = sample();
    assert!(compare(&key, &inputs, &proof));
    for i in 0..inputs.len() {
        let mut other = inputs.clone();
        other[i] += Fr::ONE;
        assert!(!compare(&key, &other, &proof));
    }
    assert!(!compare(&key, &[inputs[1], inputs[0]], &proof));
}

#[test]
fn every_altered_point_is_refused() {
    let (key, inputs, proof) = sample();
    let ark_groth16::Proof { a, b, c } = proof.as_ark().clone();
    let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
    let altered = [
        (-a, b, c),
        (a, -b, c),
        (a, b, -c),
        (-a, -b, -c),
        (c, b, a),
        (g1, b, c),
        (a, g2, c),
        (a, b, g1),
        (g1, g2, g1),
        ((a + g1).into(), b, c),
    ];
    for (a, b, c) in altered {
        let proof = Proof::try_from(ark_groth16::Proof { a, b, c }).unwrap();
        assert!(!compare(&key, &inputs, &proof));
    }
    let other = proof.rerandomised(&key, &Fr::from(7u64), &Fr::from(9u64)).unwrap();
    assert_ne!(other, proof);
    assert!(compare(&key, &inputs, &other));
    assert!(compare(&key, &inputs, &Proof::try_from(ark_groth16::Proof { a: -a, b: -b, c }).unwrap()));
}

#[test]
fn inputs_that_fold_to_infinity_are_inputs_like_others() {
    let (key, inputs, proof) = sample();
    let mut raw = key.as_ark().clone();
    let sum = raw.gamma_abc_g1[1] * inputs[0] + raw.gamma_abc_g1[2] * inputs[1];
    raw.gamma_abc_g1[0] = (-sum).into();
    let key = VerifyingKey::from_ark(&raw).unwrap();
    assert!(!compare(&key, &inputs, &proof));
    let forged = ark_groth16::Proof { a: raw.alpha_g1, b: raw.beta_g2, c: raw.alpha_g1 };
    assert!(!compare(&key, &inputs, &Proof::try_from(forged).unwrap()));
}

#[test]
fn the_number_of_inputs_is_the_keys() {
    let (key, inputs, _) = sample();
    let prepared = PreparedKey::new(key, &[]);
    let short = Err(ProofError::InputCount { expected: 2, given: 1 });
    assert_eq!(prepared.prepare_inputs(inputs[..1].to_vec()), short);
    let base = prepared.prepare_inputs(inputs.clone()).unwrap();
    assert_eq!(prepared.update_inputs(&base, inputs[..1].to_vec()), short);
}

#[test]
fn steps_are_counted_where_nothing_varies() {
    let (key, inputs, _) = sample();
    let prepared = PreparedKey::new(key, &[vec![1]]);
    let base = prepared.prepare_inputs(inputs.clone()).unwrap();
    let update_inputs = |i: usize| {
        let mut other = inputs.clone();
        other[i] += Fr::ONE;
        prepared.changed_fixed_inputs(&base, &other)
    };
    assert_eq!(
        [update_inputs(0), update_inputs(1), prepared.changed_fixed_inputs(&base, &inputs)],
        [1, 0, 0]
    );
}
