//! Sums of products with one reduction for all of them, where a product each would pay for its own.

use ark_bn254::Fr;
use ark_ff::{BigInt, Fp, MontConfig, PrimeField};

/// Products that are summed before they are reduced.
const TERMS: usize = 17;

type Words<const N: usize> = [u64; N];

/// Σ `a_i` · `b_i`. Terms without a partner count nothing.
///
/// Bounds, with r / 2^256 < 0.19: seventeen products are below 2^512, and what their reduction leaves is below
/// (17 · 0.19 + 1) · r < 5·r < 2^256.
pub(super) fn dot(a: &[Fr], b: &[Fr]) -> Fr {
    let mut chunks = a.chunks(TERMS).zip(b.chunks(TERMS)).map(|(a, b)| reduced(sum_of_products(a, b)));
    let first = chunks.next().unwrap_or_default();
    chunks.fold(first, |sum, chunk| sum + chunk)
}

fn sum_of_products(a: &[Fr], b: &[Fr]) -> Words<8> {
    a.iter().zip(b).fold([0; 8], |sum, (x, y)| plus(sum, &product(&x.0.0, &y.0.0)))
}

#[inline]
fn product(a: &Words<4>, b: &Words<4>) -> Words<8> {
    let mut out = [0; 8];
    for (i, y) in b.iter().enumerate() {
        let mut carry = 0;
        for (j, x) in a.iter().enumerate() {
            (out[i + j], carry) = multiply_add(*x, *y, out[i + j], carry);
        }
        out[i + 4] = carry;
    }
    out
}

#[inline]
fn plus(mut sum: Words<8>, term: &Words<8>) -> Words<8> {
    let mut carry = false;
    for (word, added) in sum.iter_mut().zip(term) {
        let (partial, first) = word.overflowing_add(*added);
        let (total, second) = partial.overflowing_add(u64::from(carry));
        (*word, carry) = (total, first | second);
    }
    sum
}

/// x / 2^256 mod r.
#[inline]
fn reduced(mut x: Words<8>) -> Fr {
    let mut carry_above = 0;
    for i in 0..4 {
        let factor = x[i].wrapping_mul(<ark_bn254::FrConfig as MontConfig<4>>::INV);
        let mut carry = 0;
        for (j, word) in Fr::MODULUS.0.iter().enumerate() {
            (x[i + j], carry) = multiply_add(factor, *word, x[i + j], carry);
        }
        (x[i + 4], carry_above) = multiply_add(1, carry_above, x[i + 4], carry);
    }
    let mut out = [x[4], x[5], x[6], x[7]];
    for bound in [&MULTIPLES[2], &MULTIPLES[1], &MULTIPLES[0]] {
        out = less(out, bound);
    }
    Fp::new_unchecked(BigInt(out))
}

/// x − `bound` where that is not negative, else x.
#[inline]
fn less(x: Words<4>, bound: &Words<4>) -> Words<4> {
    let mut out = x;
    let mut borrow = false;
    for (word, taken) in out.iter_mut().zip(bound) {
        let (partial, first) = word.overflowing_sub(*taken);
        let (total, second) = partial.overflowing_sub(u64::from(borrow));
        (*word, borrow) = (total, first | second);
    }
    if borrow { x } else { out }
}

/// a · b + c + d, low word first: it cannot exceed two words.
#[inline]
fn multiply_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let wide = u128::from(a) * u128::from(b) + u128::from(c) + u128::from(d);
    (wide as u64, (wide >> 64) as u64)
}

/// r, 2·r and 4·r.
const MULTIPLES: [Words<4>; 3] = {
    let one = Fr::MODULUS.0;
    let two = doubled(one);
    [one, two, doubled(two)]
};

const fn doubled([a, b, c, d]: Words<4>) -> Words<4> {
    [a << 1, b << 1 | a >> 63, c << 1 | b >> 63, d << 1 | c >> 63]
}

#[cfg(test)]
mod tests {
    use ark_ff::{AdditiveGroup, Field, UniformRand};
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;

    fn one_by_one(a: &[Fr], b: &[Fr]) -> Fr {
        a.iter().zip(b).map(|(x, y)| *x * y).sum()
    }

    /// The largest sum that is reduced at once is seventeen times (r − 1)²; elements in memory may be any below r.
    #[test]
    fn largest_and_smallest_words() {
        let largest = Fp::new_unchecked(BigInt(less(Fr::MODULUS.0, &[1, 0, 0, 0])));
        for count in 0..40 {
            for x in [largest, Fr::ZERO, Fr::ONE, -Fr::ONE] {
                let (a, b) = (vec![x; count], vec![largest; count]);
                assert_eq!(dot(&a, &b), one_by_one(&a, &b), "{count} products");
            }
        }
    }

    #[test]
    fn random_numbers_of_every_length() {
        let rng = &mut StdRng::seed_from_u64(1);
        for _ in 0..500 {
            let [a, b] =
                [(); 2].map(|()| (0..rng.gen_range(0..40)).map(|_| Fr::rand(rng)).collect::<Vec<_>>());
            assert_eq!(dot(&a, &b), one_by_one(&a, &b));
        }
    }
}
