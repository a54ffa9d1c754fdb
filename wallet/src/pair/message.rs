//! What two wallets say to each other, as bytes and as text.
//!
//! The text of a message is `yong-pair:`, its kind, a colon, and base64url without padding of its bytes, whose number is
//! fixed.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::typed;
use sha2::{Digest as _, Sha256};

/// The first message, from the wallet that has the person secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// X25519, made for this pairing.
    pub(super) key: [u8; 32],
    /// To that key and to a nonce.
    pub(super) commitment: [u8; 32],
}

/// The second message, from the new wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// X25519, made for this pairing.
    pub(super) key: [u8; 32],
    /// Uniform.
    pub(super) nonce: [u8; 32],
}

/// The third message, from the wallet that has the person secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// What the offer is committed to.
    pub(super) nonce: [u8; 32],
    /// Of the answer that was taken.
    pub(super) answer: [u8; 32],
}

/// The last message: the person secret, for the wallet that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedSecret {
    /// HPKE's encapsulated key.
    pub(super) encapsulated: [u8; 32],
    /// The secret's 32 bytes and the tag.
    pub(super) ciphertext: [u8; SEALED],
}

/// Which message a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// [`Offer`].
    Offer,
    /// [`Answer`].
    Answer,
    /// [`Reveal`].
    Reveal,
    /// [`SealedSecret`].
    Secret,
}

/// Why a text is not the message that comes next. The text is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// Nothing of a pairing.
    #[error("not a message of a pairing: it begins with `{START}` and is copied whole")]
    NotAMessage,
    /// A message that belongs elsewhere.
    #[error("this is the {found} of a pairing, and its {wanted} comes next")]
    Other {
        /// What it is.
        found: MessageKind,
        /// What it should be.
        wanted: MessageKind,
    },
    /// Cut off, or mistyped.
    #[error("the message is damaged: copy it whole")]
    Damaged,
}

impl Offer {
    pub(super) fn new(key: [u8; 32], nonce: &[u8; 32]) -> Self {
        Self { key, commitment: commitment(&key, nonce) }
    }
    /// Whether this nonce is the one that was committed to.
    pub(super) fn is_committed_to(&self, nonce: &[u8; 32]) -> bool {
        commitment(&self.key, nonce) == self.commitment
    }
    pub(super) fn to_bytes(&self) -> [u8; 64] {
        joined(&self.key, &self.commitment)
    }
}

impl Answer {
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::new().chain_update(ANSWER).chain_update(self.to_bytes()).finalize().into()
    }
    pub(super) fn to_bytes(&self) -> [u8; 64] {
        joined(&self.key, &self.nonce)
    }
}

impl Reveal {
    pub(super) fn to_bytes(&self) -> [u8; 64] {
        joined(&self.nonce, &self.answer)
    }
}

impl SealedSecret {
    fn to_bytes(&self) -> [u8; 32 + SEALED] {
        joined(&self.encapsulated, &self.ciphertext)
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_message(f, MessageKind::Offer, &self.to_bytes())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_message(f, MessageKind::Answer, &self.to_bytes())
    }
}

impl fmt::Display for Reveal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_message(f, MessageKind::Reveal, &self.to_bytes())
    }
}

impl fmt::Display for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_message(f, MessageKind::Secret, &self.to_bytes())
    }
}

impl FromStr for Offer {
    type Err = MessageError;
    fn from_str(text: &str) -> Result<Self, MessageError> {
        let (key, commitment) = read_message(text, MessageKind::Offer)?;
        Ok(Self { key, commitment })
    }
}

impl FromStr for Answer {
    type Err = MessageError;
    fn from_str(text: &str) -> Result<Self, MessageError> {
        let (key, nonce) = read_message(text, MessageKind::Answer)?;
        Ok(Self { key, nonce })
    }
}

impl FromStr for Reveal {
    type Err = MessageError;
    fn from_str(text: &str) -> Result<Self, MessageError> {
        let (nonce, answer) = read_message(text, MessageKind::Reveal)?;
        Ok(Self { nonce, answer })
    }
}

impl FromStr for SealedSecret {
    type Err = MessageError;
    fn from_str(text: &str) -> Result<Self, MessageError> {
        let (encapsulated, ciphertext) = read_message(text, MessageKind::Secret)?;
        Ok(Self { encapsulated, ciphertext })
    }
}

impl MessageKind {
    const ALL: [Self; 4] = [Self::Offer, Self::Answer, Self::Reveal, Self::Secret];

    /// The word in the text, and in what people read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Answer => "answer",
            Self::Reveal => "reveal",
            Self::Secret => "secret",
        }
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn write_message(f: &mut fmt::Formatter<'_>, kind: MessageKind, bytes: &[u8]) -> fmt::Result {
    write!(f, "{START}{kind}:{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The two parts of a message of this kind, as a hand or a scanner gives it.
fn read_message<const N: usize, const M: usize>(
    text: &str,
    wanted: MessageKind,
) -> Result<([u8; N], [u8; M]), MessageError> {
    if text.len() > LONGEST * typed::FULL_WIDTH_BYTES {
        return Err(MessageError::NotAMessage);
    }
    let text = typed::cased(text, START);
    let rest = text.strip_prefix(START).ok_or(MessageError::NotAMessage)?;
    let (word, code) = rest.split_once(':').ok_or(MessageError::NotAMessage)?;
    let found = MessageKind::ALL.into_iter().find(|kind| kind.as_str() == word);
    let found = found.ok_or(MessageError::NotAMessage)?;
    if found != wanted {
        return Err(MessageError::Other { found, wanted });
    }
    let bytes = URL_SAFE_NO_PAD.decode(code).map_err(|_| MessageError::Damaged)?;
    let (first, rest) = bytes.split_first_chunk::<N>().ok_or(MessageError::Damaged)?;
    let second: [u8; M] = rest.try_into().map_err(|_| MessageError::Damaged)?;
    Ok((*first, second))
}

fn commitment(key: &[u8; 32], nonce: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(COMMITMENT).chain_update(key).chain_update(nonce).finalize().into()
}

fn joined<const N: usize, const M: usize, const S: usize>(first: &[u8; N], second: &[u8; M]) -> [u8; S] {
    const { assert!(N + M == S, "the parts are as long as the whole") };
    let mut bytes = [0; S];
    let (start, end) = bytes.split_at_mut(N);
    start.copy_from_slice(first);
    end.copy_from_slice(second);
    bytes
}

/// What every message begins with.
const START: &str = "yong-pair:";
/// Bytes of the secret under its seal: 32 and a tag of 16.
const SEALED: usize = 48;
/// Characters of a message at most.
const LONGEST: usize = 256;
const COMMITMENT: &[u8] = b"yong/pair/v1/commitment";
const ANSWER: &[u8] = b"yong/pair/v1/answer";
