//! A field's constants in limbs of 52 bits.

use std::marker::PhantomData;

use ark_ff::{Fp, MontBackend, MontConfig};

/// A prime field of four words.
pub(super) type Prime<C> = Fp<MontBackend<C, 4>, 4>;

/// The low 52 bits.
pub(super) const MASK: u64 = (1 << 52) - 1;

/// The constants of the field C.
pub(super) struct Modulus<C>(PhantomData<C>);

impl<C: MontConfig<4>> Modulus<C> {
    pub(super) const P: [u64; 5] = Self::multiple(1);
    pub(super) const P2: [u64; 5] = Self::multiple(2);
    pub(super) const P4: [u64; 5] = Self::multiple(4);
    /// −p^−1 mod 2^52; arkworks has it mod 2^64.
    pub(super) const NEGATIVE_INVERSE: u64 = C::INV & MASK;

    /// 2^260 mod p: one with R = 2^260.
    pub(super) const ONE: [u64; 5] = limbs(&Self::doubled(C::R.0, 4));

    /// x·2^k mod p for canonical x.
    const fn doubled(mut x: [u64; 4], k: u32) -> [u64; 4] {
        let p = &C::MODULUS.0;
        let mut round = 0;
        while round < k {
            x = [x[0] << 1, x[1] << 1 | x[0] >> 63, x[2] << 1 | x[1] >> 63, x[3] << 1 | x[2] >> 63];
            let mut less = [0; 4];
            let mut borrow = 0;
            let mut i = 0;
            while i < 4 {
                let (difference, first) = x[i].overflowing_sub(p[i]);
                let (difference, second) = difference.overflowing_sub(borrow);
                less[i] = difference;
                borrow = (first || second) as u64;
                i += 1;
            }
            if borrow == 0 {
                x = less;
            }
            round += 1;
        }
        x
    }

    /// k·p.
    pub(super) const fn multiple(k: u64) -> [u64; 5] {
        assert!(C::MODULUS.0[3] >> 62 == 0, "the bounds hold below 2^254");
        let p = limbs(&C::MODULUS.0);
        let mut out = [0; 5];
        let mut carry = 0;
        let mut i = 0;
        while i < 5 {
            let limb = p[i] * k + carry;
            out[i] = limb & MASK;
            carry = limb >> 52;
            i += 1;
        }
        out
    }
}

/// A number of 256 bits in limbs of 52.
pub(super) const fn limbs(words: &[u64; 4]) -> [u64; 5] {
    let [a, b, c, d] = *words;
    [a & MASK, (a >> 52 | b << 12) & MASK, (b >> 40 | c << 24) & MASK, (c >> 28 | d << 36) & MASK, d >> 16]
}

#[cfg(test)]
mod tests {
    use ark_bn254::{Fq, FqConfig, Fr, FrConfig};
    use ark_ff::{BigInt, BigInteger, PrimeField};

    use super::*;

    fn is_shifted(multiple: [u64; 5], modulus: BigInt<4>, by: u32) {
        let expected = modulus << by;
        let bit = |i: usize| (multiple[i / 52] >> (i % 52)) & 1 == 1;
        assert!((0..256).all(|i| expected.get_bit(i) == bit(i)));
    }

    #[test]
    fn multiples_of_both_moduli() {
        for (by, of_q, of_r) in [
            (0, Modulus::<FqConfig>::P, Modulus::<FrConfig>::P),
            (1, Modulus::<FqConfig>::P2, Modulus::<FrConfig>::P2),
            (2, Modulus::<FqConfig>::P4, Modulus::<FrConfig>::P4),
        ] {
            is_shifted(of_q, Fq::MODULUS, by);
            is_shifted(of_r, Fr::MODULUS, by);
        }
    }

    #[test]
    fn one_is_sixteen_in_arkworks_form() {
        assert_eq!(Modulus::<FqConfig>::ONE, limbs(&Fq::from(16u64).0.0));
        assert_eq!(Modulus::<FrConfig>::ONE, limbs(&Fr::from(16u64).0.0));
    }

    #[test]
    fn the_inverse_is_of_the_lowest_limb() {
        let one = |p: [u64; 5], inverse: u64| p[0].wrapping_mul(inverse.wrapping_neg()) & MASK;
        assert_eq!(one(Modulus::<FqConfig>::P, Modulus::<FqConfig>::NEGATIVE_INVERSE), 1);
        assert_eq!(one(Modulus::<FrConfig>::P, Modulus::<FrConfig>::NEGATIVE_INVERSE), 1);
    }
}
