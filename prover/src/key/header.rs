//! The readable first part of a key file.

use serde::{Deserialize, Serialize};

use super::{KeyError, Origin, Phase1};
use crate::matrices::Shape;
use crate::statement::Statement;

/// Everything is checked against this program or against the body; nothing in it is believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) circuit: String,
    pub(super) version: u32,
    /// True for a key whose secret randomness one machine knew.
    pub(super) development: bool,
    /// Of the ceremony that made the key. A development key may have one: if one party alone made the powers of τ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) transcript_digest: Option<String>,
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
            return if self.development { Ok(Origin::Development) } else { Err(KeyError::UnknownOrigin) };
        };
        let mut transcript = [0; 32];
        hex::decode_to_slice(digest, &mut transcript).map_err(|_| KeyError::Header)?;
        if *digest != hex::encode(transcript) {
            return Err(KeyError::Header);
        }
        let phase1 = if self.development { Phase1::Alone } else { Phase1::Shared };
        Ok(Origin::Ceremony { transcript, phase1 })
    }

    pub(super) fn shape(&self) -> Shape {
        Shape {
            public_inputs: self.public_inputs as usize,
            witness: self.witness as usize,
            constraints: self.constraints as usize,
        }
    }
}
