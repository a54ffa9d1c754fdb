//! How many credentials were issued, revoked and checked; small numbers are not shown.

use askama::Template;
use axum::response::Response;
use ledger::record::{Disclosed, DisclosurePublish};
use ledger::registry::Published;
use serde_json::Value;
use service::web::{Layout, render};

use super::super::counts::{FEW, OfSchema, ShownCount, is_totals};
use super::super::page::PageRequest;
use super::super::render::View;

#[derive(Template)]
#[template(path = "public/numbers.html")]
struct Numbers {
    page: Layout,
    few: u64,
    credentials: Vec<Credentials>,
    checks: Vec<Checks>,
}

struct Credentials {
    title: String,
    id: String,
    issued: String,
    revoked: String,
    suspended: String,
}

/// What counters say that they checked, in one disclosure.
struct Checks {
    title: String,
    index: u64,
    publisher: String,
    when: String,
    rows: Vec<Check>,
}

struct Check {
    policy: String,
    passed: String,
    declined: String,
}

pub(super) fn numbers(view: &View<'_>, _: &PageRequest) -> Response {
    let all: Vec<_> = view.log_index.registry().disclosures().collect();
    let totals = all.into_iter().rev().filter(|found| is_totals(&found.item)).take(MOST);
    render(&Numbers {
        page: view.frame(),
        few: FEW,
        credentials: view.log_index.counts().schemas().iter().map(|of| credentials(view, of)).collect(),
        checks: totals.filter_map(|found| checks(view, found)).collect(),
    })
}

fn credentials(view: &View<'_>, of: &OfSchema) -> Credentials {
    let count = |count| view.count(ShownCount::new(count));
    Credentials {
        title: view.schema(&of.schema),
        id: of.schema.as_str().to_owned(),
        issued: count(of.issued),
        revoked: count(of.revoked),
        suspended: count(of.suspended),
    }
}

fn checks(view: &View<'_>, found: &Published<DisclosurePublish>) -> Option<Checks> {
    let Disclosed::Inline(document) = &found.item.content else { return None };
    let rows = document.get("totals")?.as_array()?;
    Some(Checks {
        title: view.text(&found.item.title),
        index: found.index,
        publisher: view.department(&found.publisher),
        when: view.when(found.index),
        rows: rows.iter().take(MOST).filter_map(|row| check(view, row)).collect(),
    })
}

fn check(view: &View<'_>, row: &Value) -> Option<Check> {
    let policy = row.get("policy")?.as_str()?;
    let published = policy.parse().ok().and_then(|id| view.log_index.registry().policy(&id));
    let title = published.map(|found| view.text(&found.checked.policy().title));
    // What a department left out, and what it should have left out, is few.
    let count = |key: &str| view.count(ShownCount::new(row.get(key).and_then(Value::as_u64).unwrap_or(0)));
    Some(Check {
        policy: title.unwrap_or_else(|| policy.to_owned()),
        passed: count("passed"),
        declined: count("declined"),
    })
}

/// Disclosures, and rows of each, at most.
const MOST: usize = 60;
