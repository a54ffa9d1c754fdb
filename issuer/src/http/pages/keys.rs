//! Keys of words that are put together from a word of the desk, so that a test can ask for all of them.

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

/// What a schema says of a value that does not fit, and the desk's word for it.
const VALUES: [(&str, &str); 13] = [
    ("is not a whole number", "whole"),
    ("is above the schema's `max`", "above"),
    ("is not a decimal number such as 12.50", "decimal"),
    ("is finer than the schema's `scale`", "finer"),
    ("is not a date of the form YYYY-MM-DD", "date"),
    ("is before 0001-01-01", "early"),
    ("is not a day of the calendar", "day"),
    ("is none of true, false, 1, 0, yes, no", "bool"),
    ("is not one of the schema's names", "name"),
    ("is longer than 1,024 bytes", "long"),
    ("is not in Unicode NFC", "unicode"),
    ("is given twice", "twice"),
    ("is missing and not optional", "missing"),
];

/// The word for what a schema says of a value, the name of the schema left out.
pub(super) fn value(detail: &str) -> &'static str {
    let known = VALUES.iter().find(|(said, _)| *said == detail).map(|(_, word)| *word);
    known.unwrap_or(if detail.starts_with("is not in schema ") { "unknown" } else { "other" })
}

/// The words for a word of the desk; the word itself where there are none.
pub(super) fn say(page: &Layout, kind: &str, word: &str) -> String {
    let key = format!("{kind}-{}", word.replace('.', "-"));
    if super::words::WORDS.knows(&key) { page.say(&key) } else { word.to_owned() }
}

/// Every such key.
#[cfg(test)]
pub(super) fn computed() -> impl Iterator<Item = String> {
    let values: Vec<&str> = VALUES.iter().map(|(_, word)| *word).chain(["unknown", "other"]).collect();
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
        (VALUE, &values),
    ];
    let keys = |(kind, words): (&str, &[&str])| -> Vec<String> {
        words.iter().map(|word| format!("{kind}-{}", word.replace('.', "-"))).collect()
    };
    kinds.into_iter().flat_map(keys).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The desk keeps what a schema said, so words are found by it: a new saying needs words too.
    #[test]
    fn whatever_a_schema_says_of_a_value_has_words() {
        let sources = [
            include_str!("../../../../circuits/src/schema/value.rs"),
            include_str!("../../../../circuits/src/schema/values.rs"),
        ];
        let literals = sources.into_iter().flat_map(|source| source.split("\"is ").skip(1));
        let sayings = literals.filter_map(|rest| rest.split('"').next()).map(|rest| format!("is {rest}"));
        let words: BTreeSet<&str> = sayings.filter(|said| !is_of_json(said)).map(|s| value(&s)).collect();
        let wanted = VALUES.iter().map(|(_, word)| *word).chain(["unknown"]).collect();
        assert_eq!(words, wanted);
    }

    /// The desk reads cells, and never values in JSON.
    fn is_of_json(said: &str) -> bool {
        ["is not `true` or `false`", "is not a string"].contains(&said)
    }
}
