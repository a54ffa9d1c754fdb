//! What a program adds to a request: a reference of its own, the way back to its page, and a key under which it asks once.

use openid4vc::url::is_private;
use openid4vc::vp::Nonce;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use url::Url;

use circuits::schema::SchemaId;
use ledger::digest::Digest;

/// What a program asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProgramRequest {
    /// What is asked.
    pub policy: SchemaId,
    /// What the program calls it.
    pub reference: Option<Reference>,
    /// Where the citizen goes on after the answer.
    pub return_to: Option<ReturnTo>,
}

impl ProgramRequest {
    /// A policy and nothing else.
    pub fn new(policy: SchemaId) -> Self {
        Self { policy, reference: None, return_to: None }
    }

    /// Two requests with one digest ask the same.
    pub(super) fn digest(&self) -> Digest {
        let text = serde_json::to_vec(self).expect("texts are JSON");
        Digest::of_parts(&[b"yong/program-request", &text])
    }
}

/// A program's own name for a request, which comes back with the result: 1 to 128 characters, none of them a control
/// character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Reference(String);

/// A text that is no reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`reference` has 1 to {MAX_REFERENCE} characters, none of them a control character")]
pub struct ReferenceError;

impl TryFrom<String> for Reference {
    type Error = ReferenceError;

    fn try_from(text: String) -> Result<Self, ReferenceError> {
        let fits = (1..=MAX_REFERENCE).contains(&text.chars().count()) && !text.contains(char::is_control);
        if fits { Ok(Self(text)) } else { Err(ReferenceError) }
    }
}

impl Reference {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A page of the program: `https`, or on this machine, without credentials and without a fragment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReturnTo(Url);

/// An address that nobody is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`return_to` is an https address, or one of this machine, of at most {MAX_ADDRESS} characters, without user, password \
     and fragment"
)]
pub struct ReturnToError;

impl TryFrom<String> for ReturnTo {
    type Error = ReturnToError;

    fn try_from(text: String) -> Result<Self, ReturnToError> {
        let url = Url::parse(&text).map_err(|_| ReturnToError)?;
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        if plain && is_private(&url) && url.as_str().len() <= MAX_ADDRESS {
            Ok(Self(url))
        } else {
            Err(ReturnToError)
        }
    }
}

impl ReturnTo {
    /// The address.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The way back of one request. Whoever comes back with the response code is who answered, on the same device
/// (OpenID4VP §13.3).
#[derive(Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The program's page.
    pub to: ReturnTo,
    /// Told to the wallet that answered, and to nobody else.
    pub response_code: Nonce,
}

impl Redirect {
    /// What the wallet is told as `redirect_uri` (OpenID4VP §8.2).
    pub fn uri(&self) -> Url {
        let mut uri = self.to.0.clone();
        uri.query_pairs_mut().append_pair("response_code", self.response_code.as_str());
        uri
    }

    /// Whether somebody came back with this code.
    pub(super) fn is_returned_by(&self, response_code: Option<&str>) -> bool {
        response_code
            .is_some_and(|given| self.response_code.as_str().as_bytes().ct_eq(given.as_bytes()).into())
    }
}

/// What a program sends as `Idempotency-Key`: with the same key it asks once, however often it sends the request.
/// Kept as a digest, as programs may put anything into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(Digest);

/// A header that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`Idempotency-Key` has 1 to {MAX_KEY} printable ASCII characters")]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// The header's value; quotes around it, which the IETF's draft asks for and many programs leave out, do not count.
    pub fn parse(header: &[u8]) -> Result<Self, IdempotencyKeyError> {
        let text = header.trim_ascii();
        let text = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text);
        let fits = (1..=MAX_KEY).contains(&text.len()) && text.iter().all(|b| (0x20..0x7f).contains(b));
        if fits {
            Ok(Self(Digest::of_parts(&[b"yong/idempotency-key", text])))
        } else {
            Err(IdempotencyKeyError)
        }
    }

    pub(crate) fn digest(&self) -> &Digest {
        &self.0
    }
}

const MAX_REFERENCE: usize = 128;
const MAX_ADDRESS: usize = 2048;
const MAX_KEY: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_short_and_printable() {
        for fine in ["1", "贷款 2026/17", &"x".repeat(128)] {
            assert_eq!(Reference::try_from(fine.to_owned()).unwrap().as_str(), fine);
        }
        for other in ["", "a\nb", &"x".repeat(129)] {
            assert_eq!(Reference::try_from(other.to_owned()), Err(ReferenceError));
        }
    }

    #[test]
    fn nobody_is_sent_to_an_address_in_the_clear_or_with_a_password() {
        for fine in ["https://bank.example/loan?x=1", "http://127.0.0.1:9000/back", "http://localhost/"] {
            assert!(ReturnTo::try_from(fine.to_owned()).is_ok(), "{fine}");
        }
        let long = format!("https://bank.example/{}", "x".repeat(MAX_ADDRESS));
        let other = [
            "http://bank.example/",
            "javascript:alert(1)",
            "https://a:b@bank.example/",
            "https://bank.example/#part",
            "/loan",
            &long,
        ];
        for other in other {
            assert_eq!(ReturnTo::try_from(other.to_owned()), Err(ReturnToError), "{other}");
        }
    }

    #[test]
    fn the_code_is_added_to_the_pages_own_query() {
        let to = ReturnTo::try_from("https://bank.example/loan?case=7".to_owned()).unwrap();
        let redirect = Redirect { to, response_code: Nonce::try_from("abc".to_owned()).unwrap() };
        assert_eq!(redirect.uri().as_str(), "https://bank.example/loan?case=7&response_code=abc");
        assert!(redirect.is_returned_by(Some("abc")));
        assert!(!redirect.is_returned_by(Some("ab")) && !redirect.is_returned_by(None));
    }

    #[test]
    fn a_key_is_the_same_with_and_without_quotes() {
        let key = |text: &str| IdempotencyKey::parse(text.as_bytes());
        assert_eq!(key("\"8e03978e\""), key(" 8e03978e "));
        assert_ne!(key("8e03978e"), key("8e03978f"));
        for other in ["", "\"\"", "钥匙", "a\tb", &"x".repeat(256)] {
            assert_eq!(key(other), Err(IdempotencyKeyError), "{other}");
        }
    }
}
