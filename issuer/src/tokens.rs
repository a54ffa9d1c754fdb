//! Random tokens: offers, codes and access tokens, of which the store keeps digests, and `c_nonce`s, of which it keeps
//! nothing.

use std::collections::BTreeSet;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openid4vc::vci::Secret;
use rand::{CryptoRng, Rng as _, RngCore};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// SHA-256 of a secret with its purpose: what the store keeps.
pub(crate) type Digest = [u8; 32];

/// What a digest is of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Offer,
    Code,
    TxCode,
    AccessToken,
    Notification,
    AdminToken,
}

/// A new secret.
pub(crate) fn new_secret<R: RngCore + CryptoRng>(rng: &mut R) -> Secret {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    rng.fill_bytes(bytes.as_mut());
    URL_SAFE_NO_PAD.encode(bytes.as_ref()).into()
}

/// A new number of [`TX_CODE_DIGITS`] digits for the clerk to tell.
pub(crate) fn new_tx_code<R: RngCore + CryptoRng>(rng: &mut R) -> Secret {
    format!("{:0width$}", rng.gen_range(0..10_u32.pow(TX_CODE_DIGITS)), width = TX_CODE_DIGITS as usize)
        .into()
}

/// Whether a text could be such a number. One that could not is no try at the right one.
pub(crate) fn is_tx_code(text: &str) -> bool {
    text.len() == TX_CODE_DIGITS as usize && text.bytes().all(|b| b.is_ascii_digit())
}

/// Digest of a secret. Purposes never collide.
pub(crate) fn digest(purpose: Purpose, secret: &str) -> Digest {
    let hash =
        Sha256::new().chain_update(b"yong/desk/v1\n").chain_update(purpose.as_str()).chain_update(b"\n");
    hash.chain_update(secret).finalize().into()
}

/// Digest of a `tx_code`, salted by the code it belongs to.
pub(crate) fn tx_code_digest(code: &str, tx_code: &str) -> Digest {
    digest(Purpose::TxCode, &format!("{code}\n{tx_code}"))
}

/// The pre-authorized code of an offer: it follows from the offer's identifier, so the store need not keep it.
pub(crate) fn offer_code(offer: &str) -> Secret {
    URL_SAFE_NO_PAD.encode(digest(Purpose::Code, &format!("of offer\n{offer}"))).into()
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Code => "code",
            Self::TxCode => "tx_code",
            Self::AccessToken => "access_token",
            Self::Notification => "notification",
            Self::AdminToken => "admin_token",
        }
    }
}

/// Makes and spends nonces. A nonce is `random(16) ‖ expiry(8, BE) ‖ tag(16)` in base64url; the tag is keyed by a key
/// that lives as long as the process, so asking for nonces costs no memory, and a restart ends all of them.
pub(crate) struct Nonces {
    key: zeroize::Zeroizing<[u8; 32]>,
    /// Spent nonces by expiry and random part, until they expire.
    spent: Mutex<BTreeSet<(u64, [u8; 16])>>,
}

/// Why a nonce is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NonceError {
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
    pub(crate) fn spend(&self, nonce: &str, now: u64) -> Result<(), NonceError> {
        let (random, expiry) = self.open(nonce)?;
        if expiry < now {
            return Err(NonceError::Expired);
        }
        let mut spent = self.spent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *spent = spent.split_off(&(now, [0; 16]));
        if spent.insert((expiry, random)) { Ok(()) } else { Err(NonceError::Spent) }
    }

    fn open(&self, nonce: &str) -> Result<([u8; 16], u64), NonceError> {
        let mut bytes = [0; 42];
        let length = URL_SAFE_NO_PAD.decode_slice(nonce, &mut bytes).map_err(|_| NonceError::Unknown)?;
        let bytes = bytes.get(..length).filter(|b| b.len() == 40).ok_or(NonceError::Unknown)?;
        let (random, rest) = bytes.split_first_chunk::<16>().ok_or(NonceError::Unknown)?;
        let (expiry, tag) = rest.split_first_chunk::<8>().ok_or(NonceError::Unknown)?;
        let right = bool::from(self.tag(random, *expiry).as_slice().ct_eq(tag));
        if right { Ok((*random, u64::from_be_bytes(*expiry))) } else { Err(NonceError::Unknown) }
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

/// Seconds a nonce can be used.
pub(crate) const NONCE_SECONDS: u64 = 300;
/// Digits of a `tx_code`.
pub(crate) const TX_CODE_DIGITS: u32 = 6;

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
        assert_eq!(nonces.spend(&nonce, 1_300), Err(NonceError::Spent));
    }

    #[test]
    fn an_old_nonce_is_refused() {
        let nonces = nonces();
        let nonce = nonces.make(1_000, &mut rand::rngs::OsRng);
        assert_eq!(nonces.spend(&nonce, 1_301), Err(NonceError::Expired));
    }

    #[test]
    fn a_foreign_or_changed_nonce_is_refused() {
        let nonce = nonces().make(1_000, &mut rand::rngs::OsRng);
        assert_eq!(nonces().spend(&nonce, 1_000), Err(NonceError::Unknown));
        for text in ["", "x", &"A".repeat(54), &"A".repeat(5_000)] {
            assert_eq!(nonces().spend(text, 1_000), Err(NonceError::Unknown));
        }
    }
}
