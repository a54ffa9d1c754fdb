//! Errors as wallets see them: a code, a status, sentences in two languages; nothing internal.

use axum::http::StatusCode;
use service::http::{Problem, ProblemType};
use trustee::DepositError;

use crate::keeper::{NotAnswered, NotTaken};

/// Why a request does not get what it asks for.
#[derive(Debug)]
pub(super) enum ApiError {
    /// Not JSON of the form that the path takes, or it broke off.
    Malformed,
    /// More bytes than any bundle has.
    TooLarge,
    /// The ledger showed what no honest ledger shows.
    Misbehaving,
    /// Why it is of no use to ask now.
    NotReady(&'static str),
    Taking(NotTaken),
    Answering(NotAnswered),
}

impl From<NotTaken> for ApiError {
    fn from(error: NotTaken) -> Self {
        Self::Taking(error)
    }
}

impl From<NotAnswered> for ApiError {
    fn from(error: NotAnswered) -> Self {
        Self::Answering(error)
    }
}

impl ApiError {
    /// The table: code, status and sentences of each.
    fn row(&self) -> ProblemType {
        match self {
            Self::Malformed => MALFORMED,
            Self::TooLarge => ProblemType::TOO_LARGE,
            Self::Misbehaving => LEDGER_MISBEHAVES,
            Self::NotReady(_) => NOT_READY,
            Self::Taking(NotTaken::NotATrustee) => NOT_A_TRUSTEE,
            Self::Taking(NotTaken::Deposit(DepositError::OtherKey)) => SEALED_TO_OTHER_KEY,
            Self::Taking(NotTaken::Deposit(DepositError::Unopened)) => UNOPENED,
            Self::Taking(NotTaken::Deposit(DepositError::OtherShare)) => OTHER_SHARE,
            Self::Answering(NotAnswered::UnknownBundle) => UNKNOWN_BUNDLE,
            Self::Answering(NotAnswered::NotRequested) => NOT_REQUESTED,
            Self::Answering(NotAnswered::OtherKey) => OTHER_KEY,
            Self::Answering(NotAnswered::TooMany { .. }) => TOO_MANY_RECOVERIES,
            Self::Answering(NotAnswered::Deposit(_)) => ProblemType::INTERNAL,
            Self::Taking(NotTaken::Store(_)) | Self::Answering(NotAnswered::Store(_)) => UNAVAILABLE,
        }
    }
}

/// What is the service's own fault goes to its log, and nowhere else.
impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        let problem = Self::new(error.row());
        match error {
            ApiError::NotReady(why) => problem.with_detail(why),
            ApiError::Answering(NotAnswered::TooMany { department, retry_after_s }) => problem
                .with_retry_after_s(retry_after_s)
                .with_member("department", department.as_str().to_owned()),
            ApiError::Answering(NotAnswered::Deposit(error)) => Self::internal(error),
            ApiError::Taking(NotTaken::Store(error)) | ApiError::Answering(NotAnswered::Store(error)) => {
                tracing::error!(%error, "the trustee's database failed");
                problem
            }
            ApiError::Malformed
            | ApiError::TooLarge
            | ApiError::Misbehaving
            | ApiError::Taking(NotTaken::NotATrustee | NotTaken::Deposit(_))
            | ApiError::Answering(
                NotAnswered::UnknownBundle | NotAnswered::NotRequested | NotAnswered::OtherKey,
            ) => problem,
        }
    }
}

const MALFORMED: ProblemType = ProblemType::new(
    "malformed",
    StatusCode::BAD_REQUEST,
    "请求格式不正确。",
    "The request is not of the form that this path takes.",
);
pub(super) const LEDGER_MISBEHAVES: ProblemType = ProblemType::new(
    "ledger_misbehaves",
    StatusCode::SERVICE_UNAVAILABLE,
    "账本出现了不该有的情况，查清之前不交出任何份额。",
    "The ledger showed what no honest ledger shows; no share is given until that is cleared up.",
);
pub(super) const NOT_READY: ProblemType = ProblemType::new(
    "not_ready",
    StatusCode::SERVICE_UNAVAILABLE,
    "受托服务还没有就绪。",
    "The trustee is not ready.",
);
const NOT_A_TRUSTEE: ProblemType = ProblemType::new(
    "not_a_trustee",
    StatusCode::UNPROCESSABLE_ENTITY,
    "这份托管中没有本部门。",
    "The bundle names other trustees.",
);
const SEALED_TO_OTHER_KEY: ProblemType = ProblemType::new(
    "sealed_to_other_key",
    StatusCode::UNPROCESSABLE_ENTITY,
    "份额不是用本部门的密钥密封的，请按账本上最新的密钥重新分配。",
    "The share is sealed to no key of this trustee; deal again with the newest key on the ledger.",
);
const UNOPENED: ProblemType = ProblemType::new(
    "unopened",
    StatusCode::UNPROCESSABLE_ENTITY,
    "份额打不开，或属于另一次分配，请重新分配。",
    "The share does not open as this trustee's share of this bundle; deal again.",
);
const OTHER_SHARE: ProblemType = ProblemType::new(
    "other_share",
    StatusCode::UNPROCESSABLE_ENTITY,
    "份额与承诺不符，请重新分配。",
    "The share is not the one that the bundle commits to; deal again.",
);
const UNKNOWN_BUNDLE: ProblemType = ProblemType::new(
    "unknown_bundle",
    StatusCode::NOT_FOUND,
    "本部门没有保管这份份额。",
    "This trustee has no share of this bundle.",
);
const NOT_REQUESTED: ProblemType = ProblemType::new(
    "not_requested",
    StatusCode::FORBIDDEN,
    "账本上还没有这份份额的恢复申请，请到签发台办理，稍后再试。",
    "No recovery of this bundle is on the ledger yet; have a desk ask for it, or try again in a moment.",
);
const OTHER_KEY: ProblemType = ProblemType::new(
    "other_key",
    StatusCode::FORBIDDEN,
    "恢复申请是为另一个钱包办理的，份额只交给那个钱包。",
    "The recovery is for another wallet, and the share is given to that one alone.",
);
const TOO_MANY_RECOVERIES: ProblemType = ProblemType::new(
    "too_many_recoveries",
    StatusCode::TOO_MANY_REQUESTS,
    "该部门一天内办理的恢复过多，请稍后再试。",
    "A department asked for too many recoveries within a day; try again later.",
);
const UNAVAILABLE: ProblemType = ProblemType::new(
    "unavailable",
    StatusCode::SERVICE_UNAVAILABLE,
    "暂时无法写入，请稍后重新发送同样的请求。",
    "Nothing can be written now; send the same request again later.",
)
.retry_after_s(2);

/// The rows of this service's own, for the catalogue of errors.
pub fn problem_types() -> &'static [ProblemType] {
    &[
        MALFORMED,
        LEDGER_MISBEHAVES,
        NOT_READY,
        NOT_A_TRUSTEE,
        SEALED_TO_OTHER_KEY,
        UNOPENED,
        OTHER_SHARE,
        UNKNOWN_BUNDLE,
        NOT_REQUESTED,
        OTHER_KEY,
        TOO_MANY_RECOVERIES,
        UNAVAILABLE,
    ]
}

/// What taking a share can come to.
pub(super) const TAKING: &[ProblemType] = &[
    MALFORMED,
    ProblemType::TOO_LARGE,
    ProblemType::TOO_MANY_REQUESTS,
    NOT_A_TRUSTEE,
    SEALED_TO_OTHER_KEY,
    UNOPENED,
    OTHER_SHARE,
    UNAVAILABLE,
];
/// What asking for one can come to.
pub(super) const ANSWERING: &[ProblemType] = &[
    MALFORMED,
    ProblemType::TOO_LARGE,
    ProblemType::TOO_MANY_REQUESTS,
    LEDGER_MISBEHAVES,
    UNKNOWN_BUNDLE,
    NOT_REQUESTED,
    OTHER_KEY,
    TOO_MANY_RECOVERIES,
    UNAVAILABLE,
];

#[cfg(test)]
mod tests {
    use service::http::check_table;

    use super::*;

    #[test]
    fn every_row_has_a_code_of_its_own_and_sentences() {
        assert_eq!(check_table(problem_types()), Ok(()));
    }
}
