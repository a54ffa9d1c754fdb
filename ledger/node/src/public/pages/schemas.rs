//! Schemas: what a credential says, attribute by attribute.

use askama::Template;
use axum::response::Response;
use circuits::schema::{Attribute, Schema};
use ledger::registry::Published;
use service::web::{Layout, render};

use super::super::page::PageRequest;
use super::super::render::{Item, Seal, View};
use super::List;

#[derive(Template)]
#[template(path = "public/schema.html")]
struct SchemaPage {
    page: Layout,
    title: String,
    id: String,
    attributes: Vec<AttributeText>,
    policies: Vec<Item>,
    seal: Seal,
}

/// An attribute in words.
struct AttributeText {
    title: String,
    name: String,
    kind: String,
    optional: bool,
}

pub(super) fn list(view: &View<'_>, _: &PageRequest) -> Response {
    let items = view.log_index.registry().schemas().map(|schema| item(view, schema));
    List::show(view, "schemas", items.collect())
}

pub(super) fn one(view: &View<'_>, request: &PageRequest) -> Option<Response> {
    let registry = view.log_index.registry();
    let found = registry.published_schema(&request.versioned().parse().ok()?)?;
    let schema = &found.item;
    let asks = registry.policies().filter(|policy| {
        policy.checked.policy().credentials.iter().any(|query| query.schema == schema.schema)
    });
    Some(render(&SchemaPage {
        page: view.frame(),
        title: view.text(&schema.title),
        id: schema.schema.as_str().to_owned(),
        attributes: schema.attributes.iter().map(|attribute| told(view, attribute)).collect(),
        policies: asks.map(|policy| super::policies::item(view, policy)).collect(),
        seal: view.seal(found.index, found.publisher.as_str()),
    }))
}

/// A schema among others.
pub(super) fn item(view: &View<'_>, schema: &Published<Schema>) -> Item {
    let id = schema.item.schema.as_str();
    let titles: Vec<_> = schema.item.attributes.iter().map(|attribute| view.text(&attribute.title)).collect();
    Item {
        href: format!("/schemas/{id}"),
        title: view.text(&schema.item.title),
        id: id.to_owned(),
        note: titles.join(&view.say("list-comma")),
    }
}

fn told(view: &View<'_>, attribute: &Attribute) -> AttributeText {
    AttributeText {
        title: view.text(&attribute.title),
        name: attribute.name.clone(),
        kind: view.reader().form(&attribute.kind),
        optional: attribute.optional,
    }
}
