//! Ed25519 keys and signatures of departments and of the log (RFC 8032, strict verification).

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A signing key of a department, or of the log itself.
///
/// Secret: whoever has it acts in the department's name until governance suspends it. No `Debug`, zeroized on drop.
#[derive(Clone)]
pub struct DepartmentKey(ed25519_dalek::SigningKey);

impl DepartmentKey {
    /// A new key from a cryptographic source of randomness.
    pub fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        Self::from_seed(&seed)
    }
    /// The key of a 32-byte seed (RFC 8032 §5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }
    /// Reads a key file that [`Self::save`] wrote; refuses one that others may read.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        let text = read_secret_file(path)?;
        let [header, encoded] = lines(&text).ok_or(KeyFileError::Malformed)?;
        if header != SECRET_HEADER {
            return Err(KeyFileError::Malformed);
        }
        let mut seed = Zeroizing::new([0; 33]);
        match STANDARD.decode_slice(encoded, seed.as_mut()) {
            Ok(32) => {}
            _ => return Err(KeyFileError::Malformed),
        }
        Ok(Self::from_seed(seed.first_chunk().expect("33 bytes begin with 32")))
    }
    /// Writes the key to a new file that only its owner may read (mode 0600). Never overwrites.
    pub fn save(&self, path: &Path) -> Result<(), KeyFileError> {
        let encoded = Zeroizing::new(STANDARD.encode(self.0.as_bytes()));
        let text = Zeroizing::new(format!("{SECRET_HEADER}\n{}\n", *encoded));
        save_secret_file(path, &text)
    }
    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
    /// Signs a message. The caller puts the purpose first, so that no two kinds of message can be equal.
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

/// A public key that was checked: a canonical point outside the small subgroup. JSON form: base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

/// The bytes are not a public key: not on the curve, not canonical, or of small order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 public key (canonical point outside the small subgroup, in base64)")]
pub struct NotAPublicKey;

/// The signature was not made by this key over this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

impl PublicKey {
    /// Checks 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, NotAPublicKey> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| NotAPublicKey)?;
        let canonical = key.to_edwards().compress().to_bytes() == *bytes;
        if canonical && !key.is_weak() { Ok(Self(key)) } else { Err(NotAPublicKey) }
    }
    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
    /// Strict verification: canonical scalar, no small-order points, no cofactor.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(message, &signature).map_err(|_| BadSignature)
    }
    /// Reads a public key file: base64 in a line of its own.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        let text = read_small(path)?;
        let [key] = lines(&text).ok_or(KeyFileError::Malformed)?;
        key.parse().map_err(|_| KeyFileError::Malformed)
    }
    /// Writes a public key file. Never overwrites.
    pub fn save(&self, path: &Path) -> Result<(), KeyFileError> {
        let mut file = fs::File::create_new(path)?;
        file.write_all(format!("{self}\n").as_bytes())?;
        Ok(file.sync_all()?)
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&STANDARD.encode(self.as_bytes()))
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for PublicKey {
    type Err = NotAPublicKey;
    fn from_str(s: &str) -> Result<Self, NotAPublicKey> {
        let bytes = STANDARD.decode(s).map_err(|_| NotAPublicKey)?;
        Self::from_bytes(bytes.as_slice().try_into().map_err(|_| NotAPublicKey)?)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = NotAPublicKey;
    fn try_from(s: String) -> Result<Self, NotAPublicKey> {
        s.parse()
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> String {
        key.to_string()
    }
}

/// 64 bytes that claim to be a signature. JSON form: base64.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Signature([u8; 64]);

/// The text is not 64 bytes in base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a signature (64 bytes in base64)")]
pub struct NotASignature;

impl Signature {
    /// The signature whose bytes these are.
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }
    /// The 64 bytes.
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl TryFrom<String> for Signature {
    type Error = NotASignature;
    fn try_from(s: String) -> Result<Self, NotASignature> {
        let bytes = STANDARD.decode(s).map_err(|_| NotASignature)?;
        bytes.as_slice().try_into().map(Self).map_err(|_| NotASignature)
    }
}

impl From<Signature> for String {
    fn from(signature: Signature) -> String {
        STANDARD.encode(signature.0)
    }
}

/// Why a key file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The file system refused. Writing refuses with `AlreadyExists` where there is a file.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is not a key file of this version.
    #[error("the file is not a key file of this kind")]
    Malformed,
    /// Others than the owner may read the secret.
    #[error("others may read the key file; `chmod 600` it, and consider the key exposed")]
    Exposed,
}

/// Reads a small file that only its owner may read.
pub fn read_secret_file(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let text = Zeroizing::new(read_small(path)?);
    refuse_exposed(path)?;
    Ok(text)
}

/// Writes a new file that only its owner may read. Never overwrites.
pub(crate) fn save_secret_file(path: &Path, text: &str) -> Result<(), KeyFileError> {
    let mut file = create_private(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file.sync_all()?)
}

fn read_small(path: &Path) -> Result<String, KeyFileError> {
    let mut text = String::new();
    let read = fs::File::open(path)?.take(MAX_KEY_FILE).read_to_string(&mut text);
    match read {
        Ok(_) => Ok(text),
        Err(e) if e.kind() == io::ErrorKind::InvalidData => Err(KeyFileError::Malformed),
        Err(e) => Err(e.into()),
    }
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<fs::File> {
    fs::File::create_new(path)
}

#[cfg(unix)]
fn refuse_exposed(path: &Path) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 { Err(KeyFileError::Exposed) } else { Ok(()) }
}

#[cfg(not(unix))]
fn refuse_exposed(_path: &Path) -> Result<(), KeyFileError> {
    Ok(())
}

/// The lines of a key file as editors and copying leave it: with or without a byte order mark, spaces around a line, and
/// a line end of any kind behind the last.
fn lines<const N: usize>(text: &str) -> Option<[&str; N]> {
    let lines = text.trim_start_matches('\u{feff}').split(['\n', '\r']).map(str::trim);
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().try_into().ok()
}

/// First line of a secret key file: what it is, and the version of its form.
const SECRET_HEADER: &str = "yong/ed25519-secret/v1";
/// Bytes read of a key file at most: more than the longest URI of a key in a device, so that none is cut short unseen.
const MAX_KEY_FILE: u64 = 8192;

#[cfg(test)]
mod tests;
