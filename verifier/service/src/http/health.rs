//! Whether the service lives, whether it can work, and what it counted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use ledger::record::KeyUse;
use serde_json::{Value, json};

use super::State;
use crate::relying_party::Unready;
use verifier::LedgerView;

/// `GET /healthz`: the process answers.
pub(super) async fn alive() -> Json<Value> {
    Json(json!({ "alive": true }))
}

/// `GET /readyz`: 200 if answers can be judged, else 503 with every reason why not.
pub(super) async fn ready(Shared(state): Shared<Arc<State>>) -> (StatusCode, Json<Value>) {
    let reasons = state.counter.unready();
    let snapshot = state.counter.following().snapshot();
    let key = state.counter.key();
    let development = key.as_ref().map(|key| key.key_use() == KeyUse::Development);
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "ready": reasons.is_empty(),
        "reasons": reasons.iter().map(reason).collect::<Vec<Value>>(),
        "key": key.map(|key| key.digest().to_string()),
        "development": development,
        "ledger": { "entries": snapshot.size(), "followed_at": snapshot.followed_at() },
    });
    (status, Json(body))
}

/// `GET /openapi.json`: every path of the service.
pub(super) async fn openapi() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (headers, OPENAPI)
}

/// `OpenAPI` 3.1.
pub(super) const OPENAPI: &str = include_str!("openapi.json");

fn reason(why: &Unready) -> Value {
    json!({ "code": why.code(), "message": why.to_string() })
}

/// `GET /metrics`.
pub(super) async fn metrics(Shared(state): Shared<Arc<State>>) -> impl IntoResponse {
    let ready = state.counter.unready().is_empty();
    let entries = state.counter.following().snapshot().size();
    let text = state.counter.metrics().to_text(ready, entries, state.answers.waiting());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}
