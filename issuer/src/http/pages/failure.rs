//! Pages that say what was not done, and what to do.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use page::{Frame, Look, show};

use super::keys;
use super::words::WORDS;
use crate::office::{ActError, Refusal};
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
    /// The uploaded list cannot be read, with where.
    BadList(String),
    /// The department's rule.
    Refused(Refusal),
    /// The ledger does not answer.
    Busy,
    /// The desk's own fault.
    Internal,
}

/// A page instead of the one that was asked for.
#[derive(Debug)]
pub(super) struct PageFailure {
    kind: Kind,
    look: Look,
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    page: Frame,
    code: String,
    title: String,
    what: String,
}

impl PageFailure {
    pub(super) fn new(kind: Kind, look: Look) -> Self {
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

impl From<StoreError> for Kind {
    fn from(e: StoreError) -> Self {
        tracing::error!("{e}");
        Self::Internal
    }
}

impl IntoResponse for PageFailure {
    fn into_response(self) -> Response {
        let page = Frame::new(self.look, &WORDS);
        let (title, what) = (self.kind.title(&page), self.kind.what(&page));
        let template = FailurePage { code: self.kind.code().to_owned(), title, what, page };
        (self.kind.status(), show(&template)).into_response()
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
    fn title(&self, page: &Frame) -> String {
        match self {
            Self::Closed | Self::Forbidden => page.say("failure-not-allowed"),
            Self::NotFound => page.say("failure-not-found"),
            Self::Internal => page.say("failure-internal"),
            _ => page.say("failure-not-done"),
        }
    }
    fn what(&self, page: &Frame) -> String {
        match self {
            Self::Closed => page.say("staff-closed"),
            Self::Forbidden => page.say("failure-role"),
            Self::NotFound => page.say("failure-not-found-what"),
            Self::Malformed => page.say("failure-malformed"),
            Self::BadList(why) => page.t().say1("failure-bad-list", "why", why),
            Self::Refused(refusal) => why(page, refusal),
            Self::Busy => page.say("failure-busy"),
            Self::Internal => page.say("failure-internal-what"),
        }
    }
}

/// A refusal in words. What the schema or the ledger says besides is in English.
pub(super) fn why(page: &Frame, refusal: &Refusal) -> String {
    let words = keys::say(page, keys::REFUSAL, refusal.code());
    match refusal {
        Refusal::BadValue { attribute, detail } => format!("{words} {attribute}: {detail}"),
        Refusal::Ledger { reason } => format!("{words} {reason}"),
        _ => words,
    }
}
