//! One more factor of δ.

use ark_bn254::{Fr, G1Affine, G1Projective};
use ark_ec::CurveGroup;
use ark_ff::{Field, Zero};
use blake2::{Blake2b512, Digest};
use rand::{CryptoRng, RngCore};
use rayon::prelude::*;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::hashing::{PointHash, contribution_hash};
use super::transcript_rng;
use crate::iden3::zkey::{Author, Contribution, HASH_BYTES, Name, Zkey};

/// Public randomness that nobody could foresee when the last contribution was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beacon {
    value: Vec<u8>,
    exponent: u8,
}

/// A beacon cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a beacon has 1 to 255 bytes and is hashed 2^10 to 2^{} times", Beacon::MAX_EXPONENT)]
pub struct BeaconError;

impl Beacon {
    /// Most hashing that is done here, as a logarithm: seconds.
    pub const MAX_EXPONENT: u8 = 24;

    /// The value, and the logarithm of how many times it is hashed.
    pub fn new(value: Vec<u8>, exponent: u8) -> Result<Self, BeaconError> {
        let fits = (1..=255).contains(&value.len()) && (10..=Self::MAX_EXPONENT).contains(&exponent);
        if fits { Ok(Self { value, exponent }) } else { Err(BeaconError) }
    }

    /// The stream that everybody gets from it.
    pub(super) fn stream(&self) -> impl RngCore + use<> {
        let mut hash: [u8; 32] = Sha256::digest(&self.value).into();
        for _ in 1..1u64 << self.exponent {
            hash = Sha256::digest(hash).into();
        }
        transcript_rng::stream(&hash)
    }
}

/// Multiplies δ by a factor made of `rng`, which must be the system's generator outside tests, and of what the
/// contributor typed. The factor is wiped when this returns. Also returns the contribution's hash.
pub fn contribute(
    before: &Zkey,
    name: Option<Name>,
    typed: &str,
    rng: &mut (impl RngCore + CryptoRng),
) -> (Zkey, [u8; HASH_BYTES]) {
    let mut system = Zeroizing::new([0; 64]);
    rng.fill_bytes(&mut *system);
    let seed = Blake2b512::new().chain_update(*system).chain_update(typed).finalize();
    let seed = Zeroizing::new(<[u8; 64]>::from(seed));
    extend(before, Author::Person, name, &mut transcript_rng::stream(&*seed))
}

/// Multiplies δ by the beacon's factor, which everybody can compute.
pub fn apply_beacon(before: &Zkey, name: Option<Name>, beacon: &Beacon) -> (Zkey, [u8; HASH_BYTES]) {
    let author = Author::Beacon { exponent: beacon.exponent, value: beacon.value.clone() };
    extend(before, author, name, &mut beacon.stream())
}

fn extend(
    before: &Zkey,
    author: Author,
    name: Option<Name>,
    rng: &mut impl RngCore,
) -> (Zkey, [u8; HASH_BYTES]) {
    let mut after = before.clone();
    let (x, g1_s) = factor(rng);
    let g1_sx = (g1_s * *x).into_affine();
    let start = PointHash::default().bytes(&before.record.circuit_hash);
    let transcript =
        before.record.contributions.iter().fold(start, PointHash::contribution).transcript(g1_s, g1_sx);
    let g2_spx = (transcript_rng::hash_to_g2(&transcript) * *x).into_affine();
    after.constants.delta1 = (before.constants.delta1 * *x).into_affine();
    after.constants.delta2 = (before.constants.delta2 * *x).into_affine();
    let inverse = Zeroizing::new(x.inverse().expect("a factor is not zero"));
    after.l = multiplied(&before.l, &inverse);
    after.h = multiplied(&before.h, &inverse);
    let delta_after = after.constants.delta1;
    let contribution = Contribution { delta_after, g1_s, g1_sx, g2_spx, transcript, author, name };
    let hash = contribution_hash(&contribution);
    after.record.contributions.push(contribution);
    (after, hash)
}

/// A factor and a point, in the order in which a beacon draws them.
pub(super) fn factor(rng: &mut impl RngCore) -> (Zeroizing<Fr>, G1Affine) {
    let mut x = Zeroizing::new(transcript_rng::scalar(rng));
    while x.is_zero() {
        x = Zeroizing::new(transcript_rng::scalar(rng));
    }
    (x, transcript_rng::g1(rng))
}

fn multiplied(points: &[G1Affine], k: &Fr) -> Vec<G1Affine> {
    let products: Vec<_> = points.par_iter().with_min_len(64).map(|p| *p * k).collect();
    G1Projective::normalize_batch(&products)
}
