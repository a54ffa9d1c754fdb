//! The `vp_token`: what a wallet answers.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::MAX_MESSAGE;
use super::digest::KeyDigest;
use crate::field::Element;
use crate::schema::SchemaId;
use crate::wire::proof::Proof;
use crate::wire::strict::{self, StrictError};

/// By credential query id, an array of exactly one presentation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VpToken(pub BTreeMap<String, [Presentation; 1]>);

impl VpToken {
    /// Reads at most [`MAX_MESSAGE`] bytes; repeated keys, unknown fields and points off the curve are refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, StrictError> {
        strict::from_slice(bytes, MAX_MESSAGE)
    }
    /// Reads a value that [`strict`] read, in which no key is repeated.
    pub fn from_json(json: &Value) -> Result<Self, StrictError> {
        Self::deserialize(json).map_err(|_| StrictError::Shape)
    }
    /// The JSON that travels in the form field `vp_token`.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("string keys and JSON values are JSON")
    }
}

/// One credential's proof. Holds revealed values and a pseudonym: `Debug` shows neither.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presentation {
    /// Always [`super::FORMAT`].
    pub format: Format,
    /// The schema.
    pub vct: SchemaId,
    /// Which offer of the request is taken up.
    #[serde(rename = "zkSystemId")]
    pub zk_system_id: String,
    /// The verifying key that the proof was made for.
    pub key: KeyDigest,
    /// The credential tree's root that the proof is about.
    pub root: Element,
    /// The pseudonym in the request's scope.
    pub nullifier: Element,
    /// Exactly the attributes that the policy reveals; `null` for one that is absent.
    pub revealed: Map<String, Value>,
    /// snarkjs JSON, or the compact form in base64url.
    #[serde(serialize_with = "proof_to_json", deserialize_with = "proof_from_json")]
    pub proof: Proof,
}

impl fmt::Debug for Presentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presentation").field("vct", &self.vct).finish_non_exhaustive()
    }
}

/// The credential format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// [`super::FORMAT`].
    #[serde(rename = "yong-zkp+json")]
    YongZkp,
}

fn proof_to_json<S: Serializer>(proof: &Proof, s: S) -> Result<S::Ok, S::Error> {
    proof.to_json().serialize(s)
}

fn proof_from_json<'de, D: Deserializer<'de>>(d: D) -> Result<Proof, D::Error> {
    Proof::from_json(&Value::deserialize(d)?).map_err(serde::de::Error::custom)
}
