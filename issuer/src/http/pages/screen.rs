//! The second screen of a window, turned towards the citizen: the QR code of the offer that the clerk made last, large. The
//! number that goes with it is on the clerk's page alone, so that whoever photographs this screen cannot redeem the offer.

use askama::Template;
use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use service::web::{Layout, qr_svg, render};
use std::sync::Arc;
use zeroize::Zeroizing;

use super::error::{PageError, PageErrorKind};
use super::visit::{Permission, Screen, TopBar, Visit};
use crate::store::offers::Progress;

/// An offer as the citizen sees it. The link is half of what redeems it: no `Debug`, and wiped when the screen shows
/// something else.
pub(crate) struct ShownOffer {
    /// In addresses; nobody can redeem with it.
    pub(super) name: String,
    pub(super) link: Zeroizing<String>,
    /// What is offered, in each language of the page.
    pub(super) title: circuits::schema::Localized,
    /// Until when, in words.
    pub(super) until: String,
}

#[derive(Template)]
#[template(path = "screen.html")]
struct ScreenPage {
    page: Layout,
    bar: TopBar,
    offer: Option<OfferView>,
    /// What is shown, for the script: another word is a reason to look again.
    now: String,
}

struct OfferView {
    title: String,
    qr: String,
    until: String,
}

/// `GET /screen`.
pub(super) async fn show(Screen(visit): Screen) -> Result<Response, PageError> {
    let shown = waiting(&visit).await?;
    let (page, bar) = visit.framed();
    let view = |shown: &Arc<ShownOffer>| {
        Ok::<_, PageError>(OfferView {
            title: shown.title.text(page.tag()).to_owned(),
            qr: qr_svg(&shown.link).map_err(|_| visit.error(PageErrorKind::Internal))?,
            until: shown.until.clone(),
        })
    };
    let offer = shown.as_ref().map(view).transpose()?;
    let template = ScreenPage { now: word(shown.as_ref()), offer, page, bar };
    Ok(([(header::CACHE_CONTROL, "no-store")], render(&template)).into_response())
}

/// `GET /screen/state`: which offer is shown, for the script.
pub(super) async fn state(Screen(visit): Screen) -> Result<Json<Value>, PageError> {
    let shown = waiting(&visit).await?;
    Ok(Json(json!({ "now": word(shown.as_ref()) })))
}

/// The offer that is on the screen, until a wallet has taken it or nobody can any more.
async fn waiting(visit: &Visit) -> Result<Option<Arc<ShownOffer>>, PageError> {
    visit.allow(Permission::Serve)?;
    let Some(shown) = visit.on_screen() else { return Ok(None) };
    let name = shown.name.clone();
    let progress = visit.work(move |issuer, _| issuer.offer_progress(&name)).await?;
    if progress == Progress::Waiting {
        return Ok(Some(shown));
    }
    visit.clear_screen();
    Ok(None)
}

fn word(shown: Option<&Arc<ShownOffer>>) -> String {
    shown.map_or_else(|| "nothing".to_owned(), |shown| shown.name.clone())
}
