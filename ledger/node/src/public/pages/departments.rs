//! Departments: their keys, status and history.

use askama::Template;
use axum::response::Response;
use circuits::credential::DepartmentId;
use ledger::genesis::Department;
use ledger::record::{ReasonCode, TrusteePublish};
use ledger::registry::{DepartmentStatus, Published};
use service::web::{Layout, render};

use super::super::log_index::Happened;
use super::super::page::PageRequest;
use super::super::render::{Item, Shown, View};
use super::List;

#[derive(Template)]
#[template(path = "public/department.html")]
struct DepartmentPage {
    page: Layout,
    title: String,
    id: String,
    key: String,
    suspended: bool,
    desk: Option<Shown>,
    trustee: Option<TrusteeText>,
    events: Vec<EventText>,
    published: Vec<Item>,
}

/// Where the department keeps shares of person secrets.
struct TrusteeText {
    /// The entry.
    index: u64,
    key: String,
    url: Shown,
}

/// An event in words.
struct EventText {
    /// The entry, unless it is the genesis.
    index: Option<u64>,
    when: String,
    what: String,
    key: Option<String>,
}

pub(super) fn list(view: &View<'_>, _: &PageRequest) -> Response {
    let items = view.log_index.registry().departments().map(|department| item(view, department));
    List::show(view, "departments", items.collect())
}

pub(super) fn one(view: &View<'_>, request: &PageRequest) -> Option<Response> {
    let id = request.id().parse().ok()?;
    let department = view.log_index.registry().department(&id)?;
    Some(render(&DepartmentPage {
        page: view.frame(),
        title: view.text(&department.title),
        id: id.to_string(),
        key: department.key.to_string(),
        suspended: is_suspended(view, &id),
        desk: department.desk.as_ref().map(Shown::new),
        trustee: view.log_index.registry().trustee(&id).map(trustee),
        events: events(view, &id),
        published: published(view, &id),
    }))
}

/// A department among others.
pub(super) fn item(view: &View<'_>, department: &Department) -> Item {
    let status = if is_suspended(view, &department.id) { "standing-suspended" } else { "standing-active" };
    Item {
        href: format!("/departments/{}", department.id),
        title: view.text(&department.title),
        id: department.id.to_string(),
        note: view.say(status),
    }
}

fn trustee(published: &Published<TrusteePublish>) -> TrusteeText {
    let item = &published.item;
    TrusteeText { index: published.index, key: item.key.to_string(), url: Shown::new(item.url.url()) }
}

fn is_suspended(view: &View<'_>, id: &DepartmentId) -> bool {
    view.log_index.registry().status(id) == Some(DepartmentStatus::Suspended)
}

fn events(view: &View<'_>, id: &DepartmentId) -> Vec<EventText> {
    let first = view.node.genesis().departments().iter().find(|department| department.id == *id);
    let founded = first.map(|department| EventText {
        index: None,
        when: view.say("when-founded"),
        what: view.say("happened-founded"),
        key: Some(department.key.to_string()),
    });
    let later = view.log_index.history(id).iter().map(|event| {
        let (what, key) = happened(view, &event.what);
        EventText { index: Some(event.index), when: view.when(event.index), what, key }
    });
    founded.into_iter().chain(later).collect()
}

fn happened(view: &View<'_>, what: &Happened) -> (String, Option<String>) {
    let why = |key, reason: &ReasonCode| view.t().say1(key, "reason", view.reader().reason(reason.as_str()));
    match what {
        Happened::Admitted(key) => (view.say("happened-admitted"), Some(key.to_string())),
        Happened::Rotated(key) => (view.say("happened-rotated"), Some(key.to_string())),
        Happened::Suspended(reason) => (why("happened-suspended", reason), None),
        Happened::Reinstated(reason) => (why("happened-reinstated", reason), None),
        Happened::Withdrawn(reason) => (why("happened-withdrawn", reason), None),
    }
}

/// What the department has published.
fn published(view: &View<'_>, id: &DepartmentId) -> Vec<Item> {
    let registry = view.log_index.registry();
    let schemas = registry.schemas().filter(|s| s.publisher == *id).map(|s| super::schemas::item(view, s));
    let policies = registry.policies().filter(|p| p.publisher == *id).map(|p| super::policies::item(view, p));
    let models = registry.models().filter(|m| m.publisher == *id).map(|m| super::models::item(view, m));
    let disclosures =
        registry.disclosures().filter(|d| d.publisher == *id).map(|d| super::disclosures::item(view, d));
    schemas.chain(policies).chain(models).chain(disclosures).collect()
}
