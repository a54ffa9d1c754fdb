//! Eight elements of the field of degree twelve, one in each lane.

use ark_bn254::{Fq2, Fq6, Fq12};
use ark_ff::{AdditiveGroup, Field};

use super::fq2x8::Fq2x8;

/// Coefficients of 1, w, …, w⁵, all up to 2·p.
#[derive(Clone, Copy)]
pub(super) struct Fq12x8([Fq2x8; 6]);

impl Fq12x8 {
    /// Eight times one.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn one() -> Self {
        let (zero, one) = (Fq2x8::splat(&Fq2::ZERO), Fq2x8::splat(&Fq2::ONE));
        Self([one, zero, zero, zero, zero, zero])
    }

    /// Up to a factor in the base field.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn store(&self) -> [Fq12; 8] {
        let mut rows = [[Fq2::ZERO; 8]; 6];
        for k in 0..6 {
            rows[k] = self.0[k].store();
        }
        let of = |lane: usize| {
            let [a, b, c, d, e, f] = rows.map(|row| row[lane]);
            Fq12::new(Fq6::new(a, c, e), Fq6::new(b, d, f))
        };
        [of(0), of(1), of(2), of(3), of(4), of(5), of(6), of(7)]
    }

    /// Squares: each coefficient is a sum over unordered pairs.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(&self) -> Self {
        let [a0, a1, a2, a3, a4, a5] = self.0;
        let [b0, b1, b2] = [a0.plus(a0), a1.plus(a1), a2.plus(a2)];
        let [x3, x4, x5] = [a3.times_xi(), a4.times_xi(), a5.times_xi()];
        let (b3, b4) = (a3.plus(a3), a4.plus(a4));
        Self([
            Fq2x8::dot(&[a0, b1, b2, a3], &[a0, x5, x4, x3]),
            Fq2x8::dot(&[b0, b2, b3], &[a1, x5, x4]),
            Fq2x8::dot(&[b0, a1, b3, a4], &[a2, a1, x5, x4]),
            Fq2x8::dot(&[b0, b1, b4], &[a3, a2, x5]),
            Fq2x8::dot(&[b0, b1, a2, a5], &[a4, a3, a2, x5]),
            Fq2x8::dot(&[b0, b1, b2], &[a5, a4, a3]),
        ])
    }

    /// Products with lines 1 + l1·w + l3·w³.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_line(&self, l1: Fq2x8, l3: Fq2x8) -> Self {
        let [a0, a1, a2, a3, a4, a5] = self.0;
        let (x1, x3) = (l1.times_xi(), l3.times_xi());
        let coefficient = |a: Fq2x8, b: [Fq2x8; 2], l: [Fq2x8; 2]| Fq2x8::dot(&b, &l).plus(a).reduced();
        Self([
            coefficient(a0, [a5, a3], [x1, x3]),
            coefficient(a1, [a0, a4], [l1, x3]),
            coefficient(a2, [a1, a5], [l1, x3]),
            coefficient(a3, [a2, a0], [l1, l3]),
            coefficient(a4, [a3, a1], [l1, l3]),
            coefficient(a5, [a4, a2], [l1, l3]),
        ])
    }
}
