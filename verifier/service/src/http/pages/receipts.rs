//! The receipts of a day: what was asked, what was learnt.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use jiff::civil::Date;
use openid4vc::vp::Status;
use serde::Deserialize;
use service::staff::LOCAL;
use service::web::{Layout, render};

use super::banner::Banner;
use super::failure::PageFailure;
use super::keys;
use super::matter::Matter;
use super::right::Right;
use super::times::{clock, day, span};
use super::visit::Visit;
use crate::store::{ListedReceipt, Of};

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
) -> Result<Response, PageFailure> {
    visit.allow(Right::ReadOwn)?;
    let (all, today) = (visit.has(Right::ReadAll), day(visit.state().counter().now()));
    let wanted = wanted.ok().and_then(|Query(wanted)| wanted.day?.parse::<Date>().ok());
    let day = wanted.filter(|_| all).unwrap_or(today);
    let time = span(day);
    let receipts = visit
        .work(move |counter, who| {
            let of = if all { Of::All } else { Of::One(who) };
            counter.receipts(of, &time, who)
        })
        .await?;
    let page = visit.frame();
    let rows: Vec<Row> = receipts.into_iter().map(|receipt| row(receipt, &visit, &page)).collect();
    Ok(render(&Receipts {
        banner: Banner::of(&visit, &page),
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
        time: clock(receipt.time),
        matter: matter.map_or_else(|| receipt.policy.as_str().to_owned(), |matter| matter.title),
        by: by(receipt.asked_by, page),
        passed,
        reason: if passed { String::new() } else { page.say(&keys::reason(receipt.verdict, receipt.reason)) },
        learnt,
        development: receipt.development,
    }
}

fn by(name: Option<String>, page: &Layout) -> String {
    match name {
        None => page.say("who-program"),
        Some(name) if name == LOCAL => page.say("who-local"),
        Some(name) => name,
    }
}
