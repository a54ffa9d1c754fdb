//! Keys of words that are put together from a word of the desk, so that a test can ask for all of them.

use circuits::schema::ValueErrorKind;
use service::web::Layout;

/// What stands before the desk's words.
pub(super) const REFUSAL: &str = "refusal";
pub(super) const STATE: &str = "state";
pub(super) const ACT: &str = "act";
pub(super) const PREVIEW: &str = "preview";
pub(super) const OUTCOME: &str = "outcome";
pub(super) const LIST: &str = "list";
pub(super) const PROPOSAL: &str = "proposal";
pub(super) const PROGRESS: &str = "progress";
pub(super) const REASON: &str = "reason";
pub(super) const VALUE: &str = "value";

/// Reasons that clerks choose from; other codes are typed.
pub(super) const REASONS: [&str; 7] =
    ["applicant.request", "data.error", "moved", "lost.device", "court.order", "deceased", "fraud"];

/// The words for what a schema says of a value: every one that [`value`] gives.
#[cfg(test)]
const VALUES: [&str; 15] = [
    "whole", "above", "decimal", "finer", "date", "early", "day", "bool", "name", "long", "unicode", "twice", "missing",
    "unknown", "other",
];

/// The word for what a schema said of a value, which the desk keeps in the schema's own words.
pub(super) fn value(detail: &str) -> &'static str {
    let Some(kind) = ValueErrorKind::from_words(detail) else { return "other" };
    match kind {
        ValueErrorKind::NotWhole => "whole",
        ValueErrorKind::AboveMax => "above",
        ValueErrorKind::NotDecimal => "decimal",
        ValueErrorKind::TooFine => "finer",
        ValueErrorKind::NotDate => "date",
        ValueErrorKind::TooEarly => "early",
        ValueErrorKind::NotDay => "day",
        ValueErrorKind::NotBoolText => "bool",
        ValueErrorKind::NotName => "name",
        ValueErrorKind::TooLong => "long",
        ValueErrorKind::NotNfc => "unicode",
        ValueErrorKind::GivenTwice => "twice",
        ValueErrorKind::Missing => "missing",
        ValueErrorKind::NotInSchema(_) => "unknown",
        // The desk reads cells, and never values in JSON.
        ValueErrorKind::NotBool | ValueErrorKind::NotString => "other",
    }
}

/// The words for a word of the desk; the word itself where there are none.
pub(super) fn say(page: &Layout, kind: &str, word: &str) -> String {
    let key = format!("{kind}-{}", word.replace('.', "-"));
    if super::words::WORDS.knows(&key) { page.say(&key) } else { word.to_owned() }
}

/// Every such key.
#[cfg(test)]
pub(super) fn computed() -> impl Iterator<Item = String> {
    let kinds: [(&str, &[&str]); 10] = [
        (
            REFUSAL,
            &[
                "not_granted",
                "bad_person",
                "unknown_person",
                "not_enrolled",
                "bad_value",
                "duplicate_row",
                "bad_holder",
                "double_holder",
                "enrolled_otherwise",
                "suspended",
                "withdrawn",
                "not_held",
                "final",
                "bad_reason",
                "person_fixed",
                "already_so",
                "own_proposal",
                "not_open",
                "no_memory",
                "ledger",
            ],
        ),
        (STATE, &["none", "active", "expired", "suspended", "revoked", "replaced"]),
        (
            ACT,
            &[
                "find",
                "view",
                "offer",
                "revoke",
                "suspend",
                "restore",
                "correct",
                "propose",
                "approve",
                "decline",
                "upload",
                "run",
                "drop",
                "report",
                "issue",
                "sign-in",
                "sign-in-failed",
                "sign-out",
                "records",
                "enrolments",
                "paper",
            ],
        ),
        (PREVIEW, &["new", "replaces", "changes", "unchanged", "refused"]),
        (OUTCOME, &["done", "ledger_busy", "error", "issued", "changed", "unchanged", "refused"]),
        (LIST, &["preview", "proposed", "running", "done", "dropped"]),
        (PROPOSAL, &["open", "approved", "declined"]),
        (PROGRESS, &["waiting", "redeemed", "received", "locked", "ended"]),
        (REASON, &REASONS),
        (VALUE, &VALUES),
    ];
    let keys = |(kind, words): (&str, &[&str])| -> Vec<String> {
        words.iter().map(|word| format!("{kind}-{}", word.replace('.', "-"))).collect()
    };
    kinds.into_iter().flat_map(keys).collect::<Vec<_>>().into_iter()
}
