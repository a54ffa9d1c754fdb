use super::*;
use crate::Sample;

fn verifier(sample: &Sample) -> PreparedVerifier {
    PreparedVerifier::new(sample.key().clone(), &varying())
}

/// The inputs before the rows of the samples' statement.
pub(crate) fn varying() -> Vec<Vec<usize>> {
    (0..BEFORE_ROWS).map(|place| vec![place]).collect()
}

const BEFORE_ROWS: usize = 10;

fn cached(verifier: &PreparedVerifier) -> usize {
    verifier.cache.all().len()
}

#[test]
fn proofs_of_one_policy_share_prepared_inputs() {
    let sample = Sample::built_in();
    let verifier = verifier(&sample);
    for (inputs, proof) in sample.claims().iter().take(5) {
        verifier.verify(inputs, proof).unwrap();
    }
    assert_eq!(cached(&verifier), 1);
}

/// Whether what was prepared is near or far, the verdict is the reference's.
#[test]
fn every_place_counts_whatever_was_prepared() {
    let sample = Sample::built_in();
    let verifier = verifier(&sample);
    let (inputs, proof) = &sample.claims()[0];
    verifier.verify(inputs, proof).unwrap();
    for place in (0..inputs.len()).step_by(7).chain([1, 2, 3, 4, 5]) {
        let mut other = inputs.clone();
        other[place] += Fr::from(1u64);
        assert_eq!(verifier.verify(&other, proof), Err(ProofError::NotProved), "{place}");
        assert_eq!(verifier.verify(inputs, proof), Ok(()), "{place}");
    }
    let far: Vec<Fr> = inputs.iter().map(|x| *x + Fr::from(1u64)).collect();
    assert_eq!(verifier.verify(&far, proof), Err(ProofError::NotProved));
    assert!(verifier.verify(&inputs[1..], proof).is_err());
}

#[test]
fn the_cache_is_bounded() {
    let sample = Sample::built_in();
    let verifier = verifier(&sample);
    let (inputs, _) = &sample.claims()[0];
    for i in 0..2 * KEPT {
        let mut other = inputs.clone();
        other[BEFORE_ROWS] += Fr::from(i as u64);
        verifier.inputs_near(&other).unwrap();
    }
    assert_eq!(cached(&verifier), KEPT);
}
