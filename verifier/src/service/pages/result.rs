//! One request: waiting for the answer, then the verdict.

use askama::Template;
use axum::extract::Path;
use axum::response::{Redirect, Response};
use circuits::wire::presenting::Status;
use ledger::registry::PublishedPolicy;
use page::{Frame, qr_svg, show as rendered};
use serde_json::Value;

use super::banner::Banner;
use super::failure::{Kind, PageFailure};
use super::home::Notice;
use super::keys;
use super::matter::{Matter, attribute_title, schema_title};
use super::paper;
use super::right::Right;
use super::times::civil;
use super::visit::Visit;
use crate::counter::Standing;

#[derive(Template)]
#[template(path = "waiting.html")]
struct Waiting {
    page: Frame,
    banner: Banner,
    matter: Matter,
    number: String,
    transaction: String,
    link: String,
    qr: String,
    match_code: String,
    seconds_left: u64,
    /// Whether sealed papers are taken here.
    assisted: bool,
}

#[derive(Template)]
#[template(path = "verdict.html")]
struct Verdict {
    page: Frame,
    banner: Banner,
    matter: Matter,
    passed: bool,
    /// Whether a pseudonym was learnt.
    linked: bool,
    /// Why not; empty where passed.
    reason: String,
    revealed: Vec<Revealed>,
    /// The receipt's number, or the request's where nothing was judged.
    number: String,
    receipt: bool,
    time: String,
}

/// A value that was handed over.
struct Revealed {
    credential: String,
    attribute: String,
    value: String,
}

/// `GET /counter/<id>`.
pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, PageFailure> {
    visit.allow(Right::Ask)?;
    let standing = visit.standing(id).await?;
    let matter = Matter::find(&standing.status.policy, &visit).ok_or_else(|| visit.fails(Kind::NotFound))?;
    if standing.status.status == Status::Pending {
        return waiting(&visit, standing, matter);
    }
    let standing = visit.work(move |counter, who| counter.shown(&standing, who).map(|()| standing)).await?;
    Ok(verdict(&visit, &standing, matter))
}

fn waiting(visit: &Visit, standing: Standing, matter: Matter) -> Result<Response, PageFailure> {
    let page = visit.frame();
    let asked = standing.asked;
    Ok(rendered(&Waiting {
        banner: Banner::of(visit, &page),
        matter,
        number: standing.number,
        qr: qr_svg(&asked.link).map_err(|_| visit.fails(Kind::Internal))?,
        transaction: asked.transaction,
        link: asked.link,
        match_code: asked.match_code,
        seconds_left: asked.expires_at.saturating_sub(visit.state().counter().now()),
        assisted: paper::are_taken(visit),
        page,
    }))
}

fn verdict(visit: &Visit, standing: &Standing, matter: Matter) -> Response {
    let (page, status) = (visit.frame(), &standing.status);
    let receipt = status.receipt.as_ref();
    let time = receipt.map_or_else(|| visit.state().counter().now(), |receipt| receipt.time);
    // The stripe stands for the keys of this verdict, whatever keys are in use now.
    let development = page.development || status.development;
    let page = page.development(development);
    rendered(&Verdict {
        banner: Banner::of(visit, &page),
        linked: receipt.is_some_and(|receipt| receipt.nullifier.is_some()),
        matter,
        passed: status.status == Status::Passed,
        reason: page.say(&keys::reason(status.status, status.reason)),
        revealed: revealed(visit, standing, &page),
        number: receipt.map_or_else(|| standing.number.clone(), |receipt| receipt.id.clone()),
        receipt: receipt.is_some(),
        time: civil(time),
        page,
    })
}

/// What was handed over, in the words of the schemas.
fn revealed(visit: &Visit, standing: &Standing, page: &Frame) -> Vec<Revealed> {
    let snapshot = visit.state().counter().following().snapshot();
    let Some(published) = snapshot.registry().policy(&standing.status.policy) else { return Vec::new() };
    let PublishedPolicy { checked, .. } = published;
    let language = visit.language();
    let values = standing.status.revealed.iter();
    let values = values.flat_map(|(credential, values)| values.iter().map(move |value| (credential, value)));
    values
        .map(|(credential, (name, value))| Revealed {
            credential: schema_title(checked, credential, language),
            attribute: attribute_title(checked, credential, name, language),
            value: in_words(value, page),
        })
        .collect()
}

fn in_words(value: &Value, page: &Frame) -> String {
    match value {
        Value::Bool(true) => page.say("value-yes"),
        Value::Bool(false) => page.say("value-no"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `POST /counter/<id>/cancel`. A request that has just been answered shows its verdict instead.
pub(super) async fn cancel(visit: Visit, Path(id): Path<String>) -> Result<Redirect, PageFailure> {
    visit.allow(Right::Ask)?;
    visit.standing(id.clone()).await?;
    let path = format!("/counter/{id}");
    let cancelled = visit.work(move |counter, who| counter.cancel(&id, who)).await?;
    visit.state().ended.notify_waiters();
    Ok(if cancelled { Notice::Cancelled.on_first_page() } else { Redirect::to(&path) })
}
