//! Multiples of one point, so that a multiplication by it is a few additions.

use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::CurveGroup;
use ark_ff::{AdditiveGroup, PrimeField};

/// Bits of a digit.
const BITS: usize = 8;
/// Digits of a scalar, which has 254 bits: the highest digit has room for the carry.
const DIGITS: usize = 256 / BITS;
/// Digits are signed, so half the multiples do.
const HALF: usize = 1 << (BITS - 1);

/// d · 2^(8·i) · P for each digit i and 1 ≤ d ≤ 128: 256 KiB.
pub(super) struct Table(Vec<G1Affine>);

impl Table {
    pub(super) fn new(point: G1Projective) -> Self {
        let mut multiples = Vec::with_capacity(DIGITS * HALF);
        let mut base = point;
        for _ in 0..DIGITS {
            let mut multiple = G1Projective::ZERO;
            for _ in 0..HALF {
                multiple += base;
                multiples.push(multiple);
            }
            base = multiple.double();
        }
        Self(G1Projective::normalize_batch(&multiples))
    }

    /// `sum` + x · P.
    pub(super) fn add_multiple(&self, x: &Fr, sum: &mut G1Projective) {
        for (multiples, digit) in self.0.chunks_exact(HALF).zip(digits(x)) {
            let multiple = (digit.unsigned_abs() as usize).checked_sub(1).and_then(|i| multiples.get(i));
            match multiple {
                None => {}
                Some(multiple) if digit < 0 => *sum -= multiple,
                Some(multiple) => *sum += multiple,
            }
        }
    }
}

/// x = Σ digit · 2^(8·i) with digits from −127 to 128.
fn digits(x: &Fr) -> [i16; DIGITS] {
    let words = x.into_bigint().0;
    let mut carry = 0;
    std::array::from_fn(|i| {
        let byte = (words[i / 8] >> (BITS * (i % 8))) & 0xff;
        let digit = byte as i16 + carry;
        carry = i16::from(digit > 1 << (BITS - 1));
        digit - (carry << BITS)
    })
}

#[cfg(test)]
mod tests {
    use ark_ec::PrimeGroup;
    use ark_ff::{Field, UniformRand};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn multiples_are_those_of_arkworks() {
        let rng = &mut StdRng::seed_from_u64(5);
        let point = G1Projective::rand(rng);
        let table = Table::new(point);
        let edges = [Fr::ZERO, Fr::ONE, -Fr::ONE, Fr::from(127), Fr::from(128), Fr::from(129), Fr::from(255)];
        for x in edges.into_iter().chain((0..20).map(|_| Fr::rand(rng))) {
            let mut sum = G1Projective::generator();
            table.add_multiple(&x, &mut sum);
            assert_eq!(sum, G1Projective::generator() + point * x);
        }
    }
}
