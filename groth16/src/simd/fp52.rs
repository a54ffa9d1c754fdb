//! The arithmetic of eight numbers side by side.

// The lint does not look at tests.
#![cfg_attr(not(test), expect(clippy::wildcard_imports, reason = "the intrinsics of one instruction set"))]

use std::arch::x86_64::*;
use std::marker::PhantomData;

use ark_ff::{AdditiveGroup, BigInt, Field, MontConfig};

use super::Zeroable;
use super::modulus::{MASK, Modulus, Prime, limbs};
use super::transpose::{as_register, as_words, transposed};

/// Four words of 64 bits, lowest first, of eight numbers.
pub(super) type Block = [__m512i; 4];

/// Eight numbers, each limb below 2^52.
pub(super) struct Fp52x8<C>(pub(super) [__m512i; 5], PhantomData<C>);

impl<C> Clone for Fp52x8<C> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Fp52x8<C> {}

// SAFETY: it is five registers, of which all bits zero are a value.
unsafe impl<C> Zeroable for Fp52x8<C> {}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn splat(x: u64) -> __m512i {
    _mm512_set1_epi64(x.cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn zero() -> __m512i {
    _mm512_setzero_si512()
}

/// Carries signed limbs upwards until each but the highest is within 52 bits.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn carried(mut l: [__m512i; 5]) -> [__m512i; 5] {
    let mask = splat(MASK);
    for i in 0..4 {
        l[i + 1] = _mm512_add_epi64(l[i + 1], _mm512_srai_epi64::<52>(l[i]));
        l[i] = _mm512_and_si512(l[i], mask);
    }
    l
}

impl<C: MontConfig<4>> Fp52x8<C> {
    /// Eight times zero.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn zero() -> Self {
        Self([zero(); 5], PhantomData)
    }

    /// The same number in every lane, from its limbs.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn splat(limbs: &[u64; 5]) -> Self {
        let mut out = Self::zero();
        for i in 0..5 {
            out.0[i] = splat(limbs[i]);
        }
        out
    }

    /// From words by columns.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn unpack(&[a, b, c, d]: &Block) -> Self {
        let mask = splat(MASK);
        let second = _mm512_or_si512(_mm512_srli_epi64::<52>(a), _mm512_slli_epi64::<12>(b));
        let third = _mm512_or_si512(_mm512_srli_epi64::<40>(b), _mm512_slli_epi64::<24>(c));
        let fourth = _mm512_or_si512(_mm512_srli_epi64::<28>(c), _mm512_slli_epi64::<36>(d));
        let limbs = [
            _mm512_and_si512(a, mask),
            _mm512_and_si512(second, mask),
            _mm512_and_si512(third, mask),
            _mm512_and_si512(fourth, mask),
            _mm512_srli_epi64::<16>(d),
        ];
        Self(limbs, PhantomData)
    }

    /// To words by columns.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn pack(self) -> Block {
        let [a, b, c, d, e] = self.0;
        [
            _mm512_or_si512(a, _mm512_slli_epi64::<52>(b)),
            _mm512_or_si512(_mm512_srli_epi64::<12>(b), _mm512_slli_epi64::<40>(c)),
            _mm512_or_si512(_mm512_srli_epi64::<24>(c), _mm512_slli_epi64::<28>(d)),
            _mm512_or_si512(_mm512_srli_epi64::<36>(d), _mm512_slli_epi64::<16>(e)),
        ]
    }

    /// The words of two times eight elements as they are in memory.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn load([first, second]: [&[Prime<C>; 8]; 2]) -> [Self; 2] {
        let mut rows = [zero(); 8];
        for lane in 0..8 {
            rows[lane] = as_register(joined(&first[lane], &second[lane]));
        }
        let [a, b, c, d, e, f, g, h] = transposed(rows);
        [Self::unpack(&[a, b, c, d]), Self::unpack(&[e, f, g, h])]
    }

    /// Inverse of [`Self::load`]; takes canonical numbers.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn store([first, second]: [Self; 2]) -> [[Prime<C>; 8]; 2] {
        let ([a, b, c, d], [e, f, g, h]) = (first.pack(), second.pack());
        let rows = transposed([a, b, c, d, e, f, g, h]);
        let mut out = [[Prime::<C>::ZERO; 8]; 2];
        for lane in 0..8 {
            (out[0][lane], out[1][lane]) = split(as_words(rows[lane]));
        }
        out
    }

    /// Number l of register k becomes number k of register l.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn transposed(v: [Self; 8]) -> [Self; 8] {
        let mut out = v;
        for limb in 0..5 {
            let mut rows = [zero(); 8];
            for k in 0..8 {
                rows[k] = v[k].0[limb];
            }
            let columns = transposed(rows);
            for k in 0..8 {
                out[k].0[limb] = columns[k];
            }
        }
        out
    }

    /// a + b.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn plus(self, other: Self) -> Self {
        let mut l = self.0;
        for i in 0..5 {
            l[i] = _mm512_add_epi64(l[i], other.0[i]);
        }
        Self(carried(l), PhantomData)
    }

    /// a − b + `offset`, which must not be negative.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn minus_plus(self, other: Self, offset: &[u64; 5]) -> Self {
        let mut l = self.0;
        for i in 0..5 {
            l[i] = _mm512_add_epi64(_mm512_sub_epi64(l[i], other.0[i]), splat(offset[i]));
        }
        Self(carried(l), PhantomData)
    }

    /// a − b + 2·p for b below 2·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn minus(self, other: Self) -> Self {
        self.minus_plus(other, &Modulus::<C>::P2)
    }

    /// a − `bound` where that is not negative, else a.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn less(self, bound: &[u64; 5]) -> Self {
        let mut l = self.0;
        for i in 0..5 {
            l[i] = _mm512_sub_epi64(l[i], splat(bound[i]));
        }
        let mut l = carried(l);
        let negative = _mm512_cmplt_epi64_mask(l[4], zero());
        for i in 0..5 {
            l[i] = _mm512_mask_blend_epi64(negative, l[i], self.0[i]);
        }
        Self(l, PhantomData)
    }

    /// −a as p − a in some lanes, for a at most p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn negated_where(self, these: __mmask8) -> Self {
        let negated = Self::zero().minus_plus(self, &Modulus::<C>::P);
        self.or(negated, these)
    }

    /// Another number in some lanes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn or(self, other: Self, these: __mmask8) -> Self {
        let mut l = self.0;
        for i in 0..5 {
            l[i] = _mm512_mask_blend_epi64(these, l[i], other.0[i]);
        }
        Self(l, PhantomData)
    }

    /// Below 4·p to below 2·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn below_two(self) -> Self {
        self.less(&Modulus::<C>::P2)
    }

    /// Below 8·p to below 4·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn below_four(self) -> Self {
        self.less(&Modulus::<C>::P4)
    }

    /// Below 8·p to below p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn canonical(self) -> Self {
        self.below_four().canonical_below_four()
    }

    /// Below 4·p to below p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn canonical_below_four(self) -> Self {
        self.below_two().less(&Modulus::<C>::P)
    }

    /// a·b / 2^260, below (1 + j·k/64)·p for a < j·p, b < k·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(self, other: Self) -> Self {
        let [product] = Self::products([self], [other]);
        product
    }

    /// Several products like [`Self::times`], whose steps alternate so that each hides the latency of the others.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn products<const K: usize>(a: [Self; K], b: [Self; K]) -> [Self; K] {
        let mut acc = [[zero(); 6]; K];
        for i in 0..5 {
            for k in 0..K {
                acc[k] = accumulated(acc[k], &a[k].0, b[k].0[i]);
            }
            for k in 0..K {
                acc[k] = Self::reduced_by_a_limb(acc[k]);
            }
        }
        let mut out = a;
        for k in 0..K {
            let [l0, l1, l2, l3, l4, _] = acc[k];
            out[k] = Self(carried([l0, l1, l2, l3, l4]), PhantomData);
        }
        out
    }

    /// Σ a·b / 2^260 for at most 17 pairs with a reduction in common; b has the same number in every lane.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn dot(a: &[Self], b: &[[u64; 5]]) -> Self {
        let mut acc = [zero(); 6];
        for i in 0..5 {
            for (x, y) in a.iter().zip(b) {
                acc = accumulated(acc, &x.0, splat(y[i]));
            }
            acc = Self::reduced_by_a_limb(acc);
        }
        let [l0, l1, l2, l3, l4, _] = acc;
        Self(carried([l0, l1, l2, l3, l4]), PhantomData)
    }

    /// From limbs that may be negative or exceed 52 bits, as long as the number does neither.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn of_limbs(limbs: [__m512i; 5]) -> Self {
        Self(carried(limbs), PhantomData)
    }

    /// Adds the multiple of p that clears the lowest limb, and drops that.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced_by_a_limb(acc: [__m512i; 6]) -> [__m512i; 6] {
        let m = _mm512_madd52lo_epu64(zero(), acc[0], splat(Modulus::<C>::NEGATIVE_INVERSE));
        let mut p = [zero(); 5];
        for j in 0..5 {
            p[j] = splat(Modulus::<C>::P[j]);
        }
        let [lowest, next, c, d, e, f] = accumulated(acc, &p, m);
        [_mm512_add_epi64(next, _mm512_srli_epi64::<52>(lowest)), c, d, e, f, zero()]
    }
}

/// acc + a · b, b a single limb. Seventeen times this and the reduction leave each of five limbs below 2^60.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn accumulated(mut acc: [__m512i; 6], a: &[__m512i; 5], b: __m512i) -> [__m512i; 6] {
    for j in 0..5 {
        acc[j] = _mm512_madd52lo_epu64(acc[j], a[j], b);
    }
    for j in 0..5 {
        acc[j + 1] = _mm512_madd52hi_epu64(acc[j + 1], a[j], b);
    }
    acc
}

/// The limbs of an element with R = 2^260: a constant whose products with plain words are plain.
pub(super) fn constant<C: MontConfig<4>>(x: &Prime<C>) -> [u64; 5] {
    limbs(&(*x * Prime::<C>::from(16u64)).0.0)
}

/// Takes plain words to R = 2^260 when multiplied.
pub(super) fn enter<C: MontConfig<4>>() -> [u64; 5] {
    constant(&Prime::<C>::from(16u64))
}

/// Takes R = 2^260 to plain words when multiplied.
pub(super) fn leave<C: MontConfig<4>>() -> [u64; 5] {
    limbs(&Prime::<C>::ONE.0.0)
}

/// Two numbers' words in a row.
#[inline]
pub(super) fn joined<C: MontConfig<4>>(low: &Prime<C>, high: &Prime<C>) -> [u64; 8] {
    let ([a, b, c, d], [e, f, g, h]) = (low.0.0, high.0.0);
    [a, b, c, d, e, f, g, h]
}

/// Inverse of [`joined`].
#[inline]
pub(super) fn split<C: MontConfig<4>>([a, b, c, d, e, f, g, h]: [u64; 8]) -> (Prime<C>, Prime<C>) {
    let of = |words| Prime::<C>::new_unchecked(BigInt(words));
    (of([a, b, c, d]), of([e, f, g, h]))
}

#[cfg(test)]
pub(super) mod tests;
