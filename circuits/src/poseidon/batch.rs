//! Poseidon over many inputs, eight at a time where the processor can.

use std::sync::OnceLock;

use ark_bn254::Fr;
use groth16::simd::Vector;
use groth16::simd::permutation::{Permutation, RoundConstants};

use super::MAX_WIDTH;
use super::hash;
use super::parameters::Parameters;

/// [`hash`] of each of many inputs; eight at a time where the processor can.
pub fn hash_batch<const N: usize>(inputs: &[[Fr; N]]) -> Vec<Fr> {
    let mut hashes = Vec::with_capacity(inputs.len());
    if let Some(able) = Vector::detect() {
        permutation::<N>().hash_eights(able, inputs, &mut hashes);
    }
    hashes.extend(inputs[hashes.len()..].iter().map(hash));
    hashes
}

/// The permutation for `N` inputs, made once.
fn permutation<const N: usize>() -> &'static Permutation {
    static MADE: [OnceLock<Permutation>; MAX_WIDTH - 1] = [const { OnceLock::new() }; MAX_WIDTH - 1];
    MADE[N - 1].get_or_init(|| {
        let parameters = Parameters::of_inputs::<N>();
        let sparse: Vec<_> = parameters.sparse.iter().map(|s| (&s.row[..], &s.column[..])).collect();
        Permutation::new(&RoundConstants {
            first: &parameters.first,
            mds: &parameters.mds,
            partial: &parameters.partial,
            sparse: &sparse,
            last_partial: &parameters.last_partial,
            bridge: &parameters.bridge,
            last: &parameters.last,
        })
    })
}
