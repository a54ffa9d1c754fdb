//! Verifiers: who may ask under which name, who vouches for it, until when, and where people complain.

use askama::Template;
use axum::response::Response;
use ledger::registry::Registration;
use service::civil_time::minute;
use service::web::{Layout, render};

use super::super::page::PageRequest;
use super::super::render::{Item, Shown, View};

#[derive(Template)]
#[template(path = "public/verifiers.html")]
struct Verifiers {
    page: Layout,
    verifiers: Vec<Verifier>,
}

struct Verifier {
    client_id: String,
    name: String,
    address: String,
    basis: String,
    complaints: Shown,
    by: String,
    by_id: String,
    until: String,
    /// Whose register it is, if it is one.
    register: Option<String>,
    /// Whether the department vouches for it now.
    holds: bool,
    index: u64,
}

pub(super) fn list(view: &View<'_>, _: &PageRequest) -> Response {
    let verifiers = view.log_index.registry().verifiers().map(|found| verifier(view, found)).collect();
    render(&Verifiers { page: view.frame(), verifiers })
}

fn verifier(view: &View<'_>, found: &Registration) -> Verifier {
    let record = &found.published.item;
    Verifier {
        client_id: record.client_id.to_string(),
        name: view.text(&record.name),
        address: view.text(&record.address),
        basis: view.text(&record.legal_basis),
        complaints: Shown::new(record.complaints.url()),
        by: view.department(&found.published.publisher),
        by_id: found.published.publisher.to_string(),
        until: minute(record.until),
        register: record.register.as_ref().map(|register| view.department(register)),
        holds: holds(view, found),
        index: found.published.index,
    }
}

/// A verifier among others.
pub(super) fn item(view: &View<'_>, found: &Registration) -> Item {
    let state = if holds(view, found) { "verifier-holds" } else { "verifier-ended" };
    let by = view.department(&found.published.publisher);
    Item {
        href: "/verifiers".to_owned(),
        title: view.text(&found.published.item.name),
        id: found.published.item.client_id.to_string(),
        note: [by, view.say(state)].join(" · "),
    }
}

/// By the log's time.
fn holds(view: &View<'_>, found: &Registration) -> bool {
    found.holds_at(view.snapshot.status.time)
}
