//! Presenting without a network: an answer as one QR code, `yong:1:` and base45 (RFC 9285) of CBOR (RFC 8949 §4.2).
//!
//! The CBOR is `[policy digest, minute, key, root, nullifier, [[revealed, proof], …]]`: one pair for each credential of the
//! policy, in its order, and in each the revealed values in the order that the policy names them. `key` is how the digest of the
//! verifying key begins. There is one text for one answer; every other spelling is refused.
//!
//! A QR code holds base45 in five and a half bits a character, so it needs about as many bytes as the CBOR has. An answer
//! with one credential is a text of 382 characters, and two credentials are 382 bytes of CBOR, without revealed text.

mod counter;
mod minute;

use std::fmt;

use base45::{decode, encode};
use ciborium::Value;
use serde_json::{Map, Value as Json};

use super::vp::{Format, KeyDigest, PolicyDigest, Presentation, SYSTEM_ID, VpToken};
use circuits::field::{self, Element};
use circuits::policy::{CredentialQuery, Policy};
use circuits::typed;
use groth16::{PROOF_BYTES, Proof, ProofError};

pub use counter::{COUNTER_PREFIX, VerifierId, VerifierIdError};
pub use minute::Minute;

/// What the text begins with.
pub const PREFIX: &str = "yong:1:";
/// Characters of a text at most: what a phone's camera still reads from another phone's screen.
pub const MAX_TEXT: usize = 2_048;
/// Credentials of a policy at most.
const MAX_SHOWN: usize = 4;

/// What a wallet shows in one QR code. Holds revealed values and a pseudonym: `Debug` shows neither.
#[derive(Clone, PartialEq)]
pub struct OfflineAnswer {
    /// Which policy, in which text of it.
    pub policy_digest: PolicyDigest,
    /// When it was made; its first second is the `now` row.
    pub minute: Minute,
    /// Which verifying key.
    pub key: KeyStart,
    /// The credential tree's root that all proofs are about.
    pub root: Element,
    /// The pseudonym, of all proofs.
    pub nullifier: Element,
    /// One for each credential of the policy, in its order; 1 to 4.
    pub shown: Vec<Shown>,
}

/// The first bytes of a key's digest. They tell the keys of one ledger apart; what is proved depends on the whole key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyStart(pub [u8; 8]);

impl KeyStart {
    /// How a digest begins.
    pub fn from_digest(KeyDigest([a, b, c, d, e, f, g, h, ..]): &KeyDigest) -> Self {
        Self([*a, *b, *c, *d, *e, *f, *g, *h])
    }

    /// Whether a digest begins so.
    pub fn begins(&self, digest: &KeyDigest) -> bool {
        Self::from_digest(digest) == *self
    }
}

/// One credential's part of an answer. Holds revealed values, which `Debug` does not show.
#[derive(Clone, PartialEq)]
pub struct Shown {
    /// Values of the attributes that the policy reveals, in its order: null, true, false, whole numbers and texts.
    pub revealed: Vec<Json>,
    /// The proof.
    pub proof: Proof,
}

impl fmt::Debug for OfflineAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfflineAnswer").field("minute", &self.minute).finish_non_exhaustive()
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").finish_non_exhaustive()
    }
}

/// Why an answer has no text, or a text is no answer. Carries nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfflineError {
    /// More characters than one QR code should hold.
    #[error("{given} characters, at most {MAX_TEXT} fit a QR code")]
    TooLong {
        /// Characters of the text.
        given: usize,
    },
    /// It begins differently.
    #[error("the text does not begin with `{PREFIX}`")]
    Prefix,
    /// What follows is not base45.
    #[error("the text is not base45")]
    Base45,
    /// The bytes are not CBOR of the right shape.
    #[error("the answer is malformed: {0}")]
    Shape(&'static str),
    /// No credential, or more than a policy can ask for.
    #[error("the answer shows {0} credentials, a policy asks for 1 to {MAX_SHOWN}")]
    Count(usize),
    /// A number that is no element of the field.
    #[error("the answer's {0} is not canonical")]
    Element(&'static str),
    /// A proof that is none.
    #[error("the answer's proof is malformed: {0}")]
    Proof(#[from] ProofError),
    /// A value that is neither null, true, false, a whole number nor a text.
    #[error("a revealed value is of another kind than a credential can hold")]
    Value,
    /// The same answer in another spelling.
    #[error("the text is not the one spelling of its answer")]
    Spelling,
}

impl OfflineAnswer {
    /// What a wallet shows under a policy; `None` where the token is not one of that policy, of one key and of one holder, or
    /// has a link: a text has no room for the proof that would speak of it.
    pub fn from_token(policy: &Policy, minute: Minute, token: &VpToken) -> Option<Self> {
        let presentation =
            |query: &CredentialQuery| token.0.get(&query.id).map(|[presentation]| presentation);
        let first = presentation(policy.credentials.first()?)?;
        let shown = policy.credentials.iter().map(|query| {
            let presentation = presentation(query)?;
            let values = query.reveal.iter().map(|name| presentation.revealed.get(name).cloned());
            let same = presentation.link.is_none()
                && presentation.key == first.key
                && presentation.root == first.root
                && presentation.nullifier == first.nullifier;
            same.then_some(Shown {
                revealed: values.collect::<Option<_>>()?,
                proof: presentation.proof.clone(),
            })
        });
        Some(Self {
            policy_digest: PolicyDigest(policy.digest()),
            minute,
            key: KeyStart::from_digest(&first.key),
            root: first.root,
            nullifier: first.nullifier,
            shown: shown.collect::<Option<_>>()?,
        })
    }

    /// The presentations that the answer stands for under the key that it names; `None` where it has not exactly what the policy
    /// asks for, or names another key.
    pub fn token(&self, policy: &Policy, key: KeyDigest) -> Option<VpToken> {
        let queries = &policy.credentials;
        let named = self.policy_digest.0 == policy.digest() && self.key.begins(&key);
        if self.shown.len() != queries.len() || !named {
            return None;
        }
        let pairs = queries.iter().zip(&self.shown);
        pairs
            .map(|(query, shown)| Some((query.id.clone(), [self.presentation(query, shown, key)?])))
            .collect::<Option<_>>()
            .map(VpToken)
    }

    fn presentation(&self, query: &CredentialQuery, shown: &Shown, key: KeyDigest) -> Option<Presentation> {
        let revealed: Map<String, Json> =
            query.reveal.iter().cloned().zip(shown.revealed.iter().cloned()).collect();
        (shown.revealed.len() == query.reveal.len()).then(|| Presentation {
            format: Format::YongZkp,
            vct: query.schema.clone(),
            zk_system_id: SYSTEM_ID.to_owned(),
            key,
            root: self.root,
            nullifier: self.nullifier,
            link: None,
            revealed,
            proof: shown.proof.clone(),
        })
    }

    /// The text of the QR code.
    pub fn to_text(&self) -> Result<String, OfflineError> {
        let mut bytes = Vec::new();
        ciborium::into_writer(&self.to_cbor()?, &mut bytes)
            .expect("writing to a vector cannot fail and these values need no custom encoder");
        let text = format!("{PREFIX}{}", encode(bytes));
        if text.len() <= MAX_TEXT { Ok(text) } else { Err(OfflineError::TooLong { given: text.len() }) }
    }

    /// The text that a scanner, a hand or a clipboard means: [`Self::parse`] takes what this gives. A text that is no such
    /// code comes back as it was.
    pub fn as_meant(text: &str) -> String {
        if text.len() > MAX_TEXT * typed::FULL_WIDTH_BYTES {
            return text.to_owned();
        }
        let meant = typed::base45(text);
        meant
            .strip_prefix(&PREFIX.to_ascii_uppercase())
            .map_or_else(|| text.trim().to_owned(), |code| format!("{PREFIX}{code}"))
    }

    /// Inverse of [`Self::to_text`]; one spelling only.
    pub fn parse(text: &str) -> Result<Self, OfflineError> {
        if text.len() > MAX_TEXT {
            return Err(OfflineError::TooLong { given: text.len() });
        }
        let bytes = decode(text.strip_prefix(PREFIX).ok_or(OfflineError::Prefix)?);
        let bytes = bytes.map_err(|_| OfflineError::Base45)?;
        let value = ciborium::from_reader(bytes.as_slice()).map_err(|_| OfflineError::Shape("not CBOR"))?;
        let answer = Self::from_cbor(value)?;
        // The decoders pass over trailing bytes, longer forms of numbers and a last pair of characters that is too large.
        if answer.to_text()? == text { Ok(answer) } else { Err(OfflineError::Spelling) }
    }

    fn to_cbor(&self) -> Result<Value, OfflineError> {
        let count = self.shown.len();
        if !(1..=MAX_SHOWN).contains(&count) {
            return Err(OfflineError::Count(count));
        }
        let element = |element: &Element| Value::Bytes(field::to_bytes(&element.0).to_vec());
        Ok(Value::Array(vec![
            Value::Bytes(self.policy_digest.0.to_vec()),
            Value::from(self.minute.number()),
            Value::Bytes(self.key.0.to_vec()),
            element(&self.root),
            element(&self.nullifier),
            Value::Array(self.shown.iter().map(Shown::to_cbor).collect::<Result<_, _>>()?),
        ]))
    }

    fn from_cbor(value: Value) -> Result<Self, OfflineError> {
        let [digest, minute, key, root, nullifier, shown] = array(value, "an answer has six parts")?;
        let shown = shown.into_array().map_err(|_| OfflineError::Shape("proofs are a list"))?;
        if !(1..=MAX_SHOWN).contains(&shown.len()) {
            return Err(OfflineError::Count(shown.len()));
        }
        Ok(Self {
            policy_digest: PolicyDigest(bytes(digest, "a digest has 32 bytes")?),
            minute: whole(&minute)
                .and_then(Minute::new)
                .ok_or(OfflineError::Shape("a minute is a number"))?,
            key: KeyStart(bytes(key, "a key is named by eight bytes")?),
            root: element(root, "root")?,
            nullifier: element(nullifier, "nullifier")?,
            shown: shown.into_iter().map(Shown::from_cbor).collect::<Result<_, _>>()?,
        })
    }
}

impl Shown {
    fn to_cbor(&self) -> Result<Value, OfflineError> {
        let revealed = self.revealed.iter().map(to_cbor).collect::<Option<_>>().ok_or(OfflineError::Value)?;
        Ok(Value::Array(vec![Value::Array(revealed), Value::Bytes(self.proof.to_bytes().to_vec())]))
    }

    fn from_cbor(value: Value) -> Result<Self, OfflineError> {
        let [revealed, proof] = array(value, "a credential is shown by values and a proof")?;
        let revealed =
            revealed.into_array().map_err(|_| OfflineError::Shape("revealed values are a list"))?;
        Ok(Self {
            revealed: revealed.into_iter().map(to_json).collect::<Option<_>>().ok_or(OfflineError::Value)?,
            proof: Proof::from_bytes(&bytes::<PROOF_BYTES>(proof, "a proof has 128 bytes")?)?,
        })
    }
}

fn to_cbor(value: &Json) -> Option<Value> {
    match value {
        Json::Null => Some(Value::Null),
        Json::Bool(b) => Some(Value::Bool(*b)),
        Json::Number(n) => n.as_u64().map(Value::from),
        Json::String(s) => Some(Value::Text(s.clone())),
        Json::Array(_) | Json::Object(_) => None,
    }
}

fn to_json(value: Value) -> Option<Json> {
    match value {
        Value::Null => Some(Json::Null),
        Value::Bool(b) => Some(Json::Bool(b)),
        Value::Integer(_) => whole(&value).map(Json::from),
        Value::Text(s) => Some(Json::String(s)),
        _ => None,
    }
}

fn array<const N: usize>(value: Value, shape: &'static str) -> Result<[Value; N], OfflineError> {
    let parts = value.into_array().map_err(|_| OfflineError::Shape(shape))?;
    parts.try_into().map_err(|_| OfflineError::Shape(shape))
}

fn bytes<const N: usize>(value: Value, shape: &'static str) -> Result<[u8; N], OfflineError> {
    let bytes = value.into_bytes().map_err(|_| OfflineError::Shape(shape))?;
    bytes.try_into().map_err(|_| OfflineError::Shape(shape))
}

fn element(value: Value, what: &'static str) -> Result<Element, OfflineError> {
    let bytes = bytes(value, "an element has 32 bytes")?;
    field::from_bytes(&bytes).map(Element).map_err(|_| OfflineError::Element(what))
}

fn whole(value: &Value) -> Option<u64> {
    value.as_integer().and_then(|n| u64::try_from(n).ok())
}

#[cfg(test)]
mod tests;
