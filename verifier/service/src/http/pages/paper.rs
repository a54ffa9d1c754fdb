//! A sealed paper instead of a phone: the clerk scans it and types the citizen's code.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use openid4vc::vp::Status;
use serde::Deserialize;
use service::web::{Layout, render};

use super::banner::Banner;
use super::error::{PageError, PageErrorKind};
use super::matter::Matter;
use super::visit::{Right, Visit, with_status};
use crate::http::assistant::AssistantError;
use crate::relying_party::TransactionView;

#[derive(Template)]
#[template(path = "paper.html")]
struct PaperPage {
    page: Layout,
    banner: Banner,
    matter: Matter,
    transaction: String,
    /// Why the last try gave no answer.
    refused: Option<AssistantError>,
}

/// The form. It holds a code: no `Debug`.
#[derive(Deserialize)]
pub(super) struct Field {
    paper: String,
    code: String,
}

/// Whether there is an assistant.
pub(super) fn are_taken(visit: &Visit) -> bool {
    visit.state().assistant.get().is_some()
}

/// `GET /counter/<id>/paper`.
pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, PageError> {
    let view = pending(&visit, &id).await?;
    match view {
        Some(view) => page(&visit, &view, None),
        None => Ok(Redirect::to(&format!("/counter/{id}")).into_response()),
    }
}

/// `POST /counter/<id>/paper`. That a paper was opened, or tried, is written down before it is.
pub(super) async fn open(
    visit: Visit,
    Path(id): Path<String>,
    form: Result<Form<Field>, FormRejection>,
) -> Result<Response, PageError> {
    let there = Redirect::to(&format!("/counter/{id}")).into_response();
    let Some(view) = pending(&visit, &id).await? else { return Ok(there) };
    let Form(Field { paper, code }) = form.map_err(|_| visit.fails(PageErrorKind::Malformed))?;
    let view = Arc::new(view);
    let noted = Arc::clone(&view);
    visit.work(move |relying_party, who| relying_party.opened_paper(&noted, who)).await?;
    let state = Arc::clone(visit.state());
    let asked = Arc::clone(&view);
    let tried = tokio::task::spawn_blocking(move || {
        let assistant = state.assistant.get().ok_or(AssistantError::Away)?;
        assistant.answer(&asked.asked.link, &paper, &code, state.relying_party().now())
    });
    match tried.await.unwrap_or(Err(AssistantError::Away)) {
        Ok(()) => Ok(there),
        Err(refused) => page(&visit, &view, Some(refused)),
    }
}

/// A request of this person that waits for its answer; `None` if it has ended.
async fn pending(visit: &Visit, id: &str) -> Result<Option<TransactionView>, PageError> {
    visit.allow(Right::Ask)?;
    if !are_taken(visit) {
        return Err(visit.fails(PageErrorKind::NotFound));
    }
    let view = visit.view(id.to_owned()).await?;
    Ok(Some(view).filter(|view| view.status.status == Status::Pending))
}

fn page(
    visit: &Visit,
    view: &TransactionView,
    refused: Option<AssistantError>,
) -> Result<Response, PageError> {
    let matter =
        Matter::find(&view.status.policy, visit).ok_or_else(|| visit.fails(PageErrorKind::NotFound))?;
    let page = visit.layout();
    let banner = Banner::new(visit, &page);
    let transaction = view.asked.transaction.clone();
    let status = match refused {
        None => StatusCode::OK,
        Some(AssistantError::Wait { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(AssistantError::Away) => StatusCode::SERVICE_UNAVAILABLE,
        Some(_) => StatusCode::CONFLICT,
    };
    Ok(with_status(status, render(&PaperPage { page, banner, matter, transaction, refused })))
}

impl PaperPage {
    fn why(&self) -> Option<String> {
        Some(match self.refused? {
            AssistantError::Wait { seconds } => self.page.t().say1("paper-wait", "seconds", seconds),
            refused => self.page.say(&format!("paper-{}", refused.code())),
        })
    }
}
