//! Sums of multiples of points of G1 by short coefficients: eight sums in eight lanes, a sum shares its doublings.

use ark_bn254::{Fq, FqConfig, G1Affine, G1Projective, g1};
use ark_ec::AffineRepr;
use ark_ec::scalar_mul::glv::GLVConfig;
use ark_ff::{AdditiveGroup, Field, Zero};

use super::fq2x6::Fqx8;
use crate::coefficient::Coefficient;
use crate::simd::fp52::{constant, enter};

/// Sums that run side by side, so that each hides the latency of the others.
const WIDE: usize = 2;

/// P, φ(P) and P + φ(P) = −φ²(P) of a point of each sum, with the bits of the coefficients.
#[derive(Clone, Copy)]
struct Column {
    x: [Fqx8; 3],
    y: Fqx8,
    minus_y: Fqx8,
    a: [u64; 8],
    b: [u64; 8],
}

/// Jacobian coordinates up to 2·p; z = 0 is infinity.
#[derive(Clone, Copy)]
struct Sum {
    x: Fqx8,
    y: Fqx8,
    z: Fqx8,
    /// Lanes that are at infinity.
    nothing: u8,
}

/// For each `size` points in a row the sum of coefficient · point, for at most sixteen rows; `None` where the formulas do
/// not hold, because a sum met a point that it equalled up to the sign. Points not at infinity.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn rows(
    points: &[G1Affine],
    coefficients: &[Coefficient],
    size: usize,
) -> Vec<Option<G1Projective>> {
    let mut columns = Vec::with_capacity(size);
    for c in 0..size {
        columns.push([0, 8].map(|first| column(points, coefficients, first * size + c, size)));
    }
    let mut sums = [Sum::infinity(); WIDE];
    for bit in (0..64).rev() {
        if bit < 63 {
            sums = double(sums);
        }
        for column in &columns {
            sums = add(sums, column, bit);
        }
    }
    let rows = sums.iter().flat_map(|sum| sum.store());
    rows.take(points.len().div_ceil(size)).collect()
}

/// The points number `first`, `first` + `size`, …; where there is none, the coefficient is zero.
#[target_feature(enable = "avx512f,avx512ifma")]
fn column(points: &[G1Affine], coefficients: &[Coefficient], first: usize, size: usize) -> Column {
    let mut p = [G1Affine::generator(); 8];
    let (mut a, mut b) = ([0; 8], [0; 8]);
    for row in 0..8 {
        if let (Some(point), Some(x)) = (points.get(first + row * size), coefficients.get(first + row * size))
        {
            p[row] = *point;
            [a[row], b[row]] = x.halves();
        }
    }
    let enter = Fqx8::splat(&enter::<FqConfig>());
    let [x, y] = Fqx8::products(Fqx8::load([&p.map(|p| p.x), &p.map(|p| p.y)]), [enter, enter]);
    let beta = g1::Config::ENDO_COEFFS[0];
    let [turned, twice] =
        Fqx8::products([x, x], [Fqx8::splat(&constant(&beta)), Fqx8::splat(&constant(&beta.square()))]);
    Column { x: [x, turned, twice], y, minus_y: y.opposite(), a, b }
}

impl Column {
    /// The point that the bit of both coefficients asks for, and the lanes in which it asks for none.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn at(&self, bit: u32) -> (Fqx8, Fqx8, u8) {
        let (mut a, mut b) = (0, 0);
        for row in 0..8 {
            a |= ((self.a[row] >> bit & 1) as u8) << row;
            b |= ((self.b[row] >> bit & 1) as u8) << row;
        }
        let x = self.x[0].or_in(b & !a, self.x[1]).or_in(a & b, self.x[2]);
        (x, self.y.or_in(a & b, self.minus_y), !(a | b))
    }
}

impl Sum {
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn infinity() -> Self {
        let one = Fqx8::splat(&constant(&Fq::ONE));
        Self { x: one, y: one, z: Fqx8::zero(), nothing: 0xff }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn store(&self) -> [Option<G1Projective>; 8] {
        let leave = Fqx8::splat(&crate::simd::fp52::leave::<FqConfig>());
        let [x, y, z] = Fqx8::products([self.x, self.y, self.z], [leave; 3]);
        let [x, y] = Fqx8::store([x.canonical(), y.canonical()]);
        let [z, _] = Fqx8::store([z.canonical(), z.canonical()]);
        let mut out = [Some(G1Projective::ZERO); 8];
        for lane in 0..8 {
            if self.nothing >> lane & 1 == 0 {
                let sum = G1Projective::new_unchecked(x[lane], y[lane], z[lane]);
                out[lane] = (!z[lane].is_zero()).then_some(sum);
            }
        }
        out
    }
}

/// Products of each pair.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn times(a: [Fqx8; WIDE], b: [Fqx8; WIDE]) -> [Fqx8; WIDE] {
    Fqx8::products(a, b)
}

/// a − b + 2·p of each pair, reduced.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn minus(a: [Fqx8; WIDE], b: [Fqx8; WIDE]) -> [Fqx8; WIDE] {
    [a[0].minus(b[0]).reduced(), a[1].minus(b[1]).reduced()]
}

/// a + b of each pair, reduced.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn plus(a: [Fqx8; WIDE], b: [Fqx8; WIDE]) -> [Fqx8; WIDE] {
    [a[0].plus(b[0]).reduced(), a[1].plus(b[1]).reduced()]
}

/// Lange's formulas for a = 0 (dbl-2009-l): S = 4·x·y², x' = (3x²)² − 2S, y' = 3x²·(S − x') − 8y⁴, z' = 2yz.
#[target_feature(enable = "avx512f,avx512ifma")]
fn double(sums: [Sum; WIDE]) -> [Sum; WIDE] {
    let (x, y, z) = (sums.map(|s| s.x), sums.map(|s| s.y), sums.map(|s| s.z));
    let (xx, yy, yz) = (times(x, x), times(y, y), times(y, z));
    let (xyy, yyyy) = (times(x, yy), times(yy, yy));
    let twice = |a: [Fqx8; WIDE]| plus(a, a);
    let (s, m) = (twice(twice(xyy)), plus(twice(xx), xx));
    let x3 = minus(times(m, m), twice(s));
    let y3 = minus(times(m, minus(s, x3)), twice(twice(twice(yyyy))));
    let z3 = twice(yz);
    let mut out = sums;
    for k in 0..WIDE {
        out[k] = Sum { x: x3[k], y: y3[k], z: z3[k], nothing: sums[k].nothing };
    }
    out
}

/// Adds an affine point (madd): h = x2·z² − x, r = y2·z³ − y, x' = r² − h³ − 2·x·h², y' = r·(x·h² − x') − y·h³, z' = z·h.
///
/// Where the sum equals the point up to the sign, h and so z' is zero, and z stays zero from there on.
#[target_feature(enable = "avx512f,avx512ifma")]
fn add(sums: [Sum; WIDE], columns: &[Column; WIDE], bit: u32) -> [Sum; WIDE] {
    let points = [columns[0].at(bit), columns[1].at(bit)];
    let (x2, y2) = (points.map(|p| p.0), points.map(|p| p.1));
    let (x, y, z) = (sums.map(|s| s.x), sums.map(|s| s.y), sums.map(|s| s.z));
    let zz = times(z, z);
    let (u, zzz) = (times(x2, zz), times(z, zz));
    let (h, r) = (minus(u, x), minus(times(y2, zzz), y));
    let hh = times(h, h);
    let (hhh, v, rr) = (times(h, hh), times(x, hh), times(r, r));
    let x3 = minus(minus(rr, hhh), plus(v, v));
    let y3 = minus(times(r, minus(v, x3)), times(y, hhh));
    let z3 = times(z, h);
    let one = Fqx8::splat(&constant(&Fq::ONE));
    let mut out = sums;
    for k in 0..WIDE {
        let (none, first) = (points[k].2, sums[k].nothing);
        out[k] = Sum {
            x: x3[k].or_in(first, x2[k]).or_in(none, x[k]),
            y: y3[k].or_in(first, y2[k]).or_in(none, y[k]),
            z: z3[k].or_in(first, one).or_in(none, z[k]),
            nothing: first & none,
        };
    }
    out
}
