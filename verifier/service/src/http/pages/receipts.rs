//! The receipts of a day: what was asked, what was learnt; as a page, and as a table for spreadsheets.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use openid4vc::vp::{ReceiptName, Status};
use serde::Deserialize;
use service::civil_time;
use service::spreadsheet::inert;
use service::staff::LOCAL;
use service::web::{Layout, render};

use super::banner::Banner;
use super::error::{PageError, PageErrorKind};
use super::matter::Matter;
use super::visit::{Right, Visit};
use super::words as keys;
use crate::store::{ListedReceipt, ReceiptsOf};

#[derive(Template)]
#[template(path = "receipts.html")]
struct Receipts {
    page: Layout,
    banner: Banner,
    day: String,
    /// Whether other days and other people's receipts can be read.
    all: bool,
    passed: usize,
    rows: Vec<Shown>,
    search: Search,
}

impl Receipts {
    fn count(&self) -> String {
        self.page.t().say2("receipts-count", ("count", &self.rows.len()), ("passed", &self.passed))
    }
}

/// The field for a receipt's number.
#[derive(Default)]
pub(super) struct Search {
    /// What was typed, to be corrected.
    pub(super) typed: String,
    /// What is wrong with it.
    pub(super) fault: Option<String>,
}

/// One receipt in words.
pub(super) struct Shown {
    /// As it is kept.
    pub(super) number: String,
    /// As people read it.
    pub(super) written: String,
    pub(super) time: String,
    /// With the day.
    pub(super) moment: String,
    pub(super) matter: String,
    pub(super) by: String,
    pub(super) passed: bool,
    pub(super) reason: String,
    pub(super) learnt: String,
    pub(super) development: bool,
}

/// The query of the list.
#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    day: Option<String>,
}

type WantedQuery = Result<Query<Wanted>, QueryRejection>;

/// `GET /receipts`; a day that is none is today.
pub(super) async fn show(visit: Visit, wanted: WantedQuery) -> Result<Response, PageError> {
    visit.allow(Right::ReadOwn)?;
    page(&visit, day(wanted), Search::default()).await
}

/// `GET /receipts/export`: the same as a CSV file, in the reader's language.
pub(super) async fn export(visit: Visit, wanted: WantedQuery) -> Result<Response, PageError> {
    visit.allow(Right::ReadOwn)?;
    let (all, day) = readable(&visit, day(wanted));
    let receipts = visit
        .work(move |relying_party, who| {
            let of = if all { ReceiptsOf::All } else { ReceiptsOf::One(who) };
            relying_party.export_receipts(of, day, who)
        })
        .await?;
    let page = visit.layout();
    let rows = receipts.into_iter().map(|receipt| shown(receipt, &visit, &page));
    let table = table(rows, &page).map_err(|_| visit.fails(PageErrorKind::Internal))?;
    let disposition = format!("attachment; filename=\"receipts-{day}.csv\"");
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, &disposition)];
    Ok((headers, table).into_response())
}

/// The list of a day, of today if none is wanted, with what was searched.
pub(super) async fn page(visit: &Visit, wanted: Option<Date>, search: Search) -> Result<Response, PageError> {
    let (all, day) = readable(visit, wanted);
    let time = civil_time::span(day);
    let receipts = visit
        .work(move |relying_party, who| {
            let of = if all { ReceiptsOf::All } else { ReceiptsOf::One(who) };
            relying_party.receipts(of, &time, who)
        })
        .await?;
    let page = visit.layout();
    let rows: Vec<Shown> = receipts.into_iter().map(|receipt| shown(receipt, visit, &page)).collect();
    Ok(render(&Receipts {
        banner: Banner::new(visit, &page),
        day: day.to_string(),
        all,
        passed: rows.iter().filter(|row| row.passed).count(),
        rows,
        search,
        page,
    }))
}

/// One receipt, as a person of the staff reads it.
pub(super) fn shown(receipt: ListedReceipt, visit: &Visit, page: &Layout) -> Shown {
    let passed = receipt.verdict == Status::Passed;
    let matter = Matter::find(&receipt.policy, visit);
    let mut learnt = match &matter {
        Some(matter) if passed && !matter.handed_over.is_empty() => {
            page.t().say1("learnt-also", "what", matter.list())
        }
        _ if passed => page.say("learnt-only-yes"),
        _ => page.say("learnt-only-no"),
    };
    if receipt.linked {
        learnt = format!("{learnt} {}", page.say("learnt-linked"));
    }
    Shown {
        written: ReceiptName::in_groups(&receipt.number),
        number: receipt.number,
        time: written(receipt.time, "%H:%M:%S"),
        moment: written(receipt.time, "%Y-%m-%d %H:%M:%S"),
        matter: matter.map_or_else(|| receipt.policy.as_str().to_owned(), |matter| matter.title),
        by: by(receipt.asked_by, page),
        passed,
        reason: if passed { String::new() } else { page.say(&keys::reason(receipt.verdict, receipt.reason)) },
        learnt,
        development: receipt.development,
    }
}

fn day(wanted: WantedQuery) -> Option<Date> {
    wanted.ok().and_then(|Query(wanted)| wanted.day?.parse().ok())
}

/// Whether everybody's receipts are read, and of which day.
fn readable(visit: &Visit, wanted: Option<Date>) -> (bool, Date) {
    let all = visit.has(Right::ReadAll);
    let today = civil_time::date(visit.state().relying_party().now()).unwrap_or_default();
    (all, wanted.filter(|_| all).unwrap_or(today))
}

/// Numbers stand in groups, because a spreadsheet keeps only fifteen digits of what it takes for a number; the byte order
/// mark makes it read the file as UTF-8.
fn table(rows: impl Iterator<Item = Shown>, page: &Layout) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    table.write_record([
        page.say("column-number"),
        page.say("column-time"),
        page.say("column-matter"),
        page.say("column-verdict"),
        page.say("column-reason"),
        page.say("column-learnt"),
        page.say("column-by"),
        page.say("column-keys"),
    ])?;
    for row in rows {
        let verdict = page.say(if row.passed { "verdict-passed" } else { "verdict-failed" });
        let keys = if row.development { page.say("receipts-development") } else { String::new() };
        let cells = [row.written, row.moment, row.matter, verdict, row.reason, row.learnt, row.by, keys];
        table.write_record(cells.iter().map(|cell| inert(cell).into_owned()))?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

fn written(unix_s: u64, form: &str) -> String {
    civil_time::written(unix_s, form).unwrap_or_else(|| civil_time::NO_TIME.to_owned())
}

fn by(name: Option<String>, page: &Layout) -> String {
    match name {
        None => page.say("who-program"),
        Some(name) if name == LOCAL => page.say("who-local"),
        Some(name) => name,
    }
}
