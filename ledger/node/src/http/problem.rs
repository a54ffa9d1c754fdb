//! Errors as clients see them: a code, a sentence in two languages, a detail; nothing internal.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger::record::EntryError;
use ledger::state::{Fault, StateError};
use serde_json::{Value, json};
use url::Url;

use crate::engine::Refused;
use crate::writer::{MAX_BATCH, NotTaken};

/// An answer that is not what was asked for.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    pub(super) code: &'static str,
    zh: &'static str,
    en: String,
    detail: Value,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, zh: &'static str, en: impl Into<String>) -> Self {
        Self { status, code, zh, en: en.into(), detail: Value::Null }
    }
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "没有这个资源。", "There is no such resource.")
    }
    pub(super) fn method() -> Self {
        let en = "This method is not for this resource.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "此资源不支持该方法。", en)
    }
    /// This is a mirror of the ledger at `original`.
    pub(super) fn read_only(original: &Url) -> Self {
        let en = "This is a read-only mirror; submit the entries to the ledger itself.";
        let problem = Self::new(StatusCode::FORBIDDEN, "read_only", "这是只读镜像,请向账本本身提交。", en);
        Self { detail: json!({ "ledger": original }), ..problem }
    }
    pub(super) fn internal() -> Self {
        let en = "The node failed; try again later.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "节点内部错误,请稍后重试。", en)
    }
    pub(super) fn ended() -> Self {
        let en = "The node cannot write now; submit the same entries again later.";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "节点暂时无法写入,请稍后重新提交相同的条目。",
            en,
        )
    }
    pub(super) fn too_large() -> Self {
        let en = "A submission has at most 8 MB.";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "单次提交不得超过 8 MB。", en)
    }
    pub(super) fn too_many() -> Self {
        let en = format!("A submission has at most {MAX_BATCH} entries.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_entries", "单次提交的条目过多。", en)
    }
    pub(super) fn too_many_changes() -> Self {
        let en = "So many leaves changed that it is better to fetch the shards anew.";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_changes", "变更过多,请重新下载分片。", en)
    }
    pub(super) fn incomplete() -> Self {
        let en = "The body did not arrive whole.";
        Self::new(StatusCode::BAD_REQUEST, "incomplete", "请求内容不完整。", en)
    }
    pub(super) fn empty() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "提交中没有条目。", "The submission has no entries.")
    }
    /// The bytes are not a submission; `at` is the entry, if it is one of them.
    pub(super) fn unparsed(at: Option<usize>, error: EntryError) -> Self {
        Self::refusal(at, &StateError::from(error))
    }
    /// The ledger's rules forbid the submission.
    pub(super) fn refused(refused: &Refused) -> Self {
        match refused {
            Refused::Entry { at, refusal } => Self::refusal(Some(*at), refusal),
            Refused::IdReused { at } => {
                let en = "The signer used this id for another record.";
                let problem = Self::new(StatusCode::CONFLICT, "id_reused", "该编号已用于另一条记录。", en);
                Self { detail: json!({ "entry": at }), ..problem }
            }
        }
    }
    fn refusal(at: Option<usize>, refusal: &StateError) -> Self {
        let (status, zh) = match refusal.fault() {
            Fault::Malformed => (StatusCode::BAD_REQUEST, "条目格式不正确。"),
            Fault::Forbidden => (StatusCode::FORBIDDEN, "签名者未登记或签名无效。"),
            Fault::Conflict => (StatusCode::CONFLICT, "与账本中已有内容冲突。"),
            Fault::Rule => (StatusCode::UNPROCESSABLE_ENTITY, "条目不符合账本规则。"),
            Fault::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "条目过大。"),
        };
        let detail = at.map_or(Value::Null, |at| json!({ "entry": at }));
        Self { detail, ..Self::new(status, refusal.code(), zh, refusal.to_string()) }
    }
}

impl From<NotTaken> for Problem {
    fn from(not_taken: NotTaken) -> Self {
        let en = "The node has more to do than it can; submit again in a moment.";
        match not_taken {
            NotTaken::Full => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "节点繁忙,请稍后重试。", en),
            NotTaken::Ended => Self::ended(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let message = json!({ "zh-CN": self.zh, "en": self.en });
        let body = json!({ "error": self.code, "message": message, "detail": self.detail });
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_is_503_with_a_time_to_wait() {
        let response = Problem::from(NotTaken::Full).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        assert_eq!(Problem::from(NotTaken::Ended).code, "unavailable");
    }
}
