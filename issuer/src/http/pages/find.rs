//! The first page: find somebody.

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use service::web::{Layout, render};

use super::bar::Bar;
use super::failure::{Kind, PageFailure};
use super::right::Right;
use super::visit::Visit;
use crate::issuer::FOUND_AT_MOST;
use crate::store::audit::Deed;
use crate::store::people::Found;

#[derive(Template)]
#[template(path = "find.html")]
struct FindPage {
    page: Layout,
    bar: Bar,
    /// `None` before a search.
    found: Option<Vec<Hit>>,
}

struct Hit {
    no: i64,
    id: String,
    name: String,
}

/// The form.
#[derive(Deserialize)]
pub(super) struct Search {
    person: String,
}

/// `GET /`. An auditor goes where there is something for auditors.
pub(super) async fn home(visit: Visit) -> Response {
    if visit.allow(Right::Serve).is_err() {
        return Redirect::to("/audit").into_response();
    }
    let (page, bar) = visit.framed();
    render(&FindPage { page, bar, found: None })
}

/// `POST /find`: a form, so that no identity number stands in an address.
pub(super) async fn find(
    visit: Visit,
    form: Result<Form<Search>, FormRejection>,
) -> Result<Response, PageFailure> {
    visit.allow(Right::Serve)?;
    let Form(Search { person }) = form.map_err(|_| visit.fails(Kind::Malformed))?;
    let found = visit
        .work(move |office, clerk| {
            let found = office.find(&person)?;
            office.note(&deed(clerk.name(), &found), crate::issuer::DONE)?;
            Ok::<_, crate::store::StoreError>(found)
        })
        .await?;
    if let [only] = found.as_slice() {
        return Ok(Redirect::to(&format!("/people/{}", only.no.0)).into_response());
    }
    let (page, bar) = visit.framed();
    let hits = found.into_iter().map(Hit::from).collect();
    Ok(render(&FindPage { page, bar, found: Some(hits) }))
}

/// The audit says whom a search found, or how many; what was typed stays out of it.
fn deed(clerk: &str, found: &[Found]) -> Deed {
    let deed = Deed::new(clerk, "find");
    match found {
        [only] => deed.person(&only.person),
        many => deed.detail(many.len().to_string()),
    }
}

impl From<Found> for Hit {
    fn from(found: Found) -> Self {
        Self { no: found.no.0, id: found.person.into(), name: found.name.unwrap_or_default() }
    }
}

impl FindPage {
    fn is_cut(&self) -> bool {
        self.found.as_ref().is_some_and(|found| found.len() >= FOUND_AT_MOST as usize)
    }
}
