//! The key file: magic, header length (u32, little endian), header (JSON), matrices, points; nothing after.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Key, KeyError, Origin, points};
use crate::ceremony::Secrets;
use crate::matrices::{MAX_CONSTRAINTS, Matrices, Shape, digest_of_encoding};
use crate::statement::Statement;
use groth16::{ProofError, VerifyingKey};

/// Largest key file that is read: several times the size of the larger key.
pub const MAX_FILE_BYTES: usize = 1 << 26;

/// Names the format; the first line of every file.
pub(crate) const FORMAT: &str = "yong/proving-key/v2\n";

impl Key {
    /// The whole file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let matrices = self.matrices.to_bytes();
        let mut body = matrices.clone();
        points::write(&mut body, &self.proving);
        let header = self.header(&matrices, &body).to_json();
        let length = u32::try_from(header.len()).expect("a header is a few hundred bytes");
        [FORMAT.as_bytes(), &length.to_le_bytes(), &header, &body].concat()
    }

    /// Reads a file made for `S` with this program's constraints. The digest of the body is checked before any of it
    /// is decoded; points are checked to be on their curve, those of the verifying key to be in their subgroup as well.
    pub fn from_bytes<S: Statement>(bytes: &[u8]) -> Result<Self, KeyError> {
        let (header, body) = split(bytes)?;
        let header = Header::from_json(header)?;
        header.check_purpose::<S>()?;
        let shape = checked_shape(&header)?;
        let found = body.len();
        let expected = (header.matrices_bytes as usize).saturating_add(points::encoded_len(shape));
        let (matrices, points) = body
            .split_at_checked(header.matrices_bytes as usize)
            .filter(|_| found == expected)
            .ok_or(KeyError::Length { expected, found })?;
        if hex::encode(Sha256::digest(body)) != header.body_sha256
            || hex::encode(digest_of_encoding(matrices)) != header.matrices_digest
        {
            return Err(KeyError::Corrupt);
        }
        let matrices = Matrices::from_bytes(matrices).ok_or(KeyError::Matrices)?;
        if matrices.shape() != shape {
            return Err(KeyError::Matrices);
        }
        let proving = points::read(points, shape)?;
        let verifying = VerifyingKey::from_ark(&proving.vk).map_err(KeyError::VerifyingKey)?;
        if hex::encode(verifying.digest()) != header.vk_digest {
            return Err(KeyError::VerifyingKey(ProofError::Malformed("digest differs")));
        }
        let origin = header.origin()?;
        Ok(Self { circuit: S::NAME, version: S::VERSION, origin, proving, verifying, matrices })
    }

    fn header(&self, matrices: &[u8], body: &[u8]) -> Header {
        let shape = self.shape();
        Header {
            circuit: self.circuit.to_owned(),
            version: self.version,
            development: self.origin.is_development(),
            transcript_digest: self.origin.transcript().map(hex::encode),
            secrets: self.origin.secrets(),
            constraints: shape.constraints as u32,
            public_inputs: shape.public_inputs as u32,
            witness: shape.witness as u32,
            matrices_digest: hex::encode(digest_of_encoding(matrices)),
            matrices_bytes: matrices.len() as u32,
            vk_digest: hex::encode(self.verifying.digest()),
            body_sha256: hex::encode(Sha256::digest(body)),
        }
    }
}

/// The readable first part of a key file. Everything is checked against this program or against the body; nothing in it is taken as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) circuit: String,
    pub(super) version: u32,
    /// True for a key whose secret randomness one party may know.
    pub(super) development: bool,
    /// Of the ceremony that made the key. A development key may have one: if one party alone made either phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) transcript_digest: Option<String>,
    /// Verified secrets of different parties. Files that do not say are read; their keys are for development.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secrets: Option<Secrets>,
    pub(super) constraints: u32,
    pub(super) public_inputs: u32,
    /// Private variables.
    pub(super) witness: u32,
    /// Lower-case hex, as are the others.
    pub(super) matrices_digest: String,
    pub(super) matrices_bytes: u32,
    pub(super) vk_digest: String,
    pub(super) body_sha256: String,
}

impl Header {
    /// One header has one encoding: what this program would write. So no byte of it can change unnoticed.
    pub(super) fn from_json(bytes: &[u8]) -> Result<Self, KeyError> {
        let header: Self = serde_json::from_slice(bytes).map_err(|_| KeyError::Header)?;
        if header.to_json() == bytes { Ok(header) } else { Err(KeyError::Header) }
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers always serialise")
    }

    pub(super) fn check_purpose<S: Statement>(&self) -> Result<(), KeyError> {
        if self.circuit != S::NAME {
            return Err(KeyError::OtherCircuit(self.circuit.clone()));
        }
        if self.version != S::VERSION {
            return Err(KeyError::OtherVersion(self.version));
        }
        if self.matrices_digest != S::MATRICES {
            return Err(KeyError::OtherMatrices);
        }
        self.origin().map(drop)
    }

    pub(super) fn origin(&self) -> Result<Origin, KeyError> {
        let Some(digest) = &self.transcript_digest else {
            let nothing = self.development && self.secrets.is_none();
            return if nothing { Ok(Origin::Development) } else { Err(KeyError::UnknownOrigin) };
        };
        if self.secrets.is_some_and(|secrets| secrets.are_shared() == self.development) {
            return Err(KeyError::UnknownOrigin);
        }
        let mut transcript = [0; 32];
        hex::decode_to_slice(digest, &mut transcript).map_err(|_| KeyError::Header)?;
        if *digest != hex::encode(transcript) {
            return Err(KeyError::Header);
        }
        Ok(Origin::Ceremony { transcript, secrets: self.secrets })
    }

    pub(super) fn shape(&self) -> Shape {
        Shape {
            public_inputs: self.public_inputs as usize,
            witness: self.witness as usize,
            constraints: self.constraints as usize,
        }
    }
}

fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), KeyError> {
    let found = bytes.len();
    if found > MAX_FILE_BYTES {
        return Err(KeyError::Length { expected: MAX_FILE_BYTES, found });
    }
    let rest = bytes.strip_prefix(FORMAT.as_bytes()).ok_or(KeyError::Magic)?;
    let expected = FORMAT.len() + 4;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(KeyError::Length { expected, found })?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > MAX_HEADER_BYTES {
        return Err(KeyError::Header);
    }
    rest.split_at_checked(length).ok_or(KeyError::Length { expected: expected + length, found })
}

/// The counts, once they are small enough that sizes computed from them cannot overflow.
fn checked_shape(header: &Header) -> Result<Shape, KeyError> {
    let shape = header.shape();
    let bound = 4 * MAX_CONSTRAINTS;
    if [shape.constraints, shape.public_inputs, shape.witness].iter().all(|n| *n <= bound) {
        Ok(shape)
    } else {
        Err(KeyError::Header)
    }
}

const MAX_HEADER_BYTES: usize = 4096;
