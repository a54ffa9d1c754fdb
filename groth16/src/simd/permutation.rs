//! Poseidon's permutation over eight inputs at a time, over given round constants.

use ark_bn254::Fr;

/// Widest state: sixteen inputs and the capacity.
pub const MAX_WIDTH: usize = 17;

/// The round constants of one width, with the partial rounds in factored form. Matrices are row-major.
#[derive(Clone, Copy)]
pub struct RoundConstants<'a> {
    /// Constants of the full rounds before the partial ones.
    pub first: &'a [Fr],
    /// The MDS matrix of the full rounds.
    pub mds: &'a [Fr],
    /// First-element constants of all partial rounds but the last.
    pub partial: &'a [Fr],
    /// Matrices of all partial rounds but the last: the first row, and the first column without its first element.
    pub sparse: &'a [(&'a [Fr], &'a [Fr])],
    /// First-element constant of the last partial round.
    pub last_partial: &'a Fr,
    /// Matrix of the last partial round.
    pub bridge: &'a [Fr],
    /// Constants of the full rounds after the partial ones.
    pub last: &'a [Fr],
}

#[cfg(target_arch = "x86_64")]
pub use vector::Permutation;

#[cfg(not(target_arch = "x86_64"))]
pub use unsupported::Permutation;

#[cfg(not(target_arch = "x86_64"))]
mod unsupported {
    use super::{Fr, RoundConstants};
    use crate::simd::Vector;

    /// Does nothing on this processor.
    pub struct Permutation;

    impl Permutation {
        /// Keeps nothing.
        pub fn new(_constants: &RoundConstants<'_>) -> Self {
            Self
        }

        /// Leaves all inputs.
        pub fn hash_eights<const N: usize>(&self, _able: Vector, _inputs: &[[Fr; N]], _hashes: &mut Vec<Fr>) {
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod vector {
    use ark_bn254::{Fr, FrConfig};
    use ark_ff::AdditiveGroup;

    use super::{MAX_WIDTH, RoundConstants};
    use crate::simd::Vector;
    use crate::simd::fp52::{Fp52x8, constant, enter, leave};

    type State = Fp52x8<FrConfig>;
    type Limbs = [u64; 5];

    /// The permutation of one width; state elements have R = 2^260 and stay below 2·p.
    pub struct Permutation {
        first: Vec<Limbs>,
        mds: Vec<Limbs>,
        partial: Vec<Limbs>,
        sparse: Vec<(Vec<Limbs>, Vec<Limbs>)>,
        last_partial: Limbs,
        bridge: Vec<Limbs>,
        last: Vec<Limbs>,
    }

    impl Permutation {
        /// Converts the constants to R = 2^260.
        pub fn new(constants: &RoundConstants<'_>) -> Self {
            let all = |elements: &[Fr]| elements.iter().map(constant).collect();
            let sparse = |(row, column): &(&[Fr], &[Fr])| (all(row), all(column));
            Self {
                first: all(constants.first),
                mds: all(constants.mds),
                partial: all(constants.partial),
                sparse: constants.sparse.iter().map(sparse).collect(),
                last_partial: constant(constants.last_partial),
                bridge: all(constants.bridge),
                last: all(constants.last),
            }
        }

        /// Appends the hashes of all whole groups of eight inputs; fewer than eight are left. The constants must be those
        /// of width N + 1.
        pub fn hash_eights<const N: usize>(&self, _able: Vector, inputs: &[[Fr; N]], hashes: &mut Vec<Fr>) {
            for group in inputs.chunks_exact(8) {
                // SAFETY: whoever has a `Vector` is on a processor with AVX-512 F and IFMA.
                hashes.extend(unsafe { hash_eight(self, group) });
            }
        }
    }

    /// The hashes of eight inputs.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn hash_eight<const N: usize>(constants: &Permutation, inputs: &[[Fr; N]]) -> [Fr; 8] {
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
    fn permute(constants: &Permutation, state: &mut [State]) {
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
}
