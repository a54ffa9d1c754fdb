//! Departments: their keys, standing and history.

use askama::Template;
use axum::response::Response;
use circuits::credential::DepartmentId;
use ledger::genesis::Department;
use ledger::registry::DepartmentStatus;
use service::web::{Layout, render};

use super::super::gazette::Happened;
use super::super::hall::Asked;
use super::super::view::{Item, View};
use super::List;

#[derive(Template)]
#[template(path = "public/department.html")]
struct One {
    page: Layout,
    title: String,
    id: String,
    key: String,
    suspended: bool,
    desk: Option<String>,
    events: Vec<Told>,
    published: Vec<Item>,
}

/// An event in words.
struct Told {
    /// The entry, unless it is the genesis.
    index: Option<u64>,
    when: String,
    what: String,
    key: Option<String>,
}

pub(super) fn list(view: &View<'_>, _: &Asked) -> Response {
    let items = view.gazette.registry().departments().map(|department| item(view, department));
    List::show(view, "departments", items.collect())
}

pub(super) fn one(view: &View<'_>, asked: &Asked) -> Option<Response> {
    let id = asked.id().parse().ok()?;
    let department = view.gazette.registry().department(&id)?;
    Some(render(&One {
        page: view.frame(),
        title: view.text(&department.title),
        id: id.to_string(),
        key: department.key.to_string(),
        suspended: is_suspended(view, &id),
        desk: department.desk.as_ref().map(ToString::to_string),
        events: events(view, &id),
        published: published(view, &id),
    }))
}

/// A department among others.
pub(super) fn item(view: &View<'_>, department: &Department) -> Item {
    let standing = if is_suspended(view, &department.id) { "standing-suspended" } else { "standing-active" };
    Item {
        href: format!("/departments/{}", department.id),
        title: view.text(&department.title),
        id: department.id.to_string(),
        note: view.say(standing),
    }
}

fn is_suspended(view: &View<'_>, id: &DepartmentId) -> bool {
    view.gazette.registry().standing(id) == Some(DepartmentStatus::Suspended)
}

fn events(view: &View<'_>, id: &DepartmentId) -> Vec<Told> {
    let first = view.node.genesis().departments().iter().find(|department| department.id == *id);
    let founded = first.map(|department| Told {
        index: None,
        when: view.say("when-founded"),
        what: view.say("happened-founded"),
        key: Some(department.key.to_string()),
    });
    let later = view.gazette.history(id).iter().map(|event| {
        let (what, key) = happened(view, &event.what);
        Told { index: Some(event.index), when: view.when(event.index), what, key }
    });
    founded.into_iter().chain(later).collect()
}

fn happened(view: &View<'_>, what: &Happened) -> (String, Option<String>) {
    match what {
        Happened::Admitted(key) => (view.say("happened-admitted"), Some(key.to_string())),
        Happened::Rotated(key) => (view.say("happened-rotated"), Some(key.to_string())),
        Happened::Suspended(reason) => (view.t().say1("happened-suspended", "reason", reason), None),
        Happened::Reinstated(reason) => (view.t().say1("happened-reinstated", "reason", reason), None),
    }
}

/// What the department has published.
fn published(view: &View<'_>, id: &DepartmentId) -> Vec<Item> {
    let registry = view.gazette.registry();
    let schemas = registry.schemas().filter(|s| s.publisher == *id).map(|s| super::schemas::item(view, s));
    let policies = registry.policies().filter(|p| p.publisher == *id).map(|p| super::policies::item(view, p));
    let models = registry.models().filter(|m| m.publisher == *id).map(|m| super::models::item(view, m));
    let disclosures =
        registry.disclosures().filter(|d| d.publisher == *id).map(|d| super::disclosures::item(view, d));
    schemas.chain(policies).chain(models).chain(disclosures).collect()
}
