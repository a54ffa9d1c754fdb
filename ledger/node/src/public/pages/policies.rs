//! Policies in words.

use askama::Template;
use axum::response::Response;
use ledger::registry::PublishedPolicy;
use ledger_words::CredentialTerms;
use service::web::{Layout, render};

use super::super::page::PageRequest;
use super::super::render::{Item, Seal, View};
use super::List;

#[derive(Template)]
#[template(path = "public/policy.html")]
struct PolicyPage {
    page: Layout,
    title: String,
    id: String,
    purpose: String,
    legal_basis: String,
    sentence: String,
    credentials: Vec<CredentialTerms>,
    linked: String,
    retention: String,
    root_age: String,
    digest: String,
    seal: Seal,
}

pub(super) fn list(view: &View<'_>, _: &PageRequest) -> Response {
    let items = view.log_index.registry().policies().map(|policy| item(view, policy));
    List::show(view, "policies", items.collect())
}

pub(super) fn one(view: &View<'_>, path: &PageRequest) -> Option<Response> {
    let found = view.log_index.registry().policy(&path.versioned().parse().ok()?)?;
    let policy = found.checked.policy();
    Some(render(&PolicyPage {
        page: view.frame(),
        title: view.text(&policy.title),
        id: policy.policy.as_str().to_owned(),
        purpose: view.text(&policy.purpose),
        legal_basis: policy.legal_basis.text(view.preferences.language.tag()).to_owned(),
        sentence: view.reader().sentence(&found.checked),
        credentials: view.reader().credential_terms(&found.checked),
        linked: view.reader().linked(&found.checked),
        retention: view.reader().kept(policy),
        root_age: view.reader().fresh(policy),
        digest: found.digest.to_string(),
        seal: view.seal(found.index, found.publisher.as_str()),
    }))
}

/// A policy among others, as one sentence.
pub(super) fn item(view: &View<'_>, found: &PublishedPolicy) -> Item {
    let policy = found.checked.policy();
    let id = policy.policy.as_str();
    Item {
        href: format!("/policies/{id}"),
        title: view.text(&policy.title),
        id: id.to_owned(),
        note: view.reader().sentence(&found.checked),
    }
}
