//! The file: one JSON document.

use std::collections::BTreeMap;

use circuits::field::Element;
use groth16::Proof;
use ledger::digest::Digest;
use ledger::follow::Included;
use ledger::genesis::Genesis;
use openid4vc::json;
use openid4vc::vp::{KeyDigest, LinkedProof, Receipt};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Session, Shown};

/// By credential, attributes and their values.
pub type Revealed = BTreeMap<String, Map<String, Value>>;

/// A receipt with everything that shows it to be true. Nothing of it is believed before [`super::verify`].
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// What this file is.
    pub bundle: Version,
    /// What the counter gave out.
    pub receipt: Receipt,
    /// The session that the proofs are bound to.
    pub session: Session,
    /// The pseudonym that all proofs have.
    pub nullifier: Element,
    /// The proofs of credentials with what they prove, in the order of the policy.
    pub shown: Vec<Showing>,
    /// The proof of the policy's condition across credentials, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub across: Option<LinkedShowing>,
    /// The proofs of scores, in the order of the policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<LinkedShowing>,
    /// The `policy.publish` of the policy.
    pub policy: Included,
    /// The `schema.publish` and `model.publish` of everything that the policy names.
    pub vocabulary: Vec<Included>,
    /// The `key.publish` of the verifying key of the proofs of credentials, which holds it.
    pub key: Included,
    /// The `key.retire` of the key, if there was one when this was exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retirement: Option<Included>,
    /// The keys that `across` and `models` name, each once, in the order in which they are named first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub linked_keys: Vec<LinkedKey>,
    /// The `state.root` that states the credential root.
    pub root: Included,
    /// The signed checkpoint that all of them are in, with the witnesses' cosignatures.
    pub checkpoint: String,
    /// The ledger's genesis file.
    pub genesis: Genesis,
    /// Its digest, for people to compare.
    pub genesis_digest: Digest,
    /// The counter's signature, made when it judged.
    pub seal: String,
}

/// The proof of one credential.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Showing {
    /// The policy's name for the credential.
    pub id: String,
    /// What the other proofs know the credential by, where one of them speaks of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Element>,
    /// The proof.
    pub proof: Proof,
    /// The public inputs, for other programs. Left out where they hold revealed values that are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<Element>>,
    /// What the citizen handed over. PERSONAL DATA, there only if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revealed: Option<Map<String, Value>>,
}

/// A proof about credentials behind links.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkedShowing {
    /// Digest of the verifying key that it was made for.
    pub key: KeyDigest,
    /// The proof.
    pub proof: Proof,
    /// The public inputs, for other programs: those of the policy, the session's context, and the links.
    pub inputs: Vec<Element>,
}

/// A verifying key of `across` or `models` on the ledger.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkedKey {
    /// Its `key.publish`, which holds it.
    pub key: Included,
    /// Its `key.retire`, if there was one when this was exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retirement: Option<Included>,
}

/// The version of the file's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// This one.
    #[serde(rename = "yong/receipt/v1")]
    One,
}

/// The bytes are not a bundle of this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a receipt of this form: {0}")]
pub struct NotABundle(#[from] json::JsonError);

impl Showing {
    /// As the counter keeps it.
    pub fn shown(&self) -> Shown {
        Shown { id: self.id.clone(), link: self.link, proof: self.proof.clone() }
    }
}

impl LinkedShowing {
    /// As it was presented.
    pub fn linked(&self) -> LinkedProof {
        LinkedProof { key: self.key, proof: self.proof.clone() }
    }
}

impl Bundle {
    /// Reads at most [`MAX_BUNDLE`] bytes; unknown and repeated members are refused, and points off their curve.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotABundle> {
        Ok(json::from_slice(bytes, MAX_BUNDLE)?)
    }
    /// The file's content.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("string keys and JSON values are JSON");
        bytes.push(b'\n');
        bytes
    }
}

/// Bytes of a bundle at most: some records of 64 KB each, and proofs.
pub const MAX_BUNDLE: usize = 8 << 20;
