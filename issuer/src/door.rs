//! Codes, tokens and nonces: 256 random bits, kept as digests.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openid4vc::vci::Secret;
use rand::{CryptoRng, Rng as _, RngCore};
use sha2::{Digest as _, Sha256};

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
pub(crate) fn random<R: RngCore + CryptoRng>(rng: &mut R) -> Secret {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    rng.fill_bytes(bytes.as_mut());
    URL_SAFE_NO_PAD.encode(bytes.as_ref()).into()
}

/// A new number of [`TX_CODE_DIGITS`] digits for the clerk to tell.
pub(crate) fn random_tx_code<R: RngCore + CryptoRng>(rng: &mut R) -> Secret {
    format!("{:0width$}", rng.gen_range(0..10_u32.pow(TX_CODE_DIGITS)), width = TX_CODE_DIGITS as usize)
        .into()
}

/// Digest of a secret. Purposes never collide.
pub(crate) fn digest(purpose: Purpose, secret: &str) -> Digest {
    let hash = Sha256::new().chain_update(b"yong/desk/v1\n").chain_update(purpose.word()).chain_update(b"\n");
    hash.chain_update(secret).finalize().into()
}

/// Digest of a `tx_code`, salted by the code it belongs to.
pub(crate) fn tx_code_digest(code: &str, tx_code: &str) -> Digest {
    digest(Purpose::TxCode, &format!("{code}\n{tx_code}"))
}

/// The pre-authorized code of an offer: it follows from the offer's identifier, so the store need not keep it.
pub(crate) fn code_of_offer(offer: &str) -> Secret {
    URL_SAFE_NO_PAD.encode(digest(Purpose::Code, &format!("of offer\n{offer}"))).into()
}

/// Digits of a `tx_code`.
pub(crate) const TX_CODE_DIGITS: u32 = 6;

impl Purpose {
    const fn word(self) -> &'static str {
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
