//! Keys of words that are put together from a word of the desk, so that a test can ask for all of them.

use page::Frame;

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

/// Reasons that clerks choose from; other codes are typed.
pub(super) const REASONS: [&str; 7] =
    ["applicant.request", "data.error", "moved", "lost.device", "court.order", "deceased", "fraud"];

/// The words for a word of the desk; the word itself where there are none.
pub(super) fn say(page: &Frame, kind: &str, word: &str) -> String {
    let key = format!("{kind}-{}", word.replace('.', "-"));
    if super::words::WORDS.knows(&key) { page.say(&key) } else { word.to_owned() }
}

/// Every such key.
#[cfg(test)]
pub(super) fn computed() -> impl Iterator<Item = String> {
    let kinds: [(&str, &[&str]); 9] = [
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
    ];
    let keys = |(kind, words): (&'static str, &'static [&'static str])| {
        words.iter().map(move |word| format!("{kind}-{}", word.replace('.', "-")))
    };
    kinds.into_iter().flat_map(keys).collect::<Vec<_>>().into_iter()
}
