//! What offline counters and the counter's page talk to: one text to judge, or many to take in.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use openid4vc::json;
use openid4vc::vp::MAX_MESSAGE;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::wallet::blocking;
use super::{State, guard};
use crate::offline::{Reconciled, Scanned};
use crate::store::Unsent;

/// The body of `POST /scan`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scan {
    text: String,
    #[serde(default)]
    window: Option<String>,
}

/// Body and answer of `POST /reconcile`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scans<T> {
    pub(crate) scans: Vec<T>,
}

/// `POST /scan`: a text that was made without a network, shown at this counter or at one of its windows.
pub(super) async fn scan(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Scanned>, Failure> {
    let Scan { text, window } = authorized(&state, &headers, body)?;
    let counter = state.counter.counter_id(window.as_deref()).map_err(|_| Failure::malformed())?;
    let scanned = blocking(move || state.counter.scan(text.trim(), &counter)).await?;
    Ok(Json(scanned))
}

/// `POST /reconcile`: what offline counters accepted.
pub(super) async fn reconcile(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Scans<Reconciled>>, Failure> {
    let Scans::<Unsent> { scans } = authorized(&state, &headers, body)?;
    let scans = blocking(move || state.counter.reconcile(scans)).await?;
    Ok(Json(Scans { scans }))
}

fn authorized<T: DeserializeOwned>(
    state: &State,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Failure> {
    guard::authorized(headers, state.token.as_ref())?;
    guard::json(headers)?;
    let body = body.map_err(|_| Failure::too_large())?;
    json::from_slice(&body, MAX_MESSAGE).map_err(|_| Failure::malformed())
}
