use circuits::show;

use super::*;
use crate::bench::Sample;

fn engine(sample: &Sample) -> Prepared {
    Prepared::new(sample.key().clone())
}

fn bases(engine: &Prepared) -> usize {
    engine.bases.read().unwrap().len()
}

#[test]
fn proofs_of_one_policy_share_a_base() {
    let sample = Sample::built_in();
    let engine = engine(&sample);
    for (inputs, proof) in sample.claims().iter().take(5) {
        engine.check_one(inputs, proof).unwrap();
    }
    assert_eq!(bases(&engine), 1);
}

/// Whether the base is near or far, the verdict is the reference's.
#[test]
fn every_place_counts_whatever_the_base() {
    let sample = Sample::built_in();
    let engine = engine(&sample);
    let (inputs, proof) = &sample.claims()[0];
    engine.check_one(inputs, proof).unwrap();
    for place in (0..show::PUBLIC_INPUTS).step_by(7).chain([1, 2, 3, 4, 5]) {
        let mut other = inputs.clone();
        other[place] += Fr::from(1u64);
        assert_eq!(engine.check_one(&other, proof), Err(ProofError::NotProved), "{place}");
        assert_eq!(engine.check_one(inputs, proof), Ok(()), "{place}");
    }
    let far: Vec<Fr> = inputs.iter().map(|x| *x + Fr::from(1u64)).collect();
    assert_eq!(engine.check_one(&far, proof), Err(ProofError::NotProved));
    assert!(engine.check_one(&inputs[1..], proof).is_err());
}

#[test]
fn a_value_revealed_in_all_members_moves_no_base() {
    let sample = Sample::built_in();
    let engine = engine(&sample);
    let (inputs, proof) = &sample.claims()[0];
    engine.check_one(inputs, proof).unwrap();
    let names = show::input_names();
    let mut other = inputs.clone();
    for (place, name) in names.iter().enumerate() {
        if name.starts_with("slots[1].member") {
            other[place] += Fr::from(9u64);
        }
    }
    assert!(engine.check_one(&other, proof).is_err());
    assert_eq!(bases(&engine), 1);
}

#[test]
fn bases_are_bounded() {
    let sample = Sample::built_in();
    let engine = engine(&sample);
    let (inputs, _) = &sample.claims()[0];
    for i in 0..2 * KEPT {
        let mut other = inputs.clone();
        other[show::SCHEMA_INPUT] += Fr::from(i as u64);
        engine.base_near(&other).unwrap();
    }
    assert_eq!(bases(&engine), KEPT);
}
