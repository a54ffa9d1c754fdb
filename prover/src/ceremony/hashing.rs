//! What a ceremony hashes, and in which order.

use ark_bn254::G1Affine;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use blake2::{Blake2b512, Digest};

use crate::iden3::points::{self, Coordinate};
use crate::iden3::zkey::{Contribution, HASH_BYTES};

/// A hash of points.
#[derive(Clone, Default)]
pub(super) struct PointHash(Blake2b512);

impl PointHash {
    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(bytes);
        self
    }

    pub(super) fn points<P: SWCurveConfig<BaseField: Coordinate>>(self, all: &[Affine<P>]) -> Self {
        let mut plain = Vec::with_capacity(all.len() * points::size::<P>());
        points::put_plain(&mut plain, all);
        self.bytes(&plain)
    }

    /// How many, then each.
    pub(super) fn counted<P: SWCurveConfig<BaseField: Coordinate>>(self, all: &[Affine<P>]) -> Self {
        self.bytes(&(all.len() as u32).to_be_bytes()).points(all)
    }

    /// All that a contribution says, without its name.
    pub(super) fn contribution(self, c: &Contribution) -> Self {
        self.points(&[c.delta_after, c.g1_s, c.g1_sx]).points(&[c.g2_spx]).bytes(&c.transcript)
    }

    /// The hash that a contribution's point in G2 is drawn from, if this is the hash of everything before it.
    pub(super) fn transcript(&self, g1_s: G1Affine, g1_sx: G1Affine) -> [u8; HASH_BYTES] {
        self.clone().points(&[g1_s, g1_sx]).finish()
    }

    pub(super) fn finish(self) -> [u8; HASH_BYTES] {
        self.0.finalize().into()
    }
}

/// The number that a contributor reads out, and that everybody can compute from the file.
pub fn contribution_hash(contribution: &Contribution) -> [u8; HASH_BYTES] {
    PointHash::default().contribution(contribution).finish()
}
