//! Sending an answer, or a refusal that tells nothing about the owner.

use groth16::Proof;
use openid4vc::jwe;
use openid4vc::vp::{KeyDigest, Nonce, Protection, VpToken};
use rand::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::consent::plain;
use super::prove::{Proofs, Proved, token};
use super::request::{Addressed, Request, RequestError};
use crate::http::{Http, HttpAnswer, HttpError};

/// What the verifier said to an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It accepted it.
    Accepted,
    /// It refused it, with this word.
    Refused(String),
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
pub fn send<R: RngCore + CryptoRng>(
    request: &Request,
    proofs: &Proofs,
    rng: &mut R,
) -> Result<Answered, AnswerError> {
    let across = proofs.across.as_ref().map(LinkedProof::new);
    let models = proofs.models.iter().map(LinkedProof::new).collect();
    post(request.addressed(), &Body::Answer { token: &token(&proofs.credentials), across, models }, rng)
}

/// Posts a `vp_token` and no other proof, encrypted as the request asks.
pub fn answer<R: RngCore + CryptoRng>(
    request: &Request,
    token: &VpToken,
    rng: &mut R,
) -> Result<Answered, AnswerError> {
    post(request.addressed(), &Body::Answer { token, across: None, models: Vec::new() }, rng)
}

/// Posts `access_denied`: the same whether the owner has no credential that fits or does not agree.
pub fn refuse<R: RngCore + CryptoRng>(request: &Request, rng: &mut R) -> Result<(), AnswerError> {
    post(request.addressed(), &Body::Error(DENIED), rng).map(|_| ())
}

/// Posts OpenID4VP's code for why a request cannot be answered, where there is one. Whether it arrives changes
/// nothing for the wallet, which does not answer in any case.
pub(super) fn refuse_request<R: RngCore + CryptoRng>(to: &Addressed, why: &RequestError, rng: &mut R) {
    if let Some(code) = why.code() {
        post(to, &Body::Error(code), rng).ok();
    }
}

enum Body<'a> {
    Answer {
        /// The proofs about credentials.
        token: &'a VpToken,
        across: Option<LinkedProof<'a>>,
        models: Vec<LinkedProof<'a>>,
    },
    /// With its code.
    Error(&'static str),
}

/// A proof about credentials behind links. The verifier knows its public inputs: they are the policy's, and the links of
/// the proofs beside it.
#[derive(Serialize)]
struct LinkedProof<'a> {
    key: KeyDigest,
    proof: &'a Proof,
}

impl<'a> LinkedProof<'a> {
    fn new<P>(proved: &'a Proved<P>) -> Self {
        Self { key: proved.key, proof: &proved.proof }
    }
}

fn post<R: RngCore + CryptoRng>(
    to: &Addressed,
    body: &Body<'_>,
    rng: &mut R,
) -> Result<Answered, AnswerError> {
    let Addressed { object, response_uri, protection, reach } = to;
    let state = object.state.as_ref().map(Nonce::as_str);
    let fields: Vec<(&str, String)> = match protection {
        Protection::Clear => {
            let state = state.map(|state| ("state", state.to_owned()));
            body.members().into_iter().map(|(name, value)| (name, plain(&value))).chain(state).collect()
        }
        Protection::Encrypted { key, encryption } => {
            let payload = Zeroizing::new(body.payload(state));
            let nonce = object.nonce.as_str();
            let jwe = jwe::seal(payload.as_bytes(), key, *encryption, nonce, &mut |b| rng.fill_bytes(b));
            vec![("response", jwe.expect("a request is accepted only with a key that is a point"))]
        }
    };
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    judged(&Http::new(*reach).post_form(response_uri, &fields)?)
}

impl Body<'_> {
    /// Each member with its name: the claims of a JWE, or the fields of a form.
    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Answer { token, across, models } => {
                let across = across.as_ref().map(|proof| ("across", json!(proof)));
                let models = (!models.is_empty()).then(|| ("models", json!(models)));
                [Some(("vp_token", json!(token))), across, models].into_iter().flatten().collect()
            }
            Self::Error(code) => vec![("error", json!(code))],
        }
    }

    /// As the claims of a JWE.
    fn payload(&self, state: Option<&str>) -> String {
        let state = state.map(|state| ("state", json!(state)));
        let members = self.members().into_iter().chain(state);
        let claims: Map<String, Value> = members.map(|(name, value)| (name.to_owned(), value)).collect();
        Value::Object(claims).to_string()
    }
}

fn judged(answer: &HttpAnswer) -> Result<Answered, AnswerError> {
    match answer.status {
        200 => Ok(Answered::Accepted),
        408 | 429 => Err(AnswerError::NotJudged(answer.status)),
        400..500 => Ok(Answered::Refused(reason(answer))),
        status => Err(AnswerError::NotJudged(status)),
    }
}

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
