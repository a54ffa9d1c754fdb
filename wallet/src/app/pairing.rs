//! Which browser may use the app: the one that was given the printed address, under the name that was printed, once.
//!
//! Anybody on this machine may connect to a loopback port, and any site may make a browser do so. So an address with a
//! secret is printed where only the owner reads it, it works once, and what it gives is a cookie that no script and no
//! other site can use. The `Host` header must be the printed name, so that a site that lets its own name point to this
//! machine (DNS rebinding) gets nothing. The name is `localhost` and not `127.0.0.1`, since cookies do not know ports:
//! the services of a demonstration are on `127.0.0.1`, and must not be sent this one.

use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use rand::rngs::OsRng;
use serde::Deserialize;
use service::http::is_forwarded;
use service::web::Preferences;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::page;
use super::state::App;

/// Which browser one running app is paired with. No `Debug`: it holds what lets somebody in.
pub(super) struct Pairing {
    authority: String,
    token: Mutex<Option<Token>>,
    session: Mutex<Option<Token>>,
}

/// 32 random bytes in base64url.
struct Token(Zeroizing<String>);

impl Pairing {
    /// Under `localhost:<port>`; nobody can pair before the first [`Self::address`].
    pub(super) fn new(port: u16) -> Self {
        Self { authority: format!("localhost:{port}"), token: Mutex::new(None), session: Mutex::new(None) }
    }

    /// A new address that works once; earlier ones that were not used cease to work.
    pub(super) fn address(&self) -> Zeroizing<String> {
        let token = Token::new();
        let address = format!("http://{}/enter?token={}", self.authority, *token.0);
        *lock(&self.token) = Some(token);
        Zeroizing::new(address)
    }

    /// Takes the token of an address for a cookie. The browser that was paired before is so no more.
    fn enter(&self, given: &str) -> Option<HeaderValue> {
        lock(&self.token).take_if(|token| token.is(given))?;
        let session = Token::new();
        let cookie = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", *session.0);
        *lock(&self.session) = Some(session);
        HeaderValue::from_str(&cookie).ok()
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        let given = cookies(headers).find(|(name, _)| *name == COOKIE).map(|(_, value)| value);
        given.is_some_and(|given| lock(&self.session).as_ref().is_some_and(|session| session.is(given)))
    }

    fn is_named(&self, headers: &HeaderMap) -> bool {
        headers.get(header::HOST).is_some_and(|host| host.as_bytes() == self.authority.as_bytes())
    }
}

impl Token {
    fn new() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(bytes.as_mut());
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref())))
    }

    fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

/// The one route without a cookie, beside the style and the script.
pub(super) fn entrance() -> Router<App> {
    Router::new().route("/enter", get(enter))
}

#[derive(Deserialize)]
struct EntryQuery {
    #[serde(default)]
    token: String,
}

/// The answer goes on by itself to `/`. It is not a redirect: the browser would count one as coming from where the
/// address was clicked, and not send a strict cookie.
async fn enter(
    State(app): State<App>,
    preferences: Preferences,
    Query(query): Query<EntryQuery>,
) -> Response {
    match app.pairing().enter(&query.token) {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], page::entered(preferences)).into_response(),
        None => page::unauthenticated(preferences),
    }
}

/// Refuses requests under another name than the printed one, and those that a proxy passed on.
pub(super) async fn only_our_name(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.pairing().is_named(request.headers()) && !is_forwarded(request.headers()) {
        return next.run(request).await;
    }
    let told = "请使用终端里显示的地址。 Use the address that the terminal shows.\n";
    (StatusCode::MISDIRECTED_REQUEST, told).into_response()
}

/// Refuses requests without the cookie.
pub(super) async fn only_the_owners_browser(
    State(app): State<App>,
    preferences: Preferences,
    request: Request,
    next: Next,
) -> Response {
    if app.pairing().admits(request.headers()) {
        next.run(request).await
    } else {
        page::unauthenticated(preferences)
    }
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The session's cookie. It ends with the browser.
const COOKIE: &str = "yong_wallet";
