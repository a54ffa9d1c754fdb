//! Approving for another department: reading what it asks, agreeing, and giving the text back.

use askama::Template;
use axum::response::Response;
use service::civil_time;
use service::web::{Layout, render};

use super::error::{PageError, PageErrorKind};
use super::person::FormFields;
use super::recovery::{fields, proposal};
use super::visit::{Permission, TopBar, Visit};
use crate::issuer::ForeignRecovery;

#[derive(Template)]
#[template(path = "agreeing.html")]
struct AgreeingPage {
    page: Layout,
    bar: TopBar,
    step: Step,
}

/// How far it is.
enum Step {
    /// A text is pasted.
    Paste,
    /// It is read, and asks for an answer.
    Read(Request),
    /// It is approved: the text to give back.
    Approved(String),
}

/// What another department asks, in words.
struct Request {
    /// The department's name and identifier.
    desk: String,
    at: String,
    /// Of the new wallet's key, in groups of four digits.
    digest: String,
    /// What was pasted.
    proposal: String,
}

/// `GET /recovery-approvals`
pub(super) async fn paste(visit: Visit) -> Result<Response, PageError> {
    visit.allow(Permission::Serve)?;
    Ok(view(&visit, Step::Paste))
}

/// `POST /recovery-approvals/look`: `proposal`.
pub(super) async fn look(visit: Visit, form: FormFields) -> Result<Response, PageError> {
    let mut form = fields(&visit, form)?;
    let text = proposal(&visit, &mut form)?;
    let read = text.clone();
    let asked = visit.work(move |issuer, _| issuer.read_foreign_recovery(&read)).await?;
    let request = request(&visit, &asked, text);
    Ok(view(&visit, Step::Read(request)))
}

/// `POST /recovery-approvals/approve`: `proposal`, and `looked` from whoever has looked at the person.
pub(super) async fn approve(visit: Visit, form: FormFields) -> Result<Response, PageError> {
    let mut form = fields(&visit, form)?;
    let text = proposal(&visit, &mut form)?;
    if form.remove("looked").as_deref() != Some("yes") {
        return Err(visit.error(PageErrorKind::Malformed));
    }
    let approved =
        visit.work(move |issuer, clerk| issuer.approve_foreign_recovery(clerk.name(), &text)).await?;
    Ok(view(&visit, Step::Approved(approved)))
}

fn request(visit: &Visit, asked: &ForeignRecovery, proposal: String) -> Request {
    let desk = &asked.request.desk;
    let page = visit.frame();
    let registry = visit.service().issuer.registry();
    let title = registry.department(desk).map(|known| known.title.text(page.tag()).to_owned());
    Request {
        desk: title.map_or_else(|| desk.to_string(), |title| format!("{title} ({desk})")),
        at: civil_time::second(asked.request.time),
        digest: asked.request.key_digest.in_groups(),
        proposal,
    }
}

fn view(visit: &Visit, step: Step) -> Response {
    let (page, bar) = visit.framed();
    render(&AgreeingPage { page, bar, step })
}
