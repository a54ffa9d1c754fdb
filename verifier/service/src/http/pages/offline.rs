//! Answers that were made without a network, out of the scanner's field: judged at once, and shown like any verdict.

use axum::response::{IntoResponse, Response};
use openid4vc::vp::Status;
use service::web::render;

use super::banner::Banner;
use super::failure::PageFailure;
use super::home::Notice;
use super::keys;
use super::matter::Matter;
use super::result::{Verdict, revealed};
use super::times::civil;
use super::visit::Visit;
use crate::offline::Scanned;
use crate::relying_party::RelyingPartyError;

/// The verdict is the answer to the scan itself, because nothing of it is kept but its receipt: whoever loads the page again
/// scans again, and is told which receipt the first scan has.
pub(super) async fn check(visit: &Visit, text: String) -> Result<Response, PageFailure> {
    match visit.tried(move |counter, who| counter.scan_as(&text, who)).await? {
        Ok(scanned) => Ok(verdict(visit, &scanned)),
        Err(RelyingPartyError::NotReady(_)) => Ok(Notice::NotReady.on_first_page().into_response()),
        Err(trouble) => Err(PageFailure::from_trouble(&trouble, visit.look)),
    }
}

fn verdict(visit: &Visit, scanned: &Scanned) -> Response {
    let page = visit.frame();
    let development = page.development || scanned.development;
    let page = page.development(development);
    let matter = scanned.policy.as_ref().and_then(|policy| Matter::find(policy, visit));
    let receipt = scanned.receipt.as_ref();
    let time = receipt.map_or_else(|| visit.state().counter().now(), |receipt| receipt.time);
    render(&Verdict {
        banner: Banner::of(visit, &page),
        title: matter.as_ref().map_or_else(|| page.say("offline-title"), |matter| matter.title.clone()),
        passed: scanned.verdict == Status::Passed,
        linked: receipt.is_some_and(|receipt| receipt.nullifier.is_some()),
        reason: page.say(&keys::offline_reason(scanned.reason)),
        used: scanned.used.iter().map(|used| (used.receipt.clone(), civil(used.time))).collect(),
        revealed: scanned
            .policy
            .as_ref()
            .map(|policy| revealed(visit, policy, &scanned.revealed, &page))
            .unwrap_or_default(),
        request: None,
        receipt: receipt.map(|receipt| receipt.id.clone()),
        time: civil(time),
        again: None,
        matter,
        page,
    })
}
