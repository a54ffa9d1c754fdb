//! The request object: the claims that a verifier signs.

use std::collections::BTreeMap;

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::FORMAT;
use super::dcql::DcqlQuery;
use crate::handover;
use crate::jwe::{Encryption, Jwk, Jwks};
use circuits::schema::Localized;

/// `format` of the [`VerifierInfo`] that carries a [`Matter`].
const MATTER_FORMAT: &str = "yong-matter+json";
/// Characters of a nonce at most.
const MAX_NONCE: usize = 256;

/// The claims of a request object. There is no `iss`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestObject {
    /// `x509_hash:` and base64url of SHA-256 over the leaf certificate.
    pub client_id: String,
    /// `vp_token`.
    pub response_type: ResponseType,
    /// How the response travels.
    pub response_mode: ResponseMode,
    /// Where the response goes; exactly this text enters the context.
    pub response_uri: String,
    /// Fresh for each request, at least 128 bits.
    pub nonce: Nonce,
    /// Names the transaction to the verifier; echoed by the wallet where the verifier gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Nonce>,
    /// When it was made, unix seconds.
    pub iat: u64,
    /// Until when it may be answered, unix seconds, at most five minutes after `iat`.
    pub exp: u64,
    /// Always [`super::AUDIENCE`].
    pub aud: Audience,
    /// What is asked.
    pub dcql_query: DcqlQuery,
    /// What the verifier understands.
    pub client_metadata: ClientMetadata,
    /// Who asks, for which matter; see [`RequestObject::matter`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verifier_info: Vec<VerifierInfo>,
    /// The value that the wallet sent where it fetched the object with POST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet_nonce: Option<Nonce>,
}

impl RequestObject {
    /// How the response must travel; `None` where it must be encrypted and there is no key or cipher for it that we know.
    pub fn protection(&self) -> Option<Protection> {
        match self.response_mode {
            ResponseMode::DirectPost => Some(Protection::Clear),
            ResponseMode::DirectPostJwt => self.client_metadata.encryption(),
        }
    }
    /// What binds proofs to this session when the response travels so.
    pub fn context(&self, protection: &Protection) -> Fr {
        let thumbprint = match protection {
            Protection::Clear => None,
            Protection::Encrypted { key, .. } => Some(key.thumbprint()),
        };
        handover::openid4vp(&self.client_id, self.nonce.as_str(), thumbprint.as_ref(), &self.response_uri)
    }
    /// What the verifier says about itself and the matter, if it says so in our form.
    pub fn matter(&self) -> Option<Matter> {
        let info = self.verifier_info.iter().find(|info| info.format == MATTER_FORMAT)?;
        serde_json::from_value(info.data.clone()).ok()
    }
}

/// How a response travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// As it is.
    Clear,
    /// As a JWE.
    Encrypted {
        /// To whom.
        key: Jwk,
        /// With what.
        encryption: Encryption,
    },
}

/// The four digits that both screens show, from the request's context.
pub fn match_code(context: &Fr) -> String {
    let mut hash = Sha256::new();
    hash.update(b"yong/match-code/v1\0");
    hash.update(context.into_bigint().to_bytes_be());
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
    format!("{:04}", u32::from_be_bytes([a, b, c, d]) % 10_000)
}

/// `response_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseType {
    /// `vp_token`.
    #[serde(rename = "vp_token")]
    VpToken,
}

/// `response_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseMode {
    /// In the clear; only for a `response_uri` on loopback.
    #[serde(rename = "direct_post")]
    DirectPost,
    /// Encrypted to a key of the request.
    #[serde(rename = "direct_post.jwt")]
    DirectPostJwt,
}

/// `aud`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Audience {
    /// [`super::AUDIENCE`].
    #[serde(rename = "https://self-issued.me/v2")]
    SelfIssuedV2,
}

/// `nonce`, `state` and `wallet_nonce`: 1 to 256 characters of `[A-Za-z0-9._~-]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Nonce(String);

/// Text that is not a [`Nonce`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a nonce has 1 to {MAX_NONCE} characters of A-Z, a-z, 0-9, '.', '_', '~' and '-'")]
pub struct NonceError;

impl Nonce {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Nonce {
    type Error = NonceError;
    fn try_from(s: String) -> Result<Self, NonceError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._~-".contains(&b);
        let fits = (1..=MAX_NONCE).contains(&s.len()) && s.bytes().all(allowed);
        if fits { Ok(Self(s)) } else { Err(NonceError) }
    }
}

impl From<Nonce> for String {
    fn from(nonce: Nonce) -> Self {
        nonce.0
    }
}

/// `client_metadata`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientMetadata {
    /// By format identifier.
    pub vp_formats_supported: BTreeMap<String, Value>,
    /// Keys that a response can be encrypted to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Jwks>,
    /// Ciphers that the verifier understands; where there are none named, A128GCM (OpenID4VP §5.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub encrypted_response_enc_values_supported: Vec<String>,
}

impl ClientMetadata {
    /// Our one format with our one proof system, answers encrypted to `key`.
    pub fn ours(key: &Jwk) -> Self {
        let formats = serde_json::json!({ "zk_system_values": [super::SYSTEM] });
        let ciphers = [Encryption::A256Gcm, Encryption::A128Gcm];
        Self {
            vp_formats_supported: BTreeMap::from([(FORMAT.to_owned(), formats)]),
            jwks: Some(Jwks::new(key)),
            encrypted_response_enc_values_supported: ciphers.map(|c| c.name().to_owned()).into(),
        }
    }

    /// The stronger of the ciphers that both know, and the first key that fits.
    fn encryption(&self) -> Option<Protection> {
        let named = |cipher: Encryption| {
            self.encrypted_response_enc_values_supported.iter().any(|name| name == cipher.name())
        };
        let default = self.encrypted_response_enc_values_supported.is_empty();
        let encryption = match (named(Encryption::A256Gcm), named(Encryption::A128Gcm) || default) {
            (true, _) => Encryption::A256Gcm,
            (false, true) => Encryption::A128Gcm,
            (false, false) => return None,
        };
        let key = self.jwks.as_ref()?.response_key()?;
        Some(Protection::Encrypted { key, encryption })
    }
}

/// One statement about the verifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifierInfo {
    /// What `data` is.
    pub format: String,
    /// The statement.
    pub data: Value,
}

/// Who asks, what for, and how long the answer is kept. Claimed by the verifier; the policy on the ledger decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// Who asks.
    pub name: Localized,
    /// The matter (事项): the policy's title.
    pub matter: Localized,
    /// What the answer is used for.
    pub purpose: Localized,
    /// Which rule allows to ask.
    pub legal_basis: Localized,
    /// How long the receipt is kept.
    pub retention_days: u32,
    /// Where to complain.
    pub complaint: Localized,
    /// Index of the policy's record in the log.
    pub policy_entry: u64,
}

impl From<&Matter> for VerifierInfo {
    fn from(matter: &Matter) -> Self {
        let data = serde_json::to_value(matter).expect("a struct of texts and numbers is JSON");
        Self { format: MATTER_FORMAT.to_owned(), data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn match_codes_have_four_digits_and_depend_on_the_context() {
        let codes: Vec<String> = (0u64..20).map(|n| match_code(&Fr::from(n))).collect();
        assert!(codes.iter().all(|c| c.len() == 4 && c.bytes().all(|b| b.is_ascii_digit())));
        assert!(codes.windows(2).any(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn nonces_keep_to_their_alphabet() {
        assert!(Nonce::try_from("Az09._~-".to_owned()).is_ok());
        for bad in ["", "a b", "a+b", "ä"] {
            assert_eq!(Nonce::try_from(bad.to_owned()), Err(NonceError), "{bad}");
        }
        assert_eq!(Nonce::try_from("a".repeat(MAX_NONCE + 1)), Err(NonceError));
    }
}
