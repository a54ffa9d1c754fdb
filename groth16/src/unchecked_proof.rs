//! Proofs as they are read, before anybody has looked whether B is in the subgroup.

use ark_bn254::Bn254;
use ark_ec::AffineRepr;
use ark_serialize::CanonicalDeserialize;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::json::{self, expect_groth16_bn128, field, only_fields};
use crate::proof::to_bytes;
use crate::{PROOF_BYTES, Proof, ProofError};

/// A proof of points on the curve and not at infinity. B may be outside the subgroup; [`Proof::check_batch`] looks at many together.
#[derive(Clone, Debug, PartialEq)]
pub struct UncheckedProof(pub(super) ark_groth16::Proof<Bn254>);

impl UncheckedProof {
    /// Accepts snarkjs JSON, or a JSON string with the compact form in base64url.
    pub fn from_json(json: &Value) -> Result<Self, ProofError> {
        match json {
            Value::String(compact) => Self::from_base64url(compact),
            Value::Object(fields) => Self::from_fields(fields),
            _ => Err(ProofError::Malformed("a proof is an object or a string")),
        }
    }

    /// Inverse of [`Proof::to_bytes`]; one encoding only.
    pub fn from_bytes(bytes: &[u8; PROOF_BYTES]) -> Result<Self, ProofError> {
        let bad = ProofError::BadPoint("proof");
        // The decoder finds y by the curve's equation, so the points are on the curve.
        let raw = ark_groth16::Proof::<Bn254>::deserialize_compressed_unchecked(&bytes[..])
            .map_err(|_| bad.clone())?;
        if raw.a.is_zero() || raw.b.is_zero() || raw.c.is_zero() {
            return Err(bad);
        }
        // The decoder ignores some bits beside the flags; only what it would write itself is canonical.
        if to_bytes(&raw) == *bytes { Ok(Self(raw)) } else { Err(bad) }
    }

    /// Inverse of [`Proof::to_base64url`].
    pub fn from_base64url(text: &str) -> Result<Self, ProofError> {
        const LENGTH: usize = PROOF_BYTES * 4 / 3 + 1;
        let shape = ProofError::Malformed("a compact proof is 128 bytes in base64url");
        if text.len() != LENGTH {
            return Err(shape);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| shape.clone())?;
        Self::from_bytes(&bytes.try_into().map_err(|_| shape)?)
    }

    /// The proof, if B is in the subgroup.
    pub(super) fn check(self) -> Result<Proof, ProofError> {
        Proof::check_batch([&self]).pop().flatten().ok_or(ProofError::BadPoint("pi_b"))
    }

    fn from_fields(fields: &Map<String, Value>) -> Result<Self, ProofError> {
        only_fields(fields, &["pi_a", "pi_b", "pi_c", "protocol", "curve"])?;
        expect_groth16_bn128(fields)?;
        Ok(Self(ark_groth16::Proof {
            a: json::g1_from_json(field(fields, "pi_a")?, "pi_a")?,
            b: json::on_twist_from_json(field(fields, "pi_b")?, "pi_b")?,
            c: json::g1_from_json(field(fields, "pi_c")?, "pi_c")?,
        }))
    }
}

impl<'de> Deserialize<'de> for UncheckedProof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
