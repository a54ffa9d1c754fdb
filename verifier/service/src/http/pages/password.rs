//! Changing one's own password.

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::{Extensions, HeaderMap};
use axum::response::Response;
use service::http::client;
use service::staff::{ChangeRefused, Clerk, PasswordForm, PasswordPage};
use service::web::render;

use super::error::{PageError, PageErrorKind};
use super::visit::{Visit, with_status};
use crate::store::AuditAction;

/// `GET /password`.
pub(super) async fn show(visit: Visit) -> Result<Response, PageError> {
    has_one(&visit)?;
    Ok(render(&PasswordPage { page: visit.layout(), ended: None }))
}

/// `POST /password`.
pub(super) async fn change(
    visit: Visit,
    headers: HeaderMap,
    extensions: Extensions,
    form: Result<Form<PasswordForm>, FormRejection>,
) -> Result<Response, PageError> {
    has_one(&visit)?;
    let Form(form) = form.map_err(|_| visit.fails(PageErrorKind::Malformed))?;
    let client = client(&extensions);
    let state = Arc::clone(visit.state());
    let ended = visit
        .work(move |relying_party, who| {
            let ended = state.door.change_password(&headers, form, client, relying_party.now());
            match ended {
                Ok(()) => relying_party.changed_password(who)?,
                Err(ChangeRefused::Wrong) => relying_party.did(who, AuditAction::SignInFailed)?,
                Err(_) => {}
            }
            Ok(ended)
        })
        .await?;
    let page = PasswordPage { page: visit.layout(), ended: Some(ended) };
    Ok(with_status(page.status(), render(&page)))
}

/// Who sits at a machine without a password file has no password.
fn has_one(visit: &Visit) -> Result<(), PageError> {
    match visit.clerk {
        Clerk::Member { .. } => Ok(()),
        Clerk::Local => Err(visit.fails(PageErrorKind::NotFound)),
    }
}
