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
use super::scan::instead;
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
    /// A sealed paper was scanned before the matter was chosen.
    PaperFirst,
    /// Several matters are meant by what was typed.
    Several,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    page: Layout,
    banner: Banner,
    panel: Panel,
    notice: Option<Notice>,
    matters: Vec<Matter>,
    /// The request that waits; empty where none does. What is chosen takes its place.
    waiting: String,
}

/// The query of the first page.
#[derive(Default, Deserialize)]
pub(super) struct Said {
    pub(super) said: Option<String>,
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
        waiting: String::new(),
        page,
    })
}

/// The first page with those matters alone that the clerk may mean.
pub(super) fn choose(visit: &Visit, matters: Vec<Matter>, waiting: Option<String>) -> Response {
    let page = visit.layout();
    render(&Home {
        banner: Banner::new(visit, &page),
        panel: Panel::new(visit.state().relying_party(), page.t()),
        notice: Some(Notice::Several),
        matters,
        waiting: waiting.unwrap_or_default(),
        page,
    })
}

/// The form of a matter's button.
#[derive(Deserialize)]
pub(super) struct Ask {
    policy: SchemaId,
    /// The request in whose place it comes.
    waiting: Option<String>,
}

/// `POST /ask`.
pub(super) async fn ask(visit: Visit, form: Result<Form<Ask>, FormRejection>) -> Result<Redirect, PageError> {
    visit.allow(Right::Ask)?;
    let Form(Ask { policy, waiting }) = form.map_err(|_| visit.fails(PageErrorKind::Malformed))?;
    match waiting.filter(|waiting| !waiting.is_empty()) {
        Some(waiting) => instead(&visit, waiting, policy).await,
        None => begin(&visit, policy).await,
    }
}

/// Takes a request back that nobody waits for any more. Where it was answered just now, its verdict is looked at first.
pub(super) async fn leave(visit: &Visit, waiting: Option<String>) -> Result<Option<Redirect>, PageError> {
    let Some(id) = waiting else { return Ok(None) };
    let verdict = Redirect::to(&format!("/counter/{id}"));
    visit.view(id.clone()).await?;
    let left = visit.work(move |relying_party, who| relying_party.cancel(&id, who)).await?;
    visit.state().ended.notify_waiters();
    Ok((!left).then_some(verdict))
}

/// Makes a request and goes to its page; says on the first page why it could not.
pub(super) async fn begin(visit: &Visit, policy: SchemaId) -> Result<Redirect, PageError> {
    match visit.tried(move |relying_party, who| relying_party.ask_as(&policy, who)).await? {
        Ok(asked) => {
            let there = Redirect::to(&format!("/counter/{}", asked.transaction));
            visit.put_on_screen(asked.transaction);
            Ok(there)
        }
        Err(RelyingPartyError::UnknownPolicy(_)) => Ok(Notice::UnknownCode.on_first_page()),
        Err(RelyingPartyError::NotReady(_)) => Ok(Notice::NotReady.on_first_page()),
        Err(error) => Err(PageError::from_error(&error, visit.preferences)),
    }
}

impl Notice {
    /// All of them.
    pub(super) const ALL: [Self; 5] =
        [Self::UnknownCode, Self::NotReady, Self::Cancelled, Self::PaperFirst, Self::Several];

    fn code(self) -> &'static str {
        match self {
            Self::UnknownCode => "unknown-code",
            Self::NotReady => "not-ready",
            Self::Cancelled => "cancelled",
            Self::PaperFirst => "paper-first",
            Self::Several => "several",
        }
    }
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.code() == word)
    }
    /// The key of its words.
    pub(super) fn key(self) -> String {
        format!("notice-{}", self.code())
    }
    /// Whether nothing went wrong.
    fn is_good(self) -> bool {
        matches!(self, Self::Cancelled | Self::Several)
    }
    /// The first page, saying so.
    pub(super) fn on_first_page(self) -> Redirect {
        self.on_page(None)
    }
    /// The page of a request that waits, or the first page, saying so.
    pub(super) fn on_page(self, waiting: Option<&str>) -> Redirect {
        // What is no identifier of a request has no page.
        let plain = |id: &&str| id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        match waiting.filter(plain) {
            Some(id) => Redirect::to(&format!("/counter/{id}?said={}", self.code())),
            None => Redirect::to(&format!("/?said={}", self.code())),
        }
    }
}
