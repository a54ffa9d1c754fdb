//! From a polynomial's values on a domain of 2^k points to its values on the odd coset, over `Fr`.
//!
//! The inverse transform takes values in natural order to coefficients in bit-reversed order, where each is multiplied by a
//! factor; the forward transform takes them back. The caller brings roots and factors, and has the portable form.

#[cfg(target_arch = "x86_64")]
mod butterflies;

use ark_bn254::Fr;

#[cfg(target_arch = "x86_64")]
pub use butterflies::{Eights, Transform};
#[cfg(not(target_arch = "x86_64"))]
pub use unsupported::{Eights, Transform};

/// What a transform of n points multiplies with.
#[derive(Clone, Copy)]
pub struct Factors<'a> {
    /// ω^i for i below n / 2.
    pub forward: &'a [Fr],
    /// ω^−i for i below n / 2.
    pub inverse: &'a [Fr],
    /// One for each coefficient, in bit-reversed order.
    pub coefficients: &'a [Fr],
}

/// For processors without the instructions: nothing of this exists.
#[cfg(not(target_arch = "x86_64"))]
mod unsupported {
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
}
