//! The form in which something found is sent: not at all if the reader has it, compressed if that is worth it.

use std::fs::File;
use std::io::Write as _;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use ledger::digest::Digest;
use ledger::resource::Resource;

use super::resource::{IMMUTABLE, blocking, caching};
use super::stream;

/// What was found.
pub(super) enum Found {
    Bytes(Vec<u8>),
    File(File),
}

/// Sends it, or 304 if the reader has it.
pub(super) async fn respond(resource: &Resource, found: Found, request: &HeaderMap) -> Response {
    let packed = matches!(resource, Resource::Entries(_)).then(|| takes_gzip(request));
    let tag = tag(resource, &found, packed.unwrap_or(false));
    let mut response = if has(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match (found, packed) {
            (Found::Bytes(bytes), Some(true)) => gzip(bytes).await,
            (Found::Bytes(bytes), _) => Body::from(bytes).into_response(),
            (Found::File(file), _) => stream::body(file).into_response(),
        }
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if packed.is_some() {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    response
}

/// The entity tag: what can never change is told by its path, the rest by its digest.
fn tag(resource: &Resource, found: &Found, packed: bool) -> String {
    match found {
        Found::Bytes(bytes) if caching(resource) != IMMUTABLE && !packed => {
            format!("\"{}\"", Digest::of(bytes))
        }
        _ => format!("\"{resource}{}\"", if packed { ";gzip" } else { "" }),
    }
}

fn has(request: &HeaderMap, tag: &str) -> bool {
    let asked = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or("");
    asked == "*" || asked.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
}

fn takes_gzip(request: &HeaderMap) -> bool {
    let accepted = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut codings = accepted.split(',').map(|coding| coding.split(';').map(str::trim));
    codings.any(|mut coding| {
        coding.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"))
            && !coding.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

async fn gzip(bytes: Vec<u8>) -> Response {
    let pack = move || {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&bytes).and_then(|()| encoder.finish())
    };
    match blocking(pack).await {
        Ok(Ok(packed)) => ([(header::CONTENT_ENCODING, "gzip")], packed).into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
