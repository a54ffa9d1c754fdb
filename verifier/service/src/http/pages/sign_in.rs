//! Signing in and out.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError};

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State as Shared};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use service::staff::{Clerk, Password, SignInPage, SignInRefused, Who};
use service::web::{Preferences, render};

use super::failure::{Kind, PageFailure};
use super::visit::{frame, with_status};
use crate::http::State;
use crate::http::manners::address;
use crate::relying_party::RelyingPartyError;
use crate::store::Act;

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
    look: Preferences,
    headers: HeaderMap,
    then: Result<Query<Then>, QueryRejection>,
) -> Response {
    let then = then.map(|Query(query)| query).unwrap_or_default().then;
    match state.door.who(&headers, state.counter.now()) {
        Who::Clerk(_) => Redirect::to(&SignInPage::local_path(&then)).into_response(),
        Who::Unauthenticated => form(&state, look, None, &then),
        Who::Closed => PageFailure::new(Kind::Closed, look).into_response(),
    }
}

/// `POST /sign-in`.
pub(super) async fn enter(
    Shared(state): Shared<Arc<State>>,
    look: Preferences,
    extensions: Extensions,
    given: Result<Form<SignIn>, FormRejection>,
) -> Result<Response, PageFailure> {
    let malformed = |_| PageFailure::new(Kind::Malformed, look);
    let Form(SignIn { name, password, then }) = given.map_err(malformed)?;
    let (address, password) = (address(&extensions), Password::given(password));
    let door = Arc::clone(&state);
    let tried = tokio::task::spawn_blocking(move || try_password(&door, address, &name, &password)).await;
    let tried = tried.map_err(|error| {
        tracing::error!(%error, "signing in stopped unexpectedly");
        PageFailure::new(Kind::Internal, look)
    })?;
    match tried.map_err(|trouble| PageFailure::from_trouble(&trouble, look))? {
        Ok(cookie) => {
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&SignInPage::local_path(&then))).into_response())
        }
        Err(refused) => Ok(with_status(status(refused), form(&state, look, Some(refused), &then))),
    }
}

/// `POST /sign-out`.
pub(super) async fn leave(
    Shared(state): Shared<Arc<State>>,
    look: Preferences,
    headers: HeaderMap,
) -> Result<Response, PageFailure> {
    let who = state.door.who(&headers, state.counter.now());
    let cookie = state.door.sign_out(&headers);
    if let Who::Clerk(clerk @ Clerk::Member { .. }) = who {
        let counter = Arc::clone(&state);
        let noted =
            tokio::task::spawn_blocking(move || counter.counter.did(clerk.name(), Act::SignedOut)).await;
        noted
            .map_err(|_| PageFailure::new(Kind::Internal, look))?
            .map_err(|trouble| PageFailure::from_trouble(&trouble, look))?;
    }
    let cookie = cookie.map(|cookie| [(header::SET_COOKIE, cookie)]);
    Ok((cookie, Redirect::to("/sign-in")).into_response())
}

fn form(state: &State, look: Preferences, refused: Option<SignInRefused>, then: &str) -> Response {
    render(&SignInPage { page: frame(state, look), refused, then: SignInPage::local_path(then) })
}

/// Tries count by address and by name, before it is known how they end. A try that has to wait is not written down:
/// whoever makes many of them must not fill the audit list.
fn try_password(
    state: &State,
    address: IpAddr,
    name: &str,
    password: &Password,
) -> Result<Result<HeaderValue, SignInRefused>, RelyingPartyError> {
    let now = state.counter.now();
    if let Err(wait) = tries(state).begin(&address, now) {
        return Ok(Err(SignInRefused::Wait(wait)));
    }
    match state.door.sign_in(name, password, now) {
        Ok((clerk, cookie)) => {
            state.counter.did(clerk.name(), Act::SignedIn)?;
            tries(state).passed(&address);
            Ok(Ok(cookie))
        }
        Err(refused) => {
            if refused == SignInRefused::Wrong {
                state.counter.did(known(state, name), Act::SignInFailed)?;
            }
            Ok(Err(refused))
        }
    }
}

fn tries(state: &State) -> std::sync::MutexGuard<'_, service::staff::Throttle<IpAddr>> {
    state.tries.lock().unwrap_or_else(PoisonError::into_inner)
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
