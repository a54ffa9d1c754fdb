//! The node over HTTP.

mod problem;
pub(crate) mod read;
mod resource;
mod stream;
mod submit;
mod variant;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Router, serve as serve_http};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

use self::problem::Problem;
use crate::config::Config;
use crate::engine::Fatal;
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
    Fatal(Arc<Fatal>),
    /// The listener failed.
    #[error("the listener failed: {0}")]
    Io(#[from] std::io::Error),
    /// The thread that opens the node panicked.
    #[error("opening the node panicked")]
    Panicked,
}

/// Opens the node of a configuration and serves it until `shutdown`, or until it can no longer write.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let opened = tokio::task::spawn_blocking(move || Node::open(&config)).await;
    let node = Arc::new(opened.map_err(|_| ServeError::Panicked)??);
    serve_node(node, listener, shutdown).await
}

/// Serves an open node until `shutdown`, or until it can no longer write. Requests that were begun are answered, for
/// ten seconds at most.
pub async fn serve_node(
    node: Arc<Node>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let signal = async move {
        shutdown.await;
        // Nobody listens when the server ended before.
        let _ = stop.send(());
    };
    let listener = listener.tap_io(|stream| {
        // A connection that cannot be tuned is a connection still.
        let _ = stream.set_nodelay(true);
    });
    let server = serve_http(listener, app(node.clone())).with_graceful_shutdown(signal);
    tokio::select! {
        served = server => served?,
        fatal = node.failed() => return Err(ServeError::Fatal(fatal)),
        () = grace(stopped) => tracing::warn!("some requests did not end in time"),
    }
    Ok(())
}

async fn grace(stopped: tokio::sync::oneshot::Receiver<()>) {
    match stopped.await {
        Ok(()) => tokio::time::sleep(GRACE).await,
        Err(_) => std::future::pending().await,
    }
}

/// Every path of a node. Needs a Tokio runtime.
pub fn app(node: Arc<Node>) -> Router {
    Router::new()
        .route("/entries", post(submit::entries).layer(DefaultBodyLimit::max(MAX_SUBMISSION)))
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/openapi.json", get(openapi))
        .merge(public::routes(node.clone()))
        .fallback(resource::get)
        .method_not_allowed_fallback(|| async { Problem::method().into_response() })
        .layer(CatchPanicLayer::custom(|_| Problem::internal().into_response()))
        .layer(middleware::from_fn_with_state(node.clone(), observe))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER))
        .layer(RequestBodyTimeoutLayer::new(IDLE))
        .with_state(node)
}

async fn metrics(State(node): State<Arc<Node>>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; version=0.0.4"), (header::CACHE_CONTROL, "no-store")];
    (headers, node.meter().render()).into_response()
}

async fn openapi() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, include_str!("http/openapi.json")).into_response()
}

async fn ready(State(node): State<Arc<Node>>) -> Response {
    if node.is_alive() { "ready\n".into_response() } else { Problem::ended().into_response() }
}

/// Counts and logs a request: what kind it is and how it ended, never what it carried or who sent it.
async fn observe(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    let (kind, post) = (resource::kind(request.uri().path()), request.method() == Method::POST);
    let started = Instant::now();
    let mut response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), started.elapsed());
    node.meter().request(kind, status, took);
    tracing::debug!(kind, post, status, ms = took.as_millis() as u64, "request");
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Bytes of a submission at most.
const MAX_SUBMISSION: usize = 8 << 20;
/// An answer takes no longer, else it is 503.
const ANSWER: Duration = Duration::from_secs(30);
/// A sender that pauses for longer is cut off.
const IDLE: Duration = Duration::from_secs(10);
/// Requests that were begun before the shutdown get this long.
const GRACE: Duration = Duration::from_secs(10);
