//! What wallets talk to: the request object, and the response.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State as Shared};
use axum::http::{Extensions, HeaderMap, header};
use axum::response::{IntoResponse, Response as Answer};
use openid4vc::vp::{Nonce, REQUEST_MEDIA_TYPE};
use serde::Serialize;
use service::http::{Client, Problem, ProblemType, client, network};
use url::{Url, form_urlencoded};
use utoipa::ToSchema;

use super::answer_queue::{QueueFull, QueueKey};
use super::error::RequestError;
use super::openapi::{BodyErrors, Elsewhere, Gone, NotFound, Refusals};
use super::{State, guard};
use crate::relying_party::{RelyingPartyError, Response, Taken};

/// `GET /request/<id>`.
#[utoipa::path(
    get,
    path = "/request/{id}",
    operation_id = "request",
    summary = "The request object (OpenID4VP §5).",
    params(("id" = String, Path, description = "From the QR code.")),
    responses(
        (status = 200, description = "A JWS with ES256 and `x5c`.", body = String,
            content_type = "application/oauth-authz-req+jwt"),
        Refusals, NotFound, Gone,
    ),
)]
pub(super) async fn request(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    extensions: Extensions,
) -> Result<Answer, Problem> {
    request_object(state, id, None, client(&extensions)).await
}

/// `POST /request/<id>` with an optional `wallet_nonce`, which is echoed in the signed object.
#[utoipa::path(
    post,
    path = "/request/{id}",
    operation_id = "request_with_nonce",
    summary = "The request object, with the wallet's own nonce inside (`request_uri_method=post`).",
    params(("id" = String, Path, description = "From the QR code.")),
    request_body(content = Option<RequestForm>, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A JWS with ES256 and `x5c`.", body = String,
            content_type = "application/oauth-authz-req+jwt"),
        Refusals, BodyErrors, NotFound, Gone,
    ),
)]
pub(super) async fn request_with_nonce(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Answer, Problem> {
    let body = body.map_err(RequestError::from)?;
    if !body.is_empty() {
        guard::form(&headers)?;
    }
    let nonce = field(&body, "wallet_nonce")?.map(Nonce::try_from);
    let nonce = nonce.transpose().map_err(|_| RequestError::Malformed)?;
    request_object(state, id, nonce, client(&extensions)).await
}

/// A wallet that sends a nonce is counted by it as well: those beside it at the same address do not use up its fetches.
/// What cannot name a request is not counted: it may be long, and whatever is counted is remembered.
async fn request_object(
    state: Arc<State>,
    id: String,
    nonce: Option<Nonce>,
    client: Client,
) -> Result<Answer, Problem> {
    let id = Nonce::try_from(id).map_err(|_| RelyingPartyError::NotFound)?;
    let asked = format!("{} {}", id.as_str(), nonce.as_ref().map_or("", Nonce::as_str));
    let counted = state.fetches.admit(&(asked, network(client.address())));
    counted
        .map_err(|wait| Problem::new(ProblemType::TOO_MANY_REQUESTS).with_retry_after_s(wait.seconds()))?;
    let object = blocking(move || state.relying_party.request_object(id.as_str(), nonce)).await?;
    Ok(([(header::CONTENT_TYPE, REQUEST_MEDIA_TYPE)], object).into_response())
}

/// `POST /response`: 200 for an answer that was accepted, and for a refusal by the citizen, with the page to which the
/// citizen goes back, if the program named one. A refusal in the clear is
/// taken note of, and the request stays open.
#[utoipa::path(
    post,
    path = "/response",
    operation_id = "response",
    summary = "A wallet's answer (`direct_post.jwt`), or its refusal.",
    request_body(content = ResponseForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "Accepted, or taken note of.", body = ResponseTaken), Refusals, BodyErrors, Elsewhere),
)]
pub(super) async fn response(
    Shared(state): Shared<Arc<State>>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<ResponseTaken>, Problem> {
    let body = body.map_err(RequestError::from)?;
    guard::form(&headers)?;
    let response = parse(&body)?;
    let asker = state.relying_party.asker(&response);
    let line = asker.map_or_else(|| QueueKey::Address(client(&extensions).address()), QueueKey::RelyingParty);
    let told = state.answers.submit(line, response).map_err(|QueueFull| {
        state.relying_party.metrics().turned_away();
        RequestError::Busy
    })?;
    let judged = told.await.map_err(|_| RequestError::JudgingStopped)?;
    state.ended.notify_waiters();
    let Taken { redirect_uri, receipt } = judged?;
    Ok(Json(ResponseTaken { redirect_uri, receipt: receipt.map(String::from) }))
}

/// The answer to an answer (OpenID4VP §8.2).
#[derive(Serialize, ToSchema)]
pub(super) struct ResponseTaken {
    /// Where the citizen goes on, on the same device.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uri", nullable = false)]
    redirect_uri: Option<Url>,
    /// The number of the counter's receipt, for the citizen to keep: sixteen digits, of which the last one checks the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[0-9]{16}$", nullable = false)]
    receipt: Option<String>,
}

/// The form that a wallet may post for the request object.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "a description; the form is read parameter by parameter, each of which may be there once"
)]
struct RequestForm {
    /// Echoed in the signed object.
    #[schema(pattern = "^[A-Za-z0-9._~-]{1,256}$", nullable = false)]
    wallet_nonce: Option<String>,
}

/// The form that a wallet posts: `response`, or `error` with `state`.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "a description; the form is read parameter by parameter, each of which may be there once"
)]
struct ResponseForm {
    /// A compact JWE of `state` with `vp_token` (and `across` and `models`, where the policy has such conditions) or `error`.
    #[schema(nullable = false)]
    response: Option<String>,
    /// A refusal in the clear, with `state`: a hint, which ends nothing.
    #[schema(nullable = false)]
    error: Option<String>,
    /// The request's `state`.
    #[schema(pattern = "^[A-Za-z0-9._~-]{1,256}$", nullable = false)]
    state: Option<String>,
}

/// `response` alone, or `error` with `state`; a `vp_token` in the clear is refused. Parameters that are not known are
/// ignored, as OAuth asks.
fn parse(body: &[u8]) -> Result<Response, RequestError> {
    let one = |name| field(body, name);
    match (one("response")?, one("vp_token")?, one("error")?, one("state")?) {
        (Some(jwe), None, None, None) => Ok(Response::Encrypted(jwe)),
        (None, None, Some(_), Some(state)) => {
            Nonce::try_from(state).map(Response::Declined).map_err(|_| RequestError::Malformed)
        }
        _ => Err(RequestError::Malformed),
    }
}

/// One parameter of a form, which may be there once.
fn field(body: &[u8], name: &str) -> Result<Option<String>, RequestError> {
    let mut values =
        form_urlencoded::parse(body).filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(RequestError::Malformed),
    }
}

/// Runs what blocks off the network's threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RelyingPartyError> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(Problem::internal(format!("a task stopped unexpectedly: {error}"))),
    }
}
