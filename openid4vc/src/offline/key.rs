//! Which verifying key an answer is for, in few bytes.

use crate::vp::KeyDigest;

/// The first bytes of a key's digest. They tell the keys of one ledger apart; what is proved depends on the whole key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyStart(pub [u8; 8]);

impl KeyStart {
    /// How a digest begins.
    pub fn of(KeyDigest([a, b, c, d, e, f, g, h, ..]): &KeyDigest) -> Self {
        Self([*a, *b, *c, *d, *e, *f, *g, *h])
    }

    /// Whether a digest begins so.
    pub fn begins(&self, digest: &KeyDigest) -> bool {
        Self::of(digest) == *self
    }
}
