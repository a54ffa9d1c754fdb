//! JSON bodies: right type, bounded, and no value of theirs in an error.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use openid4vc::json::{self, JsonError};
use serde::de::DeserializeOwned;

use super::ADMIN_BODY;
use super::problem::ApiError;

/// A JSON body of type `T`, no key of which stands twice.
pub(super) struct Json<T>(pub(super) T);

/// Why a body is not taken. Each endpoint has its own code for what is malformed.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// It says to be something else than what is wanted.
    #[error("Content-Type must be {0}")]
    Type(&'static str),
    /// It is larger than allowed.
    #[error("the body is too large")]
    TooLarge,
    /// It broke off.
    #[error("the body could not be read")]
    Unread,
    /// It is not the JSON that is wanted.
    #[error(transparent)]
    Malformed(#[from] JsonError),
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = BodyError;
    async fn from_request(request: Request, state: &S) -> Result<Self, BodyError> {
        expect(request.headers(), "application/json")?;
        let bytes = Bytes::from_request(request, state).await.map_err(|e| BodyError::from(&e))?;
        // Each route has a limit of its own; this is the largest of them.
        json::from_slice(&bytes, ADMIN_BODY).map(Self).map_err(BodyError::Malformed)
    }
}

impl From<&BytesRejection> for BodyError {
    /// Most often it is too large.
    fn from(error: &BytesRejection) -> Self {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Self::TooLarge } else { Self::Unread }
    }
}

impl IntoResponse for BodyError {
    fn into_response(self) -> Response {
        ApiError::from(self).into_response()
    }
}

/// Refuses another content type than this, whatever its parameters.
pub(super) fn expect(headers: &HeaderMap, wanted: &'static str) -> Result<(), BodyError> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let is_wanted = given.split(';').next().is_some_and(|t| t.trim().eq_ignore_ascii_case(wanted));
    if is_wanted { Ok(()) } else { Err(BodyError::Type(wanted)) }
}
