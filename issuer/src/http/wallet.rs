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
use openid4vc::renewal::{RenewalRequest, RenewalResponse};
use openid4vc::vci::{
    AuthorizationServerMetadata, CredentialConfiguration, CredentialMetadata, CredentialOffer,
    CredentialResponse, Display, ErrorCode, IssuerMetadata, NonceResponse, Notification, PostedRequest,
    Secret, TokenRequest, TokenResponse,
};
use trustee::wire::BundleNotice;

use super::access::bearer;
use super::body::{self, BodyError, Json};
use super::metrics::count;
use super::problem::WalletError;
use super::{Service, blocking};
use crate::config::{Binding, Config, Grantable};
use crate::issuer::{CredentialError, Issuer};

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
        if let Some(offer) = offer {
            return Ok(Answer(offer));
        }
        let missing = WalletError::new(StatusCode::NOT_FOUND, ErrorCode::NotFound);
        Err(match s.issuer.offer_end(&id)? {
            Some(reason) => missing.granting_nothing(reason),
            None => missing,
        })
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
    not_too_large(&posted)?;
    let token = access_token(&headers)?;
    blocking(&service, move |s| {
        let answer = granted(&s.issuer, &token, posted);
        count(&s.metrics.credentials, &s.metrics.credentials_refused, &answer);
        answer.map(Answer)
    })
    .await
}

/// Looks at the access token, then at which credential is asked for, then at the proofs: whoever has no token learns
/// nothing else (RFC 6750 §3, `OpenID4VCI` 1.0 §8.3.1).
fn granted(
    issuer: &Issuer,
    token: &Secret,
    posted: Result<Json<PostedRequest>, BodyError>,
) -> Result<CredentialResponse, WalletError> {
    let schema = issuer.scope_of(token)?;
    let Json(posted) = posted.map_err(|e| WalletError::body(&e, ErrorCode::InvalidCredentialRequest))?;
    let refused = |code| WalletError::new(StatusCode::BAD_REQUEST, code);
    if posted.configuration().map_err(refused)? != schema {
        return Err(CredentialError::Configuration.into());
    }
    Ok(issuer.credential(token, &posted.request().map_err(refused)?)?)
}

/// `POST /bundle`: a wallet tells which bundle has the shares of its person secret. It has no access token; the proof
/// says who it is.
pub(super) async fn bundle(
    State(service): Shared,
    notice: Result<Json<BundleNotice>, BodyError>,
) -> Result<StatusCode, WalletError> {
    let Json(notice) = notice.map_err(|e| WalletError::body(&e, ErrorCode::InvalidRequest))?;
    blocking(&service, move |s| {
        s.issuer.noticed(&notice)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// `POST /renewal`: a wallet asks what its credential is now. It has no access token either.
pub(super) async fn renewal(
    State(service): Shared,
    request: Result<Json<RenewalRequest>, BodyError>,
) -> Result<Answer<RenewalResponse>, WalletError> {
    let Json(request) = request.map_err(|e| WalletError::body(&e, ErrorCode::InvalidRequest))?;
    blocking(&service, move |s| Ok(Answer(s.issuer.renewal(&request)?))).await
}

/// `POST /notification`
pub(super) async fn notification(
    State(service): Shared,
    headers: HeaderMap,
    notification: Result<Json<Notification>, BodyError>,
) -> Result<StatusCode, WalletError> {
    not_too_large(&notification)?;
    let token = access_token(&headers)?;
    blocking(&service, move |s| {
        s.issuer.scope_of(&token)?;
        let malformed = |e: BodyError| WalletError::body(&e, ErrorCode::InvalidNotificationRequest);
        let Json(notification) = notification.map_err(malformed)?;
        s.issuer.notified(&token, &notification)?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

fn access_token(headers: &HeaderMap) -> Result<Secret, WalletError> {
    let token = bearer(headers).filter(|token| !token.is_empty()).ok_or_else(WalletError::no_token)?;
    Ok(token.to_owned().into())
}

/// A body that is too large is not read to its end, whoever sends it.
fn not_too_large<T>(posted: &Result<T, BodyError>) -> Result<(), WalletError> {
    match posted {
        Err(error @ BodyError::TooLarge) => Err(WalletError::body(error, ErrorCode::TooLarge)),
        Ok(_) | Err(BodyError::Type(_) | BodyError::Unread | BodyError::Malformed(_)) => Ok(()),
    }
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
        bundle_endpoint: enrols(config).then(|| url.endpoint("bundle")),
        renewal_endpoint: Some(url.endpoint("renewal")),
        display: title.unwrap_or_default(),
        credential_configurations_supported: configurations.collect(),
    }
}

/// Whether the desk knows persons, and so keeps which bundle has whose shares.
fn enrols(config: &Config) -> bool {
    config.schemas.iter().any(|grantable| match grantable.binding {
        Binding::Enroll => true,
        Binding::Identity { .. } => false,
    })
}

fn configuration(grantable: &Grantable, registry: &Registry) -> CredentialConfiguration {
    let title = registry.schema(&grantable.schema).map(|s| Display::list(&s.title));
    let metadata = title.map(|display| CredentialMetadata { display });
    CredentialConfiguration::new(grantable.schema.clone(), grantable.binding.proof_types(), metadata)
}
