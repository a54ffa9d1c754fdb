//! Pages that say what was not done, and what to do.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use openid4vc::paper::CodeChoiceError;
use service::web::{Layout, Preferences, render};

use super::words::{self, WORDS};
use crate::issuer::{ActError, IssuerError};
use crate::rows::RowsError;
use crate::store::StoreError;

/// What does not work.
#[derive(Clone, Debug)]
pub(super) enum PageErrorKind {
    /// Nobody can sign in here.
    Closed,
    /// The person's role does not allow it.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// What was sent makes no sense.
    Malformed,
    /// The uploaded list cannot be read.
    ListError(ListError),
    /// The department's rule.
    Refused(IssuerError),
    /// The code that somebody chose for a paper is none, or is guessed first. Nothing was printed.
    PaperCode(CodeChoiceError),
    /// The ledger does not answer.
    Busy,
    /// The issuer's own fault.
    Internal,
}

/// Why an uploaded list cannot be read.
#[derive(Clone, Debug)]
pub(super) struct ListError {
    defect: ListDefect,
    technical: String,
}

#[derive(Clone, Debug)]
enum ListDefect {
    /// This line is no text in an encoding that is known.
    NoText(u64),
    /// It can be read in two ways: a cell as UTF-8 and as GB18030.
    Ambiguous(String, String),
    /// This line has other cells than the header names.
    Line(u64),
    /// This line is longer than a list's can be.
    LongLine(u64),
    /// No column says whom a line is about.
    NoPerson,
    /// It has more lines than this.
    TooMany(usize),
    /// A column stands twice in its header.
    Header,
    /// It has a header and no line.
    Empty,
    /// It cannot be read at all.
    Unread,
}

/// A page instead of the one that was asked for.
#[derive(Debug)]
pub(super) struct PageError {
    kind: PageErrorKind,
    preferences: Preferences,
}

#[derive(Template)]
#[template(path = "failure.html")]
struct ErrorPage {
    page: Layout,
    code: String,
    title: String,
    what: String,
    /// For whoever looks after the issuer, in English.
    technical: Option<String>,
}

impl PageError {
    pub(super) fn new(kind: PageErrorKind, preferences: Preferences) -> Self {
        Self { kind, preferences }
    }
    /// The department's rule, where one was the reason.
    pub(super) fn refusal(&self) -> Option<&IssuerError> {
        if let PageErrorKind::Refused(refusal) = &self.kind { Some(refusal) } else { None }
    }
}

impl From<ActError> for PageErrorKind {
    fn from(e: ActError) -> Self {
        match e {
            ActError::Refused(refusal) => Self::Refused(refusal),
            ActError::Ledger(trouble) => {
                tracing::warn!("{trouble}");
                Self::Busy
            }
            ActError::Store(e) => e.into(),
        }
    }
}

impl From<RowsError> for PageErrorKind {
    fn from(e: RowsError) -> Self {
        let defect = match &e {
            RowsError::NoText { line, .. } => ListDefect::NoText(*line),
            RowsError::Ambiguous { utf8, gb18030, .. } => {
                ListDefect::Ambiguous(utf8.clone(), gb18030.clone())
            }
            RowsError::Cells { line, .. } => ListDefect::Line(*line),
            RowsError::LongLine { line, .. } => ListDefect::LongLine(*line),
            RowsError::NoPerson(_) => ListDefect::NoPerson,
            RowsError::TooMany { most, .. } => ListDefect::TooMany(*most),
            RowsError::Header(_) => ListDefect::Header,
            RowsError::Read(..) => ListDefect::Unread,
        };
        Self::ListError(ListError { defect, technical: e.to_string() })
    }
}

impl From<StoreError> for PageErrorKind {
    fn from(e: StoreError) -> Self {
        tracing::error!("{e}");
        Self::Internal
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let page = Layout::new(self.preferences, &WORDS);
        let title = self.kind.title(&page);
        let what = self.kind.what(&page);
        let code = self.kind.code().to_owned();
        let technical = self.kind.technical();
        let template = ErrorPage { page, code, title, what, technical };
        (self.kind.status(), render(&template)).into_response()
    }
}

impl PageErrorKind {
    /// A list that has a header and no line.
    pub(super) fn empty_list() -> Self {
        Self::ListError(ListError {
            defect: ListDefect::Empty,
            technical: "the list has no lines".to_owned(),
        })
    }
    fn status(&self) -> StatusCode {
        match self {
            Self::Closed | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Malformed | Self::ListError(_) | Self::PaperCode(_) => StatusCode::BAD_REQUEST,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
    /// For tests of the page.
    fn code(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Malformed => "malformed",
            Self::ListError(_) => "bad_list",
            Self::Refused(refusal) => refusal.code(),
            Self::PaperCode(_) => "paper_code",
            Self::Busy => "busy",
            Self::Internal => "internal",
        }
    }
    fn title(&self, page: &Layout) -> String {
        match self {
            Self::Closed | Self::Forbidden => page.say("failure-not-allowed"),
            Self::NotFound => page.say("failure-not-found"),
            Self::Internal => page.say("failure-internal"),
            Self::Malformed | Self::ListError(_) | Self::Refused(_) | Self::PaperCode(_) | Self::Busy => {
                page.say("failure-not-done")
            }
        }
    }
    fn what(&self, page: &Layout) -> String {
        match self {
            Self::Closed => page.say("staff-closed"),
            Self::Forbidden => page.say("failure-role"),
            Self::NotFound => page.say("failure-not-found-what"),
            Self::Malformed => page.say("failure-malformed"),
            Self::ListError(list) => list.defect.what(page),
            Self::Refused(refusal) => why(page, refusal),
            Self::PaperCode(CodeChoiceError::Length) => page.say("paper-chosen-length"),
            Self::PaperCode(CodeChoiceError::Pattern) => page.say("paper-chosen-pattern"),
            Self::PaperCode(CodeChoiceError::Date) => page.say("paper-chosen-date"),
            Self::PaperCode(CodeChoiceError::Known) => page.say("paper-chosen-known"),
            Self::Busy => page.say("failure-busy"),
            Self::Internal => page.say("failure-internal-what"),
        }
    }
    /// What schema, ledger and parser say in their own words.
    fn technical(&self) -> Option<String> {
        match self {
            // It would repeat a cell of the list.
            Self::ListError(ListError { defect: ListDefect::Ambiguous(..), .. }) => None,
            Self::ListError(list) => Some(list.technical.clone()),
            Self::Refused(refusal @ (IssuerError::BadValue { .. } | IssuerError::Ledger { .. })) => {
                Some(refusal.to_string())
            }
            Self::Refused(_)
            | Self::PaperCode(_)
            | Self::Closed
            | Self::Forbidden
            | Self::NotFound
            | Self::Malformed
            | Self::Busy
            | Self::Internal => None,
        }
    }
}

impl ListDefect {
    /// What is wrong, and what to do about it.
    fn what(&self, page: &Layout) -> String {
        let correct = |why: String| page.t().say1("failure-list-correct", "why", why);
        let save = |why: String| page.t().say1("failure-bad-list", "why", why);
        match self {
            Self::Ambiguous(utf8, gb18030) => {
                page.t().say2("bad-list-ambiguous", ("utf8", utf8), ("gbk", gb18030))
            }
            Self::NoText(line) => save(page.t().say1("bad-list-no-text", "line", line)),
            Self::Unread => save(page.say("bad-list-unread")),
            Self::Line(line) => correct(page.t().say1("bad-list-line", "line", line)),
            Self::LongLine(line) => correct(page.t().say1("bad-list-long-line", "line", line)),
            Self::TooMany(most) => correct(page.t().say1("bad-list-too-many", "most", most)),
            Self::Empty => correct(page.say("bad-list-empty")),
            Self::Header => correct(page.say("bad-list-header")),
            Self::NoPerson => correct(page.say("bad-list-no-person")),
        }
    }
}

/// A refusal in the reader's words.
pub(super) fn why(page: &Layout, refusal: &IssuerError) -> String {
    match refusal {
        IssuerError::BadValue { attribute, detail } => {
            let what = words::say(page, words::VALUE, words::value(detail));
            page.t().say2("why-bad-value", ("attribute", attribute), ("what", what))
        }
        IssuerError::BadCharacter { attribute, character } => {
            page.t().say2("why-bad-character", ("attribute", attribute), ("character", character))
        }
        IssuerError::Ledger { reason } => page.t().say1("why-ledger", "code", reason),
        _ => refusal.row().words(page.tag()).to_owned(),
    }
}
