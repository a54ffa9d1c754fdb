//! Powers of τ: made alone, and verified however they were made.

mod make;
mod verify;

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::AffineRepr;
use blake2::{Blake2b512, Digest};

use super::hashing::PointHash;
use super::transcript_rng;
use crate::iden3::ptau::Sequence;

pub use make::make;
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
    /// The hash of the powers is not the one that the last contribution states.
    #[error("the hash of its powers is not the one in its last contribution")]
    Hash,
}

/// The point of G2 for the proof that the factor of τ (0), α (1) or β (2) was known.
fn knowledge_base(number: u8, challenge: &[u8; 64], g1_s: G1Affine, g1_sx: G1Affine) -> G2Affine {
    transcript_rng::hash_to_g2(
        &PointHash::default().bytes(&[number]).bytes(challenge).points(&[g1_s, g1_sx]).finish(),
    )
}

/// The challenge before any contribution: the hash of all powers of one, behind the hash of nothing.
fn first_challenge(power: u32) -> [u8; 64] {
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
    P: ark_ec::short_weierstrass::SWCurveConfig<BaseField: crate::iden3::points::Coordinate>,
{
    let mut bytes = Vec::new();
    crate::iden3::points::put_plain(&mut bytes, point);
    bytes.repeat(BLOCK)
}

const BLOCK: usize = 1024;
