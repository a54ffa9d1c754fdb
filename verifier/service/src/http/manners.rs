//! What holds for every path: bounded bodies, bounded time, pace, headers, one log line, no panic to the outside.
//!
//! The log line names the route, never the path: paths hold identifiers that open results.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Request, State as Shared};
use axum::http::{Extensions, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use openid4vc::vp::MAX_MESSAGE;
use tower_http::catch_panic::CatchPanicLayer;

use super::State;
use super::failure::Failure;
use super::guard::own_host;

/// No answer takes longer, waiting for a verdict included.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn around(routes: Router<Arc<State>>, state: &Arc<State>) -> Router<Arc<State>> {
    routes
        .layer(CatchPanicLayer::custom(|_| Failure::internal().into_response()))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE))
        .layer(from_fn_with_state(Arc::clone(state), security_headers))
}

async fn security_headers(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none", |path| path.as_str()).to_owned();
    let mut response = if let Err(failure) = admit(&state, &request, started) {
        failure.into_response()
    } else {
        let answered = tokio::time::timeout(PATIENCE, next.run(request)).await;
        answered.unwrap_or_else(|_| Failure::timeout().into_response())
    };
    dress(&mut response);
    let took = started.elapsed().as_millis();
    tracing::debug!(%method, route, status = response.status().as_u16(), took, "answered");
    response
}

fn admit(state: &State, request: &Request, now: Instant) -> Result<(), Failure> {
    own_host(request.headers(), &state.counter.about().public_url)?;
    if state.pace.admits(address(request.extensions()), now) { Ok(()) } else { Err(Failure::too_many()) }
}

/// Where a request comes from; where that is not known, from this machine.
pub(super) fn address(extensions: &Extensions) -> IpAddr {
    let info = extensions.get::<ConnectInfo<SocketAddr>>();
    info.map_or(IpAddr::from([127, 0, 0, 1]), |info| info.0.ip())
}

/// Nothing here may be cached, and pages name nothing of their address elsewhere, unless the handler says so.
fn dress(response: &mut Response) {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
}
