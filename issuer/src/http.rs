//! The issuer over HTTP: OpenID4VCI for wallets, `/admin` for programs of staff, pages for people.

mod access;
mod admin;
mod body;
mod metrics;
mod pages;
mod problem;
mod wallet;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use ledger::follow::{Freshness, STATED_WITHIN_S};
use openid4vc::vci::{AUTHORIZATION_SERVER_PATH, METADATA_PATH};
use service::durable::WriteProbe;
use service::http::{AddressLimiter, Base, Exposure, Guards, Problem, ProblemType, expose, limit_addresses};
use service::staff::{Door, Windows};
use tokio::sync::Notify;

pub(crate) use access::{Access, AdminToken};
pub(crate) use metrics::IssuerMetrics;
pub(crate) use pages::ShownOffer;
#[cfg(test)]
pub(crate) use problem::PROBLEM_TYPES;
use problem::{ApiError, SERVER_ERROR, TEMPORARILY_UNAVAILABLE};
pub use problem::{WalletErrorType, problem_types, wallet_error_types};

use crate::issuer::{Comparison, Issuer, KeyStatus};

/// What every handler sees.
pub(crate) struct Service {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) access: Access,
    /// How often one address may use what wallets use.
    pub(crate) wallet_limiter: Arc<AddressLimiter>,
    pub(crate) metrics: IssuerMetrics,
    /// Who may use the pages.
    pub(crate) authenticator: Door,
    /// The offer that each window's second screen shows.
    pub(crate) screens: Windows<Arc<ShownOffer>>,
    /// Who can reach the service, and under which path.
    pub(crate) exposure: Arc<Exposure>,
    /// Wakes whoever does uploaded lists.
    pub(crate) lists: Notify,
    /// Whether the issuer's folder takes what is written.
    pub(crate) write_probe: WriteProbe,
    /// Whether the configured records have been imported since the start.
    pub(crate) imported: AtomicBool,
}

/// The issuer as an axum router. The connection's address must be given as connect info.
pub(crate) fn app(service: Arc<Service>) -> Router {
    let for_wallets = GUARDS.body_bytes(WALLET_BODY).answer_within(WALLET_TIMEOUT);
    let for_staff = GUARDS.body_bytes(ADMIN_BODY).answer_within(ADMIN_TIMEOUT);
    let not_found = || async { Problem::new(ProblemType::NOT_FOUND) };
    let wallets = wallet_routes(&service).merge(watch_routes());
    let staff = admin_routes(&service).merge(pages::pages());
    let exposure = service.exposure.clone();
    let routes = for_wallets.around(wallets.fallback(not_found)).merge(for_staff.around(staff));
    expose(routes.with_state(service), exposure)
}

fn wallet_routes(service: &Arc<Service>) -> Router<Arc<Service>> {
    well_known(service.exposure.base())
        .route("/offer/{id}", get(wallet::offer))
        .route("/token", post(wallet::token))
        .route("/nonce", post(wallet::nonce))
        .route("/credential", post(wallet::credential))
        .route("/notification", post(wallet::notification))
        .route("/bundle", post(wallet::bundle))
        .route("/renewal", post(wallet::renewal))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(service.wallet_limiter.clone(), limit_addresses))
}

/// Of an issuer whose identifier has a path, the well-known part stands between host and path (OpenID4VCI 1.0 §12.2.2,
/// RFC 8414 §3.1). It is there without the path too, for a proxy that takes it away.
fn well_known(base: Base) -> Router<Arc<Service>> {
    let paths = |suffix: &str| match base.as_str() {
        "" => vec![format!("/{suffix}")],
        base => vec![format!("/{suffix}"), format!("/{suffix}{base}")],
    };
    let metadata = paths(METADATA_PATH).into_iter().map(|path| (path, get(wallet::metadata)));
    let server = paths(AUTHORIZATION_SERVER_PATH).into_iter();
    let server = server.map(|path| (path, get(wallet::authorization_server)));
    metadata.chain(server).fold(Router::new(), |routes, (path, handler)| routes.route(&path, handler))
}

fn admin_routes(service: &Arc<Service>) -> Router<Arc<Service>> {
    Router::new()
        .route("/admin/offers", post(admin::offer))
        .route("/admin/issue", post(admin::issue))
        .route("/admin/records", post(admin::records))
        .route("/admin/enrolments", post(admin::enrolments))
        .route("/admin/status", post(admin::status))
        .route("/admin/resets", post(admin::reset))
        .route("/admin/corrections", post(admin::correct))
        .route("/admin/recoveries", post(admin::recover))
        .route("/admin/recoveries/complete", post(admin::complete_recovery))
        .route("/admin/recovery-approvals", post(admin::approve_recovery))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(service.clone(), access::staff_only))
        .layer(from_fn(access::no_other_site))
}

fn watch_routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi))
        .method_not_allowed_fallback(method_not_allowed)
}

async fn method_not_allowed() -> Problem {
    Problem::new(ProblemType::METHOD_NOT_ALLOWED)
}

/// `GET /readyz`
async fn ready(State(service): State<Arc<Service>>) -> Result<&'static str, Problem> {
    let can_write = |s: &Service| Ok::<_, TaskPanic>(s.write_probe.is_writable_with(|| s.issuer.can_write()));
    if !blocking(&service, can_write).await.unwrap_or(false) {
        return Err(ApiError::NotReady(CANNOT_WRITE).into());
    }
    if let Comparison::Behind { .. } = service.issuer.comparison() {
        let why = "the desk's database is older than the ledger: run `issuer reconcile`";
        return Err(ApiError::NotReady(why).into());
    }
    let silent = match service.issuer.key_status() {
        KeyStatus::Signs => None,
        KeyStatus::OtherOnLedger => Some(OTHER_KEY),
        KeyStatus::DoesNotSign => Some(NO_KEY),
    };
    if let Some(why) = silent {
        return Err(ApiError::NotReady(why).into());
    }
    if !service.issuer.is_ready() {
        let why = "the ledger has not been followed yet, or lacks a schema that this desk grants";
        return Err(ApiError::NotReady(why).into());
    }
    match service.issuer.freshness() {
        Freshness::Ahead { .. } => return Err(ApiError::NotReady(CLOCKS).into()),
        freshness if !freshness.is_within(STATED_WITHIN_S) => return Err(ApiError::NotReady(OLD).into()),
        Freshness::Never | Freshness::Stated { .. } => {}
    }
    if !service.imported.load(Ordering::Acquire) {
        return Err(ApiError::NotReady("the configured records are being imported").into());
    }
    Ok("ready\n")
}

/// Why a desk is not ready that could note nothing down.
const CANNOT_WRITE: &str = "nothing can be written to the desk's folder, or to its database: is the disk full, or another program at work?";
/// Why a desk is not ready that has not the key which the ledger has for the department.
const OTHER_KEY: &str = "the ledger has another key for the department: name it under `key` or `next_key` of the configuration, which is read again";
/// Why a desk is not ready whose key is in a device that was taken out.
const NO_KEY: &str = "the department's key is in a device that does not sign now; the desk's log says why";
/// Why a desk is not ready whose clock, or whose ledger's, is wrong.
const CLOCKS: &str =
    "the ledger's newest statement is ahead of this machine's clock: one of the two clocks is wrong";
/// Why a desk is not ready whose ledger is old.
const OLD: &str = "the ledger's newest statement is old: its node has stopped, what is on the way to it repeats old \
                   answers, or this machine's clock is fast";

/// `GET /metrics`
async fn metrics(State(service): State<Arc<Service>>) -> Response {
    ([(header::CONTENT_TYPE, service::metrics::CONTENT_TYPE)], service.metrics.render()).into_response()
}

/// `GET /openapi.json`
async fn openapi() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, OPENAPI).into_response()
}

/// `OpenAPI` 3.1: every path of the issuer.
pub(crate) const OPENAPI: &str = include_str!("http/openapi.json");

/// Runs what blocks (database, proofs, ledger) off the async threads.
async fn blocking<T: Send + 'static, E: From<TaskPanic> + Send + 'static>(
    service: &Arc<Service>,
    act: impl FnOnce(&Service) -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    let service = service.clone();
    let done = tokio::task::spawn_blocking(move || act(&service)).await;
    done.unwrap_or_else(|_| Err(TaskPanic.into()))
}

/// A blocking task panicked.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a blocking task panicked")]
struct TaskPanic;

/// A handler that panicked or took too long is answered in the codes that wallets know.
const GUARDS: Guards = Guards::new().problems(SERVER_ERROR, TEMPORARILY_UNAVAILABLE);
/// Bytes of a wallet's body at most.
const WALLET_BODY: usize = 64 * 1024;
/// Bytes of a list at most.
const ADMIN_BODY: usize = 8 * 1024 * 1024;
const WALLET_TIMEOUT: Duration = Duration::from_secs(60);
const ADMIN_TIMEOUT: Duration = Duration::from_secs(120);
