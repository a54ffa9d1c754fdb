//! One request: waiting for the answer, then the verdict.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::response::{Redirect, Response};
use circuits::schema::SchemaId;
use ledger::registry::PublishedPolicy;
use openid4vc::vp::{ReceiptName, Status};
use serde_json::{Map, Value};
use service::civil_time::minute;
use service::web::{Layout, qr_svg, render};

use super::banner::Banner;
use super::error::{PageError, PageErrorKind};
use super::home::{Notice, Said};
use super::matter::{Matter, attribute_title, schema_title};
use super::paper;
use super::visit::{Right, Visit};
use super::words as keys;
use crate::relying_party::TransactionView;

#[derive(Template)]
#[template(path = "waiting.html")]
struct Waiting {
    page: Layout,
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
    /// Something to be said about what was scanned.
    notice: Option<Notice>,
}

#[derive(Template)]
#[template(path = "verdict.html")]
pub(super) struct Verdict {
    pub(super) page: Layout,
    pub(super) banner: Banner,
    /// What it is about, in words.
    pub(super) title: String,
    /// The matter; `None` where what was scanned names none.
    pub(super) matter: Option<Matter>,
    pub(super) passed: bool,
    /// Whether a pseudonym was learnt.
    pub(super) linked: bool,
    /// Why not; not shown where passed.
    pub(super) reason: String,
    /// Number and time of the receipts that left no use.
    pub(super) used: Vec<(String, String)>,
    pub(super) revealed: Vec<Revealed>,
    /// The request's number, where it was one and nothing was judged.
    pub(super) request: Option<String>,
    /// The receipt's number.
    pub(super) receipt: Option<String>,
    /// The same as people read it.
    pub(super) receipt_written: Option<String>,
    pub(super) time: String,
    /// The policy to ask for again where it did not pass.
    pub(super) again: Option<String>,
}

/// A value that was handed over.
pub(super) struct Revealed {
    credential: String,
    attribute: String,
    value: String,
}

/// `GET /counter/<id>`.
pub(super) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    said: Result<Query<Said>, QueryRejection>,
) -> Result<Response, PageError> {
    visit.allow(Right::Ask)?;
    let said = said.map(|Query(said)| said).unwrap_or_default().said;
    let notice = said.as_deref().and_then(Notice::from_word);
    let view = visit.view(id).await?;
    let matter =
        Matter::find(&view.status.policy, &visit).ok_or_else(|| visit.fails(PageErrorKind::NotFound))?;
    if view.status.status == Status::Pending {
        return waiting(&visit, view, matter, notice);
    }
    let view = visit.work(move |relying_party, who| relying_party.shown(&view, who).map(|()| view)).await?;
    Ok(verdict(&visit, &view, matter))
}

fn waiting(
    visit: &Visit,
    view: TransactionView,
    matter: Matter,
    notice: Option<Notice>,
) -> Result<Response, PageError> {
    let page = visit.layout();
    let asked = view.asked;
    Ok(render(&Waiting {
        banner: Banner::new(visit, &page),
        matter,
        number: view.number,
        qr: qr_svg(&asked.link).map_err(|_| visit.fails(PageErrorKind::Internal))?,
        transaction: asked.transaction,
        link: asked.link,
        match_code: asked.match_code,
        seconds_left: asked.expires_at.saturating_sub(visit.state().relying_party().now()),
        assisted: paper::are_taken(visit),
        notice,
        page,
    }))
}

fn verdict(visit: &Visit, view: &TransactionView, matter: Matter) -> Response {
    let page = visit.layout();
    let status = &view.status;
    let receipt = status.receipt.as_ref();
    let time = receipt.map_or_else(|| visit.state().relying_party().now(), |receipt| receipt.time);
    // The stripe stands for the keys of this verdict, whatever keys are in use now.
    let development = page.development || status.development;
    let page = page.development(development);
    render(&Verdict {
        banner: Banner::new(visit, &page),
        title: matter.title.clone(),
        linked: receipt.is_some_and(|receipt| receipt.nullifier.is_some()),
        passed: status.status == Status::Passed,
        reason: page.say(&keys::reason(status.status, status.reason)),
        used: Vec::new(),
        revealed: revealed(visit, &status.policy, &status.revealed, &page),
        request: receipt.is_none().then(|| view.number.clone()),
        receipt: receipt.map(|receipt| receipt.id.clone()),
        receipt_written: receipt.map(|receipt| ReceiptName::in_groups(&receipt.id)),
        time: minute(time),
        again: (status.status != Status::Passed).then(|| matter.policy.clone()),
        matter: Some(matter),
        page,
    })
}

/// What was handed over, in the words of the schemas.
pub(super) fn revealed(
    visit: &Visit,
    policy: &SchemaId,
    values: &BTreeMap<String, Map<String, Value>>,
    page: &Layout,
) -> Vec<Revealed> {
    let snapshot = visit.state().relying_party().following().snapshot();
    let Some(published) = snapshot.registry().policy(policy) else { return Vec::new() };
    let PublishedPolicy { checked, .. } = published;
    let language = visit.language();
    let values =
        values.iter().flat_map(|(credential, values)| values.iter().map(move |value| (credential, value)));
    values
        .map(|(credential, (name, value))| Revealed {
            credential: schema_title(checked, credential, language),
            attribute: attribute_title(checked, credential, name, language),
            value: in_words(value, page),
        })
        .collect()
}

fn in_words(value: &Value, page: &Layout) -> String {
    match value {
        Value::Bool(true) => page.say("value-yes"),
        Value::Bool(false) => page.say("value-no"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `POST /counter/<id>/cancel`. A request that has just been answered shows its verdict instead.
pub(super) async fn cancel(visit: Visit, Path(id): Path<String>) -> Result<Redirect, PageError> {
    visit.allow(Right::Ask)?;
    visit.view(id.clone()).await?;
    let path = format!("/counter/{id}");
    let cancelled = visit.work(move |relying_party, who| relying_party.cancel(&id, who)).await?;
    visit.state().ended.notify_waiters();
    Ok(if cancelled { Notice::Cancelled.on_first_page() } else { Redirect::to(&path) })
}
