//! Where readers meet the gazette: each brings it up to date, then reads.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use axum::extract::{RawPathParams, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use service::web::Preferences;
use url::form_urlencoded;

use super::gazette::{Gazette, GazetteError};
use super::pages::missing;
use super::view::View;
use crate::node::Node;

/// The node and what was read of its log.
pub(super) struct Hall {
    node: Arc<Node>,
    gazette: RwLock<Gazette>,
}

/// What a reader asks a page for: the parts of its path that vary, and its query.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    path: Vec<String>,
    query: Vec<(String, String)>,
}

/// Serves a page, which is `None` if there is no such thing. Reading and rendering block, so they are done aside.
pub(super) fn page<P, R>(page: P) -> MethodRouter<Arc<Hall>>
where
    P: Fn(&View<'_>, &Asked) -> R + Copy + Send + Sync + 'static,
    R: Into<Option<Response>>,
{
    let answer = async move |State(hall): State<Arc<Hall>>,
                             look: Preferences,
                             path: Path,
                             RawQuery(query): RawQuery| {
        let asked = path.map(|path| Asked::new(&path, query.as_deref().unwrap_or_default()));
        let make = move |view: &View<'_>, asked: &Asked| page(view, asked).into();
        let answered =
            tokio::task::spawn_blocking(move || hall.answer(look, asked.ok().as_ref(), make)).await;
        answered.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    };
    get(answer)
}

/// A path whose escapes are no text is answered like one that is not there.
type Path = Result<RawPathParams, axum::extract::rejection::RawPathParamsRejection>;

impl Hall {
    pub(super) fn new(node: Arc<Node>) -> Self {
        let gazette = RwLock::new(Gazette::new(node.genesis()));
        Self { node, gazette }
    }

    fn answer(
        &self,
        look: Preferences,
        asked: Option<&Asked>,
        page: impl Fn(&View<'_>, &Asked) -> Option<Response>,
    ) -> Response {
        let snapshot = self.node.snapshot();
        match self.gazette(snapshot.status.size) {
            Ok(gazette) => {
                let view = View { node: &self.node, gazette: &gazette, snapshot: &snapshot, look };
                asked.and_then(|asked| page(&view, asked)).unwrap_or_else(|| missing(&view))
            }
            Err(error) => {
                tracing::error!(%error, "the public page cannot read the log");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// The gazette, with news of the log taken in.
    fn gazette(&self, size: u64) -> Result<RwLockReadGuard<'_, Gazette>, GazetteError> {
        let read = || self.gazette.read().unwrap_or_else(PoisonError::into_inner);
        if read().read() < size {
            self.gazette.write().unwrap_or_else(PoisonError::into_inner).catch_up(&self.node, size)?;
        }
        Ok(read())
    }
}

impl Asked {
    fn new(path: &RawPathParams, query: &str) -> Self {
        let path = path.iter().map(|(_, value)| value.to_owned()).collect();
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().take(MOST).collect();
        Self { path, query }
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

/// Pairs of a query that are looked at.
const MOST: usize = 64;
