//! Entries of the log, one by one.

use askama::Template;
use axum::response::Response;
use ledger::genesis::Department;
use ledger::record::{Entry, Record, RecordKind};
use serde_json::Value;
use service::web::{Layout, render};

use super::super::counts::{FEW, ShownCount, is_totals, without_small};
use super::super::document::pretty;
use super::super::entries::{ALL, Filter, Kinds};
use super::super::page::PageRequest;
use super::super::render::{Item, Seal, View};

#[derive(Template)]
#[template(path = "public/records.html")]
struct Records {
    page: Layout,
    rows: Vec<Row>,
    departments: Vec<Choice>,
    kinds: Vec<Choice>,
    /// The filter and the language, for the same list in another form.
    query: String,
    /// The query of the page to go on with.
    earlier: Option<String>,
}

/// An entry of the list.
struct Row {
    index: u64,
    when: String,
    kind: String,
    about: String,
    by: String,
}

/// A choice of a filter.
struct Choice {
    value: String,
    title: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "public/record.html")]
struct RecordPage {
    page: Layout,
    kind: String,
    kind_name: &'static str,
    record_id: String,
    /// The page that shows what the entry published.
    shown_at: Option<String>,
    summary: String,
    /// The entries beside it.
    previous: Option<u64>,
    next: Option<u64>,
    approvals: Vec<String>,
    json: String,
    /// Below which numbers the entry's are not shown.
    few: Option<u64>,
    seal: Seal,
}

/// The newest first, a page at a time.
pub(super) fn list(view: &View<'_>, request: &PageRequest) -> Response {
    let filter = Filter::of(request);
    let found = filter.find(view, PAGE);
    render(&Records {
        page: view.frame(),
        rows: found.entries.iter().map(|(index, entry)| row(view, *index, entry)).collect(),
        departments: departments(view, &filter),
        kinds: kinds(view, &filter),
        query: filter.query(None, &[("lang", view.preferences.language.tag())]),
        earlier: found.earlier.map(|before| filter.query(Some(before), &[])),
    })
}

pub(super) fn one(view: &View<'_>, request: &PageRequest) -> Option<Response> {
    let index = PageRequest::number(request.id())?;
    let entry = view.entry(index)?;
    let record = entry.record();
    let totals = has_small_numbers(record);
    Some(render(&RecordPage {
        page: view.frame(),
        kind: kind(view, record),
        kind_name: record.kind(),
        record_id: record.id().to_string(),
        shown_at: shown_at(index, &entry),
        summary: about(view, record),
        previous: index.checked_sub(1),
        next: index.checked_add(1).filter(|next| *next < view.snapshot.status.size),
        approvals: record.approvals().iter().map(|approval| view.department(&approval.signer)).collect(),
        json: pretty(&written(view, &entry, totals)?),
        few: totals.then_some(FEW),
        seal: view.seal(index, &entry.signer().to_string()),
    }))
}

/// The entry as it is written. The log is public and keeps what a department signed; of totals of counters, this page
/// does not repeat the small numbers all the same.
fn written(view: &View<'_>, entry: &Entry, totals: bool) -> Option<Value> {
    let mut json: Value = serde_json::from_slice(entry.bytes()).ok()?;
    if totals && let Some(document) = json.pointer_mut("/record/document") {
        *document = without_small(document, &view.count(ShownCount::Few));
    }
    Some(json)
}

/// An entry among others.
pub(super) fn item(view: &View<'_>, index: u64, entry: &Entry) -> Item {
    Item {
        href: format!("/records/{index}"),
        title: format!("#{index} {}", kind(view, entry.record())),
        id: entry.record().id().to_string(),
        note: [about(view, entry.record()), signer(view, entry)].join(" · "),
    }
}

/// Who signed an entry, by name.
pub(super) fn signer(view: &View<'_>, entry: &Entry) -> String {
    entry.signer().to_string().parse().map_or_else(|_| view.say("the-log"), |id| view.department(&id))
}

/// What a record is about, in one sentence or by name. Of persons the log tells nothing.
pub(super) fn about(view: &View<'_>, record: &Record) -> String {
    view.reader().about(record)
}

/// A record's kind in words.
pub(super) fn kind(view: &View<'_>, record: &Record) -> String {
    kind_title(view, record.kind())
}

fn kind_title(view: &View<'_>, kind: &str) -> String {
    view.say(&format!("kind-{}", kind.replace('.', "-")))
}

fn row(view: &View<'_>, index: u64, entry: &Entry) -> Row {
    let record = entry.record();
    Row {
        index,
        when: view.when(index),
        kind: kind(view, record),
        about: about(view, record),
        by: signer(view, entry),
    }
}

fn departments(view: &View<'_>, filter: &Filter) -> Vec<Choice> {
    let chosen = filter.department.as_ref();
    let one = |department: &Department| Choice {
        value: department.id.to_string(),
        title: view.text(&department.title),
        chosen: chosen == Some(&department.id),
    };
    let any =
        Choice { value: String::new(), title: view.say("filter-departments"), chosen: chosen.is_none() };
    [any].into_iter().chain(view.log_index.registry().departments().map(one)).collect()
}

fn kinds(view: &View<'_>, filter: &Filter) -> Vec<Choice> {
    let choice = |value: &str, title: String, kinds: Kinds| Choice {
        value: value.to_owned(),
        title,
        chosen: filter.kinds == kinds,
    };
    let of_departments = choice("", view.say("filter-kinds"), Kinds::OfDepartments);
    let all = choice(ALL, view.say("filter-all"), Kinds::All);
    let one = |kind: RecordKind| choice(kind.as_str(), kind_title(view, kind.as_str()), Kinds::One(kind));
    [of_departments, all].into_iter().chain(RecordKind::ALL.map(one)).collect()
}

fn shown_at(index: u64, entry: &Entry) -> Option<String> {
    match entry.record() {
        Record::Admit(r) => Some(format!("/departments/{}", r.department.id)),
        Record::Rotate(r) => Some(format!("/departments/{}", r.department)),
        Record::Suspend(r) => Some(format!("/departments/{}", r.department)),
        Record::Reinstate(r) => Some(format!("/departments/{}", r.department)),
        Record::Schema(r) => Some(format!("/schemas/{}", r.schema.schema.as_str())),
        Record::Policy(r) => Some(format!("/policies/{}", r.policy.policy.as_str())),
        Record::Model(r) => Some(format!("/models/{}", r.model.id().as_str())),
        Record::Withdraw(r) => Some(format!("/departments/{}", r.department)),
        Record::Verifier(_) => Some("/verifiers".to_owned()),
        Record::Trustee(_) => Some(format!("/departments/{}", entry.signer())),
        Record::Recovery(r) => Some(format!("/departments/{}", r.desk)),
        Record::Disclosure(_) => Some(format!("/disclosures/{index}")),
        Record::Key(_) | Record::Retire(_) => Some("/keys".to_owned()),
        Record::Commit(_) | Record::Status(_) | Record::Root(_) => None,
    }
}

/// Whether the record's document counts what counters checked.
fn has_small_numbers(record: &Record) -> bool {
    match record {
        Record::Disclosure(disclosure) => is_totals(disclosure),
        Record::Admit(_)
        | Record::Rotate(_)
        | Record::Suspend(_)
        | Record::Reinstate(_)
        | Record::Schema(_)
        | Record::Policy(_)
        | Record::Model(_)
        | Record::Key(_)
        | Record::Retire(_)
        | Record::Commit(_)
        | Record::Status(_)
        | Record::Withdraw(_)
        | Record::Verifier(_)
        | Record::Trustee(_)
        | Record::Recovery(_)
        | Record::Root(_) => false,
    }
}

/// Entries of one page.
const PAGE: usize = 50;
