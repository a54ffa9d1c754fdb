//! Short coefficients for random linear combinations, by which a multiplication costs a quarter of one by any scalar.

use ark_bn254::{Fr, G1Affine, G1Projective, g1};
use ark_ec::CurveGroup;
use ark_ec::scalar_mul::glv::GLVConfig;
use ark_ff::AdditiveGroup;

/// a + b·λ with a and b of 64 bits, not both zero; λ·(x, y) = (β·x, y) on the curve (Gallant, Lambert, Vanstone, CRYPTO 2001).
///
/// The 2^128 − 1 pairs are as many scalars and none is zero: a + b·λ = 0 holds only on a lattice whose shortest vectors have
/// over 126 bits, and pairs differ by less than 65.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coefficient {
    a: u64,
    b: u64,
}

impl Coefficient {
    /// From random bytes; `None` if all are zero.
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        let both = u128::from_le_bytes(bytes);
        (both != 0).then_some(Self { a: both as u64, b: (both >> 64) as u64 })
    }

    /// As a scalar.
    pub fn scalar(&self) -> Fr {
        Fr::from(self.a) + Fr::from(self.b) * g1::Config::LAMBDA
    }

    /// a and b.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn halves(&self) -> [u64; 2] {
        [self.a, self.b]
    }

    /// Coefficient · point.
    pub(crate) fn times(self, point: &G1Affine) -> G1Projective {
        let turned = g1::Config::endomorphism_affine(point);
        let both = (*point + turned).into_affine();
        let mut sum = G1Projective::ZERO;
        for bit in (0..64).rev() {
            sum.double_in_place();
            match (self.a >> bit & 1, self.b >> bit & 1) {
                (1, 1) => sum += both,
                (1, _) => sum += point,
                (_, 1) => sum += turned,
                _ => {}
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::Coefficient;

    #[test]
    fn zero_is_no_coefficient() {
        assert_eq!(Coefficient::from_bytes([0; 16]), None);
    }
}
