//! The protected header.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{JweError, Jwk, ResponseKey};
use crate::json;

/// `enc`: how the content is encrypted. Both have to be understood (HAIP §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encryption {
    /// AES-128 in Galois/counter mode.
    #[serde(rename = "A128GCM")]
    A128Gcm,
    /// AES-256 in Galois/counter mode.
    #[serde(rename = "A256GCM")]
    A256Gcm,
}

impl Encryption {
    /// The name in JOSE.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }
    /// Bytes of the key.
    pub(super) const fn key_bytes(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A256Gcm => 32,
        }
    }
}

/// What of a header matters; other members are ignored, as RFC 7516 §4 asks.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    alg: String,
    pub(super) enc: Encryption,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kid: Option<String>,
    pub(super) epk: Jwk,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    apu: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    apv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zip: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<Value>,
}

impl Header {
    pub(super) fn new(enc: Encryption, ephemeral: &ResponseKey, recipient: &Jwk, nonce: &str) -> Self {
        Self {
            alg: ALGORITHM.to_owned(),
            enc,
            kid: recipient.kid.clone(),
            epk: ephemeral.public().bare(),
            apu: None,
            apv: Some(URL_SAFE_NO_PAD.encode(nonce)),
            zip: None,
            crit: None,
        }
    }

    pub(super) fn from_json(json: &[u8]) -> Result<Self, JweError> {
        let value = json::value(json, MAX_HEADER).map_err(|_| JweError::Malformed)?;
        // An algorithm that is not known is another error than a header that is none.
        let known = |member: &str, names: &[&str]| {
            value.get(member).and_then(Value::as_str).is_none_or(|name| names.contains(&name))
        };
        let names = [Encryption::A128Gcm, Encryption::A256Gcm].map(Encryption::name);
        if !known("alg", &[ALGORITHM]) || !known("enc", &names) {
            return Err(JweError::Algorithm);
        }
        let header: Self = serde_json::from_value(value).map_err(|_| JweError::Malformed)?;
        if header.zip.is_some() || header.crit.is_some() { Err(JweError::Algorithm) } else { Ok(header) }
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a struct of texts is JSON")
    }

    /// `apu` and `apv`, decoded.
    pub(super) fn parties(&self) -> Result<[Vec<u8>; 2], JweError> {
        let decode = |text: &Option<String>| super::decode(text.as_deref().unwrap_or(""));
        Ok([decode(&self.apu)?, decode(&self.apv)?])
    }
}

/// ECDH-ES, the agreed key used directly.
const ALGORITHM: &str = "ECDH-ES";
/// Bytes of a header at most.
const MAX_HEADER: usize = 4096;
