//! The sealed file format, version 1.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | magic, which also says what is sealed |
//! | 2 | version, big endian |
//! | 12 | Argon2id memory (KiB), passes, lanes, each 4 bytes big endian |
//! | 16 | salt |
//! | 24 | nonce |
//! | 16 | key check: tells a wrong passphrase from a damaged file |
//! | 8 | length of the body, big endian: tells a truncated file from a damaged one |
//! | 32 | SHA-256 of all the above: tells an altered header from a wrong passphrase |
//! | … | body: XChaCha20-Poly1305 with all the above as associated data |
//!
//! The checksum and the key check only make errors clear; what keeps an attacker out is the last line.

use argon2::{Algorithm, Argon2, Params};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// What its owner types. No `Debug`, zeroized on drop, compared as Unicode NFC.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Normalizes the text, so that two keyboards that spell an accent differently open the same wallet.
    /// `None` if it is empty.
    pub fn new(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let mut normal = Zeroizing::new(String::with_capacity(text.len().saturating_mul(3)));
        normal.extend(text.nfc());
        Some(Self(normal))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Number of characters, for advice.
    pub fn chars(&self) -> usize {
        self.0.chars().count()
    }
}

/// What Argon2id costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// 64 MiB, three passes, one lane.
    pub const STANDARD: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

    /// 64 KiB and one pass: a passphrase under it can be guessed.
    pub const fn insecure_for_tests_only() -> Self {
        Self { memory_kib: 64, passes: 1, lanes: 1 }
    }

    /// Bounds what a file can make the reader spend, before anything is allocated.
    fn checked(self) -> Result<Params, SealError> {
        let sane = (64..=1024 * 1024).contains(&self.memory_kib)
            && (1..=16).contains(&self.passes)
            && (1..=8).contains(&self.lanes);
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32));
        params.ok().filter(|_| sane).ok_or(SealError::Cost)
    }
}

/// What a sealed file holds. A file of one purpose does not open as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Secrets, credentials, uses, history.
    Wallet,
    /// What the wallet has learned from the ledger. Public data, but which shards it holds says where its owner's
    /// credentials are.
    LedgerCache,
}

/// Why a sealed file does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The magic is another.
    #[error("the file is not a Yong wallet file of this kind")]
    NotSealed,
    /// Made by another version of this program.
    #[error("the file has format version {0}; this program reads version 1")]
    OtherVersion(u16),
    /// The header does not have its checksum.
    #[error("the header of the file was altered or damaged")]
    HeaderAltered,
    /// The header asks for more (or less) work than any wallet of this program does.
    #[error("the header asks for a key derivation outside the bounds of this program")]
    Cost,
    /// Shorter than its header says.
    #[error("the file is truncated")]
    Truncated,
    /// Longer than its header says.
    #[error("the file has {0} bytes after its end")]
    Trailing(usize),
    /// The passphrase does not fit.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// Sealed for another wallet or under an earlier passphrase.
    #[error("the file belongs to another wallet")]
    OtherWallet,
    /// The body is not what was written.
    #[error("the contents of the file were altered or damaged")]
    BodyAltered,
}

/// A derived key with its salt and cost, so that one Argon2 run opens and re-seals. No `Debug`, zeroized on drop.
pub struct Key {
    cost: Cost,
    salt: [u8; SALT],
    seal: Zeroizing<[u8; 32]>,
    check: Zeroizing<[u8; CHECK]>,
}

impl Key {
    /// Derives a key under a fresh salt.
    pub fn new<R: RngCore + CryptoRng>(
        passphrase: &Passphrase,
        cost: Cost,
        rng: &mut R,
    ) -> Result<Self, SealError> {
        let mut salt = [0; SALT];
        rng.fill_bytes(&mut salt);
        Self::derive(passphrase, cost, salt)
    }

    /// Opens a file with the passphrase alone.
    pub fn unlock(
        file: &[u8],
        purpose: Purpose,
        passphrase: &Passphrase,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), SealError> {
        let parts = Parts::split(file, purpose)?;
        let key = Self::derive(passphrase, parts.cost, parts.salt)?;
        if !bool::from(key.check.ct_eq(&parts.check)) {
            return Err(SealError::WrongPassphrase);
        }
        let plain = key.decrypt(&parts)?;
        Ok((key, plain))
    }

    /// Opens a file that this key sealed.
    pub fn open(&self, file: &[u8], purpose: Purpose) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let parts = Parts::split(file, purpose)?;
        if parts.salt != self.salt || !bool::from(self.check.ct_eq(&parts.check)) {
            return Err(SealError::OtherWallet);
        }
        self.decrypt(&parts)
    }

    /// Seals under a fresh nonce.
    pub fn seal<R: RngCore + CryptoRng>(&self, purpose: Purpose, plain: &[u8], rng: &mut R) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        let mut file = self.header(purpose, &nonce, plain.len() + TAG);
        let body = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &file })
            .expect("a wallet is far below the 256 GiB that one nonce may seal");
        file.extend_from_slice(&body);
        file
    }

    fn derive(passphrase: &Passphrase, cost: Cost, salt: [u8; SALT]) -> Result<Self, SealError> {
        let params = cost.checked()?;
        let mut root = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, argon2::Version::V0x13, params)
            .hash_password_into(passphrase.0.as_bytes(), &salt, root.as_mut())
            .map_err(|_| SealError::Cost)?;
        let expand = Hkdf::<Sha512>::new(None, root.as_ref());
        let mut seal = Zeroizing::new([0; 32]);
        let mut check = Zeroizing::new([0; CHECK]);
        expand.expand(SEAL_INFO, seal.as_mut()).expect("32 bytes are below HKDF's bound");
        expand.expand(CHECK_INFO, check.as_mut()).expect("16 bytes are below HKDF's bound");
        Ok(Self { cost, salt, seal, check })
    }

    fn header(&self, purpose: Purpose, nonce: &[u8; NONCE], body: usize) -> Vec<u8> {
        let mut header = Vec::with_capacity(HEADER + body);
        header.extend_from_slice(purpose.magic());
        header.extend_from_slice(&VERSION.to_be_bytes());
        for number in [self.cost.memory_kib, self.cost.passes, self.cost.lanes] {
            header.extend_from_slice(&number.to_be_bytes());
        }
        header.extend_from_slice(&self.salt);
        header.extend_from_slice(nonce);
        header.extend_from_slice(self.check.as_ref());
        header.extend_from_slice(&(body as u64).to_be_bytes());
        let checksum = Sha256::digest(&header);
        header.extend_from_slice(&checksum);
        header
    }

    fn decrypt(&self, parts: &Parts<'_>) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.cipher()
            .decrypt(&XNonce::from(parts.nonce), Payload { msg: parts.body, aad: parts.header })
            .map(Zeroizing::new)
            .map_err(|_| SealError::BodyAltered)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new_from_slice(self.seal.as_ref()).expect("the key has 32 bytes")
    }
}

impl Purpose {
    fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::Wallet => b"yongwlt\0",
            Self::LedgerCache => b"yonglgc\0",
        }
    }
}

/// A sealed file, cut into its fields before anything is derived or decrypted; the header is as it was written, the
/// body as long as it says.
struct Parts<'a> {
    header: &'a [u8],
    cost: Cost,
    salt: [u8; SALT],
    nonce: [u8; NONCE],
    check: [u8; CHECK],
    body: &'a [u8],
}

/// Cuts a file into its fields.
#[cfg(feature = "fuzzing")]
pub(crate) fn split_for_fuzzing(file: &[u8], purpose: Purpose) {
    let _ = Parts::split(file, purpose).map(|parts| parts.cost.checked().map(drop));
}

impl<'a> Parts<'a> {
    fn split(file: &'a [u8], purpose: Purpose) -> Result<Self, SealError> {
        let mut rest = file;
        let magic: [u8; 8] = take(&mut rest).map_err(|_| short(file, purpose))?;
        if &magic != purpose.magic() {
            return Err(SealError::NotSealed);
        }
        let version = u16::from_be_bytes(take(&mut rest)?);
        if version != VERSION {
            return Err(SealError::OtherVersion(version));
        }
        let header = file.get(..HEADER).ok_or(SealError::Truncated)?;
        let (fields, checksum) = header.split_at(HEADER - 32);
        if Sha256::digest(fields).as_slice() != checksum {
            return Err(SealError::HeaderAltered);
        }
        let [memory_kib, passes, lanes] = [take(&mut rest)?, take(&mut rest)?, take(&mut rest)?];
        let [memory_kib, passes, lanes] = [memory_kib, passes, lanes].map(u32::from_be_bytes);
        let salt = take(&mut rest)?;
        let nonce = take(&mut rest)?;
        let check = take(&mut rest)?;
        let length = u64::from_be_bytes(take(&mut rest)?);
        let body = file.get(HEADER..).ok_or(SealError::Truncated)?;
        check_length(body.len() as u64, length)?;
        Ok(Self { header, cost: Cost { memory_kib, passes, lanes }, salt, nonce, check, body })
    }
}

/// A file shorter than the magic is a truncated one where it begins like one.
fn short(file: &[u8], purpose: Purpose) -> SealError {
    if purpose.magic().starts_with(file) { SealError::Truncated } else { SealError::NotSealed }
}

fn check_length(have: u64, want: u64) -> Result<(), SealError> {
    match have.checked_sub(want) {
        None => Err(SealError::Truncated),
        Some(0) => Ok(()),
        Some(extra) => Err(SealError::Trailing(usize::try_from(extra).unwrap_or(usize::MAX))),
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], SealError> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(SealError::Truncated)?;
    *rest = tail;
    Ok(*head)
}

const VERSION: u16 = 1;
const SALT: usize = 16;
const NONCE: usize = 24;
const CHECK: usize = 16;
const TAG: usize = 16;
const HEADER: usize = 8 + 2 + 12 + SALT + NONCE + CHECK + 8 + 32;
const SEAL_INFO: &[u8] = b"yong/wallet/seal/v1";
const CHECK_INFO: &[u8] = b"yong/wallet/check/v1";

#[cfg(test)]
mod tests;
