//! Search over everything published: titles, identifiers, digests and the pages' own words, entries by number or by the id of
//! their record, and the entry that issued what is at a position.
//!
//! What is typed comes in the body of a form, so that something personal is in no address and no log; the answer to it is an
//! address with the words, which may be kept and sent on, unless they look like an identity number.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use ledger::digest::Digest;
use ledger::record::{Disclosed, Record, RecordKind};
use ledger::registry::{PublishedKey, Registry};
use service::web::{Language, Layout, Preferences, render};
use url::form_urlencoded;

use super::super::page::PageRequest;
use super::super::render::{Item, View};
use super::super::typed::{folded, has_identity_number};
use super::records;

#[derive(Template)]
#[template(path = "public/search.html")]
struct Search {
    page: Layout,
    query: String,
    /// Whether the query is longer than what is searched for.
    cut: bool,
    /// Whether it was not looked for, because it looks like an identity number. It is not repeated either.
    personal: bool,
    groups: Vec<Group>,
}

struct Group {
    title: String,
    items: Vec<Item>,
}

pub(super) fn search(view: &View<'_>, request: &PageRequest) -> Response {
    let given = request.value("q").unwrap_or_default().trim();
    let personal = has_identity_number(given);
    let query: String = if personal { String::new() } else { given.chars().take(LONGEST).collect() };
    let groups = if query.is_empty() { Vec::new() } else { found(view, &query) };
    let cut = !personal && query.len() < given.len();
    render(&Search { page: view.frame(), cut, query, personal, groups })
}

/// The form. What looks personal is answered at once and gets no address.
pub(super) fn asked(view: &View<'_>, request: &PageRequest) -> Response {
    let given = request.value("q").unwrap_or_default();
    if has_identity_number(given) {
        return search(view, request);
    }
    let given: String = given.trim().chars().take(LONGEST + 1).collect();
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", &given).finish();
    Redirect::to(&format!("{}/search?{query}", view.preferences.base.as_str())).into_response()
}

fn found(view: &View<'_>, query: &str) -> Vec<Group> {
    let needle = folded(query);
    let group = |(title, list, marks): (&str, List, Marks)| Group {
        title: view.say(title),
        items: meant(view, list, marks, &needle),
    };
    let entries = Group { title: view.say("records"), items: entries(view, query, &needle) };
    let pages = group(("search-pages", pages, |view| pages(view).iter().map(|_| String::new()).collect()));
    let groups = [entries].into_iter().chain(LISTS.map(group)).chain([pages]);
    groups.filter(|group| !group.items.is_empty()).collect()
}

/// Everything of a kind, in the reader's language.
type List = fn(&View<'_>) -> Vec<Item>;

/// What else finds each of them: digests as pages print them, keys.
type Marks = fn(&View<'_>) -> Vec<String>;

const LISTS: [(&str, List, Marks); 7] = [
    (
        "departments",
        |view| registry(view).departments().map(|d| super::departments::item(view, d)).collect(),
        |view| registry(view).departments().map(|d| d.key.to_string()).collect(),
    ),
    (
        "verifiers",
        |view| registry(view).verifiers().map(|v| super::verifiers::item(view, v)).collect(),
        |view| registry(view).verifiers().map(|v| view.text(&v.published.item.address)).collect(),
    ),
    (
        "policies",
        |view| registry(view).policies().map(|p| super::policies::item(view, p)).collect(),
        |view| registry(view).policies().map(|p| digests(&p.digest)).collect(),
    ),
    (
        "models",
        |view| registry(view).models().map(|m| super::models::item(view, m)).collect(),
        |view| registry(view).models().map(|_| String::new()).collect(),
    ),
    (
        "schemas",
        |view| registry(view).schemas().map(|s| super::schemas::item(view, s)).collect(),
        |view| registry(view).schemas().map(|_| String::new()).collect(),
    ),
    (
        "disclosures",
        |view| registry(view).disclosures().map(|d| super::disclosures::item(view, d)).collect(),
        |view| {
            let digest = |content: &Disclosed| match content {
                Disclosed::Linked { digest, .. } => digests(digest),
                Disclosed::Inline(_) => String::new(),
            };
            registry(view).disclosures().map(|d| digest(&d.item.content)).collect()
        },
    ),
    ("keys", keys, |view| registry(view).keys().map(|key| digests(&key.record.vk_digest)).collect()),
];

/// A digest in the three ways that pages write one.
fn digests(digest: &Digest) -> String {
    [digest.to_string(), digest.short(), digest.in_groups()].join(" ")
}

fn keys(view: &View<'_>) -> Vec<Item> {
    let item = |key: &PublishedKey| Item {
        href: "/keys".to_owned(),
        title: format!("{}/{}", key.record.circuit, key.record.version),
        id: key.record.vk_digest.short(),
        note: String::new(),
    };
    registry(view).keys().map(item).collect()
}

/// Pages whose own words are looked for, and lists of one kind of record.
fn pages(view: &View<'_>) -> Vec<Item> {
    let page = |name: &str| Item {
        href: format!("/{name}"),
        title: view.say(name),
        id: String::new(),
        note: view.say(&format!("{name}-intro")),
    };
    let list = |kind: RecordKind| Item {
        href: format!("/records?kind={}", kind.as_str()),
        title: view.say(&format!("kind-{}", kind.as_str().replace('.', "-"))),
        id: String::new(),
        note: if kind == RecordKind::Status { view.say("search-status") } else { String::new() },
    };
    PAGES.map(page).into_iter().chain(RecordKind::ALL.map(list)).collect()
}

fn registry<'a>(view: &View<'a>) -> &'a Registry {
    view.log_index.registry()
}

/// What is meant in either language, said in the reader's.
fn meant(view: &View<'_>, list: List, marks: Marks, needle: &str) -> Vec<Item> {
    let in_language =
        |language| list(&View { preferences: Preferences { language, ..view.preferences }, ..*view });
    let languages = [Language::Chinese, Language::English].map(in_language);
    let marks = marks(view);
    let found = |at: usize| {
        marks.get(at).is_some_and(|marks| folded(marks).contains(needle))
            || languages.iter().any(|items| items.get(at).is_some_and(|item| is_meant(item, needle)))
    };
    let shown = list(view).into_iter().enumerate().filter(|(at, _)| found(*at));
    shown.map(|(_, item)| item).take(MOST).collect()
}

/// A department is found by "公安局" where its title is "公安".
fn is_meant(item: &Item, needle: &str) -> bool {
    let stem = needle.strip_suffix(OFFICES).filter(|stem| !stem.is_empty());
    [&item.title, &item.id, &item.note].into_iter().any(|text| folded(text).contains(needle))
        || stem
            .is_some_and(|stem| item.href.starts_with("/departments/") && folded(&item.title).contains(stem))
}

/// The entry of this number, the one that issued what is at this position, and the entries whose record has this id.
fn entries(view: &View<'_>, query: &str, needle: &str) -> Vec<Item> {
    let number = PageRequest::number(needle.trim_start_matches('#'));
    let issued = number.filter(|_| !needle.starts_with('#')).and_then(|position| issued(view, position));
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
    let found = indices.filter_map(|index| Some(records::item(view, index, &view.entry(index)?)));
    found.chain(issued).collect()
}

/// The entry that took a position of the credential tree. The state root after it is the first that counts more positions.
fn issued(view: &View<'_>, position: u64) -> Option<Item> {
    let roots = &view.snapshot.index.roots;
    let leaves = |root: u64| view.entry(root)?.record().state_root().map(|root| root.leaves);
    let after = roots.partition_point(|root| leaves(*root).is_some_and(|leaves| leaves <= position));
    let (before, root) = (*roots.get(after.checked_sub(1)?)?, *roots.get(after)?);
    let mut taken = leaves(before)?;
    for index in (before..root).skip(1).take(LARGEST_BATCH) {
        let entry = view.entry(index)?;
        if let Record::Commit(commit) = entry.record() {
            taken = taken.checked_add(u64::try_from(commit.inner.len()).ok()?)?;
            if position < taken {
                let item = records::item(view, index, &entry);
                return Some(Item { note: view.t().say1("search-position", "position", position), ..item });
            }
        }
    }
    None
}

/// Characters that are searched for at most.
const LONGEST: usize = 100;
/// Things of a kind that are shown at most.
const MOST: usize = 50;
/// Entries of a batch that are looked through.
const LARGEST_BATCH: usize = 1024;
/// Last letters of an office's name, which a title may lack.
const OFFICES: [char; 5] = ['局', '办', '委', '厅', '院'];
/// Pages that are found by what they say of themselves.
const PAGES: [&str; 10] = [
    "departments",
    "verifiers",
    "policies",
    "models",
    "disclosures",
    "schemas",
    "numbers",
    "keys",
    "checkpoints",
    "records",
];
