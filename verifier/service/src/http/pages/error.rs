//! Pages that say what does not work, and what to do.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use service::web::{Layout, Preferences, render};

use super::visit::with_status;
use super::words::WORDS;
use crate::relying_party::RelyingPartyError;

/// What does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageErrorKind {
    /// Nobody can sign in here.
    Closed,
    /// The person's role does not allow it.
    Forbidden,
    /// There is nothing of that name, or it is somebody else's.
    NotFound,
    /// What was sent makes no sense.
    Malformed,
    /// The matter's first day has not come.
    NotStarted,
    /// Another counter counts the uses of the matter.
    OtherRegister,
    /// The counter cannot check answers now.
    NotReady,
    /// The service's own fault.
    Internal,
}

/// A page instead of the one that was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageError {
    kind: PageErrorKind,
    preferences: Preferences,
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    page: Layout,
    kind: PageErrorKind,
}

impl PageError {
    pub(super) fn new(kind: PageErrorKind, preferences: Preferences) -> Self {
        Self { kind, preferences }
    }

    pub(super) fn from_error(error: &RelyingPartyError, preferences: Preferences) -> Self {
        let kind = match error {
            RelyingPartyError::NotFound | RelyingPartyError::Gone | RelyingPartyError::UnknownPolicy(_) => {
                PageErrorKind::NotFound
            }
            RelyingPartyError::NotStarted(_) => PageErrorKind::NotStarted,
            RelyingPartyError::OtherRegister(_) => PageErrorKind::OtherRegister,
            RelyingPartyError::NotReady(_) => PageErrorKind::NotReady,
            RelyingPartyError::Refused(_)
            | RelyingPartyError::KeyReused
            | RelyingPartyError::ResponseCodeNeeded => PageErrorKind::Malformed,
            RelyingPartyError::Store(error) => {
                tracing::error!(%error, "the store failed");
                PageErrorKind::Internal
            }
        };
        Self::new(kind, preferences)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let page = FailurePage { page: Layout::new(self.preferences, &WORDS), kind: self.kind };
        with_status(self.kind.status(), render(&page))
    }
}

impl PageErrorKind {
    /// All of them.
    #[cfg(test)]
    pub(super) const ALL: [Self; 8] = [
        Self::Closed,
        Self::Forbidden,
        Self::NotFound,
        Self::Malformed,
        Self::NotStarted,
        Self::OtherRegister,
        Self::NotReady,
        Self::Internal,
    ];

    fn status(self) -> StatusCode {
        match self {
            Self::Closed | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::NotStarted | Self::OtherRegister => StatusCode::CONFLICT,
            Self::NotReady => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
    fn code(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Malformed => "malformed",
            Self::NotStarted => "not-started",
            Self::OtherRegister => "other-register",
            Self::NotReady => "not-ready",
            Self::Internal => "internal",
        }
    }
    /// The key of the heading.
    pub(super) fn title(self) -> String {
        format!("failure-{}", self.code())
    }
    /// The key of what to do.
    pub(super) fn what(self) -> String {
        format!("failure-{}-what", self.code())
    }
}
