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
use super::failure::{Kind, PageFailure};
use super::matter::Matter;
use super::right::Right;
use super::visit::{Visit, with_status};
use crate::http::assistant::NotOpened;
use crate::relying_party::TransactionView;

#[derive(Template)]
#[template(path = "paper.html")]
struct PaperPage {
    page: Layout,
    banner: Banner,
    matter: Matter,
    transaction: String,
    /// Why the last try gave no answer.
    refused: Option<NotOpened>,
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
pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, PageFailure> {
    let standing = pending(&visit, &id).await?;
    match standing {
        Some(standing) => page(&visit, &standing, None),
        None => Ok(Redirect::to(&format!("/counter/{id}")).into_response()),
    }
}

/// `POST /counter/<id>/paper`. That a paper was opened, or tried, is written down before it is.
pub(super) async fn open(
    visit: Visit,
    Path(id): Path<String>,
    form: Result<Form<Field>, FormRejection>,
) -> Result<Response, PageFailure> {
    let there = Redirect::to(&format!("/counter/{id}")).into_response();
    let Some(standing) = pending(&visit, &id).await? else { return Ok(there) };
    let Form(Field { paper, code }) = form.map_err(|_| visit.fails(Kind::Malformed))?;
    let standing = Arc::new(standing);
    let noted = Arc::clone(&standing);
    visit.work(move |counter, who| counter.opened_paper(&noted, who)).await?;
    let (state, asked) = (Arc::clone(visit.state()), Arc::clone(&standing));
    let tried = tokio::task::spawn_blocking(move || {
        let assistant = state.assistant.get().ok_or(NotOpened::Away)?;
        assistant.answer(&asked.asked.link, &paper, &code, state.counter().now())
    });
    match tried.await.unwrap_or(Err(NotOpened::Away)) {
        Ok(()) => Ok(there),
        Err(refused) => page(&visit, &standing, Some(refused)),
    }
}

/// A request of this person that waits for its answer; `None` if it has ended.
async fn pending(visit: &Visit, id: &str) -> Result<Option<TransactionView>, PageFailure> {
    visit.allow(Right::Ask)?;
    if !are_taken(visit) {
        return Err(visit.fails(Kind::NotFound));
    }
    let standing = visit.standing(id.to_owned()).await?;
    Ok(Some(standing).filter(|standing| standing.status.status == Status::Pending))
}

fn page(
    visit: &Visit,
    standing: &TransactionView,
    refused: Option<NotOpened>,
) -> Result<Response, PageFailure> {
    let matter = Matter::find(&standing.status.policy, visit).ok_or_else(|| visit.fails(Kind::NotFound))?;
    let page = visit.frame();
    let banner = Banner::of(visit, &page);
    let transaction = standing.asked.transaction.clone();
    let status = match refused {
        None => StatusCode::OK,
        Some(NotOpened::Wait(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(NotOpened::Away) => StatusCode::SERVICE_UNAVAILABLE,
        Some(_) => StatusCode::CONFLICT,
    };
    Ok(with_status(status, render(&PaperPage { page, banner, matter, transaction, refused })))
}

impl PaperPage {
    fn why(&self) -> Option<String> {
        Some(match self.refused? {
            NotOpened::Wait(wait) => self.page.t().say1("paper-wait", "seconds", wait.seconds),
            refused => self.page.say(&format!("paper-{}", refused.word())),
        })
    }
}
