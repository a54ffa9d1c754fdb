//! Telling a program that a request has ended, by the conventions of Standard Webhooks: a signed `POST` that is repeated
//! until it is taken.
//!
//! The message says which request ended, and how, if nobody has to come back with a code first; never what a citizen
//! handed over. It is signed as `v1,` and base64 of HMAC-SHA-256 over `id.timestamp.body`, so that whoever checks
//! signature and time is safe from strangers and from old messages, and whoever remembers identifiers from repeated ones.

mod delivery;

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openid4vc::url::is_private;
use url::Url;
use zeroize::Zeroizing;

pub(crate) use delivery::Sender;

/// Where ended requests are told, and what the messages are signed with.
#[derive(Clone, Debug)]
pub struct Webhook {
    url: Url,
    secret: WebhookSecret,
}

/// A webhook that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// Whoever reads a message can read the result of its request.
    #[error(
        "messages to {0} would travel in the clear; a webhook has an https address, or one of this machine"
    )]
    NotPrivate(Url),
    /// The secret does not read, or is too short.
    #[error("a webhook's secret is `whsec_` and base64 of {MIN_SECRET} to {MAX_SECRET} random bytes")]
    Secret,
}

/// What sender and receiver share. Secret: its text shows nowhere.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl Webhook {
    /// At this address, with this secret.
    pub fn new(url: Url, secret: WebhookSecret) -> Result<Self, WebhookError> {
        if is_private(&url) { Ok(Self { url, secret }) } else { Err(WebhookError::NotPrivate(url)) }
    }
}

impl WebhookSecret {
    /// `whsec_` and base64; white space around it does not count.
    pub fn parse(text: &str) -> Result<Self, WebhookError> {
        let text = service::spreadsheet::one_line(text);
        let encoded = text.strip_prefix("whsec_").ok_or(WebhookError::Secret)?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| WebhookError::Secret)?);
        if (MIN_SECRET..=MAX_SECRET).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(WebhookError::Secret)
        }
    }

    /// The header `webhook-signature` of a message; `time` in unix seconds.
    fn sign(&self, id: &str, time: u64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let tag = hmac::sign(&key, format!("{id}.{time}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(tag.as_ref()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

const MIN_SECRET: usize = 24;
const MAX_SECRET: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(bytes: usize) -> String {
        format!("whsec_{}", STANDARD.encode(vec![7; bytes]))
    }

    #[test]
    fn a_secret_has_a_prefix_and_enough_bytes() {
        assert!(WebhookSecret::parse(&secret(24)).is_ok());
        assert!(WebhookSecret::parse(&format!(" {}\n", secret(64))).is_ok());
        for other in [secret(23), secret(65), STANDARD.encode([7; 32]), "whsec_?".to_owned(), String::new()] {
            assert_eq!(WebhookSecret::parse(&other).err(), Some(WebhookError::Secret), "{other}");
        }
    }

    #[test]
    fn messages_do_not_travel_in_the_clear() {
        let webhook =
            |url: &str| Webhook::new(url.parse().unwrap(), WebhookSecret::parse(&secret(32)).unwrap());
        assert!(webhook("https://bank.example/yong").is_ok());
        assert!(webhook("http://127.0.0.1:9000/yong").is_ok());
        assert!(matches!(webhook("http://bank.example/yong"), Err(WebhookError::NotPrivate(_))));
    }

    /// Computed by `printf … | openssl dgst -sha256 -hmac … -binary | base64`.
    #[test]
    fn a_signature_is_what_openssl_computes() {
        let secret = WebhookSecret(Zeroizing::new(b"0123456789abcdef01234567".to_vec()));
        let signature = secret.sign("msg_1", 1_760_000_000, r#"{"type":"request.ended"}"#);
        assert_eq!(signature, "v1,KQM5DTxLhzyYK2+CF4kaPq1X7L0U7pSn2f1Psvg85FQ=");
    }

    #[test]
    fn the_secret_does_not_show() {
        assert_eq!(format!("{:?}", WebhookSecret::parse(&secret(32)).unwrap()), "WebhookSecret(…)");
    }
}
