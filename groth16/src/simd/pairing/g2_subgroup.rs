//! Multiples of eight points of the twist, to see whether they are in the subgroup.

use ark_bn254::{Config, FqConfig, G2Affine, G2Projective};
use ark_ec::bn::BnConfig;
use ark_ff::{AdditiveGroup, Field, Zero};

use super::fq2x6::Fqx8;
use super::fq2x8::Fq2x8;
use crate::simd::fp52::leave;

/// Jacobian coordinates, reduced.
#[derive(Clone, Copy)]
struct Sum {
    x: Fq2x8,
    y: Fq2x8,
    z: Fq2x8,
}

/// x times each point, x being the parameter of the curve. A point of order r gives its multiple. One of another order
/// may meet a case that the formulas do not cover, and then gives infinity, which no multiple of a point of order r is.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn times_x(points: &[G2Affine; 8]) -> [G2Projective; 8] {
    let (x, y) = (Fq2x8::load(&points.map(|p| p.x)), Fq2x8::load(&points.map(|p| p.y)));
    let (x, y) = (x.reduced(), y.reduced());
    let minus_y = y.opposite().reduced();
    let mut sum = Sum { x, y, z: Fq2x8::splat(&ark_bn254::Fq2::ONE) };
    for &digit in DIGITS.iter().rev().skip_while(|d| **d == 0).skip(1) {
        sum = sum.doubled();
        match digit {
            0 => {}
            1.. => sum = sum.plus(x, y),
            _ => sum = sum.plus(x, minus_y),
        }
    }
    sum.store()
}

impl Sum {
    /// Lange's formulas for a = 0 (dbl-2009-l), as in the sums of G1.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn doubled(self) -> Self {
        let (xx, yy) = (self.x.square(), self.y.square());
        let (xyy, yyyy) = (self.x.times(yy), yy.square().reduced());
        let twice = |a: Fq2x8| a.plus(a).reduced();
        let (s, m) = (twice(twice(xyy)), xx.plus(xx).plus(xx).reduced());
        let x = m.square().minus(twice(s)).reduced();
        let y = m.times(s.minus(x).reduced()).minus(twice(twice(twice(yyyy)))).reduced();
        Self { x, y, z: twice(self.y.times(self.z)) }
    }

    /// Adds an affine point (madd), as in the sums of G1.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn plus(self, x2: Fq2x8, y2: Fq2x8) -> Self {
        let zz = self.z.square();
        let h = x2.times(zz).minus(self.x).reduced();
        let r = y2.times(self.z.times(zz)).minus(self.y).reduced();
        let hh = h.square();
        let (hhh, v) = (h.times(hh), self.x.times(hh));
        let x = r.square().minus(hhh).minus(v).minus(v).reduced();
        let y = r.times(v.minus(x).reduced()).minus(self.y.times(hhh)).reduced();
        Self { x, y, z: self.z.times(h).reduced() }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn store(self) -> [G2Projective; 8] {
        let leave = Fqx8::splat(&leave::<FqConfig>());
        let [x, y, z] = [self.x, self.y, self.z].map(|c| c.times_base(leave).store());
        let mut out = [G2Projective::ZERO; 8];
        for lane in 0..8 {
            if !z[lane].is_zero() {
                out[lane] = G2Projective::new_unchecked(x[lane], y[lane], z[lane]);
            }
        }
        out
    }
}

/// x = Σ digit · 2^i, no two digits beside each other; the highest is one.
const DIGITS: [i8; 65] = {
    let mut x = Config::X[0] as i128;
    let mut digits = [0; 65];
    let mut i = 0;
    while x != 0 {
        if x & 1 == 1 {
            digits[i] = if x & 3 == 3 { -1 } else { 1 };
            x -= digits[i] as i128;
        }
        x >>= 1;
        i += 1;
    }
    digits
};
