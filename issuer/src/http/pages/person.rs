//! One person: every credential, what can be done with it, and doing it.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use circuits::schema::SchemaId;
use serde::Deserialize;
use service::web::{Layout, render};

use super::bar::Bar;
use super::card::CardView;
use super::failure::{Kind, PageFailure};
use super::keys::{self, REASONS};
use super::right::Right;
use super::visit::Visit;
use crate::issuer::{Act, ActError, Acted, Issuer, Person, PersonAct};
use crate::person::PersonId;
use crate::store::audit::Deed;
use crate::store::people::PersonNo;

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    page: Layout,
    bar: Bar,
    no: i64,
    id: String,
    name: String,
    cards: Vec<CardView>,
    /// Number and words of what waits.
    waiting: Vec<(i64, String)>,
    reasons: Vec<(&'static str, String)>,
    /// What has just been done.
    said: Option<String>,
}

/// What has just been done, in an address.
#[derive(Default, Deserialize)]
pub(super) struct Said {
    #[serde(default)]
    said: String,
}

pub(super) type No = Result<Path<i64>, PathRejection>;

/// `GET /people/<no>`
pub(super) async fn show(visit: Visit, no: No, said: Query<Said>) -> Result<Response, PageFailure> {
    visit.allow(Right::Serve)?;
    let no = number(&visit, no)?;
    let person = visit
        .found(move |office, clerk| {
            let Some(person) = office.of_number(no)? else { return Ok(None) };
            let seen = Deed::new(clerk.name(), "view").person(&person);
            office.recorded(&seen, || office.person(&person)).map(Some)
        })
        .await?;
    Ok(render(&view(&visit, no, &person, &said.said)))
}

fn view(visit: &Visit, no: PersonNo, person: &Person, said: &str) -> PersonPage {
    let (page, bar) = visit.framed();
    let now = visit.service().office.now();
    let said = matches!(said, "changed" | "unchanged").then(|| keys::say(&page, keys::OUTCOME, said));
    let waits = person.proposals.iter();
    PersonPage {
        no: no.0,
        id: person.id.as_str().to_owned(),
        name: person.name.clone().unwrap_or_default(),
        cards: person.cards.iter().map(|card| CardView::new(card, &page, now)).collect(),
        waiting: waits.map(|p| (p.id.0, keys::say(&page, keys::ACT, &p.act))).collect(),
        reasons: reasons(&page),
        said,
        page,
        bar,
    }
}

/// Codes of reasons with their words.
pub(super) fn reasons(page: &Layout) -> Vec<(&'static str, String)> {
    REASONS.iter().map(|code| (*code, keys::say(page, keys::REASON, code))).collect()
}

/// `POST /people/<no>/status`: `schema`, `act`, `reason`, `other`.
pub(super) async fn status(visit: Visit, no: No, form: Fields) -> Result<Response, PageFailure> {
    let (no, mut form) = asked(&visit, no, form)?;
    let act = take(&mut form, "act").and_then(|word| Act::of(&word));
    let act = PersonAct::Status(act.ok_or_else(|| visit.fails(Kind::Malformed))?);
    act_on(&visit, no, form, act).await
}

/// `POST /people/<no>/correct`: `schema`, `reason`, `other`, and `set-<attribute>` for each attribute.
pub(super) async fn correct(visit: Visit, no: No, form: Fields) -> Result<Response, PageFailure> {
    let (no, form) = asked(&visit, no, form)?;
    let set = form.iter().filter_map(|(key, text)| Some((key.strip_prefix("set-")?, text)));
    let set = set.map(|(name, text)| (name.to_owned(), text.trim().to_owned())).collect();
    act_on(&visit, no, form, PersonAct::Correct(set)).await
}

pub(super) type Fields = Result<Form<BTreeMap<String, String>>, FormRejection>;

async fn act_on(
    visit: &Visit,
    no: PersonNo,
    mut form: BTreeMap<String, String>,
    act: PersonAct,
) -> Result<Response, PageFailure> {
    let schema = schema(visit, &mut form)?;
    let reason = reason(&mut form);
    let acted = visit
        .found(move |office, clerk| {
            let Some(person) = office.of_number(no)? else { return Ok(None) };
            let act = changed(office, &schema, &person, act)?;
            office.act_or_propose(clerk, &schema, &person, &act, &reason).map(Some)
        })
        .await?;
    Ok(match acted {
        Acted::Done(changed) => {
            visit.service().tally.status_changes.add(u64::from(changed.done));
            let said = if changed.done { "changed" } else { "unchanged" };
            Redirect::to(&format!("/people/{}?said={said}", no.0)).into_response()
        }
        Acted::Proposed(id) => Redirect::to(&format!("/proposals/{}", id.0)).into_response(),
    })
}

/// The form sends every attribute back; only those that differ from the record are corrected, so that the audit and
/// whoever approves see what is meant.
fn changed(
    office: &Issuer,
    schema: &SchemaId,
    person: &PersonId,
    act: PersonAct,
) -> Result<PersonAct, ActError> {
    let PersonAct::Correct(mut set) = act else { return Ok(act) };
    let same = office.record_texts(schema, person)?;
    set.retain(|name, text| same.get(name).map_or("", String::as_str) != text);
    Ok(PersonAct::Correct(set))
}

/// The parts of a form that every act has.
pub(super) fn asked(
    visit: &Visit,
    no: No,
    form: Fields,
) -> Result<(PersonNo, BTreeMap<String, String>), PageFailure> {
    visit.allow(Right::Serve)?;
    let Form(form) = form.map_err(|_| visit.fails(Kind::Malformed))?;
    Ok((number(visit, no)?, form))
}

pub(super) fn schema(visit: &Visit, form: &mut BTreeMap<String, String>) -> Result<SchemaId, PageFailure> {
    let schema = take(form, "schema").and_then(|text| text.parse().ok());
    schema.ok_or_else(|| visit.fails(Kind::Malformed))
}

/// What was typed goes before what was chosen.
pub(super) fn reason(form: &mut BTreeMap<String, String>) -> String {
    let typed = take(form, "other").map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    typed.or_else(|| take(form, "reason")).unwrap_or_default()
}

fn take(form: &mut BTreeMap<String, String>, key: &str) -> Option<String> {
    form.remove(key)
}

fn number(visit: &Visit, no: No) -> Result<PersonNo, PageFailure> {
    no.map(|Path(no)| PersonNo(no)).map_err(|_| visit.fails(Kind::NotFound))
}
