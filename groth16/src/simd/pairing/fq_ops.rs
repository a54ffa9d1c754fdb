//! What towers over the base field need of eight numbers beside products.

// The lint does not look at tests.
#![cfg_attr(not(test), expect(clippy::wildcard_imports, reason = "the intrinsics of one instruction set"))]

use std::arch::x86_64::*;

use ark_bn254::FqConfig;

use super::fq2x6::Fqx8;
use crate::simd::fp52::{accumulated, splat};
use crate::simd::modulus::Modulus;
use crate::simd::transpose::{as_register, as_words};

type M = Modulus<FqConfig>;

/// 0·p, …, 15·p by limbs.
const MULTIPLES: [[[u64; 8]; 2]; 5] = {
    let mut out = [[[0; 8]; 2]; 5];
    let mut k = 0;
    while k < 16 {
        let multiple = M::multiple(k as u64);
        let mut limb = 0;
        while limb < 5 {
            out[limb][k / 8][k % 8] = multiple[limb];
            limb += 1;
        }
        k += 1;
    }
    out
};

/// 2^97 / (⌊p / 2^208⌋ + 1): with it the highest limb tells how often p goes into a number, to less than 2^−40.
const QUOTIENT: u64 = ((1u128 << 97) / (M::P[4] as u128 + 1)) as u64;

impl Fqx8 {
    /// Below 16·p to below 2·p, in fact hardly above p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced(self) -> Self {
        let zero = _mm512_setzero_si512();
        let times = _mm512_srli_epi64::<45>(_mm512_madd52hi_epu64(zero, self.0[4], splat(QUOTIENT)));
        let mut l = self.0;
        for i in 0..5 {
            let [low, high] = MULTIPLES[i];
            let multiple = _mm512_permutex2var_epi64(as_register(low), times, as_register(high));
            l[i] = _mm512_sub_epi64(l[i], multiple);
        }
        Self::of_limbs(l)
    }

    /// 2·p − a for a up to 2·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn opposite(self) -> Self {
        Self::zero().minus(self)
    }

    /// [`Self::opposite`] in the lanes of `mask`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn opposite_in(self, mask: u8) -> Self {
        let mut out = self.opposite();
        for i in 0..5 {
            out.0[i] = _mm512_mask_blend_epi64(mask, self.0[i], out.0[i]);
        }
        out
    }

    /// 9·a − b + 2·p, for b up to 2·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn nine_times_minus(self, b: Self) -> Self {
        let mut l = self.0;
        for i in 0..5 {
            let nine = _mm512_add_epi64(_mm512_slli_epi64::<3>(l[i]), l[i]);
            l[i] = _mm512_add_epi64(_mm512_sub_epi64(nine, b.0[i]), splat(M::P2[i]));
        }
        Self::of_limbs(l)
    }

    /// 9·a + b.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn nine_times_plus(self, b: Self) -> Self {
        let mut l = self.0;
        for i in 0..5 {
            let nine = _mm512_add_epi64(_mm512_slli_epi64::<3>(l[i]), l[i]);
            l[i] = _mm512_add_epi64(nine, b.0[i]);
        }
        Self::of_limbs(l)
    }

    /// 3·a + 2·b in the lanes of `plus`, 3·a − 2·b in the others; reduced. For a below 4·p and b up to 2·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn thrice_with_twice(self, b: Self, plus: u8) -> Self {
        let mut l = self.0;
        for i in 0..5 {
            let thrice = _mm512_add_epi64(_mm512_add_epi64(l[i], l[i]), l[i]);
            let twice = _mm512_add_epi64(b.0[i], b.0[i]);
            let less = _mm512_sub_epi64(_mm512_add_epi64(thrice, splat(M::P4[i])), twice);
            l[i] = _mm512_mask_add_epi64(less, plus, thrice, twice);
        }
        Self::of_limbs(l).reduced()
    }

    /// Σ a·b / 2^260 in each lane for at most 17 pairs, with a reduction in common: below (1 + Σ j·k/64)·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn dot_each<const K: usize>(a: &[Self; K], b: &[Self; K]) -> Self {
        let mut acc = [_mm512_setzero_si512(); 6];
        for i in 0..5 {
            for k in 0..K {
                acc = accumulated(acc, &a[k].0, b[k].0[i]);
            }
            acc = Self::reduced_by_a_limb(acc);
        }
        let [a, b, c, d, e, _] = acc;
        Self::of_limbs([a, b, c, d, e])
    }

    /// The limbs of every lane.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn words(self) -> [[u64; 8]; 5] {
        let [a, b, c, d, e] = self.0;
        [as_words(a), as_words(b), as_words(c), as_words(d), as_words(e)]
    }
}

/// A sum of products before it is reduced.
pub(super) type Sum = [__m512i; 6];

impl Fqx8 {
    /// The empty sum.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn nothing() -> Sum {
        [_mm512_setzero_si512(); 6]
    }

    /// Adds a · limb i of b; between limbs comes [`Self::reduced_by_a_limb`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn more(sum: Sum, a: Self, b: Self, i: usize) -> Sum {
        accumulated(sum, &a.0, b.0[i])
    }

    /// A finished sum.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn of_sum([a, b, c, d, e, _]: Sum) -> Self {
        Self::of_limbs([a, b, c, d, e])
    }
}

impl Fqx8 {
    /// `other` in the lanes of `mask`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn or_in(self, mask: u8, other: Self) -> Self {
        let mut out = self;
        for i in 0..5 {
            out.0[i] = _mm512_mask_blend_epi64(mask, self.0[i], other.0[i]);
        }
        out
    }
}
