//! Eight coordinates, over the base field or its quadratic extension.

use ark_bn254::{Fq, Fq2, FqConfig};
use ark_ff::Field;

use super::CHAINS;
use crate::lanes::affine::Point;
use crate::lanes::eight::{Block, Eight, joined, split};
use crate::lanes::modulus::Modulus;
use crate::lanes::transposition::{as_register, as_words, transposed};

/// A field of coordinates as N coefficients over the base field.
pub trait Words<const N: usize>: Field {
    /// Two of a point's 2·N coefficients.
    fn words(point: &Point<Self>, half: usize) -> [u64; 8];
    /// Inverse of [`Self::words`]; of G1 there is only the first half.
    fn point(halves: [[u64; 8]; 2]) -> Point<Self>;
}

/// Eight coordinates: of G1 in one coefficient, of G2 in two, c0 + c1·u with u² = −1.
#[derive(Clone, Copy)]
pub(super) struct Lanes<const N: usize>(pub(super) [Eight<FqConfig>; N]);

/// The words of eight rows by columns: limbs of two coefficients.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
pub(super) fn columns(rows: &[[u64; 8]; 8]) -> [Block; 2] {
    let mut registers = [as_register([0; 8]); 8];
    for (register, row) in registers.iter_mut().zip(rows) {
        *register = as_register(*row);
    }
    let [a, b, c, d, e, f, g, h] = transposed(registers);
    [[a, b, c, d], [e, f, g, h]]
}

/// Inverse of [`columns`].
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn rows([a, b, c, d]: Block, [e, f, g, h]: Block) -> [[u64; 8]; 8] {
    let registers = transposed([a, b, c, d, e, f, g, h]);
    let mut out = [[0; 8]; 8];
    for (row, register) in out.iter_mut().zip(registers) {
        *row = as_words(register);
    }
    out
}

impl<const N: usize> Lanes<N> {
    /// Eight numbers, one in each lane.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn of<F: Words<N>>(values: &[F]) -> Self {
        let mut rows = [[0; 8]; 8];
        for (row, value) in rows.iter_mut().zip(values) {
            *row = F::words(&Point { x: *value, y: F::ZERO }, 0);
        }
        Self::unpack(&columns(&rows))
    }

    /// The points of eight pairs of canonical coordinates.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn points<F: Words<N>>(x: Self, y: Self) -> [Point<F>; 8] {
        let low = rows(x.0[0].pack(), if N == 1 { y.0[0].pack() } else { x.0[N - 1].pack() });
        let high = if N == 1 { low } else { rows(y.0[0].pack(), y.0[N - 1].pack()) };
        let mut out = [Point::INFINITY; 8];
        for (point, halves) in out.iter_mut().zip(low.into_iter().zip(high)) {
            *point = F::point([halves.0, halves.1]);
        }
        out
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn unpack(blocks: &[Block]) -> Self {
        let mut out = [Eight::zero(); N];
        for (c, block) in out.iter_mut().zip(blocks) {
            *c = Eight::unpack(block);
        }
        Self(out)
    }

    /// a − b for b below 2·p; gives below 2·p more than a.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn minus(self, other: Self) -> Self {
        let mut out = self.0;
        for i in 0..N {
            out[i] = out[i].minus(other.0[i]);
        }
        Self(out)
    }

    /// Canonical form of a coordinate below 8·p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(super) fn canonical(self) -> Self {
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
pub(super) fn products<const N: usize>(a: [Lanes<N>; CHAINS], b: [Lanes<N>; CHAINS]) -> [Lanes<N>; CHAINS] {
    let mut out = a;
    if N == 1 {
        let [x, y] = Eight::products([a[0].0[0], a[1].0[0]], [b[0].0[0], b[1].0[0]]);
        (out[0].0[0], out[1].0[0]) = (x, y);
        return out;
    }
    for k in 0..CHAINS {
        let ([a0, a1], [b0, b1]) = ([a[k].0[0], a[k].0[N - 1]], [b[k].0[0], b[k].0[N - 1]]);
        let [low, high, cross] = Eight::products([a0, a1, a0.plus(a1)], [b0, b1, b0.plus(b1)]);
        out[k].0[0] = low.minus(high).below_two();
        let both = low.plus(high);
        out[k].0[N - 1] = cross.minus_plus(both, &Modulus::<FqConfig>::P4).below_four().below_two();
    }
    out
}

impl Words<1> for Fq {
    #[inline]
    fn words(point: &Point<Self>, _: usize) -> [u64; 8] {
        joined(&point.x, &point.y)
    }
    #[inline]
    fn point([both, _]: [[u64; 8]; 2]) -> Point<Self> {
        let (x, y) = split(both);
        Point { x, y }
    }
}

impl Words<2> for Fq2 {
    #[inline]
    fn words(point: &Point<Self>, half: usize) -> [u64; 8] {
        let z = if half == 0 { &point.x } else { &point.y };
        joined(&z.c0, &z.c1)
    }
    #[inline]
    fn point(halves: [[u64; 8]; 2]) -> Point<Self> {
        let [x, y] = halves.map(|half| {
            let (c0, c1) = split(half);
            Self::new(c0, c1)
        });
        Point { x, y }
    }
}
