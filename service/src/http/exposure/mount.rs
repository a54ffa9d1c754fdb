//! A service under the path of its `public_url`.
//!
//! Handlers know the service's own paths only. A proxy may send `/desk/lists` as it is or as `/lists`; what leaves the
//! service begins with `/desk` either way. Pages put [`Base`](super::Base) before their links.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;
use tower::{ServiceExt as _, service_fn};

use super::{Base, Exposure, peer};

/// Routes as a service that is reached so: each request carries its [`Client`](super::Client) and its [`Exposure`], and
/// answers lead to paths under the base.
pub fn expose(routes: Router, exposure: Arc<Exposure>) -> Router {
    if let Some(why) = exposure.unknown_clients() {
        tracing::warn!(
            "{why}, and there are no `trusted_proxies`: all who come through a proxy count as one client"
        );
    }
    Router::new().fallback_service(service_fn(move |request: Request| {
        let (routes, exposure) = (routes.clone(), exposure.clone());
        async move { Ok::<_, Infallible>(answer(routes, exposure, request).await) }
    }))
}

async fn answer(routes: Router, exposure: Arc<Exposure>, mut request: Request) -> Response {
    let base = exposure.base();
    let client = exposure.client(peer(request.extensions()), request.headers());
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(exposure);
    if let Some(uri) = inside(base, request.uri()) {
        *request.uri_mut() = uri;
    }
    let mut response = routes.oneshot(request).await.unwrap_or_else(|never| match never {});
    if !base.as_str().is_empty() {
        lead_back(base, response.headers_mut());
    }
    response
}

/// The service's own address for one that begins with the base; `None` for one that does not.
fn inside(base: Base, uri: &Uri) -> Option<Uri> {
    if base.as_str().is_empty() {
        return None;
    }
    let rest = uri.path_and_query()?.as_str().strip_prefix(base.as_str())?;
    let own = match rest.chars().next() {
        Some('/') => rest.to_owned(),
        None | Some('?') => format!("/{rest}"),
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(own.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

/// Redirects and cookies name paths of the service.
fn lead_back(base: Base, headers: &mut HeaderMap) {
    if let Some(location) = headers.get_mut(header::LOCATION) {
        let path = location.to_str().ok().filter(|path| path.starts_with('/') && !path.starts_with("//"));
        let outside = path.and_then(|path| HeaderValue::from_str(&format!("{}{path}", base.as_str())).ok());
        if let Some(outside) = outside {
            *location = outside;
        }
    }
    let cookies: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies {
        headers.append(header::SET_COOKIE, under(base, &cookie).unwrap_or(cookie));
    }
}

fn under(base: Base, cookie: &HeaderValue) -> Option<HeaderValue> {
    let narrowed = cookie.to_str().ok()?.replacen("; Path=/;", &format!("; Path={};", base.as_str()), 1);
    HeaderValue::from_str(&narrowed).ok()
}
