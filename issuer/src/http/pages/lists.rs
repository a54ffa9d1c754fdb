//! Uploaded lists: all of them, and uploading one.

use askama::Template;
use axum::extract::Multipart;
use axum::extract::multipart::MultipartRejection;
use axum::response::{IntoResponse, Redirect, Response};
use circuits::policy::Catalogue as _;
use service::web::{Layout, render};

use super::bar::Bar;
use super::failure::{Kind, PageFailure};
use super::person::reasons;
use super::right::Right;
use super::visit::Visit;
use super::{keys, times};
use crate::issuer::{Act, ActError, IssuerError, MAX_LINES, Work};
use crate::store::lists::List;

#[derive(Template)]
#[template(path = "lists.html")]
struct ListsPage {
    page: Layout,
    bar: Bar,
    /// Identifier and title of what the desk grants.
    schemas: Vec<(String, String)>,
    reasons: Vec<(&'static str, String)>,
    /// One clerk alone changes so many credentials.
    alone: u64,
    most: usize,
    lists: Vec<Item>,
}

pub(super) struct Item {
    pub(super) id: i64,
    pub(super) at: String,
    pub(super) clerk: String,
    pub(super) file: String,
    pub(super) act: String,
    pub(super) schema: String,
    pub(super) reason: String,
    pub(super) state: &'static str,
    pub(super) state_words: String,
}

/// `GET /lists`
pub(super) async fn all(visit: Visit) -> Result<Response, PageFailure> {
    visit.allow(Right::Serve)?;
    let lists = visit.work(|office, _| office.lists(SHOWN)).await?;
    let (page, bar) = visit.framed();
    let office = &visit.service().office;
    let registry = office.registry();
    let title = |schema| registry.schema(schema).map(|s| s.title.text(page.tag()).to_owned());
    let schemas = office.config().schemas.iter().map(|g| &g.schema);
    let schemas = schemas.map(|s| (s.to_string(), title(s).unwrap_or_else(|| s.to_string()))).collect();
    Ok(render(&ListsPage {
        schemas,
        reasons: reasons(&page),
        alone: office.config().staff.alone_up_to,
        most: MAX_LINES,
        lists: lists.iter().map(|list| Item::new(list, &page)).collect(),
        page,
        bar,
    }))
}

/// `POST /lists`: a file with `schema`, `act`, `reason` and `other`. Nothing is done yet.
pub(super) async fn upload(
    visit: Visit,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, PageFailure> {
    visit.allow(Right::Serve)?;
    let form = form.map_err(|_| visit.fails(Kind::Malformed))?;
    let upload = Upload::read(form).await.ok_or_else(|| visit.fails(Kind::Malformed))?;
    let schema = upload.schema.parse().map_err(|_| visit.fails(Kind::Malformed))?;
    let work = upload.work().map_err(|kind| visit.fails(kind))?;
    let id = visit
        .work(move |office, clerk| {
            let rows = crate::rows::read(&upload.file, &upload.bytes, MAX_LINES)?;
            office.stage(clerk, &upload.file, &schema, &work, &rows).map_err(Kind::from)
        })
        .await?;
    Ok(Redirect::to(&format!("/lists/{}", id.0)).into_response())
}

/// The form. Personal data: no `Debug`.
#[derive(Default)]
struct Upload {
    schema: String,
    act: String,
    reason: String,
    other: String,
    file: String,
    bytes: Vec<u8>,
}

impl Upload {
    /// `None` for what is no such form, or too large.
    async fn read(mut form: Multipart) -> Option<Self> {
        let mut upload = Self::default();
        while let Some(field) = form.next_field().await.ok()? {
            let name = field.name()?.to_owned();
            if name == "file" {
                upload.file = file_name(field.file_name().unwrap_or_default());
                upload.bytes = field.bytes().await.ok()?.to_vec();
                continue;
            }
            let text = field.text().await.ok()?.trim().to_owned();
            match name.as_str() {
                "schema" => upload.schema = text,
                "act" => upload.act = text,
                "reason" => upload.reason = text,
                "other" => upload.other = text,
                _ => return None,
            }
        }
        Some(upload)
    }

    fn work(&self) -> Result<Work, Kind> {
        if self.act == "issue" {
            return Ok(Work::Issue);
        }
        let act = Act::of(&self.act).ok_or(Kind::Malformed)?;
        let reason = if self.other.is_empty() { &self.reason } else { &self.other };
        let reason = reason.parse().map_err(|_| ActError::from(IssuerError::BadReason))?;
        Ok(Work::Status(act, reason))
    }
}

/// What a browser says about a file's name is a label here, and never a path.
fn file_name(given: &str) -> String {
    let name: String = given.chars().filter(|c| !c.is_control()).take(80).collect();
    if name.is_empty() { "list.csv".to_owned() } else { name }
}

impl Item {
    pub(super) fn new(list: &List, page: &Layout) -> Self {
        Self {
            id: list.id.0,
            at: times::moment(list.at),
            clerk: list.clerk.clone(),
            file: list.file.clone(),
            act: keys::say(page, keys::ACT, &list.act),
            schema: list.schema.to_string(),
            reason: list.reason.clone().unwrap_or_default(),
            state: list.state.word(),
            state_words: keys::say(page, keys::LIST, list.state.word()),
        }
    }
}

/// Lists on the page.
const SHOWN: u32 = 30;
