//! Errors as clients see them: a code, a status, sentences in two languages; nothing internal.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ledger::record::EntryError;
use ledger::state::{ErrorClass, StateError};
use ledger_words::refusal;
use service::http::{Problem, ProblemType};
use service::web::Language;
use url::Url;

use crate::engine::{ClockError, SubmissionError};
use crate::key_file::KeyFileError;
use crate::writer::{MAX_BATCH, NotTaken};

/// Why a request does not get what it asks for.
#[derive(Debug)]
pub(super) enum ApiError {
    /// No such path or thing.
    NotFound,
    /// The path has other methods.
    MethodNotAllowed,
    /// This is a mirror of the ledger at this address.
    ReadOnly(Url),
    /// The node's own fault; the reason is in the log.
    Internal,
    /// The writer has ended.
    Unavailable,
    /// As many submissions wait as may.
    Busy,
    /// A submission of too many bytes.
    TooLarge,
    /// A submission of more than [`MAX_BATCH`] entries.
    TooManyEntries,
    /// A range of the log in which more leaves changed than are listed.
    TooManyChanges,
    /// The body did not arrive whole.
    Incomplete,
    /// A submission without entries.
    Empty,
    /// An entry breaks a rule, or is none; `at` is its place in the submission, if it is one of them.
    Entry {
        /// From 0.
        at: Option<usize>,
        /// Which rule.
        error: StateError,
    },
    /// A record that publishes a key says something else than the key's file.
    KeyFile {
        /// From 0.
        at: usize,
        /// What is wrong.
        error: KeyFileError,
    },
    /// The signer used the record's id before, for another record.
    IdReused {
        /// From 0.
        at: usize,
    },
    /// The node signs nothing while its clock cannot be right, or nobody says that it is.
    Clock(ClockError),
    /// The log's key is in a device that does not sign now. What the device says is for the operator, and in the log.
    Signing,
}

impl ApiError {
    /// The bytes are not a submission.
    pub(super) fn unparsed(at: Option<usize>, error: EntryError) -> Self {
        Self::Entry { at, error: error.into() }
    }
    /// The word for programs.
    pub(super) fn code(&self) -> &'static str {
        self.row().code()
    }
    /// The table: code, status and sentences of each.
    fn row(&self) -> ProblemType {
        match self {
            Self::NotFound => NOT_FOUND,
            Self::MethodNotAllowed => METHOD_NOT_ALLOWED,
            Self::ReadOnly(_) => READ_ONLY,
            Self::Internal => ProblemType::INTERNAL,
            Self::Unavailable => UNAVAILABLE,
            Self::Busy => BUSY,
            Self::TooLarge => TOO_LARGE,
            Self::TooManyEntries => TOO_MANY_ENTRIES,
            Self::TooManyChanges => TOO_MANY_CHANGES,
            Self::Incomplete => INCOMPLETE,
            Self::Empty => EMPTY,
            Self::Entry { error, .. } => entry_row(error),
            Self::KeyFile { .. } => KEY_FILE,
            Self::IdReused { .. } => ID_REUSED,
            Self::Clock(_) => CLOCK,
            Self::Signing => SIGNING,
        }
    }
    fn problem(self) -> Problem {
        let row = self.row();
        let problem = Problem::new(row);
        match self {
            Self::ReadOnly(original) => problem.with_member("ledger", original.to_string()),
            Self::TooManyEntries => problem.with_detail(format!("At most {MAX_BATCH} entries are taken.")),
            Self::Entry { at, error } => {
                let said = error.to_string();
                let chinese = refusal(error.code(), Language::Chinese).meaning;
                let problem = problem.with_detail(&said).with_message(chinese, said);
                match at {
                    Some(at) => problem.with_member(ENTRY, at),
                    None => problem,
                }
            }
            Self::KeyFile { at, error } => problem.with_detail(error.to_string()).with_member(ENTRY, at),
            Self::IdReused { at } => problem.with_member(ENTRY, at),
            Self::Clock(error) => problem.with_detail(error.to_string()),
            Self::NotFound
            | Self::MethodNotAllowed
            | Self::Internal
            | Self::Unavailable
            | Self::Busy
            | Self::TooLarge
            | Self::TooManyChanges
            | Self::Incomplete
            | Self::Empty
            | Self::Signing => problem,
        }
    }
}

impl From<SubmissionError> for ApiError {
    fn from(error: SubmissionError) -> Self {
        match error {
            SubmissionError::Entry { at, refusal } => Self::Entry { at: Some(at), error: refusal },
            SubmissionError::KeyFile { error: KeyFileError::Unreadable, .. } => Self::Internal,
            SubmissionError::KeyFile { at, error } => Self::KeyFile { at, error },
            SubmissionError::IdReused { at } => Self::IdReused { at },
            SubmissionError::Clock(error) => Self::Clock(error),
            SubmissionError::Signing(_) => Self::Signing,
        }
    }
}

impl From<NotTaken> for ApiError {
    fn from(not_taken: NotTaken) -> Self {
        match not_taken {
            NotTaken::Full => Self::Busy,
            NotTaken::Ended => Self::Unavailable,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.problem().into_response()
    }
}

/// The row of an entry's error: the ledger's code, and its class' status and sentences.
fn entry_row(error: &StateError) -> ProblemType {
    let status = class_status(error.class());
    let (chinese, english) = class_row(error.class());
    ProblemType::new(error.code(), status, chinese, english)
}

fn class_status(class: ErrorClass) -> StatusCode {
    match class {
        ErrorClass::Malformed => StatusCode::BAD_REQUEST,
        ErrorClass::Forbidden => StatusCode::FORBIDDEN,
        ErrorClass::Conflict => StatusCode::CONFLICT,
        ErrorClass::Rule => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorClass::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
    }
}

/// Chinese and English.
fn class_row(class: ErrorClass) -> (&'static str, &'static str) {
    match class {
        ErrorClass::Malformed => ("条目格式不正确。", "The entry is malformed."),
        ErrorClass::Forbidden => {
            ("签名者未登记或签名无效。", "The signer is not registered, or the signature is not valid.")
        }
        ErrorClass::Conflict => ("与账本中已有内容冲突。", "The entry conflicts with what is on the ledger."),
        ErrorClass::Rule => ("条目不符合账本规则。", "The entry breaks a rule of the ledger."),
        ErrorClass::TooLarge => ("条目过大。", "The entry is too large."),
    }
}

/// The rows of a node's own, for the catalogue of errors.
pub fn problem_types() -> &'static [ProblemType] {
    &[
        NOT_FOUND,
        METHOD_NOT_ALLOWED,
        READ_ONLY,
        UNAVAILABLE,
        BUSY,
        TOO_LARGE,
        TOO_MANY_ENTRIES,
        TOO_MANY_CHANGES,
        INCOMPLETE,
        EMPTY,
        ID_REUSED,
        KEY_FILE,
        CLOCK,
        SIGNING,
    ]
}

/// Status and code of every entry that is refused; [`ledger_words::refusal`] has their sentences.
pub fn entry_codes() -> &'static [(u16, &'static str)] {
    ENTRY_CODES
}

/// The member that says which entry of a submission is wrong.
const ENTRY: &str = "entry";

pub(super) const NOT_FOUND: ProblemType =
    ProblemType::new("not_found", StatusCode::NOT_FOUND, "没有这个资源。", "There is no such resource.");
pub(super) const METHOD_NOT_ALLOWED: ProblemType = ProblemType::new(
    "method_not_allowed",
    StatusCode::METHOD_NOT_ALLOWED,
    "此资源不支持该方法。",
    "This method is not for this resource.",
);
pub(super) const READ_ONLY: ProblemType = ProblemType::new(
    "read_only",
    StatusCode::FORBIDDEN,
    "这是只读镜像,请向账本本身提交。",
    "This is a read-only mirror; submit the entries to the ledger itself.",
);
pub(super) const UNAVAILABLE: ProblemType = ProblemType::new(
    "unavailable",
    StatusCode::SERVICE_UNAVAILABLE,
    "节点暂时无法写入,请稍后重新提交相同的条目。",
    "The node cannot write now; submit the same entries again later.",
)
.retry_after_s(1);
pub(super) const BUSY: ProblemType = ProblemType::new(
    "busy",
    StatusCode::SERVICE_UNAVAILABLE,
    "节点繁忙,请稍后重试。",
    "The node has more to do than it can; submit again in a moment.",
)
.retry_after_s(1);
pub(super) const TOO_LARGE: ProblemType = ProblemType::new(
    "too_large",
    StatusCode::PAYLOAD_TOO_LARGE,
    "单次提交不得超过 8 MB。",
    "A submission has at most 8 MB.",
);
pub(super) const TOO_MANY_ENTRIES: ProblemType = ProblemType::new(
    "too_many_entries",
    StatusCode::PAYLOAD_TOO_LARGE,
    "单次提交的条目过多。",
    "A submission has too many entries.",
);
pub(super) const TOO_MANY_CHANGES: ProblemType = ProblemType::new(
    "too_many_changes",
    StatusCode::PAYLOAD_TOO_LARGE,
    "变更过多,请重新下载分片。",
    "So many leaves changed that it is better to fetch the shards anew.",
);
pub(super) const INCOMPLETE: ProblemType = ProblemType::new(
    "incomplete",
    StatusCode::BAD_REQUEST,
    "请求内容不完整。",
    "The body did not arrive whole.",
);
/// Not entries: the same code as bytes that are none.
pub(super) const EMPTY: ProblemType = ProblemType::new(
    "malformed",
    StatusCode::BAD_REQUEST,
    "提交中没有条目。",
    "The submission has no entries.",
);
pub(super) const KEY_FILE: ProblemType = ProblemType::new(
    "key_file_mismatch",
    StatusCode::UNPROCESSABLE_ENTITY,
    "记录与密钥文件不符，或没有说明有几方参与。",
    "The record does not say what the key's file says, or how many parties made the key.",
);
pub(super) const ID_REUSED: ProblemType = ProblemType::new(
    "id_reused",
    StatusCode::CONFLICT,
    "该编号已用于另一条记录。",
    "The signer used this id for another record.",
);

pub(super) const CLOCK: ProblemType = ProblemType::new(
    "clock",
    StatusCode::SERVICE_UNAVAILABLE,
    "节点的时钟有误，或跳变后无人确认；在校准或确认之前不再签署。",
    "The node's clock is wrong, or jumped and nobody has confirmed it; it signs nothing until the clock is right.",
)
.retry_after_s(60);

pub(super) const SIGNING: ProblemType = ProblemType::new(
    "signing",
    StatusCode::SERVICE_UNAVAILABLE,
    "节点的签名密钥在设备中，设备目前不可用；恢复后请重新提交相同的条目。",
    "The log's key is in a device that does not sign now; submit the same entries again when it is back.",
)
.retry_after_s(5);

/// Status and code of every entry that is refused: what [`StateError::code`] and [`StateError::class`] give.
pub(crate) const ENTRY_CODES: &[(u16, &str)] = &[
    (400, "malformed"),
    (400, "malformed_signer"),
    (400, "not_canonical"),
    (403, "bad_approval"),
    (403, "bad_signature"),
    (403, "foreign_desk"),
    (403, "foreign_leaf"),
    (403, "foreign_register"),
    (403, "not_the_log"),
    (403, "root_submitted"),
    (403, "suspended"),
    (403, "suspended_approver"),
    (403, "unknown_approver"),
    (403, "unknown_signer"),
    (409, "already_admitted"),
    (409, "already_suspended"),
    (409, "approvals_used"),
    (409, "approver_changed"),
    (409, "duplicate_leaf"),
    (409, "earlier_trustee_key"),
    (409, "foreign_name"),
    (409, "key_in_use"),
    (409, "key_published"),
    (409, "later_retirement"),
    (409, "not_suspended"),
    (409, "nothing_to_withdraw"),
    (409, "old_version"),
    (409, "other_scope_term"),
    (409, "other_state"),
    (409, "recovery_requested"),
    (409, "register_taken"),
    (409, "reserved_name"),
    (409, "revoked"),
    (409, "trustee_key_taken"),
    (409, "verifier_taken"),
    (413, "document_too_large"),
    (413, "entry_too_large"),
    (422, "approvals_expired"),
    (422, "authority_as_trustee"),
    (422, "bad_address"),
    (422, "bad_verifying_key"),
    (422, "bulk"),
    (422, "count"),
    (422, "disguised_text"),
    (422, "duplicate_approval"),
    (422, "earlier_statement"),
    (422, "key_digest_mismatch"),
    (422, "key_of_one_party"),
    (422, "key_period"),
    (422, "model_does_not_fit"),
    (422, "no_such_leaf"),
    (422, "own_approval"),
    (422, "own_withdrawal"),
    (422, "policy_does_not_compile"),
    (422, "replaced_category"),
    (422, "request_time"),
    (422, "root_age"),
    (422, "scope_without_start"),
    (422, "state_ahead"),
    (422, "too_few_approvals"),
    (422, "too_few_left"),
    (422, "too_many_withdrawn"),
    (422, "tree_full"),
    (422, "unbound_approval"),
    (422, "unknown_department"),
    (422, "unknown_issuer"),
    (422, "unknown_key"),
    (422, "unknown_schema"),
    (422, "wrong_public_inputs"),
];

#[cfg(test)]
mod tests {
    use axum::http::header;
    use service::http::check_table;

    use super::*;

    #[test]
    fn a_full_queue_is_503_with_a_time_to_wait() {
        let response = ApiError::from(NotTaken::Full).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        assert_eq!(ApiError::from(NotTaken::Ended).code(), "unavailable");
    }

    #[test]
    fn every_row_has_a_code_of_its_own_and_sentences() {
        assert_eq!(check_table(problem_types()), Ok(()));
    }

    /// The ledger's enums have no list of themselves, so their table is read as text.
    #[test]
    fn the_codes_of_entries_are_those_of_the_ledger() {
        let table = include_str!("../../../src/state/error.rs");
        let found = table.split("(\"").skip(1).filter_map(|rest| {
            let (code, rest) = rest.split_once("\", ErrorClass::")?;
            let class = match rest.split(')').next()? {
                "Malformed" => ErrorClass::Malformed,
                "Forbidden" => ErrorClass::Forbidden,
                "Conflict" => ErrorClass::Conflict,
                "Rule" => ErrorClass::Rule,
                "TooLarge" => ErrorClass::TooLarge,
                other => panic!("a class {other}"),
            };
            Some((class_status(class).as_u16(), code))
        });
        let found: std::collections::BTreeSet<_> = found.collect();
        assert_eq!(found, ENTRY_CODES.iter().copied().collect());
        let wordless: Vec<_> =
            ENTRY_CODES.iter().filter(|(_, code)| !ledger_words::has_refusal(code)).collect();
        assert!(wordless.is_empty(), "{wordless:?}");
    }
}
