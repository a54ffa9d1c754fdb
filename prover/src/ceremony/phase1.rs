//! Powers of τ: made alone, and verified however they were made.

mod large;
mod make;
mod verify;

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::AffineRepr;
use blake2::{Blake2b512, Digest};

use self::large::LARGE;
use super::blake2b::State;
use super::hashing::PointHash;
use super::transcript_rng;
use crate::iden3::points;
use crate::iden3::ptau::Sequence;

pub use make::make;
#[cfg(any(test, feature = "test-support"))]
pub use make::make_together;
pub(super) use verify::verify;

/// Why powers of τ are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Phase1Error {
    /// There is no contribution: τ is one.
    #[error("nobody has contributed to it")]
    Nobody,
    /// A contribution does not continue the one before.
    #[error("contribution {number}: {error}")]
    Contribution {
        /// From one.
        number: usize,
        /// Why.
        error: super::ContributionError,
    },
    /// The first powers are not those that the last contribution states.
    #[error("its powers are not those of its last contribution")]
    End,
    /// Some power is not the one before times τ.
    #[error("its powers are no powers")]
    Powers,
    /// The Lagrange points are not those of the powers.
    #[error("its prepared part does not match its powers")]
    Lagrange,
    /// The last contribution's hash, or the one that the next would build on, is not that of the powers.
    #[error("the hashes in its last contribution are not those of its powers")]
    Hash,
}

/// The point of G2 for the proof that the factor of τ (0), α (1) or β (2) was known.
fn knowledge_base(number: u8, challenge: &[u8; 64], g1_s: G1Affine, g1_sx: G1Affine) -> G2Affine {
    transcript_rng::hash_to_g2(
        &PointHash::default().bytes(&[number]).bytes(challenge).points(&[g1_s, g1_sx]).finish(),
    )
}

/// All powers: of τ in G1 and G2, times α, times β.
type All<'a> = (&'a [G1Affine], &'a [G2Affine], &'a [G1Affine], &'a [G1Affine]);

/// Hash of the challenge that a contribution answers and of all its powers, compressed: it goes on with the proofs.
fn partial_hash(challenge: &[u8; 64], (tau1, tau2, alpha, beta): All, beta2: G2Affine) -> State {
    let mut bytes = challenge.to_vec();
    points::put_compressed(&mut bytes, tau1);
    points::put_compressed(&mut bytes, tau2);
    points::put_compressed(&mut bytes, alpha);
    points::put_compressed(&mut bytes, beta);
    points::put_compressed(&mut bytes, &[beta2]);
    let mut hash = State::new();
    hash.update(&bytes);
    hash
}

/// Hash of a contribution's hash and of all its powers: what the next contribution builds on.
fn next_challenge(response: &[u8; 64], (tau1, tau2, alpha, beta): All, beta2: G2Affine) -> [u8; 64] {
    let hash = PointHash::default().bytes(response).points(tau1).points(tau2);
    hash.points(alpha).points(beta).points(&[beta2]).finish()
}

/// The challenge before any contribution. Those of the largest ceremonies, hashes of up to a hundred gigabytes, are
/// written down in [`LARGE`].
fn first_challenge(power: u32) -> [u8; 64] {
    match LARGE.iter().find(|(large, _)| *large == power) {
        Some((_, challenge)) => *challenge,
        None => hashed_first_challenge(power),
    }
}

/// The hash of all powers of one, behind the hash of nothing. Powers are hashed by the block.
fn hashed_first_challenge(power: u32) -> [u8; 64] {
    let (g1, g2) = (repeated(&[G1Affine::generator()]), repeated(&[G2Affine::generator()]));
    let mut hash = PointHash::default().bytes(&Blake2b512::digest([]));
    for sequence in Sequence::ALL {
        let block = if sequence == Sequence::Tau2 { &g2 } else { &g1 };
        let point = block.len() / BLOCK;
        let mut left = sequence.powers(power);
        while left > 0 {
            let points = left.min(BLOCK);
            hash = hash.bytes(&block[..points * point]);
            left -= points;
        }
    }
    hash.points(&[G2Affine::generator()]).finish()
}

fn repeated<P>(point: &[ark_ec::short_weierstrass::Affine<P>]) -> Vec<u8>
where
    P: ark_ec::short_weierstrass::SWCurveConfig<BaseField: points::Coordinate>,
{
    let mut bytes = Vec::new();
    points::put_plain(&mut bytes, point);
    bytes.repeat(BLOCK)
}

const BLOCK: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest of the table is three gigabytes; the others are the same function of a larger number. That of 28 is
    /// the one that the Perpetual Powers of Tau state of their `challenge_initial`, that of 12 the one that snarkjs prints.
    #[test]
    fn a_first_challenge_is_the_hash_of_powers_of_one() {
        let snarkjs = "9e63a5f62b96538daaed2372481920d1a40b91959ea38ef9f5f6a3033b886516\
                       0710d067c09d09615f928ea517bcdf49ad75abd2c8340b400e3b18e968b4ffef";
        assert_eq!(hex::encode(first_challenge(12)), snarkjs);
        let perpetual = "93da91920d5a54a8a0fde55cd9dc3a10c4f3eef768b62c0948741370864254b4\
                         c1920f3f29d4ebc0ef3acecf2e2db63a755713d77e1ed77347a56fbc317c7a93";
        assert_eq!(hex::encode(first_challenge(28)), perpetual);
        let (power, challenge) = LARGE[0];
        assert_eq!(hashed_first_challenge(power), challenge);
        assert_eq!(LARGE.map(|(power, _)| power), [23, 24, 25, 26, 27, 28]);
    }
}
