//! The node over HTTP.

mod openapi;
mod problem;
pub(crate) mod read;
mod resource;
mod stream;
mod submit;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use service::clock::Clock;
use service::http::{
    AddressLimiter, BadPublicUrl, Endpoint, Exposure, Guards, Limits, Loopback, Rate, TrustedProxies, expose,
    limit_addresses,
};
use service::metrics::CONTENT_TYPE;

use self::problem::ApiError;
pub(crate) use self::problem::ENTRY_CODES;
pub use self::problem::{entry_codes, problem_types};
use crate::config::Config;
use crate::engine::EngineError;
use crate::node::{Node, OpenError};
use crate::public;

/// Why serving ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The node did not start.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The node can no longer write: start it again, which finds out what landed.
    #[error("{0}")]
    Engine(Arc<EngineError>),
    /// The listener does not say where it listens.
    #[error("the listener: {0}")]
    Listener(#[from] std::io::Error),
    /// The public address cannot be served.
    #[error(transparent)]
    PublicUrl(#[from] BadPublicUrl),
    /// The thread that opens the node panicked.
    #[error("opening the node panicked")]
    Panicked,
}

/// Opens the node of a configuration and serves it until `shutdown`, or until it can no longer write.
pub async fn serve(
    config: Config,
    endpoint: impl Into<Endpoint>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let endpoint = endpoint.into();
    let exposure = config.exposure(endpoint.local_addr()?)?;
    let opened = tokio::task::spawn_blocking(move || Node::open(&config)).await;
    let node = Arc::new(opened.map_err(|_| ServeError::Panicked)??);
    serve_exposed_node(node, endpoint, exposure, shutdown).await
}

/// Serves an open node where it listens, until `shutdown`, or until it can no longer write. Requests that were begun are
/// answered, for ten seconds at most.
pub async fn serve_node(
    node: Arc<Node>,
    endpoint: impl Into<Endpoint>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let endpoint = endpoint.into();
    let exposure = Exposure::new(endpoint.local_addr()?, None, TrustedProxies::default())?;
    serve_exposed_node(node, endpoint, exposure, shutdown).await
}

/// The same for a node that is reached in another way than where it listens.
pub async fn serve_exposed_node(
    node: Arc<Node>,
    endpoint: impl Into<Endpoint>,
    exposure: Exposure,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let endpoint = endpoint.into();
    endpoint.measure(node.metrics().all());
    tokio::select! {
        () = service::http::serve(endpoint, exposed_app(node.clone(), exposure), Limits::new(), shutdown) => Ok(()),
        error = node.failed() => Err(ServeError::Engine(error)),
    }
}

/// Every path of a node that only this machine can reach. Needs a Tokio runtime.
pub fn app(node: Arc<Node>) -> Router {
    exposed_app(node, Exposure::this_machine())
}

/// Every path of a node that is reached so. Needs a Tokio runtime.
pub fn exposed_app(node: Arc<Node>, exposure: Exposure) -> Router {
    let rate = Rate::per_second(node.requests_per_second().get());
    let limiter = Arc::new(AddressLimiter::new(rate, Loopback::Exempt, Clock::system()));
    let routes = Router::new()
        .route("/entries", post(submit::entries).layer(DefaultBodyLimit::max(MAX_SUBMISSION)))
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/openapi.json", get(openapi::openapi))
        .merge(public::routes(node.clone()))
        .fallback(resource::get)
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(from_fn_with_state(limiter, limit_addresses));
    let routes = Guards::new()
        .answer_within(ANSWER)
        .body_idle(IDLE)
        .around(routes)
        .layer(from_fn_with_state(node.clone(), observe))
        .with_state(node);
    expose(routes, Arc::new(exposure))
}

/// The process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain")),
)]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether entries can be ordered: the writer works, and disk and database take what it writes.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    responses((status = 200, description = "They can.", body = String, content_type = "text/plain")),
)]
async fn readyz(State(node): State<Arc<Node>>) -> Result<&'static str, ApiError> {
    node.check_clock().map_err(ApiError::Clock)?;
    node.check_key().map_err(|_| ApiError::Signing)?;
    let shared = node.clone();
    let tried = tokio::task::spawn_blocking(move || shared.can_write());
    // A database elsewhere may need longer to say that it does not answer.
    let can_write = tokio::time::timeout(TRY, tried).await.is_ok_and(|tried| tried.unwrap_or(false));
    if node.is_alive() && can_write { Ok("ready\n") } else { Err(ApiError::Unavailable) }
}

/// Counts and times for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    responses((status = 200, description = "Text format 0.0.4.", body = String, content_type = "text/plain")),
)]
async fn metrics(State(node): State<Arc<Node>>) -> Response {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], node.metrics().render()).into_response()
}

/// Counts and logs a request: what kind it is and how it ended, never what it carried or who sent it.
async fn observe(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    let kind = resource::kind(request.uri().path());
    let post = request.method() == Method::POST;
    let started = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let took = started.elapsed();
    node.metrics().request(kind, status, took);
    tracing::debug!(kind, post, status, ms = took.as_millis() as u64, "request");
    response
}

/// Bytes of a submission at most.
const MAX_SUBMISSION: usize = 8 << 20;
/// An answer begins within this time, else it is 503.
const ANSWER: Duration = Duration::from_secs(30);
/// A disk or database that takes nothing for so long is not ready.
const TRY: Duration = Duration::from_secs(5);
/// A sender that pauses for longer is cut off.
const IDLE: Duration = Duration::from_secs(10);
