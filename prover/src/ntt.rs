//! Number-theoretic transforms over one domain of 2^k points, with cached twiddle factors.
//!
//! The inverse transform leaves coefficients in bit-reversed order and the forward one takes them so; nothing is permuted.

use ark_bn254::Fr;
use ark_ff::{FftField, Field};
use groth16::simd::Vector;
use groth16::simd::ntt::{Eights, Factors, Transform};
use rayon::join;
use zeroize::Zeroizing;

/// A domain {ω^i} of 2^k points and its odd coset {ζ·ω^i}, ζ² = ω.
pub struct Domain {
    size: usize,
    /// ω^i for i below half the size.
    forward: Vec<Fr>,
    /// ω^−i for i below half the size.
    inverse: Vec<Fr>,
    /// ζ^i / size in bit-reversed order of i: takes raw coefficients to those of the shifted polynomial.
    to_coset: Vec<Fr>,
    /// Eight lanes, where the machine has them and the domain is large enough.
    vector: Option<Transform>,
}

impl Domain {
    /// The domain of `1 << log_size` points; `None` where the field has no such root of unity or its square root.
    pub fn new(log_size: u32) -> Option<Self> {
        Self::on(log_size, Vector::detect())
    }

    /// [`Self::new`] for a processor with these vectors; without, the portable code runs.
    pub(crate) fn on(log_size: u32, vector: Option<Vector>) -> Option<Self> {
        let mut domain = Self::portable(log_size)?;
        let Self { forward, inverse, to_coset, .. } = &domain;
        let factors = Factors { forward, inverse, coefficients: to_coset };
        domain.vector = vector.and_then(|able| Transform::new(able, factors));
        Some(domain)
    }

    fn portable(log_size: u32) -> Option<Self> {
        let size = 1usize.checked_shl(log_size).filter(|_| (1..Fr::TWO_ADICITY).contains(&log_size))?;
        let shift = Fr::get_root_of_unity(2 * size as u64)?;
        let root = shift.square();
        let size_inverse = Fr::from(size as u64).inverse()?;
        Some(Self {
            size,
            forward: powers(Fr::ONE, root, size / 2),
            inverse: powers(Fr::ONE, root.inverse()?, size / 2),
            to_coset: bit_reversed(&powers(size_inverse, shift, size), log_size),
            vector: None,
        })
    }

    /// Number of points.
    pub fn size(&self) -> usize {
        self.size
    }

    /// From two polynomials' values on the domain to those of a·b − c on the odd coset, where c is the polynomial that has
    /// on the domain the values of a·b. Both must have [`Self::size`] elements.
    pub fn quotient(&self, a: &[Fr], b: &[Fr]) -> Vec<Fr> {
        match &self.vector {
            Some(transform) => vector_quotient(transform, a, b),
            None => self.portable_quotient(a, b),
        }
    }

    fn portable_quotient(&self, a: &[Fr], b: &[Fr]) -> Vec<Fr> {
        let owned = |values: &[Fr]| Zeroizing::new(values.to_vec());
        let (mut a, mut b) = (owned(a), owned(b));
        let mut c: Vec<Fr> = a.iter().zip(b.iter()).map(|(x, y)| *x * y).collect();
        join(|| self.transform(&mut a), || join(|| self.transform(&mut b), || self.transform(&mut c)));
        for (z, (x, y)) in c.iter_mut().zip(a.iter().zip(b.iter())) {
            *z = *x * y - *z;
        }
        c
    }

    /// From a polynomial's values on the domain to its values on the odd coset, in place.
    ///
    /// `values` must have [`Self::size`] elements.
    pub fn to_odd_coset(&self, values: &mut [Fr]) {
        let Some(transform) = &self.vector else { return self.transform(values) };
        let mut eights = transform.load(values);
        transform.to_coset(&mut eights);
        values.copy_from_slice(&transform.store(&eights));
    }

    /// The inverse transform without the division by the size takes natural order to bit-reversed order, the forward
    /// transform takes that back.
    fn transform(&self, values: &mut [Fr]) {
        assert_eq!(values.len(), self.size, "one value for each point of the domain");
        for half in std::iter::successors(Some(self.size / 2), |h| Some(h / 2)).take_while(|&h| h > 0) {
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                fold_down(low, high, &self.inverse, self.inverse.len() / half);
            }
        }
        values.iter_mut().zip(&self.to_coset).for_each(|(v, factor)| *v *= factor);
        for half in std::iter::successors(Some(1), |h| Some(h * 2)).take_while(|&h| h < self.size) {
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                fold_up(low, high, &self.forward, self.forward.len() / half);
            }
        }
    }
}

fn vector_quotient(transform: &Transform, a: &[Fr], b: &[Fr]) -> Vec<Fr> {
    let (mut a, mut b) = join(|| transform.load(a), || transform.load(b));
    let mut c = transform.product(&a, &b);
    let to_coset = |values: &mut Eights| transform.to_coset(values);
    join(|| to_coset(&mut a), || join(|| to_coset(&mut b), || to_coset(&mut c)));
    transform.product_less(&a, &b, &c)
}

/// One layer of the inverse transform (decimation in frequency). The first root is one.
fn fold_down(low: &mut [Fr], high: &mut [Fr], roots: &[Fr], stride: usize) {
    let mut pairs = low.iter_mut().zip(high);
    if let Some((l, h)) = pairs.next() {
        (*l, *h) = (*l + *h, *l - *h);
    }
    for ((l, h), w) in pairs.zip(roots.iter().step_by(stride).skip(1)) {
        let difference = *l - *h;
        *l += *h;
        *h = difference * w;
    }
}

/// One layer of the forward transform (decimation in time). The first root is one.
fn fold_up(low: &mut [Fr], high: &mut [Fr], roots: &[Fr], stride: usize) {
    let mut pairs = low.iter_mut().zip(high);
    if let Some((l, h)) = pairs.next() {
        (*l, *h) = (*l + *h, *l - *h);
    }
    for ((l, h), w) in pairs.zip(roots.iter().step_by(stride).skip(1)) {
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
mod tests;
