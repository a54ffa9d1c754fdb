//! The generator of Poseidon's constants: an 80-bit Grain LFSR in self-shrinking mode, seeded with the instance
//! (Poseidon paper, appendix E).

use ark_bn254::Fr;
use ark_ff::{BigInteger256, PrimeField};

use super::parameters::FULL_ROUNDS;

/// Bits of an element of Fr.
const BITS: u32 = 254;
/// Steps that are thrown away after seeding.
const WARM_UP: usize = 160;

/// The register; bit 79 is the oldest (the paper's `b_0`).
pub(super) struct Grain(u128);

impl Grain {
    /// The generator of the instance with `width` state elements over this field and S-box x^5.
    pub(super) fn new(width: usize, partial_rounds: usize) -> Self {
        let mut seed = Seed(0);
        seed.push(1, 2); // a prime field
        seed.push(0, 4); // S-box x^alpha
        seed.push(u128::from(BITS), 12);
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
    pub(super) fn canonical(&mut self) -> Fr {
        loop {
            if let Some(x) = Fr::from_bigint(self.draw()) {
                return x;
            }
        }
    }

    /// The next matrix parameter: a draw is reduced modulo r.
    pub(super) fn reduced(&mut self) -> Fr {
        let draw = self.draw();
        // 2^254 < 2r, so one subtraction reduces.
        Fr::from_bigint(draw).unwrap_or_else(|| Fr::from(num_bigint::BigUint::from(draw)))
    }

    /// 254 bits, most significant first.
    fn draw(&mut self) -> BigInteger256 {
        let mut limbs = [0u64; 4];
        for index in (0..BITS as usize).rev() {
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
