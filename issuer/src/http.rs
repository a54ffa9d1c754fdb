//! The desk over HTTP: OpenID4VCI for wallets, `/admin` for programs of staff, pages for people.

mod admin;
mod body;
mod guard;
mod pace;
mod pages;
mod problem;
mod tally;
mod wallet;

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use openid4vc::vci::{AUTHORIZATION_SERVER_PATH, ErrorCode, METADATA_PATH};
use service::staff::{Door, Throttle};
use tokio::sync::Notify;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

pub(crate) use guard::{Access, AdminToken};
pub(crate) use pace::Pace;
use problem::Problem;
pub(crate) use tally::Tally;

use crate::issuer::Issuer;

/// What every handler sees.
pub(crate) struct Service {
    pub(crate) office: Arc<Issuer>,
    pub(crate) access: Access,
    pub(crate) pace: Pace,
    pub(crate) tally: Tally,
    /// Who may use the desk's page.
    pub(crate) door: Door,
    /// Tries to sign in, by address.
    pub(crate) tries: Mutex<Throttle<IpAddr>>,
    /// Wakes whoever does uploaded lists.
    pub(crate) lists: Notify,
    /// Whether the configured records have been imported since the start.
    pub(crate) imported: AtomicBool,
}

/// The desk as an axum router. The connection's address must be given as connect info.
pub(crate) fn app(service: Arc<Service>) -> Router {
    Router::new()
        .merge(wallet_routes(&service))
        .merge(admin_routes(&service))
        .merge(watch_routes())
        .merge(pages::pages())
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, ErrorCode::NotFound) })
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .layer(SetResponseHeaderLayer::overriding(NOSNIFF.0, NOSNIFF.1))
        .layer(CatchPanicLayer::custom(|_| Problem::server_error("a handler panicked").into_response()))
        .with_state(service)
}

fn wallet_routes(service: &Arc<Service>) -> Router<Arc<Service>> {
    Router::new()
        .route(&format!("/{METADATA_PATH}"), get(wallet::metadata))
        .route(&format!("/{AUTHORIZATION_SERVER_PATH}"), get(wallet::authorization_server))
        .route("/offer/{id}", get(wallet::offer))
        .route("/token", post(wallet::token))
        .route("/nonce", post(wallet::nonce))
        .route("/credential", post(wallet::credential))
        .route("/notification", post(wallet::notification))
        .layer(DefaultBodyLimit::max(WALLET_BODY))
        .layer(from_fn_with_state(service.clone(), pace::limit))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, WALLET_TIMEOUT))
}

fn admin_routes(service: &Arc<Service>) -> Router<Arc<Service>> {
    Router::new()
        .route("/admin/offers", post(admin::offer))
        .route("/admin/issue", post(admin::issue))
        .route("/admin/records", post(admin::records))
        .route("/admin/enrolments", post(admin::enrolments))
        .route("/admin/status", post(admin::status))
        .route("/admin/corrections", post(admin::correct))
        .layer(DefaultBodyLimit::max(ADMIN_BODY))
        .layer(from_fn_with_state(service.clone(), guard::staff_only))
        .layer(from_fn(guard::same_site))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, ADMIN_TIMEOUT))
}

fn watch_routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi))
}

async fn ready(State(service): State<Arc<Service>>) -> Response {
    if !service.office.is_ready() {
        let why = "the ledger has not been followed yet, or lacks a schema that this desk grants";
        return Problem::unavailable(why).into_response();
    }
    if !service.imported.load(Ordering::Acquire) {
        return Problem::unavailable("the configured records are being imported").into_response();
    }
    "ready\n".into_response()
}

async fn metrics(State(service): State<Arc<Service>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], service.tally.render()).into_response()
}

async fn openapi() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, OPENAPI).into_response()
}

/// `OpenAPI` 3.1: every path of the desk.
pub(crate) const OPENAPI: &str = include_str!("http/openapi.json");

/// Runs what blocks (database, proofs, ledger) off the async threads.
async fn blocking<T: Send + 'static>(
    service: &Arc<Service>,
    act: impl FnOnce(&Service) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let service = service.clone();
    let done = tokio::task::spawn_blocking(move || act(&service)).await;
    done.unwrap_or_else(|_| Err(Problem::server_error("a blocking task panicked")))
}

const NOSNIFF: (HeaderName, HeaderValue) =
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
/// Bytes of a wallet's body at most.
const WALLET_BODY: usize = 64 * 1024;
/// Bytes of a list at most.
const ADMIN_BODY: usize = 8 * 1024 * 1024;
const WALLET_TIMEOUT: Duration = Duration::from_secs(60);
const ADMIN_TIMEOUT: Duration = Duration::from_secs(120);
