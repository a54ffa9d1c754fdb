//! JSON bodies: right type, bounded, and no value of theirs in an error.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use openid4vc::json::{self, JsonError};
use openid4vc::vci::ErrorCode;
use serde::de::DeserializeOwned;

use super::ADMIN_BODY;
use super::problem::Problem;

/// A JSON body of type `T`, no key of which stands twice.
pub(super) struct Json<T>(pub(super) T);

/// Why a body is not taken. Each endpoint has its own code for what is malformed.
#[derive(Debug)]
pub(super) enum BadBody {
    /// It says to be something else than what is wanted.
    Type(&'static str),
    /// It is larger than allowed.
    TooLarge,
    /// It broke off.
    Unread,
    /// It is not the JSON that is wanted.
    Malformed(JsonError),
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = BadBody;
    async fn from_request(request: Request, state: &S) -> Result<Self, BadBody> {
        expect(request.headers(), "application/json")?;
        let bytes = Bytes::from_request(request, state).await.map_err(|e| unread(&e))?;
        // Each route has a limit of its own; this is the largest of them.
        json::from_slice(&bytes, ADMIN_BODY).map(Self).map_err(BadBody::Malformed)
    }
}

impl BadBody {
    /// The answer, with the endpoint's code for what is malformed.
    pub(super) fn problem(&self, malformed: ErrorCode) -> Problem {
        match self {
            Self::Type(wanted) => Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, malformed)
                .with(format!("Content-Type must be {wanted}")),
            Self::TooLarge => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge),
            Self::Unread => Problem::bad_request(malformed, "the body could not be read"),
            Self::Malformed(e) => Problem::bad_request(malformed, e.to_string()),
        }
    }
}

impl IntoResponse for BadBody {
    fn into_response(self) -> Response {
        self.problem(ErrorCode::InvalidRequest).into_response()
    }
}

/// Refuses another content type than this, whatever its parameters.
pub(super) fn expect(headers: &HeaderMap, wanted: &'static str) -> Result<(), BadBody> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let is_wanted = given.split(';').next().is_some_and(|t| t.trim().eq_ignore_ascii_case(wanted));
    if is_wanted { Ok(()) } else { Err(BadBody::Type(wanted)) }
}

/// A body that could not be read, most often because it is too large.
pub(super) fn unread(e: &BytesRejection) -> BadBody {
    if e.status() == StatusCode::PAYLOAD_TOO_LARGE { BadBody::TooLarge } else { BadBody::Unread }
}
