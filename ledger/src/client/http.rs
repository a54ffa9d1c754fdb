//! Requests with timeouts, no redirects, and bodies that are read up to a limit.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use ureq::config::ConfigBuilder;
use ureq::tls::TlsConfig;
use ureq::typestate::AgentScope;
use url::{Position, Url};

use super::{trust, unreachable};
use crate::source::FetchError;

/// What every HTTP client of the city starts from: TLS by AWS-LC, the authorities of [`super::trust`], no redirects, no
/// proxy, and every status is an answer.
///
/// `HTTP_PROXY` and its like are not obeyed: they would be shown what travels in the clear on this machine, and they
/// know nothing of its other programs.
pub fn agent_builder() -> ConfigBuilder<AgentScope> {
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
        .root_certs(trust::roots())
        .build();
    ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false).max_redirects(0).proxy(None)
}

/// The address of a path below a service's own, which may have a path itself, with or without a slash at its end.
pub fn below(base: &Url, path: &str) -> String {
    let base = base[..Position::AfterPath].trim_end_matches('/');
    format!("{base}/{}", path.trim_start_matches('/'))
}

/// An agent with the timeouts and limits of this client. Clones share connections.
#[derive(Clone, Debug)]
pub(super) struct Http(ureq::Agent);

/// What came back, whatever its status.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) retry_after_s: Option<u64>,
    pub(super) body: Vec<u8>,
}

impl Http {
    pub(super) fn new() -> Self {
        let config = agent_builder()
            .user_agent("yong-ledger")
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .timeout_recv_body(Some(BODY))
            .timeout_global(Some(ALL));
        Self(config.build().new_agent())
    }
    pub(super) fn get(&self, address: &str, limit: u64) -> Result<Response, FetchError> {
        read(self.0.get(address).call(), address, limit)
    }
    pub(super) fn post(&self, address: &str, json: &[u8], limit: u64) -> Result<Response, FetchError> {
        let request = self.0.post(address).header("content-type", "application/json");
        read(request.send(json), address, limit)
    }
}

fn read(
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    address: &str,
    limit: u64,
) -> Result<Response, FetchError> {
    let mut response = response.map_err(|e| FetchError::Unreachable(unreachable(&e)))?;
    let status = response.status().as_u16();
    let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let retry_after_s = header.and_then(|value| value.parse().ok());
    let body = response.body_mut().with_config().limit(limit).read_to_vec();
    let body = body.map_err(|e| match e {
        ureq::Error::BodyExceedsLimit(_) => FetchError::TooLarge(address.to_owned()),
        e => FetchError::Unreachable(unreachable(&e)),
    })?;
    Ok(Response { status, retry_after_s, body })
}

/// To find the node and connect.
const CONNECT: Duration = Duration::from_secs(10);
/// Until the answer begins: a submission is answered when it is durable.
const ANSWER: Duration = Duration::from_secs(60);
/// Until the body has arrived: a shard has 2 MB, a proving key some ten.
const BODY: Duration = Duration::from_secs(300);
/// From beginning to end.
const ALL: Duration = Duration::from_secs(360);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_its_base_however_that_ends() {
        for base in ["https://a.example/desk", "https://a.example/desk/", "https://a.example/desk?x=1#y"] {
            for path in ["/entry/1", "entry/1"] {
                assert_eq!(below(&base.parse().unwrap(), path), "https://a.example/desk/entry/1");
            }
        }
        assert_eq!(below(&"http://[::1]:7001".parse().unwrap(), "/"), "http://[::1]:7001/");
        assert_eq!(below(&"http://a.example".parse().unwrap(), "/a?b=c"), "http://a.example/a?b=c");
    }
}
