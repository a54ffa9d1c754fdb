//! Everything that can be fetched: found, and sent not at all if the reader has it, compressed if that is worth it.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use ledger::digest::Digest;
use ledger::resource::Resource;

use super::problem::ApiError;
use super::read::{self, ReadError};
use super::stream;
use crate::blob;
use crate::node::Node;
use crate::public;

/// Answers `GET` (and `HEAD`) of a resource.
pub(super) async fn get(
    State(node): State<Arc<Node>>,
    method: Method,
    uri: Uri,
    request: HeaderMap,
) -> Response {
    let Ok(resource) = uri.path().parse() else { return ApiError::NotFound.into_response() };
    if method != Method::GET && method != Method::HEAD {
        return ApiError::MethodNotAllowed.into_response();
    }
    let mut response = match find(node, resource).await {
        Ok(found) => respond(&resource, found, &request).await,
        Err(error) => return error.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(&resource)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching(&resource)));
    response
}

async fn find(node: Arc<Node>, resource: Resource) -> Result<Found, ApiError> {
    let snapshot = node.snapshot();
    match resource {
        Resource::Checkpoint => Ok(Found::Bytes(snapshot.shown.common.clone())),
        Resource::Cosigned => Ok(Found::Bytes(snapshot.shown.whole.clone())),
        Resource::Genesis => Ok(Found::Bytes(node.genesis().to_bytes())),
        Resource::Index => json(&snapshot.index),
        Resource::Status => json(&snapshot.status),
        Resource::Cap => Ok(Found::Bytes(snapshot.cap.clone())),
        Resource::Hour(hour) => snapshot.hourly.body(hour).map(Found::Bytes).ok_or(ApiError::NotFound),
        Resource::Blob(digest) => blocking(move || document(&node, &digest)).await?.map(Found::File),
        Resource::Entries(_) | Resource::Shard(_) | Resource::Changes { .. } => {
            // Large ones are read a few at a time; whoever reads everything waits a little and is never turned away.
            let turn = node.large_reads().acquire_owned().await;
            let read = blocking(move || from_files(&node, &resource)).await?;
            drop(turn);
            read.map(Found::Bytes)
        }
        Resource::Tile(_) | Resource::Entry(_) | Resource::ShardTile(..) => {
            blocking(move || from_files(&node, &resource)).await?.map(Found::Bytes)
        }
    }
}

fn json(value: &impl serde::Serialize) -> Result<Found, ApiError> {
    serde_json::to_vec(value).map(Found::Bytes).map_err(|_| ApiError::Internal)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::Internal)
}

fn document(node: &Node, digest: &Digest) -> Result<File, ApiError> {
    match blob::open(node.data(), digest) {
        Ok(Some((file, _))) => Ok(file),
        Ok(None) => Err(ApiError::NotFound),
        Err(error) => Err(failed(&ReadError::Io(error))),
    }
}

fn from_files(node: &Node, resource: &Resource) -> Result<Vec<u8>, ApiError> {
    match read::read(node, resource) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(ApiError::NotFound),
        Err(ReadError::TooManyChanges) => Err(ApiError::TooManyChanges),
        Err(error) => Err(failed(&error)),
    }
}

fn failed(error: &ReadError) -> ApiError {
    tracing::error!(%error, "a resource cannot be read");
    ApiError::Internal
}

fn media_type(resource: &Resource) -> &'static str {
    match resource {
        Resource::Checkpoint | Resource::Cosigned => "text/plain; charset=utf-8",
        Resource::Entry(_) | Resource::Genesis | Resource::Index | Resource::Status => "application/json",
        Resource::Tile(_)
        | Resource::Entries(_)
        | Resource::Cap
        | Resource::Shard(_)
        | Resource::ShardTile(..)
        | Resource::Changes { .. }
        | Resource::Hour(_)
        | Resource::Blob(_) => "application/octet-stream",
    }
}

/// Content that can never change is cached for ever, partial tiles and bundles included: the width is in their path (C2SP
/// `tlog-tiles`). What follows the log for a second; leaves, which revocation
/// overwrites, are asked for each time.
fn caching(resource: &Resource) -> &'static str {
    match resource {
        Resource::Genesis => MINUTE,
        Resource::Checkpoint | Resource::Cosigned | Resource::Index | Resource::Status | Resource::Cap => {
            SECOND
        }
        Resource::Shard(_) | Resource::ShardTile(..) => "no-cache",
        Resource::Tile(_)
        | Resource::Entries(_)
        | Resource::Entry(_)
        | Resource::Changes { .. }
        | Resource::Hour(_)
        | Resource::Blob(_) => IMMUTABLE,
    }
}

/// What a path asks for, as one of few words.
pub(super) fn kind(path: &str) -> &'static str {
    match path {
        "/entries" => "entries",
        "/metrics" => "metrics",
        "/healthz" | "/readyz" => "health",
        _ if public::is_page(path) => "page",
        _ => path.parse().map_or("unknown", |resource| label(&resource)),
    }
}

fn label(resource: &Resource) -> &'static str {
    match resource {
        Resource::Checkpoint | Resource::Cosigned => "checkpoint",
        Resource::Tile(_) => "tile",
        Resource::Entries(_) => "bundle",
        Resource::Entry(_) => "entry",
        Resource::Genesis => "genesis",
        Resource::Index => "index",
        Resource::Status => "status",
        Resource::Cap => "cap",
        Resource::Hour(_) => "hour",
        Resource::Shard(_) | Resource::ShardTile(..) => "shard",
        Resource::Changes { .. } => "changes",
        Resource::Blob(_) => "blob",
    }
}

/// What was found.
enum Found {
    Bytes(Vec<u8>),
    File(File),
}

/// Sends it, or 304 if the reader has it.
async fn respond(resource: &Resource, found: Found, request: &HeaderMap) -> Response {
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
        Ok(Err(error)) => {
            tracing::error!(%error, "a bundle cannot be compressed");
            ApiError::Internal.into_response()
        }
        Err(error) => error.into_response(),
    }
}

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const MINUTE: &str = "public, max-age=60";
const SECOND: &str = "public, max-age=1";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::Request;
    use tokio::time::timeout;
    use tower::ServiceExt as _;

    use crate::node::LARGE_READS;
    use crate::testing::filled;
    use crate::{Config, Node};

    use super::*;

    /// Lists of changes, bundles and shards are some megabytes each: so many are in memory at a time, and the next ones wait.
    #[tokio::test]
    async fn large_resources_are_read_a_few_at_a_time() {
        let folder = filled();
        let node = Arc::new(Node::open(&Config::new(folder.path())).unwrap());
        let app = crate::app(node.clone());
        let get = |path: &str| app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap());
        let turns = node.large_reads().acquire_many_owned(LARGE_READS as u32).await.unwrap();
        let large = ["/credentials/changes/0-3", "/tile/entries/000"];
        for path in large {
            assert!(timeout(Duration::from_millis(300), get(path)).await.is_err(), "{path} does not wait");
        }
        for small in ["/entry/1", "/tile/0/000", "/checkpoint", "/credentials/shard/0/000"] {
            assert_eq!(get(small).await.unwrap().status(), StatusCode::OK, "{small} waits for large ones");
        }
        drop(turns);
        for path in large {
            assert_eq!(get(path).await.unwrap().status(), StatusCode::OK, "{path}");
        }
    }
}
