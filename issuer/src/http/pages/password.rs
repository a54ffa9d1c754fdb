//! Changing one's own password.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{Extensions, HeaderMap};
use axum::response::{IntoResponse, Response};
use service::http::client;
use service::staff::{ChangeRefused, Clerk, PasswordForm, PasswordPage};
use service::web::render;

use super::error::{PageError, PageErrorKind};
use super::visit::Visit;
use crate::http::Service;
use crate::issuer::DONE;
use crate::store::StoreError;
use crate::store::audit::AuditEvent;

/// `GET /password`
pub(super) async fn show(visit: Visit) -> Result<Response, PageError> {
    has_one(&visit)?;
    Ok(render(&PasswordPage { page: visit.frame(), ended: None }))
}

/// `POST /password`
pub(super) async fn change(
    visit: Visit,
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    extensions: Extensions,
    form: Result<Form<PasswordForm>, FormRejection>,
) -> Result<Response, PageError> {
    has_one(&visit)?;
    let Form(form) = form.map_err(|_| visit.error(PageErrorKind::Malformed))?;
    let client = client(&extensions);
    let ended = visit
        .work(move |issuer, clerk| {
            let ended = service.authenticator.change_password(&headers, form, client, issuer.now());
            let act = match ended {
                Ok(()) => Some("password"),
                Err(ChangeRefused::Wrong) => Some("sign-in-failed"),
                Err(_) => None,
            };
            if let Some(act) = act {
                issuer.note(&AuditEvent::new(clerk.name(), act), DONE)?;
            }
            Ok::<_, StoreError>(ended)
        })
        .await?;
    let page = PasswordPage { page: visit.frame(), ended: Some(ended) };
    Ok((page.status(), render(&page)).into_response())
}

/// Who sits at a machine without a password file has no password.
fn has_one(visit: &Visit) -> Result<(), PageError> {
    match visit.clerk {
        Clerk::Member { .. } => Ok(()),
        Clerk::Local => Err(visit.error(PageErrorKind::NotFound)),
    }
}
