//! Who asked what, when, and how it ended.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use service::civil_time::minute;
use service::web::{Preferences, render};

use crate::app::error::{FormError, PageError};
use crate::app::page::{Page, again, see};
use crate::app::session::OpenWallet;
use crate::app::state::{App, Unlocked};
use crate::history::{Act, Event, Filter, Outcome, RequestRecord, RequestedCredential};
use crate::names::Names;
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
    preferences: Preferences,
    Query(filter): Query<Filter>,
) -> Response {
    render(&HistoryPage::new(&app, &open, preferences, filter, None))
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
    /// The history that was shown.
    #[serde(default)]
    seen: String,
}

async fn delete(
    State(app): State<App>,
    Unlocked(open): Unlocked,
    preferences: Preferences,
    Form(form): Form<Delete>,
) -> Response {
    let deleted = match form.sure.as_str() {
        "yes" => forget(&open, &form.seen),
        _ => Err(FormError::NotSure.into()),
    };
    match deleted {
        Ok(()) => see("/history"),
        Err(error) => again(&HistoryPage::new(&app, &open, preferences, Filter::default(), Some(error))),
    }
}

/// Forgets what was shown, and nothing that came since.
fn forget(open: &OpenWallet, seen: &str) -> Result<(), PageError> {
    let forgotten = open.change(|contents| {
        let shown = version(contents.wallet.history()) == seen;
        if shown {
            contents.wallet.forget_history();
        }
        if shown { Ok(()) } else { Err(FormError::Changed) }
    });
    Ok(forgotten??)
}

/// Differs when something was added.
fn version(events: &[Event]) -> String {
    format!("{}-{}", events.len(), events.last().map_or(0, |event| event.time))
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    page: Page,
    filter: Filter,
    /// What there is to choose from: what is looked for, and what it is called.
    counters: BTreeMap<String, String>,
    matters: BTreeMap<String, String>,
    outcomes: [&'static str; Outcome::CODES.len()],
    rows: Vec<HistoryRow>,
    /// Events there are, shown or not.
    total: usize,
    /// Which history this is; part of the form that deletes it.
    seen: String,
    error: Option<PageError>,
}

impl HistoryPage {
    fn new(
        app: &App,
        open: &OpenWallet,
        preferences: Preferences,
        filter: Filter,
        error: Option<PageError>,
    ) -> Self {
        let page = Page::open(app, open, preferences, "history");
        let view = open.ledger().view();
        let names = Names::new(view.registry(), page.tag());
        let contents = open.read();
        let events = contents.wallet.history();
        let requests = || events.iter().filter_map(Event::request);
        let newest_first = events.iter().rev().filter(|event| filter.takes(event));
        Self {
            counters: requests()
                .map(|request| (request.counter().to_owned(), printable(request.named(page.tag()))))
                .collect(),
            matters: requests().map(|request| (request.policy.to_string(), names.matter(request))).collect(),
            outcomes: Outcome::CODES,
            rows: newest_first.map(|event| HistoryRow::new(event, &page, &names)).collect(),
            total: events.len(),
            seen: version(events),
            filter,
            page,
            error,
        }
    }
}

struct HistoryRow {
    time: String,
    /// Names the words `outcome-…`.
    outcome: &'static str,
    /// How it ended, where the outcome does not say so; names the words `outcome-…` too.
    ended: Option<&'static str>,
    /// The counter, or the department; empty where nobody else took part.
    who: String,
    /// Who registered the counter; `None` where its name is only claimed, or nobody asked.
    vouched: Option<String>,
    claimed: bool,
    /// The matter, or the credential: what it is called, and for programs.
    what: String,
    what_id: String,
    purpose: Option<String>,
    linked_in: Option<String>,
    credentials: Vec<AskedOf>,
    /// The number of the counter's receipt.
    receipt: Option<String>,
}

/// What was asked of one credential, by its names.
struct AskedOf {
    title: String,
    tested: String,
    revealed: String,
}

impl AskedOf {
    fn new(asked: &RequestedCredential, names: &Names<'_>) -> Self {
        Self {
            title: names.credential(&asked.schema, asked.title.as_ref()),
            tested: names.attributes(asked, &asked.tested),
            revealed: names.attributes(asked, &asked.revealed),
        }
    }
}

impl HistoryRow {
    fn new(event: &Event, page: &Page, names: &Names<'_>) -> Self {
        let time = minute(event.time);
        match &event.act {
            Act::Received { issuer, schema, title } => Self {
                time,
                outcome: event.outcome(),
                ended: None,
                who: names.department(issuer, None),
                vouched: None,
                claimed: false,
                what: names.credential(schema, title.as_ref()),
                what_id: schema.to_string(),
                purpose: None,
                linked_in: None,
                credentials: Vec::new(),
                receipt: None,
            },
            Act::ShownToDesk(shown) => Self {
                time,
                outcome: event.outcome(),
                ended: Some(shown.outcome.as_str()),
                who: page.text(&shown.name),
                vouched: None,
                claimed: false,
                what: names.credential(&shown.schema, None),
                what_id: shown.schema.to_string(),
                purpose: None,
                linked_in: None,
                credentials: vec![AskedOf::new(&shown.shown, names)],
                receipt: None,
            },
            Act::Asked(request) => Self::request(time, event.outcome(), request, page, names),
            Act::Paired { .. } => Self::of_trustees(time, event.outcome(), String::new()),
            Act::Dealt(dealt) => Self::of_trustees(time, event.outcome(), names.departments(&dealt.trustees)),
            Act::Recovered { from } => Self::of_trustees(time, event.outcome(), names.departments(from)),
        }
    }

    /// What was done with the person secret, and with whom.
    fn of_trustees(time: String, outcome: &'static str, who: String) -> Self {
        Self {
            time,
            outcome,
            ended: None,
            who,
            vouched: None,
            claimed: false,
            what: String::new(),
            what_id: String::new(),
            purpose: None,
            linked_in: None,
            credentials: Vec::new(),
            receipt: None,
        }
    }

    fn request(
        time: String,
        outcome: &'static str,
        request: &RequestRecord,
        page: &Page,
        names: &Names<'_>,
    ) -> Self {
        let registrar = request.registered_by.as_ref();
        Self {
            time,
            outcome,
            ended: None,
            who: printable(request.named(page.tag())),
            vouched: registrar.map(|department| names.department(department, request.registrar.as_ref())),
            claimed: request.registered_by.is_none(),
            what: names.matter(request),
            what_id: request.policy.to_string(),
            purpose: Some(page.text(&request.purpose)),
            linked_in: request.linked_in.as_ref().map(|_| names.matter(request)),
            credentials: request.credentials.iter().map(|asked| AskedOf::new(asked, names)).collect(),
            receipt: request.receipt.as_ref().map(ToString::to_string),
        }
    }
}
