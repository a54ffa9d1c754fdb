//! The assistant's routes. JSON only, so that no page of a browser can send a form here.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use openid4vc::paper::OpenError;
use openid4vc::vci::Secret;
use rand::rngs::OsRng;
use serde::Deserialize;
use service::http::{ErrorCode, Guards, Problem, ProblemType, is_of_this_machine};

use super::{AssistError, Assistant, Assisted, Followed};
use crate::present::{PresentError, RequestError};

/// `POST /present`. It holds a code: no `Debug`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssistRequest {
    /// What the counter's QR code says.
    link: String,
    /// What the paper's QR code says.
    paper: String,
    /// What the citizen says.
    code: Secret,
}

/// The service.
pub(crate) fn router(assistant: Arc<Assistant>) -> Router {
    let routes = Router::new()
        .route("/present", post(present))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .layer(from_fn(only_this_machine))
        .with_state(assistant);
    Guards::new().body_bytes(MAX_BODY).answer_within(SLOWEST).around(routes)
}

/// Programs of this machine, and no page that a browser shows.
async fn only_this_machine(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if is_of_this_machine(headers)
        && !headers.contains_key("origin")
        && !headers.contains_key("sec-fetch-site")
    {
        return next.run(request).await;
    }
    Problem::new(FORBIDDEN).into_response()
}

async fn ready(State(assistant): State<Arc<Assistant>>) -> Result<&'static str, Problem> {
    match Followed::new(assistant.ledger()) {
        Followed::Yes => Ok("ready\n"),
        Followed::NotYet => Err(Problem::new(NOT_SYNCED)),
    }
}

async fn present(
    State(assistant): State<Arc<Assistant>>,
    request: Result<Json<AssistRequest>, JsonRejection>,
) -> Result<Json<Assisted>, Problem> {
    // What the parser says may quote the body.
    let Ok(Json(AssistRequest { link, paper, code })) = request else {
        return Err(Problem::new(MALFORMED));
    };
    let work = move || assistant.answer(&link, &paper, code.expose(), assistant.now(), &mut OsRng);
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(ended)) => Ok(Json(ended)),
        Ok(Err(AssistError::Wait(wait))) => {
            let problem = Problem::from(AssistError::Wait(wait));
            Err(problem.with_retry_after_s(wait.seconds()).with_member("seconds", wait.seconds()))
        }
        Ok(Err(error)) => Err(error.into()),
        Err(error) => Err(Problem::internal(format!("proving stopped unexpectedly: {error}"))),
    }
}

impl ErrorCode for AssistError {
    fn problem_type(&self) -> ProblemType {
        match self {
            Self::Paper(_) => NOT_A_PAPER,
            Self::Code(_) => NOT_A_CODE,
            Self::Wait(_) => WAIT,
            Self::Open(OpenError::Code) => WRONG_CODE,
            Self::Open(OpenError::Memory) => MEMORY,
            Self::Open(_) | Self::OtherLedger => OTHER_LEDGER,
            Self::Present(error) => present_problem(error),
        }
    }
    fn detail(&self) -> Option<String> {
        Some(self.to_string())
    }
}

fn present_problem(error: &PresentError) -> ProblemType {
    match error {
        PresentError::NeverSynced | PresentError::TooOld { .. } | PresentError::Clocks { .. } => NOT_SYNCED,
        PresentError::Request(_) => BAD_REQUEST,
        PresentError::Answer(_) => NO_ANSWER,
        PresentError::Policy(_)
        | PresentError::Code(_)
        | PresentError::Key(_)
        | PresentError::Make(_)
        | PresentError::TakenMeanwhile(_) => ProblemType::INTERNAL,
    }
}

impl From<RequestError> for AssistError {
    fn from(error: RequestError) -> Self {
        Self::Present(error.into())
    }
}

/// The rows of the assistant's own, for the catalogue of errors.
pub fn problem_types() -> &'static [ProblemType] {
    &[
        FORBIDDEN,
        MALFORMED,
        NOT_A_PAPER,
        NOT_A_CODE,
        WAIT,
        WRONG_CODE,
        MEMORY,
        OTHER_LEDGER,
        NOT_SYNCED,
        BAD_REQUEST,
        NO_ANSWER,
    ]
}

const FORBIDDEN: ProblemType = ProblemType::new(
    "forbidden",
    StatusCode::FORBIDDEN,
    "只有本机的程序可以使用。",
    "Only programs of this machine may ask.",
);
const MALFORMED: ProblemType = ProblemType::new(
    "malformed",
    StatusCode::BAD_REQUEST,
    "请求应为含 link、paper、code 的 JSON。",
    "The request is not {\"link\", \"paper\", \"code\"}.",
);
const NOT_A_PAPER: ProblemType =
    ProblemType::new("not_a_paper", StatusCode::BAD_REQUEST, "这不是纸质凭证。", "This is not a paper.");
const NOT_A_CODE: ProblemType =
    ProblemType::new("not_a_code", StatusCode::BAD_REQUEST, "这不是口令码。", "This is not a paper's code.");
const WAIT: ProblemType = ProblemType::new(
    "wait",
    StatusCode::TOO_MANY_REQUESTS,
    "口令码尝试过多，请稍候。",
    "Too many codes were tried on this paper.",
);
const WRONG_CODE: ProblemType =
    ProblemType::new("wrong_code", StatusCode::FORBIDDEN, "口令码不正确。", "The code is wrong.");
const MEMORY: ProblemType = ProblemType::new(
    "memory",
    StatusCode::SERVICE_UNAVAILABLE,
    "内存不足。",
    "There is not enough memory to open the paper.",
);
const OTHER_LEDGER: ProblemType = ProblemType::new(
    "other_ledger",
    StatusCode::CONFLICT,
    "纸质凭证与此账本不符。",
    "The paper does not fit the ledger that is followed here.",
);
const NOT_SYNCED: ProblemType = ProblemType::new(
    "not_synced",
    StatusCode::SERVICE_UNAVAILABLE,
    "尚未与账本同步。",
    "The ledger is being followed.",
);
const BAD_REQUEST: ProblemType = ProblemType::new(
    "bad_request",
    StatusCode::BAD_REQUEST,
    "窗口的请求不可答复。",
    "The counter's request is not to be answered.",
);
const NO_ANSWER: ProblemType = ProblemType::new(
    "no_answer",
    StatusCode::BAD_GATEWAY,
    "窗口没有回应。",
    "What the counter made of the answer is not known.",
);

/// A link, a paper and a code.
const MAX_BODY: usize = 16 * 1024;
/// Opening and proving on a slow machine, after another request that is being answered.
const SLOWEST: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use service::http::check_table;

    use super::*;

    #[test]
    fn every_problem_has_a_code_and_words() {
        assert_eq!(check_table(problem_types()), Ok(()));
    }
}
