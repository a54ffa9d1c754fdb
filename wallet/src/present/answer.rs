//! Sending an answer, or a refusal that tells nothing.

use circuits::wire::presenting::VpToken;
use serde::Deserialize;

use super::request::Request;
use crate::http::{Answer, Http, HttpError};

/// What the counter said to an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It accepted it.
    Accepted,
    /// It refused it, with this word.
    Refused(String),
}

/// Why it is not known what the counter made of an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// No answer to the answer.
    #[error("the counter did not answer: {0}")]
    Http(#[from] HttpError),
    /// The counter cannot judge now; nothing was spent.
    #[error("the counter cannot work now (status {0})")]
    NotJudged(u16),
}

/// Posts a `vp_token` (`direct_post`).
pub fn answer(request: &Request, token: &VpToken) -> Result<Answered, AnswerError> {
    post(request, ("vp_token", &token.to_json()))
}

/// Posts `access_denied`: the same bytes whether the owner has no credential that fits or does not agree.
pub fn refuse(request: &Request) -> Result<(), AnswerError> {
    post(request, ("error", "access_denied")).map(|_| ())
}

fn post(request: &Request, what: (&str, &str)) -> Result<Answered, AnswerError> {
    let state = ("state", request.object().state.as_str());
    let answer = Http::new().post_form(request.response_uri(), &[what, state])?;
    match answer.status {
        200 => Ok(Answered::Accepted),
        408 | 429 => Err(AnswerError::NotJudged(answer.status)),
        400..500 => Ok(Answered::Refused(word(&answer))),
        status => Err(AnswerError::NotJudged(status)),
    }
}

/// The counter's word, if it is a short one; it is shown on a terminal and kept in the history.
fn word(answer: &Answer) -> String {
    #[derive(Deserialize)]
    struct Body {
        error: String,
    }
    let short = |w: &String| w.len() <= 40 && w.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let said = serde_json::from_slice(&answer.body).map(|body: Body| body.error);
    said.ok().filter(short).unwrap_or_else(|| "refused".to_owned())
}
