//! Numbers and points drawn from a stream of `ChaCha20`, in the way in which ceremonies have agreed to draw them.

use ark_bn254::{Fq, Fq2, Fr, G2Affine, g1, g2};
use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_ff::{BigInt, BigInteger, Field, Fp, MontBackend, MontConfig};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

use crate::iden3::points::Coordinate;

/// The stream for a hash: its first 32 bytes are the seed, each word of four bytes turned around.
pub(super) fn stream(hash: &[u8]) -> ChaCha20Rng {
    let mut seed = [0; 32];
    for (word, bytes) in seed.chunks_exact_mut(4).zip(hash.chunks_exact(4)) {
        word.copy_from_slice(bytes);
        word.reverse();
    }
    ChaCha20Rng::from_seed(seed)
}

/// A point of G2 whose logarithm nobody knows.
pub(super) fn hash_to_g2(hash: &[u8]) -> G2Affine {
    point::<g2::Config>(&mut stream(hash))
}

/// A point of G1.
pub(super) fn g1(rng: &mut impl RngCore) -> Affine<g1::Config> {
    point::<g1::Config>(rng)
}

/// A number below r.
pub(super) fn scalar(rng: &mut impl RngCore) -> Fr {
    Fr::sample(rng)
}

trait Sample: Sized {
    fn sample(rng: &mut impl RngCore) -> Self;
}

/// Numbers of as many bits as the prime until one is below it; it is taken as a Montgomery form.
impl<T: MontConfig<4>> Sample for Fp<MontBackend<T, 4>, 4> {
    fn sample(rng: &mut impl RngCore) -> Self {
        let mask = u64::MAX >> (256 - T::MODULUS.num_bits());
        loop {
            let mut limbs = [(); 4].map(|()| word(rng));
            limbs[3] &= mask;
            let drawn = BigInt(limbs);
            if drawn < T::MODULUS {
                return Self::new_unchecked(drawn);
            }
        }
    }
}

impl Sample for Fq2 {
    fn sample(rng: &mut impl RngCore) -> Self {
        let real = Fq::sample(rng);
        Self::new(real, Fq::sample(rng))
    }
}

/// x coordinates until one has a y; one more bit chooses between y and −y.
fn point<P: SWCurveConfig<BaseField: Coordinate + Sample>>(rng: &mut impl RngCore) -> Affine<P> {
    loop {
        let x = P::BaseField::sample(rng);
        let large = rng.next_u32() & 1 == 1;
        let Some(y) = (x.square() * x + P::COEFF_B).sqrt() else { continue };
        let y = if y.is_large() == large { y } else { -y };
        return Affine::<P>::new_unchecked(x, y).mul_by_cofactor();
    }
}

/// Two words, the upper one first.
fn word(rng: &mut impl RngCore) -> u64 {
    let upper = u64::from(rng.next_u32());
    upper << 32 | u64::from(rng.next_u32())
}
