//! A second signature of the log under its checkpoints: SM2 with SM3 (GB/T 32918.2, GB/T 32905), beside Ed25519.
//!
//! It is over the same text as the first, on a line of its own, with the identity that is meant where two parties have
//! agreed on none ([`DISTID`]). What reads it by hand: `openssl pkeyutl -verify -rawin -digest sm3`. Keys are files in
//! PKCS#8, as `openssl genpkey -algorithm SM2` writes them.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};

use crate::key::{KeyFileError, read_secret_file, save_secret_file};
use crate::note::{KeyId, KeyName, Note, NoteSignature, NoteSignatureError};
use crate::signer::SigningError;

/// The secret half. It has no `Debug`, and its scalar is zeroed on drop.
pub struct Sm2Key(sm2::SecretKey);

/// The public half: a point of the curve that is not its identity, in the uncompressed form `04 ‖ x ‖ y`. Text form: base64.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sm2PublicKey(Box<[u8]>);

/// What a genesis says of the second signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
pub struct Sm2Rule {
    /// The log's second key.
    pub key: Sm2PublicKey,
    /// What becomes of a checkpoint without it.
    pub need: Need,
}

/// Whether a checkpoint must have the second signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Without it nobody believes the checkpoint.
    Required,
    /// It is for whoever asks for it: one that is there must verify.
    Offered,
}

/// The text is not an SM2 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an SM2 public key: base64 of the 65 bytes `04`, x and y of a point of the curve")]
pub struct NotAnSm2Key;

/// Why an SM2 key file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Sm2FileError {
    /// The file.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// Its content.
    #[error("not an SM2 private key in PKCS#8 PEM; make one with `openssl genpkey -algorithm SM2 -out FILE`")]
    NotAKey,
}

impl Sm2Key {
    /// Reads a file (PKCS#8, PEM) that only its owner may read.
    pub fn load(path: &Path) -> Result<Self, Sm2FileError> {
        Self::from_pem(&read_secret_file(path)?).ok_or(Sm2FileError::NotAKey)
    }
    /// Reads the content of such a file.
    pub fn from_pem(pem: &str) -> Option<Self> {
        sm2::SecretKey::from_pkcs8_pem(pem).ok().map(Self)
    }
    /// Writes a new file (PKCS#8, PEM) that only its owner may read. Never overwrites.
    pub fn save(&self, path: &Path) -> Result<(), Sm2FileError> {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF).map_err(|_| Sm2FileError::NotAKey)?;
        Ok(save_secret_file(path, &pem)?)
    }
    /// The public half.
    pub fn public(&self) -> Sm2PublicKey {
        Sm2PublicKey(self.0.public_key().to_sec1_bytes())
    }
    /// Signs: r ‖ s.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE], SigningError> {
        let failed = |_| SigningError::Unavailable("the SM2 key has no signature of this message".to_owned());
        let key = SigningKey::new(DISTID, &self.0).map_err(failed)?;
        let signature: Signature = key.try_sign(message).map_err(failed)?;
        Ok(signature.to_bytes().into())
    }
    /// The line under a note.
    pub fn line(&self, name: &KeyName, note: &Note) -> Result<NoteSignature, SigningError> {
        let payload = self.sign(note.text().as_bytes())?.to_vec();
        Ok(NoteSignature { name: name.clone(), id: self.public().id(name), payload })
    }
}

impl Sm2PublicKey {
    /// The bytes `04 ‖ x ‖ y`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    /// Checks a signature, r ‖ s.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), NoteSignatureError> {
        let bad = |_| NoteSignatureError::BadSignature;
        let signature = Signature::from_slice(signature).map_err(bad)?;
        let key = VerifyingKey::from_sec1_bytes(DISTID, &self.0).map_err(bad)?;
        key.verify(message, &signature).map_err(bad)
    }
    /// The key's identifier on signature lines of this name.
    pub fn id(&self, name: &KeyName) -> KeyId {
        KeyId::of_other(name, KIND, &self.0)
    }
}

impl Sm2Rule {
    /// Checks the second signature of a log's note, as far as it is needed or there.
    pub fn check(&self, origin: &KeyName, note: &Note) -> Result<(), NoteSignatureError> {
        let id = self.key.id(origin);
        let mut lines =
            note.signatures().iter().filter(|line| line.id == id && line.name == *origin).peekable();
        if lines.peek().is_none() && self.need == Need::Required {
            return Err(NoteSignatureError::NotSigned);
        }
        lines.try_for_each(|line| self.key.verify(note.text().as_bytes(), &line.payload))
    }
}

impl FromStr for Sm2PublicKey {
    type Err = NotAnSm2Key;
    fn from_str(text: &str) -> Result<Self, NotAnSm2Key> {
        let bytes = STANDARD.decode(text).map_err(|_| NotAnSm2Key)?;
        let key = sm2::PublicKey::from_sec1_bytes(&bytes).map_err(|_| NotAnSm2Key)?;
        // One key has one text.
        let canonical = Self(key.to_sec1_bytes());
        if *canonical.0 == *bytes && canonical.to_string() == text { Ok(canonical) } else { Err(NotAnSm2Key) }
    }
}

impl TryFrom<String> for Sm2PublicKey {
    type Error = NotAnSm2Key;
    fn try_from(text: String) -> Result<Self, NotAnSm2Key> {
        text.parse()
    }
}

impl From<Sm2PublicKey> for String {
    fn from(key: Sm2PublicKey) -> String {
        key.to_string()
    }
}

impl fmt::Display for Sm2PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(&self.0))
    }
}

impl fmt::Debug for Sm2PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sm2PublicKey({self})")
    }
}

/// The JSON form of [`Sm2Rule`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    key: Sm2PublicKey,
    required: bool,
}

impl From<Wire> for Sm2Rule {
    fn from(wire: Wire) -> Self {
        let need = if wire.required { Need::Required } else { Need::Offered };
        Self { key: wire.key, need }
    }
}

impl From<Sm2Rule> for Wire {
    fn from(rule: Sm2Rule) -> Self {
        Self { key: rule.key, required: rule.need == Need::Required }
    }
}

/// The signer's identity that GM/T 0009 prescribes where none was agreed on.
pub const DISTID: &str = "1234567812345678";
/// Bytes of a signature.
pub const SIGNATURE: usize = Signature::BYTE_SIZE;
/// What such a line means: a kind that no standard of signed notes has a byte for.
const KIND: &[u8] = b"\xffyong/sm2-sm3/v1";

#[cfg(test)]
mod tests;
