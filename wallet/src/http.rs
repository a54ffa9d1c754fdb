//! The wallet's HTTP: short waits, bounded bodies, no redirects, and nothing private in the clear to another machine.

use std::time::Duration;

use ledger::client::agent_builder;
use openid4vc::url::is_private;
use openid4vc::vp::MAX_MESSAGE;
use ureq::http::Response;
use ureq::{Agent, Body};
use url::Url;

/// Why there is no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// Neither `https`, nor `http` on this machine.
    #[error("{0} is neither https nor on this machine")]
    NotPrivate(Url),
    /// No connection, or no answer in time.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable {
        /// Who.
        url: Url,
        /// What the network said.
        reason: String,
    },
    /// More than 64 KiB.
    #[error("the answer of {0} is longer than 64 KiB")]
    TooLarge(Url),
    /// Redirects are not followed: a signed or agreed address would become another one.
    #[error("{0} sends the wallet elsewhere, which it does not follow")]
    Redirect(Url),
}

/// Status and body of an answer.
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// A connection pool that keeps the wallet's rules. Clones share connections.
#[derive(Clone)]
pub(crate) struct Http(Agent);

impl Http {
    pub(crate) fn new() -> Self {
        let config = agent_builder()
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_global(Some(Duration::from_secs(20)))
            .user_agent("")
            .build();
        Self(config.new_agent())
    }

    pub(crate) fn get(&self, url: &Url, accept: &str) -> Result<HttpAnswer, HttpError> {
        check_private(url)?;
        finish(url, self.0.get(url.as_str()).header("Accept", accept).call())
    }

    pub(crate) fn post_form(&self, url: &Url, fields: &[(&str, &str)]) -> Result<HttpAnswer, HttpError> {
        check_private(url)?;
        finish(url, self.0.post(url.as_str()).send_form(fields.iter().copied()))
    }

    pub(crate) fn post_json(
        &self,
        url: &Url,
        bearer: Option<&str>,
        json: &impl serde::Serialize,
    ) -> Result<HttpAnswer, HttpError> {
        check_private(url)?;
        let mut request = self.0.post(url.as_str());
        if let Some(token) = bearer {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        finish(url, request.send_json(json))
    }

    pub(crate) fn post_empty(&self, url: &Url) -> Result<HttpAnswer, HttpError> {
        check_private(url)?;
        finish(url, self.0.post(url.as_str()).send_empty())
    }
}

fn check_private(url: &Url) -> Result<(), HttpError> {
    if is_private(url) { Ok(()) } else { Err(HttpError::NotPrivate(url.clone())) }
}

fn finish(url: &Url, response: Result<Response<Body>, ureq::Error>) -> Result<HttpAnswer, HttpError> {
    let unreachable = |e: ureq::Error| HttpError::Unreachable { url: url.clone(), reason: e.to_string() };
    let mut response = response.map_err(unreachable)?;
    let status = response.status().as_u16();
    if (300..400).contains(&status) {
        return Err(HttpError::Redirect(url.clone()));
    }
    let body = response.body_mut().with_config().limit(MAX_MESSAGE as u64 + 1).read_to_vec();
    match body {
        Ok(body) if body.len() <= MAX_MESSAGE => Ok(HttpAnswer { status, body }),
        Ok(_) | Err(ureq::Error::BodyExceedsLimit(_)) => Err(HttpError::TooLarge(url.clone())),
        Err(error) => Err(unreachable(error)),
    }
}

/// Whether two addresses are of one server: scheme, host and port.
pub(crate) fn same_server(a: &Url, b: &Url) -> bool {
    a.origin() == b.origin() && a.origin().is_tuple()
}
