//! Who asks for a page, how they want it, and what they may see.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use service::staff::{Clerk, Who};
use service::web::{Layout, Preferences};
use url::form_urlencoded;

use super::failure::{Kind, PageFailure};
use super::right::Right;
use super::words::WORDS;
use crate::http::State;
use crate::relying_party::{RelyingParty, RelyingPartyError, TransactionView};

/// A person at the page.
pub(super) struct Visit {
    state: Arc<State>,
    pub(super) look: Preferences,
    pub(super) clerk: Clerk,
}

/// Why somebody does not get a page.
pub(super) enum Turned {
    /// Has to sign in first, and then goes to this path.
    SignIn(String),
    /// Signing in does not help.
    Closed(PageFailure),
}

impl FromRequestParts<Arc<State>> for Visit {
    type Rejection = Turned;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Turned> {
        let Ok(look) = Preferences::from_request_parts(parts, state).await;
        match state.door.who(&parts.headers, state.counter.now()) {
            Who::Clerk(clerk) => Ok(Self { state: Arc::clone(state), look, clerk }),
            Who::Unauthenticated => Err(Turned::SignIn(then(parts))),
            Who::Closed => Err(Turned::Closed(PageFailure::new(Kind::Closed, look))),
        }
    }
}

/// What was to be changed is not changed after signing in; what was to be seen is shown.
fn then(parts: &Parts) -> String {
    let path = if parts.method == Method::GET { parts.uri.path() } else { "/" };
    form_urlencoded::byte_serialize(path.as_bytes()).collect()
}

impl IntoResponse for Turned {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(then) => Redirect::to(&format!("/sign-in?then={then}")).into_response(),
            Self::Closed(failure) => failure.into_response(),
        }
    }
}

impl Visit {
    /// Only those who may.
    pub(super) fn allow(&self, right: Right) -> Result<(), PageFailure> {
        if self.has(right) { Ok(()) } else { Err(self.fails(Kind::Forbidden)) }
    }
    /// Whether this person may.
    pub(super) fn has(&self, right: Right) -> bool {
        right.is_of(self.clerk.role())
    }
    /// The frame of a page for this person.
    pub(super) fn frame(&self) -> Layout {
        frame(&self.state, self.look)
    }
    pub(super) fn fails(&self, kind: Kind) -> PageFailure {
        PageFailure::new(kind, self.look)
    }
    pub(super) fn state(&self) -> &Arc<State> {
        &self.state
    }
    /// The language of policies and schemas, which have two.
    pub(super) fn language(&self) -> &'static str {
        if self.look.language == service::web::Language::English { "en" } else { "zh-CN" }
    }

    /// Runs what blocks off the network's threads.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&RelyingParty, &str) -> Result<T, RelyingPartyError> + Send + 'static,
    ) -> Result<T, PageFailure> {
        self.tried(work).await?.map_err(|trouble| PageFailure::from_trouble(&trouble, self.look))
    }

    /// The same for those who have something to say about the trouble themselves.
    pub(super) async fn tried<T: Send + 'static>(
        &self,
        work: impl FnOnce(&RelyingParty, &str) -> Result<T, RelyingPartyError> + Send + 'static,
    ) -> Result<Result<T, RelyingPartyError>, PageFailure> {
        let (state, clerk) = (Arc::clone(&self.state), self.clerk.clone());
        let done = tokio::task::spawn_blocking(move || work(&state.counter, clerk.name())).await;
        done.map_err(|error| {
            tracing::error!(%error, "a task stopped unexpectedly");
            self.fails(Kind::Internal)
        })
    }

    /// A request that this person made. One that somebody else made is treated as if there were none.
    pub(super) async fn standing(&self, id: String) -> Result<TransactionView, PageFailure> {
        let own = self.clerk.clone();
        self.work(move |counter, _| {
            counter.standing(&id)?.filter(|standing| sees(&own, standing)).ok_or(RelyingPartyError::NotFound)
        })
        .await
    }
}

/// Who sits at a machine without a password file sees whatever request they have the address of.
fn sees(clerk: &Clerk, standing: &TransactionView) -> bool {
    match clerk {
        Clerk::Local => true,
        Clerk::Member { name, .. } => standing.asked_by.as_deref() == Some(name.as_str()),
    }
}

/// A frame that wears the stripe while proofs are checked with development keys.
pub(super) fn frame(state: &State, look: Preferences) -> Layout {
    let development = state.counter.key().is_some_and(|key| bool::from(key.key_use()));
    Layout::new(look, &WORDS).development(development)
}

/// The status of a page that says that something did not work.
pub(super) fn with_status(status: StatusCode, page: Response) -> Response {
    (status, page).into_response()
}
