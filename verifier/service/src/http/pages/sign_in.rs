//! Signing in and out.

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State as Shared};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use service::http::{Client, client};
use service::staff::{Clerk, Password, SignInPage, SignInRefused, Who};
use service::web::{Preferences, render};

use super::error::{PageError, PageErrorKind};
use super::visit::{layout, with_status};
use crate::http::State;
use crate::relying_party::RelyingPartyError;
use crate::store::AuditAction;

/// The query of the page.
#[derive(Default, Deserialize)]
pub(super) struct Then {
    #[serde(default)]
    then: String,
}

/// The page's form.
#[derive(Deserialize)]
pub(super) struct SignIn {
    name: String,
    password: String,
    #[serde(default)]
    then: String,
}

/// `GET /sign-in`.
pub(super) async fn show(
    Shared(state): Shared<Arc<State>>,
    preferences: Preferences,
    headers: HeaderMap,
    then: Result<Query<Then>, QueryRejection>,
) -> Response {
    let then = then.map(|Query(query)| query).unwrap_or_default().then;
    match state.door.who(&headers, state.relying_party.now()) {
        Who::Clerk(_) => Redirect::to(&SignInPage::local_path(&then)).into_response(),
        Who::Unauthenticated => form(&state, preferences, None, &then),
        Who::Closed => PageError::new(PageErrorKind::Closed, preferences).into_response(),
    }
}

/// `POST /sign-in`.
pub(super) async fn enter(
    Shared(state): Shared<Arc<State>>,
    preferences: Preferences,
    extensions: Extensions,
    given: Result<Form<SignIn>, FormRejection>,
) -> Result<Response, PageError> {
    let malformed = |_| PageError::new(PageErrorKind::Malformed, preferences);
    let Form(SignIn { name, password, then }) = given.map_err(malformed)?;
    let client = client(&extensions);
    let password = Password::given(password);
    let door = Arc::clone(&state);
    let tried = tokio::task::spawn_blocking(move || try_password(&door, client, &name, &password)).await;
    let tried = tried.map_err(|error| {
        tracing::error!(%error, "signing in stopped unexpectedly");
        PageError::new(PageErrorKind::Internal, preferences)
    })?;
    match tried.map_err(|error| PageError::from_error(&error, preferences))? {
        Ok(cookie) => {
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&SignInPage::local_path(&then))).into_response())
        }
        Err(refused) => Ok(with_status(status(refused), form(&state, preferences, Some(refused), &then))),
    }
}

/// `POST /sign-out`.
pub(super) async fn leave(
    Shared(state): Shared<Arc<State>>,
    preferences: Preferences,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let who = state.door.who(&headers, state.relying_party.now());
    let cookie = state.door.sign_out(&headers);
    if let Who::Clerk(clerk @ Clerk::Member { .. }) = who {
        let shared = Arc::clone(&state);
        let noted = tokio::task::spawn_blocking(move || {
            shared.relying_party.did(clerk.name(), AuditAction::SignedOut)
        })
        .await;
        noted
            .map_err(|_| PageError::new(PageErrorKind::Internal, preferences))?
            .map_err(|error| PageError::from_error(&error, preferences))?;
    }
    let cookie = cookie.map(|cookie| [(header::SET_COOKIE, cookie)]);
    Ok((cookie, Redirect::to("/sign-in")).into_response())
}

fn form(state: &State, preferences: Preferences, refused: Option<SignInRefused>, then: &str) -> Response {
    render(&SignInPage { page: layout(state, preferences), refused, then: SignInPage::local_path(then) })
}

/// A try that has to wait is not written down: whoever makes many of them must not fill the audit list.
fn try_password(
    state: &State,
    client: Client,
    name: &str,
    password: &Password,
) -> Result<Result<HeaderValue, SignInRefused>, RelyingPartyError> {
    let now = state.relying_party.now();
    match state.door.sign_in(name, password, client, now) {
        Ok((clerk, cookie)) => {
            state.relying_party.did(clerk.name(), AuditAction::SignedIn)?;
            Ok(Ok(cookie))
        }
        Err(refused) => {
            if refused == SignInRefused::Wrong {
                state.relying_party.did(known(state, name), AuditAction::SignInFailed)?;
            }
            Ok(Err(refused))
        }
    }
}

/// The name, if somebody has it: what nobody has may be a password that was typed into the wrong field.
fn known<'a>(state: &State, name: &'a str) -> &'a str {
    if state.door.knows(name) { name.trim() } else { "" }
}

fn status(refused: SignInRefused) -> StatusCode {
    match refused {
        SignInRefused::Wrong => StatusCode::UNAUTHORIZED,
        SignInRefused::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
        SignInRefused::Closed => StatusCode::FORBIDDEN,
    }
}
