//! Sending an answer, or a refusal that tells nothing about the owner.

use openid4vc::jwe;
use openid4vc::url::is_private;
use openid4vc::vp::{Nonce, Protection, ReceiptNumber, VpResponse};
use rand::{CryptoRng, RngCore};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;
use zeroize::Zeroizing;

use super::consent::plain;
use super::request::{Addressed, Request, RequestError};
use crate::http::{Http, HttpAnswer, HttpError};

/// What the verifier said to an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It accepted it.
    Accepted {
        /// Where it asks the owner to go on.
        continue_at: Option<ContinueAt>,
        /// The number of its receipt.
        receipt: Option<ReceiptNumber>,
    },
    /// It refused it, with this word.
    Refused(String),
}

/// The page of whoever asked, on the same device (`redirect_uri`, OpenID4VP §8.2): `https`, or on this machine. The owner
/// is told where it leads and goes there or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContinueAt(Url);

impl ContinueAt {
    /// The address. Whoever has it may read the result: it is not kept.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The server, for people.
    pub fn server(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

/// Why it is not known what the verifier made of an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// No answer to the answer.
    #[error("the counter did not answer: {0}")]
    Http(#[from] HttpError),
    /// The verifier cannot judge now; nothing was spent.
    #[error("the counter cannot work now (status {0})")]
    NotJudged(u16),
}

/// Posts all proofs of an answer, encrypted as the request asks.
pub fn answer<R: RngCore + CryptoRng>(
    request: &Request,
    response: &VpResponse,
    rng: &mut R,
) -> Result<Answered, AnswerError> {
    post(request.addressed(), &Body::Response(response), rng)
}

/// Posts `access_denied`: the same whether the owner has no credential that fits or does not agree.
pub fn refuse<R: RngCore + CryptoRng>(
    request: &Request,
    rng: &mut R,
) -> Result<Option<ContinueAt>, AnswerError> {
    Ok(match post(request.addressed(), &Body::Error(DENIED), rng)? {
        Answered::Accepted { continue_at, .. } => continue_at,
        Answered::Refused(_) => None,
    })
}

/// Posts OpenID4VP's code for why a request cannot be answered, where there is one. Whether it arrives changes
/// nothing for the wallet, which does not answer in any case.
pub(super) fn refuse_request<R: RngCore + CryptoRng>(to: &Addressed, why: &RequestError, rng: &mut R) {
    if let Some(code) = why.code() {
        post(to, &Body::Error(code), rng).ok();
    }
}

enum Body<'a> {
    Response(&'a VpResponse),
    /// With its code.
    Error(&'static str),
}

fn post<R: RngCore + CryptoRng>(
    to: &Addressed,
    body: &Body<'_>,
    rng: &mut R,
) -> Result<Answered, AnswerError> {
    let Addressed { object, response_uri, protection, reach } = to;
    let state = object.state.as_ref().map(Nonce::as_str);
    let fields: Vec<(String, String)> = match protection {
        Protection::Clear => {
            let state = state.map(|state| ("state".to_owned(), state.to_owned()));
            body.members().into_iter().map(|(name, value)| (name, plain(&value))).chain(state).collect()
        }
        Protection::Encrypted { key, encryption } => {
            let payload = Zeroizing::new(body.payload(state));
            let nonce = object.nonce.as_str();
            let jwe = jwe::seal(payload.as_bytes(), key, *encryption, nonce, &mut |b| rng.fill_bytes(b));
            vec![("response".to_owned(), jwe.expect("a request is accepted only with a key that is a point"))]
        }
    };
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    judged(&Http::new(*reach).post_form(response_uri, &fields)?)
}

impl Body<'_> {
    /// The claims of a JWE, or the fields of a form.
    fn members(&self) -> Map<String, Value> {
        let members = match self {
            Self::Response(response) => json!(response),
            Self::Error(code) => json!({ "error": code }),
        };
        let Value::Object(members) = members else { unreachable!("both are objects") };
        members
    }

    /// As the claims of a JWE.
    fn payload(&self, state: Option<&str>) -> String {
        let mut claims = self.members();
        if let Some(state) = state {
            claims.insert("state".to_owned(), state.into());
        }
        Value::Object(claims).to_string()
    }
}

fn judged(answer: &HttpAnswer) -> Result<Answered, AnswerError> {
    match answer.status {
        200 => Ok(Answered::Accepted { continue_at: continue_at(answer), receipt: receipt(answer) }),
        408 | 429 => Err(AnswerError::NotJudged(answer.status)),
        400..500 => Ok(Answered::Refused(reason(answer))),
        status => Err(AnswerError::NotJudged(status)),
    }
}

/// An answer that says nothing, or nothing that the owner could be sent to, ends at the wallet.
fn continue_at(answer: &HttpAnswer) -> Option<ContinueAt> {
    #[derive(Deserialize)]
    struct Said {
        redirect_uri: String,
    }
    let said: Said = serde_json::from_slice(&answer.body).ok()?;
    let url = Url::parse(&said.redirect_uri).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    (plain && is_private(&url) && url.as_str().len() <= MAX_ADDRESS).then_some(ContinueAt(url))
}

/// A number that does not fit together helps nobody to find the receipt again.
fn receipt(answer: &HttpAnswer) -> Option<ReceiptNumber> {
    #[derive(Deserialize)]
    struct Said {
        receipt: ReceiptNumber,
    }
    serde_json::from_slice(&answer.body).ok().map(|said: Said| said.receipt)
}

/// Bytes of an address that the owner is sent to at most.
const MAX_ADDRESS: usize = 4096;
const DENIED: &str = "access_denied";

/// The verifier's word, if it is a short one; it is shown on a terminal and kept in the history.
fn reason(answer: &HttpAnswer) -> String {
    #[derive(Deserialize)]
    struct Said {
        error: String,
    }
    let short = |w: &String| w.len() <= 40 && w.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let said = serde_json::from_slice(&answer.body).map(|said: Said| said.error);
    said.ok().filter(short).unwrap_or_else(|| "refused".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way_back(body: &str) -> Option<String> {
        let answer = HttpAnswer { status: 200, date: None, body: body.as_bytes().to_vec() };
        continue_at(&answer).map(|at| at.url().to_string())
    }

    #[test]
    fn an_owner_is_sent_only_where_nothing_is_read_on_the_way() {
        let told = |address: &str| way_back(&json!({ "redirect_uri": address }).to_string());
        for fine in ["https://bank.example/loan?response_code=a", "http://127.0.0.1:9000/"] {
            assert_eq!(told(fine).as_deref(), Some(fine));
        }
        let long = format!("https://bank.example/{}", "x".repeat(MAX_ADDRESS));
        for other in [
            "http://bank.example/",
            "javascript:alert(1)",
            "https://a@bank.example/",
            "https://:b@bank.example/",
            &long,
        ] {
            assert_eq!(told(other), None, "{other}");
        }
        for nothing in ["{}", "", "[]", "{\"redirect_uri\": 1}"] {
            assert_eq!(way_back(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_receipts_number_is_kept_only_if_its_digits_fit_together() {
        let number = ReceiptNumber::random(&mut rand::rngs::OsRng);
        let told = |said: &str| {
            let body = json!({ "receipt": said }).to_string().into_bytes();
            receipt(&HttpAnswer { status: 200, date: None, body })
        };
        assert_eq!(told(number.as_str()), Some(number));
        for other in ["", "1234", "0000000000000001", "OB_Si9LLYNv6JQgV", "=HYPERLINK"] {
            assert_eq!(told(other), None, "{other}");
        }
    }

    #[test]
    fn an_owner_reads_which_server_it_is() {
        let at = ContinueAt("https://bank.example:8443/loan?response_code=secret".parse().unwrap());
        assert_eq!(at.server(), "https://bank.example:8443");
    }
}
