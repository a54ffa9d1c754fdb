//! The pages, one module each kind.

mod checkpoints;
mod departments;
mod disclosures;
mod feeds;
mod home;
mod keys;
mod models;
mod numbers;
mod policies;
mod records;
mod schemas;
mod search;
mod verifiers;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::Response;
use service::web::{Layout, render};

use super::page::{PublicPages, form, page};
use super::render::{Item, View};

/// Every page under its path.
pub(super) fn routes() -> Router<Arc<PublicPages>> {
    Router::new()
        .route("/", page(home::home))
        .route("/departments", page(departments::list))
        .route("/departments/{id}", page(departments::one))
        .route("/schemas", page(schemas::list))
        .route("/schemas/{name}/{version}", page(schemas::one))
        .route("/policies", page(policies::list))
        .route("/policies/{name}/{version}", page(policies::one))
        .route("/models", page(models::list))
        .route("/models/{name}/{version}", page(models::one))
        .route("/disclosures", page(disclosures::list))
        .route("/disclosures/{index}", page(disclosures::one))
        .route("/records", page(records::list))
        .route("/records/feed.atom", page(feeds::atom))
        .route("/records/feed.json", page(feeds::json))
        .route("/records/records.csv", page(feeds::csv))
        .route("/records/{index}", page(records::one))
        .route("/verifiers", page(verifiers::list))
        .route("/keys", page(keys::list))
        .route("/checkpoints", page(checkpoints::list))
        .route("/numbers", page(numbers::numbers))
        .route("/search", page(search::search).merge(form(search::asked)))
}

/// First parts of the pages' paths.
pub(super) const FOLDERS: [&str; 11] = [
    "departments",
    "schemas",
    "policies",
    "models",
    "disclosures",
    "records",
    "verifiers",
    "keys",
    "checkpoints",
    "numbers",
    "search",
];

/// A page that is a list.
#[derive(Template)]
#[template(path = "public/list.html")]
struct List {
    page: Layout,
    title: String,
    intro: String,
    items: Vec<Item>,
}

impl List {
    /// A list whose title and first sentence are the words `<kind>` and `<kind>-intro`.
    fn show(view: &View<'_>, kind: &str, items: Vec<Item>) -> Response {
        let title = view.say(kind);
        let intro = view.say(&format!("{kind}-intro"));
        render(&Self { page: view.frame(), title, intro, items })
    }
}
