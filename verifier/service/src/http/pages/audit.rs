//! The audit list: who did what.

use askama::Template;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::Response;
use serde::Deserialize;
use service::civil_time::minute;
use service::staff::LOCAL;
use service::web::{Layout, render};

use super::banner::Banner;
use super::error::PageError;
use super::visit::{Right, Visit};
use super::words as keys;
use crate::store::{API, AuditLine, COMMAND};

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditList {
    page: Layout,
    banner: Banner,
    rows: Vec<Row>,
    /// Where older lines begin; `None` where there are none.
    older: Option<u64>,
}

/// One line in words.
struct Row {
    entry: u64,
    time: String,
    who: String,
    act: String,
    matter: String,
    number: String,
}

/// The query of the list.
#[derive(Default, Deserialize)]
pub(super) struct Before {
    before: Option<u64>,
}

/// `GET /audit`.
pub(super) async fn show(
    visit: Visit,
    before: Result<Query<Before>, QueryRejection>,
) -> Result<Response, PageError> {
    visit.allow(Right::ReadAudit)?;
    let before = before.map(|Query(query)| query).unwrap_or_default().before;
    let lines = visit.work(move |relying_party, who| relying_party.audited(before, who)).await?;
    let page = visit.layout();
    let older = lines.last().map(|line| line.entry).filter(|entry| *entry > 1);
    let rows = lines.into_iter().map(|line| row(line, &visit, &page)).collect();
    Ok(render(&AuditList { banner: Banner::new(&visit, &page), rows, older, page }))
}

fn row(line: AuditLine, visit: &Visit, page: &Layout) -> Row {
    let snapshot = visit.state().relying_party().following().snapshot();
    let title = line.matter.map(|policy| match snapshot.registry().policy(&policy) {
        Some(published) => published.checked.policy().title.text(visit.language()).to_owned(),
        None => policy.as_str().to_owned(),
    });
    Row {
        entry: line.entry,
        time: minute(line.time),
        who: who(line.who, page),
        act: page.say(&keys::act(line.act)),
        matter: title.unwrap_or_default(),
        number: line.number.unwrap_or_default(),
    }
}

fn who(name: String, page: &Layout) -> String {
    match name.as_str() {
        "" => page.say("who-unknown"),
        LOCAL => page.say("who-local"),
        API => page.say("who-program"),
        COMMAND => page.say("who-command"),
        _ => name,
    }
}
