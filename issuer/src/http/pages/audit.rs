//! The audit list: who did what, when, and how it ended.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use serde::Deserialize;
use service::civil_time;
use service::web::{Layout, render};

use super::error::PageError;
use super::proposals::outcome_words;
use super::visit::{Permission, TopBar, Visit};
use super::words;
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
    let lines = visit.work(move |issuer, _| issuer.audit_before(before, SHOWN)).await?;
    let (page, bar) = visit.framed();
    let next = lines.last().filter(|_| lines.len() == SHOWN as usize).map(|line| line.id);
    let lines = lines.into_iter().map(|line| view(line, &page)).collect();
    Ok(render(&AuditPage { page, bar, lines, next }))
}

fn view(line: AuditLine, page: &Layout) -> EventView {
    let outcome = line.outcome.map_or_else(|| page.say("audit-no-outcome"), |w| outcome_words(page, &w));
    EventView {
        id: line.id,
        at: civil_time::second(line.at),
        clerk: line.clerk,
        act: words::say(page, words::ACT, &line.act),
        word: line.act,
        person: line.person.unwrap_or_default(),
        schema: line.schema.unwrap_or_default(),
        detail: line.detail.unwrap_or_default(),
        outcome,
    }
}

/// Lines on one page.
const SHOWN: u32 = 100;
