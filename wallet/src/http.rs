//! The wallet's HTTP: short waits, bounded bodies, no redirects, and nothing private in the clear to another machine.
//! How far it goes is decided by [`Reach`].

use std::time::{Duration, UNIX_EPOCH};

use ledger::client::{agent_builder, unreachable as in_words};
use openid4vc::vp::MAX_MESSAGE;
use ureq::http::Response;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body};
use url::Url;

use crate::reach::{LeadsHere, PublicResolver, Reach};

/// Why there is no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// Neither `https`, nor `http` on this machine.
    #[error("{0} is neither https nor on this machine")]
    NotPrivate(Url),
    /// An address of this machine or its network, where the wallet goes only to try things out.
    #[error("{0} is an address of this machine or its network, to which no link may send the wallet")]
    Local(Url),
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
    /// The server's clock when it answered, unix seconds (RFC 9110 §6.6.1), if it says so.
    pub(crate) date: Option<u64>,
    pub(crate) body: Vec<u8>,
}

/// A connection pool that keeps the wallet's rules. Clones share connections.
#[derive(Clone)]
pub(crate) struct Http {
    agent: Agent,
    reach: Reach,
}

impl Http {
    pub(crate) fn new(reach: Reach) -> Self {
        let config = agent_builder()
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_global(Some(Duration::from_secs(20)))
            .user_agent("")
            .build();
        let agent = match reach {
            Reach::Internet => {
                Agent::with_parts(config, DefaultConnector::default(), PublicResolver::default())
            }
            Reach::LocalToo => config.new_agent(),
        };
        Self { agent, reach }
    }

    pub(crate) fn get(&self, url: &Url, accept: &str) -> Result<HttpAnswer, HttpError> {
        self.reach.check(url)?;
        finish(url, self.agent.get(url.as_str()).header("Accept", accept).call())
    }

    pub(crate) fn post_form(&self, url: &Url, fields: &[(&str, &str)]) -> Result<HttpAnswer, HttpError> {
        self.reach.check(url)?;
        finish(url, self.agent.post(url.as_str()).send_form(fields.iter().copied()))
    }

    pub(crate) fn post_json(
        &self,
        url: &Url,
        bearer: Option<&str>,
        json: &impl serde::Serialize,
    ) -> Result<HttpAnswer, HttpError> {
        self.reach.check(url)?;
        let mut request = self.agent.post(url.as_str());
        if let Some(token) = bearer {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        finish(url, request.send_json(json))
    }

    pub(crate) fn post_empty(&self, url: &Url) -> Result<HttpAnswer, HttpError> {
        self.reach.check(url)?;
        finish(url, self.agent.post(url.as_str()).send_empty())
    }
}

fn finish(url: &Url, response: Result<Response<Body>, ureq::Error>) -> Result<HttpAnswer, HttpError> {
    let unreachable = |e: ureq::Error| match e {
        ureq::Error::Other(other) if other.is::<LeadsHere>() => HttpError::Local(url.clone()),
        e => HttpError::Unreachable { url: url.clone(), reason: in_words(&e) },
    };
    let mut response = response.map_err(unreachable)?;
    let status = response.status().as_u16();
    if (300..400).contains(&status) {
        return Err(HttpError::Redirect(url.clone()));
    }
    let date = date(&response);
    let body = response.body_mut().with_config().limit(MAX_MESSAGE as u64 + 1).read_to_vec();
    match body {
        Ok(body) if body.len() <= MAX_MESSAGE => Ok(HttpAnswer { status, date, body }),
        Ok(_) | Err(ureq::Error::BodyExceedsLimit(_)) => Err(HttpError::TooLarge(url.clone())),
        Err(error) => Err(unreachable(error)),
    }
}

fn date(response: &Response<Body>) -> Option<u64> {
    let date = httpdate::parse_http_date(response.headers().get("date")?.to_str().ok()?).ok()?;
    Some(date.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// Whether two addresses are of one server: scheme, host and port.
pub(crate) fn same_server(a: &Url, b: &Url) -> bool {
    a.origin() == b.origin() && a.origin().is_tuple()
}
