//! From a request to a page: the reader brings the index of the log up to date, then a page is made from it.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use axum::extract::{DefaultBodyLimit, RawPathParams, RawQuery, State};
use axum::http::{Extensions, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use service::http::Exposure;
use service::web::Preferences;
use url::form_urlencoded;

use super::log_index::{LogIndex, LogIndexError};
use super::render::{View, missing};
use crate::node::Node;

/// The node and what was read of its log.
pub(super) struct PublicPages {
    node: Arc<Node>,
    log_index: RwLock<LogIndex>,
}

/// What a reader asks a page for: the parts of its path that vary, and its query.
#[derive(Clone, Debug, Default)]
pub(super) struct PageRequest {
    path: Vec<String>,
    query: Vec<(String, String)>,
    /// The address before the service's paths, if the node knows under which it is reached.
    root: String,
}

/// Serves a page, which is `None` if there is no such thing. Reading and rendering block, so they are done aside.
pub(super) fn page<P, R>(page: P) -> MethodRouter<Arc<PublicPages>>
where
    P: Fn(&View<'_>, &PageRequest) -> R + Copy + Send + Sync + 'static,
    R: Into<Option<Response>>,
{
    let answer = async move |State(pages): State<Arc<PublicPages>>,
                             preferences: Preferences,
                             path: Path,
                             RawQuery(query): RawQuery,
                             extensions: Extensions| {
        let root = root(&extensions);
        let request = path.map(|path| PageRequest::new(&path, query.as_deref().unwrap_or_default(), root));
        let make = move |view: &View<'_>, request: &PageRequest| page(view, request).into();
        let answered =
            tokio::task::spawn_blocking(move || pages.answer(preferences, request.ok().as_ref(), make)).await;
        answered.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    };
    get(answer)
}

/// Serves the answer to a form, whose fields are the request's query.
pub(super) fn form<P>(page: P) -> MethodRouter<Arc<PublicPages>>
where
    P: Fn(&View<'_>, &PageRequest) -> Response + Copy + Send + Sync + 'static,
{
    let answer = async move |State(pages): State<Arc<PublicPages>>,
                             preferences: Preferences,
                             extensions: Extensions,
                             fields: String| {
        let query = form_urlencoded::parse(fields.as_bytes()).into_owned().take(MOST).collect();
        let request = PageRequest { path: Vec::new(), query, root: root(&extensions) };
        let make = move |view: &View<'_>, request: &PageRequest| Some(page(view, request));
        let answered =
            tokio::task::spawn_blocking(move || pages.answer(preferences, Some(&request), make)).await;
        answered.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    };
    post(answer).layer(DefaultBodyLimit::max(LARGEST_FORM))
}

/// A path whose escapes are no text is answered like one that is not there.
type Path = Result<RawPathParams, axum::extract::rejection::RawPathParamsRejection>;

impl PublicPages {
    pub(super) fn new(node: Arc<Node>) -> Self {
        let log_index = RwLock::new(LogIndex::new(node.genesis()));
        Self { node, log_index }
    }

    fn answer(
        &self,
        preferences: Preferences,
        request: Option<&PageRequest>,
        page: impl Fn(&View<'_>, &PageRequest) -> Option<Response>,
    ) -> Response {
        let snapshot = self.node.snapshot();
        match self.log_index(snapshot.status.size) {
            Ok(log_index) => {
                let view = View { node: &self.node, log_index: &log_index, snapshot: &snapshot, preferences };
                request.and_then(|request| page(&view, request)).unwrap_or_else(|| missing(&view))
            }
            Err(error) => {
                tracing::error!(%error, "the public page cannot read the log");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// The index, read on up to the newest checkpoint.
    fn log_index(&self, size: u64) -> Result<RwLockReadGuard<'_, LogIndex>, LogIndexError> {
        let read = || self.log_index.read().unwrap_or_else(PoisonError::into_inner);
        if read().read() < size {
            self.log_index.write().unwrap_or_else(PoisonError::into_inner).catch_up(&self.node, size)?;
        }
        Ok(read())
    }
}

impl PageRequest {
    fn new(path: &RawPathParams, query: &str, root: String) -> Self {
        let path = path.iter().map(|(_, value)| value.to_owned()).collect();
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().take(MOST).collect();
        Self { path, query, root }
    }

    /// The whole address of a path where the node knows under which it is reached, else the path.
    pub(super) fn address(&self, path: &str) -> String {
        [&self.root, path].concat()
    }
    /// The varying part of the path.
    pub(super) fn id(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }
    /// `name/version` of two varying parts.
    pub(super) fn versioned(&self) -> String {
        self.path.join("/")
    }
    /// A number in its one spelling.
    pub(super) fn number(text: &str) -> Option<u64> {
        text.parse().ok().filter(|number: &u64| number.to_string() == text)
    }
    /// A value of the query.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.query.iter().find(|(given, _)| given == key).map(|(_, value)| value.as_str())
    }
}

/// Origin and base where the service is reached.
fn root(extensions: &Extensions) -> String {
    let Some(exposure) = Exposure::of(extensions) else { return String::new() };
    [exposure.origin().unwrap_or_default(), exposure.base().as_str()].concat()
}

/// Pairs of a query that are looked at.
const MOST: usize = 64;
/// Bytes of a form at most.
const LARGEST_FORM: usize = 8 << 10;
