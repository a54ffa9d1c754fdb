//! Signed digits, and how windows, multiples and sets of buckets relate.

use ark_ff::{BigInt, BigInteger};

/// Bits of a scalar, and one more for the carry of the last signed digit.
const SCALAR_BITS: usize = 255;

/// Window w of a scalar meets level `w / step` of the multiples and set `w % step` of the buckets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Bits of a digit.
    pub(super) window: u32,
    /// Sets of buckets.
    pub(super) step: usize,
}

/// Sets of buckets that a table of multiples leaves: with two, a table has half as many levels as there are windows.
const SETS: usize = 2;

impl Layout {
    /// The window for `points` large scalars, with a set of buckets for each window.
    pub(super) fn new(points: usize) -> Self {
        let of = |window: u32| Self { window, step: SCALAR_BITS.div_ceil(window as usize) };
        (3..=14).map(of).min_by_key(|layout| layout.work(points)).expect("the range is not empty")
    }

    /// The window for a table of multiples of so many points.
    pub(super) fn with_multiples(points: usize) -> Self {
        let of = |window: u32| Self { window, step: SETS };
        (3..=14).map(of).min_by_key(|layout| layout.work(points)).expect("the range is not empty")
    }

    /// Additions for so many large scalars: one an entry, two a bucket that is not empty, and the running sums over rows
    /// and columns of buckets, whose projective additions cost as much as eighteen.
    pub(super) fn work(self, points: usize) -> usize {
        let side = 1 << (self.window / 2);
        let entries = points * self.windows();
        entries + 2 * entries.min(self.step * self.buckets()) + self.step * 36 * side
    }

    /// Digits of a scalar.
    pub(super) fn windows(self) -> usize {
        SCALAR_BITS.div_ceil(self.window as usize)
    }

    /// Levels of multiples, the points themselves included.
    pub(super) fn levels(self) -> usize {
        self.windows().div_ceil(self.step)
    }

    /// Buckets of one set: a digit is at most 2^(window−1) in absolute value.
    pub(super) fn buckets(self) -> usize {
        1 << (self.window - 1)
    }

    /// The digits of a scalar, least significant first, each within ±2^(window−1).
    pub(super) fn digits(self, scalar: &BigInt<4>) -> impl Iterator<Item = i32> {
        let scalar = *scalar;
        let half = 1i64 << (self.window - 1);
        let mut carry = 0i64;
        let windows = scalar.num_bits() as usize / self.window as usize + 1;
        (0..windows.min(self.windows())).map(move |w| {
            let raw = bits_at(&scalar, w * self.window as usize, self.window) + carry;
            carry = i64::from(raw > half);
            (raw - (carry << self.window)) as i32
        })
    }
}

/// `count` ≤ 16 bits of a scalar from bit `at`.
fn bits_at(scalar: &BigInt<4>, at: usize, count: u32) -> i64 {
    let (limb, shift) = (at / 64, at % 64);
    let low = scalar.0.get(limb).map_or(0, |l| l >> shift);
    let high = if shift == 0 { 0 } else { scalar.0.get(limb + 1).map_or(0, |l| l << (64 - shift)) };
    ((low | high) & ((1 << count) - 1)).cast_signed()
}

#[cfg(test)]
mod tests {
    use ark_bn254::Fr;
    use ark_ff::{Field, PrimeField};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn digits_recompose(limbs in any::<[u64; 4]>(), points in 1usize..100_000, full in any::<bool>()) {
            let x = Fr::from_le_bytes_mod_order(&limbs.map(u64::to_le_bytes).concat());
            let layout = if full { Layout::with_multiples(points) } else { Layout::new(points) };
            let base = Fr::from(1u64 << layout.window);
            let half = i32::try_from(layout.buckets()).unwrap();
            let mut sum = Fr::from(0u64);
            for (w, d) in layout.digits(&x.into_bigint()).enumerate() {
                prop_assert!((-half..=half).contains(&d));
                sum += Fr::from(i64::from(d)) * base.pow([w as u64]);
            }
            prop_assert_eq!(sum, x);
        }
    }

    #[test]
    fn levels_cover_all_windows() {
        for points in [1, 100, 8192] {
            for layout in [Layout::new(points), Layout::with_multiples(points)] {
                assert!(layout.levels() * layout.step >= layout.windows());
            }
        }
    }
}
