//! The first page: which matter?

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::response::{IntoResponse, Redirect, Response};
use circuits::schema::SchemaId;
use serde::Deserialize;
use service::web::{Layout, render};

use super::banner::{Banner, Panel};
use super::error::{PageError, PageErrorKind};
use super::matter::Matter;
use super::visit::{Right, Visit};
use crate::relying_party::RelyingPartyError;

/// Something to be said above the matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// What was scanned or typed is no matter.
    UnknownCode,
    /// The counter cannot check answers now.
    NotReady,
    /// The request was taken back.
    Cancelled,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    page: Layout,
    banner: Banner,
    panel: Panel,
    notice: Option<Notice>,
    matters: Vec<Matter>,
}

/// The query of the first page.
#[derive(Default, Deserialize)]
pub(super) struct Said {
    said: Option<String>,
}

/// `GET /`. Who may not ask is shown the receipts instead.
pub(super) async fn show(visit: Visit, said: Result<Query<Said>, QueryRejection>) -> Response {
    if !visit.has(Right::Ask) {
        return Redirect::to("/receipts").into_response();
    }
    let said = said.map(|Query(said)| said).unwrap_or_default().said;
    let page = visit.layout();
    render(&Home {
        banner: Banner::new(&visit, &page),
        panel: Panel::new(visit.state().relying_party(), page.t()),
        notice: said.as_deref().and_then(Notice::from_word),
        matters: Matter::all(&visit),
        page,
    })
}

/// The form of a matter's button.
#[derive(Deserialize)]
pub(super) struct Ask {
    policy: SchemaId,
}

/// `POST /ask`.
pub(super) async fn ask(visit: Visit, form: Result<Form<Ask>, FormRejection>) -> Result<Redirect, PageError> {
    visit.allow(Right::Ask)?;
    let Form(Ask { policy }) = form.map_err(|_| visit.fails(PageErrorKind::Malformed))?;
    begin(&visit, policy).await
}

/// Makes a request and goes to its page; says on the first page why it could not.
pub(super) async fn begin(visit: &Visit, policy: SchemaId) -> Result<Redirect, PageError> {
    match visit.tried(move |relying_party, who| relying_party.ask_as(&policy, who)).await? {
        Ok(asked) => Ok(Redirect::to(&format!("/counter/{}", asked.transaction))),
        Err(RelyingPartyError::UnknownPolicy(_)) => Ok(Notice::UnknownCode.on_first_page()),
        Err(RelyingPartyError::NotReady(_)) => Ok(Notice::NotReady.on_first_page()),
        Err(error) => Err(PageError::from_error(&error, visit.preferences)),
    }
}

impl Notice {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::UnknownCode, Self::NotReady, Self::Cancelled];

    fn code(self) -> &'static str {
        match self {
            Self::UnknownCode => "unknown-code",
            Self::NotReady => "not-ready",
            Self::Cancelled => "cancelled",
        }
    }
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.code() == word)
    }
    /// The key of its words.
    pub(super) fn key(self) -> String {
        format!("notice-{}", self.code())
    }
    /// Whether nothing went wrong.
    fn is_good(self) -> bool {
        self == Self::Cancelled
    }
    /// The first page, saying so.
    pub(super) fn on_first_page(self) -> Redirect {
        Redirect::to(&format!("/?said={}", self.code()))
    }
}
