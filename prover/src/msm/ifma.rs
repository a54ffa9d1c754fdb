//! Eight affine additions at a time with AVX-512 IFMA.
//!
//! A coordinate is held in five limbs of 52 bits, one vector register a limb, eight coordinates side by side, in
//! Montgomery form with R = 2^260. That is the raw form (R = 2^256) which arkworks has of sixteen times the coordinate, so
//! points that are multiplied by [`AddPairs::scale`] once need no conversion afterwards.
//!
//! Bounds: p < 2^254, so p / 2^260 < 1/64, and a product of numbers below j·p and k·p is below (1 + j·k/64)·p. Every
//! function says what it takes and gives. Nothing here exceeds 16·p < 2^258.
//!
//! # Safety
//!
//! The arithmetic needs AVX-512 F and IFMA. Every function that uses them says so to the compiler (`target_feature`), which
//! then lets only functions of the same kind call it. [`Eight`] is made by [`AddPairs::detect`] alone, which asks the
//! processor, and its method `add` is the only way in. Memory is reached through references; the only other unsafe
//! operation views `[u64; 8]` as a register and back, which have the same size and no invalid values.
#![allow(unsafe_code)]
// The kernels read better with the intrinsics' own names and with one index for several arrays; blocks of registers stay
// in registers only when passed by value.
#![allow(clippy::wildcard_imports, clippy::needless_range_loop, clippy::large_types_passed_by_value)]

use std::arch::x86_64::*;

use ark_bn254::{Fq, Fq2};
use ark_ec::short_weierstrass::SWCurveConfig;
use ark_ff::{AdditiveGroup, Field, MontConfig, batch_inversion_and_mul};

use super::pairs::{AddPairs, Point};

/// The field of a curve's coordinates, as N coefficients over the base field.
pub trait Coordinate<const N: usize>: Field {
    /// From an element of the base field.
    fn embed(x: Fq) -> Self;
    /// The limbs of pair number `pair` of a point's 2·N coefficients.
    fn words(x: &Self, y: &Self, pair: usize) -> [u64; 8];
    /// Inverse of [`Self::words`]; of G1 there is only the first pair.
    fn point(pairs: [[u64; 8]; 2]) -> (Self, Self);
}

/// Adds pairs of points eight at a time. Exists only on a processor that can.
pub struct Eight<const N: usize> {
    /// Coordinates of the first points by limbs: x and y of each group of eight, group after group.
    first: Vec<Block>,
    /// The same of the second points.
    second: Vec<Block>,
    prefixes: Vec<[Lanes<N>; CHAINS]>,
}

impl<const N: usize, P: SWCurveConfig<BaseField: Coordinate<N>>> AddPairs<P> for Eight<N> {
    fn detect() -> Option<Self> {
        let able = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma");
        able.then(|| Self { first: vec![], second: vec![], prefixes: vec![] })
    }

    fn scale() -> P::BaseField {
        P::BaseField::embed(Fq::from(16u64))
    }

    fn add(&mut self, pairs: &[(Point<P>, Point<P>)], sum: impl FnMut(usize, Point<P>)) {
        // SAFETY: `self` was made by `detect`, so the processor has AVX-512 F and IFMA.
        unsafe { add(self, pairs, sum) }
    }
}

/// Four limbs of 64 bits, lowest first, of eight coefficients.
type Block = [__m512i; 4];

/// Independent chains of products that run side by side, so that each hides the latency of the other.
const CHAINS: usize = 2;

/// λ = (y2 − y1) / (x2 − x1), x3 = λ² − x1 − x2, y3 = λ·(x1 − x3) − y1, with one inversion for all.
#[target_feature(enable = "avx512f,avx512ifma")]
fn add<const N: usize, P: SWCurveConfig<BaseField: Coordinate<N>>>(
    lanes: &mut Eight<N>,
    pairs: &[(Point<P>, Point<P>)],
    mut sum: impl FnMut(usize, Point<P>),
) {
    let Eight { first, second, prefixes } = lanes;
    let steps = pairs.len().div_ceil(8 * CHAINS);
    gather(pairs, steps, first, second);
    prefixes.clear();
    let mut product = [of_lanes::<N, P::BaseField>(&[P::BaseField::embed(Fq::from(16u64)); 8]); CHAINS];
    for step in 0..steps {
        prefixes.push(product);
        product = products(product, differences(first, second, step, X));
    }
    let mut inverse = invert::<N, P::BaseField>(product);
    for step in (0..steps).rev() {
        let own = products(inverse, prefixes[step]);
        inverse = products(inverse, differences(first, second, step, X));
        let slope = products(differences(first, second, step, Y), own);
        let sums = finish(slope, first, second, step);
        for (k, (x3, y3)) in sums.into_iter().enumerate() {
            let from = 8 * (CHAINS * step + k);
            let count = pairs.len().saturating_sub(from).min(8);
            let coordinates = scatter::<N, P::BaseField>(x3, y3);
            for (lane, (x, y)) in coordinates.into_iter().enumerate().take(count) {
                sum(from + lane, Point { x, y });
            }
        }
    }
}

/// Lays the coordinates out by limbs; lanes without a pair get one whose x coordinates differ.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn gather<const N: usize, P: SWCurveConfig<BaseField: Coordinate<N>>>(
    pairs: &[(Point<P>, Point<P>)],
    steps: usize,
    first: &mut Vec<Block>,
    second: &mut Vec<Block>,
) {
    let padding = (Point::INFINITY, Point { x: P::BaseField::ONE, y: P::BaseField::ZERO });
    first.clear();
    second.clear();
    for g in 0..CHAINS * steps {
        for pair in 0..N {
            let (mut p, mut q) = ([zero(); 8], [zero(); 8]);
            for lane in 0..8 {
                let points = pairs.get(8 * g + lane).unwrap_or(&padding);
                p[lane] = as_register(P::BaseField::words(&points.0.x, &points.0.y, pair));
                q[lane] = as_register(P::BaseField::words(&points.1.x, &points.1.y, pair));
            }
            first.extend(columns(p));
            second.extend(columns(q));
        }
    }
}

/// The coordinates of eight points.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn scatter<const N: usize, F: Coordinate<N>>(x: Lanes<N>, y: Lanes<N>) -> [(F, F); 8] {
    let mut blocks = [[zero(); 4]; 4];
    x.store(&mut blocks);
    y.store(&mut blocks[N..]);
    let low = rows(blocks[0], blocks[1]);
    let high = if N == 1 { low } else { rows(blocks[2], blocks[3]) };
    let mut out = [(F::ZERO, F::ZERO); 8];
    for lane in 0..8 {
        out[lane] = F::point([as_words(low[lane]), as_words(high[lane])]);
    }
    out
}

/// Offset of x in a group.
const X: usize = 0;
/// Offset of y in a group, in coordinates.
const Y: usize = 1;

/// One coordinate of group number `chain` of a step.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn read<const N: usize>(points: &[Block], step: usize, chain: usize, axis: usize) -> Lanes<N> {
    Lanes::load(&points[(2 * (CHAINS * step + chain) + axis) * N..])
}

/// Second minus first; below 4·p.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn differences<const N: usize>(
    first: &[Block],
    second: &[Block],
    step: usize,
    axis: usize,
) -> [Lanes<N>; CHAINS] {
    [
        read::<N>(second, step, 0, axis).minus(read(first, step, 0, axis)),
        read::<N>(second, step, 1, axis).minus(read(first, step, 1, axis)),
    ]
}

/// The sums' coordinates, canonical.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn finish<const N: usize>(
    slope: [Lanes<N>; CHAINS],
    first: &[Block],
    second: &[Block],
    step: usize,
) -> [(Lanes<N>, Lanes<N>); CHAINS] {
    let mut x3 = products(slope, slope);
    let mut run = x3;
    for k in 0..CHAINS {
        let x1 = read::<N>(first, step, k, X);
        x3[k] = x3[k].minus(x1).minus(read(second, step, k, X)).canonical();
        run[k] = x1.minus(x3[k]);
    }
    let rise = products(slope, run);
    let y0 = rise[0].minus(read(first, step, 0, Y)).canonical();
    let y1 = rise[1].minus(read(first, step, 1, Y)).canonical();
    [(x3[0], y0), (x3[1], y1)]
}

/// Inverts the numbers of every lane, none of them zero, through arkworks.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn invert<const N: usize, F: Coordinate<N>>(numbers: [Lanes<N>; CHAINS]) -> [Lanes<N>; CHAINS] {
    let zero = Lanes([Fq8([zero(); 5]); N]);
    let mut values: Vec<F> = Vec::with_capacity(8 * CHAINS);
    for number in numbers {
        values.extend(scatter::<N, F>(number.canonical(), zero).map(|(x, _)| x));
    }
    // The number in a lane is 16·x for arkworks; 16·(1/x) is 256 over that.
    batch_inversion_and_mul(&mut values, &F::embed(Fq::from(256u64)));
    [of_lanes(&values[..8]), of_lanes(&values[8..])]
}

/// Eight numbers, one in each lane.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn of_lanes<const N: usize, F: Coordinate<N>>(values: &[F]) -> Lanes<N> {
    let mut rows = [zero(); 8];
    for (row, value) in rows.iter_mut().zip(values) {
        *row = as_register(F::words(value, &F::ZERO, 0));
    }
    Lanes::load(&columns(rows))
}

/// The words of eight rows by columns: limbs of two coefficients.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn columns(rows: [__m512i; 8]) -> [Block; 2] {
    let [a, b, c, d, e, f, g, h] = transposed(rows);
    [[a, b, c, d], [e, f, g, h]]
}

/// Inverse of [`columns`].
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn rows([a, b, c, d]: Block, [e, f, g, h]: Block) -> [__m512i; 8] {
    transposed([a, b, c, d, e, f, g, h])
}

/// Eight by eight words; its own inverse.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn transposed(r: [__m512i; 8]) -> [__m512i; 8] {
    let [c0, c2, c4, c6] = quarter([
        _mm512_unpacklo_epi64(r[0], r[1]),
        _mm512_unpacklo_epi64(r[2], r[3]),
        _mm512_unpacklo_epi64(r[4], r[5]),
        _mm512_unpacklo_epi64(r[6], r[7]),
    ]);
    let [c1, c3, c5, c7] = quarter([
        _mm512_unpackhi_epi64(r[0], r[1]),
        _mm512_unpackhi_epi64(r[2], r[3]),
        _mm512_unpackhi_epi64(r[4], r[5]),
        _mm512_unpackhi_epi64(r[6], r[7]),
    ]);
    [c0, c1, c2, c3, c4, c5, c6, c7]
}

/// Gathers the equal quarters of four registers.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn quarter(t: [__m512i; 4]) -> [__m512i; 4] {
    let a = _mm512_shuffle_i64x2::<0x88>(t[0], t[1]);
    let b = _mm512_shuffle_i64x2::<0x88>(t[2], t[3]);
    let c = _mm512_shuffle_i64x2::<0xdd>(t[0], t[1]);
    let d = _mm512_shuffle_i64x2::<0xdd>(t[2], t[3]);
    [
        _mm512_shuffle_i64x2::<0x88>(a, b),
        _mm512_shuffle_i64x2::<0x88>(c, d),
        _mm512_shuffle_i64x2::<0xdd>(a, b),
        _mm512_shuffle_i64x2::<0xdd>(c, d),
    ]
}

/// Eight numbers of the base field, each limb below 2^52.
#[derive(Clone, Copy)]
struct Fq8([__m512i; 5]);

const MASK: u64 = (1 << 52) - 1;

/// k·p in limbs of 52 bits.
const fn multiple(k: u64) -> [u64; 5] {
    let m = <ark_bn254::FqConfig as MontConfig<4>>::MODULUS.0;
    let p = [
        m[0] & MASK,
        (m[0] >> 52 | m[1] << 12) & MASK,
        (m[1] >> 40 | m[2] << 24) & MASK,
        (m[2] >> 28 | m[3] << 36) & MASK,
        m[3] >> 16,
    ];
    let mut out = [0; 5];
    let mut carry = 0;
    let mut i = 0;
    while i < 5 {
        let limb = p[i] * k + carry;
        out[i] = limb & MASK;
        carry = limb >> 52;
        i += 1;
    }
    out
}

const P: [u64; 5] = multiple(1);
const P2: [u64; 5] = multiple(2);
const P4: [u64; 5] = multiple(4);
/// −p^−1 mod 2^52; arkworks has it mod 2^64.
const NEGATIVE_INVERSE: u64 = <ark_bn254::FqConfig as MontConfig<4>>::INV & MASK;

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn splat(x: u64) -> __m512i {
    _mm512_set1_epi64(x.cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn zero() -> __m512i {
    _mm512_setzero_si512()
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn as_register(x: [u64; 8]) -> __m512i {
    // SAFETY: both are 64 bytes without invalid values.
    unsafe { std::mem::transmute(x) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn as_words(x: __m512i) -> [u64; 8] {
    // SAFETY: both are 64 bytes without invalid values.
    unsafe { std::mem::transmute(x) }
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

impl Fq8 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn load(&[a, b, c, d]: &Block) -> Self {
        let mask = splat(MASK);
        let second = _mm512_or_si512(_mm512_srli_epi64::<52>(a), _mm512_slli_epi64::<12>(b));
        let third = _mm512_or_si512(_mm512_srli_epi64::<40>(b), _mm512_slli_epi64::<24>(c));
        let fourth = _mm512_or_si512(_mm512_srli_epi64::<28>(c), _mm512_slli_epi64::<36>(d));
        Self([
            _mm512_and_si512(a, mask),
            _mm512_and_si512(second, mask),
            _mm512_and_si512(third, mask),
            _mm512_and_si512(fourth, mask),
            _mm512_srli_epi64::<16>(d),
        ])
    }

    /// Takes a canonical number.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn store(self) -> Block {
        let [a, b, c, d, e] = self.0;
        [
            _mm512_or_si512(a, _mm512_slli_epi64::<52>(b)),
            _mm512_or_si512(_mm512_srli_epi64::<12>(b), _mm512_slli_epi64::<40>(c)),
            _mm512_or_si512(_mm512_srli_epi64::<24>(c), _mm512_slli_epi64::<28>(d)),
            _mm512_or_si512(_mm512_srli_epi64::<36>(d), _mm512_slli_epi64::<16>(e)),
        ]
    }

    /// a + b.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn plus(self, other: Self) -> Self {
        let mut l = self.0;
        for i in 0..5 {
            l[i] = _mm512_add_epi64(l[i], other.0[i]);
        }
        Self(carried(l))
    }

    /// a − b + `offset`, which must not be negative.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn minus_plus(self, other: Self, offset: &[u64; 5]) -> Self {
        let mut l = self.0;
        for i in 0..5 {
            l[i] = _mm512_add_epi64(_mm512_sub_epi64(l[i], other.0[i]), splat(offset[i]));
        }
        Self(carried(l))
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
        Self(l)
    }

    /// Below 8·p to below p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn canonical(self) -> Self {
        self.less(&P4).less(&P2).less(&P)
    }

    /// Montgomery products: each a·b / 2^260, below (1 + j·k/64)·p for a < j·p, b < k·p. Their steps alternate, so that
    /// each hides the latency of the others.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn products<const K: usize>(a: [Self; K], b: [Self; K]) -> [Self; K] {
        let inverse = splat(NEGATIVE_INVERSE);
        let mut acc = [[zero(); 6]; K];
        for i in 0..5 {
            let mut m = [zero(); K];
            for k in 0..K {
                for j in 0..5 {
                    acc[k][j] = _mm512_madd52lo_epu64(acc[k][j], a[k].0[j], b[k].0[i]);
                }
                m[k] = _mm512_madd52lo_epu64(zero(), acc[k][0], inverse);
                for j in 0..5 {
                    acc[k][j + 1] = _mm512_madd52hi_epu64(acc[k][j + 1], a[k].0[j], b[k].0[i]);
                }
            }
            for k in 0..K {
                for j in 0..5 {
                    acc[k][j] = _mm512_madd52lo_epu64(acc[k][j], m[k], splat(P[j]));
                    acc[k][j + 1] = _mm512_madd52hi_epu64(acc[k][j + 1], m[k], splat(P[j]));
                }
                let [lowest, next, c, d, e, f] = acc[k];
                let carry = _mm512_srli_epi64::<52>(lowest);
                acc[k] = [_mm512_add_epi64(next, carry), c, d, e, f, zero()];
            }
        }
        let mut out = a;
        for k in 0..K {
            let [l0, l1, l2, l3, l4, _] = acc[k];
            out[k] = Self(carried([l0, l1, l2, l3, l4]));
        }
        out
    }
}

/// Eight coordinates: of G1 in one coefficient, of G2 in two, c0 + c1·u with u² = −1.
#[derive(Clone, Copy)]
struct Lanes<const N: usize>([Fq8; N]);

impl<const N: usize> Lanes<N> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn load(blocks: &[Block]) -> Self {
        let mut out = [Fq8([zero(); 5]); N];
        for (c, block) in out.iter_mut().zip(blocks) {
            *c = Fq8::load(block);
        }
        Self(out)
    }

    /// Takes canonical coordinates.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn store(self, blocks: &mut [Block]) {
        for (c, block) in self.0.into_iter().zip(blocks) {
            *block = c.store();
        }
    }

    /// a − b for b below 2·p; gives below 2·p more than a.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn minus(self, other: Self) -> Self {
        let mut out = self.0;
        for i in 0..N {
            out[i] = out[i].minus_plus(other.0[i], &P2);
        }
        Self(out)
    }

    /// Canonical form of a coordinate below 8·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn canonical(self) -> Self {
        let mut out = self.0;
        for c in &mut out {
            *c = c.canonical();
        }
        Self(out)
    }
}

/// Each a · b for coefficients below j·p and k·p with j·k ≤ 16; gives below 2·p. By Karatsuba in the extension.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn products<const N: usize>(a: [Lanes<N>; CHAINS], b: [Lanes<N>; CHAINS]) -> [Lanes<N>; CHAINS] {
    let mut out = a;
    if N == 1 {
        let [x, y] = Fq8::products([a[0].0[0], a[1].0[0]], [b[0].0[0], b[1].0[0]]);
        (out[0].0[0], out[1].0[0]) = (x, y);
        return out;
    }
    for k in 0..CHAINS {
        let ([a0, a1], [b0, b1]) = ([a[k].0[0], a[k].0[N - 1]], [b[k].0[0], b[k].0[N - 1]]);
        let [low, high, cross] = Fq8::products([a0, a1, a0.plus(a1)], [b0, b1, b0.plus(b1)]);
        out[k].0[0] = low.minus_plus(high, &P2).less(&P2);
        out[k].0[N - 1] = cross.minus_plus(low.plus(high), &P4).less(&P4).less(&P2);
    }
    out
}

impl Coordinate<1> for Fq {
    fn embed(x: Fq) -> Self {
        x
    }
    #[inline]
    fn words(x: &Self, y: &Self, _: usize) -> [u64; 8] {
        joined(x, y)
    }
    #[inline]
    fn point([pair, _]: [[u64; 8]; 2]) -> (Self, Self) {
        split(pair)
    }
}

impl Coordinate<2> for Fq2 {
    fn embed(x: Fq) -> Self {
        Self::new(x, Fq::ZERO)
    }
    #[inline]
    fn words(x: &Self, y: &Self, pair: usize) -> [u64; 8] {
        let z = if pair == 0 { x } else { y };
        joined(&z.c0, &z.c1)
    }
    #[inline]
    fn point([x, y]: [[u64; 8]; 2]) -> (Self, Self) {
        let of = |(c0, c1)| Self::new(c0, c1);
        (of(split(x)), of(split(y)))
    }
}

#[inline]
fn joined(low: &Fq, high: &Fq) -> [u64; 8] {
    let ([a, b, c, d], [e, f, g, h]) = (low.0.0, high.0.0);
    [a, b, c, d, e, f, g, h]
}

#[inline]
fn split([a, b, c, d, e, f, g, h]: [u64; 8]) -> (Fq, Fq) {
    let (mut low, mut high) = (Fq::ZERO, Fq::ZERO);
    low.0.0 = [a, b, c, d];
    high.0.0 = [e, f, g, h];
    (low, high)
}

#[cfg(test)]
mod tests;
