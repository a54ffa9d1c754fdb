//! Entries of the log, one by one.

use askama::Template;
use axum::response::Response;
use ledger::record::{Entry, Record};
use ledger::resource::Resource;
use ledger::tile::{Numbered, TILE_WIDTH, TileWidth};
use serde_json::Value;
use service::web::{Layout, render};

use super::super::counts::{FEW, ShownCount, is_totals, without_small};
use super::super::document::pretty;
use super::super::page::PageRequest;
use super::super::render::{Item, Seal, View};
use crate::http::read::read;
use crate::tiles;

#[derive(Template)]
#[template(path = "public/records.html")]
struct Records {
    page: Layout,
    items: Vec<Item>,
    /// The index to go on from.
    earlier: Option<u64>,
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
    summary: Option<String>,
    approvals: Vec<String>,
    json: String,
    /// Below which numbers the entry's are not shown.
    few: Option<u64>,
    seal: Seal,
}

/// The newest first, a page at a time.
pub(super) fn list(view: &View<'_>, request: &PageRequest) -> Response {
    let size = view.snapshot.status.size;
    let to = request.value("before").and_then(PageRequest::number).unwrap_or(size).min(size);
    let from = to.saturating_sub(PAGE);
    let items = (from..).zip(entries(view, from, to)).map(|(index, entry)| item(view, index, &entry));
    let mut items: Vec<_> = items.collect();
    items.reverse();
    render(&Records { page: view.frame(), items, earlier: (from > 0).then_some(from) })
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
        summary: summary(view, record),
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
    let signer = entry.signer().to_string();
    let by = signer.parse().map_or_else(|_| signer.clone(), |id| view.department(&id));
    Item {
        href: format!("/records/{index}"),
        title: format!("#{index} {}", kind(view, entry.record())),
        id: entry.record().id().to_string(),
        note: by,
    }
}

/// A record's kind in words.
pub(super) fn kind(view: &View<'_>, record: &Record) -> String {
    view.say(&format!("kind-{}", record.kind().replace('.', "-")))
}

/// Entries of the log; each bundle is read once.
fn entries(view: &View<'_>, from: u64, to: u64) -> Vec<Entry> {
    let bundles = from / TILE_WIDTH..to.div_ceil(TILE_WIDTH);
    let read = bundles.flat_map(|index| (index * TILE_WIDTH..).zip(bundle(view, index)));
    let wanted = read.filter(|(index, _)| (from..to).contains(index));
    wanted.map_while(|(_, bytes)| Entry::parse(&bytes).ok()).collect()
}

fn bundle(view: &View<'_>, index: u64) -> Vec<Vec<u8>> {
    let Some(width) = TileWidth::at(index, view.snapshot.status.size) else { return Vec::new() };
    let bytes = read(view.node, &Resource::Entries(Numbered { index, width }));
    let bytes = bytes.inspect_err(|error| tracing::error!(%error, "entries cannot be read"));
    let bytes = bytes.ok().flatten().unwrap_or_default();
    tiles::split_bundle(&bytes).unwrap_or_default().into_iter().map(<[u8]>::to_vec).collect()
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

/// What an entry about credentials or persons says, without telling of whom, which the log does not know.
fn summary(view: &View<'_>, record: &Record) -> Option<String> {
    match record {
        Record::Commit(r) => Some(view.t().say2(
            "summary-commit",
            ("schema", &view.schema(&r.schema)),
            ("count", &r.inner.len()),
        )),
        Record::Status(r) => Some(view.t().say1("summary-status", "count", r.changes.len())),
        Record::Withdraw(r) => {
            Some(view.t().say1("summary-withdraw", "department", view.department(&r.department)))
        }
        Record::Recovery(r) => {
            Some(view.t().say1("summary-recovery", "department", view.department(&r.desk)))
        }
        Record::Root(r) => Some(view.t().say1("summary-root", "leaves", r.leaves)),
        Record::Admit(_)
        | Record::Rotate(_)
        | Record::Suspend(_)
        | Record::Reinstate(_)
        | Record::Schema(_)
        | Record::Policy(_)
        | Record::Model(_)
        | Record::Key(_)
        | Record::Retire(_)
        | Record::Verifier(_)
        | Record::Trustee(_)
        | Record::Disclosure(_) => None,
    }
}

/// Entries of one page.
const PAGE: u64 = 50;
