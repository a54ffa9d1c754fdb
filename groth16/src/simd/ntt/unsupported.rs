//! Where there are no eight lanes.

use std::convert::Infallible;

use ark_bn254::Fr;

use super::Factors;
use crate::simd::Vector;

/// Does not exist on this processor.
pub struct Transform(Infallible);

/// Does not exist on this processor.
pub struct Eights(Infallible);

impl Transform {
    /// `None`.
    pub fn new(_able: Vector, _factors: Factors<'_>) -> Option<Self> {
        None
    }

    /// Not reached.
    pub fn load(&self, _values: &[Fr]) -> Eights {
        match self.0 {}
    }

    /// Not reached.
    pub fn product(&self, _a: &Eights, _b: &Eights) -> Eights {
        match self.0 {}
    }

    /// Not reached.
    pub fn to_coset(&self, _values: &mut Eights) {
        match self.0 {}
    }

    /// Not reached.
    pub fn product_less(&self, _a: &Eights, _b: &Eights, _c: &Eights) -> Vec<Fr> {
        match self.0 {}
    }

    /// Not reached.
    pub fn store(&self, _values: &Eights) -> Vec<Fr> {
        match self.0 {}
    }
}
