//! A credential on paper, for a citizen without a phone: sealed, and opened at a counter with the citizen's code.
//!
//! The paper is `YONG:P2:` and base45 (RFC 9285) of
//!
//! | bytes | what |
//! |---|---|
//! | 16 | salt of Argon2id |
//! | 24 | nonce |
//! | … | XChaCha20-Poly1305 of the sheet, with all that stands before as associated data |
//!
//! The sheet is CBOR `[sk, psk, credential]`, filled up with zeros so that its length says little about the values.
//!
//! Whoever finds a paper can try codes for as long as he likes: 10^12 of them (40 bits; fewer where the citizen chose it), each at the price of Argon2id with 128 MiB
//! and three passes. A lost paper is therefore reported, and the department revokes its credential. Whoever has paper
//! *and* code is the citizen, as far as any counter can tell.

mod code;

pub use code::{CODE_DIGITS, CodeChoiceError, NotACode, PaperCode};

use argon2::{Algorithm, Argon2, Params, Version};
use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ciborium::Value;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::vci::IssuedCredential;
use circuits::credential::{DeviceSecret, HolderSecrets, PersonSecret};
use circuits::{field, typed};

/// What a paper holds. Personal data and secrets: no `Debug`.
pub struct Paper {
    /// The citizen's secrets, which exist nowhere else.
    pub secrets: HolderSecrets,
    /// The credential, granted to their holder.
    pub credential: IssuedCredential,
}

/// Random bytes for one paper, drawn by the caller and used once.
pub struct Fresh {
    /// For Argon2id.
    pub salt: [u8; SALT],
    /// For the cipher.
    pub nonce: [u8; NONCE],
}

/// A paper that has not been opened.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedPaper {
    head: [u8; SALT + NONCE],
    body: Vec<u8>,
}

/// The text is no paper. The text itself is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sealed paper: it begins with `{PREFIX}` and is scanned whole")]
pub struct NotAPaper;

/// Why a paper does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The code is wrong, or the paper is damaged: which of the two cannot be told.
    #[error("the code does not open this paper")]
    Code,
    /// It opens, and holds something else. Only who sealed it can cause this.
    #[error("the paper opens, and holds no credential of this version")]
    Sheet,
    /// There is not enough memory to try the code.
    #[error("there is not enough memory to open a paper")]
    Memory,
}

impl Paper {
    /// Seals under a code. `Err` only where there is not enough memory.
    pub fn seal(&self, code: &PaperCode, fresh: &Fresh) -> Result<SealedPaper, OpenError> {
        let mut head = [0; SALT + NONCE];
        head[..SALT].copy_from_slice(&fresh.salt);
        head[SALT..].copy_from_slice(&fresh.nonce);
        let sheet = encode_sheet(self);
        let body = cipher(code, &fresh.salt)?
            .encrypt(&XNonce::from(fresh.nonce), Payload { msg: &sheet, aad: &associated(&head) })
            .expect("a sheet is far below the 256 GiB that one nonce may seal");
        Ok(SealedPaper { head, body })
    }
}

impl SealedPaper {
    /// Tries a code. It takes as long as Argon2id takes.
    pub fn open(&self, code: &PaperCode) -> Result<Paper, OpenError> {
        let (salt, nonce) = self.head.split_at(SALT);
        let salt: &[u8; SALT] = salt.try_into().expect("the head begins with the salt");
        let nonce: [u8; NONCE] = nonce.try_into().expect("the head ends with the nonce");
        let payload = Payload { msg: &self.body, aad: &associated(&self.head) };
        let sheet =
            cipher(code, salt)?.decrypt(&XNonce::from(nonce), payload).map_err(|_| OpenError::Code)?;
        decode_sheet(&Zeroizing::new(sheet)).ok_or(OpenError::Sheet)
    }

    /// A name of the paper for counting tries: it says nothing about the citizen.
    pub fn name(&self) -> [u8; 32] {
        Sha256::new().chain_update(DOMAIN).chain_update(self.head).chain_update(&self.body).finalize().into()
    }

    fn bytes(&self) -> Vec<u8> {
        [self.head.as_slice(), &self.body].concat()
    }
}

impl std::fmt::Display for SealedPaper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PREFIX}{}", base45::encode(self.bytes()))
    }
}

/// Accepts the one encoding, as a hand or a scanner types it. Base45 of bytes never ends in a space.
impl std::str::FromStr for SealedPaper {
    type Err = NotAPaper;
    fn from_str(text: &str) -> Result<Self, NotAPaper> {
        if text.len() > MAX_CHARS * typed::FULL_WIDTH_BYTES {
            return Err(NotAPaper);
        }
        let text = typed::base45(text);
        let code = text.strip_prefix(PREFIX).filter(|code| code.len() <= MAX_CHARS).ok_or(NotAPaper)?;
        let bytes = base45::decode(code).map_err(|_| NotAPaper)?;
        let (head, body) = bytes.split_first_chunk().ok_or(NotAPaper)?;
        let paper = Self { head: *head, body: body.to_vec() };
        // One encoding per paper: tries are counted by it.
        let canonical = base45::encode(paper.bytes()) == code;
        if canonical && paper.body.len() > TAG { Ok(paper) } else { Err(NotAPaper) }
    }
}

fn associated(head: &[u8; SALT + NONCE]) -> Vec<u8> {
    [DOMAIN, head.as_slice()].concat()
}

fn cipher(code: &PaperCode, salt: &[u8; SALT]) -> Result<XChaCha20Poly1305, OpenError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("constants within Argon2's bounds");
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(code.as_bytes(), salt, key.as_mut())
        .map_err(|_| OpenError::Memory)?;
    Ok(XChaCha20Poly1305::new_from_slice(key.as_ref()).expect("the key has 32 bytes"))
}

/// Bytes of a salt.
pub const SALT: usize = 16;
/// Bytes of a nonce.
pub const NONCE: usize = 24;
/// What every paper begins with: letters that a QR code writes densely.
pub const PREFIX: &str = "YONG:P2:";
const TAG: usize = 16;
const DOMAIN: &[u8] = b"yong/paper/v2";
/// Characters after the prefix at most: more than one QR code holds.
const MAX_CHARS: usize = 4_296;
const MEMORY_KIB: u32 = 128 * 1024;
const PASSES: u32 = 3;

/// What is sealed: CBOR `[sk, psk, credential]` and zeros.
pub(crate) fn encode_sheet(paper: &Paper) -> Zeroizing<Vec<u8>> {
    let device = secret_bytes(paper.secrets.device.expose());
    let person = secret_bytes(paper.secrets.person.expose());
    let credential = Value::serialized(&paper.credential).expect("a credential is plain data");
    let mut bytes = Zeroizing::new(Vec::with_capacity(2_048));
    let sheet = Value::Array(vec![Value::Bytes(device.to_vec()), Value::Bytes(person.to_vec()), credential]);
    ciborium::into_writer(&sheet, &mut *bytes).expect("writing to memory succeeds");
    let filled = bytes.len().next_multiple_of(BLOCK);
    bytes.resize(filled, 0);
    bytes
}

pub(crate) fn decode_sheet(bytes: &[u8]) -> Option<Paper> {
    let mut rest = bytes;
    let sheet: Value = ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH).ok()?;
    let [device, person, credential] = sheet.into_array().ok()?.try_into().ok()?;
    let filled = rest.len() < BLOCK && rest.iter().all(|byte| *byte == 0);
    let device = Zeroizing::new(device.into_bytes().ok()?);
    let person = Zeroizing::new(person.into_bytes().ok()?);
    let device = DeviceSecret::from_uniform_bytes(&*widened(&device)?);
    let person = PersonSecret::from_uniform_bytes(&*widened(&person)?);
    let credential = credential.deserialized().ok()?;
    filled.then_some(Paper { secrets: HolderSecrets { device, person }, credential })
}

/// Thirty-two bytes, big endian.
fn secret_bytes(secret: &Fr) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(secret.into_bigint().to_bytes_be())
}

/// The same number in sixty-four bytes; `None` where it is zero or not below the field's order.
fn widened(bytes: &[u8]) -> Option<Zeroizing<[u8; 64]>> {
    let bytes: &[u8; 32] = bytes.try_into().ok()?;
    let secret = field::from_bytes(bytes).ok()?;
    let mut wide = Zeroizing::new([0; 64]);
    wide.get_mut(32..)?.copy_from_slice(bytes);
    (secret != Fr::from(0_u64)).then_some(wide)
}

/// Sheets are filled up to a multiple of this.
const BLOCK: usize = 64;
/// How deep a sheet is nested at most.
const DEPTH: usize = 8;

#[cfg(test)]
mod tests;
