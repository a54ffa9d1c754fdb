//! The counter's page, for people: choose the matter, show the code, see the verdict; receipts and the audit list.
//!
//! Everything works without the script, which only saves a reload and keeps the scanner's field in focus.

mod audit;
mod banner;
mod error;
mod events;
mod home;
mod matter;
mod paper;
mod password;
mod receipt;
mod receipts;
mod result;
mod scan;
mod screen;
mod search;
mod sign_in;
mod visit;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use service::web::{Asset, assets, security_headers};

use super::State;

const SCRIPT: Asset = Asset::script("/assets/counter.js", include_bytes!("../../assets/counter.js"));
const STYLE: Asset = Asset::style("/assets/counter.css", include_bytes!("../../assets/counter.css"));

/// All paths for people, with the headers of pages and safe from forms of other sites.
pub(super) fn pages() -> Router<Arc<State>> {
    security_headers(
        Router::new()
            .route("/", get(home::show))
            .route("/ask", post(home::ask))
            .route("/enter", get(scan::again).post(scan::enter))
            .route("/screen", get(screen::show))
            .route("/screen/state", get(screen::state))
            .route("/counter/{id}", get(result::show))
            .route("/counter/{id}/cancel", post(result::cancel))
            .route("/counter/{id}/paper", get(paper::show).post(paper::open))
            .route("/counter/{id}/events", get(events::stream))
            .route("/codes", get(matter::codes))
            .route("/receipts", get(receipts::show))
            .route("/receipts/export", get(receipts::export))
            .route("/receipts/find", get(receipt::find))
            .route("/receipts/{number}", get(receipt::show))
            .route("/audit", get(audit::show))
            .route("/sign-in", get(sign_in::show).post(sign_in::enter))
            .route("/sign-out", post(sign_in::leave))
            .route("/password", get(password::show).post(password::change))
            .merge(assets(&[SCRIPT, STYLE])),
    )
}

#[cfg(test)]
mod tests;
