//! One element of the field of degree twelve in six lanes.
//!
//! arkworks builds the field as a tower; over its quadratic subfield it has the basis 1, w, …, w⁵ with w⁶ = ξ = 9 + u. Lane
//! k holds the coefficient of w^k. A product is a sum over the coefficients of one factor, each times a rotation of the
//! other, and all of that sum shares one reduction.

// The lint does not look at tests.
#![cfg_attr(not(test), expect(clippy::wildcard_imports, reason = "the intrinsics of one instruction set"))]

use std::arch::x86_64::*;

use ark_bn254::{Fq, Fq2, Fq6, Fq12, FqConfig};
use ark_ff::AdditiveGroup;

use crate::simd::fp52::{Fp52x8, accumulated, splat};
use crate::simd::transpose::as_register;

/// Eight numbers of the base field.
pub(super) type Fqx8 = Fp52x8<FqConfig>;

/// A number of the quadratic field in limbs: its coefficients and the opposite of the second.
pub(super) type Scalar = [[u64; 5]; 3];

/// All coefficients below 2·p. The last two lanes hold nothing.
#[derive(Clone, Copy)]
pub(super) struct Fq2x6 {
    re: Fqx8,
    im: Fqx8,
}

/// A line's coefficients of 1, w and w³.
pub(super) type Line = [Scalar; 3];

impl Fq2x6 {
    /// The words as they are: with R = 2^260, a sixteenth of the element.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn load(f: &Fq12) -> Self {
        let of = |part: fn(&Fq2) -> Fq| {
            let [a, b, c, d, e, f] = coefficients(f).map(|x| part(&x));
            [a, b, c, d, e, f, Fq::ZERO, Fq::ZERO]
        };
        let [re, im] = Fqx8::load([&of(|x| x.c0), &of(|x| x.c1)]);
        Self { re, im }
    }

    /// Inverse of [`Self::load`].
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn store(self) -> Fq12 {
        let [re, im] = Fqx8::store([self.re.canonical(), self.im.canonical()]);
        let of = |k: usize| Fq2::new(re[k], im[k]);
        Fq12::new(Fq6::new(of(0), of(2), of(4)), Fq6::new(of(1), of(3), of(5)))
    }

    /// Product.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(self, other: Self) -> Self {
        let turned = self.rotations();
        let scalars = other.scalars();
        Self::combination(&turned, &scalars)
    }

    /// Product with a line; its numbers below 4·p.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_line(self, line: &Line) -> Self {
        let times_xi = self.times_xi();
        let turned = [self, self.rotated(times_xi, 1), self.rotated(times_xi, 3)];
        Self::combination(&turned, line)
    }

    /// The square of an element that the easy part of the final exponentiation gave (Granger, Scott,
    /// <https://eprint.iacr.org/2009/565>, section 3.2): a square in each of three fields of degree four over the quadratic one.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn cyclotomic_square(self) -> Self {
        let xi = self.times_xi();
        let (a, b) = (self.picked(xi, [0, 2, 1, 0, 2, 1]), self.picked(xi, [0, 8 + 5, 1, 3, 2, 4]));
        let (c, d) =
            (self.picked(xi, [3, 5, 4, 3, 5, 4]), self.picked(xi, [8 + 3, 8 + 2, 8 + 4, 0, 8 + 5, 1]));
        let re = Fqx8::dot_each(&[a.re, a.im.opposite(), c.re, c.im.opposite()], &[b.re, b.im, d.re, d.im]);
        let im = Fqx8::dot_each(&[a.re, a.im, c.re, c.im], &[b.im, b.re, d.im, d.re]);
        // Three times the square, less twice the coefficient in even lanes and with it in odd ones.
        Self { re: re.thrice_with_twice(self.re, 0b10_1010), im: im.thrice_with_twice(self.im, 0b10_1010) }
    }

    /// The power p^6, and of such an element the inverse: w ↦ −w.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn conjugate(self) -> Self {
        Self { re: self.re.opposite_in(0b10_1010), im: self.im.opposite_in(0b10_1010) }
    }

    /// Each coefficient's conjugate or not, times its constant.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn frobenius(self, power: usize, constants: &Self) -> Self {
        let im = if power % 2 == 1 { self.im.opposite() } else { self.im };
        Self {
            re: Fqx8::dot_each(&[self.re, im.opposite()], &[constants.re, constants.im]),
            im: Fqx8::dot_each(&[self.re, im], &[constants.im, constants.re]),
        }
    }

    /// ξ times every coefficient; below 20·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn times_xi(self) -> Self {
        Self { re: self.re.nine_times_minus(self.im), im: self.im.nine_times_plus(self.re) }
    }

    /// w^j times the element for every j.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn rotations(self) -> [Self; 6] {
        let xi = self.times_xi();
        let mut out = [self; 6];
        for j in 1..6 {
            out[j] = self.rotated(xi, j);
        }
        out
    }

    /// w^j times the element.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn rotated(self, times_xi: Self, j: usize) -> Self {
        let mut lanes = [0; 6];
        for k in 0..6 {
            lanes[k] = if k < j { 8 + 6 + k - j } else { k - j } as u64;
        }
        self.picked(times_xi, lanes)
    }

    /// In each lane the named lane of the element, or from 8 on of `other`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn picked(self, other: Self, [a, b, c, d, e, f]: [u64; 6]) -> Self {
        let lanes = as_register([a, b, c, d, e, f, 6, 7]);
        let (mut re, mut im) = (self.re, self.im);
        for i in 0..5 {
            re.0[i] = _mm512_permutex2var_epi64(self.re.0[i], lanes, other.re.0[i]);
            im.0[i] = _mm512_permutex2var_epi64(self.im.0[i], lanes, other.im.0[i]);
        }
        Self { re, im }
    }

    /// The coefficients one by one.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn scalars(self) -> [Scalar; 6] {
        let parts = [self.re.words(), self.im.words(), self.im.opposite().words()];
        let mut out = [[[0; 5]; 3]; 6];
        for k in 0..6 {
            for part in 0..3 {
                for i in 0..5 {
                    out[k][part][i] = parts[part][i][k];
                }
            }
        }
        out
    }

    /// Σ element · scalar. Six products, five of them with a factor ξ, are below 7.4·p before they are reduced.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn combination<const K: usize>(elements: &[Self; K], scalars: &[Scalar; K]) -> Self {
        let mut acc = [[_mm512_setzero_si512(); 6]; 2];
        for i in 0..5 {
            for (x, [re, im, minus_im]) in elements.iter().zip(scalars) {
                acc[0] = accumulated(acc[0], &x.re.0, splat(re[i]));
                acc[1] = accumulated(acc[1], &x.im.0, splat(re[i]));
                acc[0] = accumulated(acc[0], &x.im.0, splat(minus_im[i]));
                acc[1] = accumulated(acc[1], &x.re.0, splat(im[i]));
            }
            acc[0] = Fqx8::reduced_by_a_limb(acc[0]);
            acc[1] = Fqx8::reduced_by_a_limb(acc[1]);
        }
        let [[a, b, c, d, e, _], [g, h, i, j, k, _]] = acc;
        Self { re: Fqx8::of_limbs([a, b, c, d, e]).reduced(), im: Fqx8::of_limbs([g, h, i, j, k]).reduced() }
    }
}

/// Those of 1, w, …, w⁵.
pub(super) fn coefficients(f: &Fq12) -> [Fq2; 6] {
    [f.c0.c0, f.c1.c0, f.c0.c1, f.c1.c1, f.c0.c2, f.c1.c2]
}
