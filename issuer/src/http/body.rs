//! JSON bodies: right type, bounded, and no value of theirs in an error.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use circuits::wire::issuing::ErrorCode;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// A JSON body of type `T`.
pub(super) struct Json<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is(request.headers(), "application/json") {
            let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::InvalidRequest);
            return Err(problem.with("Content-Type must be application/json"));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|e| unread(&e))?;
        serde_json::from_slice(&bytes).map(Self).map_err(|e| malformed(&e))
    }
}

/// Whether the content type, without parameters, is this.
pub(super) fn is(headers: &HeaderMap, wanted: &str) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    given.split(';').next().is_some_and(|t| t.trim().eq_ignore_ascii_case(wanted))
}

/// A body that could not be read, most often because it is too large.
pub(super) fn unread(e: &BytesRejection) -> Problem {
    match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge),
        _ => Problem::bad_request(ErrorCode::InvalidRequest, "the body could not be read"),
    }
}

/// Where, not what: the words of the parser may quote values.
fn malformed(e: &serde_json::Error) -> Problem {
    let (line, column) = (e.line(), e.column());
    Problem::bad_request(
        ErrorCode::InvalidRequest,
        format!("the JSON is malformed at line {line}, column {column}"),
    )
}
