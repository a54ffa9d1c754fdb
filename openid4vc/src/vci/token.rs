//! Secrets that travel as text, token and nonce (OpenID4VCI 1.0 §6, §7).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::PRE_AUTHORIZED_CODE_GRANT;

/// A code or token. `Debug` does not show it, it is zeroized on drop; compare digests or use constant time.
#[derive(Clone, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text, to be sent or hashed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The form posted to the token endpoint. `resource`, `client_id` and others that wallets send are ignored.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// [`PRE_AUTHORIZED_CODE_GRANT`].
    pub grant_type: String,
    /// From the offer.
    pub pre_authorized_code: Option<Secret>,
    /// What the clerk told.
    pub tx_code: Option<Secret>,
    /// The name that `tx_code` had in drafts; older wallets send it too.
    pub user_pin: Option<Secret>,
}

impl TokenRequest {
    /// The request for an offer's code.
    pub fn new(code: Secret, tx_code: Option<Secret>) -> Self {
        let grant_type = PRE_AUTHORIZED_CODE_GRANT.to_owned();
        Self { grant_type, pre_authorized_code: Some(code), tx_code, user_pin: None }
    }
    /// Reads a posted form; `None` without a `grant_type`, or if a field stands twice. A field without a value counts as
    /// left out (RFC 6749 §3.2).
    pub fn from_form(form: &[u8]) -> Option<Self> {
        let mut fields = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(form) {
            if fields.insert(name, value).is_some() {
                return None;
            }
        }
        fields.retain(|_, value| !value.is_empty());
        let mut take = |name: &str| fields.remove(name).map(|value| Secret::from(value.into_owned()));
        let (pre_authorized_code, tx_code) = (take("pre-authorized_code"), take("tx_code"));
        let user_pin = take("user_pin");
        let grant_type = fields.remove("grant_type")?.into_owned();
        Some(Self { grant_type, pre_authorized_code, tx_code, user_pin })
    }
    /// Form fields to post.
    pub fn form(&self) -> Vec<(&'static str, &str)> {
        let fields = [
            ("pre-authorized_code", self.pre_authorized_code.as_ref()),
            ("tx_code", self.tx_code.as_ref()),
            ("user_pin", self.user_pin.as_ref()),
        ];
        let present = fields.into_iter().filter_map(|(name, value)| Some((name, value?.expose())));
        std::iter::once(("grant_type", self.grant_type.as_str())).chain(present).collect()
    }
}

/// The answer of the token endpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TokenResponse {
    /// For one credential request.
    pub access_token: Secret,
    /// `Bearer`.
    pub token_type: TokenType,
    /// Seconds.
    pub expires_in: u64,
    /// What the token is good for: the [`super::CredentialConfiguration::scope`] of what was offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// How the token is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenType {
    /// In the `Authorization` header.
    #[serde(alias = "bearer")]
    Bearer,
}

/// The answer of the nonce endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonceResponse {
    /// Goes into [`crate::handover::openid4vci`]; one use.
    pub c_nonce: String,
}
