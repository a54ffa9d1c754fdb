//! What a citizen takes along: an offer for the wallet, with the number that goes with it and how far it has come; or a
//! sealed paper, and apart from it the code that opens it.

use askama::Template;
use axum::Json;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use circuits::policy::Catalogue as _;
use circuits::schema::SchemaId;
use serde_json::{Value, json};
use service::civil_time;
use service::web::{Layout, qr_svg, render};
use zeroize::Zeroizing;

use super::error::{PageError, PageErrorKind};
use super::person::{FormFields, NumberPath, basis, person_form, schema};
use super::screen::ShownOffer;
use super::visit::{Permission, TopBar, Visit};
use super::words;
use crate::issuer::{ActError, Issuer, Offered, PaperAsked, Printed, paper_code};
use crate::store::audit::AuditEvent;
use crate::store::offers::Progress;
use crate::store::people::{Enrolment, PersonNumber};

#[derive(Template)]
#[template(path = "offer.html")]
struct OfferPage {
    page: Layout,
    bar: TopBar,
    no: i64,
    /// In addresses; nobody can redeem with it.
    name: String,
    link: String,
    /// For whom it is.
    person: String,
    /// What is offered.
    title: String,
    tx_code: String,
    until: String,
    state: &'static str,
    state_words: String,
}

#[derive(Template)]
#[template(path = "offered.html")]
struct OfferedPage {
    page: Layout,
    bar: TopBar,
    state: &'static str,
    state_words: String,
    ended: bool,
}

/// `POST /people/<no>/offer`: `schema`, and `enrolment`, without which the other devices end. The answer is the page
/// itself: link and number are shown once, and kept nowhere.
pub(super) async fn make(visit: Visit, no: NumberPath, form: FormFields) -> Result<Response, PageError> {
    let (no, mut form) = person_form(&visit, no, form)?;
    let schema = schema(&visit, &mut form)?;
    let basis = basis(&mut form);
    let enrolment = match form.remove("enrolment") {
        None => Enrolment::ReplaceAll,
        Some(word) => Enrolment::from_word(&word).ok_or_else(|| visit.error(PageErrorKind::Malformed))?,
    };
    let of = schema.clone();
    let (offered, person) = visit
        .found(move |issuer, clerk| {
            let Some(person) = issuer.of_number(no)? else { return Ok(None) };
            let event = AuditEvent::new(clerk.name(), "offer").person(&person).schema(&of);
            let event = event.detail(enrolment.as_str());
            let by = clerk.name();
            let offered = || issuer.offer_on(by, &of, &person, enrolment, &basis);
            let offered = issuer.recorded(&event, offered)?;
            let name = issuer.name_of(&person)?.unwrap_or_else(|| person.as_str().to_owned());
            Ok::<_, ActError>(Some((offered, name)))
        })
        .await?;
    visit.service().metrics.offers.increment(1);
    let page = view(&visit, no.0, &schema, person, &offered);
    let page = page.ok_or_else(|| visit.error(PageErrorKind::Internal))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], render(&page)).into_response())
}

/// The clerk's page has the number, and the citizen's screen the QR code: neither has both.
fn view(visit: &Visit, no: i64, schema: &SchemaId, person: String, offered: &Offered) -> Option<OfferPage> {
    let (page, bar) = visit.framed();
    let name = Issuer::offer_name(&offered.offer)?;
    let title = visit.service().issuer.registry().schema(schema)?.title.clone();
    let until = civil_time::hour(offered.expires_at);
    let link = Zeroizing::new(offered.offer.clone());
    visit.put_on_screen(ShownOffer { name: name.clone(), link, title: title.clone(), until: until.clone() });
    Some(OfferPage {
        no,
        name,
        person,
        title: title.text(page.tag()).to_owned(),
        link: offered.offer.clone(),
        tx_code: offered.tx_code.expose().to_owned(),
        until,
        state: as_str(Progress::Waiting),
        state_words: words::say(&page, words::PROGRESS, as_str(Progress::Waiting)),
        page,
        bar,
    })
}

/// `GET /offers/<name>`: how far an offer has come, for who has no script.
pub(super) async fn show(visit: Visit, Path(name): Path<String>) -> Result<Response, PageError> {
    let progress = progress(&visit, name).await?;
    let (page, bar) = visit.framed();
    let state_words = words::say(&page, words::PROGRESS, as_str(progress));
    Ok(render(&OfferedPage { state: as_str(progress), state_words, ended: ended(progress), page, bar }))
}

/// `GET /offers/<name>/state`: the same for the script.
pub(super) async fn state(visit: Visit, Path(name): Path<String>) -> Result<Json<Value>, StatusCode> {
    let progress = progress(&visit, name).await.map_err(|_| StatusCode::FORBIDDEN)?;
    let words = words::say(&visit.frame(), words::PROGRESS, as_str(progress));
    Ok(Json(json!({"state": as_str(progress), "words": words, "ended": ended(progress)})))
}

async fn progress(visit: &Visit, name: String) -> Result<Progress, PageError> {
    visit.allow(Permission::Serve)?;
    visit.work(move |issuer, _| issuer.offer_progress(&name)).await
}

const fn ended(progress: Progress) -> bool {
    !matches!(progress, Progress::Waiting | Progress::Redeemed)
}

const fn as_str(progress: Progress) -> &'static str {
    match progress {
        Progress::Waiting => "waiting",
        Progress::Redeemed => "redeemed",
        Progress::Received => "received",
        Progress::Locked => "locked",
        Progress::Ended => "ended",
    }
}

#[derive(Template)]
#[template(path = "paper.html")]
struct PaperPage {
    page: Layout,
    bar: TopBar,
    no: i64,
    title: String,
    until: String,
    sealed: String,
    qr: String,
    code: String,
}

/// `POST /people/<no>/paper`. The answer is the page itself: paper and code are shown once, and kept nowhere. A paper that
/// would end what the person holds is proposed instead.
pub(super) async fn print(visit: Visit, no: NumberPath, form: FormFields) -> Result<Response, PageError> {
    let (no, mut form) = person_form(&visit, no, form)?;
    let schema = schema(&visit, &mut form)?;
    let basis = basis(&mut form);
    let of = schema.clone();
    let chosen = Zeroizing::new(form.remove("code").unwrap_or_default());
    let asked = visit
        .found(move |issuer, clerk| {
            let Some(person) = issuer.of_number(no)? else { return Ok(None) };
            match paper_code(&chosen, &person) {
                Ok(code) => {
                    issuer.paper_or_propose(clerk, &of, &person, &basis, code).map(|asked| Some(Ok(asked)))
                }
                Err(refused) => Ok(Some(Err(refused))),
            }
        })
        .await?;
    match asked.map_err(|refused| visit.error(PageErrorKind::PaperCode(refused)))? {
        PaperAsked::Printed(printed) => paper_page(&visit, no, &schema, &printed),
        PaperAsked::Proposed(id) => Ok(Redirect::to(&format!("/proposals/{}", id.0)).into_response()),
    }
}

/// Paper and code, once.
pub(super) fn paper_page(
    visit: &Visit,
    no: PersonNumber,
    schema: &SchemaId,
    printed: &Printed,
) -> Result<Response, PageError> {
    let (page, bar) = visit.framed();
    let sealed = printed.sealed.to_string();
    let registry = visit.service().issuer.registry();
    let view = PaperPage {
        no: no.0,
        title: registry.schema(schema).map(|s| s.title.text(page.tag()).to_owned()).unwrap_or_default(),
        until: civil_time::day(printed.until),
        qr: qr_svg(&sealed).map_err(|_| visit.error(PageErrorKind::Internal))?,
        sealed,
        code: printed.code.spoken().to_string(),
        page,
        bar,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], render(&view)).into_response())
}
