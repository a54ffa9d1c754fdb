//! Who may use the staff interface.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use openid4vc::vci::ErrorCode;
use subtle::ConstantTimeEq as _;

use super::Service;
use super::problem::Problem;
use crate::door::{Digest, Purpose, digest};

/// What the staff interface asks for.
#[derive(Clone)]
pub(crate) enum Access {
    /// Nothing but a loopback address in `Host`: the listener is on loopback, so whoever connects is on this machine.
    Loopback,
    /// A bearer token.
    Token(AdminToken),
    /// The listener is reachable from elsewhere and there is no token: nobody.
    Nobody,
}

/// A staff token, as its digest.
#[derive(Clone)]
pub(crate) struct AdminToken(Digest);

impl Access {
    /// The access that fits a listener.
    pub(crate) fn for_listener(listener: SocketAddr, token: Option<AdminToken>) -> Self {
        match token {
            Some(token) => Self::Token(token),
            None if listener.ip().is_loopback() => Self::Loopback,
            None => Self::Nobody,
        }
    }
}

impl AdminToken {
    /// Reads the token's file: at least 16 characters on one line.
    pub(crate) fn load(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
        let token = text.trim();
        if token.len() < 16 {
            Err("a staff token has at least 16 characters".to_owned())
        } else {
            Ok(Self::of(token))
        }
    }
    fn of(token: &str) -> Self {
        Self(digest(Purpose::AdminToken, token))
    }
    fn is(&self, given: &str) -> bool {
        Self::of(given).0.ct_eq(&self.0).into()
    }
}

/// Staff requests come from tools, or from a page of this desk: never from another site's page.
pub(super) async fn same_site(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let foreign = text(headers, "sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    if foreign || headers.contains_key(header::ORIGIN) && !origin_is_host(headers) {
        return Problem::new(StatusCode::FORBIDDEN, ErrorCode::Forbidden).with("cross-site").into_response();
    }
    next.run(request).await
}

/// Asks for what [`Access`] says.
pub(super) async fn staff_only(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Response {
    match admit(&service.access, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn admit(access: &Access, headers: &HeaderMap) -> Result<(), Problem> {
    match access {
        Access::Loopback if host_is_loopback(headers) => Ok(()),
        Access::Loopback => {
            Err(Problem::new(StatusCode::FORBIDDEN, ErrorCode::Forbidden)
                .with("Host must be a loopback address"))
        }
        Access::Token(token) if bearer(headers).is_some_and(|given| token.is(given)) => Ok(()),
        Access::Token(_) | Access::Nobody => {
            Err(Problem::new(StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized))
        }
    }
}

/// The bearer token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, header::AUTHORIZATION.as_str())?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A page whose name was pointed at this machine sends that name as `Host`.
fn host_is_loopback(headers: &HeaderMap) -> bool {
    let host = text(headers, "host").unwrap_or_default();
    let name = if let Some(rest) = host.strip_prefix('[') {
        rest.split(']').next().unwrap_or_default()
    } else {
        host.split(':').next().unwrap_or_default()
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn origin_is_host(headers: &HeaderMap) -> bool {
    let origin = text(headers, "origin").and_then(|origin| origin.split_once("://"));
    origin.is_some_and(|(_, authority)| Some(authority) == text(headers, "host"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn loopback_needs_a_loopback_host() {
        for host in ["127.0.0.1:7002", "localhost:7002", "[::1]:7002", "127.0.0.1"] {
            assert!(admit(&Access::Loopback, &headers(&[("host", host)])).is_ok(), "{host}");
        }
        for host in ["evil.example:7002", "127.0.0.1.evil.example", "", "192.0.2.1"] {
            assert!(admit(&Access::Loopback, &headers(&[("host", host)])).is_err(), "{host}");
        }
    }

    #[test]
    fn elsewhere_needs_the_token() {
        let elsewhere = SocketAddr::from(([0, 0, 0, 0], 7002));
        let host = ("host", "127.0.0.1:7002");
        let nobody = Access::for_listener(elsewhere, None);
        assert!(admit(&nobody, &headers(&[host, ("authorization", "Bearer 0123456789abcdef")])).is_err());
        let token = Access::for_listener(elsewhere, Some(AdminToken::of("0123456789abcdef")));
        assert!(admit(&token, &headers(&[host])).is_err());
        assert!(admit(&token, &headers(&[host, ("authorization", "Bearer 0123456789abcdeF")])).is_err());
        assert!(admit(&token, &headers(&[host, ("authorization", "bearer 0123456789abcdef")])).is_ok());
    }
}
