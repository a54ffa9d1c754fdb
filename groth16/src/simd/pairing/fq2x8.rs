//! Eight numbers of the quadratic field, c0 + c1·u with u² = −1.

use ark_bn254::{Fq2, FqConfig};
use ark_ff::{AdditiveGroup, serial_batch_inversion_and_mul};

use super::fq2x6::Fqx8;
use crate::simd::fp52::{constant, enter};

/// Both coefficients up to 2·p unless said otherwise.
#[derive(Clone, Copy)]
pub(super) struct Fq2x8 {
    pub(super) c0: Fqx8,
    pub(super) c1: Fqx8,
}

impl Fq2x8 {
    /// With R = 2^260.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn load(numbers: &[Fq2; 8]) -> Self {
        let [c0, c1] = Fqx8::load([&numbers.map(|x| x.c0), &numbers.map(|x| x.c1)]);
        let enter = Fqx8::splat(&enter::<FqConfig>());
        let [c0, c1] = Fqx8::products([c0, c1], [enter, enter]);
        Self { c0, c1 }
    }

    /// The words as they are: with R = 2^256, sixteen times the numbers.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn store(self) -> [Fq2; 8] {
        let [c0, c1] = Fqx8::store([self.c0.reduced().canonical(), self.c1.reduced().canonical()]);
        let mut out = [Fq2::ZERO; 8];
        for lane in 0..8 {
            out[lane] = Fq2::new(c0[lane], c1[lane]);
        }
        out
    }

    /// The same number in every lane, with R = 2^260.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn splat(x: &Fq2) -> Self {
        Self { c0: Fqx8::splat(&constant(&x.c0)), c1: Fqx8::splat(&constant(&x.c1)) }
    }

    /// a + b, not reduced.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn plus(self, other: Self) -> Self {
        Self { c0: self.c0.plus(other.c0), c1: self.c1.plus(other.c1) }
    }

    /// a − b + 2·p, not reduced; b up to 2·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn minus(self, other: Self) -> Self {
        Self { c0: self.c0.minus(other.c0), c1: self.c1.minus(other.c1) }
    }

    /// −a.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn opposite(self) -> Self {
        Self { c0: self.c0.opposite(), c1: self.c1.opposite() }
    }

    /// Below 16·p to hardly above p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn reduced(self) -> Self {
        Self { c0: self.c0.reduced(), c1: self.c1.reduced() }
    }

    /// The conjugate.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn conjugate(self) -> Self {
        Self { c0: self.c0, c1: self.c1.opposite() }
    }

    /// a·b for a below 8·p and b up to 2·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times(self, other: Self) -> Self {
        Self::dot(&[self], &[other])
    }

    /// a² for a below 4·p.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn square(self) -> Self {
        let (sum, difference) = (self.c0.plus(self.c1), self.c0.minus_plus(self.c1, &FOUR));
        let [c0, c1] =
            Fqx8::products([sum, self.c0.plus(self.c0)], [difference.reduced(), self.c1.reduced()]);
        Self { c0, c1 }
    }

    /// a·b with b in the base field, for a below 8·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_base(self, b: Fqx8) -> Self {
        let [c0, c1] = Fqx8::products([self.c0, self.c1], [b, b]);
        Self { c0, c1 }
    }

    /// ξ·a, reduced.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn times_xi(self) -> Self {
        let (c0, c1) = (self.c0.reduced(), self.c1.reduced());
        Self { c0: c0.nine_times_minus(c1).reduced(), c1: c1.nine_times_plus(c0).reduced() }
    }

    /// Σ a·b with Σ j·k ≤ 32 for a below j·p and b up to k·p, k ≤ 2; up to 2·p.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn dot<const K: usize>(a: &[Self; K], b: &[Self; K]) -> Self {
        let mut minus = [b[0].c1; K];
        for k in 0..K {
            minus[k] = b[k].c1.opposite();
        }
        let (mut first, mut second) = (Fqx8::nothing(), Fqx8::nothing());
        for i in 0..5 {
            for k in 0..K {
                first = Fqx8::more(first, a[k].c0, b[k].c0, i);
                second = Fqx8::more(second, a[k].c0, b[k].c1, i);
                first = Fqx8::more(first, a[k].c1, minus[k], i);
                second = Fqx8::more(second, a[k].c1, b[k].c0, i);
            }
            first = Fqx8::reduced_by_a_limb(first);
            second = Fqx8::reduced_by_a_limb(second);
        }
        Self { c0: Fqx8::of_sum(first), c1: Fqx8::of_sum(second) }
    }
}

/// 4·p.
const FOUR: [u64; 5] = crate::simd::modulus::Modulus::<FqConfig>::P4;

/// Inverts all numbers, none of them zero, with one inversion in the field.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn invert(numbers: &mut [Fq2x8]) {
    let Some((first, rest)) = numbers.split_first() else { return };
    let mut products = vec![*first];
    let mut product = *first;
    for x in rest {
        product = product.times(*x);
        products.push(product);
    }
    let mut inverse = inverse(product);
    for i in (1..numbers.len()).rev() {
        let own = inverse.times(products[i - 1]);
        inverse = inverse.times(numbers[i]);
        numbers[i] = own;
    }
    numbers[0] = inverse;
}

/// Inverts eight numbers with arkworks.
#[target_feature(enable = "avx512f,avx512ifma")]
fn inverse(x: Fq2x8) -> Fq2x8 {
    let mut each = x.store();
    // The number in a lane is 16·x for arkworks, and loading takes a number as it is.
    serial_batch_inversion_and_mul(&mut each, &Fq2::from(16u64));
    Fq2x8::load(&each)
}
