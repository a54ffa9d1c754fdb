//! One uploaded list: what it would do, doing it, how far it is, and what it did.

use askama::Template;
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use service::web::{Layout, render};

use super::bar::Bar;
use super::failure::{Kind, PageFailure, why};
use super::keys;
use super::lists::Item;
use super::right::Right;
use super::visit::Visit;
use crate::issuer::{ActError, Counts, Issuer, IssuerError, MAX_LINES, Outcome, Preview, Started};
use crate::store::StoreError;
use crate::store::audit::Deed;
use crate::store::lists::{List, ListId, ListLine, ListState};

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    page: Layout,
    bar: Bar,
    list: Item,
    previews: Vec<Tally>,
    outcomes: Vec<Tally>,
    done: u64,
    total: u64,
    lines: Vec<LineView>,
    /// Where the next lines begin, if there are more.
    next: Option<i64>,
}

/// How many lines come to something.
struct Tally {
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
}

/// Which lines are shown.
#[derive(Default, Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: i64,
}

pub(super) type Id = Result<Path<i64>, PathRejection>;

/// `GET /lists/<id>`
pub(super) async fn show(visit: Visit, id: Id, after: Query<After>) -> Result<Response, PageFailure> {
    let id = asked(&visit, id)?;
    let after = after.after;
    let (list, lines, (previews, outcomes)) = visit
        .found(move |office, _| {
            let Some(list) = office.list(id)? else { return Ok(None) };
            Ok::<_, ActError>(Some((list, office.lines(id, after, SHOWN)?, office.counts(id)?)))
        })
        .await?;
    let (page, bar) = visit.framed();
    let views = lines.iter().map(|line| line_view(line, &page)).collect::<Result<Vec<_>, _>>();
    let view = ListPage {
        list: Item::new(&list, &page),
        previews: tallies(&previews, keys::PREVIEW, &page),
        outcomes: tallies(&outcomes, keys::OUTCOME, &page),
        done: outcomes.values().sum(),
        total: previews.values().sum(),
        next: lines.last().filter(|_| lines.len() == SHOWN).map(|line| line.line),
        lines: views.map_err(|e| visit.fails(e))?,
        page,
        bar,
    };
    Ok(render(&view))
}

/// `POST /lists/<id>/run`
pub(super) async fn run(visit: Visit, id: Id) -> Result<Response, PageFailure> {
    let id = asked(&visit, id)?;
    let started = visit.found(move |office, clerk| office.start(clerk, id)).await?;
    Ok(match started {
        Started::Running => {
            visit.service().lists.notify_one();
            Redirect::to(&format!("/lists/{}", id.0)).into_response()
        }
        Started::Proposed(proposal) => Redirect::to(&format!("/proposals/{}", proposal.0)).into_response(),
    })
}

/// `POST /lists/<id>/drop`
pub(super) async fn give_up(visit: Visit, id: Id) -> Result<Response, PageFailure> {
    let id = asked(&visit, id)?;
    visit.found(move |office, clerk| office.drop_list(clerk, id)).await?;
    Ok(Redirect::to("/lists").into_response())
}

/// `GET /lists/<id>/state`: how far it is, for the script.
pub(super) async fn state(visit: Visit, id: Id) -> Result<Json<Value>, StatusCode> {
    let id = asked(&visit, id).map_err(|_| StatusCode::FORBIDDEN)?;
    let found = visit.found(move |office, _| {
        let Some(list) = office.list(id)? else { return Ok(None) };
        Ok::<_, ActError>(Some((list.state, office.counts(id)?)))
    });
    let (state, (previews, outcomes)) = found.await.map_err(|_| StatusCode::NOT_FOUND)?;
    let (done, total): (u64, u64) = (outcomes.values().sum(), previews.values().sum());
    let words = keys::say(&visit.frame(), keys::LIST, state.word());
    let ended = state != ListState::Running;
    Ok(Json(json!({"state": state.word(), "words": words, "done": done, "total": total, "ended": ended})))
}

/// `GET /lists/<id>/report.csv`: what every line came to, in the columns of `issuer issue --report`. Codes are for
/// programs, and reasons are in the words of whoever asks.
pub(super) async fn report(visit: Visit, id: Id) -> Result<Response, PageFailure> {
    let id = asked(&visit, id)?;
    let page = visit.frame();
    let csv = visit
        .found(move |office, clerk| {
            let Some(list) = office.list(id)? else { return Ok(None) };
            let deed = Deed::new(clerk.name(), "report").schema(&list.schema).detail(format!("#{}", id.0));
            office.recorded(&deed, || written(office, &list, &page)).map(Some)
        })
        .await?;
    let disposition = format!("attachment; filename=\"list-{}.csv\"", id.0);
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, &disposition)];
    Ok((headers, csv).into_response())
}

/// The byte order mark makes spreadsheets read it as UTF-8.
fn written(office: &Issuer, list: &List, page: &Layout) -> Result<Vec<u8>, ActError> {
    let mut csv = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let failed = |_| StoreError::Damaged("a line that is no CSV");
    csv.write_record(["row", "id_number", "outcome", "code", "reason"]).map_err(failed)?;
    for line in office.lines(list.id, 0, MAX_LINES)? {
        let (word, refusal) = state_of(&line)?;
        let (code, reason) = refusal.map_or_else(Default::default, |r| (r.code(), why(page, &r)));
        let row = line.line.to_string();
        csv.write_record([row.as_str(), &line.person, word, code, &reason]).map_err(failed)?;
    }
    csv.into_inner().map_err(|_| StoreError::Damaged("a report that is not written").into())
}

fn asked(visit: &Visit, id: Id) -> Result<ListId, PageFailure> {
    visit.allow(Right::Serve)?;
    id.map(|Path(id)| ListId(id)).map_err(|_| visit.fails(Kind::NotFound))
}

fn tallies(counts: &Counts, kind: &str, page: &Layout) -> Vec<Tally> {
    let tally = |(word, count): (&String, &u64)| Tally {
        word: word.clone(),
        words: keys::say(page, kind, word),
        count: *count,
    };
    counts.iter().map(tally).collect()
}

fn line_view(line: &ListLine, page: &Layout) -> Result<LineView, StoreError> {
    let (word, refusal) = state_of(line)?;
    let kind = if line.outcome.is_some() { keys::OUTCOME } else { keys::PREVIEW };
    Ok(LineView {
        line: line.line,
        person: line.person.clone(),
        word,
        words: keys::say(page, kind, word),
        why: refusal.map_or_else(String::new, |refusal| why(page, &refusal)),
    })
}

/// What a line did, or else what it would do.
fn state_of(line: &ListLine) -> Result<(&'static str, Option<IssuerError>), StoreError> {
    Ok(match (line.outcome()?, line.preview()?) {
        (Some(Outcome::Issued), _) => ("issued", None),
        (Some(Outcome::Changed), _) => ("changed", None),
        (Some(Outcome::Unchanged), _) | (None, Preview::Unchanged) => ("unchanged", None),
        (Some(Outcome::Refused(refusal)), _) | (None, Preview::Refused(refusal)) => {
            ("refused", Some(refusal))
        }
        (None, Preview::New) => ("new", None),
        (None, Preview::Replaces) => ("replaces", None),
        (None, Preview::Changes) => ("changes", None),
    })
}

/// Lines on one page.
const SHOWN: usize = 200;
