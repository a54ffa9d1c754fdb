//! Entries: a record with its signature, in the one encoding that the log keeps.

use std::fmt;

use circuits::credential::DepartmentId;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Part, Record};
use crate::canonical::{self, CanonicalError};
use crate::digest::Digest;
use crate::key::{BadSignature, PublicKey, Signature};
use crate::merkle;
use crate::note::KeyName;
use crate::signer::{DepartmentSigner, SigningError};

/// Who signs an entry. Which of the two it is follows from the record's kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Signer {
    /// A department, with its key in the registry.
    Department(DepartmentId),
    /// The log itself, with its key in the genesis; only for `state.root`.
    Log(KeyName),
}

impl From<DepartmentId> for Signer {
    fn from(id: DepartmentId) -> Self {
        Self::Department(id)
    }
}

impl fmt::Display for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Department(id) => id.fmt(f),
            Self::Log(name) => name.fmt(f),
        }
    }
}

/// A record with the name of its signer and a signature that is well-formed but not yet verified.
///
/// Invariant: `bytes` is the canonical encoding of the rest and at most [`MAX_ENTRY`] long.
#[derive(Clone, Debug)]
pub struct Entry {
    record: Record,
    signer: Signer,
    pub(super) signature: Signature,
    bytes: Vec<u8>,
    /// The key that the signature was found to be of.
    verified: Option<(KeyName, PublicKey)>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Entry {}

/// Why bytes are not an entry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// The log format holds at most 65,535 bytes.
    #[error("an entry of {0} bytes; at most {MAX_ENTRY} fit")]
    TooLarge(usize),
    /// Malformed or not canonical.
    #[error(transparent)]
    Encoding(#[from] CanonicalError),
    /// A department's record is signed by something that is no department identifier, or the other way round.
    #[error("`signer` is not the name of a signer of this kind of record")]
    Signer,
}

/// Why a record is not signed, neither as an entry nor in agreement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordSigningError {
    /// It cannot be an entry.
    #[error(transparent)]
    Record(#[from] EntryError),
    /// There is no signature.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

impl From<CanonicalError> for RecordSigningError {
    fn from(error: CanonicalError) -> Self {
        Self::Record(error.into())
    }
}

impl Entry {
    /// Signs a record for the ledger of this name, and for no other. A `state.root` is signed by the log, every other
    /// record by a department.
    pub fn sign(
        origin: &KeyName,
        record: Record,
        signer: Signer,
        key: &dyn DepartmentSigner,
    ) -> Result<Self, RecordSigningError> {
        let sig = key.sign(&message(origin, &canonical::to_vec(&record)?))?;
        let wire = Wire { record, sig, signer: signer.to_string() };
        let bytes = canonical::to_vec(&wire)?;
        let entry = Self::checked(wire, bytes)?;
        if entry.signer == signer { Ok(Self { signer, ..entry }) } else { Err(EntryError::Signer.into()) }
    }
    /// Reads an entry and refuses every encoding but the canonical one. Does not verify the signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_ENTRY {
            return Err(EntryError::TooLarge(bytes.len()));
        }
        Self::checked(canonical::from_slice(bytes)?, bytes.to_vec())
    }
    fn checked(wire: Wire, bytes: Vec<u8>) -> Result<Self, EntryError> {
        if bytes.len() > MAX_ENTRY {
            return Err(EntryError::TooLarge(bytes.len()));
        }
        let signer = match wire.record.part() {
            Part::Root => wire.signer.parse().ok().map(Signer::Log),
            Part::Registry | Part::Credentials => wire.signer.parse().ok().map(Signer::Department),
        };
        let signer = signer.ok_or(EntryError::Signer)?;
        Ok(Self { record: wire.record, signer, signature: wire.sig, bytes, verified: None })
    }
    /// Verifies that the record was signed for the ledger of this name. Whose key it is, the registry says.
    pub fn verify(&self, origin: &KeyName, key: &PublicKey) -> Result<(), BadSignature> {
        if self.verified.as_ref().is_some_and(|(for_origin, by)| for_origin == origin && by == key) {
            return Ok(());
        }
        key.verify(&message(origin, self.said().ok_or(BadSignature)?), &self.signature)
    }
    /// Verifies the signature now, and remembers a good one, so that [`Self::verify`] with the same key is quick. For a node
    /// that verifies many entries side by side before it orders them one after the other.
    pub fn verify_ahead(&mut self, origin: &KeyName, key: &PublicKey) -> Result<(), BadSignature> {
        self.verify(origin, key)?;
        self.verified = Some((origin.clone(), *key));
        Ok(())
    }
    /// Whether [`Self::verify_ahead`] found a good signature.
    #[cfg(any(test, feature = "test-support"))]
    pub fn is_verified_ahead(&self) -> bool {
        self.verified.is_some()
    }
    /// The record's canonical encoding, which is the first member's value in the entry's.
    fn said(&self) -> Option<&[u8]> {
        let rest =
            canonical::to_vec(&Rest { sig: &self.signature, signer: &self.signer.to_string() }).ok()?;
        let end = self.bytes.len().checked_sub(rest.len())?;
        self.bytes.get(BEFORE_RECORD.len()..end)
    }
    /// What is said.
    pub fn record(&self) -> &Record {
        &self.record
    }
    /// Who claims to say it.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }
    /// The canonical encoding: what the log keeps and hashes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// RFC 6962 leaf hash.
    pub fn leaf_hash(&self) -> Digest {
        merkle::leaf_hash(&self.bytes)
    }
}

/// Reads a submission: a JSON array of entries, each in its canonical encoding.
/// The error says which entry (from 0) is wrong, if the array itself is not.
pub fn parse_batch(bytes: &[u8]) -> Result<Vec<Entry>, (Option<usize>, EntryError)> {
    let raw: Vec<&RawValue> =
        serde_json::from_slice(bytes).map_err(|e| (None, CanonicalError::Malformed(e).into()))?;
    let parsed: Vec<_> = raw.par_iter().map(|raw| Entry::parse(raw.get().as_bytes())).collect();
    parsed.into_iter().enumerate().map(|(i, entry)| entry.map_err(|e| (Some(i), e))).collect()
}

/// The inverse of [`parse_batch`].
pub fn encode_batch(entries: &[Entry]) -> Vec<u8> {
    let bytes: Vec<&[u8]> = entries.iter().map(Entry::bytes).collect();
    [b"[".as_slice(), &bytes.join(b",".as_slice()), b"]"].concat()
}

/// The JSON form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    record: Record,
    sig: Signature,
    signer: String,
}

/// The other members of [`Wire`].
#[derive(Serialize)]
struct Rest<'a> {
    sig: &'a Signature,
    signer: &'a str,
}

/// A key name has no line end, so that no two pairs of ledger and record give one message.
fn message(origin: &KeyName, record: &[u8]) -> Vec<u8> {
    [RECORD, origin.as_str().as_bytes(), b"\n", record].concat()
}

/// Begins every canonical entry.
const BEFORE_RECORD: &str = r#"{"record":"#;
/// Begins every signed message; the ledger's name and the canonical record follow.
const RECORD: &[u8] = b"yong/record/v1\n";
/// Bytes of an entry at most: its length is two bytes in an entry bundle.
pub const MAX_ENTRY: usize = 65_535;
