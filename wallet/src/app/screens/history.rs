//! Who asked what, when, and how it ended.

use std::collections::BTreeSet;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use service::web::{Preferences, render};

use super::{Sheet, again, see};
use crate::app::form::Trouble;
use crate::app::open::Open;
use crate::app::state::{App, Unlocked};
use crate::cli::tell::civil;
use crate::history::{Act, Asked, AskedCredential, Event, Filter, Outcome};
use crate::present::printable;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/history", get(history))
        .route("/history/export", get(export))
        .route("/history/delete", post(delete))
}

async fn history(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    look: Preferences,
    Query(filter): Query<Filter>,
) -> Response {
    render(&History::of(&app, &open, look, filter, None))
}

#[derive(Deserialize)]
struct Export {
    #[serde(default)]
    format: String,
}

async fn export(Unlocked(open): Unlocked, Query(export): Query<Export>) -> Response {
    let events = open.read().wallet.history().to_vec();
    match export.format.as_str() {
        "csv" => match crate::history::csv(&events) {
            Ok(csv) => file("history.csv", "text/csv; charset=utf-8", csv),
            Err(_) => see("/history"),
        },
        _ => match serde_json::to_vec_pretty(&events) {
            Ok(json) => file("history.json", "application/json", json),
            Err(_) => see("/history"),
        },
    }
}

/// A file to be kept.
pub(super) fn file(name: &str, media_type: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .unwrap_or(HeaderValue::from_static("attachment"));
    let about = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (about, bytes).into_response()
}

#[derive(Deserialize)]
struct Delete {
    /// Ticked by the owner.
    #[serde(default)]
    sure: String,
}

async fn delete(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    look: Preferences,
    Form(form): Form<Delete>,
) -> Response {
    let deleted = match form.sure.as_str() {
        "yes" => open.change(|contents| contents.wallet.forget_history()).map_err(Trouble::from),
        _ => Err(Trouble::new("not_sure")),
    };
    match deleted {
        Ok(()) => see("/history"),
        Err(trouble) => again(&History::of(&app, &open, look, Filter::default(), Some(trouble))),
    }
}

#[derive(Template)]
#[template(path = "history.html")]
struct History {
    page: Sheet,
    filter: Filter,
    /// What there is to choose from.
    counters: BTreeSet<String>,
    matters: BTreeSet<String>,
    outcomes: [&'static str; 8],
    rows: Vec<Row>,
    /// Events there are, shown or not.
    total: usize,
    trouble: Option<Trouble>,
}

impl History {
    fn of(app: &App, open: &Open, look: Preferences, filter: Filter, trouble: Option<Trouble>) -> Self {
        let page = Sheet::open(app, open, look, "history");
        let contents = open.read();
        let events = contents.wallet.history();
        let asked = || events.iter().filter_map(Event::asked);
        let newest_first = events.iter().rev().filter(|event| filter.takes(event));
        Self {
            counters: asked().map(|asked| asked.counter().to_owned()).collect(),
            matters: asked().map(|asked| asked.policy.to_string()).collect(),
            outcomes: Outcome::WORDS,
            rows: newest_first.map(|event| Row::of(event, &page)).collect(),
            total: events.len(),
            filter,
            page,
            trouble,
        }
    }
}

struct Row {
    time: String,
    /// Names the words `outcome-…`.
    outcome: &'static str,
    /// The counter, or the department.
    who: String,
    /// Who registered the counter; `None` where its name is only claimed, or nobody asked.
    vouched: Option<String>,
    claimed: bool,
    /// The policy, or the credential.
    what: String,
    purpose: Option<String>,
    linked_in: Option<String>,
    credentials: Vec<AskedCredential>,
}

impl Row {
    fn of(event: &Event, page: &Sheet) -> Self {
        let time = civil(event.time);
        match &event.act {
            Act::Received { issuer, schema } => Self {
                time,
                outcome: event.outcome(),
                who: issuer.to_string(),
                vouched: None,
                claimed: false,
                what: schema.to_string(),
                purpose: None,
                linked_in: None,
                credentials: Vec::new(),
            },
            Act::Asked(asked) => Self::asked(time, event.outcome(), asked, page),
        }
    }

    fn asked(time: String, outcome: &'static str, asked: &Asked, page: &Sheet) -> Self {
        Self {
            time,
            outcome,
            who: printable(asked.named(page.tag())),
            vouched: asked.registered_by.as_ref().map(ToString::to_string),
            claimed: asked.registered_by.is_none(),
            what: asked.policy.to_string(),
            purpose: Some(page.text(&asked.purpose)),
            linked_in: asked.linked_in.as_deref().map(printable),
            credentials: asked.credentials.clone(),
        }
    }
}
