//! Who asks for a page, how they want it, and what they may see.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use service::staff::{Clerk, Role, Who, WindowId};
use service::web::{Layout, Preferences};
use url::form_urlencoded;

use super::error::{PageError, PageErrorKind};
use super::words::WORDS;
use crate::http::State;
use crate::relying_party::{RelyingParty, RelyingPartyError, TransactionView};

/// A person at the page.
pub(super) struct Visit {
    state: Arc<State>,
    pub(super) preferences: Preferences,
    pub(super) clerk: Clerk,
    window: Option<WindowId>,
}

/// The second screen of a person's window, which asks by itself and keeps no session from ending.
pub(super) struct Screen(pub(super) Visit);

/// Why somebody does not get a page.
pub(super) enum NotAdmitted {
    /// Has to sign in first, and then goes to this path.
    SignIn(String),
    /// Signing in does not help.
    Closed(PageError),
}

impl FromRequestParts<Arc<State>> for Visit {
    type Rejection = NotAdmitted;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, NotAdmitted> {
        let who = state.door.who(&parts.headers, state.relying_party.now());
        Self::admitted(parts, state, who).await
    }
}

impl FromRequestParts<Arc<State>> for Screen {
    type Rejection = NotAdmitted;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, NotAdmitted> {
        let who = state.door.looks(&parts.headers, state.relying_party.now());
        Visit::admitted(parts, state, who).await.map(Self)
    }
}

/// What was to be changed is not changed after signing in; what was to be seen is shown.
fn then(parts: &Parts) -> String {
    let path = if parts.method == Method::GET { parts.uri.path() } else { "/" };
    form_urlencoded::byte_serialize(path.as_bytes()).collect()
}

impl IntoResponse for NotAdmitted {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(then) => Redirect::to(&format!("/sign-in?then={then}")).into_response(),
            Self::Closed(failure) => failure.into_response(),
        }
    }
}

impl Visit {
    async fn admitted(parts: &mut Parts, state: &Arc<State>, who: Who) -> Result<Self, NotAdmitted> {
        let Ok(preferences) = Preferences::from_request_parts(parts, state).await;
        let window = state.door.window(&parts.headers);
        match who {
            Who::Clerk(clerk) => Ok(Self { state: Arc::clone(state), preferences, clerk, window }),
            Who::Unauthenticated => Err(NotAdmitted::SignIn(then(parts))),
            Who::Closed => Err(NotAdmitted::Closed(PageError::new(PageErrorKind::Closed, preferences))),
        }
    }

    /// Has the window's second screen show a request.
    pub(super) fn put_on_screen(&self, transaction: String) {
        self.window.inspect(|window| self.state.screens.show(*window, transaction));
    }
    /// The request that the window's second screen shows.
    pub(super) fn on_screen(&self) -> Option<String> {
        self.state.screens.shown(self.window?)
    }
    /// Only those who may.
    pub(super) fn allow(&self, right: Right) -> Result<(), PageError> {
        if self.has(right) { Ok(()) } else { Err(self.fails(PageErrorKind::Forbidden)) }
    }
    /// Whether this person may.
    pub(super) fn has(&self, right: Right) -> bool {
        right.is_of(self.clerk.role())
    }
    /// The frame of a page for this person.
    pub(super) fn layout(&self) -> Layout {
        layout(&self.state, self.preferences)
    }
    pub(super) fn fails(&self, kind: PageErrorKind) -> PageError {
        PageError::new(kind, self.preferences)
    }
    pub(super) fn state(&self) -> &Arc<State> {
        &self.state
    }
    /// The language of policies and schemas, which have two.
    pub(super) fn language(&self) -> &'static str {
        if self.preferences.language == service::web::Language::English { "en" } else { "zh-CN" }
    }

    /// Runs what blocks off the network's threads.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&RelyingParty, &str) -> Result<T, RelyingPartyError> + Send + 'static,
    ) -> Result<T, PageError> {
        self.tried(work).await?.map_err(|error| PageError::from_error(&error, self.preferences))
    }

    /// The same for those who have something to say about the trouble themselves.
    pub(super) async fn tried<T: Send + 'static>(
        &self,
        work: impl FnOnce(&RelyingParty, &str) -> Result<T, RelyingPartyError> + Send + 'static,
    ) -> Result<Result<T, RelyingPartyError>, PageError> {
        let state = Arc::clone(&self.state);
        let clerk = self.clerk.clone();
        let done = tokio::task::spawn_blocking(move || work(&state.relying_party, clerk.name())).await;
        done.map_err(|error| {
            tracing::error!(%error, "a task stopped unexpectedly");
            self.fails(PageErrorKind::Internal)
        })
    }

    /// A request that this person made. One that somebody else made is treated as if there were none.
    pub(super) async fn view(&self, id: String) -> Result<TransactionView, PageError> {
        let own = self.clerk.clone();
        self.work(move |relying_party, _| {
            relying_party.view(&id)?.filter(|view| sees(&own, view)).ok_or(RelyingPartyError::NotFound)
        })
        .await
    }
}

/// Who sits at a machine without a password file sees whatever request they have the address of.
fn sees(clerk: &Clerk, view: &TransactionView) -> bool {
    match clerk {
        Clerk::Local => true,
        Clerk::Member { name, .. } => view.asked_by.as_deref() == Some(name.as_str()),
    }
}

/// A frame that wears the stripe while proofs are checked with development keys.
pub(super) fn layout(state: &State, preferences: Preferences) -> Layout {
    let development = state.relying_party.key().is_some_and(|key| bool::from(key.key_use()));
    Layout::new(preferences, &WORDS).development(development)
}

/// The status of a page that says that something did not work.
pub(super) fn with_status(status: StatusCode, page: Response) -> Response {
    (status, page).into_response()
}

/// Something that is not for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// Ask citizens, and see how they answered.
    Ask,
    /// Read the receipts of requests that one made oneself, of today.
    ReadOwn,
    /// Read the receipts of everybody, of any day.
    ReadAll,
    /// Read the audit list.
    ReadAudit,
}

impl Right {
    /// Whether a role has it.
    pub(super) fn is_of(self, role: Role) -> bool {
        match self {
            Self::Ask => matches!(role, Role::Clerk | Role::Supervisor),
            Self::ReadOwn => true,
            Self::ReadAll | Self::ReadAudit => matches!(role, Role::Supervisor | Role::Auditor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_reads_and_does_not_ask_and_a_clerk_reads_only_the_own() {
        let rights = [Right::Ask, Right::ReadOwn, Right::ReadAll, Right::ReadAudit];
        let of = |role| rights.map(|right| right.is_of(role));
        assert_eq!(of(Role::Clerk), [true, true, false, false]);
        assert_eq!(of(Role::Supervisor), [true, true, true, true]);
        assert_eq!(of(Role::Auditor), [false, true, true, true]);
    }
}
