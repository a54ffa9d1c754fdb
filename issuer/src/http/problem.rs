//! Errors over HTTP: problem documents for staff, the standards' codes for wallets. Nothing internal in a 5xx.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use circuits::schema::Localized;
use openid4vc::vci::{ErrorBody, ErrorCode as WalletCode};
use serde::Serialize;
use service::http::{ErrorCode, Problem, ProblemType};

use super::TaskPanic;
use super::body::BodyError;
use crate::admin::MAX_ROWS;
use crate::issuer::{ActError, CredentialError, GrantError, IssuerError, TokenError};
use crate::store::StoreError;

/// Why the staff interface does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    /// A rule of the department, the ledger, or the database.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The body is not what the path takes.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The list names no schema at an issuer of several.
    #[error("this desk grants several schemas: name one")]
    NoSchema,
    /// The list is too long.
    #[error("a list has at most {MAX_ROWS} lines")]
    TooManyRows,
    /// No staff token, or a wrong one.
    #[error("a staff token is needed")]
    Unauthorized,
    /// A page of another site sent it.
    #[error("cross-site")]
    CrossSite,
    /// Without a staff token the interface is for this machine only.
    #[error("Host must be a loopback address")]
    NotLoopback,
    /// It cannot grant yet.
    #[error("{0}")]
    NotReady(&'static str),
    /// The service's own fault.
    #[error(transparent)]
    Panic(#[from] TaskPanic),
}

/// Staff learn the rule by its code.
impl ErrorCode for ApiError {
    fn problem_type(&self) -> ProblemType {
        match self {
            Self::Act(ActError::Refused(rule)) => {
                let row = rule.row();
                ProblemType::new(row.code, row.status, row.chinese, row.english)
            }
            Self::Act(ActError::Ledger(_)) | Self::NotReady(_) => TEMPORARILY_UNAVAILABLE,
            Self::Act(ActError::Store(_)) | Self::Panic(_) => SERVER_ERROR,
            Self::Body(BodyError::Type(_)) => UNSUPPORTED_MEDIA_TYPE,
            Self::Body(BodyError::TooLarge) | Self::TooManyRows => ProblemType::TOO_LARGE,
            Self::Body(BodyError::Unread | BodyError::Malformed(_)) | Self::NoSchema => INVALID_REQUEST,
            Self::Unauthorized => UNAUTHORIZED,
            Self::CrossSite | Self::NotLoopback => FORBIDDEN,
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::Unauthorized | Self::Body(BodyError::TooLarge) => None,
            other => Some(other.to_string()),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        ActError::from(error).into()
    }
}

/// Why a wallet does not get what it asks for: a code of OAuth 2.0 or `OpenID4VCI`, and words for people.
#[derive(Debug)]
pub(super) struct WalletError {
    status: StatusCode,
    code: WalletCode,
    detail: Option<String>,
    /// What `WWW-Authenticate` says in a 401.
    challenge: &'static str,
    /// Chinese and English words for people, where those of the code say too little.
    message: Option<Localized>,
    /// The same as OAuth says it, at its own endpoint.
    description: Option<String>,
    /// How often a wrong number may still be sent.
    tries_left: Option<u32>,
}

impl WalletError {
    /// An error that its code says all about.
    pub(super) fn new(status: StatusCode, code: WalletCode) -> Self {
        Self {
            status,
            code,
            detail: None,
            challenge: WRONG_TOKEN,
            message: None,
            description: None,
            tries_left: None,
        }
    }
    /// No access token at all: a client that sent none is told no error by the challenge (RFC 6750 §3.1).
    pub(super) fn no_token() -> Self {
        Self { challenge: NO_TOKEN, ..Self::new(StatusCode::UNAUTHORIZED, WalletCode::InvalidToken) }
    }
    /// A malformed request, with more for programmers; never a value, code or token.
    pub(super) fn bad_request(code: WalletCode, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code).with_detail(detail)
    }
    /// A body that is not taken, with the endpoint's code for what is malformed.
    pub(super) fn body(error: &BodyError, malformed: WalletCode) -> Self {
        match error {
            BodyError::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, WalletCode::TooLarge),
            // OAuth answers 400 to another content type too (RFC 6749 §5.2).
            BodyError::Type(_) | BodyError::Unread | BodyError::Malformed(_) => {
                Self::bad_request(malformed, error.to_string())
            }
        }
    }
    /// The same of an offer, with why it gives nothing.
    pub(super) fn granting_nothing(self, reason: GrantError) -> Self {
        let tries_left = match reason {
            GrantError::WrongNumber { left } => Some(left),
            GrantError::Locked => Some(0),
            GrantError::Wrong | GrantError::Used | GrantError::Expired => None,
        };
        Self { message: grant_words(reason), tries_left, ..self }
    }
    fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
    /// The ledger cannot be used now.
    fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, WalletCode::TemporarilyUnavailable).with_detail(detail)
    }
    /// The issuer's own fault; the reason goes to the log only.
    fn internal(reason: impl std::fmt::Display) -> Self {
        tracing::error!("{reason}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, WalletCode::ServerError)
    }
}

impl IntoResponse for WalletError {
    fn into_response(self) -> Response {
        let known = WALLET_CODES.contains(&(self.code, self.status));
        debug_assert!(known, "{:?} with {} is not in the catalogue", self.code, self.status);
        let body = WalletErrorBody {
            body: ErrorBody {
                error: self.code,
                message: self.message.unwrap_or_else(|| words(self.code)),
                detail: self.detail,
                tries_left: self.tries_left,
            },
            error_description: self.description,
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(self.challenge));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

impl From<TaskPanic> for WalletError {
    fn from(error: TaskPanic) -> Self {
        Self::internal(error)
    }
}

impl From<StoreError> for WalletError {
    fn from(error: StoreError) -> Self {
        Self::internal(error)
    }
}

impl From<TokenError> for WalletError {
    fn from(error: TokenError) -> Self {
        let code = match &error {
            TokenError::GrantType => WalletCode::UnsupportedGrantType,
            TokenError::NoCode | TokenError::NoTxCode => WalletCode::InvalidRequest,
            TokenError::Grant(_) => WalletCode::InvalidGrant,
            TokenError::Store(_) => return Self::internal(error),
        };
        let detail = error.to_string();
        let refused = Self { description: Some(detail.clone()), ..Self::bad_request(code, detail) };
        if let TokenError::Grant(reason) = error { refused.granting_nothing(reason) } else { refused }
    }
}

/// What a wallet is answered that is told no.
#[derive(Serialize)]
struct WalletErrorBody {
    #[serde(flatten)]
    body: ErrorBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<String>,
}

/// The words for people of why an offer is not redeemed; `None` where those of the code say it.
fn grant_words(reason: GrantError) -> Option<Localized> {
    let words = match reason {
        GrantError::Wrong => return None,
        GrantError::WrongNumber { left } => {
            let tries = if left == 1 { "try is" } else { "tries are" };
            return Some(bilingual((
                &format!("数字不对，还可以试 {left} 次。请核对窗口工作人员告知的数字"),
                &format!(
                    "The number is wrong, and {left} {tries} left: compare it with what the clerk told you"
                ),
            )));
        }
        GrantError::Used => (
            "这个二维码已经用过，请工作人员重新发放",
            "This code was used before: ask the clerk to make a new one",
        ),
        GrantError::Expired => {
            ("这个二维码已过期，请工作人员重新发放", "This code has expired: ask the clerk to make a new one")
        }
        GrantError::Locked => (
            "数字错误次数过多，这个二维码已经作废，请工作人员重新发放",
            "Too many wrong numbers, and this code is used up: ask the clerk to make a new one",
        ),
    };
    Some(bilingual(words))
}

/// Wallets learn the standard's code; the department's rule is words only.
impl From<CredentialError> for WalletError {
    fn from(error: CredentialError) -> Self {
        use CredentialError as E;
        let detail = error.to_string();
        match error {
            E::Token => Self::new(StatusCode::UNAUTHORIZED, WalletCode::InvalidToken),
            E::Configuration => Self::bad_request(WalletCode::UnknownCredentialConfiguration, detail),
            E::Nonce(_) => Self::bad_request(WalletCode::InvalidNonce, detail),
            E::Root => Self::bad_request(WalletCode::StaleRoot, detail),
            E::ProofType | E::Proof(_) | E::Clock => Self::bad_request(WalletCode::InvalidProof, detail),
            E::Recipient(_) => Self::bad_request(WalletCode::InvalidRequest, detail),
            E::Notification => Self::bad_request(WalletCode::InvalidNotificationId, detail),
            E::NotReady | E::OldLedger(_) | E::Key(_) | E::Act(ActError::Ledger(_)) => {
                Self::unavailable(detail)
            }
            E::Act(ActError::Refused(IssuerError::Restored)) => {
                Self::unavailable("the desk is being looked after")
            }
            E::Act(ActError::Refused(IssuerError::NeedsApproval)) => Self {
                message: Some(bilingual(WAITS)),
                ..Self::bad_request(WalletCode::CredentialRequestDenied, detail)
            },
            E::Act(ActError::Refused(
                rule @ (IssuerError::SharedPerson
                | IssuerError::OtherPerson
                | IssuerError::PersonEnded
                | IssuerError::TooManyDevices
                | IssuerError::UnknownDevices
                | IssuerError::NotEnded),
            )) => Self {
                message: Some(bilingual((rule.row().chinese, rule.row().english))),
                ..Self::bad_request(WalletCode::CredentialRequestDenied, detail)
            },
            E::Act(ActError::Refused(_)) => Self::bad_request(WalletCode::CredentialRequestDenied, detail),
            E::Act(ActError::Store(error)) => Self::internal(error),
        }
    }
}

const NO_TOKEN: &str = "Bearer";
const WRONG_TOKEN: &str = "Bearer error=\"invalid_token\"";

/// The words for people of what wallets are answered.
fn words(code: WalletCode) -> Localized {
    bilingual(match code {
        WalletCode::InvalidGrant => {
            ("领取码或数字不正确，或已失效", "The code or the number is wrong or no longer valid")
        }
        WalletCode::InvalidToken => {
            ("领取许可无效，请重新扫码", "The permission is not valid: scan a new offer")
        }
        WalletCode::InvalidNonce => ("请求已过期，请重试", "The request has expired: try again"),
        WalletCode::InvalidProof => ("证明未通过", "The proof was not accepted"),
        WalletCode::InvalidEncryptionParameters => {
            ("本窗口不能加密答复", "This desk cannot encrypt its answers")
        }
        WalletCode::StaleRoot => ("钱包数据已旧，请先同步", "The wallet is behind the ledger: sync first"),
        WalletCode::CredentialRequestDenied => ("部门未予办理", "The department does not grant this"),
        WalletCode::UnknownCredentialConfiguration => {
            ("本窗口不办理该凭证", "This desk does not grant that credential")
        }
        WalletCode::NotFound => ("没有这一项", "There is no such thing here"),
        WalletCode::TooLarge => ("内容过大", "The content is too large"),
        WalletCode::TemporarilyUnavailable => {
            ("暂时无法办理，请稍后再试", "Not possible right now: try again later")
        }
        WalletCode::ServerError => ("系统内部错误", "An internal error"),
        _ => ("请求有误", "The request is not right"),
    })
}

fn bilingual((chinese, english): (&str, &str)) -> Localized {
    Localized::bilingual(chinese, english).expect("the texts of this file are plain")
}

const WAITS: (&str, &str) = (
    "须由另一位工作人员同意后，这个钱包才能替换原来的；请稍后再扫码领取",
    "Another clerk has to agree before this wallet takes the place of the one before: scan a new offer then",
);

/// The ledger cannot be used now, or the answer took too long.
pub(super) const TEMPORARILY_UNAVAILABLE: ProblemType = ProblemType::new(
    "temporarily_unavailable",
    StatusCode::SERVICE_UNAVAILABLE,
    "暂时无法办理，请稍后再试。",
    "Not possible right now: try again later.",
)
.retry_after_s(2);
/// The issuer's own fault.
pub(super) const SERVER_ERROR: ProblemType = ProblemType::new(
    "server_error",
    StatusCode::INTERNAL_SERVER_ERROR,
    "系统内部错误。",
    "An internal error.",
);
const INVALID_REQUEST: ProblemType =
    ProblemType::new("invalid_request", StatusCode::BAD_REQUEST, "请求有误。", "The request is not right.");
const UNSUPPORTED_MEDIA_TYPE: ProblemType = ProblemType::new(
    "unsupported_media_type",
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "内容类型不对。",
    "The content has another type than is wanted.",
);
const UNAUTHORIZED: ProblemType = ProblemType::new(
    "unauthorized",
    StatusCode::UNAUTHORIZED,
    "需要工作人员令牌。",
    "A staff token is needed.",
);
const FORBIDDEN: ProblemType =
    ProblemType::new("forbidden", StatusCode::FORBIDDEN, "不允许从此处访问。", "Not allowed from there.");

/// What staff and programs of the department are answered: the desk's own rows and a row for each rule, for the catalogue of
/// errors.
pub fn problem_types() -> Vec<ProblemType> {
    let rules = IssuerError::one_of_each().map(|rule| ApiError::from(ActError::from(rule)).problem_type());
    [PROBLEM_TYPES.as_slice(), &rules].concat()
}

/// An error as wallets are answered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletErrorType {
    /// The code of OAuth 2.0, `OpenID4VCI` or of the desk.
    pub code: WalletCode,
    /// The HTTP status.
    pub status: u16,
    /// For people.
    pub words: Localized,
}

/// What wallets are answered, for the catalogue of errors.
pub fn wallet_error_types() -> Vec<WalletErrorType> {
    let row = |(code, status): (WalletCode, StatusCode)| WalletErrorType {
        code,
        status: status.as_u16(),
        words: words(code),
    };
    WALLET_CODES.map(row).to_vec()
}

/// Every code that wallets are answered, each with its status.
const WALLET_CODES: [(WalletCode, StatusCode); 17] = [
    (WalletCode::InvalidRequest, StatusCode::BAD_REQUEST),
    (WalletCode::InvalidGrant, StatusCode::BAD_REQUEST),
    (WalletCode::UnsupportedGrantType, StatusCode::BAD_REQUEST),
    (WalletCode::InvalidToken, StatusCode::UNAUTHORIZED),
    (WalletCode::InvalidCredentialRequest, StatusCode::BAD_REQUEST),
    (WalletCode::UnknownCredentialConfiguration, StatusCode::BAD_REQUEST),
    (WalletCode::InvalidProof, StatusCode::BAD_REQUEST),
    (WalletCode::InvalidNonce, StatusCode::BAD_REQUEST),
    (WalletCode::StaleRoot, StatusCode::BAD_REQUEST),
    (WalletCode::InvalidEncryptionParameters, StatusCode::BAD_REQUEST),
    (WalletCode::CredentialRequestDenied, StatusCode::BAD_REQUEST),
    (WalletCode::InvalidNotificationId, StatusCode::BAD_REQUEST),
    (WalletCode::InvalidNotificationRequest, StatusCode::BAD_REQUEST),
    (WalletCode::NotFound, StatusCode::NOT_FOUND),
    (WalletCode::TooLarge, StatusCode::PAYLOAD_TOO_LARGE),
    (WalletCode::TemporarilyUnavailable, StatusCode::SERVICE_UNAVAILABLE),
    (WalletCode::ServerError, StatusCode::INTERNAL_SERVER_ERROR),
];

/// The rows that are not a rule of the department.
pub(crate) const PROBLEM_TYPES: [ProblemType; 10] = [
    INVALID_REQUEST,
    UNAUTHORIZED,
    FORBIDDEN,
    UNSUPPORTED_MEDIA_TYPE,
    TEMPORARILY_UNAVAILABLE,
    SERVER_ERROR,
    ProblemType::NOT_FOUND,
    ProblemType::METHOD_NOT_ALLOWED,
    ProblemType::TOO_LARGE,
    ProblemType::TOO_MANY_REQUESTS,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_consistent() {
        assert_eq!(service::http::check_table(&problem_types()), Ok(()));
    }
}
