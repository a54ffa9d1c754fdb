//! Errors over HTTP: `{"error", "message": {zh-CN, en}, "detail"}`; nothing internal in a 5xx.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use openid4vc::vp::Reason;
use serde_json::json;

use crate::relying_party::RelyingPartyError;

/// Seconds after which a service that is not ready may be asked again.
const RETRY_AFTER_S: &str = "5";
/// Seconds after which there may be a place again.
const PLACE_AFTER_S: &str = "1";
const BUSY: &str = "busy";

/// What a caller is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    status: StatusCode,
    error: &'static str,
    chinese: &'static str,
    english: &'static str,
    detail: Option<String>,
}

impl Failure {
    pub(super) const fn new(
        status: StatusCode,
        error: &'static str,
        chinese: &'static str,
        english: &'static str,
    ) -> Self {
        Self { status, error, chinese, english, detail: None }
    }
    fn detail(self, detail: String) -> Self {
        Self { detail: Some(detail), ..self }
    }

    pub(super) const fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "服务内部错误。",
            "The service failed inside.",
        )
    }
    pub(super) const fn malformed() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "请求格式不正确。", "The request is malformed.")
    }
    pub(super) const fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "请求过大。", "The request is too large.")
    }
    pub(super) const fn not_json() -> Self {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(status, "unsupported_media_type", "请求类型必须是 JSON。", "The content type must be JSON.")
    }
    pub(super) const fn not_form() -> Self {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(
            status,
            "unsupported_media_type",
            "请求类型必须是表单。",
            "The content type must be a form.",
        )
    }
    pub(super) const fn other_host() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "other_host",
            "主机名不正确。",
            "The service is not reached by that name.",
        )
    }
    pub(super) const fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "需要窗口令牌。",
            "The counter's token is needed.",
        )
    }
    pub(super) const fn too_many() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "请求过于频繁。", "Too many requests.")
    }
    pub(super) const fn timeout() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", "处理超时。", "The service took too long.")
    }
    pub(super) const fn busy() -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self::new(
            status,
            BUSY,
            "等待核验的人太多，请稍后再试。",
            "Too many answers wait; nothing was spent, try again soon.",
        )
    }
    pub(super) const fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "没有找到。", "There is nothing here.")
    }
}

pub(super) async fn no_such_path() -> Failure {
    Failure::not_found()
}

pub(super) async fn no_such_method() -> Failure {
    Failure::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "不支持该方法。",
        "The method is not supported.",
    )
}

impl From<RelyingPartyError> for Failure {
    fn from(trouble: RelyingPartyError) -> Self {
        match trouble {
            RelyingPartyError::Refused(reason) => refused(reason),
            RelyingPartyError::NotFound => Self::not_found(),
            RelyingPartyError::Gone => Self::new(
                StatusCode::GONE,
                "gone",
                "该请求已结束，请在窗口重新发起。",
                "The request is over; start again at the counter.",
            ),
            RelyingPartyError::UnknownPolicy(policy) => {
                let english = "The ledger has no such policy.";
                Self::new(StatusCode::NOT_FOUND, "unknown_policy", "账本中没有该政策。", english)
                    .detail(policy.to_string())
            }
            RelyingPartyError::NotReady(why) => {
                let english = "The counter cannot check answers now; try again later.";
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "not_ready",
                    "窗口暂时无法核验，请稍后再试。",
                    english,
                )
                .detail(why.code().to_owned())
            }
            RelyingPartyError::Store(error) => {
                tracing::error!(%error, "the store failed");
                Self::internal()
            }
        }
    }
}

fn refused(reason: Reason) -> Failure {
    let (chinese, english) = match reason {
        Reason::Expired => ("该请求已过期或不存在。", "The request expired or was never made."),
        Reason::UnknownRoot => {
            ("凭证所依据的账本状态未知，请同步后再试。", "The ledger state is unknown; sync and try again.")
        }
        Reason::StaleRoot => {
            ("凭证所依据的账本状态已过时，请同步后再试。", "The ledger state is too old; sync and try again.")
        }
        Reason::KeyNotValid => (
            "证明所用的密钥未启用或已停用，请同步后再试。",
            "The proof's key is not valid now; sync and try again.",
        ),
        Reason::Malformed => ("回应格式不正确。", "The response is malformed."),
        Reason::NotProved => ("未能证明符合条件。", "The response does not prove what was asked."),
        Reason::AlreadyUsed => {
            ("该请求已答复，或该次数已用完。", "The request was answered, or no uses are left.")
        }
    };
    Failure::new(StatusCode::BAD_REQUEST, reason.as_str(), chinese, english)
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = json!({
            "error": self.error,
            "message": { "zh-CN": self.chinese, "en": self.english },
            "detail": self.detail,
        });
        let mut response = (self.status, Json(body)).into_response();
        if matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            let seconds = if self.error == BUSY { PLACE_AFTER_S } else { RETRY_AFTER_S };
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        response
    }
}
