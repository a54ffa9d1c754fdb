//! Headers of every page, and who may send forms to it.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};

use crate::http::{Exposure, is_from_own_page};
use crate::web::preferences::{LANGUAGE, SIZE, query};

/// Only what the service itself serves: no inline script or style, no foreign host, no frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What a page's answer says besides its content.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`: browsers would then name the origin of a form as `null`, and it would be refused below.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Puts the headers on every answer, keeps the reader's choice of language and size in cookies, and refuses forms
/// that do not come from the service's own pages.
pub fn security_headers<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes.layer(from_fn(own_pages_only)).layer(from_fn(add_headers))
}

/// Refuses what changes something unless a page of this service sends it (cross-site request forgery): a form of
/// another site, and a program that was led here by a link.
pub async fn own_pages_only(request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let public = Exposure::of(request.extensions()).and_then(Exposure::origin);
    if changes && !is_from_own_page(request.headers(), public) {
        return (
            StatusCode::FORBIDDEN,
            "这个请求不是从本站的页面发出的。 The request does not come from a page of this site.\n",
        )
            .into_response();
    }
    next.run(request).await
}

async fn add_headers(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let kept: Vec<HeaderValue> =
        [LANGUAGE, SIZE].into_iter().filter_map(|key| keep(key, query(&parts, key)?)).collect();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    for cookie in kept {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

/// The cookie that keeps a choice for a year. Only the known words are kept.
fn keep(key: &str, value: &str) -> Option<HeaderValue> {
    let known = matches!(value, "zh-CN" | "en" | "za" | "large" | "normal");
    let cookie = format!("{key}={value}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
    if known { HeaderValue::from_str(&cookie).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::post;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_form_that_no_own_page_sends_is_refused() {
        for (origin, site, wanted) in [
            (Some("http://127.0.0.1:7003"), None, StatusCode::OK),
            (Some("http://127.0.0.1:7003"), Some("same-origin"), StatusCode::OK),
            (None, Some("same-origin"), StatusCode::OK),
            (None, None, StatusCode::FORBIDDEN),
            (None, Some("none"), StatusCode::FORBIDDEN),
            (Some("http://evil.example"), None, StatusCode::FORBIDDEN),
            (Some("null"), None, StatusCode::FORBIDDEN),
            (Some("http://127.0.0.1:7003"), Some("cross-site"), StatusCode::FORBIDDEN),
            (None, Some("same-site"), StatusCode::FORBIDDEN),
        ] {
            assert_eq!(posted(origin, site).await.status(), wanted, "{origin:?} {site:?}");
        }
    }

    #[tokio::test]
    async fn every_answer_has_the_policy_and_keeps_a_known_choice() {
        let request = Request::get("/?lang=en&size=huge").body(Body::empty()).expect("a request");
        let response = pages().oneshot(request).await.expect("infallible");
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], CONTENT_SECURITY_POLICY);
        let kept: Vec<_> = response.headers().get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(kept.len(), 1);
        assert!(kept[0].to_str().expect("ASCII").starts_with("lang=en;"));
    }

    async fn posted(origin: Option<&str>, site: Option<&str>) -> Response {
        let mut request = Request::post("/").header("host", "127.0.0.1:7003");
        for (name, value) in [("origin", origin), ("sec-fetch-site", site)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        pages().oneshot(request.body(Body::empty()).expect("a request")).await.expect("infallible")
    }

    fn pages() -> Router {
        security_headers(Router::new().route("/", post(|| async {}).get(|| async {})))
    }
}
