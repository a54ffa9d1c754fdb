//! Poseidon over BN254 with circomlib's parameters.
//!
//! The permutation of width t = n + 1 has 8 full rounds around the partial rounds of
//! [`PARTIAL_ROUNDS`](parameters::PARTIAL_ROUNDS); the capacity comes first and is zero, the output is the first state
//! element. Constants are generated once per width by the paper's Grain LFSR, and the partial rounds run in
//! the factored form of [`parameters`], which the constraint system shares.

use std::sync::OnceLock;

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, Field};

use dot::dot;
use groth16::simd::Vector;
use groth16::simd::permutation::{Permutation, RoundConstants};
use parameters::{MAX_WIDTH, Parameters, Sparse};

mod dot;
pub(crate) mod gadget;
pub(crate) mod parameters;

/// `H(x1, …, xN)` for 1 ≤ N ≤ 16; another N does not compile.
pub fn hash<const N: usize>(inputs: &[Fr; N]) -> Fr {
    const { assert!(N >= 1 && N < MAX_WIDTH, "Poseidon takes 1 to 16 inputs") };
    let mut state = [Fr::ZERO; MAX_WIDTH];
    state[1..=N].copy_from_slice(inputs);
    permute(Parameters::for_inputs::<N>(), &mut state[..=N], &mut |x| x.square().square() * x);
    state[0]
}

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
        let parameters = Parameters::for_inputs::<N>();
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

/// The S-boxes come in a fixed order: element after element in full rounds, one in each partial round.
fn permute(parameters: &Parameters, state: &mut [Fr], sbox: &mut impl FnMut(Fr) -> Fr) {
    for constants in parameters.first.chunks_exact(state.len()) {
        full_round(constants, &parameters.mds, state, sbox);
    }
    for (constant, sparse) in parameters.partial.iter().zip(&parameters.sparse) {
        state[0] = sbox(state[0] + constant);
        mix_sparse(sparse, state);
    }
    state[0] = sbox(state[0] + parameters.last_partial);
    mix(&parameters.bridge, state);
    for constants in parameters.last.chunks_exact(state.len()) {
        full_round(constants, &parameters.mds, state, sbox);
    }
}

fn full_round(constants: &[Fr], matrix: &[Fr], state: &mut [Fr], sbox: &mut impl FnMut(Fr) -> Fr) {
    for (x, constant) in state.iter_mut().zip(constants) {
        *x = sbox(*x + constant);
    }
    mix(matrix, state);
}

fn mix(matrix: &[Fr], state: &mut [Fr]) {
    let width = state.len();
    let mut mixed = [Fr::ZERO; MAX_WIDTH];
    for (out, row) in mixed.iter_mut().zip(matrix.chunks_exact(width)) {
        *out = dot(row, state);
    }
    state.copy_from_slice(&mixed[..width]);
}

fn mix_sparse(sparse: &Sparse, state: &mut [Fr]) {
    let first = dot(&sparse.row, state);
    let (head, rest) = state.split_at_mut(1);
    for (x, weight) in rest.iter_mut().zip(&sparse.column) {
        *x += head[0] * weight;
    }
    head[0] = first;
}

#[cfg(test)]
mod tests {
    use light_poseidon::PoseidonHasher;
    use proptest::prelude::*;

    use super::*;
    use crate::field::Element;

    #[derive(serde::Deserialize)]
    struct Vectors {
        cases: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        inputs: Vec<Element>,
        output: Element,
    }

    fn hash_of(inputs: &[Fr]) -> Fr {
        macro_rules! by_length {
            ($($n:literal)*) => { match inputs.len() {
                $($n => hash::<$n>(inputs.try_into().unwrap()),)*
                n => panic!("{n} inputs"),
            } };
        }
        by_length!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
    }

    #[test]
    fn vectors_of_circomlibjs() {
        let vectors: Vectors = serde_json::from_str(include_str!("../vectors/poseidon.json")).unwrap();
        for case in &vectors.cases {
            let inputs: Vec<Fr> = case.inputs.iter().map(|e| e.0).collect();
            assert_eq!(Element(hash_of(&inputs)), case.output, "{} inputs", inputs.len());
        }
        assert_eq!(vectors.cases.len(), 80);
    }

    #[test]
    fn hashing_many_is_hashing_each() {
        fn of_length<const N: usize>() {
            let input =
                |seed: u64| std::array::from_fn(|i| Fr::from(seed + i as u64).inverse().unwrap_or(-Fr::ONE));
            for count in [0, 1, 7, 8, 9, 40] {
                let mut inputs: Vec<[Fr; N]> = (0..count).map(input).collect();
                inputs.iter_mut().take(2).for_each(|x| *x = [-Fr::ONE; N]);
                inputs.iter_mut().take(1).for_each(|x| *x = [Fr::ZERO; N]);
                assert_eq!(hash_batch(&inputs), inputs.iter().map(hash).collect::<Vec<_>>(), "{N} inputs");
            }
        }
        of_length::<1>();
        of_length::<2>();
        of_length::<4>();
        of_length::<16>();
    }

    proptest! {
        /// light-poseidon carries printed tables for up to twelve inputs and runs plain rounds.
        #[test]
        fn agrees_with_light_poseidon(seeds in prop::collection::vec(any::<[u64; 4]>(), 1..=12)) {
            let inputs: Vec<Fr> =
                seeds.iter().map(|s| s.iter().fold(Fr::ZERO, |x, &l| x * Fr::from(u64::MAX) + Fr::from(l))).collect();
            let mut other = light_poseidon::Poseidon::<Fr>::new_circom(inputs.len()).unwrap();
            prop_assert_eq!(hash_of(&inputs), other.hash(&inputs).unwrap());
        }
    }
}
