//! What a barcode scanner, or a hand, types into the field: a matter's code, or an answer that was made without a network,
//! which is judged at once and shown like any verdict.

use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use circuits::schema::SchemaId;
use circuits::typed;
use openid4vc::offline::{MAX_TEXT, OfflineAnswer, PREFIX};
use openid4vc::paper;
use openid4vc::vp::{ReceiptName, Status};
use serde::Deserialize;
use service::civil_time::minute;
use service::web::render;

use super::banner::Banner;
use super::error::{PageError, PageErrorKind};
use super::home::{self, Notice, begin, leave};
use super::matter::Matter;
use super::result::{self, Verdict, revealed};
use super::search;
use super::visit::{Right, Visit};
use super::words as keys;
use crate::offline::Scanned;
use crate::relying_party::RelyingPartyError;

/// The field's form.
#[derive(Deserialize)]
pub(super) struct Field {
    code: String,
    /// The request that the field stood on, while it waits: what is begun now takes its place.
    waiting: Option<String>,
}

/// What the text is.
#[derive(Debug, PartialEq, Eq)]
enum Code {
    /// A matter's code: its policy's identifier. A scanner may type capital letters.
    Matter(SchemaId),
    /// A presentation that was made without a network.
    Offline(String),
    /// A sealed paper, for which the matter must be chosen first.
    Paper,
    /// The printed code that takes a request back.
    Cancel,
    /// A part of a title, or its pinyin.
    Words(String),
    Unknown,
}

/// `POST /enter`.
pub(super) async fn enter(
    visit: Visit,
    form: Result<Form<Field>, FormRejection>,
) -> Result<Response, PageError> {
    visit.allow(Right::Ask)?;
    let Form(Field { code, waiting }) = form.map_err(|_| visit.fails(PageErrorKind::Malformed))?;
    let code = match Code::parse(&code) {
        Code::Words(words) => {
            let mut found = search::matters(&visit, &words);
            if found.len() > 1 {
                return Ok(home::choose(&visit, found, waiting));
            }
            let only = found.pop().and_then(|matter| matter.policy.parse().ok());
            only.map_or(Code::Unknown, Code::Matter)
        }
        code => code,
    };
    match (code, waiting) {
        (Code::Matter(policy), None) => Ok(begin(&visit, policy).await?.into_response()),
        (Code::Matter(policy), Some(id)) if Matter::find(&policy, &visit).is_some() => {
            Ok(instead(&visit, id, policy).await?.into_response())
        }
        (Code::Offline(text), waiting) => match leave(&visit, waiting).await? {
            Some(answered) => Ok(answered.into_response()),
            None => judge(&visit, text).await,
        },
        (Code::Cancel, Some(id)) => Ok(result::cancel(visit, Path(id)).await?.into_response()),
        (Code::Paper, waiting) => Ok(Notice::PaperFirst.on_page(waiting.as_deref()).into_response()),
        (Code::Matter(_) | Code::Cancel | Code::Words(_) | Code::Unknown, waiting) => {
            Ok(Notice::UnknownCode.on_page(waiting.as_deref()).into_response())
        }
    }
}

/// `GET /enter`: a verdict or a choice that is asked for again, in another language; it is scanned again.
pub(super) async fn again(_visit: Visit) -> Redirect {
    Redirect::to("/")
}

/// Begins another request in place of one that waits.
pub(super) async fn instead(visit: &Visit, waiting: String, policy: SchemaId) -> Result<Redirect, PageError> {
    match leave(visit, Some(waiting)).await? {
        Some(answered) => Ok(answered),
        None => begin(visit, policy).await,
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
        let compact = typed::compact(text);
        if compact.to_ascii_uppercase().starts_with(paper::PREFIX) {
            return Self::Paper;
        }
        let matter = compact.to_ascii_lowercase();
        if matter == CANCEL.to_ascii_lowercase() {
            return Self::Cancel;
        }
        let words =
            || Some(typed::line(text)).filter(|words| !words.is_empty()).map_or(Self::Unknown, Self::Words);
        SchemaId::try_from(matter).map_or_else(|_| words(), Self::Matter)
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

/// What the printed code says that takes a request back.
pub(super) const CANCEL: &str = "YONG:CANCEL";
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
        for other in ["", " \r\n", &"a".repeat(7_000)] {
            assert_eq!(Code::parse(other), Code::Unknown, "{other}");
        }
        for words in ["6901234567892", "adult", "成年", "https://evil.example/adult/1"] {
            assert_eq!(Code::parse(words), Code::Words(words.to_owned()));
        }
        assert_eq!(Code::parse("yong:cancel\r\n"), Code::Cancel);
        assert_eq!(Code::parse("ＹＯＮＧ：Ｐ２：ABC"), Code::Paper);
    }
}
