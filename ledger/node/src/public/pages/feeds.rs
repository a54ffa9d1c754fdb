//! The entries of the log for programs: feeds and a table for spreadsheets, filtered as the list is.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use service::civil_time::{NO_TIME, minute, written};
use service::spreadsheet::inert;

use super::super::entries::{Filter, Found};
use super::super::feed::{ATOM, Feed, News};
use super::super::page::PageRequest;
use super::super::render::View;
use super::records::{about, signer};

pub(super) fn atom(view: &View<'_>, request: &PageRequest) -> Response {
    match feed(view, request, ATOM_PATH).atom() {
        Ok(xml) => ([(header::CONTENT_TYPE, [ATOM, "; charset=utf-8"].concat())], xml).into_response(),
        Err(error) => failed(&error),
    }
}

pub(super) fn json(view: &View<'_>, request: &PageRequest) -> Response {
    let feed = feed(view, request, JSON_PATH).json().to_string();
    ([(header::CONTENT_TYPE, "application/feed+json")], feed).into_response()
}

/// A table with a byte order mark, without which a spreadsheet takes Chinese for something else. What is older is at the
/// address in the header `Link`.
pub(super) fn csv(view: &View<'_>, request: &PageRequest) -> Response {
    let filter = Filter::of(request);
    let found = filter.find(view, MOST_ROWS);
    let table = match table(view, &found) {
        Ok(table) => table,
        Err(error) => return failed(&error),
    };
    let mut response = (
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"records.csv\""),
        ],
        ["\u{feff}".as_bytes(), &table].concat(),
    )
        .into_response();
    let next = found.earlier.map(|before| page_of(view, request, &filter, CSV_PATH, Some(before)));
    let link = next.and_then(|next| format!("<{next}>; rel=\"next\"").parse().ok());
    response.headers_mut().extend(link.map(|link| (header::LINK, link)));
    response
}

fn feed(view: &View<'_>, request: &PageRequest, path: &str) -> Feed {
    let filter = Filter::of(request);
    let found = filter.find(view, MOST_NEWS);
    let items = found.entries.iter().filter_map(|(index, entry)| {
        let kind = super::records::kind(view, entry.record());
        let text = about(view, entry.record());
        Some(News {
            id: named(view, &format!("records/{index}")),
            title: [kind.as_str(), text.as_str()].join(&view.say("colon")),
            text,
            author: signer(view, entry),
            kind,
            address: request.address(&format!("/records/{index}")),
            when: written(view.time(*index)?, RFC_3339)?,
        })
    });
    let filtered = filter.query(None, &[]);
    Feed {
        id: named(view, &["records?", &filtered].concat()),
        title: [view.say("public-name"), view.say("records")].join(" · "),
        language: view.preferences.language.tag(),
        home: page_of(view, request, &filter, "/records", None),
        address: page_of(view, request, &filter, path, filter.before),
        next: found.earlier.map(|before| page_of(view, request, &filter, path, Some(before))),
        updated: written(view.snapshot.status.time, RFC_3339).unwrap_or_default(),
        items: items.collect(),
    }
}

fn table(view: &View<'_>, found: &Found) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(COLUMNS.map(|column| view.say(column)))?;
    for (index, entry) in &found.entries {
        let record = entry.record();
        let row = [
            index.to_string(),
            view.time(*index).map_or_else(|| NO_TIME.to_owned(), minute),
            super::records::kind(view, record),
            about(view, record),
            signer(view, entry),
            record.kind().to_owned(),
            entry.signer().to_string(),
            record.id().to_string(),
        ];
        table.write_record(row.iter().map(|cell| inert(cell).into_owned()))?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

/// The address of a list with the reader's language, for programs keep no cookies.
fn page_of(
    view: &View<'_>,
    request: &PageRequest,
    filter: &Filter,
    path: &str,
    before: Option<u64>,
) -> String {
    let query = filter.query(before, &[("lang", view.preferences.language.tag())]);
    request.address(&format!("{path}?{query}"))
}

/// The name of something of this log, the same at its node and at every mirror. The log's name begins with a host.
fn named(view: &View<'_>, what: &str) -> String {
    format!("https://{}/{what}", view.node.genesis().origin())
}

fn failed(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "a feed could not be written");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

const COLUMNS: [&str; 8] = [
    "csv-index",
    "csv-when",
    "record-kind",
    "column-what",
    "seal-publisher",
    "csv-kind",
    "csv-signer",
    "record-id",
];
const RFC_3339: &str = "%Y-%m-%dT%H:%M:%S+08:00";
const ATOM_PATH: &str = "/records/feed.atom";
const JSON_PATH: &str = "/records/feed.json";
const CSV_PATH: &str = "/records/records.csv";
/// Entries of a page of a feed.
const MOST_NEWS: usize = 50;
/// Rows of a page of the table.
const MOST_ROWS: usize = 1000;
