//! What programs talk to: policies, requests, results, and answers that were made without a network.
#![expect(unused_qualifications, reason = "the macros of utoipa write whole paths")]

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use circuits::schema::{Localized, SchemaId};
use openid4vc::json;
use openid4vc::vp::{MAX_MESSAGE, Status, TransactionStatus};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use service::http::Problem;
use tokio::time::{Instant, timeout_at};
use utoipa::{IntoParams, ToSchema};

use super::error::RequestError;
use super::openapi::{BodyErrors, Elsewhere, KeyErrors, NotFound, QueryErrors, Refusals, TokenErrors};
use super::wallet::blocking;
use super::{State, guard};
use crate::offline::{Reconciled, Scanned};
use crate::relying_party::{
    CreatedRequest, IdempotencyKey, ListedPolicy, Notify, ProgramRequest, Reference, RelyingPartyError,
    ReturnTo,
};
use crate::store::Unsent;
use crate::wire_schema;

/// `GET /policies`.
#[utoipa::path(
    get,
    path = "/policies",
    operation_id = "policies",
    summary = "All policies on the ledger, with their conditions in words.",
    responses((status = 200, description = "By identifier.", body = Vec<ListedPolicy>), Refusals),
)]
pub(super) async fn policies(Shared(state): Shared<Arc<State>>) -> Result<Json<Vec<ListedPolicy>>, Problem> {
    Ok(Json(blocking(move || Ok(state.relying_party.policies())).await?))
}

/// The body of `POST /requests`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RequestBody)]
struct Ask {
    /// What is asked.
    #[schema(value_type = wire_schema::SchemaId)]
    policy: SchemaId,
    /// What the program calls it; comes back with the result. Nothing that tells who the citizen is.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 128, nullable = false)]
    reference: Option<String>,
    /// The program's page where the citizen goes on after an answer on the same device. The result is then told to who comes
    /// back with the `response_code` alone.
    #[serde(default)]
    #[schema(format = "uri", max_length = 2048, nullable = false)]
    return_to: Option<String>,
}

impl Ask {
    fn checked(self) -> Result<ProgramRequest, RequestError> {
        let reference = self.reference.map(Reference::try_from).transpose()?;
        let return_to = self.return_to.map(ReturnTo::try_from).transpose()?;
        Ok(ProgramRequest { policy: self.policy, reference, return_to })
    }
}

/// `POST /requests`.
#[utoipa::path(
    post,
    path = "/requests",
    operation_id = "ask",
    summary = "Makes a request for one citizen.",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "With the same key the same is asked once, for as long as \
            the request is kept; up to 255 printable ASCII characters."),
    ),
    request_body = Ask,
    responses(
        (status = 201, description = "The QR code's text and how to read the result.", body = CreatedRequest),
        Refusals, BodyErrors, TokenErrors, NotFound, Elsewhere, KeyErrors,
    ),
    security((), ("staff" = [])),
)]
pub(super) async fn ask(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<CreatedRequest>), Problem> {
    let asked = authorized::<Ask>(&state, &headers, body)?.checked()?;
    let key = headers.get(IDEMPOTENCY_KEY).map(|key| IdempotencyKey::parse(key.as_bytes()));
    let key = key.transpose().map_err(RequestError::from)?;
    let notify = if state.webhook.get().is_some() { Notify::Webhook } else { Notify::Nobody };
    let asked = blocking(move || state.relying_party.ask_for_program(asked, key.as_ref(), notify)).await?;
    Ok((StatusCode::CREATED, Json(asked)))
}

/// The query of `GET /transactions/<id>`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wait {
    /// Seconds to wait for an end; at most 25 count.
    #[serde(default)]
    #[param(required = false)]
    wait: u64,
    /// What the citizen brought back, where the request named a `return_to`.
    #[serde(default)]
    #[param(required = false, nullable = false)]
    response_code: Option<String>,
}

/// `GET /transactions/<id>`, at once or, with `?wait=`, as soon as it has ended.
#[utoipa::path(
    get,
    path = "/transactions/{id}",
    operation_id = "transaction",
    summary = "How a request stands, at once or as soon as it has ended.",
    params(
        ("id" = String, Path, description = "The transaction's identifier; whoever has it may read the result."),
        Wait,
    ),
    responses(
        (status = 200, description = "The verdict, once there is one.", body = wire_schema::Transaction),
        Refusals, QueryErrors, NotFound,
    ),
)]
pub(super) async fn transaction(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    query: Result<Query<Wait>, QueryRejection>,
) -> Result<Json<TransactionStatus>, Problem> {
    let Query(Wait { wait, response_code }) = query.map_err(|_| RequestError::Malformed)?;
    let deadline = Instant::now() + Duration::from_secs(wait.min(MAX_WAIT_S));
    let mut stopping = state.stopping.subscribe();
    loop {
        let ended = state.ended.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        let status = status(&state, &id, response_code.clone()).await?;
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

async fn status(
    state: &Arc<State>,
    id: &str,
    response_code: Option<String>,
) -> Result<TransactionStatus, Problem> {
    let state = Arc::clone(state);
    let id = id.to_owned();
    let status = move || {
        let status = state.relying_party.status_for_program(&id, response_code.as_deref())?;
        status.ok_or(RelyingPartyError::NotFound)
    };
    blocking(status).await
}

/// `GET /client`: what a department needs to register the counter on the ledger.
#[utoipa::path(
    get,
    path = "/client",
    operation_id = "client",
    summary = "The counter's certificate, and what a department publishes to register it.",
    responses((status = 200, description = "The certificate and the record's content.", body = Client), Refusals),
)]
pub(super) async fn client(Shared(state): Shared<Arc<State>>) -> Json<Client> {
    let certificate = state.relying_party.certificate();
    let name = state.relying_party.about().name.clone();
    let client_id = certificate.client_id().to_owned();
    Json(Client {
        client_id: client_id.clone(),
        certificate: certificate.leaf_pem(),
        authority: certificate.authority_pem().to_owned(),
        name: name.clone(),
        record: ClientRecord { kind: RecordKind::Verifier, client_id, name },
    })
}

/// The answer of `GET /client`.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names of the JSON")]
pub(super) struct Client {
    /// `x509_hash:` and base64url of SHA-256 over the certificate.
    client_id: String,
    /// The certificate in PEM.
    certificate: String,
    /// The authority that signed it, in PEM.
    authority: String,
    /// Who asks.
    #[schema(value_type = wire_schema::Localized)]
    name: Localized,
    /// What is known here of the record to publish.
    record: ClientRecord,
}

/// What is known here of the record by which a department registers a counter. The department adds address, channel for
/// complaints, legal basis and end.
#[derive(Serialize, ToSchema)]
struct ClientRecord {
    kind: RecordKind,
    /// As above.
    client_id: String,
    /// Who asks.
    #[schema(value_type = wire_schema::Localized)]
    name: Localized,
}

/// The record's kind.
#[derive(Serialize, ToSchema)]
enum RecordKind {
    #[serde(rename = "verifier.register")]
    Verifier,
}

/// The body of `POST /scan`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScanBody {
    /// What the QR code says.
    #[schema(max_length = 2048, example = "yong:1:…")]
    text: String,
    /// The window whose code the citizen scanned, where there are several.
    #[serde(default)]
    #[schema(pattern = "^[a-z0-9-]{1,32}$")]
    window: Option<String>,
}

/// Body and answer of `POST /reconcile`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scans<T> {
    /// In the order in which they came.
    pub(crate) scans: Vec<T>,
}

/// `POST /scan`: a text that was made without a network, shown at this counter or at one of its windows.
#[utoipa::path(
    post,
    path = "/scan",
    operation_id = "scan",
    summary = "Judges a QR code that a citizen made without a network.",
    request_body = ScanBody,
    responses(
        (status = 200, description = "The verdict; a refusal is one too.", body = Scanned),
        Refusals, BodyErrors, TokenErrors,
    ),
    security((), ("staff" = [])),
)]
pub(super) async fn scan(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Scanned>, Problem> {
    let ScanBody { text, window } = authorized(&state, &headers, body)?;
    let counter = state.relying_party.counter_id(window.as_deref()).map_err(|_| RequestError::Malformed)?;
    let scanned = blocking(move || state.relying_party.scan(text.trim(), &counter)).await?;
    Ok(Json(scanned))
}

/// `POST /reconcile`: what offline counters accepted.
#[utoipa::path(
    post,
    path = "/reconcile",
    operation_id = "reconcile",
    summary = "Takes in what offline counters accepted; every answer is judged again.",
    request_body = inline(Scans<Unsent>),
    responses(
        (status = 200, description = "One verdict for each.", body = inline(Scans<Reconciled>)),
        Refusals, BodyErrors, TokenErrors,
    ),
    security((), ("staff" = [])),
)]
pub(super) async fn reconcile(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Scans<Reconciled>>, Problem> {
    let Scans::<Unsent> { scans } = authorized(&state, &headers, body)?;
    let scans = blocking(move || state.relying_party.reconcile(scans)).await?;
    Ok(Json(Scans { scans }))
}

/// The body of a program that may ask.
fn authorized<T: DeserializeOwned>(
    state: &State,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<T, RequestError> {
    guard::authorized(headers, state.token.as_ref())?;
    guard::json(headers)?;
    let body = body.map_err(RequestError::from)?;
    json::from_slice(&body, MAX_MESSAGE).map_err(|_| RequestError::Malformed)
}

/// Seconds that a reader may wait for a verdict at most.
const MAX_WAIT_S: u64 = 25;
/// draft-ietf-httpapi-idempotency-key-header.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
