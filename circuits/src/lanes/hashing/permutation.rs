//! The permutation in the factored form of [`Parameters`], state elements with R = 2^260 and below 2·p.

use std::sync::OnceLock;

use ark_bn254::{Fr, FrConfig};
use ark_ff::AdditiveGroup;

use crate::lanes::eight::{Eight, constant, enter, leave};
use crate::poseidon::MAX_WIDTH;
use crate::poseidon::parameters::{Parameters, Sparse};

type State = Eight<FrConfig>;
type Limbs = [u64; 5];

/// [`Parameters`] with R = 2^260.
pub(super) struct Constants {
    first: Vec<Limbs>,
    mds: Vec<Limbs>,
    partial: Vec<Limbs>,
    sparse: Vec<(Vec<Limbs>, Vec<Limbs>)>,
    last_partial: Limbs,
    bridge: Vec<Limbs>,
    last: Vec<Limbs>,
}

impl Constants {
    /// The constants for `N` inputs, 1 ≤ N ≤ 16, made once.
    pub(super) fn of_inputs<const N: usize>() -> &'static Self {
        static MADE: [OnceLock<Constants>; MAX_WIDTH - 1] = [const { OnceLock::new() }; MAX_WIDTH - 1];
        MADE[N - 1].get_or_init(|| Self::of(Parameters::of_inputs::<N>()))
    }

    fn of(parameters: &Parameters) -> Self {
        let all = |elements: &[Fr]| elements.iter().map(constant).collect();
        let sparse = |s: &Sparse| (all(&s.row), all(&s.column));
        Self {
            first: all(&parameters.first),
            mds: all(&parameters.mds),
            partial: all(&parameters.partial),
            sparse: parameters.sparse.iter().map(sparse).collect(),
            last_partial: constant(&parameters.last_partial),
            bridge: all(&parameters.bridge),
            last: all(&parameters.last),
        }
    }
}

/// The hashes of eight inputs.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn hashed<const N: usize>(constants: &Constants, inputs: &[[Fr; N]]) -> [Fr; 8] {
    let mut state = [State::zero(); MAX_WIDTH];
    for (i, x) in state[1..=N].iter_mut().enumerate() {
        let mut column = [Fr::ZERO; 8];
        for (element, input) in column.iter_mut().zip(inputs) {
            *element = input[i];
        }
        let [element, _] = State::load([&column, &column]);
        *x = element.times(State::splat(&enter::<FrConfig>()));
    }
    permute(constants, &mut state[..=N]);
    let hash = state[0].times(State::splat(&leave::<FrConfig>())).canonical();
    let [hashes, _] = State::store([hash, hash]);
    hashes
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn permute(constants: &Constants, state: &mut [State]) {
    for added in constants.first.chunks_exact(state.len()) {
        full_round(added, &constants.mds, state);
    }
    for (added, (row, column)) in constants.partial.iter().zip(&constants.sparse) {
        state[0] = sbox(state[0], added);
        mix_sparse(row, column, state);
    }
    state[0] = sbox(state[0], &constants.last_partial);
    mix(&constants.bridge, state);
    for added in constants.last.chunks_exact(state.len()) {
        full_round(added, &constants.mds, state);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn full_round(added: &[Limbs], matrix: &[Limbs], state: &mut [State]) {
    for (x, added) in state.iter_mut().zip(added) {
        *x = sbox(*x, added);
    }
    mix(matrix, state);
}

/// (x + added)^5: below 3·p before, below 2·p after.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn sbox(x: State, added: &Limbs) -> State {
    let x = x.plus(State::splat(added));
    let square = x.times(x);
    square.times(square).times(x)
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn mix(matrix: &[Limbs], state: &mut [State]) {
    let width = state.len();
    let mut mixed = [State::zero(); MAX_WIDTH];
    for (out, row) in mixed.iter_mut().zip(matrix.chunks_exact(width)) {
        *out = State::dot(state, row);
    }
    state.copy_from_slice(&mixed[..width]);
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn mix_sparse(row: &[Limbs], column: &[Limbs], state: &mut [State]) {
    let first = State::dot(state, row);
    let (head, rest) = state.split_at_mut(1);
    for (x, weight) in rest.iter_mut().zip(column) {
        *x = x.plus(head[0].times(State::splat(weight))).below_two();
    }
    head[0] = first;
}
