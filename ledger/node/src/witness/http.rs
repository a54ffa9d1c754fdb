//! The witness over HTTP (C2SP `tlog-witness`).

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use ledger::digest::Digest;
use ledger::note::MAX_NOTE;
use ledger::witness::{ADD_CHECKPOINT, CosignRefusal, MAX_REPLAY_BODY, REPLAY_ENTRIES, SIZE_TYPE};
use service::clock::Clock;
use service::http::{
    AddressLimiter, Endpoint, Exposure, Guards, Limits, Loopback, Rate, expose, limit_addresses,
};

use super::{NotCosigned, NotReplayed, Witness};

/// Every path of a witness that only this machine can reach. Needs a Tokio runtime.
pub fn witness_app(witness: Arc<Witness>) -> Router {
    exposed(witness, Exposure::this_machine())
}

fn exposed(witness: Arc<Witness>, exposure: Exposure) -> Router {
    let limiter = Arc::new(AddressLimiter::new(RATE, Loopback::Exempt, Clock::system()));
    let routes = Router::new()
        .route(ADD_CHECKPOINT, post(add_checkpoint))
        .route(REPLAY_ENTRIES, post(replay_entries).layer(DefaultBodyLimit::max(MAX_REPLAY_BODY)))
        .route("/{log}/checkpoint", get(newest))
        .route("/{log}/refused", get(refused))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .layer(from_fn_with_state(limiter, limit_addresses));
    let guards = Guards::new().body_bytes(MAX_BODY).answer_within(ANSWER).body_idle(IDLE);
    expose(guards.around(routes).with_state(witness), Arc::new(exposure))
}

/// Serves a witness that is reached so, until `shutdown`.
pub async fn serve_witness(
    witness: Arc<Witness>,
    endpoint: impl Into<Endpoint>,
    exposure: Exposure,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    service::http::serve(endpoint, exposed(witness, exposure), Limits::new(), shutdown).await;
}

/// Whether what is cosigned could be remembered now.
async fn ready(State(witness): State<Arc<Witness>>) -> Response {
    let can_write = tokio::task::spawn_blocking(move || witness.can_write()).await.unwrap_or(false);
    if can_write {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, "the folder of the witness cannot be written\n").into_response()
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Bytes) -> Response {
    let judged = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body)).await;
    match judged {
        Ok(Ok(line)) => text(format!("{line}\n")),
        Ok(Err(refused)) => refuse(&refused),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn replay_entries(State(witness): State<Arc<Witness>>, body: Bytes) -> Response {
    let replayed = tokio::task::spawn_blocking(move || witness.replay_entries(&body)).await;
    match replayed {
        Ok(Ok(reached)) => size(StatusCode::OK, reached),
        // To a log that sends entries, this is what it is to go on with.
        Ok(Err(NotCosigned::NotReplayed(NotReplayed::Reached(reached)))) => {
            size(StatusCode::CONFLICT, reached)
        }
        Ok(Err(refused)) => refuse(&refused),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn refused(State(witness): State<Arc<Witness>>, Path(log): Path<String>) -> Response {
    let Ok(log) = log.parse::<Digest>() else { return StatusCode::NOT_FOUND.into_response() };
    match tokio::task::spawn_blocking(move || witness.refusals(&log)).await {
        Ok(Ok(Some(refusals))) => axum::Json(refusals).into_response(),
        Ok(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(error)) => failed(&error),
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
        NotCosigned::Malformed(_)
        | NotCosigned::MalformedEntries(_)
        | NotCosigned::Refused(CosignRefusal::Malformed(_)) => StatusCode::BAD_REQUEST,
        NotCosigned::UnknownLog | NotCosigned::DoesNotReplay => StatusCode::NOT_FOUND,
        NotCosigned::Refused(CosignRefusal::Behind(seen)) => return size(StatusCode::CONFLICT, *seen),
        NotCosigned::NotReplayed(error) => return not_replayed(error),
        NotCosigned::Refused(CosignRefusal::Inconsistent) => {
            tracing::error!("a log showed a second history");
            StatusCode::UNPROCESSABLE_ENTITY
        }
        NotCosigned::Refused(_) => StatusCode::FORBIDDEN,
        NotCosigned::Store(error) => return failed(error),
    };
    (status, format!("{refused}\n")).into_response()
}

fn not_replayed(error: &NotReplayed) -> Response {
    let status = match error {
        // The log is to send the entries from there on, and then to ask again.
        NotReplayed::Reached(reached) => return size(StatusCode::PRECONDITION_REQUIRED, *reached),
        NotReplayed::NotProved => StatusCode::UNPROCESSABLE_ENTITY,
        NotReplayed::Refused(_) | NotReplayed::OtherEntries => {
            tracing::error!(%error, "a log asks for a cosignature of what does not derive");
            StatusCode::UNPROCESSABLE_ENTITY
        }
        NotReplayed::Early { .. } => {
            tracing::warn!(%error, "not cosigned now");
            StatusCode::SERVICE_UNAVAILABLE
        }
        NotReplayed::Copy(_) | NotReplayed::Engine(_) => {
            tracing::error!(%error, "the witness cannot replay");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    (status, format!("{error}\n")).into_response()
}

fn size(status: StatusCode, size: u64) -> Response {
    (status, [(header::CONTENT_TYPE, SIZE_TYPE)], format!("{size}\n")).into_response()
}

fn failed(error: &super::StoreError) -> Response {
    tracing::error!(%error, "the witness's store failed");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn text(body: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, body).into_response()
}

/// A log asks for one cosignature a batch.
const RATE: Rate = Rate::per_second(50);
/// A note, a proof, and a line.
const MAX_BODY: usize = MAX_NOTE + 8192;
/// An answer takes no longer, else it is 503: a bundle of the largest commitments is replayed in some seconds.
const ANSWER: Duration = Duration::from_secs(60);
/// A sender that pauses for longer is cut off.
const IDLE: Duration = Duration::from_secs(10);
