//! Recovery with the trustees: the request that this desk makes, what the second department needs of it, and sending
//! what came back.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use service::civil_time;
use service::web::{Layout, render};

use super::error::{PageError, PageErrorKind};
use super::person::{FormFields, NumberPath, number, person_form, schema};
use super::visit::{Permission, TopBar, Visit};
use super::words;
use crate::issuer::{Recovery, RecoveryState};
use crate::store::audit::AuditEvent;
use crate::store::people::PersonNumber;

#[derive(Template)]
#[template(path = "recovery.html")]
struct RecoveryPage {
    page: Layout,
    bar: TopBar,
    no: i64,
    id: String,
    clerk: String,
    at: String,
    /// Of the new wallet's key, in groups of four digits.
    digest: String,
    /// The text for the second department.
    proposal: String,
    /// A word, for tests of the page.
    state: &'static str,
    /// The same in words.
    state_words: String,
    /// Why the ledger refused, as a code.
    refusal: String,
}

/// `POST /people/<no>/recover`: `schema`, `key`.
pub(super) async fn propose(visit: Visit, no: NumberPath, form: FormFields) -> Result<Response, PageError> {
    let (no, mut form) = person_form(&visit, no, form)?;
    let schema = schema(&visit, &mut form)?;
    let key = form.remove("key").ok_or_else(|| visit.error(PageErrorKind::Malformed))?;
    visit
        .found(move |issuer, clerk| {
            let Some(person) = issuer.of_number(no)? else { return Ok(None) };
            issuer.propose_recovery(clerk.name(), &schema, &person, &key).map(Some)
        })
        .await?;
    Ok(to_page(no))
}

/// `GET /people/<no>/recovery`: the newest request about a person.
pub(super) async fn show(visit: Visit, no: NumberPath) -> Result<Response, PageError> {
    let (no, recovery) = seen(&visit, no).await?;
    let (page, bar) = visit.framed();
    let refusal = match &recovery.state {
        RecoveryState::Refused(code) => code.clone(),
        RecoveryState::Open | RecoveryState::Ended | RecoveryState::Sent | RecoveryState::Requested => {
            String::new()
        }
    };
    let state = recovery.state.as_str();
    Ok(render(&RecoveryPage {
        no: no.0,
        id: recovery.stored.person.into(),
        at: civil_time::second(recovery.stored.at),
        clerk: recovery.stored.clerk,
        digest: recovery.request.key_digest.in_groups(),
        proposal: recovery.stored.proposal,
        state,
        state_words: words::say(&page, words::RECOVERY, state),
        refusal,
        page,
        bar,
    }))
}

/// `GET /people/<no>/recovery/proposal.json`: the same text as a file, whose name says nothing about the person.
pub(super) async fn file(visit: Visit, no: NumberPath) -> Result<Response, PageError> {
    let (_, recovery) = seen(&visit, no).await?;
    let disposition = format!("attachment; filename=\"recovery-{}.json\"", recovery.stored.id.0);
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_DISPOSITION, &disposition)];
    Ok((headers, recovery.stored.proposal).into_response())
}

/// `POST /people/<no>/recovery/complete`: `proposal`, as it came back.
pub(super) async fn complete(visit: Visit, no: NumberPath, form: FormFields) -> Result<Response, PageError> {
    let (no, mut form) = person_form(&visit, no, form)?;
    let text = proposal(&visit, &mut form)?;
    visit
        .found(move |issuer, clerk| {
            let Some(person) = issuer.of_number(no)? else { return Ok(None) };
            issuer.complete_recovery(clerk.name(), &text, Some(&person)).map(Some)
        })
        .await?;
    Ok(to_page(no))
}

/// The text of a proposal in a form.
pub(super) fn proposal(visit: &Visit, form: &mut BTreeMap<String, String>) -> Result<String, PageError> {
    form.remove("proposal").ok_or_else(|| visit.error(PageErrorKind::Malformed))
}

/// Fields of a form that is about nobody here.
pub(super) fn fields(visit: &Visit, form: FormFields) -> Result<BTreeMap<String, String>, PageError> {
    visit.allow(Permission::Serve)?;
    form.map(|Form(form)| form).map_err(|_| visit.error(PageErrorKind::Malformed))
}

async fn seen(visit: &Visit, no: NumberPath) -> Result<(PersonNumber, Recovery), PageError> {
    visit.allow(Permission::Serve)?;
    let no = number(visit, no)?;
    let recovery = visit.found(move |issuer, clerk| {
        let Some(person) = issuer.of_number(no)? else { return Ok(None) };
        let event = AuditEvent::new(clerk.name(), "view").person(&person);
        issuer.recorded(&event, || issuer.recovery_of(&person))
    });
    Ok((no, recovery.await?))
}

fn to_page(no: PersonNumber) -> Response {
    Redirect::to(&format!("/people/{}/recovery", no.0)).into_response()
}
