//! One uploaded list: what it would do, doing it, how far it is, and what it did.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use serde::Deserialize;
use serde_json::{Value, json};
use service::spreadsheet::inert;
use service::web::{Layout, render};

use super::error::{PageError, PageErrorKind, why};
use super::lists::ListView;
use super::person::FormFields;
use super::visit::{Permission, TopBar, Visit};
use super::words;
use crate::issuer::{
    ActError, Change, Counts, Issuer, IssuerError, LineOutcome, MAX_LINES, Preview, Started, seen,
};
use crate::store::StoreError;
use crate::store::audit::AuditEvent;
use crate::store::lists::{ListId, ListLine, ListState, UploadedList};

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    page: Layout,
    bar: TopBar,
    list: ListView,
    previews: Vec<CountView>,
    outcomes: Vec<CountView>,
    done: u64,
    total: u64,
    lines: Vec<LineView>,
    /// What the list would do as the page shows it, for its form.
    seen: String,
    /// Where the next lines begin, if there are more.
    next: Option<i64>,
}

/// How many lines come to something.
struct CountView {
    word: String,
    words: String,
    count: u64,
}

struct LineView {
    line: i64,
    person: String,
    word: &'static str,
    words: String,
    why: String,
    changes: Vec<ChangeView>,
}

/// A value that a line would change.
struct ChangeView {
    title: String,
    old: Option<String>,
    new: Option<String>,
}

/// Which lines are shown.
#[derive(Default, Deserialize)]
pub(super) struct AfterQuery {
    #[serde(default)]
    after: i64,
}

pub(super) type IdPath = Result<Path<i64>, PathRejection>;

/// `GET /lists/<id>`
pub(super) async fn show(visit: Visit, id: IdPath, after: Query<AfterQuery>) -> Result<Response, PageError> {
    let id = list_id(&visit, id)?;
    let after = after.after;
    let (list, lines, (previews, outcomes), changes) = visit
        .found(move |issuer, _| {
            let Some(list) = issuer.list(id)? else { return Ok(None) };
            let lines = issuer.lines(id, after, SHOWN)?;
            let changes = issuer.changes(&list, &lines)?;
            Ok::<_, ActError>(Some((list, lines, issuer.counts(id)?, changes)))
        })
        .await?;
    let (page, bar) = visit.framed();
    let views = lines.iter().zip(&changes).map(|(line, changes)| line_view(line, changes, &page));
    let views = views.collect::<Result<Vec<_>, _>>();
    let view = ListPage {
        list: ListView::new(&list, &page),
        seen: seen(&previews),
        previews: count_views(&previews, words::PREVIEW, &page),
        outcomes: count_views(&outcomes, words::OUTCOME, &page),
        done: outcomes.values().sum(),
        total: previews.values().sum(),
        next: lines.last().filter(|_| lines.len() == SHOWN).map(|line| line.line),
        lines: views.map_err(|e| visit.error(e))?,
        page,
        bar,
    };
    Ok(render(&view))
}

/// `POST /lists/<id>/run`
pub(super) async fn run(visit: Visit, id: IdPath, form: FormFields) -> Result<Response, PageError> {
    let id = list_id(&visit, id)?;
    let shown = form.ok().and_then(|Form(mut form)| form.remove("seen"));
    let started = visit.found(move |issuer, clerk| issuer.start(clerk, id, shown.as_deref())).await?;
    Ok(match started {
        Started::Running => {
            visit.service().lists.notify_one();
            Redirect::to(&format!("/lists/{}", id.0)).into_response()
        }
        Started::Proposed(proposal) => Redirect::to(&format!("/proposals/{}", proposal.0)).into_response(),
    })
}

/// `POST /lists/<id>/drop`
pub(super) async fn give_up(visit: Visit, id: IdPath) -> Result<Response, PageError> {
    let id = list_id(&visit, id)?;
    visit.found(move |issuer, clerk| issuer.drop_list(clerk, id)).await?;
    Ok(Redirect::to("/lists").into_response())
}

/// `GET /lists/<id>/state`: how far it is, for the script.
pub(super) async fn state(visit: Visit, id: IdPath) -> Result<Json<Value>, StatusCode> {
    let id = list_id(&visit, id).map_err(|_| StatusCode::FORBIDDEN)?;
    let found = visit.found(move |issuer, _| {
        let Some(list) = issuer.list(id)? else { return Ok(None) };
        Ok::<_, ActError>(Some((list.state, issuer.counts(id)?)))
    });
    let (state, (previews, outcomes)) = found.await.map_err(|_| StatusCode::NOT_FOUND)?;
    let (done, total): (u64, u64) = (outcomes.values().sum(), previews.values().sum());
    let words = words::say(&visit.frame(), words::LIST, state.as_str());
    let ended = state != ListState::Running;
    Ok(Json(json!({"state": state.as_str(), "words": words, "done": done, "total": total, "ended": ended})))
}

/// `GET /lists/<id>/report.csv`: what every line came to, in the columns of `issuer issue --report`. Codes are for
/// programs, and reasons are in the words of whoever asks.
pub(super) async fn report(visit: Visit, id: IdPath) -> Result<Response, PageError> {
    let id = list_id(&visit, id)?;
    let page = visit.frame();
    let csv = visit
        .found(move |issuer, clerk| {
            let Some(list) = issuer.list(id)? else { return Ok(None) };
            let event =
                AuditEvent::new(clerk.name(), "report").schema(&list.schema).detail(format!("#{}", id.0));
            issuer.recorded(&event, || written(issuer, &list, &page)).map(Some)
        })
        .await?;
    let disposition = format!("attachment; filename=\"list-{}.csv\"", id.0);
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, &disposition)];
    Ok((headers, csv).into_response())
}

/// The byte order mark makes spreadsheets read it as UTF-8.
fn written(issuer: &Issuer, list: &UploadedList, page: &Layout) -> Result<Vec<u8>, ActError> {
    let mut csv = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let failed = |_| StoreError::Damaged("a line that is no CSV");
    csv.write_record(["row", "id_number", "outcome", "code", "reason"]).map_err(failed)?;
    for line in issuer.lines(list.id, 0, MAX_LINES)? {
        let (word, refusal) = state_of(&line)?;
        let (code, reason) = refusal.map_or_else(Default::default, |r| (r.code(), why(page, &r)));
        let row = line.line.to_string();
        let cells = [row.as_str(), &line.person, word, code, &reason];
        csv.write_record(cells.map(|cell| inert(cell).into_owned())).map_err(failed)?;
    }
    csv.into_inner().map_err(|_| StoreError::Damaged("a report that is not written").into())
}

fn list_id(visit: &Visit, id: IdPath) -> Result<ListId, PageError> {
    visit.allow(Permission::Serve)?;
    id.map(|Path(id)| ListId(id)).map_err(|_| visit.error(PageErrorKind::NotFound))
}

fn count_views(counts: &Counts, kind: &str, page: &Layout) -> Vec<CountView> {
    let count_view = |(word, count): (&String, &u64)| CountView {
        word: word.clone(),
        words: words::say(page, kind, word),
        count: *count,
    };
    counts.iter().map(count_view).collect()
}

fn line_view(line: &ListLine, changes: &[Change], page: &Layout) -> Result<LineView, StoreError> {
    let (word, refusal) = state_of(line)?;
    let kind = if line.outcome.is_some() { words::OUTCOME } else { words::PREVIEW };
    Ok(LineView {
        line: line.line,
        person: line.person.clone(),
        word,
        words: words::say(page, kind, word),
        why: refusal.map_or_else(String::new, |refusal| why(page, &refusal)),
        changes: changes.iter().map(|change| ChangeView::new(change, page)).collect(),
    })
}

impl ChangeView {
    fn new(change: &Change, page: &Layout) -> Self {
        Self {
            title: change.title.text(page.tag()).to_owned(),
            old: change.old.clone(),
            new: change.new.clone(),
        }
    }
}

/// What a line did, or else what it would do.
fn state_of(line: &ListLine) -> Result<(&'static str, Option<IssuerError>), StoreError> {
    Ok(match (line.outcome()?, line.preview()?) {
        (Some(LineOutcome::Issued), _) => ("issued", None),
        (Some(LineOutcome::Changed), _) => ("changed", None),
        (Some(LineOutcome::Unchanged), _) | (None, Preview::Unchanged) => ("unchanged", None),
        (Some(LineOutcome::Refused(refusal)), _) | (None, Preview::Refused(refusal)) => {
            ("refused", Some(refusal))
        }
        (None, Preview::New) => ("new", None),
        (None, Preview::Replaces) => ("replaces", None),
        (None, Preview::Changes) => ("changes", None),
    })
}

/// Lines on one page.
const SHOWN: usize = 200;
