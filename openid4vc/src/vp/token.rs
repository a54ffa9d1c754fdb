//! The `vp_token`: what a wallet answers.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::MAX_MESSAGE;
use super::digest::KeyDigest;
use crate::json::{self, JsonError};
use circuits::field::Element;
use circuits::schema::SchemaId;
use groth16::Proof;

/// By credential query id, an array of exactly one presentation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VpToken<P = Proof>(pub BTreeMap<String, [Presentation<P>; 1]>);

impl VpToken {
    /// Reads at most [`MAX_MESSAGE`] bytes; repeated keys, unknown fields and points off the curve are refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        json::from_slice(bytes, MAX_MESSAGE)
    }
    /// The JSON that travels in the form field `vp_token`.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("string keys and JSON values are JSON")
    }
}

impl<P> VpToken<P> {
    /// All proofs, in the order of [`Self::try_map`].
    pub(super) fn proofs(&self) -> impl Iterator<Item = &P> {
        self.0.values().map(|[one]| &one.proof)
    }
    /// The same about other proofs; `None` if there is none for one of them.
    pub(super) fn try_map<Q>(self, mut f: impl FnMut(P) -> Option<Q>) -> Option<VpToken<Q>> {
        let each = self.0.into_iter();
        each.map(|(id, [one])| Some((id, [one.try_map(&mut f)?]))).collect::<Option<_>>().map(VpToken)
    }
}

/// One credential's proof. Holds revealed values and a pseudonym: `Debug` shows neither.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presentation<P = Proof> {
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
    /// What `across` and `models` know the credential by; there exactly where the policy speaks of it in one of them.
    #[serde(default, deserialize_with = "json::present", skip_serializing_if = "Option::is_none")]
    pub link: Option<Element>,
    /// Exactly the attributes that the policy reveals; `null` for one that is absent.
    pub revealed: Map<String, Value>,
    /// snarkjs JSON, or the compact form in base64url.
    pub proof: P,
}

impl<P> Presentation<P> {
    fn try_map<Q>(self, f: impl FnOnce(P) -> Option<Q>) -> Option<Presentation<Q>> {
        let Self { format, vct, zk_system_id, key, root, nullifier, link, revealed, proof } = self;
        let proof = f(proof)?;
        Some(Presentation { format, vct, zk_system_id, key, root, nullifier, link, revealed, proof })
    }
}

impl<P> fmt::Debug for Presentation<P> {
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
