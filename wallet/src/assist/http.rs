//! The assistant's two routes. JSON only, so that no page of a browser can send a form here.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use openid4vc::paper::OpenError;
use openid4vc::vci::Secret;
use rand::rngs::OsRng;
use serde::Deserialize;
use serde_json::json;
use service::staff::host_is_loopback;

use super::{AssistError, Assistant, Followed};
use crate::present::PresentError;

/// `POST /present`. It holds a code: no `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// What the counter's QR code says.
    link: String,
    /// What the paper's QR code says.
    paper: String,
    /// What the citizen says.
    code: Secret,
}

/// The service.
pub(crate) fn router(assistant: Arc<Assistant>) -> Router {
    Router::new()
        .route("/present", post(present))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(only_this_machine))
        .with_state(assistant)
}

/// Programs of this machine, and no page that a browser shows.
async fn only_this_machine(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if host_is_loopback(headers) && !headers.contains_key("origin") && !headers.contains_key("sec-fetch-site")
    {
        return next.run(request).await;
    }
    fail(StatusCode::FORBIDDEN, "forbidden", "only programs of this machine may ask")
}

async fn ready(State(assistant): State<Arc<Assistant>>) -> Response {
    match Followed::of(assistant.ledger()) {
        Followed::Yes => "ready\n".into_response(),
        Followed::NotYet => {
            fail(StatusCode::SERVICE_UNAVAILABLE, "not_synced", "the ledger is being followed")
        }
    }
}

async fn present(
    State(assistant): State<Arc<Assistant>>,
    asked: Result<Json<Asked>, JsonRejection>,
) -> Response {
    // What the parser says may quote the body.
    let Ok(Json(asked)) = asked else {
        return fail(StatusCode::BAD_REQUEST, "malformed", "not {\"link\", \"paper\", \"code\"}");
    };
    let work = move || assistant.answer(&asked.link, &asked.paper, asked.code.expose(), now(), &mut OsRng);
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(ended)) => Json(ended).into_response(),
        Ok(Err(error)) => failed(&error),
        Err(_) => fail(StatusCode::INTERNAL_SERVER_ERROR, "internal", "proving stopped unexpectedly"),
    }
}

fn failed(error: &AssistError) -> Response {
    let (status, word) = match error {
        AssistError::Paper(_) => (StatusCode::BAD_REQUEST, "not_a_paper"),
        AssistError::Code(_) => (StatusCode::BAD_REQUEST, "not_a_code"),
        AssistError::Wait(wait) => {
            let body = json!({"error": "wait", "message": error.to_string(), "seconds": wait.seconds});
            return (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
        }
        AssistError::Open(OpenError::Code) => (StatusCode::FORBIDDEN, "wrong_code"),
        AssistError::Open(OpenError::Memory) => (StatusCode::SERVICE_UNAVAILABLE, "memory"),
        AssistError::Open(_) | AssistError::OtherLedger => (StatusCode::CONFLICT, "other_ledger"),
        AssistError::Present(PresentError::NeverSynced | PresentError::TooOld { .. }) => {
            (StatusCode::SERVICE_UNAVAILABLE, "not_synced")
        }
        AssistError::Present(PresentError::Request(_)) => (StatusCode::BAD_REQUEST, "bad_request"),
        AssistError::Present(PresentError::Answer(_)) => (StatusCode::BAD_GATEWAY, "no_answer"),
        AssistError::Present(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    };
    fail(status, word, &error.to_string())
}

fn fail(status: StatusCode, word: &str, message: &str) -> Response {
    (status, Json(json!({"error": word, "message": message}))).into_response()
}

/// Unix seconds.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

/// A link, a paper and a code.
const MAX_BODY: usize = 16 * 1024;
