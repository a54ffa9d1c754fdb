//! What a barcode scanner, or a hand, types into the field: a matter's code, or an answer that was made without a network,
//! which is judged at once and shown like any verdict.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Response};
use circuits::schema::SchemaId;
use circuits::typed;
use openid4vc::offline::{MAX_TEXT, OfflineAnswer, PREFIX};
use openid4vc::vp::{ReceiptName, Status};
use serde::Deserialize;
use service::civil_time::minute;
use service::web::render;

use super::banner::Banner;
use super::error::{PageError, PageErrorKind};
use super::home::{Notice, begin};
use super::matter::Matter;
use super::result::{Verdict, revealed};
use super::visit::{Right, Visit};
use super::words as keys;
use crate::offline::Scanned;
use crate::relying_party::RelyingPartyError;

/// The field's form.
#[derive(Deserialize)]
pub(super) struct Field {
    code: String,
}

/// What the text is.
#[derive(Debug, PartialEq, Eq)]
enum Code {
    /// A matter's code: its policy's identifier. A scanner may type capital letters.
    Matter(SchemaId),
    /// A presentation that was made without a network.
    Offline(String),
    Unknown,
}

/// `POST /enter`.
pub(super) async fn enter(
    visit: Visit,
    form: Result<Form<Field>, FormRejection>,
) -> Result<Response, PageError> {
    visit.allow(Right::Ask)?;
    let Form(Field { code }) = form.map_err(|_| visit.fails(PageErrorKind::Malformed))?;
    match Code::parse(&code) {
        Code::Matter(policy) => Ok(begin(&visit, policy).await?.into_response()),
        Code::Offline(text) => judge(&visit, text).await,
        Code::Unknown => Ok(Notice::UnknownCode.on_first_page().into_response()),
    }
}

impl Code {
    fn parse(text: &str) -> Self {
        if text.len() > MAX_CODE {
            return Self::Unknown;
        }
        let offline = OfflineAnswer::as_meant(text);
        if offline.starts_with(PREFIX) {
            return Self::Offline(offline);
        }
        let matter = typed::compact(text).to_ascii_lowercase();
        SchemaId::try_from(matter).map_or(Self::Unknown, Self::Matter)
    }
}

/// The verdict is the answer to the scan itself, because nothing of it is kept but its receipt: whoever loads the page again
/// scans again, and is told which receipt the first scan has.
async fn judge(visit: &Visit, text: String) -> Result<Response, PageError> {
    match visit.tried(move |relying_party, who| relying_party.scan_as(&text, who)).await? {
        Ok(scanned) => Ok(verdict(visit, &scanned)),
        Err(RelyingPartyError::NotReady(_)) => Ok(Notice::NotReady.on_first_page().into_response()),
        Err(error) => Err(PageError::from_error(&error, visit.preferences)),
    }
}

fn verdict(visit: &Visit, scanned: &Scanned) -> Response {
    let page = visit.layout();
    let development = page.development || scanned.development;
    let page = page.development(development);
    let matter = scanned.policy.as_ref().and_then(|policy| Matter::find(policy, visit));
    let receipt = scanned.receipt.as_ref();
    let time = receipt.map_or_else(|| visit.state().relying_party().now(), |receipt| receipt.time);
    render(&Verdict {
        banner: Banner::new(visit, &page),
        title: matter.as_ref().map_or_else(|| page.say("offline-title"), |matter| matter.title.clone()),
        passed: scanned.verdict == Status::Passed,
        linked: receipt.is_some_and(|receipt| receipt.nullifier.is_some()),
        reason: page.say(&keys::offline_reason(scanned.reason)),
        used: scanned
            .used
            .iter()
            .map(|used| (ReceiptName::in_groups(&used.receipt), minute(used.time)))
            .collect(),
        revealed: scanned
            .policy
            .as_ref()
            .map(|policy| revealed(visit, policy, &scanned.revealed, &page))
            .unwrap_or_default(),
        request: None,
        receipt: receipt.map(|receipt| receipt.id.clone()),
        receipt_written: receipt.map(|receipt| ReceiptName::in_groups(&receipt.id)),
        time: minute(time),
        again: None,
        matter,
        page,
    })
}

/// Bytes that are looked at; no code is longer, in full width either.
const MAX_CODE: usize = MAX_TEXT * typed::FULL_WIDTH_BYTES;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scanners_text_is_a_matter_an_offline_presentation_or_nothing() {
        let matter = Code::Matter("adult/1".parse().unwrap());
        assert_eq!(Code::parse(" ADULT/1\r\n"), matter);
        assert_eq!(Code::parse(" ａｄｕｌｔ／１ "), matter);
        for typed in
            ["yong:1:ABC", "YONG:1:abc\r\n", "yong：1：ABC", "ＹＯＮＧ：１：ａｂｃ", "\u{feff}Yong:1:AbC"]
        {
            assert_eq!(Code::parse(typed), Code::Offline("yong:1:ABC".to_owned()), "{typed}");
        }
        for other in ["", "6901234567892", "adult", "https://evil.example/adult/1", &"a".repeat(7_000)] {
            assert_eq!(Code::parse(other), Code::Unknown, "{other}");
        }
    }
}
