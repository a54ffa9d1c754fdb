//! OpenID4VCI endpoints.

use std::sync::Arc;

use axum::Json as Answer;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use circuits::policy::Catalogue as _;
use ledger::registry::Registry;
use openid4vc::vci::{
    AuthorizationServerMetadata, CredentialConfiguration, CredentialMetadata, CredentialOffer,
    CredentialResponse, Display, ErrorCode, Format, IssuerMetadata, NonceResponse, Notification,
    PostedRequest, Secret, TokenRequest, TokenResponse,
};

use super::access::bearer;
use super::body::{self, BodyError, Json};
use super::metrics::count;
use super::problem::WalletError;
use super::{Service, blocking};
use crate::config::{Config, Grantable};

type Shared = State<Arc<Service>>;

/// `GET /.well-known/openid-credential-issuer`
pub(super) async fn metadata(State(service): Shared) -> Response {
    let metadata = issuer_metadata(service.issuer.config(), &service.issuer.registry());
    ([(header::CACHE_CONTROL, "public, max-age=60")], Answer(metadata)).into_response()
}

/// `GET /.well-known/oauth-authorization-server`
pub(super) async fn authorization_server(State(service): Shared) -> Response {
    let metadata = AuthorizationServerMetadata::new(&service.issuer.config().public_url);
    ([(header::CACHE_CONTROL, "public, max-age=60")], Answer(metadata)).into_response()
}

/// `GET /offer/<id>`
pub(super) async fn offer(
    State(service): Shared,
    Path(id): Path<String>,
) -> Result<Answer<CredentialOffer>, WalletError> {
    blocking(&service, move |s| {
        let offer = s.issuer.offer_document(&id)?;
        offer.map(Answer).ok_or_else(|| WalletError::new(StatusCode::NOT_FOUND, ErrorCode::NotFound))
    })
    .await
}

/// `POST /token`
pub(super) async fn token(
    State(service): Shared,
    headers: HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Answer<TokenResponse>, WalletError> {
    let request = token_request(&headers, bytes)?;
    blocking(&service, move |s| {
        let answer = s.issuer.token(&request);
        count(&s.metrics.tokens, &s.metrics.tokens_refused, &answer);
        Ok(Answer(answer?))
    })
    .await
}

/// `POST /nonce`
pub(super) async fn nonce(State(service): Shared) -> Answer<NonceResponse> {
    Answer(NonceResponse { c_nonce: service.issuer.nonce() })
}

/// `POST /credential`
pub(super) async fn credential(
    State(service): Shared,
    headers: HeaderMap,
    posted: Result<Json<PostedRequest>, BodyError>,
) -> Result<Answer<CredentialResponse>, WalletError> {
    let token = access_token(&headers)?;
    let Json(posted) = posted.map_err(|e| WalletError::body(&e, ErrorCode::InvalidCredentialRequest))?;
    let request = posted.request().map_err(|code| WalletError::new(StatusCode::BAD_REQUEST, code))?;
    blocking(&service, move |s| {
        let answer = s.issuer.credential(&token, &request);
        count(&s.metrics.credentials, &s.metrics.credentials_refused, &answer);
        Ok(Answer(answer?))
    })
    .await
}

/// `POST /notification`
pub(super) async fn notification(
    State(service): Shared,
    headers: HeaderMap,
    notification: Result<Json<Notification>, BodyError>,
) -> Result<StatusCode, WalletError> {
    let token = access_token(&headers)?;
    let malformed = |e: BodyError| WalletError::body(&e, ErrorCode::InvalidNotificationRequest);
    let Json(notification) = notification.map_err(malformed)?;
    blocking(&service, move |s| {
        s.issuer.notified(&token, &notification)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn access_token(headers: &HeaderMap) -> Result<Secret, WalletError> {
    let token =
        bearer(headers).ok_or_else(|| WalletError::new(StatusCode::UNAUTHORIZED, ErrorCode::InvalidToken))?;
    Ok(token.to_owned().into())
}

/// A form, as OAuth has it. What wallets send besides (`resource`, `client_id`) is ignored.
fn token_request(
    headers: &HeaderMap,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<TokenRequest, WalletError> {
    let malformed = |e: BodyError| WalletError::body(&e, ErrorCode::InvalidRequest);
    body::expect(headers, "application/x-www-form-urlencoded").map_err(malformed)?;
    let bytes = bytes.map_err(|e| malformed(BodyError::from(&e)))?;
    TokenRequest::from_form(&bytes).ok_or_else(|| {
        WalletError::bad_request(
            ErrorCode::InvalidRequest,
            "`grant_type` is missing, or a field stands twice",
        )
    })
}

fn issuer_metadata(config: &Config, registry: &Registry) -> IssuerMetadata {
    let url = &config.public_url;
    let title = registry.department(&config.department).map(|d| Display::list(&d.title));
    let configurations = config.schemas.iter().map(|g| (g.schema.clone(), configuration(g, registry)));
    IssuerMetadata {
        credential_issuer: url.clone(),
        credential_endpoint: url.endpoint("credential"),
        nonce_endpoint: url.endpoint("nonce"),
        notification_endpoint: url.endpoint("notification"),
        display: title.unwrap_or_default(),
        credential_configurations_supported: configurations.collect(),
    }
}

fn configuration(grantable: &Grantable, registry: &Registry) -> CredentialConfiguration {
    let title = registry.schema(&grantable.schema).map(|s| Display::list(&s.title));
    CredentialConfiguration {
        format: Format::YongZkpJson,
        schema: grantable.schema.clone(),
        proof_types_supported: grantable.binding.proof_types(),
        credential_metadata: title.map(|display| CredentialMetadata { display }),
    }
}
