//! Number-theoretic transforms over one domain of 2^k points, with cached twiddle factors.
//!
//! The inverse transform leaves coefficients in bit-reversed order and the forward one takes them so; nothing is permuted.

use ark_bn254::Fr;
use ark_ff::{FftField, Field};

/// A domain {ω^i} of 2^k points and its odd coset {ζ·ω^i}, ζ² = ω.
pub struct Domain {
    log_size: u32,
    /// ω^i for i below half the size.
    forward: Vec<Fr>,
    /// ω^−i for i below half the size.
    inverse: Vec<Fr>,
    /// ζ^i / size in bit-reversed order of i: takes raw coefficients to those of the shifted polynomial.
    to_coset: Vec<Fr>,
}

impl Domain {
    /// The domain of `1 << log_size` points; `None` where the field has no such root of unity or its square root.
    pub fn new(log_size: u32) -> Option<Self> {
        let size = 1usize.checked_shl(log_size).filter(|_| (1..Fr::TWO_ADICITY).contains(&log_size))?;
        let shift = Fr::get_root_of_unity(2 * size as u64)?;
        let root = shift.square();
        let size_inverse = Fr::from(size as u64).inverse()?;
        Some(Self {
            log_size,
            forward: powers(Fr::ONE, root, size / 2),
            inverse: powers(Fr::ONE, root.inverse()?, size / 2),
            to_coset: bit_reversed(&powers(size_inverse, shift, size), log_size),
        })
    }

    /// Number of points.
    pub fn size(&self) -> usize {
        1 << self.log_size
    }

    /// From a polynomial's values on the domain to its values on the odd coset, in place.
    ///
    /// `values` must have [`Self::size`] elements.
    pub fn to_odd_coset(&self, values: &mut [Fr]) {
        assert_eq!(values.len(), self.size(), "one value for each point of the domain");
        let (low, high) = values.split_at_mut(self.size() / 2);
        let (low_factors, high_factors) = self.to_coset.split_at(low.len());
        fold_down(low, high, &self.inverse, 1);
        rayon::join(|| self.within_half(low, low_factors), || self.within_half(high, high_factors));
        fold_up(low, high, &self.forward, 1);
    }

    /// All layers but the outermost, which leave the halves apart: the inverse transform without the division by the size
    /// takes natural order to bit-reversed order, the forward transform takes that back.
    fn within_half(&self, values: &mut [Fr], factors: &[Fr]) {
        let mut half = values.len() / 2;
        while half > 0 {
            let stride = self.inverse.len() / half;
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                fold_down(low, high, &self.inverse, stride);
            }
            half /= 2;
        }
        for (v, factor) in values.iter_mut().zip(factors) {
            *v *= factor;
        }
        half = 1;
        while half < values.len() {
            let stride = self.forward.len() / half;
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                fold_up(low, high, &self.forward, stride);
            }
            half *= 2;
        }
    }
}

/// One layer of the inverse transform (decimation in frequency).
fn fold_down(low: &mut [Fr], high: &mut [Fr], roots: &[Fr], stride: usize) {
    for ((l, h), w) in low.iter_mut().zip(high).zip(roots.iter().step_by(stride)) {
        let difference = *l - *h;
        *l += *h;
        *h = difference * w;
    }
}

/// One layer of the forward transform (decimation in time).
fn fold_up(low: &mut [Fr], high: &mut [Fr], roots: &[Fr], stride: usize) {
    for ((l, h), w) in low.iter_mut().zip(high).zip(roots.iter().step_by(stride)) {
        let turned = *h * w;
        *h = *l - turned;
        *l += turned;
    }
}

/// `first · base^i` for i below `count`.
fn powers(first: Fr, base: Fr, count: usize) -> Vec<Fr> {
    std::iter::successors(Some(first), |x| Some(*x * base)).take(count).collect()
}

fn bit_reversed(natural: &[Fr], bits: u32) -> Vec<Fr> {
    (0..natural.len()).map(|i| natural[i.reverse_bits() >> (usize::BITS - bits)]).collect()
}

#[cfg(test)]
mod tests {
    use ark_ff::UniformRand;
    use ark_poly::{
        DenseUVPolynomial, EvaluationDomain, Polynomial, Radix2EvaluationDomain, univariate::DensePolynomial,
    };
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn values_on_the_odd_coset_are_those_of_the_polynomial() {
        let rng = &mut StdRng::seed_from_u64(5);
        for log_size in [1, 2, 5, 9] {
            let domain = Domain::new(log_size).unwrap();
            let reference = Radix2EvaluationDomain::<Fr>::new(domain.size()).unwrap();
            let polynomial = DensePolynomial::<Fr>::rand(domain.size() - 1, rng);
            let mut values = reference.fft(&polynomial.coeffs);
            domain.to_odd_coset(&mut values);
            let zeta = Fr::get_root_of_unity(2 * domain.size() as u64).unwrap();
            for (i, value) in values.iter().enumerate() {
                assert_eq!(*value, polynomial.evaluate(&zeta.pow([2 * i as u64 + 1])), "{log_size} {i}");
            }
        }
    }

    #[test]
    fn the_domain_is_arkworks_own() {
        let domain = Domain::new(6).unwrap();
        let reference = Radix2EvaluationDomain::<Fr>::new(64).unwrap();
        assert_eq!(domain.forward[1], reference.group_gen());
    }

    #[test]
    fn there_is_no_domain_beyond_the_field() {
        assert!(Domain::new(0).is_none());
        assert!(Domain::new(28).is_none());
        assert!(Domain::new(64).is_none());
    }

    #[test]
    fn transforms_are_linear() {
        let rng = &mut StdRng::seed_from_u64(6);
        let domain = Domain::new(4).unwrap();
        let (mut x, mut y): (Vec<_>, Vec<_>) = (0..16).map(|_| (Fr::rand(rng), Fr::rand(rng))).unzip();
        let mut sum: Vec<_> = x.iter().zip(&y).map(|(a, b)| *a + b).collect();
        for v in [&mut x, &mut y, &mut sum] {
            domain.to_odd_coset(v);
        }
        assert!(sum.iter().zip(x.iter().zip(&y)).all(|(s, (a, b))| *s == *a + b));
    }
}
