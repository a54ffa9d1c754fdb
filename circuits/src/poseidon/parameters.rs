//! Constants of one width, with the partial rounds in factored form.
//!
//! A partial round adds constants c, applies the S-box to the first element and multiplies by M. Two identities make it
//! cheap without changing the function:
//!
//! - The constants of the other elements pass the S-box untouched, so M·(0, c′) moves into the next round's constants.
//! - M = A·B with A = diag(1, M̂), M̂ the lower right block, and B sparse (first row, first column, ones on the diagonal).
//!   A commutes with an S-box on the first element, so it moves into the next round's matrix; the last round keeps its
//!   matrix whole (`bridge`). As the first column of M·A is that of M, round k has column M̂^-(k+1)·w and row v·M̂^k.

use std::sync::OnceLock;

use ark_bn254::Fr;
use ark_ff::{BigInteger256, Field, One, PrimeField, Zero};

use super::dot::dot;

/// Widest state: sixteen inputs and the capacity.
pub(crate) const MAX_WIDTH: usize = groth16::simd::permutation::MAX_WIDTH;
/// Full rounds, half before and half after the partial ones.
pub(crate) const FULL_ROUNDS: usize = 8;
/// Partial rounds for 1, …, 16 inputs.
pub(crate) const PARTIAL_ROUNDS: [usize; 16] =
    [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];

/// Bits of an element of Fr.
const FIELD_BITS: u32 = 254;
/// Steps that are thrown away after seeding.
const WARM_UP: usize = 160;

/// Everything that a permutation of one width needs. Matrices are row-major.
pub(crate) struct Parameters {
    /// Constants of the full rounds before the partial ones.
    pub(crate) first: Vec<Fr>,
    /// The MDS matrix of the full rounds.
    pub(crate) mds: Vec<Fr>,
    /// First-element constants of all partial rounds but the last.
    pub(crate) partial: Vec<Fr>,
    /// Matrices of all partial rounds but the last.
    pub(crate) sparse: Vec<Sparse>,
    /// First-element constant of the last partial round.
    pub(crate) last_partial: Fr,
    /// Matrix of the last partial round.
    pub(crate) bridge: Vec<Fr>,
    /// Constants of the full rounds after the partial ones.
    pub(crate) last: Vec<Fr>,
}

/// A matrix with this first row, this first column below it, and ones on the rest of the diagonal.
pub(crate) struct Sparse {
    /// The first row, all t of it.
    pub(crate) row: Vec<Fr>,
    /// The first column without its first element.
    pub(crate) column: Vec<Fr>,
}

impl Parameters {
    /// The parameters for `N` inputs, 1 ≤ N ≤ 16, made once.
    pub(crate) fn for_inputs<const N: usize>() -> &'static Self {
        static MADE: [OnceLock<Parameters>; MAX_WIDTH - 1] = [const { OnceLock::new() }; MAX_WIDTH - 1];
        MADE[N - 1].get_or_init(|| Self::generate(N + 1))
    }

    fn generate(width: usize) -> Self {
        let partial_rounds = PARTIAL_ROUNDS[width - 2];
        let mut grain = Grain::new(width, partial_rounds);
        let rounds = FULL_ROUNDS + partial_rounds;
        let mut constants: Vec<Fr> = (0..rounds * width).map(|_| grain.canonical()).collect();
        let mds = cauchy(&mut grain, width);
        let half = FULL_ROUNDS / 2 * width;
        move_constants(&mut constants[half..rounds * width - half + width], &mds);
        let last = constants.split_off(rounds * width - half);
        let mut partial: Vec<Fr> = constants[half..].iter().step_by(width).copied().collect();
        let last_partial = partial.pop().expect("every width has partial rounds");
        constants.truncate(half);
        let sparse = factors(&mds, partial.len());
        let bridge = bridge(&mds, partial_rounds);
        Self { first: constants, mds, partial, sparse, last_partial, bridge, last }
    }
}

/// The MDS matrix 1 / (`x_i` + `y_j`).
fn cauchy(grain: &mut Grain, width: usize) -> Vec<Fr> {
    let xs: Vec<Fr> = (0..width).map(|_| grain.reduced()).collect();
    let ys: Vec<Fr> = (0..width).map(|_| grain.reduced()).collect();
    let entry = |x: &Fr, y: &Fr| (*x + y).inverse().expect("no x_i is -y_j for these sixteen instances");
    xs.iter().flat_map(|x| ys.iter().map(move |y| entry(x, y))).collect()
}

/// Leaves in every round but the last only the first element's constant, and moves M·(0, c′) on to the next round.
fn move_constants(rounds: &mut [Fr], mds: &[Fr]) {
    let width = mds.len().isqrt();
    for start in (0..rounds.len() - width).step_by(width) {
        let (now, next) = rounds[start..start + 2 * width].split_at_mut(width);
        for (constant, row) in next.iter_mut().zip(mds.chunks_exact(width)) {
            *constant += dot(&row[1..], &now[1..]);
        }
        now[1..].fill(Fr::zero());
    }
}

/// The sparse matrices of the first `count` partial rounds.
fn factors(mds: &[Fr], count: usize) -> Vec<Sparse> {
    let Blocks { corner, mut row, column, rest } = Blocks::new(mds);
    let inverse = rest.inverse();
    let mut column = inverse.times(&column);
    (0..count)
        .map(|_| {
            let sparse = Sparse { row: [&[corner], &row[..]].concat(), column: column.clone() };
            row = rest.times_left(&row);
            column = inverse.times(&column);
            sparse
        })
        .collect()
}

/// M·A of the last partial round, A = diag(1, M̂^(rounds-1)).
fn bridge(mds: &[Fr], rounds: usize) -> Vec<Fr> {
    let Blocks { corner, mut row, column, rest } = Blocks::new(mds);
    let mut block = rest.clone();
    for _ in 1..rounds {
        row = rest.times_left(&row);
        block = rest.product(&block);
    }
    let mut matrix = [&[corner], &row[..]].concat();
    for (first, others) in column.iter().zip(block.rows()) {
        matrix.push(*first);
        matrix.extend_from_slice(others);
    }
    matrix
}

/// M = [[corner, row], [column, rest]].
struct Blocks {
    corner: Fr,
    row: Vec<Fr>,
    column: Vec<Fr>,
    rest: Square,
}

impl Blocks {
    fn new(mds: &[Fr]) -> Self {
        let width = mds.len().isqrt();
        let below = || mds.chunks_exact(width).skip(1);
        Self {
            corner: mds[0],
            row: mds[1..width].to_vec(),
            column: below().map(|r| r[0]).collect(),
            rest: Square { size: width - 1, entries: below().flat_map(|r| r[1..].to_vec()).collect() },
        }
    }
}

/// A square matrix.
#[derive(Clone)]
struct Square {
    size: usize,
    entries: Vec<Fr>,
}

impl Square {
    fn rows(&self) -> impl Iterator<Item = &[Fr]> {
        self.entries.chunks_exact(self.size)
    }

    fn transposed(&self) -> Self {
        let column = |j: usize| self.rows().map(move |row| row[j]);
        Self { size: self.size, entries: (0..self.size).flat_map(column).collect() }
    }

    fn times(&self, vector: &[Fr]) -> Vec<Fr> {
        self.rows().map(|row| dot(row, vector)).collect()
    }

    fn times_left(&self, vector: &[Fr]) -> Vec<Fr> {
        self.transposed().times(vector)
    }

    fn product(&self, other: &Self) -> Self {
        let columns = other.transposed();
        let entries = self.rows().flat_map(|row| columns.times(row)).collect();
        Self { size: self.size, entries }
    }

    /// Gauss-Jordan elimination. Every pivot is non-zero: leading minors of a Cauchy matrix are.
    fn inverse(&self) -> Self {
        let mut work: Vec<Vec<Fr>> = self.rows().enumerate().map(|(i, row)| self.augmented(i, row)).collect();
        for pivot in 0..self.size {
            let scale = work[pivot][pivot].inverse().expect("a leading minor of a Cauchy matrix is not zero");
            work[pivot].iter_mut().for_each(|x| *x *= scale);
            let chosen = work[pivot].clone();
            for (_, row) in work.iter_mut().enumerate().filter(|(i, _)| *i != pivot) {
                eliminate(row, &chosen, pivot);
            }
        }
        let entries = work.iter().flat_map(|row| row[self.size..].to_vec()).collect();
        Self { size: self.size, entries }
    }

    /// Row i with row i of the identity behind it.
    fn augmented(&self, i: usize, row: &[Fr]) -> Vec<Fr> {
        let unit = (0..self.size).map(|j| if i == j { Fr::one() } else { Fr::zero() });
        row.iter().copied().chain(unit).collect()
    }
}

fn eliminate(row: &mut [Fr], chosen: &[Fr], pivot: usize) {
    let factor = row[pivot];
    for (x, y) in row.iter_mut().zip(chosen) {
        *x -= factor * y;
    }
}

/// The generator of Poseidon's constants: an 80-bit Grain LFSR in self-shrinking mode, seeded with the instance (Poseidon
/// paper, appendix E). Bit 79 of the register is the oldest (the paper's `b_0`).
struct Grain(u128);

impl Grain {
    /// The generator of the instance with `width` state elements over this field and S-box x^5.
    fn new(width: usize, partial_rounds: usize) -> Self {
        let mut seed = Seed(0);
        seed.push(1, 2); // a prime field
        seed.push(0, 4); // S-box x^alpha
        seed.push(u128::from(FIELD_BITS), 12);
        seed.push(width as u128, 12);
        seed.push(FULL_ROUNDS as u128, 10);
        seed.push(partial_rounds as u128, 10);
        seed.push((1 << 30) - 1, 30);
        let mut grain = Self(seed.0);
        for _ in 0..WARM_UP {
            grain.step();
        }
        grain
    }

    /// The next round constant: draws of r or more are thrown away.
    fn canonical(&mut self) -> Fr {
        loop {
            if let Some(x) = Fr::from_bigint(self.draw()) {
                return x;
            }
        }
    }

    /// The next matrix parameter: a draw is reduced modulo r.
    fn reduced(&mut self) -> Fr {
        let draw = self.draw();
        // 2^254 < 2r, so one subtraction reduces.
        Fr::from_bigint(draw).unwrap_or_else(|| Fr::from(num_bigint::BigUint::from(draw)))
    }

    /// 254 bits, most significant first.
    fn draw(&mut self) -> BigInteger256 {
        let mut limbs = [0u64; 4];
        for index in (0..FIELD_BITS as usize).rev() {
            limbs[index / 64] |= u64::from(self.bit()) << (index % 64);
        }
        BigInteger256::new(limbs)
    }

    /// Of each pair of steps whose first is 1, the second.
    fn bit(&mut self) -> bool {
        while !self.step() {
            self.step();
        }
        self.step()
    }

    fn step(&mut self) -> bool {
        let tap = |age: u32| self.0 >> (79 - age);
        let new = (tap(62) ^ tap(51) ^ tap(38) ^ tap(23) ^ tap(13) ^ tap(0)) & 1;
        self.0 = ((self.0 << 1) | new) & ((1 << 80) - 1);
        new == 1
    }
}

struct Seed(u128);

impl Seed {
    fn push(&mut self, value: u128, bits: u32) {
        self.0 = (self.0 << bits) | value;
    }
}
