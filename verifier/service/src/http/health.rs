//! Whether the service lives, whether it can work, and what it counted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use ledger::record::KeyUse;
use serde::Serialize;
use service::metrics::CONTENT_TYPE;
use utoipa::ToSchema;

use super::State;
use super::openapi::{OPENAPI, Refusals};
use crate::wire_schema;

/// `GET /healthz`: the process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    summary = "The process answers.",
    responses((status = 200, description = "It does.", body = Alive), Refusals),
)]
pub(super) async fn alive() -> Json<Alive> {
    Json(Alive { alive: true })
}

/// `GET /readyz`: 200 if answers can be judged, else 503 with every reason why not.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    summary = "Whether answers can be judged now.",
    responses(
        Refusals,
        (status = 200, description = "They can.", body = Ready),
        (status = 503, description = "They cannot, and why.", body = Ready),
    ),
)]
pub(super) async fn ready(Shared(state): Shared<Arc<State>>) -> (StatusCode, Json<Ready>) {
    let not_ready = state.relying_party.not_ready();
    let snapshot = state.relying_party.following().snapshot();
    let key = state.relying_party.key();
    let reason =
        |why: &crate::relying_party::NotReady| NotReadyReason { code: why.code(), message: why.to_string() };
    let mut reasons: Vec<NotReadyReason> = not_ready.iter().map(reason).collect();
    if !can_write(&state).await {
        reasons.push(NotReadyReason { code: "cannot_write", message: CANNOT_WRITE.to_owned() });
    }
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = Ready {
        ready: reasons.is_empty(),
        reasons,
        key: key.as_ref().map(|key| key.digest().to_string()),
        development: key.as_ref().map(|key| key.key_use() == KeyUse::Development),
        ledger: FollowedLedger { entries: snapshot.size(), followed_at: snapshot.stated_at() },
    };
    (status, Json(body))
}

/// An answer that cannot be written down cannot be accepted.
async fn can_write(state: &Arc<State>) -> bool {
    let state = Arc::clone(state);
    let tried = tokio::task::spawn_blocking(move || {
        let database = || state.relying_party.can_write();
        state.write_probe.get().map_or_else(database, |probe| probe.is_writable_with(database))
    });
    tried.await.unwrap_or(false)
}

const CANNOT_WRITE: &str = "nothing can be written to the data directory, or to the database: is the disk full, or another program at work?";

/// `GET /openapi.json`: every path of the service.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    summary = "This document.",
    responses((status = 200, description = "OpenAPI 3.1.", body = super::openapi::Document), Refusals),
)]
pub(super) async fn openapi() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, OPENAPI.as_str())
}

/// `GET /metrics`.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    summary = "Counts and times for Prometheus.",
    responses((status = 200, description = "Text format 0.0.4.", body = String, content_type = "text/plain"), Refusals),
)]
pub(super) async fn metrics(Shared(state): Shared<Arc<State>>) -> impl IntoResponse {
    let ready = state.relying_party.not_ready().is_empty();
    let entries = state.relying_party.following().snapshot().size();
    let text = state.relying_party.metrics().to_text(ready, entries, state.answers.waiting());
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text)
}

/// The answer of `GET /healthz`.
#[derive(Serialize, ToSchema)]
pub(super) struct Alive {
    alive: bool,
}

/// The answer of `GET /readyz`.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the JSON")]
pub(super) struct Ready {
    /// Whether answers can be judged.
    ready: bool,
    /// Everything that keeps the service from it.
    reasons: Vec<NotReadyReason>,
    /// The newest key that an answer may name.
    #[schema(value_type = Option<wire_schema::Sha256>, required)]
    key: Option<String>,
    /// Whether that is a development key.
    #[schema(required)]
    development: Option<bool>,
    /// How far the ledger was followed.
    ledger: FollowedLedger,
}

/// Why answers cannot be judged.
#[derive(Serialize, ToSchema)]
struct NotReadyReason {
    /// For programs.
    code: &'static str,
    /// For people.
    message: String,
}

/// How far the ledger was followed.
#[derive(Serialize, ToSchema)]
struct FollowedLedger {
    /// Entries of the newest checkpoint.
    entries: u64,
    /// When its newest statement was made, unix seconds; to read an old answer again does not change it.
    #[schema(required)]
    followed_at: Option<u64>,
}
