//! The audit list: who did what, when, and how it ended.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use serde::Deserialize;
use service::web::{Layout, render};

use super::bar::Bar;
use super::failure::PageFailure;
use super::proposals::outcome_words;
use super::right::Right;
use super::visit::Visit;
use super::{keys, times};
use crate::store::audit::Line;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    page: Layout,
    bar: Bar,
    lines: Vec<View>,
    /// Where older lines begin, if there are any.
    next: Option<i64>,
}

struct View {
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
pub(super) struct Before {
    #[serde(default = "newest")]
    before: i64,
}

const fn newest() -> i64 {
    i64::MAX
}

/// `GET /audit`
pub(super) async fn show(
    visit: Visit,
    before: Result<Query<Before>, QueryRejection>,
) -> Result<Response, PageFailure> {
    visit.allow(Right::ReadAudit)?;
    let before = before.map_or(newest(), |Query(query)| query.before);
    let lines = visit.work(move |office, _| office.audit_before(before, SHOWN)).await?;
    let (page, bar) = visit.framed();
    let next = lines.last().filter(|_| lines.len() == SHOWN as usize).map(|line| line.id);
    let lines = lines.into_iter().map(|line| view(line, &page)).collect();
    Ok(render(&AuditPage { page, bar, lines, next }))
}

fn view(line: Line, page: &Layout) -> View {
    let outcome = line.outcome.map_or_else(|| page.say("audit-no-outcome"), |w| outcome_words(page, &w));
    View {
        id: line.id,
        at: times::moment(line.at),
        clerk: line.clerk,
        act: keys::say(page, keys::ACT, &line.act),
        word: line.act,
        person: line.person.unwrap_or_default(),
        schema: line.schema.unwrap_or_default(),
        detail: line.detail.unwrap_or_default(),
        outcome,
    }
}

/// Lines on one page.
const SHOWN: u32 = 100;
