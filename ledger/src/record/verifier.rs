//! `verifier.register`: a department vouches, for a time, for the name of a verifier.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::credential::DepartmentId;
use circuits::schema::Localized;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::{NotAWord, RecordId};

/// `verifier.register`. A later one of the same department for the same verifier replaces it; one whose `until` is past
/// ends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifierRegister {
    /// Idempotency key.
    pub id: RecordId,
    /// Which verifier, by its certificate.
    pub client_id: ClientId,
    /// What people call it.
    pub name: Localized,
    /// Where it is, as one writes on a letter.
    pub address: Localized,
    /// Where people complain about it.
    pub complaints: WebAddress,
    /// By which law it asks, and where it is registered.
    pub legal_basis: Localized,
    /// The store that the verifier counts uses in, which is the department's that signs: policies that name this register
    /// are asked by this verifier alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<DepartmentId>,
    /// Unix seconds from which the registration holds no more.
    pub until: u64,
}

/// A verifier by its certificate (OpenID4VP 1.0 §5.9.3): `x509_hash:` and the certificate's SHA-256 in base64url.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

impl ClientId {
    /// The identifier as requests carry it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClientId {
    type Error = NotAWord;
    fn try_from(s: String) -> Result<Self, NotAWord> {
        let hash = s.strip_prefix(PREFIX).and_then(|hash| URL_SAFE_NO_PAD.decode(hash).ok());
        match hash {
            Some(hash) if hash.len() == 32 => Ok(Self(s)),
            _ => Err(NotAWord("a verifier's identifier (x509_hash: and 43 digits of base64url)")),
        }
    }
}

impl std::str::FromStr for ClientId {
    type Err = NotAWord;
    fn from_str(s: &str) -> Result<Self, NotAWord> {
        s.to_owned().try_into()
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

impl std::fmt::Display for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// An address that a page may link: `https`, or `http` to the reader's own machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Url", into = "Url")]
pub struct WebAddress(Url);

impl WebAddress {
    /// The address.
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl TryFrom<Url> for WebAddress {
    type Error = NotAWord;
    fn try_from(url: Url) -> Result<Self, NotAWord> {
        if is_web_address(&url) { Ok(Self(url)) } else { Err(NotAWord(WEB_ADDRESS)) }
    }
}

impl std::fmt::Display for WebAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<WebAddress> for Url {
    fn from(address: WebAddress) -> Self {
        address.0
    }
}

/// Whether an address in a record is one that a page may link. An address with a name before an `@` looks like one of
/// another host.
pub fn is_web_address(url: &Url) -> bool {
    let bare = url.username().is_empty() && url.password().is_none();
    bare && match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(ip))) => ip.is_loopback(),
        ("http", Some(Host::Ipv6(ip))) => ip.is_loopback(),
        ("http", Some(Host::Domain(name))) => name == "localhost",
        _ => false,
    }
}

/// What [`is_web_address`] asks for.
pub(crate) const WEB_ADDRESS: &str = "an https address (http only for this machine itself)";
const PREFIX: &str = "x509_hash:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine_are_linked() {
        let is = |url: &str| is_web_address(&url.parse().unwrap());
        for good in
            ["https://a.example/b?c", "http://127.0.0.1:8302/", "http://[::1]/", "http://localhost:1/"]
        {
            assert!(is(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "JavaScript://a.example/%0aalert(1)",
            "data:text/html,x",
            "http://a.example/",
            "http://localhost.example/",
            "ftp://a.example/",
            "file:///etc/passwd",
            "mailto:a@b.example",
            "blob:https://a.example/1",
            "view-source:https://a.example/",
            "https://gov.example@evil.example/",
            "https://:secret@a.example/",
        ] {
            assert!(!is(bad), "{bad}");
        }
    }

    #[test]
    fn a_verifier_is_named_by_a_digest_in_its_one_spelling() {
        let good = format!("x509_hash:{}", "A".repeat(43));
        assert!(good.parse::<ClientId>().is_ok());
        for bad in [
            "A".repeat(43),
            "x509_hash:".to_owned(),
            format!("{good}A"),
            format!("{good}="),
            format!("x509_hash:{}B", "A".repeat(42)),
            format!("X509_hash:{}", "A".repeat(43)),
            format!("x509_san_dns:{}", "A".repeat(43)),
        ] {
            assert!(bad.parse::<ClientId>().is_err(), "{bad}");
        }
    }
}
