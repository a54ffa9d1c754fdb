//! What wallets talk to: the request object, and the response.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State as Shared};
use axum::http::{Extensions, HeaderMap, header};
use axum::response::{IntoResponse, Response as Answer};
use openid4vc::vp::{Nonce, REQUEST_MEDIA_TYPE};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::answers::{Full, Line};
use super::failure::Failure;
use super::manners::address;
use super::{State, guard};
use crate::relying_party::{RelyingPartyError, Response};

/// `GET /request/<id>`.
pub(super) async fn request(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
) -> Result<Answer, Failure> {
    request_object(state, id, None).await
}

/// `POST /request/<id>` with an optional `wallet_nonce`, which is echoed in the signed object.
pub(super) async fn request_with_nonce(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Answer, Failure> {
    let body = body.map_err(|_| Failure::too_large())?;
    if !body.is_empty() {
        guard::form(&headers)?;
    }
    let nonce =
        field(&body, "wallet_nonce")?.map(Nonce::try_from).transpose().map_err(|_| Failure::malformed())?;
    request_object(state, id, nonce).await
}

async fn request_object(state: Arc<State>, id: String, nonce: Option<Nonce>) -> Result<Answer, Failure> {
    let object = blocking(move || state.counter.request_object(&id, nonce)).await?;
    Ok(([(header::CONTENT_TYPE, REQUEST_MEDIA_TYPE)], object).into_response())
}

/// `POST /response`: `200 {}` for an answer that was accepted, and for a refusal by the citizen.
pub(super) async fn response(
    Shared(state): Shared<Arc<State>>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Failure> {
    let body = body.map_err(|_| Failure::too_large())?;
    guard::form(&headers)?;
    let response = parse(&body)?;
    let asker = state.counter.asker(&response);
    let line = asker.map_or_else(|| Line::Address(address(&extensions)), Line::RelyingParty);
    let told = state.answers.submit(line, response).map_err(|Full| {
        state.counter.metrics().turned_away();
        Failure::busy()
    })?;
    let judged = told.await.map_err(|_| Failure::internal())?;
    state.ended.notify_waiters();
    judged?;
    Ok(Json(json!({})))
}

/// `response` alone, or `error` with `state`; a `vp_token` in the clear is refused. Parameters that are not known are
/// ignored, as OAuth asks.
fn parse(body: &[u8]) -> Result<Response, Failure> {
    let one = |name| field(body, name);
    match (one("response")?, one("vp_token")?, one("error")?, one("state")?) {
        (Some(jwe), None, None, None) => Ok(Response::Encrypted(jwe)),
        (None, None, Some(_), Some(state)) => {
            Nonce::try_from(state).map(Response::Declined).map_err(|_| Failure::malformed())
        }
        _ => Err(Failure::malformed()),
    }
}

/// One parameter of a form, which may be there once.
fn field(body: &[u8], name: &str) -> Result<Option<String>, Failure> {
    let mut values =
        form_urlencoded::parse(body).filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(Failure::malformed()),
    }
}

/// Runs what blocks off the network's threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RelyingPartyError> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(Failure::from),
        Err(error) => {
            tracing::error!(%error, "a task stopped unexpectedly");
            Err(Failure::internal())
        }
    }
}
