//! Everything that can be fetched.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use ledger::digest::Digest;
use ledger::resource::Resource;
use ledger::tile::{Numbered, TilePath, TileWidth};

use super::problem::Problem;
use super::read::{self, ReadError};
use super::variant::{self, Found};
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
    let Ok(resource) = uri.path().parse() else { return Problem::not_found().into_response() };
    if method != Method::GET && method != Method::HEAD {
        return Problem::method().into_response();
    }
    let mut response = match find(node, resource).await {
        Ok(found) => variant::respond(&resource, found, &request).await,
        Err(problem) => return problem.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(&resource)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching(&resource)));
    response
}

async fn find(node: Arc<Node>, resource: Resource) -> Result<Found, Problem> {
    let snapshot = node.snapshot();
    match resource {
        Resource::Checkpoint => Ok(Found::Bytes(snapshot.shown.common.clone())),
        Resource::Cosigned => Ok(Found::Bytes(snapshot.shown.whole.clone())),
        Resource::Genesis => Ok(Found::Bytes(node.genesis().to_bytes())),
        Resource::Index => json(&snapshot.index),
        Resource::Status => json(&snapshot.status),
        Resource::Cap => Ok(Found::Bytes(snapshot.cap.clone())),
        Resource::Blob(digest) => blocking(move || document(&node, &digest)).await?.map(Found::File),
        Resource::Entries(_) | Resource::Shard(_) => {
            // Large ones are read a few at a time; whoever reads everything waits a little and is never turned away.
            let turn = node.large_reads().acquire_owned().await;
            let read = blocking(move || from_files(&node, &resource)).await?;
            drop(turn);
            read.map(Found::Bytes)
        }
        _ => blocking(move || from_files(&node, &resource)).await?.map(Found::Bytes),
    }
}

fn json(value: &impl serde::Serialize) -> Result<Found, Problem> {
    serde_json::to_vec(value).map(Found::Bytes).map_err(|_| Problem::internal())
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::internal())
}

fn document(node: &Node, digest: &Digest) -> Result<std::fs::File, Problem> {
    match blob::open(node.data(), digest) {
        Ok(Some((file, _))) => Ok(file),
        Ok(None) => Err(Problem::not_found()),
        Err(error) => Err(failed(&ReadError::Io(error))),
    }
}

fn from_files(node: &Node, resource: &Resource) -> Result<Vec<u8>, Problem> {
    match read::read(node, resource) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Problem::not_found()),
        Err(ReadError::TooManyChanges) => Err(Problem::too_many_changes()),
        Err(error) => Err(failed(&error)),
    }
}

fn failed(error: &ReadError) -> Problem {
    tracing::error!(%error, "a resource cannot be read");
    Problem::internal()
}

fn media_type(resource: &Resource) -> &'static str {
    match resource {
        Resource::Checkpoint | Resource::Cosigned => "text/plain; charset=utf-8",
        Resource::Entry(_) | Resource::Genesis | Resource::Index | Resource::Status => "application/json",
        _ => "application/octet-stream",
    }
}

/// Content that can never change is cached for ever; what follows the log for a second; leaves, which revocation
/// overwrites, are asked for each time.
pub(super) fn caching(resource: &Resource) -> &'static str {
    match resource {
        Resource::Tile(TilePath { width, .. }) | Resource::Entries(Numbered { width, .. })
            if *width < TileWidth::FULL =>
        {
            MINUTE
        }
        Resource::Genesis => MINUTE,
        Resource::Checkpoint | Resource::Cosigned | Resource::Index | Resource::Status | Resource::Cap => {
            SECOND
        }
        Resource::Shard(_) | Resource::ShardTile(..) => "no-cache",
        Resource::Tile(_)
        | Resource::Entries(_)
        | Resource::Entry(_)
        | Resource::Changes { .. }
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
        _ => path.parse().map_or("unknown", |resource| word(&resource)),
    }
}

fn word(resource: &Resource) -> &'static str {
    match resource {
        Resource::Checkpoint | Resource::Cosigned => "checkpoint",
        Resource::Tile(_) => "tile",
        Resource::Entries(_) => "bundle",
        Resource::Entry(_) => "entry",
        Resource::Genesis => "genesis",
        Resource::Index => "index",
        Resource::Status => "status",
        Resource::Cap => "cap",
        Resource::Shard(_) | Resource::ShardTile(..) => "shard",
        Resource::Changes { .. } => "changes",
        Resource::Blob(_) => "blob",
    }
}

pub(super) const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const MINUTE: &str = "public, max-age=60";
const SECOND: &str = "public, max-age=1";
