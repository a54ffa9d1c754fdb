//! Affine addition of many independent pairs of points with one inversion.

#[cfg(target_arch = "x86_64")]
mod chains;

use ark_bn254::{Fq, Fq2};
use ark_ff::{Field, batch_inversion};

use super::Vector;

/// An affine point of a short Weierstrass curve. (0, 0), which must not be on the curve, stands for infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point<F> {
    /// First coordinate.
    pub x: F,
    /// Second coordinate.
    pub y: F,
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
}

/// The fields of BN254's curves, each with the kernel that adds its points.
pub trait Coordinate: Field {
    /// The kernel.
    type Vector: AddPairs<Self>;
}

/// A way to add pairs faster than one by one.
pub trait AddPairs<F>: Sized + Send {
    /// For a processor that can.
    fn new(able: Vector) -> Self;
    /// What it wants coordinates multiplied by.
    fn scale() -> F;
    /// Hands the sum of each pair to `sum`. The x coordinates of a pair must differ and no point be at infinity.
    fn add(&mut self, pairs: &[(Point<F>, Point<F>)], sum: impl FnMut(usize, Point<F>));
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

impl<F: Field> AddPairs<F> for Portable {
    fn new(_: Vector) -> Self {
        Self
    }

    fn scale() -> F {
        F::ONE
    }

    /// λ = (y2 − y1) / (x2 − x1), x3 = λ² − x1 − x2, y3 = λ·(x1 − x3) − y1.
    fn add(&mut self, pairs: &[(Point<F>, Point<F>)], mut sum: impl FnMut(usize, Point<F>)) {
        let mut inverses: Vec<F> = pairs.iter().map(|(p, q)| q.x - p.x).collect();
        batch_inversion(&mut inverses);
        for (k, ((p, q), inverse)) in pairs.iter().zip(inverses).enumerate() {
            let slope = (q.y - p.y) * inverse;
            let x = slope.square() - p.x - q.x;
            sum(k, Point { x, y: slope * (p.x - x) - p.y });
        }
    }
}

#[cfg(test)]
mod tests;
