//! Groth16 proofs and verifying keys: snarkjs JSON and 128 compressed bytes; decoding checks curve and subgroup.
//!
//! A [`Proof`] or [`VerifyingKey`] that exists is valid: every coordinate canonical, every point on the curve, in the
//! subgroup of order r and not at infinity. A proof has exactly one compact encoding and one snarkjs form, but it is no
//! identifier: anybody can re-randomise it into another proof of the same statement.

use ark_bn254::{Bn254, Fr};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::Field;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::json::{CURVE, PROTOCOL, expect_groth16_bn128, field, only_fields};
use crate::{VerifyingKey, json, pairing};

/// Bytes of the compact form: A (32), B (64), C (32).
pub const PROOF_BYTES: usize = 128;

/// A decoded proof: all points on the curve and in the right subgroup, none at infinity.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof(ark_groth16::Proof<Bn254>);

/// A proof of points on the curve and not at infinity. B may be outside the subgroup; [`Proof::check_batch`] looks at many together.
#[derive(Clone, Debug, PartialEq)]
pub struct UncheckedProof(ark_groth16::Proof<Bn254>);

/// Why a proof or key is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The JSON or the bytes do not have the shape of a proof.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// A point is not on the curve, not in the subgroup, at infinity or not canonical.
    #[error("bad point `{0}`")]
    BadPoint(&'static str),
    /// Number of public inputs differs from the key's.
    #[error("the key expects {expected} public inputs, not {given}")]
    InputCount {
        /// By the key.
        expected: usize,
        /// By the caller.
        given: usize,
    },
    /// The pairing equation does not hold.
    #[error("the proof does not prove the statement")]
    NotProved,
}

impl Proof {
    /// snarkjs `proof.json` (`pi_a, pi_b, pi_c, protocol, curve`).
    pub fn to_json(&self) -> Value {
        json!({
            "pi_a": json::g1_to_json(&self.0.a),
            "pi_b": json::g2_to_json(&self.0.b),
            "pi_c": json::g1_to_json(&self.0.c),
            "protocol": PROTOCOL,
            "curve": CURVE,
        })
    }

    /// Accepts snarkjs JSON, or a JSON string with the compact form in base64url.
    pub fn from_json(json: &Value) -> Result<Self, ProofError> {
        UncheckedProof::from_json(json)?.check()
    }

    /// 128 bytes: compressed A (32), B (64), C (32).
    pub fn to_bytes(&self) -> [u8; PROOF_BYTES] {
        to_bytes(&self.0)
    }

    /// Inverse of [`Self::to_bytes`]; one encoding only.
    pub fn from_bytes(bytes: &[u8; PROOF_BYTES]) -> Result<Self, ProofError> {
        UncheckedProof::from_bytes(bytes)?.check()
    }

    /// [`Self::from_bytes`] of each; quicker than one by one.
    pub fn from_bytes_batch(bytes: &[[u8; PROOF_BYTES]]) -> Vec<Result<Self, ProofError>> {
        let read: Vec<_> = bytes.iter().map(UncheckedProof::from_bytes).collect();
        let mut inside = Self::check_batch(read.iter().flatten()).into_iter();
        let mut checked = |_| inside.next().flatten().ok_or(ProofError::BadPoint("pi_b"));
        read.into_iter().map(|proof| proof.and_then(&mut checked)).collect()
    }

    /// Each in its place; `None` where B is outside the subgroup. Quicker than one by one.
    pub fn check_batch<'a>(read: impl IntoIterator<Item = &'a UncheckedProof>) -> Vec<Option<Self>> {
        let read: Vec<_> = read.into_iter().collect();
        let inside = pairing::in_subgroup(&read.iter().map(|proof| proof.0.b).collect::<Vec<_>>());
        let checked = |(proof, inside): (&UncheckedProof, bool)| inside.then(|| Self(proof.0.clone()));
        read.into_iter().zip(inside).map(checked).collect()
    }

    /// The compact form as base64url without padding (171 characters), for QR codes.
    pub fn to_base64url(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.to_bytes())
    }

    /// Inverse of [`Self::to_base64url`].
    pub fn from_base64url(text: &str) -> Result<Self, ProofError> {
        UncheckedProof::from_base64url(text)?.check()
    }

    /// The arkworks form.
    pub fn as_ark(&self) -> &ark_groth16::Proof<Bn254> {
        &self.0
    }

    /// Another proof of the same statement, (z·A, B/z + t·δ, C + z·t·A), which anybody can make. `None` for z = 0 or where
    /// a point is at infinity.
    pub fn rerandomised(&self, key: &VerifyingKey, z: &Fr, t: &Fr) -> Option<Self> {
        let ark_groth16::Proof { a, b, c } = self.0;
        let scaled = a * z;
        let raw = ark_groth16::Proof {
            a: scaled.into_affine(),
            b: (b * z.inverse()? + key.as_ark().delta_g2 * t).into_affine(),
            c: (scaled * t + c).into_affine(),
        };
        Self::try_from(raw).ok()
    }
}

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
    fn check(self) -> Result<Proof, ProofError> {
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

impl TryFrom<ark_groth16::Proof<Bn254>> for Proof {
    type Error = ProofError;

    fn try_from(proof: ark_groth16::Proof<Bn254>) -> Result<Self, ProofError> {
        json::check_g1(&proof.a, "pi_a")?;
        json::check_g2(&proof.b, "pi_b")?;
        json::check_g1(&proof.c, "pi_c")?;
        Ok(Self(proof))
    }
}

impl Serialize for Proof {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Proof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for UncheckedProof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

fn to_bytes(proof: &ark_groth16::Proof<Bn254>) -> [u8; PROOF_BYTES] {
    let mut bytes = [0; PROOF_BYTES];
    proof.serialize_compressed(&mut bytes[..]).expect("two points of G1 and one of G2 compress to 128 bytes");
    bytes
}

#[cfg(test)]
pub(crate) mod tests;
