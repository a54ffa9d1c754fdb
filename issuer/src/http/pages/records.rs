//! Records by hand: an example to begin with, and what the public page would show of what was written.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use ledger::record::RecordKind;
use ledger_words::Told;
use service::web::{Language, Layout, render};

use super::error::{PageError, PageErrorKind};
use super::person::FormFields;
use super::recovery::fields;
use super::visit::{Permission, TopBar, Visit};
use crate::issuer::{ActError, Draft};

#[derive(Template)]
#[template(path = "records.html")]
struct RecordsPage {
    page: Layout,
    bar: TopBar,
    /// What is in the form.
    text: String,
    seen: Seen,
}

/// What is said of the form's text.
enum Seen {
    /// Nothing yet.
    Nothing,
    /// What its members are.
    Notes(Vec<String>),
    /// It is no JSON: what is wrong, and what to do.
    NotJson(String, &'static str),
    Drafts(Vec<DraftView>),
}

/// A record as the public page would show it.
struct DraftView {
    told: Told,
    /// Code, what is wrong, what to do, and the place in English.
    refused: Option<(&'static str, String, String, String)>,
}

impl From<Draft> for DraftView {
    fn from(Draft { told, refused }: Draft) -> Self {
        let refused = refused.map(|why| (why.code, why.words.meaning, why.words.remedy, why.detail));
        Self { told, refused }
    }
}

/// `GET /records`
pub(super) async fn blank(visit: Visit) -> Result<Response, PageError> {
    visit.allow(Permission::Serve)?;
    Ok(view(&visit, String::new(), Seen::Nothing))
}

/// `GET /records/{kind}`: begins with an example.
pub(super) async fn begin(visit: Visit, Path(kind): Path<String>) -> Result<Response, PageError> {
    visit.allow(Permission::Serve)?;
    let kind = match kind.as_str() {
        "schema" => RecordKind::Schema,
        "policy" => RecordKind::Policy,
        "disclosure" => RecordKind::Disclosure,
        _ => return Err(visit.error(PageErrorKind::NotFound)),
    };
    let notes = ledger_words::notes(kind, language(&visit));
    Ok(view(&visit, visit.service().issuer.example(kind), Seen::Notes(notes)))
}

/// `POST /records/preview`: `record`, a text.
pub(super) async fn preview(visit: Visit, form: FormFields) -> Result<Response, PageError> {
    let mut form = fields(&visit, form)?;
    let text = form.remove("record").ok_or_else(|| visit.error(PageErrorKind::Malformed))?;
    let (read, language) = (text.clone(), language(&visit));
    let drafts = visit.work(move |issuer, _| Ok::<_, ActError>(issuer.drafts(&read, language))).await?;
    let seen = match drafts {
        Ok(drafts) => Seen::Drafts(drafts.into_iter().map(DraftView::from).collect()),
        Err(why) => Seen::NotJson(why.meaning(language), why.remedy(language)),
    };
    Ok(view(&visit, text, seen))
}

fn language(visit: &Visit) -> Language {
    visit.preferences.language
}

fn view(visit: &Visit, text: String, seen: Seen) -> Response {
    let (page, bar) = visit.framed();
    render(&RecordsPage { page, bar, text, seen })
}
