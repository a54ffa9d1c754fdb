//! The first page: what is here, and how new it is.

use askama::Template;
use axum::response::Response;
use service::civil_time::minute;
use service::web::{Layout, render};

use super::super::page::PageRequest;
use super::super::render::View;
use super::super::render::grouped;

#[derive(Template)]
#[template(path = "public/home.html")]
struct Home {
    page: Layout,
    tiles: Vec<Tile>,
    newest: u64,
    /// How much there is, and since when.
    state: String,
    /// What is copied, on a mirror.
    original: Option<String>,
    /// Entries not read yet.
    behind: Option<String>,
}

/// A way to a kind of things, with how many there are.
struct Tile {
    path: &'static str,
    title: String,
    intro: String,
    count: Option<usize>,
}

pub(super) fn home(view: &View<'_>, _: &PageRequest) -> Response {
    let status = &view.snapshot.status;
    let behind = status.size.saturating_sub(view.log_index.read());
    render(&Home {
        page: view.frame(),
        tiles: tiles(view),
        newest: status.size.saturating_sub(1),
        state: view.t().say2("home-size", ("size", &grouped(status.size)), ("when", &minute(status.time))),
        original: view.node.original().map(ToString::to_string),
        behind: (behind > 0).then(|| grouped(behind)),
    })
}

fn tiles(view: &View<'_>) -> Vec<Tile> {
    let registry = view.log_index.registry();
    let counted = [
        ("departments", Some(registry.departments().count())),
        ("verifiers", Some(registry.verifiers().count())),
        ("policies", Some(registry.policies().count())),
        ("models", Some(registry.models().count())),
        ("disclosures", Some(registry.disclosures().count())),
        ("schemas", Some(registry.schemas().count())),
        ("numbers", None),
        ("keys", Some(registry.keys().count())),
        ("checkpoints", None),
        ("records", None),
    ];
    let tile = |(path, count)| Tile {
        path,
        title: view.say(path),
        intro: view.say(&format!("{path}-intro")),
        count,
    };
    counted.map(tile).into()
}
