//! Signing in and out.

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use service::http::{Client, client};
use service::staff::{Clerk, Password, SignInPage, SignInRefused, Who};
use service::web::{Preferences, render};

use super::error::{PageError, PageErrorKind};
use super::visit::frame;
use crate::http::Service;
use crate::issuer::DONE;
use crate::store::StoreError;
use crate::store::audit::AuditEvent;

type Shared = State<Arc<Service>>;

/// The query of the page.
#[derive(Default, Deserialize)]
pub(super) struct ThenQuery {
    #[serde(default)]
    then: String,
}

/// The page's form. It holds a password: no `Debug`.
#[derive(Deserialize)]
pub(super) struct SignInForm {
    name: String,
    password: String,
    #[serde(default)]
    then: String,
}

/// `GET /sign-in`
pub(super) async fn show(
    State(service): Shared,
    preferences: Preferences,
    headers: HeaderMap,
    then: Result<Query<ThenQuery>, QueryRejection>,
) -> Response {
    let then = then.map(|Query(query)| query).unwrap_or_default().then;
    match service.authenticator.who(&headers, service.issuer.now()) {
        Who::Clerk(_) => Redirect::to(&SignInPage::local_path(&then)).into_response(),
        Who::Unauthenticated => form(&service, preferences, None, &then),
        Who::Closed => PageError::new(PageErrorKind::Closed, preferences).into_response(),
    }
}

/// `POST /sign-in`
pub(super) async fn enter(
    State(service): Shared,
    preferences: Preferences,
    extensions: Extensions,
    given: Result<Form<SignInForm>, FormRejection>,
) -> Result<Response, PageError> {
    let error = |kind: PageErrorKind| PageError::new(kind, preferences);
    let Form(SignInForm { name, password, then }) = given.map_err(|_| error(PageErrorKind::Malformed))?;
    let authenticator = service.clone();
    let client = client(&extensions);
    let password = Password::given(password);
    let tried =
        tokio::task::spawn_blocking(move || try_password(&authenticator, client, &name, &password)).await;
    let tried = tried.map_err(|_| error(PageErrorKind::Internal))?;
    Ok(match tried.map_err(|e| error(e.into()))? {
        Ok(cookie) => {
            ([(header::SET_COOKIE, cookie)], Redirect::to(&SignInPage::local_path(&then))).into_response()
        }
        Err(refused) => (status(refused), form(&service, preferences, Some(refused), &then)).into_response(),
    })
}

/// `POST /sign-out`
pub(super) async fn leave(State(service): Shared, headers: HeaderMap) -> Response {
    let who = service.authenticator.who(&headers, service.issuer.now());
    let cookie = service.authenticator.sign_out(&headers).map(|cookie| [(header::SET_COOKIE, cookie)]);
    if let Who::Clerk(clerk @ Clerk::Member { .. }) = who {
        let event = AuditEvent::new(clerk.name(), "sign-out");
        let noted = tokio::task::spawn_blocking(move || service.issuer.note(&event, DONE)).await;
        if !matches!(noted, Ok(Ok(()))) {
            tracing::error!("signing out was not written into the audit list");
        }
    }
    (cookie, Redirect::to("/sign-in")).into_response()
}

fn form(service: &Service, preferences: Preferences, refused: Option<SignInRefused>, then: &str) -> Response {
    render(&SignInPage { page: frame(service, preferences), refused, then: SignInPage::local_path(then) })
}

/// A try that has to wait is not written down: whoever makes many of them must not fill the audit list.
fn try_password(
    service: &Service,
    client: Client,
    name: &str,
    password: &Password,
) -> Result<Result<HeaderValue, SignInRefused>, StoreError> {
    let issuer = &service.issuer;
    match service.authenticator.sign_in(name, password, client, issuer.now()) {
        Ok((clerk, cookie)) => {
            issuer.note(&AuditEvent::new(clerk.name(), "sign-in"), DONE)?;
            Ok(Ok(cookie))
        }
        Err(refused) => {
            if refused == SignInRefused::Wrong {
                // What nobody is called may be a password that was typed into the wrong field.
                let known = if service.authenticator.knows(name) { name.trim() } else { "?" };
                issuer.note(&AuditEvent::new(known, "sign-in-failed"), DONE)?;
            }
            Ok(Err(refused))
        }
    }
}

const fn status(refused: SignInRefused) -> StatusCode {
    match refused {
        SignInRefused::Wrong => StatusCode::UNAUTHORIZED,
        SignInRefused::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
        SignInRefused::Closed => StatusCode::FORBIDDEN,
    }
}
