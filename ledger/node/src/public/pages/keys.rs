//! Keys of the circuits: what every counter checks proofs with.

use askama::Template;
use axum::response::Response;
use ledger::record::KeyUse;
use ledger::registry::PublishedKey;
use service::civil_time::minute;
use service::web::{Layout, render};

use super::super::page::PageRequest;
use super::super::render::View;

#[derive(Template)]
#[template(path = "public/keys.html")]
struct Keys {
    page: Layout,
    keys: Vec<Key>,
}

struct Key {
    name: String,
    index: u64,
    when: String,
    digest: String,
    /// When it begins and ceases to be valid, where it was said.
    from: Option<String>,
    until: Option<String>,
    development: bool,
}

pub(super) fn list(view: &View<'_>, _: &PageRequest) -> Response {
    let keys = view.log_index.registry().keys().map(|found| key(view, found)).collect();
    render(&Keys { page: view.frame(), keys })
}

fn key(view: &View<'_>, found: &PublishedKey) -> Key {
    let period = found.period();
    Key {
        name: format!("{}/{}", found.record.circuit, found.record.version),
        index: found.index,
        when: view.when(found.index),
        digest: found.record.vk_digest.to_string(),
        from: period.valid_from.map(minute),
        until: period.retire_at.map(minute),
        development: found.record.key_use == KeyUse::Development,
    }
}
