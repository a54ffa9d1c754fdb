//! The one error → response function: a code, words for people, nothing internal in a 5xx.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use circuits::schema::Localized;
use openid4vc::vci::ErrorCode;
use serde_json::json;

use crate::issuer::{ActError, CredentialRefusal, IssuerError, NotRedeemedReason, TokenRefusal};
use crate::store::StoreError;

/// An error answer.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    error: String,
    message: Localized,
    detail: Option<String>,
}

impl Problem {
    /// An error of the protocol.
    pub(crate) fn new(status: StatusCode, code: ErrorCode) -> Self {
        let word = serde_json::to_value(code).expect("a code is a word");
        let error = word.as_str().unwrap_or("server_error").to_owned();
        Self { status, error, message: words(code), detail: None }
    }
    /// With more for programmers; never a value, code or token.
    pub(crate) fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
    /// A malformed request.
    pub(crate) fn bad_request(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code).with(detail)
    }
    /// The ledger cannot be used now.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::TemporarilyUnavailable).with(detail)
    }
    /// The desk's own fault; the reason goes to the log only.
    pub(crate) fn server_error(reason: impl std::fmt::Display) -> Self {
        tracing::error!("{reason}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::ServerError)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({"error": self.error, "message": self.message, "detail": self.detail});
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            }
            _ => {}
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(e: StoreError) -> Self {
        Self::server_error(e)
    }
}

/// Staff learn the rule by its code.
impl From<ActError> for Problem {
    fn from(e: ActError) -> Self {
        match e {
            ActError::Refused(refusal) => refused(&refusal),
            ActError::Ledger(trouble) => Self::unavailable(trouble.to_string()),
            ActError::Store(e) => e.into(),
        }
    }
}

fn refused(refusal: &IssuerError) -> Problem {
    let status = match refusal {
        IssuerError::UnknownPerson | IssuerError::NotGranted => StatusCode::NOT_FOUND,
        IssuerError::BadValue { .. }
        | IssuerError::BadReason
        | IssuerError::BadHolder
        | IssuerError::BadPerson => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    };
    let mut problem = Problem::new(status, ErrorCode::CredentialRequestDenied).with(refusal.to_string());
    refusal.code().clone_into(&mut problem.error);
    problem
}

impl From<TokenRefusal> for Problem {
    fn from(e: TokenRefusal) -> Self {
        let code = match &e {
            TokenRefusal::GrantType => ErrorCode::UnsupportedGrantType,
            TokenRefusal::NoCode => ErrorCode::InvalidRequest,
            TokenRefusal::Grant(
                NotRedeemedReason::Wrong
                | NotRedeemedReason::Used
                | NotRedeemedReason::Expired
                | NotRedeemedReason::Locked,
            ) => ErrorCode::InvalidGrant,
            TokenRefusal::Store(_) => return Self::server_error(e),
        };
        Self::bad_request(code, e.to_string())
    }
}

/// Wallets learn the standard's code; the department's rule is words only.
impl From<CredentialRefusal> for Problem {
    fn from(e: CredentialRefusal) -> Self {
        use CredentialRefusal as R;
        let detail = e.to_string();
        match e {
            R::Token => Self::new(StatusCode::UNAUTHORIZED, ErrorCode::InvalidToken),
            R::Configuration => Self::bad_request(ErrorCode::UnknownCredentialConfiguration, detail),
            R::Nonce(_) => Self::bad_request(ErrorCode::InvalidNonce, detail),
            R::Root => Self::bad_request(ErrorCode::StaleRoot, detail),
            R::ProofType | R::Proof(_) | R::Clock => Self::bad_request(ErrorCode::InvalidProof, detail),
            R::Notification => Self::bad_request(ErrorCode::InvalidNotificationId, detail),
            R::NotReady | R::Key(_) => Self::unavailable(detail),
            R::Act(ActError::Refused(refusal)) => {
                Self::bad_request(ErrorCode::CredentialRequestDenied, refusal.to_string())
            }
            R::Act(e) => e.into(),
        }
    }
}

fn words(code: ErrorCode) -> Localized {
    let (chinese, english) = match code {
        ErrorCode::InvalidGrant => {
            ("领取码或数字不正确，或已失效", "The code or the number is wrong or no longer valid")
        }
        ErrorCode::InvalidToken => {
            ("领取许可无效，请重新扫码", "The permission is not valid: scan a new offer")
        }
        ErrorCode::InvalidNonce => ("请求已过期，请重试", "The request has expired: try again"),
        ErrorCode::InvalidProof => ("证明未通过", "The proof was not accepted"),
        ErrorCode::InvalidEncryptionParameters => {
            ("本窗口不能加密答复", "This desk cannot encrypt its answers")
        }
        ErrorCode::StaleRoot => ("钱包数据已旧，请先同步", "The wallet is behind the ledger: sync first"),
        ErrorCode::CredentialRequestDenied => ("部门未予办理", "The department does not grant this"),
        ErrorCode::UnknownCredentialConfiguration => {
            ("本窗口不办理该凭证", "This desk does not grant that credential")
        }
        ErrorCode::NotFound => ("没有这一项", "There is no such thing here"),
        ErrorCode::Unauthorized => ("需要工作人员令牌", "A staff token is needed"),
        ErrorCode::Forbidden => ("不允许从此处访问", "Not allowed from there"),
        ErrorCode::TooLarge => ("内容过大", "The content is too large"),
        ErrorCode::TooManyRequests => ("请求过多，请稍后再试", "Too many requests: try again later"),
        ErrorCode::TemporarilyUnavailable => {
            ("暂时无法办理，请稍后再试", "Not possible right now: try again later")
        }
        ErrorCode::ServerError => ("系统内部错误", "An internal error"),
        _ => ("请求有误", "The request is not right"),
    };
    Localized::bilingual(chinese, english).expect("the texts above are plain")
}
