//! The sandbox's page and its paths for programs; only this machine reaches them.

use std::sync::LazyLock;

use askama::Template;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use openid4vc::json;
use openid4vc::vci::Secret;
use openid4vc::vp::{MAX_MESSAGE, Status};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use service::http::{ErrorCode, Guards, Problem, ProblemType, host_is_loopback, is_of_another_site};
use service::web::{Layout, Preferences, Words, assets, render, security_headers};

use super::Sandbox;
use crate::page::Links;
use crate::scenario::{AskedError, Description, Outcome, Residents};

/// The page at `/` and the paths of the table in [`super`].
pub(super) fn app(sandbox: Sandbox, links: Links) -> Router {
    let shared = (sandbox, links);
    let pages = Router::new()
        .route("/", get(home))
        // Only the page itself may post here: see `security_headers`.
        .route("/reset-page", post(reset_by_hand))
        .with_state(shared.clone());
    let programs = Router::new()
        .route("/people", get(people))
        .route("/people/{id}/present", post(present))
        .route("/people/{id}/receive", post(receive))
        .route("/reset", post(reset))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(shared);
    let routes = security_headers(pages.merge(assets(&[]))).merge(programs);
    Guards::new().around(routes).layer(from_fn(own_programs))
}

type Shared = State<(Sandbox, Links)>;

async fn people(State((sandbox, _)): Shared) -> Result<Json<Vec<Description>>, Problem> {
    let residents = sandbox.residents().ok_or(ApiError::NotReady)?;
    Ok(Json(residents.descriptions().cloned().collect()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Present {
    link: String,
}

async fn present(
    State((sandbox, _)): Shared,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Outcome>, Problem> {
    let Present { link } = read(body)?;
    ask(sandbox, id, move |residents, id| Some(residents.present(residents.find(id)?, link.trim()))).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Receive {
    offer: String,
    #[serde(default)]
    tx_code: Option<Secret>,
}

async fn receive(
    State((sandbox, _)): Shared,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Outcome>, Problem> {
    let Receive { offer, tx_code } = read(body)?;
    ask(sandbox, id, move |residents, id| {
        Some(residents.receive(residents.find(id)?, offer.trim(), tx_code.as_ref()))
    })
    .await
}

/// Has somebody's wallet do something; `None` is nobody.
async fn ask(
    sandbox: Sandbox,
    id: String,
    of: impl FnOnce(&Residents, &str) -> Option<Result<Outcome, AskedError>> + Send + 'static,
) -> Result<Json<Outcome>, Problem> {
    let asked = tokio::task::spawn_blocking(move || {
        let residents = sandbox.residents().ok_or(ApiError::NotReady)?;
        let outcome = of(residents, &id).ok_or(ApiError::Nobody)?;
        outcome.map_err(|error| ApiError::NoOutcome(error.to_string()))
    });
    Ok(Json(asked.await.map_err(Problem::internal)??))
}

async fn reset(
    State((sandbox, _)): Shared,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Nothing {} = read(body)?;
    ask_for_reset(&sandbox)?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "outcome": "resetting" }))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// The button on the page.
async fn reset_by_hand(State((sandbox, _)): Shared) -> Result<Redirect, Problem> {
    ask_for_reset(&sandbox)?;
    Ok(Redirect::to("/"))
}

/// One that is not complete yet is what a reset would make.
fn ask_for_reset(sandbox: &Sandbox) -> Result<(), ApiError> {
    sandbox.residents().ok_or(ApiError::NotReady)?;
    sandbox.ask_for_reset();
    Ok(())
}

fn read<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, ApiError> {
    let body = body.map_err(|_| ApiError::TooLarge)?;
    json::from_slice(&body, MAX_MESSAGE).map_err(|error| ApiError::Malformed(error.to_string()))
}

/// The wallets agree to everything, so no page of another site and no name that was pointed at this machine (DNS
/// rebinding) may ask them.
async fn own_programs(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !host_is_loopback(headers) || is_of_another_site(headers, None) {
        return Problem::from(ApiError::OtherSite).into_response();
    }
    next.run(request).await
}

async fn home(State((sandbox, links)): Shared, preferences: Preferences) -> Response {
    let page = Layout::new(preferences, &WORDS).development(true);
    let people = sandbox.residents().map(|residents| residents.descriptions().cloned().collect());
    let html = render(&SandboxPage { page, links, people: people.unwrap_or_default() });
    // A page that is asked for while people move in is looked at again.
    let refresh = sandbox.residents().is_none().then_some([(header::REFRESH, "2")]);
    match refresh {
        Some(refresh) => (refresh, html).into_response(),
        None => html,
    }
}

#[derive(Template)]
#[template(path = "sandbox.html")]
struct SandboxPage {
    page: Layout,
    links: Links,
    people: Vec<Description>,
}

static WORDS: LazyLock<Words> = LazyLock::new(crate::page::words);

/// Why a program does not get what it asks for.
enum ApiError {
    Malformed(String),
    TooLarge,
    OtherSite,
    NotReady,
    Nobody,
    NoOutcome(String),
}

impl ErrorCode for ApiError {
    fn problem_type(&self) -> ProblemType {
        match self {
            Self::Malformed(_) => MALFORMED,
            Self::TooLarge => ProblemType::TOO_LARGE,
            Self::OtherSite => OTHER_SITE,
            Self::NotReady => NOT_READY,
            Self::Nobody => NOBODY,
            Self::NoOutcome(_) => NO_OUTCOME,
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::Malformed(why) | Self::NoOutcome(why) => Some(why.clone()),
            Self::TooLarge | Self::OtherSite | Self::NotReady | Self::Nobody => None,
        }
    }
}

/// The rows of the sandbox's own, for the catalogue of errors.
pub fn problem_types() -> &'static [ProblemType] {
    &[MALFORMED, NOBODY, NOT_READY, NO_OUTCOME, OTHER_SITE]
}

const MALFORMED: ProblemType =
    ProblemType::new("malformed", StatusCode::BAD_REQUEST, "请求格式有误。", "The request is malformed.");
const NOBODY: ProblemType = ProblemType::new(
    "nobody",
    StatusCode::NOT_FOUND,
    "沙盒里没有此人。",
    "Nobody in the sandbox has this identifier.",
);
const NOT_READY: ProblemType = ProblemType::new(
    "not_ready",
    StatusCode::SERVICE_UNAVAILABLE,
    "沙盒正在准备，请稍后再试。",
    "The sandbox is being prepared; ask again in a moment.",
)
.retry_after_s(2);
const NO_OUTCOME: ProblemType = ProblemType::new(
    "no_outcome",
    StatusCode::CONFLICT,
    "钱包无法完成此操作。",
    "The wallet could not do this.",
);
const OTHER_SITE: ProblemType = ProblemType::new(
    "other_site",
    StatusCode::FORBIDDEN,
    "只有本机的程序和本页可以使用沙盒。",
    "Only programs of this machine and this page use the sandbox.",
);

#[cfg(test)]
mod tests;
