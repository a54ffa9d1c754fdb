//! What holds for every path of a service, whatever its handlers do.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use super::exposure::{Client, client};
use super::problem::{Problem, ProblemType};
use super::rate_limiter::{Rate, RateLimiter, Wait, network};
use crate::clock::Clock;

/// Bounded bodies, bounded time, no panic to the outside, and the headers of every answer.
#[derive(Clone, Copy, Debug)]
pub struct Guards {
    body_bytes: usize,
    body_idle: Duration,
    answer_within: Duration,
    panicked: ProblemType,
    too_late: ProblemType,
}

impl Guards {
    /// Bodies of 64 KiB that do not pause for longer than 10 s, and answers within 60 s.
    pub const fn new() -> Self {
        Self {
            body_bytes: 64 * 1024,
            body_idle: Duration::from_secs(10),
            answer_within: Duration::from_secs(60),
            panicked: ProblemType::INTERNAL,
            too_late: ProblemType::TIMEOUT,
        }
    }
    /// Bodies of so many bytes at most. A route with its own `DefaultBodyLimit` keeps that.
    #[must_use]
    pub const fn body_bytes(self, body_bytes: usize) -> Self {
        Self { body_bytes, ..self }
    }
    /// A sender that pauses for longer is cut off.
    #[must_use]
    pub const fn body_idle(self, body_idle: Duration) -> Self {
        Self { body_idle, ..self }
    }
    /// An answer begins within this time, reading the body included.
    #[must_use]
    pub const fn answer_within(self, answer_within: Duration) -> Self {
        Self { answer_within, ..self }
    }
    /// Other rows for a handler that panicked and for one that took too long.
    #[must_use]
    pub const fn problems(self, panicked: ProblemType, too_late: ProblemType) -> Self {
        Self { panicked, too_late, ..self }
    }

    /// Puts them around routes.
    pub fn around<S: Clone + Send + Sync + 'static>(self, routes: Router<S>) -> Router<S> {
        let Self { body_bytes, body_idle, answer_within, panicked, too_late } = self;
        let in_time = move |request: Request, next: Next| async move {
            let answered = tokio::time::timeout(answer_within, next.run(request)).await;
            answered.unwrap_or_else(|_| Problem::new(too_late).into_response())
        };
        routes
            .layer(DefaultBodyLimit::max(body_bytes))
            .layer(CatchPanicLayer::custom(move |_| {
                tracing::error!("a handler panicked");
                Problem::new(panicked).into_response()
            }))
            .layer(from_fn(in_time))
            .layer(RequestBodyTimeoutLayer::new(body_idle))
            .layer(from_fn(with_headers))
    }
}

impl Default for Guards {
    fn default() -> Self {
        Self::new()
    }
}

/// Nothing is cached, guessed or told to other sites, unless the handler says so.
async fn with_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    response
}

/// A [`Rate`] per network address. Give it to [`limit_addresses`] with `from_fn_with_state`.
#[derive(Debug)]
pub struct AddressLimiter {
    limiter: RateLimiter<IpAddr, Rate>,
    loopback: Loopback,
    refused: ProblemType,
}

/// Whether programs of this machine ([`Client::Local`]) are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loopback {
    /// As any other address.
    Counted,
    /// They are let through.
    Exempt,
}

impl AddressLimiter {
    /// Refuses with [`ProblemType::TOO_MANY_REQUESTS`].
    pub fn new(rate: Rate, loopback: Loopback, clock: Clock) -> Self {
        let limiter = RateLimiter::new(rate, clock);
        Self { limiter, loopback, refused: ProblemType::TOO_MANY_REQUESTS }
    }
    /// Refuses with another row.
    #[must_use]
    pub fn refusing_with(self, refused: ProblemType) -> Self {
        Self { refused, ..self }
    }
    /// Counts one request.
    pub fn admit(&self, client: Client) -> Result<(), Wait> {
        if self.loopback == Loopback::Exempt && client == Client::Local {
            return Ok(());
        }
        self.limiter.admit(&network(client.address()))
    }
}

/// Middleware: refuses who asks too often, and says when asking again helps.
pub async fn limit_addresses(
    State(limiter): State<Arc<AddressLimiter>>,
    request: Request,
    next: Next,
) -> Response {
    match limiter.admit(client(request.extensions())) {
        Ok(()) => next.run(request).await,
        Err(wait) => Problem::new(limiter.refused).with_retry_after_s(wait.seconds()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::body::{Body, Bytes, to_bytes};
    use axum::extract::ConnectInfo;
    use axum::http::StatusCode;
    use axum::middleware::from_fn_with_state;
    use axum::routing::{get, post};
    use serde_json::Value;
    use tower::ServiceExt as _;

    use super::*;
    use crate::clock::ManualClock;

    async fn ask(routes: Router, request: Request) -> (Response<()>, Value) {
        let (parts, body) = routes.oneshot(request).await.expect("infallible").into_parts();
        let bytes = to_bytes(body, 1 << 16).await.unwrap();
        (Response::from_parts(parts, ()), serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    fn routes() -> Router {
        let routes = Router::new()
            .route("/", get(|| async { "yes" }))
            .route("/page", get(|| async { ([(header::CACHE_CONTROL, "max-age=60")], "page") }))
            .route("/never", get(std::future::pending::<()>))
            .route("/broken", get(broken))
            .route("/echo", post(async |body: Bytes| body));
        Guards::new().body_bytes(4).around(routes)
    }

    async fn broken() {
        panic!("on purpose")
    }

    fn request(path: &str) -> Request {
        Request::get(path).body(Body::empty()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn no_answer_takes_for_ever() {
        let (response, body) = ask(routes(), request("/never")).await;
        assert_eq!((response.status().as_u16(), body["error"].as_str()), (503, Some("timeout")));
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_pauses_is_cut_off_before_the_time_is_over() {
        let started = tokio::time::Instant::now();
        let stalled = Body::new(Stalled);
        let (response, _) = ask(routes(), Request::post("/echo").body(stalled).unwrap()).await;
        assert!(response.status().is_client_error(), "{}", response.status());
        assert_eq!(started.elapsed().as_secs(), 10);
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_without_its_words() {
        let (response, body) = ask(routes(), request("/broken")).await;
        assert_eq!((response.status().as_u16(), body["error"].as_str()), (500, Some("internal")));
        assert!(!body.to_string().contains("purpose"));
    }

    #[tokio::test]
    async fn bodies_are_bounded() {
        let post = |body: &'static str| Request::post("/echo").body(Body::from(body)).unwrap();
        assert_eq!(ask(routes(), post("four")).await.0.status(), StatusCode::OK);
        assert_eq!(ask(routes(), post("fives")).await.0.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn every_answer_has_the_headers_and_a_handler_may_choose_its_caching() {
        for (path, caching) in [("/", "no-store"), ("/page", "max-age=60"), ("/nothing", "no-store")] {
            let (response, _) = ask(routes(), request(path)).await;
            assert_eq!(response.headers()[header::CACHE_CONTROL], caching, "{path}");
            assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
            assert_eq!(response.headers()[header::REFERRER_POLICY], "no-referrer");
        }
    }

    #[tokio::test]
    async fn who_asks_too_often_is_told_when_to_come_back() {
        let hands = ManualClock::new(0);
        let limiter = AddressLimiter::new(Rate::per_minute(2), Loopback::Exempt, hands.clock());
        let limited = from_fn_with_state(Arc::new(limiter), limit_addresses);
        let routes = routes().layer(limited);
        let from = |address: [u8; 4]| {
            let mut request = request("/");
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from((address, 1))));
            request
        };
        let far = [192, 0, 2, 1];
        for _ in 0..2 {
            assert_eq!(ask(routes.clone(), from(far)).await.0.status(), StatusCode::OK);
        }
        let (response, body) = ask(routes.clone(), from(far)).await;
        assert_eq!((response.status().as_u16(), body["error"].as_str()), (429, Some("too_many_requests")));
        assert_eq!(response.headers()[header::RETRY_AFTER], "30");
        for _ in 0..5 {
            assert_eq!(ask(routes.clone(), from([127, 0, 0, 1])).await.0.status(), StatusCode::OK);
            assert_eq!(ask(routes.clone(), request("/")).await.0.status(), StatusCode::OK);
        }
    }

    /// A sender that never says anything.
    struct Stalled;

    impl hyper::body::Body for Stalled {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
            std::task::Poll::Pending
        }
    }
}
