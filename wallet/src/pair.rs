//! Pairing: a wallet gives its person secret to another wallet of the same person, which keeps its own device secret.
//!
//! Four messages go by QR code, file or clipboard; whatever carries them may read and change them.
//!
//! | | from | message | what is in it |
//! |---|---|---|---|
//! | 1 | giving wallet | [`Offer`] | a fresh X25519 key, and a commitment to it and to a nonce |
//! | 2 | new wallet | [`Answer`] | a fresh X25519 key, and a nonce |
//! | 3 | giving wallet | [`Reveal`] | the nonce of 1, and a digest of 2 |
//! | | people | [`PairNumber`] | the six digits that both screens show, a hash of all that, are compared |
//! | 4 | giving wallet | [`SealedSecret`] | the person secret, under HPKE (RFC 9180) in its authenticated mode |
//!
//! Somebody between the two has a key of their own on each side, and needs the same six digits on both. Towards the new
//! wallet they are committed before they see its nonce; towards the giving wallet they send their nonce before they see
//! the one that was committed to. So they choose neither number, and one try in a million agrees by chance. Each state is
//! taken by the step that it is for: one offer takes one answer and one typed number, and a wrong one ends it.
//!
//! HPKE: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, `ChaCha20Poly1305`; `info` is `yong/pair/v1/secret` and a digest of the
//! first three messages; the sender's key is that of the offer.

mod further;
mod giving;
mod message;
mod seal;

pub use further::{Accepting, Revealed};
pub use giving::{Answered, Offering};
pub use message::{Answer, MessageError, MessageKind, Offer, Reveal, SealedSecret};

use std::str::FromStr;

use circuits::typed;
use sha2::{Digest as _, Sha256};

/// The digits that both screens show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairNumber(u32);

/// What was typed is not six digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number of six digits")]
pub struct NotANumber;

/// Why a pairing ends. What was begun is gone, and a new one begins with a new offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PairError {
    /// The other wallet, or somebody between the two, says something else than it committed to.
    #[error("the other wallet's messages do not belong together: one was changed, or is of another pairing")]
    Altered,
    /// The numbers on the two screens differ.
    #[error("the two wallets show different numbers: somebody may be between them")]
    OtherNumber,
    /// The secret was sealed for another pairing, by another wallet, or was changed.
    #[error("the sealed secret does not open: it was changed, or is of another pairing")]
    NotOpened,
    /// It opens, and holds something else.
    #[error("what the other wallet sealed is not a person secret")]
    NotASecret,
}

impl PairNumber {
    /// Of the whole exchange.
    fn new(offer: &Offer, answer: &Answer, nonce: &[u8; 32]) -> Self {
        let digest = Sha256::new()
            .chain_update(NUMBER)
            .chain_update(offer.to_bytes())
            .chain_update(answer.to_bytes())
            .chain_update(nonce)
            .finalize();
        let (first, _) = digest.split_first_chunk().expect("a digest has more than eight bytes");
        // Of 2^64 numbers each of the million is as probable as any other, up to one in 10^13.
        let number = u64::from_be_bytes(*first) % NUMBERS;
        Self(u32::try_from(number).expect("a number below a million fits"))
    }
}

impl std::fmt::Display for PairNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:03} {:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

/// As it is typed, with or without the space.
impl FromStr for PairNumber {
    type Err = NotANumber;
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        if text.len() > LONGEST_NUMBER {
            return Err(NotANumber);
        }
        let digits = typed::compact(text);
        let fits = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse().map_err(|_| NotANumber)?;
        if fits { Ok(Self(number)) } else { Err(NotANumber) }
    }
}

const NUMBER: &[u8] = b"yong/pair/v1/number";
/// Six digits.
const NUMBERS: u64 = 1_000_000;
/// Bytes of a typed number at most: six digits in full width, and spaces.
const LONGEST_NUMBER: usize = 64;

#[cfg(test)]
mod tests;
