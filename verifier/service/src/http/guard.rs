//! Who may make requests in the verifier's name, and what holds for every path.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State as Shared};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use openid4vc::url::is_loopback;
use service::http::{Problem, is_of_this_machine};
use subtle::ConstantTimeEq;
use url::Url;
use zeroize::Zeroizing;

use super::State;
use super::error::RequestError;

/// Characters of a token at least: 128 bits in hexadecimal, or more.
const MIN_TOKEN: usize = 32;

/// The secret that the counter's page shows. Whoever has it can ask citizens in the counter's name.
#[derive(Clone)]
pub struct VerifierToken(Zeroizing<String>);

/// The token is too short to be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token has at least {MIN_TOKEN} characters")]
pub struct WeakToken;

impl VerifierToken {
    /// Takes a token; white space around it does not count.
    pub fn new(text: &str) -> Result<Self, WeakToken> {
        let text = service::spreadsheet::one_line(text);
        if text.len() < MIN_TOKEN { Err(WeakToken) } else { Ok(Self(Zeroizing::new(text.to_owned()))) }
    }
    fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl std::fmt::Debug for VerifierToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("VerifierToken(…)")
    }
}

/// The bearer token; where none is needed, only this machine can reach the service, and no proxy may have passed it on.
pub(super) fn authorized(headers: &HeaderMap, token: Option<&VerifierToken>) -> Result<(), RequestError> {
    let Some(token) = token else {
        return if is_of_this_machine(headers) { Ok(()) } else { Err(RequestError::Unauthorized) };
    };
    let given = text(headers, &header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    if given.is_some_and(|given| token.is(given)) { Ok(()) } else { Err(RequestError::Unauthorized) }
}

/// A page of another site can send forms to this machine, but not JSON without being asked first.
pub(super) fn json(headers: &HeaderMap) -> Result<(), RequestError> {
    if media_type(headers).is_some_and(|t| t.eq_ignore_ascii_case("application/json")) {
        Ok(())
    } else {
        Err(RequestError::NotJson)
    }
}

/// Wallets post forms.
pub(super) fn form(headers: &HeaderMap) -> Result<(), RequestError> {
    if media_type(headers).is_some_and(|t| t.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
        Ok(())
    } else {
        Err(RequestError::NotForm)
    }
}

/// Middleware: a name that somebody else points at this machine is not this service's (DNS rebinding).
pub(super) async fn own_host(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let public_url = &state.relying_party.about().public_url;
    let host = text(request.headers(), &header::HOST);
    let host = host.and_then(|host| Url::parse(&format!("http://{host}/")).ok());
    let ours = |host: &Url| is_loopback(host) || host.host() == public_url.host();
    if host.as_ref().is_some_and(ours) {
        next.run(request).await
    } else {
        Problem::from(RequestError::OtherHost).into_response()
    }
}

/// Middleware: one log line for each request. It names the route, never the path: paths hold identifiers that open
/// results.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let took = started.elapsed().as_millis();
    tracing::debug!(%method, route, status = response.status().as_u16(), took, "answered");
    response
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    text(headers, &header::CONTENT_TYPE)?.split(';').next().map(str::trim)
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
