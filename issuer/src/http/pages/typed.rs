//! Forms of a person's page that did not do: the page again, with what was typed and the fault beside it; and the question
//! before a change of status, which everybody will see.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use service::web::{Layout, render};

use super::card::{CardView, Fault};
use super::error::{PageError, why};
use super::person::{PersonPage, person_page};
use super::visit::{TopBar, Visit};
use super::words;
use crate::issuer::{Act, IssuerError};
use crate::store::people::PersonNumber;

/// A form as it was sent. Personal data: no `Debug`.
pub(super) struct TypedForm {
    kind: FormKind,
    fields: BTreeMap<String, String>,
}

/// Which form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FormKind {
    Status,
    Correct,
}

impl TypedForm {
    pub(super) fn new(kind: FormKind, fields: &BTreeMap<String, String>) -> Self {
        Self { kind, fields: fields.clone() }
    }

    /// The person's page with what was typed, if the fault is in the form; the error itself if it is not.
    pub(super) async fn again(
        self,
        visit: &Visit,
        no: PersonNumber,
        error: PageError,
    ) -> Result<Response, PageError> {
        let Some(refusal) = error.refusal().filter(|refusal| self.has(refusal)).cloned() else {
            return Err(error);
        };
        let mut page = person_page(visit, no, "").await?;
        if !self.put_into(&mut page, &refusal) {
            return Err(error);
        }
        Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response())
    }

    fn has(&self, refusal: &IssuerError) -> bool {
        match refusal {
            IssuerError::BadReason => true,
            IssuerError::BadValue { .. } | IssuerError::BadCharacter { .. } => self.kind == FormKind::Correct,
            _ => false,
        }
    }

    /// Whether the page has the form.
    fn put_into(&self, page: &mut PersonPage, refusal: &IssuerError) -> bool {
        let text = |key: &str| self.fields.get(key).cloned().unwrap_or_default();
        let schema = text("schema");
        let has_form = |card: &&mut CardView| match self.kind {
            FormKind::Status => !card.acts.is_empty(),
            FormKind::Correct => card.may_correct,
        };
        let card = page.cards.iter_mut().find(|card| card.schema == schema).filter(has_form);
        let Some(card) = card else { return false };
        card.typed.reason = text("reason");
        card.typed.other = text("other");
        card.typed.correcting = self.kind == FormKind::Correct;
        for field in &mut card.fields {
            if let Some(typed) = self.fields.get(&format!("set-{}", field.name)) {
                field.typed.clone_from(typed);
            }
        }
        match self.kind {
            FormKind::Status => card.typed.status_fault = Some(fault(&page.page, refusal)),
            FormKind::Correct => correction(card, &page.page, refusal),
        }
        true
    }
}

/// The fault stands beside its field, under the title that the field has on the page.
fn correction(card: &mut CardView, page: &Layout, refusal: &IssuerError) {
    let (IssuerError::BadValue { attribute, .. } | IssuerError::BadCharacter { attribute, .. }) = refusal
    else {
        card.typed.correct_fault = Some(fault(page, refusal));
        return;
    };
    let Some(field) = card.fields.iter_mut().find(|field| field.name == *attribute) else {
        card.typed.correct_fault = Some(fault(page, refusal));
        return;
    };
    let mut titled = refusal.clone();
    if let IssuerError::BadValue { attribute, .. } | IssuerError::BadCharacter { attribute, .. } = &mut titled
    {
        attribute.clone_from(&field.title);
    }
    field.fault = Some(fault(page, &titled));
}

fn fault(page: &Layout, refusal: &IssuerError) -> Fault {
    Fault { code: refusal.code(), why: why(page, refusal) }
}

#[derive(Template)]
#[template(path = "sure.html")]
struct SurePage {
    page: Layout,
    bar: TopBar,
    no: i64,
    person: String,
    credential: String,
    act: &'static str,
    act_words: String,
    /// The reason in words, or the code that was typed.
    reason_words: String,
    fields: BTreeMap<String, String>,
}

/// Asks whether a change of status is meant, before anything is written.
pub(super) async fn ask(
    visit: &Visit,
    no: PersonNumber,
    act: Act,
    reason: &str,
    fields: BTreeMap<String, String>,
) -> Result<Response, PageError> {
    let person = person_page(visit, no, "").await?;
    let schema = fields.get("schema").cloned().unwrap_or_default();
    let credential = person.cards.iter().find(|card| card.schema == schema);
    let credential = credential.map_or_else(|| schema.clone(), |card| card.title.clone());
    let (page, bar) = visit.framed();
    Ok(render(&SurePage {
        no: no.0,
        person: person.called().to_owned(),
        credential,
        act: act.as_str(),
        act_words: words::say(&page, words::ACT, act.as_str()),
        reason_words: words::say(&page, words::REASON, reason),
        fields,
        page,
        bar,
    }))
}
