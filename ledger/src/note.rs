//! Signed notes (C2SP `signed-note`): a text, and lines of signatures under it.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::key::{PublicKey, Signature};
use crate::signer::{DepartmentSigner, SigningError};

/// The name of a key, and of a log (its origin): 1 to 255 characters, no white space, no `+`, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyName(String);

/// The text is not a key name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key name (1 to 255 bytes without white space, `+` or control characters)")]
pub struct NotAKeyName;

impl KeyName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for KeyName {
    type Error = NotAKeyName;
    fn try_from(s: String) -> Result<Self, NotAKeyName> {
        let fits = (1..=255).contains(&s.len());
        let clean = !s.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+');
        if fits && clean { Ok(Self(s)) } else { Err(NotAKeyName) }
    }
}

impl FromStr for KeyName {
    type Err = NotAKeyName;
    fn from_str(s: &str) -> Result<Self, NotAKeyName> {
        s.to_owned().try_into()
    }
}

impl From<KeyName> for String {
    fn from(name: KeyName) -> String {
        name.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a note signature means (the type byte of a key identifier).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoteKind {
    /// Ed25519 over the text: the log's own signature.
    Ed25519,
    /// Ed25519 over a time and the text (`cosignature/v1`): a witness's.
    Cosignature,
}

impl NoteKind {
    fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::Cosignature => 0x04,
        }
    }
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Ed25519, Self::Cosignature].into_iter().find(|kind| kind.byte() == byte)
    }
}

/// First four bytes of SHA-256(name ‖ 0x0A ‖ kind ‖ key): finds the key of a signature line; proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 4]);

impl KeyId {
    /// Of a key of a kind that has no byte: `kind` begins with `0xff` and says which.
    pub(crate) fn of_other(name: &KeyName, kind: &[u8], key: &[u8]) -> Self {
        let digest = Digest::of_parts(&[name.0.as_bytes(), b"\n", kind, key]);
        Self(*digest.as_bytes().first_chunk().expect("32 bytes begin with 4"))
    }
}

/// A public key with its name and the kind of signature it makes: a *vkey*, which is also its JSON form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NoteKey {
    /// Name on the signature line.
    pub name: KeyName,
    /// What it signs.
    pub kind: NoteKind,
    /// The key.
    pub key: PublicKey,
}

impl NoteKey {
    /// The key's identifier on signature lines.
    pub fn id(&self) -> KeyId {
        let tail = [b'\n', self.kind.byte()];
        let digest = Digest::of_parts(&[self.name.0.as_bytes(), &tail, self.key.as_bytes()]);
        KeyId(*digest.as_bytes().first_chunk().expect("32 bytes begin with 4"))
    }
}

/// The vkey form: `name+hex(id)+base64(kind ‖ key)`.
impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut body = vec![self.kind.byte()];
        body.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id().0), STANDARD.encode(body))
    }
}

/// The text is not a vkey of a kind that is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a verifier key (`name+id+base64`, for Ed25519 notes or cosignature/v1)")]
pub struct NotAKey;

impl FromStr for NoteKey {
    type Err = NotAKey;
    fn from_str(vkey: &str) -> Result<Self, NotAKey> {
        let key = parse_vkey(vkey).ok_or(NotAKey)?;
        if key.to_string() == vkey { Ok(key) } else { Err(NotAKey) }
    }
}

impl TryFrom<String> for NoteKey {
    type Error = NotAKey;
    fn try_from(vkey: String) -> Result<Self, NotAKey> {
        vkey.parse()
    }
}

impl From<NoteKey> for String {
    fn from(key: NoteKey) -> String {
        key.to_string()
    }
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// Name of the key.
    pub name: KeyName,
    /// Identifier of the key.
    pub id: KeyId,
    /// What follows the identifier; its form depends on the kind of key.
    pub payload: Vec<u8>,
}

/// A note as received: well-formed, its signatures not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// Why bytes are not a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// Longer than any note we accept.
    #[error("the note is longer than {MAX_NOTE} bytes")]
    TooLong,
    /// No blank line, no final line end, a control character, or not UTF-8.
    #[error("not a note: {0}")]
    Malformed(&'static str),
    /// A signature line is not `— name base64`.
    #[error("a signature line is malformed")]
    BadSignatureLine,
    /// More signature lines than we accept.
    #[error("more than {MAX_SIGNATURES} signatures")]
    TooManySignatures,
}

/// Why a note is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteSignatureError {
    /// No line names this key.
    #[error("the key has not signed this note")]
    NotSigned,
    /// A line names this key and its signature does not verify.
    #[error("a signature of a known key does not verify")]
    BadSignature,
}

impl Note {
    /// A note without signatures. The text ends with a line end and has no control characters but line ends.
    pub fn new(text: String) -> Result<Self, NoteError> {
        check_text(&text)?;
        Ok(Self { text, signatures: Vec::new() })
    }
    /// Reads a note; the last blank line separates text and signatures.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE {
            return Err(NoteError::TooLong);
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed("not UTF-8"))?;
        let split = note.rfind("\n\n").ok_or(NoteError::Malformed("no blank line"))?;
        let (text, rest) = note.split_at(split + 1);
        let lines = rest.strip_prefix('\n').and_then(|r| r.strip_suffix('\n'));
        let lines = lines.ok_or(NoteError::Malformed("no line end"))?;
        let mut parsed = Self::new(text.to_owned())?;
        parsed.signatures = parse_signatures(lines)?;
        Ok(parsed)
    }
    /// The signed text, with its final line end.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// The signature lines in order.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }
    /// Adds a signature line.
    pub fn push(&mut self, signature: NoteSignature) {
        self.signatures.push(signature);
    }
    /// Signs the text (kind [`NoteKind::Ed25519`]) and adds the line.
    pub fn sign(&mut self, name: &KeyName, key: &dyn DepartmentSigner) -> Result<(), SigningError> {
        let note_key = NoteKey { name: name.clone(), kind: NoteKind::Ed25519, key: key.public() };
        let payload = key.sign(self.text.as_bytes())?.as_bytes().to_vec();
        self.push(NoteSignature { name: name.clone(), id: note_key.id(), payload });
        Ok(())
    }
    /// Verifies the log's kind of signature. Lines of other keys are ignored; one bad line of this key refuses the note.
    pub fn verify(&self, name: &KeyName, key: &PublicKey) -> Result<(), NoteSignatureError> {
        let note_key = NoteKey { name: name.clone(), kind: NoteKind::Ed25519, key: *key };
        self.verify_lines(&note_key, |payload| {
            let signature = Signature::from_bytes(payload.try_into().ok()?);
            key.verify(self.text.as_bytes(), &signature).ok()
        })
    }
    /// Checks every line of `key` with `check`, and gives what the first one says.
    pub(crate) fn verify_lines<T>(
        &self,
        key: &NoteKey,
        check: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, NoteSignatureError> {
        let id = key.id();
        let lines = self.signatures.iter().filter(|s| s.id == id && s.name == key.name);
        let said: Option<Vec<T>> = lines.map(|s| check(&s.payload)).collect();
        let said = said.ok_or(NoteSignatureError::BadSignature)?;
        said.into_iter().next().ok_or(NoteSignatureError::NotSigned)
    }
}

/// The note's bytes.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|s| writeln!(f, "{s}"))
    }
}

/// The line without its line end.
impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [&self.id.0[..], &self.payload].concat();
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(blob))
    }
}

impl FromStr for NoteSignature {
    type Err = NoteError;
    fn from_str(line: &str) -> Result<Self, NoteError> {
        parse_line(line).ok_or(NoteError::BadSignatureLine)
    }
}

fn parse_vkey(vkey: &str) -> Option<NoteKey> {
    let (name, rest) = vkey.split_once('+')?;
    let (_, body) = rest.split_once('+')?;
    let body = STANDARD.decode(body).ok()?;
    let (kind, key) = body.split_first()?;
    let key = PublicKey::from_bytes(key.try_into().ok()?).ok()?;
    Some(NoteKey { name: name.parse().ok()?, kind: NoteKind::from_byte(*kind)?, key })
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Malformed("the text has no final line end"));
    }
    if text.contains(|c: char| c < ' ' && c != '\n') {
        return Err(NoteError::Malformed("control character"));
    }
    Ok(())
}

fn parse_signatures(lines: &str) -> Result<Vec<NoteSignature>, NoteError> {
    if lines.split('\n').count() > MAX_SIGNATURES {
        return Err(NoteError::TooManySignatures);
    }
    lines.split('\n').map(str::parse).collect()
}

fn parse_line(line: &str) -> Option<NoteSignature> {
    let (name, blob) = line.strip_prefix(DASH)?.split_once(' ')?;
    let blob = STANDARD.decode(blob).ok()?;
    let (id, payload) = blob.split_first_chunk()?;
    if payload.is_empty() {
        return None;
    }
    Some(NoteSignature { name: name.parse().ok()?, id: KeyId(*id), payload: payload.to_vec() })
}

/// Begins a signature line: em dash, space.
const DASH: &str = "\u{2014} ";
/// Bytes of the longest note that is accepted.
pub const MAX_NOTE: usize = 1 << 20;
/// Signature lines accepted. The format asks for at least 16; a city has more departments than that.
pub const MAX_SIGNATURES: usize = 256;

#[cfg(test)]
mod tests;
