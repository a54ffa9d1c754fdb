//! `c_nonce`s: made without storing anything, spent once.

use std::collections::BTreeSet;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::{CryptoRng, RngCore};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Seconds a nonce can be used.
pub(crate) const NONCE_SECONDS: u64 = 300;

/// Makes and spends nonces. A nonce is `random(16) ‖ expiry(8, BE) ‖ tag(16)` in base64url; the tag is keyed by a key
/// that lives as long as the process, so asking for nonces costs no memory, and a restart ends all of them.
pub(crate) struct Nonces {
    key: zeroize::Zeroizing<[u8; 32]>,
    /// Spent nonces by expiry and random part, until they expire.
    spent: Mutex<BTreeSet<(u64, [u8; 16])>>,
}

/// Why a nonce is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadNonce {
    /// Not made here, or before the last start.
    #[error("the nonce is not of this desk, or from before its last start")]
    Unknown,
    /// Older than five minutes.
    #[error("the nonce has expired")]
    Expired,
    /// Used before.
    #[error("the nonce was used before")]
    Spent,
}

impl Nonces {
    pub(crate) fn new<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let mut key = zeroize::Zeroizing::new([0; 32]);
        rng.fill_bytes(key.as_mut());
        Self { key, spent: Mutex::default() }
    }

    /// A new nonce.
    pub(crate) fn make<R: RngCore + CryptoRng>(&self, now: u64, rng: &mut R) -> String {
        let mut random = [0; 16];
        rng.fill_bytes(&mut random);
        let expiry = (now + NONCE_SECONDS).to_be_bytes();
        URL_SAFE_NO_PAD.encode([random.as_slice(), &expiry, &self.tag(&random, expiry)].concat())
    }

    /// Accepts a nonce once.
    pub(crate) fn spend(&self, nonce: &str, now: u64) -> Result<(), BadNonce> {
        let (random, expiry) = self.open(nonce)?;
        if expiry < now {
            return Err(BadNonce::Expired);
        }
        let mut spent = self.spent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *spent = spent.split_off(&(now, [0; 16]));
        if spent.insert((expiry, random)) { Ok(()) } else { Err(BadNonce::Spent) }
    }

    fn open(&self, nonce: &str) -> Result<([u8; 16], u64), BadNonce> {
        let mut bytes = [0; 42];
        let length = URL_SAFE_NO_PAD.decode_slice(nonce, &mut bytes).map_err(|_| BadNonce::Unknown)?;
        let bytes = bytes.get(..length).filter(|b| b.len() == 40).ok_or(BadNonce::Unknown)?;
        let (random, rest) = bytes.split_first_chunk::<16>().ok_or(BadNonce::Unknown)?;
        let (expiry, tag) = rest.split_first_chunk::<8>().ok_or(BadNonce::Unknown)?;
        let right = bool::from(self.tag(random, *expiry).as_slice().ct_eq(tag));
        if right { Ok((*random, u64::from_be_bytes(*expiry))) } else { Err(BadNonce::Unknown) }
    }

    /// Key, random part and expiry have fixed lengths, and half of the digest is kept, so nothing can be appended.
    fn tag(&self, random: &[u8; 16], expiry: [u8; 8]) -> [u8; 16] {
        let hash = Sha256::new()
            .chain_update(self.key.as_ref())
            .chain_update(random)
            .chain_update(expiry)
            .finalize();
        *hash.first_chunk().expect("a digest has 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonces() -> Nonces {
        Nonces::new(&mut rand::rngs::OsRng)
    }

    #[test]
    fn a_nonce_works_once() {
        let nonces = nonces();
        let nonce = nonces.make(1_000, &mut rand::rngs::OsRng);
        assert_eq!(nonces.spend(&nonce, 1_300), Ok(()));
        assert_eq!(nonces.spend(&nonce, 1_300), Err(BadNonce::Spent));
    }

    #[test]
    fn an_old_nonce_is_refused() {
        let nonces = nonces();
        let nonce = nonces.make(1_000, &mut rand::rngs::OsRng);
        assert_eq!(nonces.spend(&nonce, 1_301), Err(BadNonce::Expired));
    }

    #[test]
    fn a_foreign_or_changed_nonce_is_refused() {
        let nonce = nonces().make(1_000, &mut rand::rngs::OsRng);
        assert_eq!(nonces().spend(&nonce, 1_000), Err(BadNonce::Unknown));
        for text in ["", "x", &"A".repeat(54), &"A".repeat(5_000)] {
            assert_eq!(nonces().spend(text, 1_000), Err(BadNonce::Unknown));
        }
    }
}
