//! Elements of `Fr` and their only encodings.

use std::fmt;
use std::str::FromStr;

use ark_bn254::Fr;
use serde::{Deserialize, Serialize};

/// A field element in its JSON form: a decimal string without leading zeros, below r (as snarkjs writes it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Element(pub Fr);

/// Why bytes or text are not a field element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The number is r or more, has leading zeros, or is not decimal.
    #[error("not a canonical field element")]
    NotCanonical,
    /// The text is not in Unicode Normalization Form C.
    #[error("text is not in Unicode NFC")]
    NotNfc,
}

/// Big-endian, 32 bytes.
pub fn to_bytes(_x: &Fr) -> [u8; 32] {
    todo!()
}

/// Inverse of [`to_bytes`]; refuses values of r or more.
pub fn from_bytes(_bytes: &[u8; 32]) -> Result<Fr, FieldError> {
    todo!()
}

/// The `text` element: first 31 bytes, big endian, of SHA3-256(`"yong/text/v1"` ‖ 0x00 ‖ UTF-8 in NFC).
pub fn text(_s: &str) -> Result<Fr, FieldError> {
    todo!()
}

/// The element of a document: like [`text`], over the SHA3-256 digest of the file.
pub fn document(_sha3_256_of_file: &[u8; 32]) -> Fr {
    todo!()
}

/// The constant 2^250 that stands for an attribute that is not there.
pub fn absent() -> Fr {
    todo!()
}

impl fmt::Display for Element {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

impl FromStr for Element {
    type Err = FieldError;
    fn from_str(_s: &str) -> Result<Self, FieldError> {
        todo!()
    }
}

impl Serialize for Element {
    fn serialize<S: serde::Serializer>(&self, _s: S) -> Result<S::Ok, S::Error> {
        todo!()
    }
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: serde::Deserializer<'de>>(_d: D) -> Result<Self, D::Error> {
        todo!()
    }
}

impl From<Fr> for Element {
    fn from(x: Fr) -> Self {
        Self(x)
    }
}
