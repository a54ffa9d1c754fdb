//! How long a page is kept: shortly by everybody, and not sent again to whoever has it.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use ledger::digest::Digest;

/// Tags a page with its digest and answers 304 to a browser that has it.
///
/// A page depends on the reader's language and size. One whose address chooses them sets a cookie, so it is not kept.
pub(super) async fn cached(request: Request, next: Next) -> axum::response::Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let chooses =
        request.uri().query().is_some_and(|query| CHOICES.iter().any(|choice| query.contains(choice)));
    let has = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    if !reads || chooses || response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let tag = HeaderValue::from_str(&format!("\"{}\"", Digest::of(&bytes))).ok();
    let known = tag.is_some() && tag == has;
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=5"));
    parts.headers.insert(header::VARY, HeaderValue::from_static("cookie, accept-language"));
    parts.headers.extend(tag.map(|tag| (header::ETAG, tag)));
    if known {
        parts.status = StatusCode::NOT_MODIFIED;
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Keys of the query that choose language and size.
const CHOICES: [&str; 2] = ["lang=", "size="];
/// More than any page has.
const LARGEST: usize = 16 << 20;
