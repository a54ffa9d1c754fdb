//! Shamir's polynomial over Fr: the secret at 0, a share at each of 1, 2, …, n.
//!
//! ark-poly has polynomials too, whose coefficients stay in memory when they are dropped; these do not. A test compares
//! the two.

use ark_ff::{AdditiveGroup, Field, UniformRand};
use circuits::Fr;
use circuits::credential::PersonSecret;
use rand::{CryptoRng, RngCore};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::share::Share;
use crate::threshold::{ShareIndex, Threshold};

/// A polynomial of degree t − 1, the secret first. No `Debug`, zeroized on drop.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct Polynomial(Vec<Fr>);

impl Polynomial {
    /// Through the secret at 0, and uniform among those: each coefficient after the first is.
    pub(crate) fn random<R: RngCore + CryptoRng>(
        secret: &PersonSecret,
        threshold: Threshold,
        rng: &mut R,
    ) -> Self {
        // Room for all of them, so that none is left behind where a vector grew.
        let mut coefficients = Vec::with_capacity(threshold.needed());
        coefficients.push(*secret.expose());
        coefficients.extend((1..threshold.needed()).map(|_| Fr::rand(rng)));
        Self(coefficients)
    }
    /// The value of a share, by Horner's rule.
    pub(crate) fn evaluate(&self, at: ShareIndex) -> Fr {
        let x = at.element();
        self.0.iter().rev().fold(Fr::ZERO, |value, coefficient| value * x + coefficient)
    }
}

/// The value at 0 of the polynomial of least degree through these shares (Lagrange). Two with the same index would fix
/// none; `None` then.
pub(crate) fn at_zero(shares: &[Share]) -> Option<Fr> {
    shares.iter().try_fold(Fr::ZERO, |sum, share| Some(sum + *share.value() * weight(share.index(), shares)?))
}

/// What the share with this index counts at 0: the product of `x_j / (x_j − x_i)` over the others.
fn weight(index: ShareIndex, shares: &[Share]) -> Option<Fr> {
    let x = index.element();
    let others = shares.iter().map(Share::index).filter(|other| *other != index);
    let (above, below, count) =
        others.map(ShareIndex::element).fold((Fr::ONE, Fr::ONE, 1), |(above, below, count), other| {
            (above * other, below * (other - x), count + 1)
        });
    if count == shares.len() { below.inverse().map(|inverse| above * inverse) } else { None }
}

#[cfg(test)]
mod tests {
    use ark_poly::univariate::DensePolynomial;
    use ark_poly::{DenseUVPolynomial, Polynomial as _};
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::threshold::MAX_SHARES;

    /// A threshold, a secret, and entropy for a polynomial.
    fn dealing() -> impl Strategy<Value = (Threshold, Fr, ChaCha20Rng)> {
        (2..=MAX_SHARES, any::<u64>(), any::<[u8; 32]>()).prop_flat_map(|(shares, secret, seed)| {
            (2..=shares).prop_map(move |needed| {
                let threshold = Threshold::new(needed, shares).unwrap();
                let mut rng = ChaCha20Rng::from_seed(seed);
                let secret = Fr::rand(&mut rng) + Fr::from(secret);
                (threshold, secret, rng)
            })
        })
    }

    fn through(secret: Fr, threshold: Threshold, rng: &mut ChaCha20Rng) -> Polynomial {
        Polynomial::random(&PersonSecret::from_element(secret).unwrap(), threshold, rng)
    }

    fn values(polynomial: &Polynomial, indices: &[ShareIndex]) -> Vec<Fr> {
        indices.iter().map(|index| polynomial.evaluate(*index)).collect()
    }

    fn shares(polynomial: &Polynomial, indices: &[ShareIndex]) -> Vec<Share> {
        indices.iter().map(|index| Share::new(*index, polynomial.evaluate(*index), Fr::ZERO)).collect()
    }

    /// The coefficients of the polynomial of least degree through these points, x before y.
    fn interpolated(points: &[(Fr, Fr)]) -> Vec<Fr> {
        let mut sum: DensePolynomial<Fr> = DensePolynomial::from_coefficients_vec(vec![]);
        for (x, y) in points {
            let others = points.iter().map(|(other, _)| *other).filter(|other| other != x);
            let one = DensePolynomial::from_coefficients_vec(vec![*y]);
            let term = others.fold(one, |term, other| {
                let scale = (*x - other).inverse().unwrap();
                term.naive_mul(&DensePolynomial::from_coefficients_vec(vec![-other * scale, scale]))
            });
            sum += &term;
        }
        sum.coeffs
    }

    proptest! {
        #[test]
        fn any_t_shares_give_the_secret_back(
            (threshold, secret, mut rng) in dealing(),
            order in Just((1..=MAX_SHARES).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let polynomial = through(secret, threshold, &mut rng);
            let all: Vec<_> = threshold.indices().collect();
            let mut shuffled: Vec<_> = order.iter().filter_map(|place| all.get(place - 1).copied()).collect();
            shuffled.truncate(threshold.needed());
            prop_assert_eq!(at_zero(&shares(&polynomial, &shuffled)), Some(secret));
            prop_assert_eq!(at_zero(&shares(&polynomial, &all)), Some(secret), "nor do more of them differ");
        }

        /// For every secret there is exactly one choice of the other coefficients that gives these t − 1 shares; as each
        /// choice is as likely as any other, so is each secret.
        #[test]
        fn fewer_shares_fit_every_secret_equally_well(
            (threshold, secret, mut rng) in dealing(),
            order in Just((1..=MAX_SHARES).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let all: Vec<_> = threshold.indices().collect();
            let mut some: Vec<_> = order.iter().filter_map(|place| all.get(place - 1).copied()).collect();
            some.truncate(threshold.needed() - 1);
            let dealt = values(&through(secret, threshold, &mut rng), &some);
            for other in [Fr::ZERO, -Fr::ONE, Fr::rand(&mut rng), secret] {
                let mut fixed = vec![(Fr::ZERO, other)];
                fixed.extend(some.iter().map(|index| index.element()).zip(dealt.iter().copied()));
                let mut coefficients = interpolated(&fixed);
                prop_assert!(coefficients.len() <= threshold.needed(), "t points fix one of degree t − 1");
                coefficients.resize(threshold.needed(), Fr::ZERO);
                prop_assert_eq!(coefficients[0], other);
                prop_assert_eq!(values(&Polynomial(coefficients), &some), dealt.clone());
            }
        }

        #[test]
        fn values_are_those_of_ark_poly((threshold, secret, mut rng) in dealing()) {
            let polynomial = through(secret, threshold, &mut rng);
            let other = DensePolynomial::from_coefficients_vec(polynomial.0.clone());
            for index in threshold.indices() {
                prop_assert_eq!(polynomial.evaluate(index), other.evaluate(&index.element()));
            }
        }
    }

    #[test]
    fn two_points_with_one_index_fix_nothing() {
        let threshold = Threshold::new(2, 3).unwrap();
        let one = threshold.indices().next().unwrap();
        let twice = [(); 2].map(|()| Share::new(one, Fr::ONE, Fr::ZERO));
        assert_eq!(at_zero(&twice), None);
        assert_eq!(at_zero(&[]), Some(Fr::ZERO), "of nothing the sum is 0; callers count first");
    }

    #[test]
    fn each_dealing_has_another_polynomial() {
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let threshold = Threshold::new(3, 5).unwrap();
        let [one, two] = [(); 2].map(|()| through(Fr::ONE, threshold, &mut rng));
        for index in threshold.indices() {
            assert_ne!(one.evaluate(index), two.evaluate(index));
        }
    }
}
