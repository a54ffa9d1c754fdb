//! Disclosures: public documents, with charts where they are lists of amounts or of work done.

use askama::Template;
use axum::response::Response;
use ledger::record::{Disclosed, DisclosurePublish};
use ledger::registry::Published;
use serde_json::Value;
use service::web::{Layout, render};

use super::super::counts::{FEW, ShownCount, is_totals, without_small};
use super::super::document::Document;
use super::super::page::PageRequest;
use super::super::render::{Item, Seal, Shown, View};
use super::List;

#[derive(Template)]
#[template(path = "public/disclosure.html")]
struct DisclosurePage {
    page: Layout,
    title: String,
    category: String,
    document: Document,
    /// Where the document is, and its digest, if it is not on the ledger.
    linked: Option<(Shown, String)>,
    /// Below which numbers the document's are not shown.
    few: Option<u64>,
    seal: Seal,
}

/// The newest first.
pub(super) fn list(view: &View<'_>, _: &PageRequest) -> Response {
    let all: Vec<_> = view.log_index.registry().disclosures().collect();
    let items = all.into_iter().rev().take(MOST).map(|disclosure| item(view, disclosure));
    List::show(view, "disclosures", items.collect())
}

pub(super) fn one(view: &View<'_>, request: &PageRequest) -> Option<Response> {
    let index = PageRequest::number(request.id())?;
    let found = view.log_index.registry().disclosures().find(|found| found.index == index)?;
    let (document, linked) = match &found.item.content {
        Disclosed::Inline(document) => (read(view, &found.item, document), None),
        Disclosed::Linked { url, digest } => {
            (Document::default(), Some((Shown::new(url), digest.to_string())))
        }
    };
    Some(render(&DisclosurePage {
        page: view.frame(),
        title: view.text(&found.item.title),
        category: category(view, found.item.category.as_str()),
        document,
        linked,
        few: is_totals(&found.item).then_some(FEW),
        seal: view.seal(found.index, found.publisher.as_str()),
    }))
}

/// The document of a disclosure; totals of counters without their small numbers.
fn read(view: &View<'_>, disclosure: &DisclosurePublish, document: &Value) -> Document {
    if is_totals(disclosure) {
        return Document::read(&without_small(document, &view.count(ShownCount::Few)), view.t());
    }
    Document::read(document, view.t())
}

/// A disclosure among others.
pub(super) fn item(view: &View<'_>, found: &Published<DisclosurePublish>) -> Item {
    let parts = [
        category(view, found.item.category.as_str()),
        view.department(&found.publisher),
        view.when(found.index),
    ];
    Item {
        href: format!("/disclosures/{}", found.index),
        title: view.text(&found.item.title),
        id: found.item.id.to_string(),
        note: parts.join(" · "),
    }
}

/// A category in words, if there are words for it.
fn category(view: &View<'_>, category: &str) -> String {
    let known = format!("category-{category}");
    if super::super::render::WORDS.knows(&known) { view.say(&known) } else { category.to_owned() }
}

/// Disclosures of one list at most; the search finds the others.
const MOST: usize = 500;
