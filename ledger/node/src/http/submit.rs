//! `POST /entries`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ledger::record::Entry;
use ledger::state::Accepted;

use super::openapi;
use super::problem::ApiError;
use crate::node::Node;
use crate::writer::MAX_BATCH;

/// Orders signed entries, all of them or none; answered once they are durable and published.
#[utoipa::path(
    post,
    path = "/entries",
    operation_id = "submit",
    request_body(content = Vec<openapi::Entry>, content_type = "application/json", description = "At most 512, 8 MB."),
    responses((status = 200, description = "In the order given.", body = Vec<openapi::Accepted>)),
)]
pub(super) async fn entries(State(node): State<Arc<Node>>, body: Result<Bytes, BytesRejection>) -> Response {
    match order(&node, body).await {
        Ok(accepted) => Json(accepted).into_response(),
        Err(error) => {
            node.metrics().refused(error.code());
            error.into_response()
        }
    }
}

async fn order(node: &Arc<Node>, body: Result<Bytes, BytesRejection>) -> Result<Vec<Accepted>, ApiError> {
    if let Some(original) = node.original() {
        return Err(ApiError::ReadOnly(original.clone()));
    }
    let body = body.map_err(|rejection| unread(&rejection))?;
    let reader = node.clone();
    let read = tokio::task::spawn_blocking(move || read(&reader, &body)).await;
    let decided = node.submit(read.map_err(|_| ApiError::Internal)??)?.await;
    Ok(decided.map_err(|_| ApiError::Unavailable)??)
}

fn read(node: &Node, body: &[u8]) -> Result<Vec<Entry>, ApiError> {
    let parsed = node.read_submission(body);
    check_count(parsed.map_err(|(at, error)| ApiError::unparsed(at, error))?)
}

fn check_count(entries: Vec<Entry>) -> Result<Vec<Entry>, ApiError> {
    match entries.len() {
        0 => Err(ApiError::Empty),
        1..=MAX_BATCH => Ok(entries),
        _ => Err(ApiError::TooManyEntries),
    }
}

fn unread(rejection: &BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::TooLarge
    } else {
        ApiError::Incomplete
    }
}
