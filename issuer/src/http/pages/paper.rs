//! A sealed paper: the code for the counter's scanner, and apart from it the citizen's code.

use askama::Template;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use circuits::policy::Catalogue as _;
use service::web::{Layout, qr_svg, render};

use super::bar::Bar;
use super::failure::{Kind, PageFailure};
use super::person::{Fields, No, asked, schema};
use super::times;
use super::visit::Visit;
use crate::store::audit::Deed;

#[derive(Template)]
#[template(path = "paper.html")]
struct PaperPage {
    page: Layout,
    bar: Bar,
    no: i64,
    title: String,
    until: String,
    sealed: String,
    qr: String,
    code: String,
}

/// `POST /people/<no>/paper`. The answer is the page itself: paper and code are shown once, and kept nowhere.
pub(super) async fn print(visit: Visit, no: No, form: Fields) -> Result<Response, PageFailure> {
    let (no, mut form) = asked(&visit, no, form)?;
    let schema = schema(&visit, &mut form)?;
    let of = schema.clone();
    let printed = visit
        .found(move |office, clerk| {
            let Some(person) = office.of_number(no)? else { return Ok(None) };
            let deed = Deed::new(clerk.name(), "paper").person(&person).schema(&of);
            office.recorded(&deed, || office.paper(&of, &person)).map(Some)
        })
        .await?;
    let (page, bar) = visit.framed();
    let sealed = printed.sealed.to_string();
    let registry = visit.service().office.registry();
    let view = PaperPage {
        no: no.0,
        title: registry.schema(&schema).map(|s| s.title.text(page.tag()).to_owned()).unwrap_or_default(),
        until: times::day(printed.until),
        qr: qr_svg(&sealed).map_err(|_| visit.fails(Kind::Internal))?,
        sealed,
        code: printed.code.spoken().to_string(),
        page,
        bar,
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], render(&view)).into_response())
}
