//! The HTTP interface's errors: code, status and words of each in one table; nothing internal in a 5xx.

use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use openid4vc::vp::Reason;
use service::http::{ErrorCode, Problem, ProblemType};

use crate::relying_party::{IdempotencyKeyError, ReferenceError, RelyingPartyError, ReturnToError};

/// Why a request is refused before the relying party is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RequestError {
    #[error("the request is malformed")]
    Malformed,
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    #[error(transparent)]
    ReturnTo(#[from] ReturnToError),
    #[error(transparent)]
    IdempotencyKey(#[from] IdempotencyKeyError),
    #[error("the body is too large")]
    TooLarge,
    #[error("the body must be `application/json`")]
    NotJson,
    #[error("the body must be `application/x-www-form-urlencoded`")]
    NotForm,
    #[error("the service is not reached by this name")]
    OtherHost,
    #[error("the verifier's token is needed")]
    Unauthorized,
    #[error("too many answers wait")]
    Busy,
    #[error("there is no such path")]
    NoSuchPath,
    #[error("the path has other methods")]
    NoSuchMethod,
    #[error("judging the answer stopped unexpectedly")]
    JudgingStopped,
}

impl From<BytesRejection> for RequestError {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE { Self::TooLarge } else { Self::Malformed }
    }
}

impl ErrorCode for RequestError {
    fn problem_type(&self) -> ProblemType {
        match self {
            Self::Malformed | Self::Reference(_) | Self::ReturnTo(_) | Self::IdempotencyKey(_) => MALFORMED,
            Self::TooLarge => ProblemType::TOO_LARGE,
            Self::NotJson | Self::NotForm => UNSUPPORTED_MEDIA_TYPE,
            Self::OtherHost => OTHER_HOST,
            Self::Unauthorized => UNAUTHORIZED,
            Self::Busy => BUSY,
            Self::NoSuchPath => ProblemType::NOT_FOUND,
            Self::NoSuchMethod => ProblemType::METHOD_NOT_ALLOWED,
            Self::JudgingStopped => ProblemType::INTERNAL,
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::Reference(_)
            | Self::ReturnTo(_)
            | Self::IdempotencyKey(_)
            | Self::NotJson
            | Self::NotForm
            | Self::JudgingStopped => Some(self.to_string()),
            Self::Malformed
            | Self::TooLarge
            | Self::OtherHost
            | Self::Unauthorized
            | Self::Busy
            | Self::NoSuchPath
            | Self::NoSuchMethod => None,
        }
    }
}

impl ErrorCode for RelyingPartyError {
    fn problem_type(&self) -> ProblemType {
        match self {
            Self::Refused(reason) => refused(*reason),
            Self::NotFound => ProblemType::NOT_FOUND,
            Self::UnknownPolicy(_) => UNKNOWN_POLICY,
            Self::NotStarted(_) => NOT_STARTED,
            Self::OtherRegister(_) => OTHER_REGISTER,
            Self::Gone => GONE,
            Self::KeyReused => IDEMPOTENCY_KEY_REUSED,
            Self::ResponseCodeNeeded => RESPONSE_CODE_NEEDED,
            Self::NotReady(_) => NOT_READY,
            Self::Store(_) => ProblemType::INTERNAL,
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::Refused(_) | Self::NotFound | Self::Gone | Self::KeyReused | Self::ResponseCodeNeeded => {
                None
            }
            Self::UnknownPolicy(policy) => Some(policy.to_string()),
            Self::NotStarted(why) => Some(why.to_string()),
            Self::OtherRegister(why) => Some(why.to_string()),
            Self::NotReady(why) => Some(why.code().to_owned()),
            Self::Store(error) => Some(error.to_string()),
        }
    }
}

/// What a wallet is told about an answer that is refused.
const fn refused(reason: Reason) -> ProblemType {
    match reason {
        Reason::Expired => EXPIRED,
        Reason::UnknownRoot => UNKNOWN_ROOT,
        Reason::StaleRoot => STALE_ROOT,
        Reason::KeyNotValid => KEY_NOT_VALID,
        // A wallet that sends an answer has a network: that it is not offline is for clerks who scan one.
        Reason::Malformed | Reason::NotOffline => MALFORMED,
        Reason::NotProved => NOT_PROVED,
        Reason::NotStarted => NOT_STARTED,
        Reason::OtherRegister => OTHER_REGISTER,
        Reason::AlreadyUsed => ALREADY_USED,
    }
}

/// The answer to every path that the service does not have.
pub(super) async fn no_such_path() -> Problem {
    RequestError::NoSuchPath.into()
}

/// The answer to every method that a path does not have.
pub(super) async fn no_such_method() -> Problem {
    RequestError::NoSuchMethod.into()
}

/// Every row that this interface can answer with, for the catalogue of errors.
pub fn problem_types() -> &'static [ProblemType] {
    &TABLE
}

/// Every row that this interface can answer with.
pub(super) const TABLE: [ProblemType; 24] = [
    MALFORMED,
    EXPIRED,
    UNKNOWN_ROOT,
    STALE_ROOT,
    KEY_NOT_VALID,
    NOT_PROVED,
    ALREADY_USED,
    UNAUTHORIZED,
    OTHER_HOST,
    UNKNOWN_POLICY,
    NOT_STARTED,
    OTHER_REGISTER,
    GONE,
    IDEMPOTENCY_KEY_REUSED,
    RESPONSE_CODE_NEEDED,
    UNSUPPORTED_MEDIA_TYPE,
    BUSY,
    NOT_READY,
    ProblemType::NOT_FOUND,
    ProblemType::METHOD_NOT_ALLOWED,
    ProblemType::TOO_LARGE,
    ProblemType::TOO_MANY_REQUESTS,
    ProblemType::INTERNAL,
    ProblemType::TIMEOUT,
];

const MALFORMED: ProblemType =
    ProblemType::new("malformed", StatusCode::BAD_REQUEST, "内容格式不正确。", "What was sent is malformed.");
const EXPIRED: ProblemType = ProblemType::new(
    "expired",
    StatusCode::BAD_REQUEST,
    "该请求已过期或不存在。",
    "The request expired or was never made.",
);
const UNKNOWN_ROOT: ProblemType = ProblemType::new(
    "unknown_root",
    StatusCode::BAD_REQUEST,
    "凭证所依据的账本状态未知，请同步后再试。",
    "The ledger state is unknown; sync and try again.",
);
const STALE_ROOT: ProblemType = ProblemType::new(
    "stale_root",
    StatusCode::BAD_REQUEST,
    "凭证所依据的账本状态已过时，请同步后再试。",
    "The ledger state is too old; sync and try again.",
);
const KEY_NOT_VALID: ProblemType = ProblemType::new(
    "key_not_valid",
    StatusCode::BAD_REQUEST,
    "证明所用的密钥未启用或已停用，请同步后再试。",
    "The proof's key is not valid now; sync and try again.",
);
const NOT_PROVED: ProblemType = ProblemType::new(
    "not_proved",
    StatusCode::BAD_REQUEST,
    "未能证明符合条件。",
    "The response does not prove what was asked.",
);
const ALREADY_USED: ProblemType = ProblemType::new(
    "already_used",
    StatusCode::BAD_REQUEST,
    "该请求已答复，或在本窗口的次数已用完。",
    "The request was answered, or no uses are left at this counter.",
);
const UNAUTHORIZED: ProblemType = ProblemType::new(
    "unauthorized",
    StatusCode::UNAUTHORIZED,
    "需要窗口令牌。",
    "The counter's token is needed.",
);
const OTHER_HOST: ProblemType = ProblemType::new(
    "other_host",
    StatusCode::FORBIDDEN,
    "主机名不正确。",
    "The service is not reached by that name.",
);
const UNKNOWN_POLICY: ProblemType = ProblemType::new(
    "unknown_policy",
    StatusCode::NOT_FOUND,
    "账本中没有该核验规则。",
    "The ledger has no such policy.",
);
const NOT_STARTED: ProblemType = ProblemType::new(
    "not_started",
    StatusCode::CONFLICT,
    "此事项尚未到开始之日。",
    "The matter's first day has not come.",
);
const OTHER_REGISTER: ProblemType = ProblemType::new(
    "other_register",
    StatusCode::CONFLICT,
    "此事项只在另一处窗口计次，本窗口不能询问。",
    "Uses of the matter are counted by another counter, which alone may ask.",
);
const GONE: ProblemType = ProblemType::new(
    "gone",
    StatusCode::GONE,
    "该请求已结束，请在窗口重新发起。",
    "The request is over; start again at the counter.",
);
const IDEMPOTENCY_KEY_REUSED: ProblemType = ProblemType::new(
    "idempotency_key_reused",
    StatusCode::UNPROCESSABLE_ENTITY,
    "该幂等键已用于另一请求，请换用新的键。",
    "The idempotency key was used for another request; take a new one.",
);
const RESPONSE_CODE_NEEDED: ProblemType = ProblemType::new(
    "response_code_needed",
    StatusCode::FORBIDDEN,
    "只有答复者本人带回的返回码才能查看结果。",
    "The result is told to who comes back with the response code alone.",
);
const UNSUPPORTED_MEDIA_TYPE: ProblemType = ProblemType::new(
    "unsupported_media_type",
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "请求的内容类型不正确。",
    "The content type is not the one that is needed.",
);
const BUSY: ProblemType = ProblemType::new(
    "busy",
    StatusCode::SERVICE_UNAVAILABLE,
    "等待核验的人太多，请稍后再试。",
    "Too many answers wait; nothing was spent, try again soon.",
)
.retry_after_s(1);
const NOT_READY: ProblemType = ProblemType::new(
    "not_ready",
    StatusCode::SERVICE_UNAVAILABLE,
    "窗口暂时无法核验，请稍后再试。",
    "The counter cannot check answers now; try again later.",
)
.retry_after_s(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_one_row_for_each_code() {
        assert_eq!(service::http::check_table(&TABLE), Ok(()));
        let codes: std::collections::BTreeSet<_> = TABLE.iter().map(ProblemType::code).collect();
        assert_eq!(codes.len(), TABLE.len());
    }
}
