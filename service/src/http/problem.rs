//! Errors over HTTP: one table per enum, one document for all.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// One row of an error enum's table: what does not change between two occurrences of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemType {
    code: &'static str,
    status: StatusCode,
    chinese: &'static str,
    english: &'static str,
    retry_after_s: Option<u32>,
}

impl ProblemType {
    /// A row: the word for programs, the status, and the sentence for people in both languages.
    ///
    /// Panics for a status that is no error; in a constant that is a failed build.
    pub const fn new(
        code: &'static str,
        status: StatusCode,
        chinese: &'static str,
        english: &'static str,
    ) -> Self {
        assert!(status.as_u16() >= 400, "an error's status is 400 or more");
        Self { code, status, chinese, english, retry_after_s: None }
    }
    /// Asking again helps after so many seconds (`Retry-After`).
    #[must_use]
    pub const fn retry_after_s(self, seconds: u32) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }
    /// The word for programs.
    pub const fn code(&self) -> &'static str {
        self.code
    }
    /// The HTTP status.
    pub const fn status(&self) -> StatusCode {
        self.status
    }
    /// The sentence for people, in Chinese and in English.
    pub const fn sentences(&self) -> (&'static str, &'static str) {
        (self.chinese, self.english)
    }
    /// After how many seconds asking again helps, where it does.
    pub const fn retry_after(&self) -> Option<u32> {
        self.retry_after_s
    }

    /// Rows that every service may answer with.
    pub const COMMON: [Self; 6] = [
        Self::INTERNAL,
        Self::NOT_FOUND,
        Self::METHOD_NOT_ALLOWED,
        Self::TOO_LARGE,
        Self::TOO_MANY_REQUESTS,
        Self::TIMEOUT,
    ];
    /// What went wrong inside; nothing of it is told.
    pub const INTERNAL: Self = Self::new(
        "internal",
        StatusCode::INTERNAL_SERVER_ERROR,
        "服务内部错误。",
        "The service failed inside.",
    );
    /// No such path or thing.
    pub const NOT_FOUND: Self =
        Self::new("not_found", StatusCode::NOT_FOUND, "没有找到。", "There is nothing here.");
    /// The path has other methods.
    pub const METHOD_NOT_ALLOWED: Self = Self::new(
        "method_not_allowed",
        StatusCode::METHOD_NOT_ALLOWED,
        "不支持该方法。",
        "The method is not supported.",
    );
    /// The body is longer than the path takes.
    pub const TOO_LARGE: Self =
        Self::new("too_large", StatusCode::PAYLOAD_TOO_LARGE, "请求过大。", "The request is too large.");
    /// The address asked too often.
    pub const TOO_MANY_REQUESTS: Self =
        Self::new("too_many_requests", StatusCode::TOO_MANY_REQUESTS, "请求过于频繁。", "Too many requests.");
    /// The answer took too long.
    pub const TIMEOUT: Self =
        Self::new("timeout", StatusCode::SERVICE_UNAVAILABLE, "处理超时。", "The service took too long.")
            .retry_after_s(5);
}

/// An error enum that is answered over HTTP.
pub trait ErrorCode {
    /// The variant's row.
    fn problem_type(&self) -> ProblemType;

    /// What this occurrence adds: nothing internal, no value, code or token. That of a 500 is logged and
    /// not told.
    fn detail(&self) -> Option<String> {
        None
    }
}

/// A problem document (RFC 9457), `application/problem+json`.
///
/// `type`, `title`, `status`, `detail` are the standard's; `error` and `message` (with `zh-CN` and `en`)
/// say the same to this system's programs and pages.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    of: ProblemType,
    message: Option<(String, String)>,
    detail: Option<String>,
    members: Map<String, Value>,
    retry_after_s: Option<u64>,
}

impl Problem {
    /// An occurrence without more to say than its row.
    pub fn new(of: ProblemType) -> Self {
        Self { of, message: None, detail: None, members: Map::new(), retry_after_s: None }
    }
    /// The service's own fault: the reason goes to the log only.
    pub fn internal(reason: impl std::fmt::Display) -> Self {
        tracing::error!("{reason}");
        Self::new(ProblemType::INTERNAL)
    }
    /// With what this occurrence adds, for programmers. A 500 has none.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        if self.of.status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = self.of.code, "{detail}");
            return self;
        }
        Self { detail: Some(detail), ..self }
    }
    /// With other sentences for people than its row's, where they depend on the occurrence.
    #[must_use]
    pub fn with_message(self, chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self { message: Some((chinese.into(), english.into())), ..self }
    }
    /// With a member of its own, such as which entry of a list is wrong. Those of every problem stay as
    /// they are.
    #[must_use]
    pub fn with_member(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }
    /// Asking again helps after so many seconds, which this occurrence knows better than its row.
    #[must_use]
    pub fn with_retry_after_s(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }
    /// The word for programs.
    pub fn code(&self) -> &'static str {
        self.of.code
    }
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.of.status
    }

    fn document(&self) -> Value {
        let (chinese, english) = match &self.message {
            Some((chinese, english)) => (chinese.as_str(), english.as_str()),
            None => (self.of.chinese, self.of.english),
        };
        let mut members = self.members.clone();
        members.insert("type".into(), format!("urn:yong:problem:{}", self.of.code).into());
        members.insert("title".into(), self.of.english.into());
        members.insert("status".into(), self.of.status.as_u16().into());
        members.insert("error".into(), self.of.code.into());
        members.insert("message".into(), json!({ "zh-CN": chinese, "en": english }));
        match &self.detail {
            Some(detail) => members.insert("detail".into(), detail.clone().into()),
            None => members.remove("detail"),
        };
        Value::Object(members)
    }
}

impl<E: ErrorCode> From<E> for Problem {
    fn from(error: E) -> Self {
        let problem = Self::new(error.problem_type());
        match error.detail() {
            Some(detail) => problem.with_detail(detail),
            None => problem,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.of.status, self.document().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.of.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s.or(self.of.retry_after_s.map(u64::from)) {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// What is wrong with a table of problem types.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// A code is more than lower-case letters, digits and `_`.
    #[error("`{0}` is not a code")]
    Code(&'static str),
    /// One code stands for two different rows.
    #[error("`{0}` means two things")]
    Ambiguous(&'static str),
    /// A row has no sentence in one of the languages.
    #[error("`{0}` lacks a sentence")]
    Words(&'static str),
}

/// Checks the rows of one service's enums; for a test beside each table.
pub fn check_table(rows: &[ProblemType]) -> Result<(), TableError> {
    for (at, row) in rows.iter().enumerate() {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if row.code.is_empty() || !row.code.chars().all(plain) {
            return Err(TableError::Code(row.code));
        }
        if rows.iter().take(at).any(|other| other.code == row.code && other != row) {
            return Err(TableError::Ambiguous(row.code));
        }
        if row.chinese.is_ascii() || row.english.is_empty() {
            return Err(TableError::Words(row.code));
        }
    }
    Ok(())
}

const CONTENT_TYPE: &str = "application/problem+json";

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    enum Trial {
        Busy,
        Unknown(&'static str),
        Broken,
    }

    impl ErrorCode for Trial {
        fn problem_type(&self) -> ProblemType {
            match self {
                Self::Busy => BUSY,
                Self::Unknown(_) => UNKNOWN,
                Self::Broken => ProblemType::INTERNAL,
            }
        }
        fn detail(&self) -> Option<String> {
            match self {
                Self::Busy => None,
                Self::Unknown(name) => Some((*name).to_owned()),
                Self::Broken => Some("the disk is full".to_owned()),
            }
        }
    }

    const BUSY: ProblemType =
        ProblemType::new("busy", StatusCode::SERVICE_UNAVAILABLE, "繁忙。", "The service is busy.")
            .retry_after_s(1);
    const UNKNOWN: ProblemType = ProblemType::new(
        "unknown_policy",
        StatusCode::NOT_FOUND,
        "没有该核验规则。",
        "There is no such policy.",
    );

    async fn answered(problem: impl Into<Problem>) -> (Response<()>, Value) {
        let (parts, body) = problem.into().into_response().into_parts();
        let bytes = to_bytes(body, 1 << 16).await.unwrap();
        (Response::from_parts(parts, ()), serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn a_problem_has_the_standards_members_and_ours() {
        let (response, body) = answered(Trial::Unknown("adult/9")).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        let wanted = json!({
            "type": "urn:yong:problem:unknown_policy",
            "title": "There is no such policy.",
            "status": 404,
            "detail": "adult/9",
            "error": "unknown_policy",
            "message": { "zh-CN": "没有该核验规则。", "en": "There is no such policy." },
        });
        assert_eq!(body, wanted);
    }

    #[tokio::test]
    async fn nothing_internal_leaves_the_service() {
        for problem in [Problem::from(Trial::Broken), Problem::internal("the disk is full")] {
            let (response, body) = answered(problem).await;
            assert_eq!((response.status().as_u16(), &body["error"]), (500, &json!("internal")));
            assert!(!body.to_string().contains("disk"), "{body}");
        }
    }

    #[tokio::test]
    async fn an_occurrence_can_say_more_but_not_otherwise() {
        let problem = Problem::new(UNKNOWN)
            .with_message("没有。", "None at entry 2.")
            .with_member("entry", 2)
            .with_member("status", 200)
            .with_member("detail", json!({}));
        let (_, body) = answered(problem).await;
        assert_eq!(
            (&body["entry"], &body["status"], &body["detail"]),
            (&json!(2), &json!(404), &Value::Null)
        );
        assert_eq!(
            (&body["title"], &body["message"]["en"]),
            (&json!(UNKNOWN.english), &json!("None at entry 2."))
        );
    }

    #[tokio::test]
    async fn who_may_ask_again_is_told_when_and_who_needs_a_token_is_told_which() {
        let retry_after =
            async |problem: Problem| answered(problem).await.0.headers()[header::RETRY_AFTER].clone();
        assert_eq!(retry_after(Trial::Busy.into()).await, "1");
        assert_eq!(retry_after(Problem::new(BUSY).with_retry_after_s(30)).await, "30");
        let no_token =
            ProblemType::new("unauthorized", StatusCode::UNAUTHORIZED, "需要令牌。", "A token is needed.");
        assert_eq!(answered(Problem::new(no_token)).await.0.headers()[header::WWW_AUTHENTICATE], "Bearer");
    }

    #[test]
    fn a_table_is_checked() {
        assert_eq!(check_table(&ProblemType::COMMON), Ok(()));
        let row = |code, zh, en| ProblemType::new(code, StatusCode::CONFLICT, zh, en);
        assert_eq!(check_table(&[row("Not a code", "否", "no")]), Err(TableError::Code("Not a code")));
        assert_eq!(check_table(&[row("x", "no", "no")]), Err(TableError::Words("x")));
        assert_eq!(check_table(&[row("x", "否", "a"), row("x", "否", "b")]), Err(TableError::Ambiguous("x")));
        assert_eq!(check_table(&[BUSY, UNKNOWN, BUSY]), Ok(()));
    }
}
