//! How a counter without a network is named: by its service's certificate, and by a window where there are several.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::typed;
use serde::{Deserialize, Serialize};

use crate::vp::X509_HASH;

/// What the printed QR code of a counter begins with.
pub const COUNTER_PREFIX: &str = "yong-counter:";
/// Characters of a window's name at most.
const MAX_WINDOW: usize = 32;

/// `x509_hash:…` and, for one of several windows, `/` and its name. Answers are bound to the whole text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VerifierId {
    text: String,
    /// Bytes of the `client_id` in the text.
    client_id: usize,
}

/// Why a text does not name a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierIdError {
    /// No certificate is named.
    #[error("a counter is named by its certificate: `{X509_HASH}` and 43 characters of base64url")]
    ClientId,
    /// The window's name is not one.
    #[error("a window has a name of 1 to {MAX_WINDOW} characters of a-z, 0-9 and '-'")]
    Window,
}

impl VerifierId {
    /// The counter with this `client_id`, or its window of that name.
    pub fn new(client_id: &str, window: Option<&str>) -> Result<Self, VerifierIdError> {
        let hash = client_id.strip_prefix(X509_HASH).ok_or(VerifierIdError::ClientId)?;
        // Decoding refuses bits that do not count, so there is one spelling.
        let bytes = URL_SAFE_NO_PAD.decode(hash).map_err(|_| VerifierIdError::ClientId)?;
        if bytes.len() != 32 {
            return Err(VerifierIdError::ClientId);
        }
        let text = match window {
            None => client_id.to_owned(),
            Some(window) if is_window(window) => format!("{client_id}/{window}"),
            Some(_) => return Err(VerifierIdError::Window),
        };
        Ok(Self { text, client_id: client_id.len() })
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
    /// `x509_hash:…` of the service's certificate: what a department registers.
    pub fn client_id(&self) -> &str {
        self.text.get(..self.client_id).unwrap_or(&self.text)
    }
    /// The window's name.
    pub fn window(&self) -> Option<&str> {
        self.text.get(self.client_id + 1..)
    }
    /// The text of the QR code that hangs at the counter.
    pub fn printed(&self) -> String {
        format!("{COUNTER_PREFIX}{}", self.text)
    }
}

/// With or without what the printed code begins with, as a hand or a scanner types it.
impl FromStr for VerifierId {
    type Err = VerifierIdError;
    fn from_str(s: &str) -> Result<Self, VerifierIdError> {
        let typed = typed::cased(s, COUNTER_PREFIX);
        let text = typed.strip_prefix(COUNTER_PREFIX).unwrap_or(&typed);
        match text.split_once('/') {
            None => Self::new(text, None),
            Some((client_id, window)) => Self::new(client_id, Some(window)),
        }
    }
}

impl TryFrom<String> for VerifierId {
    type Error = VerifierIdError;
    fn try_from(s: String) -> Result<Self, VerifierIdError> {
        s.parse()
    }
}

impl From<VerifierId> for String {
    fn from(id: VerifierId) -> Self {
        id.text
    }
}

impl fmt::Display for VerifierId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_window(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=MAX_WINDOW).contains(&name.len()) && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = "x509_hash:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

    #[test]
    fn a_counter_is_read_raw_and_printed_with_and_without_a_window() {
        for window in [None, Some("window-3")] {
            let id = VerifierId::new(CLIENT, window).unwrap();
            assert_eq!((id.client_id(), id.window()), (CLIENT, window));
            assert_eq!(id.as_str().parse(), Ok(id.clone()));
            assert_eq!(id.printed().parse(), Ok(id.clone()));
            assert_eq!(serde_json::from_value::<VerifierId>(serde_json::json!(id)).unwrap(), id);
        }
    }

    #[test]
    fn a_counter_is_read_as_it_is_typed() {
        let id = VerifierId::new(CLIENT, Some("window-3")).unwrap();
        let capitals = typed::other_case(&id.printed());
        for text in [
            format!("  {}\r\n", id.printed()),
            id.printed().replace(':', "："),
            id.printed().replace('/', "／"),
            capitals,
        ] {
            assert_eq!(text.parse(), Ok(id.clone()), "{text}");
        }
    }

    #[test]
    fn what_does_not_name_a_certificate_is_refused() {
        let other_bits = format!("{}V", &CLIENT[..CLIENT.len() - 1]);
        for text in ["", "redirect_uri:https://a", "x509_hash:", &CLIENT[..CLIENT.len() - 1], &other_bits] {
            assert_eq!(text.parse::<VerifierId>(), Err(VerifierIdError::ClientId), "{text}");
        }
    }

    #[test]
    fn a_window_has_a_short_plain_name() {
        for window in ["", "A", "a/b", "窗", &"a".repeat(33)] {
            let text = format!("{CLIENT}/{window}");
            assert_eq!(text.parse::<VerifierId>(), Err(VerifierIdError::Window), "{window}");
        }
    }
}
