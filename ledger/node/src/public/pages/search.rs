//! Search over everything published, and over entries by number or by the id of their record.

use askama::Template;
use axum::response::Response;
use ledger::registry::Registry;
use service::web::{Language, Layout, Preferences, render};

use super::super::page::PageRequest;
use super::super::render::{Item, View};
use super::records;

#[derive(Template)]
#[template(path = "public/search.html")]
struct Search {
    page: Layout,
    query: String,
    /// Whether the query is longer than what is searched for.
    cut: bool,
    groups: Vec<Group>,
}

struct Group {
    title: String,
    items: Vec<Item>,
}

pub(super) fn search(view: &View<'_>, request: &PageRequest) -> Response {
    let given = request.value("q").unwrap_or_default().trim();
    let query: String = given.chars().take(LONGEST).collect();
    let groups = if query.is_empty() { Vec::new() } else { found(view, &query) };
    render(&Search { page: view.frame(), cut: query.len() < given.len(), query, groups })
}

fn found(view: &View<'_>, query: &str) -> Vec<Group> {
    let needle = query.to_lowercase();
    let group =
        |(title, list): (&str, List)| Group { title: view.say(title), items: meant(view, list, &needle) };
    let entries = Group { title: view.say("records"), items: entries(view, query) };
    let groups = [entries].into_iter().chain(LISTS.map(group));
    groups.filter(|group| !group.items.is_empty()).collect()
}

/// Everything of a kind, in the reader's language.
type List = fn(&View<'_>) -> Vec<Item>;

const LISTS: [(&str, List); 6] = [
    ("departments", |view| registry(view).departments().map(|d| super::departments::item(view, d)).collect()),
    ("verifiers", |view| registry(view).verifiers().map(|v| super::verifiers::item(view, v)).collect()),
    ("policies", |view| registry(view).policies().map(|p| super::policies::item(view, p)).collect()),
    ("models", |view| registry(view).models().map(|m| super::models::item(view, m)).collect()),
    ("schemas", |view| registry(view).schemas().map(|s| super::schemas::item(view, s)).collect()),
    ("disclosures", |view| registry(view).disclosures().map(|d| super::disclosures::item(view, d)).collect()),
];

fn registry<'a>(view: &View<'a>) -> &'a Registry {
    view.log_index.registry()
}

/// What is meant in either language, said in the reader's.
fn meant(view: &View<'_>, list: List, needle: &str) -> Vec<Item> {
    let in_language =
        |language| list(&View { preferences: Preferences { language, ..view.preferences }, ..*view });
    let languages = [Language::Chinese, Language::English].map(in_language);
    let found =
        |at: usize| languages.iter().any(|items| items.get(at).is_some_and(|item| is_meant(item, needle)));
    let shown = list(view).into_iter().enumerate().filter(|(at, _)| found(*at));
    shown.map(|(_, item)| item).take(MOST).collect()
}

fn is_meant(item: &Item, needle: &str) -> bool {
    [&item.title, &item.id, &item.note].into_iter().any(|text| text.to_lowercase().contains(needle))
}

/// The entry of this number, and the entries whose record has this id.
fn entries(view: &View<'_>, query: &str) -> Vec<Item> {
    let number = PageRequest::number(query.trim_start_matches('#'));
    let registry = view.log_index.registry();
    let departments = registry.departments().map(|department| department.id.to_string());
    let signers = departments.chain([registry.genesis().origin().to_string()]);
    let by_id = signers.filter_map(|signer| {
        let answer = view.node.ask(|sequencer| sequencer.answer(&signer, query));
        answer
            .inspect_err(|error| tracing::error!(%error, "the index cannot be asked"))
            .ok()?
            .map(|a| a.index)
    });
    let indices = number.into_iter().chain(by_id).take(MOST);
    indices.filter_map(|index| Some(records::item(view, index, &view.entry(index)?))).collect()
}

/// Characters that are searched for at most.
const LONGEST: usize = 100;
/// Things of a kind that are shown at most.
const MOST: usize = 50;
