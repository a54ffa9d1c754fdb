//! An offer: the code for the wallet, the number for the citizen, and how far it has come.

use askama::Template;
use axum::Json;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use service::web::{Layout, qr_svg, render};

use super::bar::Bar;
use super::failure::{Kind, PageFailure};
use super::person::{Fields, No, asked, schema};
use super::right::Right;
use super::visit::Visit;
use super::{keys, times};
use crate::issuer::{Issuer, Offered};
use crate::store::audit::Deed;
use crate::store::offers::Progress;

#[derive(Template)]
#[template(path = "offer.html")]
struct OfferPage {
    page: Layout,
    bar: Bar,
    no: i64,
    /// In addresses; nobody can redeem with it.
    name: String,
    link: String,
    qr: String,
    tx_code: String,
    until: String,
    state: &'static str,
    state_words: String,
}

#[derive(Template)]
#[template(path = "offered.html")]
struct OfferedPage {
    page: Layout,
    bar: Bar,
    state: &'static str,
    state_words: String,
    ended: bool,
}

/// `POST /people/<no>/offer`. The answer is the page itself: link and number are shown once, and kept nowhere.
pub(super) async fn make(visit: Visit, no: No, form: Fields) -> Result<Response, PageFailure> {
    let (no, mut form) = asked(&visit, no, form)?;
    let schema = schema(&visit, &mut form)?;
    let offered = visit
        .found(move |office, clerk| {
            let Some(person) = office.of_number(no)? else { return Ok(None) };
            let deed = Deed::new(clerk.name(), "offer").person(&person).schema(&schema);
            office.recorded(&deed, || office.offer(&schema, &person)).map(Some)
        })
        .await?;
    visit.service().tally.offers.add(1);
    let page = view(&visit, no.0, &offered).ok_or_else(|| visit.fails(Kind::Internal))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], render(&page)).into_response())
}

fn view(visit: &Visit, no: i64, offered: &Offered) -> Option<OfferPage> {
    let (page, bar) = visit.framed();
    Some(OfferPage {
        no,
        name: Issuer::offer_name(&offered.offer)?,
        qr: qr_svg(&offered.offer).ok()?,
        link: offered.offer.clone(),
        tx_code: offered.tx_code.expose().to_owned(),
        until: times::hour(offered.expires_at),
        state: word(Progress::Waiting),
        state_words: keys::say(&page, keys::PROGRESS, word(Progress::Waiting)),
        page,
        bar,
    })
}

/// `GET /offers/<name>`: how far an offer has come, for who has no script.
pub(super) async fn show(visit: Visit, Path(name): Path<String>) -> Result<Response, PageFailure> {
    let progress = progress(&visit, name).await?;
    let (page, bar) = visit.framed();
    let state_words = keys::say(&page, keys::PROGRESS, word(progress));
    Ok(render(&OfferedPage { state: word(progress), state_words, ended: ended(progress), page, bar }))
}

/// `GET /offers/<name>/state`: the same for the script.
pub(super) async fn state(visit: Visit, Path(name): Path<String>) -> Result<Json<Value>, StatusCode> {
    let progress = progress(&visit, name).await.map_err(|_| StatusCode::FORBIDDEN)?;
    let words = keys::say(&visit.frame(), keys::PROGRESS, word(progress));
    Ok(Json(json!({"state": word(progress), "words": words, "ended": ended(progress)})))
}

async fn progress(visit: &Visit, name: String) -> Result<Progress, PageFailure> {
    visit.allow(Right::Serve)?;
    visit.work(move |office, _| office.offer_progress(&name)).await
}

const fn ended(progress: Progress) -> bool {
    !matches!(progress, Progress::Waiting | Progress::Redeemed)
}

const fn word(progress: Progress) -> &'static str {
    match progress {
        Progress::Waiting => "waiting",
        Progress::Redeemed => "redeemed",
        Progress::Received => "received",
        Progress::Locked => "locked",
        Progress::Ended => "ended",
    }
}
