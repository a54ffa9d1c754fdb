//! Uploaded lists: all of them, and uploading one.

use askama::Template;
use axum::extract::multipart::MultipartRejection;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Multipart, Query};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use circuits::policy::Catalogue as _;
use circuits::schema::{Attribute, Schema, SchemaId};
use clap::ValueEnum as _;
use openid4vc::vci::PERSON_ATTRIBUTE;
use serde::Deserialize;
use service::civil_time;
use service::spreadsheet::inert;
use service::web::{Layout, render};

use super::error::{PageError, PageErrorKind};
use super::person::reasons;
use super::visit::{Permission, TopBar, Visit};
use super::words;
use crate::issuer::{Act, ActError, IssuerError, MAX_LINES, PERSON_SINCE, Work};
use crate::rows::Encoding;
use crate::store::lists::UploadedList;

#[derive(Template)]
#[template(path = "lists.html")]
struct ListsPage {
    page: Layout,
    bar: TopBar,
    /// Identifier and title of what the issuer grants.
    schemas: Vec<(String, String)>,
    reasons: Vec<(&'static str, String)>,
    /// One clerk alone changes so many credentials.
    alone: u64,
    most: usize,
    lists: Vec<ListView>,
}

pub(super) struct ListView {
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
pub(super) async fn all(visit: Visit) -> Result<Response, PageError> {
    visit.allow(Permission::Serve)?;
    let lists = visit.work(|issuer, _| issuer.lists(SHOWN)).await?;
    let (page, bar) = visit.framed();
    let issuer = &visit.service().issuer;
    let registry = issuer.registry();
    let title = |schema| registry.schema(schema).map(|s| s.title.text(page.tag()).to_owned());
    let schemas = issuer.config().schemas.iter().map(|g| &g.schema);
    let schemas = schemas.map(|s| (s.to_string(), title(s).unwrap_or_else(|| s.to_string()))).collect();
    Ok(render(&ListsPage {
        schemas,
        reasons: reasons(&page),
        alone: issuer.config().staff.alone_up_to,
        most: MAX_LINES,
        lists: lists.iter().map(|list| ListView::new(list, &page)).collect(),
        page,
        bar,
    }))
}

/// The query of a template.
#[derive(Deserialize)]
pub(super) struct TemplateQuery {
    schema: SchemaId,
}

/// `GET /lists/template.csv`: the header of a schema's list in the reader's language, which uploads understand.
pub(super) async fn template(
    visit: Visit,
    query: Result<Query<TemplateQuery>, QueryRejection>,
) -> Result<Response, PageError> {
    visit.allow(Permission::Serve)?;
    let Query(TemplateQuery { schema }) = query.map_err(|_| visit.error(PageErrorKind::Malformed))?;
    let issuer = &visit.service().issuer;
    let granted = issuer.config().schemas.iter().any(|grantable| grantable.schema == schema);
    let registry = issuer.registry();
    let published = registry.schema(&schema).filter(|_| granted);
    let published = published.ok_or_else(|| visit.error(PageErrorKind::NotFound))?;
    let tag = visit.frame().tag();
    let title = |attribute: &Attribute| {
        let title = attribute.title.text(tag);
        // A title that two attributes have would name neither.
        let known = crate::rows::attribute(published, title) == attribute.name;
        inert(if known { title } else { &attribute.name }).into_owned()
    };
    let mut csv = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    csv.write_record(header_of(published, tag).chain(rest_of(published).map(title)))
        .map_err(|_| visit.error(PageErrorKind::Internal))?;
    let csv = csv.into_inner().map_err(|_| visit.error(PageErrorKind::Internal))?;
    let disposition = format!("attachment; filename=\"{}.csv\"", schema.name());
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, &disposition)];
    Ok((headers, csv).into_response())
}

/// The column that says whom a line is about, which lists of every schema have.
fn header_of(schema: &Schema, tag: &str) -> impl Iterator<Item = String> {
    let own = schema.attribute(PERSON_ATTRIBUTE).map(|(_, attribute)| attribute.title.text(tag).to_owned());
    let own = own.filter(|title| crate::rows::column(title) == PERSON_ATTRIBUTE);
    let known = if tag == "en" { PERSON_ATTRIBUTE } else { "公民身份号码" };
    std::iter::once(own.unwrap_or_else(|| known.to_owned()))
}

/// The other columns. Since when a person has been it the desk says itself.
fn rest_of(schema: &Schema) -> impl Iterator<Item = &Attribute> {
    schema.attributes.iter().filter(|a| a.name != PERSON_ATTRIBUTE && a.name != PERSON_SINCE)
}

/// `POST /lists`: a file with `encoding`, `schema`, `act`, `reason` and `other`. Nothing is done yet.
pub(super) async fn upload(
    visit: Visit,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, PageError> {
    visit.allow(Permission::Serve)?;
    let form = form.map_err(|_| visit.error(PageErrorKind::Malformed))?;
    let upload = Upload::read(form).await.ok_or_else(|| visit.error(PageErrorKind::Malformed))?;
    let schema = upload.schema.parse().map_err(|_| visit.error(PageErrorKind::Malformed))?;
    let work = upload.work().map_err(|kind| visit.error(kind))?;
    let encoding = upload.encoding().map_err(|kind| visit.error(kind))?;
    let id = visit
        .work(move |issuer, clerk| {
            let rows = crate::rows::read(&upload.file, &upload.bytes, encoding, MAX_LINES)?;
            if rows.is_empty() {
                return Err(PageErrorKind::empty_list());
            }
            issuer.stage(clerk, &upload.file, &schema, &work, &rows).map_err(PageErrorKind::from)
        })
        .await?;
    Ok(Redirect::to(&format!("/lists/{}", id.0)).into_response())
}

/// The form. Personal data: no `Debug`.
#[derive(Default)]
struct Upload {
    schema: String,
    encoding: String,
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
                "encoding" => upload.encoding = text,
                "act" => upload.act = text,
                "reason" => upload.reason = text,
                "other" => upload.other = text,
                _ => return None,
            }
        }
        Some(upload)
    }

    /// `None` where it is to be found out.
    fn encoding(&self) -> Result<Option<Encoding>, PageErrorKind> {
        let one = |text: &str| Encoding::from_str(text, false).map_err(|_| PageErrorKind::Malformed);
        Some(self.encoding.as_str()).filter(|text| !text.is_empty()).map(one).transpose()
    }

    fn work(&self) -> Result<Work, PageErrorKind> {
        if self.act == "issue" {
            return Ok(Work::Issue);
        }
        let act = Act::from_word(&self.act).ok_or(PageErrorKind::Malformed)?;
        let reason = if self.other.is_empty() { &self.reason } else { &self.other };
        let reason = reason.parse().map_err(|_| ActError::from(IssuerError::BadReason))?;
        Ok(Work::Status(act, reason))
    }
}

/// What a browser says about a file's name is a label here, and never a path.
fn file_name(given: &str) -> String {
    let name: String = circuits::typed::visible(given).take(80).collect();
    if name.is_empty() { "list.csv".to_owned() } else { name }
}

impl ListView {
    pub(super) fn new(list: &UploadedList, page: &Layout) -> Self {
        Self {
            id: list.id.0,
            at: civil_time::second(list.at),
            clerk: list.clerk.clone(),
            file: list.file.clone(),
            act: words::say(page, words::ACT, &list.act),
            schema: list.schema.to_string(),
            reason: list.reason.clone().unwrap_or_default(),
            state: list.state.as_str(),
            state_words: words::say(page, words::LIST, list.state.as_str()),
        }
    }
}

/// Lists on the page.
const SHOWN: u32 = 30;
