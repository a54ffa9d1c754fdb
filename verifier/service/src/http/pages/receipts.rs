//! The receipts of a day: what was asked, what was learnt.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use jiff::civil::Date;
use openid4vc::vp::Status;
use serde::Deserialize;
use service::civil_time;
use service::staff::LOCAL;
use service::web::{Layout, render};

use super::banner::Banner;
use super::error::PageError;
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
    rows: Vec<Row>,
}

impl Receipts {
    fn count(&self) -> String {
        self.page.t().say2("receipts-count", ("count", &self.rows.len()), ("passed", &self.passed))
    }
}

/// One receipt in words.
struct Row {
    number: String,
    time: String,
    matter: String,
    by: String,
    passed: bool,
    reason: String,
    learnt: String,
    development: bool,
}

/// The query of the list.
#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    day: Option<String>,
}

/// `GET /receipts`; a day that is none is today.
pub(super) async fn show(
    visit: Visit,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, PageError> {
    visit.allow(Right::ReadOwn)?;
    let all = visit.has(Right::ReadAll);
    let today = civil_time::date(visit.state().relying_party().now()).unwrap_or_default();
    let wanted = wanted.ok().and_then(|Query(wanted)| wanted.day?.parse::<Date>().ok());
    let day = wanted.filter(|_| all).unwrap_or(today);
    let time = civil_time::span(day);
    let receipts = visit
        .work(move |relying_party, who| {
            let of = if all { ReceiptsOf::All } else { ReceiptsOf::One(who) };
            relying_party.receipts(of, &time, who)
        })
        .await?;
    let page = visit.layout();
    let rows: Vec<Row> = receipts.into_iter().map(|receipt| row(receipt, &visit, &page)).collect();
    Ok(render(&Receipts {
        banner: Banner::new(&visit, &page),
        day: day.to_string(),
        all,
        passed: rows.iter().filter(|row| row.passed).count(),
        rows,
        page,
    }))
}

fn row(receipt: ListedReceipt, visit: &Visit, page: &Layout) -> Row {
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
    Row {
        number: receipt.number,
        time: time_of_day(receipt.time),
        matter: matter.map_or_else(|| receipt.policy.as_str().to_owned(), |matter| matter.title),
        by: by(receipt.asked_by, page),
        passed,
        reason: if passed { String::new() } else { page.say(&keys::reason(receipt.verdict, receipt.reason)) },
        learnt,
        development: receipt.development,
    }
}

/// `09:05:12`.
fn time_of_day(unix_s: u64) -> String {
    civil_time::written(unix_s, "%H:%M:%S").unwrap_or_else(|| civil_time::NO_TIME.to_owned())
}

fn by(name: Option<String>, page: &Layout) -> String {
    match name {
        None => page.say("who-program"),
        Some(name) if name == LOCAL => page.say("who-local"),
        Some(name) => name,
    }
}
