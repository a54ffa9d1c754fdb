//! Affine addition of many independent pairs of points with one inversion, on curves y² = x³ + b.

#[cfg(target_arch = "x86_64")]
mod chains;

use ark_bn254::{Fq, Fq2};
use ark_ff::{Field, serial_batch_inversion_and_mul};

use zeroize::{DefaultIsZeroes, Zeroize};

use super::Vector;

/// An affine point. (0, 0), which must not be on the curve, stands for infinity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Zeroize)]
#[repr(C)]
pub struct Point<F> {
    /// First coordinate.
    pub x: F,
    /// Second coordinate.
    pub y: F,
}

/// A point of a slice, taken as it is or negated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signed(u32);

/// Two points of a slice, and the place of their sum in another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// The points.
    pub points: [Signed; 2],
    /// Where their sum goes.
    pub place: u32,
}

impl DefaultIsZeroes for Signed {}

impl Signed {
    /// The point at `index`, which must be below 2^31.
    pub fn plain(index: u32) -> Self {
        debug_assert!(index >> 31 == 0);
        Self(index << 1)
    }

    /// The opposite of the point at `index`, which must be below 2^31.
    pub fn negated(index: u32) -> Self {
        Self(Self::plain(index).0 | 1)
    }

    /// The point.
    pub fn of<F: Field>(self, points: &[Point<F>]) -> Point<F> {
        let p = points[self.index()];
        if self.is_negative() { p.negated() } else { p }
    }

    fn index(self) -> usize {
        (self.0 >> 1) as usize
    }

    fn is_negative(self) -> bool {
        self.0 & 1 == 1
    }
}

impl<F: Field> Point<F> {
    /// The neutral element.
    pub const INFINITY: Self = Self { x: F::ZERO, y: F::ZERO };

    /// Whether it is the neutral element.
    pub fn is_infinity(&self) -> bool {
        self.x.is_zero() && self.y.is_zero()
    }

    /// The opposite point.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { x: self.x, y: -self.y }
    }

    /// Both coordinates times a constant.
    #[must_use]
    pub fn scaled(self, factor: &F) -> Self {
        Self { x: self.x * factor, y: self.y * factor }
    }

    /// The sum where the formula for two different finite points does not hold: of a point and infinity, of a point and
    /// itself, or of opposite points.
    fn plus_special(self, other: Self) -> Self {
        if self.is_infinity() {
            return other;
        }
        if other.is_infinity() {
            return self;
        }
        if self.y != other.y {
            return Self::INFINITY;
        }
        // Neither curve has a point with y = 0.
        let slope = self.x.square() * F::from(3u64) * self.y.double().inverse().unwrap_or_default();
        self.chord(&other, &slope)
    }

    /// x3 = λ² − x1 − x2, y3 = λ·(x1 − x3) − y1.
    fn chord(&self, other: &Self, slope: &F) -> Self {
        let x = slope.square() - self.x - other.x;
        Self { x, y: *slope * (self.x - x) - self.y }
    }

    fn meets_specially(&self, other: &Self) -> bool {
        self.x == other.x || self.is_infinity() || other.is_infinity()
    }
}

/// The fields of BN254's curves, each with the kernel that adds its points.
pub trait Coordinate: Field {
    /// The kernel.
    type Vector: AddPairs<Self>;
}

/// A way to add many points. Coordinates are kept as [`Self::scale`] says, in arguments and results.
pub trait AddPairs<F>: Sized + Send {
    /// For a processor that can.
    fn new(able: Vector) -> Self;

    /// What coordinates are to be multiplied by.
    fn scale() -> F;

    /// `sums[place]` = first + second for each pair.
    fn add(&mut self, points: &[Point<F>], pairs: &[Pair], sums: &mut [Point<F>]);

    /// Doubles every point in place. None may be at infinity or have y = 0.
    fn double(&mut self, points: &mut [Point<F>]);
}

#[cfg(target_arch = "x86_64")]
impl Coordinate for Fq {
    type Vector = chains::Chains<1>;
}

#[cfg(target_arch = "x86_64")]
impl Coordinate for Fq2 {
    type Vector = chains::Chains<2>;
}

#[cfg(not(target_arch = "x86_64"))]
impl Coordinate for Fq {
    type Vector = Portable;
}

#[cfg(not(target_arch = "x86_64"))]
impl Coordinate for Fq2 {
    type Vector = Portable;
}

/// With arkworks' field, on any processor.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

/// Pairs that share an inversion in the portable form.
const BATCH: usize = 2048;

impl<F: Field> AddPairs<F> for Portable {
    fn new(_: Vector) -> Self {
        Self
    }

    fn scale() -> F {
        F::ONE
    }

    fn add(&mut self, points: &[Point<F>], pairs: &[Pair], sums: &mut [Point<F>]) {
        for pairs in pairs.chunks(BATCH) {
            let both = |pair: &Pair| pair.points.map(|p| p.of(points));
            let run = |[p, q]: [Point<F>; 2]| if p.meets_specially(&q) { F::ONE } else { q.x - p.x };
            let mut inverses: Vec<F> = pairs.iter().map(both).map(run).collect();
            serial_batch_inversion_and_mul(&mut inverses, &F::ONE);
            for (pair, inverse) in pairs.iter().zip(inverses) {
                let [p, q] = both(pair);
                sums[pair.place as usize] = if p.meets_specially(&q) {
                    p.plus_special(q)
                } else {
                    p.chord(&q, &((q.y - p.y) * inverse))
                };
            }
        }
    }

    fn double(&mut self, points: &mut [Point<F>]) {
        for chunk in points.chunks_mut(BATCH) {
            let mut inverses: Vec<F> = chunk.iter().map(|p| p.y.double()).collect();
            serial_batch_inversion_and_mul(&mut inverses, &F::ONE);
            for (p, inverse) in chunk.iter_mut().zip(inverses) {
                let square = p.x.square();
                *p = p.chord(p, &((square.double() + square) * inverse));
            }
        }
    }
}

#[cfg(test)]
mod tests;
