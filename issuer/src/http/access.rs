//! Who may use the staff interface.

use std::path::Path;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use service::http::{Exposure, Problem, is_of_another_site, is_of_this_machine};
use subtle::ConstantTimeEq as _;

use super::Service;
use super::problem::ApiError;
use crate::tokens::{Digest, Purpose, digest};

/// What the staff interface asks for.
#[derive(Clone)]
pub(crate) enum Access {
    /// Nothing but a loopback address in `Host` and no word of a proxy: only this machine can reach the service.
    Loopback,
    /// A bearer token.
    Token(AdminToken),
}

/// A staff token, as its digest.
#[derive(Clone)]
pub(crate) struct AdminToken(Digest);

impl AdminToken {
    /// Reads the token's file: at least 16 characters on one line.
    pub(crate) fn load(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
        let token = service::spreadsheet::one_line(&text);
        if token.len() < 16 {
            Err("a staff token has at least 16 characters".to_owned())
        } else {
            Ok(Self::new(token))
        }
    }
    fn new(token: &str) -> Self {
        Self(digest(Purpose::AdminToken, token))
    }
    fn is(&self, given: &str) -> bool {
        Self::new(given).0.ct_eq(&self.0).into()
    }
}

/// Staff requests come from tools, or from a page of this issuer: never from another site's page.
pub(super) async fn no_other_site(request: Request, next: Next) -> Result<Response, Problem> {
    let public = Exposure::of(request.extensions()).and_then(Exposure::origin);
    if is_of_another_site(request.headers(), public) {
        Err(ApiError::CrossSite.into())
    } else {
        Ok(next.run(request).await)
    }
}

/// Asks for what [`Access`] says.
pub(super) async fn staff_only(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    admit(&service.access, request.headers())?;
    Ok(next.run(request).await)
}

fn admit(access: &Access, headers: &HeaderMap) -> Result<(), ApiError> {
    match access {
        Access::Loopback if is_of_this_machine(headers) => Ok(()),
        Access::Loopback => Err(ApiError::NotLoopback),
        Access::Token(token) if bearer(headers).is_some_and(|given| token.is(given)) => Ok(()),
        Access::Token(_) => Err(ApiError::Unauthorized),
    }
}

/// The bearer token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
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
        for name in ["forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host"] {
            let passed_on = headers(&[("host", "127.0.0.1:7002"), (name, "203.0.113.9")]);
            assert!(admit(&Access::Loopback, &passed_on).is_err(), "{name}");
        }
    }

    #[test]
    fn elsewhere_needs_the_token() {
        let host = ("host", "127.0.0.1:7002");
        let token = Access::Token(AdminToken::new("0123456789abcdef"));
        assert!(admit(&token, &headers(&[host])).is_err());
        assert!(admit(&token, &headers(&[host, ("authorization", "Bearer 0123456789abcdeF")])).is_err());
        assert!(admit(&token, &headers(&[host, ("authorization", "bearer 0123456789abcdef")])).is_ok());
    }
}
