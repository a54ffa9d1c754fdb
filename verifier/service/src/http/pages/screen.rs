//! The second screen of a window, turned towards the citizen: the QR code and the match code of the request that the clerk
//! made last, large, and nothing else. When it has ended the screen is neutral: the verdict is the clerk's to tell.

use askama::Template;
use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use openid4vc::vp::Status;
use serde_json::{Value, json};
use service::web::{Layout, qr_svg, render};

use super::banner::Banner;
use super::error::{PageError, PageErrorKind};
use super::matter::Matter;
use super::visit::{Right, Screen, Visit};
use crate::relying_party::TransactionView;

#[derive(Template)]
#[template(path = "screen.html")]
struct ScreenPage {
    page: Layout,
    banner: Banner,
    asked: Option<Asked>,
    /// What is shown, for the script: another word is a reason to look again.
    now: String,
}

/// A request that waits.
struct Asked {
    title: String,
    qr: String,
    match_code: String,
}

/// `GET /screen`.
pub(super) async fn show(Screen(visit): Screen) -> Result<Response, PageError> {
    let view = waiting(&visit).await?;
    let page = visit.layout();
    let asked = view.as_ref().map(|view| asked(&visit, view)).transpose()?;
    let template = ScreenPage { banner: Banner::new(&visit, &page), now: word(view.as_ref()), asked, page };
    Ok(([(header::CACHE_CONTROL, "no-store")], render(&template)).into_response())
}

/// `GET /screen/state`: which request is shown, for the script.
pub(super) async fn state(Screen(visit): Screen) -> Result<Json<Value>, PageError> {
    let view = waiting(&visit).await?;
    Ok(Json(json!({ "now": word(view.as_ref()) })))
}

/// The request that is on the screen while it waits for its answer.
async fn waiting(visit: &Visit) -> Result<Option<TransactionView>, PageError> {
    visit.allow(Right::Ask)?;
    let Some(id) = visit.on_screen() else { return Ok(None) };
    let view = visit.work(move |relying_party, _| relying_party.view(&id)).await?;
    Ok(view.filter(|view| view.status.status == Status::Pending))
}

fn asked(visit: &Visit, view: &TransactionView) -> Result<Asked, PageError> {
    let matter = Matter::find(&view.status.policy, visit);
    Ok(Asked {
        title: matter.ok_or_else(|| visit.fails(PageErrorKind::NotFound))?.title,
        qr: qr_svg(&view.asked.link).map_err(|_| visit.fails(PageErrorKind::Internal))?,
        match_code: view.asked.match_code.clone(),
    })
}

/// The request's number in lists, which opens nothing.
fn word(view: Option<&TransactionView>) -> String {
    view.map_or_else(|| "nothing".to_owned(), |view| view.number.clone())
}
