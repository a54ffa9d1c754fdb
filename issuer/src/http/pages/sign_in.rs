//! Signing in and out.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, MutexGuard, PoisonError};

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use service::staff::{Clerk, Password, SignInPage, SignInRefused, Throttle, Who};
use service::web::{Preferences, render};

use super::failure::{Kind, PageFailure};
use super::visit::frame;
use crate::http::Service;
use crate::issuer::DONE;
use crate::store::StoreError;
use crate::store::audit::Deed;

type Shared = State<Arc<Service>>;

/// The query of the page.
#[derive(Default, Deserialize)]
pub(super) struct Then {
    #[serde(default)]
    then: String,
}

/// The page's form. It holds a password: no `Debug`.
#[derive(Deserialize)]
pub(super) struct SignIn {
    name: String,
    password: String,
    #[serde(default)]
    then: String,
}

/// `GET /sign-in`
pub(super) async fn show(
    State(service): Shared,
    look: Preferences,
    headers: HeaderMap,
    then: Result<Query<Then>, QueryRejection>,
) -> Response {
    let then = then.map(|Query(query)| query).unwrap_or_default().then;
    match service.door.who(&headers, service.office.now()) {
        Who::Clerk(_) => Redirect::to(&SignInPage::local_path(&then)).into_response(),
        Who::Unauthenticated => form(&service, look, None, &then),
        Who::Closed => PageFailure::new(Kind::Closed, look).into_response(),
    }
}

/// `POST /sign-in`
pub(super) async fn enter(
    State(service): Shared,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    look: Preferences,
    given: Result<Form<SignIn>, FormRejection>,
) -> Result<Response, PageFailure> {
    let fails = |kind: Kind| PageFailure::new(kind, look);
    let Form(SignIn { name, password, then }) = given.map_err(|_| fails(Kind::Malformed))?;
    let (door, password) = (service.clone(), Password::given(password));
    let tried = tokio::task::spawn_blocking(move || try_password(&door, peer.ip(), &name, &password)).await;
    let tried = tried.map_err(|_| fails(Kind::Internal))?;
    Ok(match tried.map_err(|e| fails(e.into()))? {
        Ok(cookie) => {
            ([(header::SET_COOKIE, cookie)], Redirect::to(&SignInPage::local_path(&then))).into_response()
        }
        Err(refused) => (status(refused), form(&service, look, Some(refused), &then)).into_response(),
    })
}

/// `POST /sign-out`
pub(super) async fn leave(State(service): Shared, headers: HeaderMap) -> Response {
    let who = service.door.who(&headers, service.office.now());
    let cookie = service.door.sign_out(&headers).map(|cookie| [(header::SET_COOKIE, cookie)]);
    if let Who::Clerk(clerk @ Clerk::Member { .. }) = who {
        let deed = Deed::new(clerk.name(), "sign-out");
        let noted = tokio::task::spawn_blocking(move || service.office.note(&deed, DONE)).await;
        if !matches!(noted, Ok(Ok(()))) {
            tracing::error!("signing out was not written into the audit list");
        }
    }
    (cookie, Redirect::to("/sign-in")).into_response()
}

fn form(service: &Service, look: Preferences, refused: Option<SignInRefused>, then: &str) -> Response {
    render(&SignInPage { page: frame(service, look), refused, then: SignInPage::local_path(then) })
}

/// Tries count by address and by name. A try that has to wait is not written down: whoever makes many of them must not
/// fill the audit list.
fn try_password(
    service: &Service,
    address: IpAddr,
    name: &str,
    password: &Password,
) -> Result<Result<HeaderValue, SignInRefused>, StoreError> {
    let (office, now) = (&service.office, service.office.now());
    if let Err(wait) = tries(service).begin(&address, now) {
        return Ok(Err(SignInRefused::Wait(wait)));
    }
    match service.door.sign_in(name, password, now) {
        Ok((clerk, cookie)) => {
            office.note(&Deed::new(clerk.name(), "sign-in"), DONE)?;
            tries(service).passed(&address);
            Ok(Ok(cookie))
        }
        Err(refused) => {
            if refused == SignInRefused::Wrong {
                // What nobody is called may be a password that was typed into the wrong field.
                let known = if service.door.knows(name) { name.trim() } else { "?" };
                office.note(&Deed::new(known, "sign-in-failed"), DONE)?;
            }
            Ok(Err(refused))
        }
    }
}

fn tries(service: &Service) -> MutexGuard<'_, Throttle<IpAddr>> {
    service.tries.lock().unwrap_or_else(PoisonError::into_inner)
}

const fn status(refused: SignInRefused) -> StatusCode {
    match refused {
        SignInRefused::Wrong => StatusCode::UNAUTHORIZED,
        SignInRefused::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
        SignInRefused::Closed => StatusCode::FORBIDDEN,
    }
}
