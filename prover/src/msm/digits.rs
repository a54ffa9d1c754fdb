//! Signed digits, and how windows, multiples and sets of buckets relate.

use ark_ff::{BigInt, BigInteger};

/// Bits of a scalar, and one more for the carry of the last signed digit.
const SCALAR_BITS: u32 = 255;

/// Where the digits of a scalar lie. Its bits are cut in levels, each of which meets one level of a table of multiples; a
/// level is cut in digits, each of which meets one set of buckets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Bits of a digit; the last of a level has those that are left.
    pub(super) window: u32,
    /// Digits of a level: sets of buckets.
    pub(super) sets: usize,
    /// Bits of a level.
    pub(super) stride: u32,
}

/// One digit of a scalar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digit {
    pub(super) level: usize,
    pub(super) set: usize,
    /// Within ±2^(window − 1).
    pub(super) value: i32,
}

impl Layout {
    /// The quickest for `points` large scalars without multiples: one level, a set of buckets for each digit.
    pub(super) fn new(points: usize) -> Self {
        let of =
            |window: u32| Self { window, sets: SCALAR_BITS.div_ceil(window) as usize, stride: SCALAR_BITS };
        Self::quickest((3..=14).map(of), points)
    }

    /// The one to make a table of multiples of so many points for. It leaves `sets` sets of buckets: with two, it has half as
    /// many levels as there are digits.
    pub(super) fn with_multiples(points: usize, sets: usize) -> Self {
        let of = |window: u32| Self { window, sets, stride: window * sets as u32 };
        Self::quickest((3..=15).map(of), points)
    }

    /// The quickest for `points` large scalars with the table that was made for this one. Few scalars want narrower digits,
    /// and so more of them in a level.
    pub(super) fn for_points(self, points: usize) -> Self {
        let of = |sets: u32| Self { window: self.stride.div_ceil(sets), sets: sets as usize, ..self };
        let narrower = (1..=self.stride / 3).map(of).filter(|layout| layout.window <= self.window);
        Self::quickest(narrower, points)
    }

    fn quickest(layouts: impl Iterator<Item = Self>, points: usize) -> Self {
        layouts.min_by_key(|layout| layout.work(points)).expect("there is one to choose")
    }

    /// Additions for so many large scalars: one an entry, two a bucket that is not empty, and the running sums over rows
    /// and columns of buckets, whose projective additions cost as much as eighteen.
    pub(super) fn work(self, points: usize) -> usize {
        let side = 1 << (self.window / 2);
        let entries = points * self.count();
        entries + 2 * entries.min(self.all_buckets()) + self.sets * 36 * side
    }

    /// Digits of a scalar.
    pub(super) fn count(self) -> usize {
        let [whole, rest] = [SCALAR_BITS / self.stride, SCALAR_BITS % self.stride];
        whole as usize * self.sets + rest.div_ceil(self.window) as usize
    }

    /// Levels of multiples, the points themselves included.
    pub(super) fn levels(self) -> usize {
        SCALAR_BITS.div_ceil(self.stride) as usize
    }

    /// Buckets of one set.
    pub(super) fn buckets(self) -> usize {
        1 << (self.window - 1)
    }

    /// Buckets of all sets.
    pub(super) fn all_buckets(self) -> usize {
        self.sets * self.buckets()
    }

    /// The digits of a scalar, least significant first, as far as it reaches.
    pub(super) fn digits(self, scalar: &BigInt<4>) -> impl Iterator<Item = Digit> {
        let scalar = *scalar;
        let bits = scalar.num_bits();
        let (mut at, mut end_of_level, mut carry) = (0, self.stride, 0);
        let (mut level, mut set) = (0, 0);
        std::iter::from_fn(move || {
            if at >= bits && carry == 0 {
                return None;
            }
            let end = end_of_level.min(at + self.window);
            let width = end - at;
            let raw = bits_at(&scalar, at, width) + carry;
            carry = i64::from(raw > 1 << (width - 1));
            let digit = Digit { level, set, value: (raw - (carry << width)) as i32 };
            (at, set) = (end, set + 1);
            if at == end_of_level {
                (level, set, end_of_level) = (level + 1, 0, end_of_level + self.stride);
            }
            Some(digit)
        })
    }
}

/// `count` ≤ 16 bits of a scalar from bit `at`.
fn bits_at(scalar: &BigInt<4>, at: u32, count: u32) -> i64 {
    let (limb, shift) = ((at / 64) as usize, at % 64);
    let low = scalar.0.get(limb).map_or(0, |l| l >> shift);
    let high = if shift == 0 { 0 } else { scalar.0.get(limb + 1).map_or(0, |l| l << (64 - shift)) };
    ((low | high) & ((1 << count) - 1)).cast_signed()
}

#[cfg(test)]
mod tests {
    use ark_bn254::Fr;
    use ark_ff::{AdditiveGroup, Field, PrimeField};
    use proptest::prelude::*;

    use super::*;

    fn layouts(points: usize, few: usize) -> Vec<Layout> {
        let tables = [1, 2].map(|sets| Layout::with_multiples(points, sets));
        let narrower = tables.map(|table| table.for_points(few));
        [[Layout::new(points), Layout::new(few)], tables, narrower].concat()
    }

    fn recomposes(layout: Layout, x: Fr) {
        let half = i32::try_from(layout.buckets()).unwrap();
        let mut sum = Fr::ZERO;
        let mut count = 0;
        for Digit { level, set, value } in layout.digits(&x.into_bigint()) {
            assert!((-half..=half).contains(&value) && level < layout.levels() && set < layout.sets);
            let bits = level as u64 * u64::from(layout.stride) + set as u64 * u64::from(layout.window);
            sum += Fr::from(i64::from(value)) * Fr::from(2u64).pow([bits]);
            count += 1;
        }
        assert!(count <= layout.count(), "{layout:?} of {x}");
        assert_eq!(sum, x, "{layout:?}");
    }

    proptest! {
        #[test]
        fn digits_recompose(limbs in any::<[u64; 4]>(), points in 1usize..100_000, few in 1usize..5_000) {
            let x = Fr::from_le_bytes_mod_order(&limbs.map(u64::to_le_bytes).concat());
            for layout in layouts(points, few) {
                recomposes(layout, x);
            }
        }
    }

    /// Carries that run through all digits, and none.
    #[test]
    fn digits_of_edge_numbers_recompose() {
        let powers = (0..254).map(|k| Fr::from(2u64).pow([k]));
        let edges = powers.flat_map(|x| [x, -x, x - Fr::ONE, Fr::ONE - x]).chain([Fr::ZERO]);
        for x in edges {
            for (points, few) in [(1, 1), (400, 20), (8192, 400)] {
                for layout in layouts(points, few) {
                    recomposes(layout, x);
                }
            }
        }
    }
}
