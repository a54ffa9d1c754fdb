//! Eight points by columns, and eight coordinates over the base field or its quadratic extension.

use std::arch::x86_64::{
    __m512i, __mmask8, _mm512_cmpeq_epi64_mask, _mm512_loadu_si512, _mm512_or_si512, _mm512_storeu_si512,
    _mm512_xor_si512,
};
use std::mem::offset_of;

use ark_bn254::{Fq, Fq2, FqConfig};
use ark_ff::Field;

use super::CHAINS;
use crate::simd::batch_add::{Point, Signed};
use crate::simd::fp52::{Block, Fp52x8, zero};
use crate::simd::modulus::Modulus;
use crate::simd::transpose::transposed;

/// A field of coordinates as N coefficients over the base field.
///
/// # Safety
///
/// A `Point` over it is 2·N elements of the base field in order, which are four words each, and nothing else.
pub unsafe trait Words<const N: usize>: Field {}

const _: () = assert!(size_of::<Fq>() == 32 && size_of::<Point<Fq>>() == 64);
const _: () = assert!(offset_of!(Point<Fq>, y) == 32);
const _: () = assert!(size_of::<Point<Fq2>>() == 128 && offset_of!(Point<Fq2>, y) == 64);
const _: () = assert!(offset_of!(Fq2, c0) == 0 && offset_of!(Fq2, c1) == 32);

// SAFETY: as asserted above; four words and nothing else fill 32 bytes.
unsafe impl Words<1> for Fq {}
// SAFETY: as asserted above; four words and nothing else fill 32 bytes.
unsafe impl Words<2> for Fq2 {}

/// The words of eight points by columns: N pairs of coefficients, x before y.
#[derive(Clone, Copy)]
pub(super) struct Columns<const N: usize> {
    words: [[Block; 2]; N],
    negative: __mmask8,
}

/// Eight coordinates: of G1 in one coefficient, of G2 in two, c0 + c1·u with u² = −1.
#[derive(Clone, Copy)]
pub(super) struct Lanes<const N: usize>([Fp52x8<FqConfig>; N]);

impl<const N: usize> Columns<N> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn zero() -> Self {
        Self { words: [[[zero(); 4]; 2]; N], negative: 0 }
    }

    /// Eight points of a slice. Signs are kept apart until [`Self::coordinates`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn load<F: Words<N>>(points: &[Point<F>], which: &[Signed; 8]) -> Self {
        let mut out = Self::zero();
        let mut rows = [[zero(); 8]; N];
        for (lane, signed) in which.iter().enumerate() {
            let row: *const __m512i = (&raw const points[signed.index()]).cast();
            for part in 0..N {
                // SAFETY: by the contract of `Words` the point is N times 64 bytes.
                rows[part][lane] = unsafe { _mm512_loadu_si512(row.add(part)) };
            }
            out.negative |= u8::from(signed.is_negative()) << lane;
        }
        for part in 0..N {
            let [a, b, c, d, e, f, g, h] = transposed(rows[part]);
            out.words[part] = [[a, b, c, d], [e, f, g, h]];
        }
        out
    }

    /// Writes the point of one lane.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn store<F: Words<N>>(&self, lane: usize, point: &mut Point<F>) {
        let row: *mut __m512i = (&raw mut *point).cast();
        for part in 0..N {
            let word = self.words[part][lane / 4][lane % 4];
            // SAFETY: by the contract of `Words` the point is N times 64 bytes, and four words below the modulus, which
            // the kernel's canonical numbers are, make an element.
            unsafe { _mm512_storeu_si512(row.add(part), word) };
        }
    }

    /// By rows, for [`Self::store`]: the register of lane l is number l.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn of(x: Lanes<N>, y: Lanes<N>) -> Self {
        let mut out = Self::zero();
        for part in 0..N {
            let (low, high) = if N == 1 {
                (x.0[0], y.0[0])
            } else if part == 0 {
                (x.0[0], x.0[N - 1])
            } else {
                (y.0[0], y.0[N - 1])
            };
            let ([a, b, c, d], [e, f, g, h]) = (low.pack(), high.pack());
            let [a, b, c, d, e, f, g, h] = transposed([a, b, c, d, e, f, g, h]);
            out.words[part] = [[a, b, c, d], [e, f, g, h]];
        }
        out
    }

    /// x and y, canonical unless negated; −y is p − y, at most p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn coordinates(&self) -> [Lanes<N>; 2] {
        let mut x = Lanes::zero();
        let mut y = x;
        for i in 0..N {
            (x.0[i], y.0[i]) = if N == 1 {
                (Fp52x8::unpack(&self.words[0][0]), Fp52x8::unpack(&self.words[0][1]))
            } else {
                (Fp52x8::unpack(&self.words[0][i]), Fp52x8::unpack(&self.words[N - 1][i]))
            };
            y.0[i] = y.0[i].negated_where(self.negative);
        }
        [x, y]
    }

    /// Where x coordinates are equal or either point is infinity.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn meets_specially(&self, other: &Self) -> __mmask8 {
        let mut differing = zero();
        let mut seen = [zero(); 2];
        for part in 0..N {
            for half in 0..2 {
                // Of G1 only the first half is x, of G2 the first part.
                let is_x = if N == 1 { half == 0 } else { part == 0 };
                for word in 0..4 {
                    let (p, q) = (self.words[part][half][word], other.words[part][half][word]);
                    if is_x {
                        differing = _mm512_or_si512(differing, _mm512_xor_si512(p, q));
                    }
                    seen = [_mm512_or_si512(seen[0], p), _mm512_or_si512(seen[1], q)];
                }
            }
        }
        let is_zero = |x: __m512i| _mm512_cmpeq_epi64_mask(x, zero());
        is_zero(differing) | is_zero(seen[0]) | is_zero(seen[1])
    }
}

impl<const N: usize> Lanes<N> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn zero() -> Self {
        Self([Fp52x8::zero(); N])
    }

    /// One, with R = 2^260.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn one() -> Self {
        let mut out = Self::zero();
        out.0[0] = Fp52x8::splat(&Modulus::<FqConfig>::ONE);
        out
    }

    /// One in some lanes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn or_one(self, these: __mmask8) -> Self {
        let mut out = self;
        let one = Self::one();
        for i in 0..N {
            out.0[i] = self.0[i].or(one.0[i], these);
        }
        out
    }

    /// a + b.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn plus(self, other: Self) -> Self {
        let mut out = self.0;
        for i in 0..N {
            out[i] = out[i].plus(other.0[i]);
        }
        Self(out)
    }

    /// a − b + p for b at most p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn minus_canonical(self, other: Self) -> Self {
        let mut out = self.0;
        for i in 0..N {
            out[i] = out[i].minus_plus(other.0[i], &Modulus::<FqConfig>::P);
        }
        Self(out)
    }

    /// a − b + 4·p for b at most 4·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn minus_four(self, other: Self) -> Self {
        let mut out = self.0;
        for i in 0..N {
            out[i] = out[i].minus_plus(other.0[i], &Modulus::<FqConfig>::P4);
        }
        Self(out)
    }

    /// Below 4·p to below 2·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn below_two(self) -> Self {
        let mut out = self.0;
        for i in 0..N {
            out[i] = out[i].below_two();
        }
        Self(out)
    }

    /// Canonical form of a coordinate below 4·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn canonical_below_four(self) -> Self {
        let mut out = self.0;
        for i in 0..N {
            out[i] = out[i].canonical_below_four();
        }
        Self(out)
    }

    /// Canonical form of a coordinate below 8·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn canonical(self) -> Self {
        let mut out = self.0;
        for i in 0..N {
            out[i] = out[i].canonical();
        }
        Self(out)
    }
}

/// Each a · b for coefficients below j·p and k·p with j·k ≤ 16; gives below 2·p. By Karatsuba in the extension.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn products<const N: usize>(a: [Lanes<N>; CHAINS], b: [Lanes<N>; CHAINS]) -> [Lanes<N>; CHAINS] {
    let mut out = a;
    if N == 1 {
        let [x, y] = Fp52x8::products([a[0].0[0], a[1].0[0]], [b[0].0[0], b[1].0[0]]);
        (out[0].0[0], out[1].0[0]) = (x, y);
        return out;
    }
    for k in 0..CHAINS {
        let ([a0, a1], [b0, b1]) = ([a[k].0[0], a[k].0[N - 1]], [b[k].0[0], b[k].0[N - 1]]);
        let [low, high, cross] = Fp52x8::products([a0, a1, a0.plus(a1)], [b0, b1, b0.plus(b1)]);
        out[k].0[0] = low.minus(high).below_two();
        let both = low.plus(high);
        out[k].0[N - 1] = cross.minus_plus(both, &Modulus::<FqConfig>::P4).below_four().below_two();
    }
    out
}
