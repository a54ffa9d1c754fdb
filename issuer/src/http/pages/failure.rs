//! Pages that say what was not done, and what to do.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use service::web::{Layout, Preferences, render};

use super::keys;
use super::words::WORDS;
use crate::issuer::{ActError, IssuerError};
use crate::rows::RowsError;
use crate::store::StoreError;

/// What does not work.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Nobody can sign in here.
    Closed,
    /// The person's role does not allow it.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// What was sent makes no sense.
    Malformed,
    /// The uploaded list cannot be read.
    BadList(BadList),
    /// The department's rule.
    Refused(IssuerError),
    /// The ledger does not answer.
    Busy,
    /// The desk's own fault.
    Internal,
}

/// Why an uploaded list cannot be read.
#[derive(Clone, Debug)]
pub(super) struct BadList {
    fault: Fault,
    technical: String,
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    /// This line, from 1, is not CSV in UTF-8 with as many cells as the header.
    Line(u64),
    /// It has more lines than this.
    TooMany(usize),
    /// A column stands twice in its header.
    Header,
    /// It cannot be read at all.
    Unread,
}

/// A page instead of the one that was asked for.
#[derive(Debug)]
pub(super) struct PageFailure {
    kind: Kind,
    look: Preferences,
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    page: Layout,
    code: String,
    title: String,
    what: String,
    /// For whoever looks after the desk, in English.
    technical: Option<String>,
}

impl PageFailure {
    pub(super) fn new(kind: Kind, look: Preferences) -> Self {
        Self { kind, look }
    }
}

impl From<ActError> for Kind {
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

impl From<RowsError> for Kind {
    fn from(e: RowsError) -> Self {
        let fault = match &e {
            RowsError::Malformed { line, .. } => Fault::Line(*line),
            RowsError::TooMany { most, .. } => Fault::TooMany(*most),
            RowsError::Header(_) => Fault::Header,
            RowsError::Read(..) => Fault::Unread,
        };
        Self::BadList(BadList { fault, technical: e.to_string() })
    }
}

impl From<StoreError> for Kind {
    fn from(e: StoreError) -> Self {
        tracing::error!("{e}");
        Self::Internal
    }
}

impl IntoResponse for PageFailure {
    fn into_response(self) -> Response {
        let page = Layout::new(self.look, &WORDS);
        let (title, what) = (self.kind.title(&page), self.kind.what(&page));
        let (code, technical) = (self.kind.code().to_owned(), self.kind.technical());
        let template = FailurePage { page, code, title, what, technical };
        (self.kind.status(), render(&template)).into_response()
    }
}

impl Kind {
    fn status(&self) -> StatusCode {
        match self {
            Self::Closed | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Malformed | Self::BadList(_) => StatusCode::BAD_REQUEST,
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
            Self::BadList(_) => "bad_list",
            Self::Refused(refusal) => refusal.code(),
            Self::Busy => "busy",
            Self::Internal => "internal",
        }
    }
    fn title(&self, page: &Layout) -> String {
        match self {
            Self::Closed | Self::Forbidden => page.say("failure-not-allowed"),
            Self::NotFound => page.say("failure-not-found"),
            Self::Internal => page.say("failure-internal"),
            _ => page.say("failure-not-done"),
        }
    }
    fn what(&self, page: &Layout) -> String {
        match self {
            Self::Closed => page.say("staff-closed"),
            Self::Forbidden => page.say("failure-role"),
            Self::NotFound => page.say("failure-not-found-what"),
            Self::Malformed => page.say("failure-malformed"),
            Self::BadList(list) => page.t().say1("failure-bad-list", "why", list.fault.why(page)),
            Self::Refused(refusal) => why(page, refusal),
            Self::Busy => page.say("failure-busy"),
            Self::Internal => page.say("failure-internal-what"),
        }
    }
    /// What schema, ledger and parser say in their own words.
    fn technical(&self) -> Option<String> {
        match self {
            Self::BadList(list) => Some(list.technical.clone()),
            Self::Refused(refusal @ (IssuerError::BadValue { .. } | IssuerError::Ledger { .. })) => {
                Some(refusal.to_string())
            }
            _ => None,
        }
    }
}

impl Fault {
    fn why(self, page: &Layout) -> String {
        match self {
            Self::Line(line) => page.t().say1("bad-list-line", "line", line),
            Self::TooMany(most) => page.t().say1("bad-list-too-many", "most", most),
            Self::Header => page.say("bad-list-header"),
            Self::Unread => page.say("bad-list-unread"),
        }
    }
}

/// A refusal in the reader's words.
pub(super) fn why(page: &Layout, refusal: &IssuerError) -> String {
    match refusal {
        IssuerError::BadValue { attribute, detail } => {
            let what = keys::say(page, keys::VALUE, keys::value(detail));
            page.t().say2("why-bad-value", ("attribute", attribute), ("what", what))
        }
        IssuerError::Ledger { reason } => page.t().say1("why-ledger", "code", reason),
        _ => keys::say(page, keys::REFUSAL, refusal.code()),
    }
}
