//! The audit list: who did what, when, and how it ended.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use ledger::registry::Registry;
use serde::Deserialize;
use service::civil_time;
use service::web::{Layout, render};

use super::error::PageError;
use super::proposals::outcome_words;
use super::visit::{Permission, TopBar, Visit};
use super::words;
use crate::issuer::{ActError, Issuer};
use crate::person::PersonId;
use crate::store::audit::AuditLine;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    page: Layout,
    bar: TopBar,
    lines: Vec<EventView>,
    /// Where older lines begin, if there are any.
    next: Option<i64>,
}

struct EventView {
    id: i64,
    at: String,
    clerk: String,
    word: String,
    act: String,
    /// Empty where it is about nobody, or nobody with a name.
    name: String,
    person: String,
    schema: String,
    detail: String,
    outcome: String,
}

/// Which lines are shown.
#[derive(Deserialize)]
pub(super) struct BeforeQuery {
    #[serde(default = "newest")]
    before: i64,
}

const fn newest() -> i64 {
    i64::MAX
}

/// `GET /audit`
pub(super) async fn show(
    visit: Visit,
    before: Result<Query<BeforeQuery>, QueryRejection>,
) -> Result<Response, PageError> {
    visit.allow(Permission::ReadAudit)?;
    let before = before.map_or(newest(), |Query(query)| query.before);
    let lines = visit
        .work(move |issuer, _| {
            let lines = issuer.audit_before(before, SHOWN)?;
            lines.into_iter().map(|line| named(issuer, line)).collect::<Result<Vec<_>, ActError>>()
        })
        .await?;
    let (page, bar) = visit.framed();
    let next = lines.last().filter(|_| lines.len() == SHOWN as usize).map(|(line, _)| line.id);
    let registry = visit.service().issuer.registry();
    let lines = lines.into_iter().map(|(line, name)| view(line, name, &page, &registry)).collect();
    Ok(render(&AuditPage { page, bar, lines, next }))
}

/// A line with the name of whom it is about, where the desk has a record with one.
fn named(issuer: &Issuer, line: AuditLine) -> Result<(AuditLine, Option<String>), ActError> {
    let person = line.person.clone().and_then(|person| PersonId::try_from(person).ok());
    let name = person.map(|person| issuer.name_of(&person)).transpose()?.flatten();
    Ok((line, name))
}

fn view(line: AuditLine, name: Option<String>, page: &Layout, registry: &Registry) -> EventView {
    let outcome = line.outcome.map_or_else(|| page.say("audit-no-outcome"), |w| outcome_words(page, &w));
    EventView {
        id: line.id,
        at: civil_time::second(line.at),
        clerk: words::who(page, line.clerk),
        act: words::say(page, words::ACT, &line.act),
        word: line.act,
        name: name.unwrap_or_default(),
        person: line.person.unwrap_or_default(),
        schema: line.schema.map(|schema| words::credential(page, registry, &schema)).unwrap_or_default(),
        detail: line.detail.map(|detail| words::detail(page, &detail)).unwrap_or_default(),
        outcome,
    }
}

/// Lines on one page.
const SHOWN: u32 = 100;
