//! What the counter's page talks to: policies, requests, results.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use circuits::schema::SchemaId;
use openid4vc::json;
use openid4vc::vp::{MAX_MESSAGE, Status, TransactionStatus};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::failure::Failure;
use super::wallet::blocking;
use super::{State, guard};
use crate::relying_party::{Asked, ListedPolicy, RelyingPartyError};

/// Seconds that a reader may wait for a verdict at most.
const MAX_WAIT_S: u64 = 25;

/// `GET /policies`.
pub(super) async fn policies(Shared(state): Shared<Arc<State>>) -> Result<Json<Vec<ListedPolicy>>, Failure> {
    Ok(Json(blocking(move || Ok(state.counter.policies())).await?))
}

/// The body of `POST /requests`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    policy: SchemaId,
}

/// `POST /requests`.
pub(super) async fn ask(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Asked>), Failure> {
    guard::authorized(&headers, state.token.as_ref())?;
    guard::json(&headers)?;
    let body = body.map_err(|_| Failure::too_large())?;
    let Ask { policy } = json::from_slice(&body, MAX_MESSAGE).map_err(|_| Failure::malformed())?;
    let asked = blocking(move || state.counter.ask(&policy)).await?;
    Ok((StatusCode::CREATED, Json(asked)))
}

/// The query of `GET /transactions/<id>`.
#[derive(Deserialize)]
pub(super) struct Wait {
    /// Seconds to wait for a verdict.
    #[serde(default)]
    wait: u64,
}

/// `GET /transactions/<id>`, at once or, with `?wait=`, as soon as it has ended.
pub(super) async fn transaction(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    query: Result<Query<Wait>, QueryRejection>,
) -> Result<Json<TransactionStatus>, Failure> {
    let Query(Wait { wait }) = query.map_err(|_| Failure::malformed())?;
    let deadline = Instant::now() + Duration::from_secs(wait.min(MAX_WAIT_S));
    let mut stopping = state.stopping.subscribe();
    loop {
        let ended = state.ended.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        let status = status(&state, &id).await?;
        if status.status != Status::Pending || Instant::now() >= deadline || *stopping.borrow() {
            return Ok(Json(status));
        }
        let stopped = stopping.wait_for(|stopping| *stopping);
        // Whichever comes first, the status is read again.
        let _ = timeout_at(deadline, async {
            tokio::select! { () = ended => {}, _ = stopped => {} }
        })
        .await;
    }
}

async fn status(state: &Arc<State>, id: &str) -> Result<TransactionStatus, Failure> {
    let (state, id) = (Arc::clone(state), id.to_owned());
    blocking(move || state.counter.status(&id)?.ok_or(RelyingPartyError::NotFound)).await
}

/// `GET /client`: what a department needs to register the counter on the ledger.
pub(super) async fn client(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let (certificate, about) = (state.counter.certificate(), state.counter.about());
    Json(json!({
        "client_id": certificate.client_id(),
        "certificate": certificate.leaf_pem(),
        "authority": certificate.authority_pem(),
        "name": about.name,
        "disclosure": {
            "category": "counter",
            "document": { "client_id": certificate.client_id(), "name": about.name },
        },
    }))
}
