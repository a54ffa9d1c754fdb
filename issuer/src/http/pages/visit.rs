//! Who asks for a page, how they want it, and what they may do.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use ledger::registry::PublishedKey;
use service::staff::{Clerk, Who};
use service::web::{Layout, Preferences};
use url::form_urlencoded;

use super::bar::Bar;
use super::failure::{Kind, PageFailure};
use super::right::Right;
use super::words::WORDS;
use crate::http::Service;
use crate::issuer::Issuer;

/// A person at the page.
pub(super) struct Visit {
    service: Arc<Service>,
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

impl FromRequestParts<Arc<Service>> for Visit {
    type Rejection = Turned;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Turned> {
        let Ok(look) = Preferences::from_request_parts(parts, service).await;
        match service.door.who(&parts.headers, service.office.now()) {
            Who::Clerk(clerk) => Ok(Self { service: service.clone(), look, clerk }),
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
        if right.is_of(self.clerk.role()) { Ok(()) } else { Err(self.fails(Kind::Forbidden)) }
    }
    pub(super) fn fails(&self, kind: impl Into<Kind>) -> PageFailure {
        PageFailure::new(kind.into(), self.look)
    }
    /// The frame of a page for this person.
    pub(super) fn frame(&self) -> Layout {
        frame(&self.service, self.look)
    }
    /// The frame with the top of the page.
    pub(super) fn framed(&self) -> (Layout, Bar) {
        let page = self.frame();
        let bar = Bar::new(&self.service.office, &page, &self.clerk);
        (page, bar)
    }
    pub(super) fn service(&self) -> &Service {
        &self.service
    }

    /// Runs what blocks (database, ledger) off the network's threads.
    pub(super) async fn work<T: Send + 'static, E: Into<Kind> + Send + 'static>(
        &self,
        work: impl FnOnce(&Issuer, &Clerk) -> Result<T, E> + Send + 'static,
    ) -> Result<T, PageFailure> {
        let (service, clerk) = (self.service.clone(), self.clerk.clone());
        let done = tokio::task::spawn_blocking(move || work(&service.office, &clerk)).await;
        let done = done.map_err(|e| {
            tracing::error!("a task stopped unexpectedly: {e}");
            self.fails(Kind::Internal)
        })?;
        done.map_err(|e| self.fails(e))
    }

    /// The same for what may not exist.
    pub(super) async fn found<T: Send + 'static, E: Into<Kind> + Send + 'static>(
        &self,
        work: impl FnOnce(&Issuer, &Clerk) -> Result<Option<T>, E> + Send + 'static,
    ) -> Result<T, PageFailure> {
        self.work(work).await?.ok_or_else(|| self.fails(Kind::NotFound))
    }
}

/// A frame that wears the stripe while the ledger's circuits have development keys.
pub(super) fn frame(service: &Service, look: Preferences) -> Layout {
    let (registry, now) = (service.office.registry(), service.office.now());
    let live = |key: &&PublishedKey| key.period().check(now).is_ok();
    let development = registry.keys().filter(live).any(|key| bool::from(key.record.key_use));
    Layout::new(look, &WORDS).development(development)
}
