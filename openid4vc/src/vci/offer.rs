//! Credential offer (OpenID4VCI 1.0 §4.1) and the link in its QR code.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use super::Secret;
use crate::url::is_private;
use circuits::schema::SchemaId;
use circuits::typed;

const OFFER_SCHEME: &str = "openid-credential-offer";
const OFFER_URI: &str = "credential_offer_uri";
/// Longest link that is read, bytes.
const MAX_LINK: usize = 2_048;

/// The desk's public address, without a trailing slash; the `desk` of the registry. `https`, or `http` on loopback.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CredentialIssuer(Url);

impl CredentialIssuer {
    /// The identifier as it stands in offers, metadata and contexts.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
    /// The address of an endpoint, for example `token`.
    pub fn endpoint(&self, path: &str) -> Url {
        Url::parse(&format!("{}/{path}", self.as_str())).expect("a checked base and a fixed path make a URL")
    }
    /// A well-known address: the suffix goes between host and path, as the specification has it.
    pub fn well_known(&self, suffix: &str) -> Url {
        let mut url = self.0.clone();
        let path = self.0.path().trim_end_matches('/');
        url.set_path(&format!("/{suffix}{path}"));
        url
    }
}

impl TryFrom<Url> for CredentialIssuer {
    type Error = LinkError;
    fn try_from(mut url: Url) -> Result<Self, LinkError> {
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        url.set_path(url.path().to_owned().trim_end_matches('/'));
        if plain && is_private(&url) { Ok(Self(url)) } else { Err(LinkError::Address) }
    }
}

impl TryFrom<String> for CredentialIssuer {
    type Error = LinkError;
    fn try_from(s: String) -> Result<Self, LinkError> {
        Url::parse(&s).map_err(|_| LinkError::Address)?.try_into()
    }
}

impl From<CredentialIssuer> for String {
    fn from(issuer: CredentialIssuer) -> Self {
        issuer.as_str().to_owned()
    }
}

impl fmt::Display for CredentialIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What `credential_offer_uri` answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CredentialOffer {
    /// Who offers.
    pub credential_issuer: CredentialIssuer,
    /// What is offered; a configuration's identifier is its schema.
    pub credential_configuration_ids: Vec<SchemaId>,
    /// How to get it.
    pub grants: Grants,
    /// What becomes of such credentials on the owner's other devices when it is taken; left out where there are none, and by
    /// desks that do not say. Not of the standard, by which wallets pass over what they do not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yong_other_devices: Option<OtherDevices>,
}

/// What becomes of credentials on the owner's other devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherDevices {
    /// They stay: this is one of them, or a further one.
    Stay,
    /// They end.
    End,
}

/// The grants of an offer; this desk knows one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Grants {
    /// The pre-authorized code.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:pre-authorized_code")]
    pub pre_authorized_code: PreAuthorizedCode,
}

/// The pre-authorized code grant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PreAuthorizedCode {
    /// One use, short-lived.
    #[serde(rename = "pre-authorized_code")]
    pub code: Secret,
    /// Present when the clerk also tells the citizen a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tx_code: Option<TxCode>,
}

/// What the wallet asks its owner to type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxCode {
    /// `numeric`.
    pub input_mode: String,
    /// Digits.
    pub length: u32,
    /// What people read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl TxCode {
    /// The number that somebody typed, without the spaces and hyphens of how it was told; `None` where it can be seen that
    /// it is not what the issuer wants, so that no try is spent on it.
    pub fn read(&self, typed: &str) -> Option<Secret> {
        let code: String = typed::compact(typed).chars().filter(|c| *c != '-').collect();
        let digits = self.input_mode != "numeric" || code.bytes().all(|b| b.is_ascii_digit());
        let length = self.length == 0 || code.chars().count() == self.length as usize;
        (digits && length && !code.is_empty()).then(|| Secret::from(code))
    }
}

/// The link of an offer: `openid-credential-offer://?credential_offer_uri=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferLink(Url);

/// Why a link or address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Longer than any desk makes, or not a URL.
    #[error("not a link")]
    Malformed,
    /// Another scheme.
    #[error("not a credential offer link (openid-credential-offer://…)")]
    Scheme,
    /// No, or more than one, `credential_offer_uri`.
    #[error("the link has no single `credential_offer_uri`")]
    NoOfferUri,
    /// Neither `https` nor `http` on loopback.
    #[error("the address must be https, or http on this machine")]
    Address,
}

impl OfferLink {
    /// The link to an offer's address.
    pub fn new(offer_uri: Url) -> Result<Self, LinkError> {
        if is_private(&offer_uri) { Ok(Self(offer_uri)) } else { Err(LinkError::Address) }
    }
    /// Where the offer is fetched.
    pub fn offer_uri(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for OfferLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(OFFER_URI, self.0.as_str())
            .finish();
        write!(f, "{OFFER_SCHEME}://?{query}")
    }
}

impl FromStr for OfferLink {
    type Err = LinkError;
    fn from_str(s: &str) -> Result<Self, LinkError> {
        if s.len() > MAX_LINK * typed::FULL_WIDTH_BYTES {
            return Err(LinkError::Malformed);
        }
        let text = typed::cased(s, &format!("{OFFER_SCHEME}://?{OFFER_URI}="));
        if text.len() > MAX_LINK {
            return Err(LinkError::Malformed);
        }
        let link = Url::parse(&text).map_err(|_| LinkError::Malformed)?;
        if link.scheme() != OFFER_SCHEME {
            return Err(LinkError::Scheme);
        }
        let mut uris = link.query_pairs().filter(|(name, _)| name == OFFER_URI);
        match (uris.next(), uris.next()) {
            (Some((_, uri)), None) => Self::new(Url::parse(&uri).map_err(|_| LinkError::Address)?),
            _ => Err(LinkError::NoOfferUri),
        }
    }
}
