//! Who asks for a page, how they want it, what they may do, and what stands at the top of it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use ledger::registry::PublishedKey;
use service::staff::{Clerk, Role, Who, WindowId};
use service::web::{Layout, Preferences};
use url::form_urlencoded;

use super::error::{PageError, PageErrorKind};
use super::words::WORDS;
use crate::http::{Service, ShownOffer};
use crate::issuer::Issuer;

/// A person at the page.
pub(super) struct Visit {
    service: Arc<Service>,
    pub(super) preferences: Preferences,
    pub(super) clerk: Clerk,
    window: Option<WindowId>,
}

/// The second screen of a person's window, which asks by itself and keeps no session from ending.
pub(super) struct Screen(pub(super) Visit);

/// Why somebody does not get a page.
pub(super) enum VisitRejection {
    /// Has to sign in first, and then goes to this path.
    SignIn(String),
    /// Signing in does not help.
    Closed(PageError),
}

impl FromRequestParts<Arc<Service>> for Visit {
    type Rejection = VisitRejection;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, VisitRejection> {
        let who = service.authenticator.who(&parts.headers, service.issuer.now());
        Self::admitted(parts, service, who).await
    }
}

impl FromRequestParts<Arc<Service>> for Screen {
    type Rejection = VisitRejection;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, VisitRejection> {
        let who = service.authenticator.looks(&parts.headers, service.issuer.now());
        Visit::admitted(parts, service, who).await.map(Self)
    }
}

/// What was to be changed is not changed after signing in; what was to be seen is shown.
fn then(parts: &Parts) -> String {
    let path = if parts.method == Method::GET { parts.uri.path() } else { "/" };
    form_urlencoded::byte_serialize(path.as_bytes()).collect()
}

impl IntoResponse for VisitRejection {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(then) => Redirect::to(&format!("/sign-in?then={then}")).into_response(),
            Self::Closed(failure) => failure.into_response(),
        }
    }
}

impl Visit {
    async fn admitted(parts: &mut Parts, service: &Arc<Service>, who: Who) -> Result<Self, VisitRejection> {
        let Ok(preferences) = Preferences::from_request_parts(parts, service).await;
        let window = service.authenticator.window(&parts.headers);
        match who {
            Who::Clerk(clerk) => Ok(Self { service: service.clone(), preferences, clerk, window }),
            Who::Unauthenticated => Err(VisitRejection::SignIn(then(parts))),
            Who::Closed => Err(VisitRejection::Closed(PageError::new(PageErrorKind::Closed, preferences))),
        }
    }

    /// Has the window's second screen show an offer.
    pub(super) fn put_on_screen(&self, offer: ShownOffer) {
        self.window.inspect(|window| self.service.screens.show(*window, Arc::new(offer)));
    }
    /// The offer that the window's second screen shows.
    pub(super) fn on_screen(&self) -> Option<Arc<ShownOffer>> {
        self.service.screens.shown(self.window?)
    }
    /// Takes the offer from the window's second screen.
    pub(super) fn clear_screen(&self) {
        self.window.inspect(|window| self.service.screens.clear(*window));
    }
    /// Only those who may.
    pub(super) fn allow(&self, permission: Permission) -> Result<(), PageError> {
        if permission.is_held_by(self.clerk.role()) {
            Ok(())
        } else {
            Err(self.error(PageErrorKind::Forbidden))
        }
    }
    pub(super) fn error(&self, kind: impl Into<PageErrorKind>) -> PageError {
        PageError::new(kind.into(), self.preferences)
    }
    /// The frame of a page for this person.
    pub(super) fn frame(&self) -> Layout {
        frame(&self.service, self.preferences)
    }
    /// The frame with the top of the page.
    pub(super) fn framed(&self) -> (Layout, TopBar) {
        let page = self.frame();
        let bar = TopBar::new(&self.service.issuer, &page, &self.clerk);
        (page, bar)
    }
    pub(super) fn service(&self) -> &Service {
        &self.service
    }

    /// Runs what blocks (database, ledger) off the network's threads.
    pub(super) async fn work<T: Send + 'static, E: Into<PageErrorKind> + Send + 'static>(
        &self,
        work: impl FnOnce(&Issuer, &Clerk) -> Result<T, E> + Send + 'static,
    ) -> Result<T, PageError> {
        let service = self.service.clone();
        let clerk = self.clerk.clone();
        let done = tokio::task::spawn_blocking(move || work(&service.issuer, &clerk)).await;
        let done = done.map_err(|e| {
            tracing::error!("a task stopped unexpectedly: {e}");
            self.error(PageErrorKind::Internal)
        })?;
        done.map_err(|e| self.error(e))
    }

    /// The same for what may not exist.
    pub(super) async fn found<T: Send + 'static, E: Into<PageErrorKind> + Send + 'static>(
        &self,
        work: impl FnOnce(&Issuer, &Clerk) -> Result<Option<T>, E> + Send + 'static,
    ) -> Result<T, PageError> {
        self.work(work).await?.ok_or_else(|| self.error(PageErrorKind::NotFound))
    }
}

/// A frame that wears the stripe while the ledger's circuits have development keys.
pub(super) fn frame(service: &Service, preferences: Preferences) -> Layout {
    let registry = service.issuer.registry();
    let now = service.issuer.now();
    let live = |key: &&PublishedKey| key.period().check(now).is_ok();
    let development = registry.keys().filter(live).any(|key| bool::from(key.record.key_use));
    Layout::new(preferences, &WORDS).development(development)
}

/// Something that is not for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permission {
    /// See people, offer, change, upload, approve.
    Serve,
    /// See what waits for a second person.
    ReadProposals,
    /// Read the audit list.
    ReadAudit,
}

impl Permission {
    /// Whether a role has it.
    pub(super) fn is_held_by(self, role: Role) -> bool {
        match self {
            Self::Serve => matches!(role, Role::Clerk | Role::Supervisor),
            Self::ReadProposals => true,
            Self::ReadAudit => matches!(role, Role::Supervisor | Role::Auditor),
        }
    }
}

/// The top.
pub(super) struct TopBar {
    /// The department's name.
    pub(super) desk: String,
    /// Who works here; empty where nobody has a name.
    pub(super) clerk: String,
    /// The role in words.
    pub(super) role: String,
    /// How many proposals wait.
    pub(super) waiting: u64,
    pub(super) serves: bool,
    pub(super) audits: bool,
}

impl TopBar {
    pub(super) fn new(issuer: &Issuer, page: &Layout, clerk: &Clerk) -> Self {
        let department = &issuer.config().department;
        let title = issuer.registry().department(department).map(|d| d.title.text(page.tag()).to_owned());
        let role = clerk.role();
        Self {
            desk: title.unwrap_or_else(|| department.as_str().to_owned()),
            clerk: if matches!(clerk, Clerk::Local) { String::new() } else { clerk.name().to_owned() },
            role: page.say(role_key(clerk)),
            waiting: issuer.waiting().unwrap_or_default(),
            serves: Permission::Serve.is_held_by(role),
            audits: Permission::ReadAudit.is_held_by(role),
        }
    }
}

fn role_key(clerk: &Clerk) -> &'static str {
    match clerk.role() {
        Role::Clerk => "staff-role-clerk",
        Role::Supervisor => "staff-role-supervisor",
        Role::Auditor => "staff-role-auditor",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_auditor_reads_and_changes_nothing_and_a_clerk_does_not_read_the_audit() {
        let permissions = [Permission::Serve, Permission::ReadProposals, Permission::ReadAudit];
        let of = |role| permissions.map(|permission| permission.is_held_by(role));
        assert_eq!(of(Role::Clerk), [true, true, false]);
        assert_eq!(of(Role::Supervisor), [true, true, true]);
        assert_eq!(of(Role::Auditor), [false, true, true]);
    }
}
