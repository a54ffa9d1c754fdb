//! The witness over HTTP (C2SP `tlog-witness`).

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use ledger::digest::Digest;
use ledger::note::MAX_NOTE;
use ledger::witness::{ADD_CHECKPOINT, CosignRefusal, SIZE_TYPE};
use service::http::{Guards, Limits};
use tokio::net::TcpListener;

use super::{NotCosigned, Witness};

/// Every path of a witness. Needs a Tokio runtime.
pub fn witness_app(witness: Arc<Witness>) -> Router {
    let routes = Router::new()
        .route(ADD_CHECKPOINT, post(add_checkpoint))
        .route("/{log}/checkpoint", get(newest))
        .route("/healthz", get(|| async { "ok\n" }));
    Guards::new()
        .body_bytes(MAX_BODY)
        .answer_within(ANSWER)
        .body_idle(IDLE)
        .around(routes)
        .with_state(witness)
}

/// Serves a witness until `shutdown`.
pub async fn serve_witness(
    witness: Arc<Witness>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    service::http::serve(listener, witness_app(witness), Limits::new(), shutdown).await;
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Bytes) -> Response {
    let judged = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body)).await;
    match judged {
        Ok(Ok(line)) => text(format!("{line}\n")),
        Ok(Err(refused)) => refuse(&refused),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn newest(State(witness): State<Arc<Witness>>, Path(log): Path<String>) -> Response {
    let Ok(log) = log.parse::<Digest>() else { return StatusCode::NOT_FOUND.into_response() };
    match tokio::task::spawn_blocking(move || witness.newest(&log)).await {
        Ok(Ok(Some(note))) => text(note),
        Ok(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(error)) => failed(&error),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn refuse(refused: &NotCosigned) -> Response {
    let status = match refused {
        NotCosigned::Malformed(_) | NotCosigned::Refused(CosignRefusal::Malformed(_)) => {
            StatusCode::BAD_REQUEST
        }
        NotCosigned::UnknownLog => StatusCode::NOT_FOUND,
        NotCosigned::Refused(CosignRefusal::Behind(size)) => {
            let headers = [(header::CONTENT_TYPE, SIZE_TYPE)];
            return (StatusCode::CONFLICT, headers, format!("{size}\n")).into_response();
        }
        NotCosigned::Refused(CosignRefusal::Inconsistent) => {
            tracing::error!("a log showed a second history");
            StatusCode::UNPROCESSABLE_ENTITY
        }
        NotCosigned::Refused(_) => StatusCode::FORBIDDEN,
        NotCosigned::Store(error) => return failed(error),
    };
    (status, format!("{refused}\n")).into_response()
}

fn failed(error: &super::StoreError) -> Response {
    tracing::error!(%error, "the witness's store failed");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn text(body: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, body).into_response()
}

/// A note, a proof, and a line.
const MAX_BODY: usize = MAX_NOTE + 8192;
/// An answer takes no longer, else it is 503.
const ANSWER: Duration = Duration::from_secs(10);
/// A sender that pauses for longer is cut off.
const IDLE: Duration = Duration::from_secs(10);
