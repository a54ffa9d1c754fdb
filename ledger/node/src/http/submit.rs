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

use super::problem::Problem;
use crate::node::Node;
use crate::writer::MAX_BATCH;

/// Orders entries, all or none; answers when they are durable and public.
pub(super) async fn entries(State(node): State<Arc<Node>>, body: Result<Bytes, BytesRejection>) -> Response {
    match order(&node, body).await {
        Ok(accepted) => Json(accepted).into_response(),
        Err(problem) => {
            node.meter().refused(problem.code);
            problem.into_response()
        }
    }
}

async fn order(node: &Arc<Node>, body: Result<Bytes, BytesRejection>) -> Result<Vec<Accepted>, Problem> {
    if let Some(original) = node.original() {
        return Err(Problem::read_only(original));
    }
    let body = body.map_err(|rejection| unread(&rejection))?;
    let reader = node.clone();
    let parsed = tokio::task::spawn_blocking(move || reader.read_submission(&body)).await;
    let entries =
        parsed.map_err(|_| Problem::internal())?.map_err(|(at, error)| Problem::unparsed(at, error))?;
    let answer = node.submit(check_count(entries)?)?.await;
    answer.map_err(|_| Problem::ended())?.map_err(|refused| Problem::refused(&refused))
}

fn check_count(entries: Vec<Entry>) -> Result<Vec<Entry>, Problem> {
    match entries.len() {
        0 => Err(Problem::empty()),
        1..=MAX_BATCH => Ok(entries),
        _ => Err(Problem::too_many()),
    }
}

fn unread(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::too_large()
    } else {
        Problem::incomplete()
    }
}
