//! The issuer's page, for people: find somebody, see record and credential, offer, change, upload lists, approve, audit.
//!
//! Everything works without the script, which only saves reloads.

mod agreeing;
mod audit;
mod card;
mod error;
mod find;
mod list;
mod lists;
mod offer;
mod password;
mod person;
mod proposals;
mod records;
mod recovery;
mod screen;
mod sign_in;
mod typed;
mod visit;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use service::web::{Asset, assets, security_headers};

use super::{ADMIN_BODY, Service};
pub(crate) use screen::ShownOffer;

const SCRIPT: Asset = Asset::script("/assets/desk.js", include_bytes!("../../assets/desk.js"));
const STYLE: Asset = Asset::style("/assets/desk.css", include_bytes!("../../assets/desk.css"));

/// All paths for people, with the headers of pages and safe from forms of other sites.
pub(super) fn pages() -> Router<Arc<Service>> {
    let routes = people_routes()
        .merge(list_routes())
        .merge(recovery_routes())
        .merge(record_routes())
        .route("/proposals", get(proposals::all))
        .route("/proposals/{id}", get(proposals::one))
        .route("/proposals/{id}/decide", post(proposals::decide))
        .route("/proposals/{id}/print", post(proposals::print))
        .route("/audit", get(audit::show))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/password", get(password::show).post(password::change))
        .merge(assets(&[SCRIPT, STYLE]))
        .method_not_allowed_fallback(back);
    security_headers(routes)
}

fn people_routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/", get(find::home))
        .route("/find", post(find::find))
        .route("/people/{no}", get(person::show))
        .route("/people/{no}/offer", post(offer::make))
        .route("/people/{no}/paper", post(offer::print))
        .route("/people/{no}/status", post(person::status))
        .route("/people/{no}/correct", post(person::correct))
        .route("/people/{no}/reset", post(person::reset))
        .route("/offers/{name}", get(offer::show))
        .route("/offers/{name}/state", get(offer::state))
        .route("/screen", get(screen::show))
        .route("/screen/state", get(screen::state))
        .layer(DefaultBodyLimit::max(FORM_BODY))
}

/// A proposal names all departments, so its text may be longer than other forms.
fn recovery_routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/people/{no}/recover", post(recovery::propose))
        .route("/people/{no}/recovery", get(recovery::show))
        .route("/people/{no}/recovery/proposal.json", get(recovery::file))
        .route("/people/{no}/recovery/complete", post(recovery::complete))
        .route("/recovery-approvals", get(agreeing::paste))
        .route("/recovery-approvals/look", post(agreeing::look))
        .route("/recovery-approvals/approve", post(agreeing::approve))
        .layer(DefaultBodyLimit::max(ADMIN_BODY))
}

fn record_routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/records", get(records::blank))
        .route("/records/{kind}", get(records::begin))
        .route("/records/preview", post(records::preview))
        .layer(DefaultBodyLimit::max(ADMIN_BODY))
}

fn list_routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/lists", get(lists::all).post(lists::upload))
        .route("/lists/template.csv", get(lists::template))
        .route("/lists/{id}", get(list::show))
        .route("/lists/{id}/run", post(list::run))
        .route("/lists/{id}/drop", post(list::give_up))
        .route("/lists/{id}/state", get(list::state))
        .route("/lists/{id}/report.csv", get(list::report))
        .layer(DefaultBodyLimit::max(ADMIN_BODY))
}

/// A page that answers a form is asked for again when its reader chooses another language or size, or reloads it from
/// the history: it leads to the page that the form was on. Nothing is done again.
async fn back(method: Method, uri: Uri) -> Response {
    if method != Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let before = uri.path().rsplit_once('/').map_or("", |(before, _)| before);
    Redirect::to(if before.is_empty() { "/" } else { before }).into_response()
}

/// Bytes of a form at most: a correction of twelve long texts fits.
const FORM_BODY: usize = 64 * 1024;
