//! The first page: find somebody.

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use service::web::{Layout, render};

use super::error::{PageError, PageErrorKind};
use super::visit::{Permission, TopBar, Visit};
use crate::issuer::FOUND_AT_MOST;
use crate::person::is_mistyped_resident;
use crate::store::audit::AuditEvent;
use crate::store::people::FoundPerson;

#[derive(Template)]
#[template(path = "find.html")]
struct FindPage {
    page: Layout,
    bar: TopBar,
    /// `None` before a search.
    found: Option<Vec<Hit>>,
    /// Whether what was typed is a number with a wrong digit.
    mistyped: bool,
}

struct Hit {
    no: i64,
    id: String,
    name: String,
}

/// The form.
#[derive(Deserialize)]
pub(super) struct SearchForm {
    person: String,
}

/// `GET /`. An auditor goes where there is something for auditors.
pub(super) async fn home(visit: Visit) -> Response {
    if visit.allow(Permission::Serve).is_err() {
        return Redirect::to("/audit").into_response();
    }
    let (page, bar) = visit.framed();
    render(&FindPage { page, bar, found: None, mistyped: false })
}

/// `POST /find`: a form, so that no identity number stands in an address.
pub(super) async fn find(
    visit: Visit,
    form: Result<Form<SearchForm>, FormRejection>,
) -> Result<Response, PageError> {
    visit.allow(Permission::Serve)?;
    let Form(SearchForm { person }) = form.map_err(|_| visit.error(PageErrorKind::Malformed))?;
    let mistyped = is_mistyped_resident(&person);
    let found = visit
        .work(move |issuer, clerk| {
            let found = issuer.find(&person)?;
            issuer.note(&event(clerk.name(), &found), crate::issuer::DONE)?;
            Ok::<_, crate::store::StoreError>(found)
        })
        .await?;
    if let [only] = found.as_slice() {
        return Ok(Redirect::to(&format!("/people/{}", only.no.0)).into_response());
    }
    let (page, bar) = visit.framed();
    let hits: Vec<Hit> = found.into_iter().map(Hit::from).collect();
    Ok(render(&FindPage { page, bar, mistyped: mistyped && hits.is_empty(), found: Some(hits) }))
}

/// The audit says whom a search found, or how many; what was typed stays out of it.
fn event(clerk: &str, found: &[FoundPerson]) -> AuditEvent {
    let event = AuditEvent::new(clerk, "find");
    match found {
        [only] => event.person(&only.person),
        many => event.detail(many.len().to_string()),
    }
}

impl From<FoundPerson> for Hit {
    fn from(found: FoundPerson) -> Self {
        Self { no: found.no.0, id: found.person.into(), name: found.name.unwrap_or_default() }
    }
}

impl FindPage {
    fn is_cut(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.len() >= FOUND_AT_MOST as usize)
    }
}
