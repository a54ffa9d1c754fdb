//! Where offline presentations come in from the scanner's field.

use axum::response::{IntoResponse, Response};

use super::failure::PageFailure;
use super::home::Notice;
use super::visit::Visit;

/// How the text of an offline presentation begins.
pub(super) const PREFIX: &str = "yong:1:";

/// The page does not check offline presentations, and says so.
#[expect(
    clippy::unused_async,
    reason = "checking a presentation blocks, and is awaited off the network's threads"
)]
pub(super) async fn check(_visit: &Visit, _presentation: &str) -> Result<Response, PageFailure> {
    Ok(Notice::Offline.on_first_page().into_response())
}
