//! One person: every credential, what can be done with it, and doing it.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use circuits::schema::SchemaId;
use ledger::record::ReasonCode;
use serde::Deserialize;
use service::web::{Layout, render};

use super::card::CardView;
use super::error::{PageError, PageErrorKind};
use super::typed::{FormKind, TypedForm, ask};
use super::visit::{Permission, TopBar, Visit};
use super::words::{self, REASONS};
use crate::issuer::{Act, ActError, Acted, Basis, Issuer, IssuerError, Person, PersonAct, Recoverable};
use crate::person::PersonId;
use crate::store::audit::AuditEvent;
use crate::store::people::PersonNumber;

#[derive(Template)]
#[template(path = "person.html")]
pub(super) struct PersonPage {
    pub(super) page: Layout,
    bar: TopBar,
    no: i64,
    id: String,
    name: String,
    pub(super) cards: Vec<CardView>,
    /// Number and words of what waits.
    waiting: Vec<(i64, String)>,
    /// Word and words for how far the newest request for shares is, if one goes on.
    recovery: Option<(&'static str, String)>,
    reasons: Vec<(&'static str, String)>,
    /// What has just been done.
    said: Option<String>,
}

/// What has just been done, in an address.
#[derive(Default, Deserialize)]
pub(super) struct OutcomeQuery {
    #[serde(default)]
    said: String,
}

pub(super) type NumberPath = Result<Path<i64>, PathRejection>;

/// `GET /people/<no>`
pub(super) async fn show(
    visit: Visit,
    no: NumberPath,
    said: Query<OutcomeQuery>,
) -> Result<Response, PageError> {
    visit.allow(Permission::Serve)?;
    let no = number(&visit, no)?;
    Ok(render(&person_page(&visit, no, &said.said).await?))
}

/// The page of one person, which is written down as seen.
pub(super) async fn person_page(
    visit: &Visit,
    no: PersonNumber,
    said: &str,
) -> Result<PersonPage, PageError> {
    let person = visit
        .found(move |issuer, clerk| {
            let Some(person) = issuer.of_number(no)? else { return Ok(None) };
            let seen = AuditEvent::new(clerk.name(), "view").person(&person);
            issuer.recorded(&seen, || issuer.person(&person)).map(Some)
        })
        .await?;
    Ok(view(visit, no, &person, said))
}

impl PersonPage {
    /// The name, or the number of whoever has none.
    pub(super) fn called(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

fn view(visit: &Visit, no: PersonNumber, person: &Person, said: &str) -> PersonPage {
    let (page, bar) = visit.framed();
    let now = visit.service().issuer.now();
    let said = matches!(said, "changed" | "unchanged").then(|| words::say(&page, words::OUTCOME, said));
    let waits = person.proposals.iter();
    PersonPage {
        no: no.0,
        id: person.id.as_str().to_owned(),
        name: person.name.clone().unwrap_or_default(),
        cards: person.cards.iter().map(|card| CardView::new(card, &page, now)).collect(),
        waiting: waits.map(|p| (p.id.0, words::say(&page, words::ACT, &p.act))).collect(),
        recovery: person.recovery.map(|state| (state, words::say(&page, words::RECOVERY, state))),
        reasons: reasons(&page),
        said,
        page,
        bar,
    }
}

/// Codes of reasons with their words.
pub(super) fn reasons(page: &Layout) -> Vec<(&'static str, String)> {
    REASONS.iter().map(|code| (*code, words::say(page, words::REASON, code))).collect()
}

/// `POST /people/<no>/status`: `schema`, `act`, `reason`, `other`; and `sure`, without which it is asked first.
pub(super) async fn status(visit: Visit, no: NumberPath, form: FormFields) -> Result<Response, PageError> {
    let (no, mut form) = person_form(&visit, no, form)?;
    let act = take(&mut form, "act").and_then(|word| Act::from_word(&word));
    let act = act.ok_or_else(|| visit.error(PageErrorKind::Malformed))?;
    schema(&visit, &mut form.clone())?;
    let sure = take(&mut form, "sure").is_some();
    let typed = TypedForm::new(FormKind::Status, &form);
    let reason = reason(&mut form.clone());
    if reason.parse::<ReasonCode>().is_err() {
        let error = visit.error(ActError::from(IssuerError::BadReason));
        return typed.again(&visit, no, error).await;
    }
    if !sure {
        form.insert("act".to_owned(), act.as_str().to_owned());
        return ask(&visit, no, act, &reason, form).await;
    }
    act_on(&visit, no, form, PersonAct::Status(act)).await
}

/// `POST /people/<no>/correct`: `schema`, `reason`, `other`, and `set-<attribute>` for each attribute.
pub(super) async fn correct(visit: Visit, no: NumberPath, form: FormFields) -> Result<Response, PageError> {
    let (no, form) = person_form(&visit, no, form)?;
    let set = form.iter().filter_map(|(key, text)| Some((key.strip_prefix("set-")?, text)));
    let set = set.map(|(name, text)| (name.to_owned(), text.trim().to_owned())).collect();
    let typed = TypedForm::new(FormKind::Correct, &form);
    match act_on(&visit, no, form, PersonAct::Correct(set)).await {
        Err(error) => typed.again(&visit, no, error).await,
        done => done,
    }
}

/// `POST /people/<no>/reset`: `schema`, `reason`, `other`.
pub(super) async fn reset(visit: Visit, no: NumberPath, form: FormFields) -> Result<Response, PageError> {
    let (no, form) = person_form(&visit, no, form)?;
    act_on(&visit, no, form, PersonAct::Reset).await
}

pub(super) type FormFields = Result<Form<BTreeMap<String, String>>, FormRejection>;

async fn act_on(
    visit: &Visit,
    no: PersonNumber,
    mut form: BTreeMap<String, String>,
    act: PersonAct,
) -> Result<Response, PageError> {
    let schema = schema(visit, &mut form)?;
    let reason = reason(&mut form);
    let basis = basis(&mut form);
    let acted = visit
        .found(move |issuer, clerk| {
            let Some(person) = issuer.of_number(no)? else { return Ok(None) };
            let act = changed(issuer, &schema, &person, act)?;
            issuer.act_or_propose(clerk, &schema, &person, &act, &reason, &basis).map(Some)
        })
        .await?;
    Ok(match acted {
        Acted::Done(changed) => {
            visit.service().metrics.status_changes.increment(u64::from(changed.done));
            let said = if changed.done { "changed" } else { "unchanged" };
            Redirect::to(&format!("/people/{}?said={said}", no.0)).into_response()
        }
        Acted::Proposed(id) => Redirect::to(&format!("/proposals/{}", id.0)).into_response(),
    })
}

/// The form sends every attribute back; only those that differ from the record are corrected, so that the audit and
/// whoever approves see what is meant.
fn changed(
    issuer: &Issuer,
    schema: &SchemaId,
    person: &PersonId,
    act: PersonAct,
) -> Result<PersonAct, ActError> {
    let PersonAct::Correct(mut set) = act else { return Ok(act) };
    let same = issuer.record_texts(schema, person)?;
    set.retain(|name, text| same.get(name).map_or("", String::as_str) != text);
    Ok(PersonAct::Correct(set))
}

/// The parts of a form that every act has.
pub(super) fn person_form(
    visit: &Visit,
    no: NumberPath,
    form: FormFields,
) -> Result<(PersonNumber, BTreeMap<String, String>), PageError> {
    visit.allow(Permission::Serve)?;
    let Form(form) = form.map_err(|_| visit.error(PageErrorKind::Malformed))?;
    Ok((number(visit, no)?, form))
}

pub(super) fn schema(visit: &Visit, form: &mut BTreeMap<String, String>) -> Result<SchemaId, PageError> {
    let schema = take(form, "schema").and_then(|text| text.parse().ok());
    schema.ok_or_else(|| visit.error(PageErrorKind::Malformed))
}

/// What the page showed that the form was on. Whoever sends a form without a page acts on whatever is there.
pub(super) fn basis(form: &mut BTreeMap<String, String>) -> Basis {
    take(form, "seen").map_or(Basis::Present, Basis::Page)
}

/// What was typed goes before what was chosen.
pub(super) fn reason(form: &mut BTreeMap<String, String>) -> String {
    let typed = take(form, "other").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    typed.or_else(|| take(form, "reason")).unwrap_or_default()
}

fn take(form: &mut BTreeMap<String, String>, key: &str) -> Option<String> {
    form.remove(key)
}

pub(super) fn number(visit: &Visit, no: NumberPath) -> Result<PersonNumber, PageError> {
    no.map(|Path(no)| PersonNumber(no)).map_err(|_| visit.error(PageErrorKind::NotFound))
}
