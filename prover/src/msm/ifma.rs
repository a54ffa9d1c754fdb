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
//! The arithmetic needs AVX-512 F and IFMA. [`Eight`] is made by [`AddPairs::detect`] alone, which asks the processor, and
//! its method `add` is the only way in. Memory is reached through references; besides the calls of vector instructions
//! the only unsafe operation views `[u64; 8]` as a register, which has the same size and no invalid values.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use ark_bn254::Fq;
use ark_ec::short_weierstrass::SWCurveConfig;
use ark_ff::{AdditiveGroup, BigInt, Field, MontConfig, batch_inversion_and_mul};

use super::pairs::{AddPairs, Point};

/// Eight coefficients, limb by limb (64-bit limbs, lowest first).
type Block = [[u64; 8]; 4];

/// Eight coordinates of G1 (one block) or of G2 (two).
pub trait Coordinate: Copy + Send {
    /// Blocks of a coordinate.
    const BLOCKS: usize;
    /// The field of the coordinates.
    type Field: Field;
    /// Its coefficients over the base field.
    fn coefficients(x: &Self::Field) -> [Fq; 2];
    /// Inverse of [`Self::coefficients`].
    fn field(coefficients: [Fq; 2]) -> Self::Field;
    /// Reads a coordinate.
    fn load(blocks: &[Block]) -> Self;
    /// Writes a coordinate below 8·p in canonical form.
    fn store(self, blocks: &mut [Block]);
    /// a − b for coefficients of a below 2·p and of b below p; gives below 4·p.
    fn minus(self, other: Self) -> Self;
    /// a · b for coefficients below j·p and k·p with j·k ≤ 16; gives below 2·p.
    fn times(self, other: Self) -> Self;
    /// Canonical form of a coordinate below 8·p.
    fn canonical(self) -> Self;
}

/// Adds pairs of points eight at a time. Exists only on a processor that can.
pub struct Eight<C> {
    x1: Vec<Block>,
    y1: Vec<Block>,
    x2: Vec<Block>,
    y2: Vec<Block>,
    prefixes: Vec<C>,
}

impl<P: SWCurveConfig, C: Coordinate<Field = P::BaseField>> AddPairs<P> for Eight<C> {
    fn detect() -> Option<Self> {
        let able = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma");
        able.then(|| Self { x1: vec![], y1: vec![], x2: vec![], y2: vec![], prefixes: vec![] })
    }

    fn scale() -> P::BaseField {
        C::field([Fq::from(16u64), Fq::ZERO])
    }

    fn add(&mut self, pairs: &[(Point<P>, Point<P>)], mut sum: impl FnMut(usize, Point<P>)) {
        self.take(pairs);
        // SAFETY: `self` was made by `detect`, so the processor has AVX-512 F and IFMA.
        unsafe { add(self) }
        for k in 0..pairs.len() {
            let at = k / 8 * C::BLOCKS..;
            let x = get::<C>(&self.x1[at.clone()], k % 8);
            let y = get::<C>(&self.y1[at], k % 8);
            sum(k, Point { x, y });
        }
    }
}

impl<C: Coordinate> Eight<C> {
    /// Lays the coordinates out; lanes without a pair get one whose x coordinates differ.
    fn take<P: SWCurveConfig<BaseField = C::Field>>(&mut self, pairs: &[(Point<P>, Point<P>)]) {
        let blocks = pairs.len().div_ceil(8) * C::BLOCKS;
        for buffer in [&mut self.x1, &mut self.y1, &mut self.x2, &mut self.y2] {
            buffer.clear();
            buffer.resize(blocks, [[0; 8]; 4]);
        }
        for (k, (p, q)) in pairs.iter().enumerate() {
            let at = k / 8 * C::BLOCKS..;
            put::<C>(&mut self.x1[at.clone()], k % 8, &p.x);
            put::<C>(&mut self.y1[at.clone()], k % 8, &p.y);
            put::<C>(&mut self.x2[at.clone()], k % 8, &q.x);
            put::<C>(&mut self.y2[at], k % 8, &q.y);
        }
        for lane in pairs.len()..pairs.len().next_multiple_of(8) {
            put::<C>(&mut self.x2[pairs.len() / 8 * C::BLOCKS..], lane % 8, &C::Field::ONE);
        }
    }
}

/// λ = (y2 − y1) / (x2 − x1), x3 = λ² − x1 − x2, y3 = λ·(x1 − x3) − y1, with one inversion for all. The sums replace
/// the first points.
#[target_feature(enable = "avx512f,avx512ifma")]
fn add<C: Coordinate>(lanes: &mut Eight<C>) {
    let Eight { x1: xs1, y1: ys1, x2: xs2, y2: ys2, prefixes } = lanes;
    let groups = xs1.len() / C::BLOCKS;
    let place = |g: usize| g * C::BLOCKS..(g + 1) * C::BLOCKS;
    prefixes.clear();
    let mut product = C::load(&one::<C>());
    for g in 0..groups {
        let dx = C::load(&xs2[place(g)]).minus(C::load(&xs1[place(g)]));
        prefixes.push(product);
        product = product.times(dx);
    }
    let mut inverse = invert(product);
    for g in (0..groups).rev() {
        let (x1, y1) = (C::load(&xs1[place(g)]), C::load(&ys1[place(g)]));
        let (x2, y2) = (C::load(&xs2[place(g)]), C::load(&ys2[place(g)]));
        let slope = y2.minus(y1).times(inverse.times(prefixes[g]));
        inverse = inverse.times(x2.minus(x1));
        let x3 = slope.times(slope).minus(x1).canonical().minus(x2).canonical();
        let y3 = slope.times(x1.minus(x3)).minus(y1).canonical();
        x3.store(&mut xs1[place(g)]);
        y3.store(&mut ys1[place(g)]);
    }
}

/// One in every lane.
fn one<C: Coordinate>() -> Vec<Block> {
    let mut blocks = vec![[[0; 8]; 4]; C::BLOCKS];
    for lane in 0..8 {
        put::<C>(&mut blocks, lane, &C::field([Fq::from(16u64), Fq::ZERO]));
    }
    blocks
}

/// Inverts eight numbers, none of them zero, through arkworks.
fn invert<C: Coordinate>(product: C) -> C {
    let scale = C::field([Fq::from(16u64), Fq::ZERO]);
    let mut blocks = vec![[[0; 8]; 4]; C::BLOCKS];
    product.canonical().store(&mut blocks);
    // The number in a lane is 16·x for arkworks; 16·(1/x) is 256 over that.
    let mut values: Vec<C::Field> = (0..8).map(|lane| get::<C>(&blocks, lane)).collect();
    batch_inversion_and_mul(&mut values, &scale.square());
    for (lane, value) in values.iter().enumerate() {
        put::<C>(&mut blocks, lane, value);
    }
    C::load(&blocks)
}

fn put<C: Coordinate>(blocks: &mut [Block], lane: usize, x: &C::Field) {
    for (block, coefficient) in blocks.iter_mut().zip(C::coefficients(x)).take(C::BLOCKS) {
        for (row, limb) in block.iter_mut().zip(coefficient.0.0) {
            row[lane] = limb;
        }
    }
}

fn get<C: Coordinate>(blocks: &[Block], lane: usize) -> C::Field {
    let mut coefficients = [Fq::ZERO; 2];
    for (coefficient, block) in coefficients.iter_mut().zip(blocks).take(C::BLOCKS) {
        coefficient.0 = BigInt(block.map(|limb| limb[lane]));
    }
    C::field(coefficients)
}

/// Eight numbers of the base field, each limb below 2^52.
#[derive(Clone, Copy)]
pub struct Fq8([__m512i; 5]);

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

#[inline(always)]
fn splat(x: u64) -> __m512i {
    // SAFETY: reached only from `Kernel::run`; see the module's safety argument. The same holds for every call below.
    unsafe { _mm512_set1_epi64(x.cast_signed()) }
}

#[inline(always)]
fn as_register(x: [u64; 8]) -> __m512i {
    // SAFETY: both are 64 bytes without invalid values.
    unsafe { std::mem::transmute(x) }
}

#[inline(always)]
fn as_words(x: __m512i) -> [u64; 8] {
    // SAFETY: both are 64 bytes without invalid values.
    unsafe { std::mem::transmute(x) }
}

/// Carries signed limbs upwards until each but the highest is within 52 bits.
#[inline(always)]
fn carried(mut l: [__m512i; 5]) -> [__m512i; 5] {
    // SAFETY: see `splat`.
    unsafe {
        let mask = splat(MASK);
        for i in 0..4 {
            l[i + 1] = _mm512_add_epi64(l[i + 1], _mm512_srai_epi64::<52>(l[i]));
            l[i] = _mm512_and_si512(l[i], mask);
        }
    }
    l
}

impl Fq8 {
    #[inline(always)]
    fn load(block: &Block) -> Self {
        let [a, b, c, d] = block.map(as_register);
        // SAFETY: see `splat`.
        unsafe {
            let mask = splat(MASK);
            let or_masked = |x, y| _mm512_and_si512(_mm512_or_si512(x, y), mask);
            Self([
                _mm512_and_si512(a, mask),
                or_masked(_mm512_srli_epi64::<52>(a), _mm512_slli_epi64::<12>(b)),
                or_masked(_mm512_srli_epi64::<40>(b), _mm512_slli_epi64::<24>(c)),
                or_masked(_mm512_srli_epi64::<28>(c), _mm512_slli_epi64::<36>(d)),
                _mm512_srli_epi64::<16>(d),
            ])
        }
    }

    /// Takes a canonical number.
    #[inline(always)]
    fn store(self, block: &mut Block) {
        let [a, b, c, d, e] = self.0;
        // SAFETY: see `splat`.
        unsafe {
            block[0] = as_words(_mm512_or_si512(a, _mm512_slli_epi64::<52>(b)));
            block[1] = as_words(_mm512_or_si512(_mm512_srli_epi64::<12>(b), _mm512_slli_epi64::<40>(c)));
            block[2] = as_words(_mm512_or_si512(_mm512_srli_epi64::<24>(c), _mm512_slli_epi64::<28>(d)));
            block[3] = as_words(_mm512_or_si512(_mm512_srli_epi64::<36>(d), _mm512_slli_epi64::<16>(e)));
        }
    }

    /// a + b.
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        let mut l = self.0;
        for i in 0..5 {
            // SAFETY: see `splat`.
            l[i] = unsafe { _mm512_add_epi64(l[i], other.0[i]) };
        }
        Self(carried(l))
    }

    /// a − b + `offset`, which must not be negative.
    #[inline(always)]
    fn minus_plus(self, other: Self, offset: &[u64; 5]) -> Self {
        let mut l = self.0;
        for i in 0..5 {
            // SAFETY: see `splat`.
            l[i] = unsafe { _mm512_add_epi64(_mm512_sub_epi64(l[i], other.0[i]), splat(offset[i])) };
        }
        Self(carried(l))
    }

    /// a − `bound` where that is not negative, else a.
    #[inline(always)]
    fn less(self, bound: &[u64; 5]) -> Self {
        let mut l = self.0;
        // SAFETY: see `splat`.
        unsafe {
            for i in 0..5 {
                l[i] = _mm512_sub_epi64(l[i], splat(bound[i]));
            }
            let l = carried(l);
            let negative = negative_lanes(l[4]);
            let mut out = l;
            for i in 0..5 {
                out[i] = _mm512_mask_blend_epi64(negative, l[i], self.0[i]);
            }
            Self(out)
        }
    }

    /// Below 8·p to below p.
    #[inline(always)]
    fn canonical(self) -> Self {
        self.less(&P4).less(&P2).less(&P)
    }

    /// Montgomery product: a·b / 2^260, below (1 + j·k/64)·p for a < j·p, b < k·p.
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        // SAFETY: see `splat`.
        unsafe {
            let zero = _mm512_setzero_si512();
            let inverse = splat(NEGATIVE_INVERSE);
            let mut acc = [zero; 5];
            for i in 0..5 {
                let b = other.0[i];
                for j in 0..5 {
                    acc[j] = _mm512_madd52lo_epu64(acc[j], self.0[j], b);
                }
                let m = _mm512_madd52lo_epu64(zero, acc[0], inverse);
                for j in 0..5 {
                    acc[j] = _mm512_madd52lo_epu64(acc[j], m, splat(P[j]));
                }
                let carry = _mm512_srli_epi64::<52>(acc[0]);
                acc = [_mm512_add_epi64(acc[1], carry), acc[2], acc[3], acc[4], zero];
                for j in 0..5 {
                    acc[j] = _mm512_madd52hi_epu64(acc[j], self.0[j], b);
                    acc[j] = _mm512_madd52hi_epu64(acc[j], m, splat(P[j]));
                }
            }
            Self(carried(acc))
        }
    }
}

/// The lanes whose number is negative.
#[inline(always)]
fn negative_lanes(x: __m512i) -> __mmask8 {
    // SAFETY: see `splat`.
    unsafe { _mm512_cmplt_epi64_mask(x, _mm512_setzero_si512()) }
}

impl Coordinate for Fq8 {
    const BLOCKS: usize = 1;
    type Field = Fq;
    fn coefficients(x: &Fq) -> [Fq; 2] {
        [*x, Fq::ZERO]
    }
    fn field(coefficients: [Fq; 2]) -> Fq {
        coefficients[0]
    }
    #[inline(always)]
    fn load(blocks: &[Block]) -> Self {
        Self::load(&blocks[0])
    }
    #[inline(always)]
    fn store(self, blocks: &mut [Block]) {
        Self::canonical(self).store(&mut blocks[0]);
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.minus_plus(other, &P2)
    }
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Self::times(self, other)
    }
    #[inline(always)]
    fn canonical(self) -> Self {
        Self::canonical(self)
    }
}

/// Eight numbers c0 + c1·u of the quadratic extension, u² = −1.
#[derive(Clone, Copy)]
pub struct Fq2x8(Fq8, Fq8);

impl Coordinate for Fq2x8 {
    const BLOCKS: usize = 2;
    type Field = ark_bn254::Fq2;
    fn coefficients(x: &ark_bn254::Fq2) -> [Fq; 2] {
        [x.c0, x.c1]
    }
    fn field([c0, c1]: [Fq; 2]) -> ark_bn254::Fq2 {
        ark_bn254::Fq2::new(c0, c1)
    }
    #[inline(always)]
    fn load(blocks: &[Block]) -> Self {
        Self(Fq8::load(&blocks[0]), Fq8::load(&blocks[1]))
    }
    #[inline(always)]
    fn store(self, blocks: &mut [Block]) {
        self.0.canonical().store(&mut blocks[0]);
        self.1.canonical().store(&mut blocks[1]);
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(self.0.minus_plus(other.0, &P2), self.1.minus_plus(other.1, &P2))
    }
    /// Karatsuba: three products.
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        let low = self.0.times(other.0);
        let high = self.1.times(other.1);
        let cross = self.0.plus(self.1).times(other.0.plus(other.1));
        let c1 = cross.minus_plus(low.plus(high), &P4);
        Self(low.minus_plus(high, &P2).less(&P2), c1.less(&P4).less(&P2))
    }
    #[inline(always)]
    fn canonical(self) -> Self {
        Self(self.0.canonical(), self.1.canonical())
    }
}
