//! The pages' words, and keys of words that are put together from a code, so that a test can ask for all of them.

use std::sync::LazyLock;

use circuits::policy::Catalogue as _;
use circuits::schema::{SchemaId, ValueErrorKind};
use ledger::registry::Registry;
use service::staff::LOCAL;
use service::web::{Layout, Words};

use crate::issuer::API;

/// In three languages.
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::new(
        include_str!("../../../words/zh-CN.ftl"),
        include_str!("../../../words/en.ftl"),
        include_str!("../../../words/za.ftl"),
    )
    .unwrap_or_else(|error| panic!("the words are compiled in, and a test reads them: {error:?}"))
});

/// Keys of words that are put together: what stands before the word.
pub(super) const STATE: &str = "state";
pub(super) const ACT: &str = "act";
pub(super) const PREVIEW: &str = "preview";
pub(super) const OUTCOME: &str = "outcome";
pub(super) const LIST: &str = "list";
pub(super) const PROPOSAL: &str = "proposal";
pub(super) const PROGRESS: &str = "progress";
pub(super) const REASON: &str = "reason";
pub(super) const VALUE: &str = "value";
pub(super) const DEVICE: &str = "device";
pub(super) const RECOVERY: &str = "recovery";
pub(super) const ENROLMENT: &str = "enrolment";

/// Reasons that clerks choose from; other codes are typed.
pub(super) const REASONS: [&str; 8] = [
    "applicant.request",
    "data.error",
    "moved",
    "lost.device",
    "lost.phrase",
    "court.order",
    "deceased",
    "fraud",
];

/// The words for what a schema says of a value: every one that [`value`] gives.
#[cfg(test)]
const VALUES: [&str; 15] = [
    "whole", "above", "decimal", "finer", "date", "early", "day", "bool", "name", "long", "unicode", "twice",
    "missing", "unknown", "other",
];

/// The word for what a schema said of a value, which the issuer keeps in the schema's own words.
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
        // The issuer reads cells, and never values in JSON.
        ValueErrorKind::NotBool | ValueErrorKind::NotString => "other",
    }
}

/// The words for a word of the issuer; the word itself where there are none.
pub(super) fn say(page: &Layout, kind: &str, word: &str) -> String {
    let key = format!("{kind}-{}", word.replace('.', "-"));
    if WORDS.knows(&key) { page.say(&key) } else { word.to_owned() }
}

/// Who did something, by name: whoever sits at the machine and programs have none, and are called what they are.
pub(super) fn who(page: &Layout, name: String) -> String {
    match name.as_str() {
        LOCAL => page.say("who-local"),
        API => page.say("who-program"),
        _ => name,
    }
}

/// What a credential is called; what is not on the ledger (any more) keeps its identifier.
pub(super) fn credential(page: &Layout, registry: &Registry, schema: &str) -> String {
    let known = schema.parse::<SchemaId>().ok().and_then(|id| registry.schema(&id));
    known.map_or_else(|| schema.to_owned(), |known| known.title.text(page.tag()).to_owned())
}

/// More about an act: a reason, what became of other wallets, or what is no code (a file, a number).
pub(super) fn detail(page: &Layout, detail: &str) -> String {
    let words = say(page, ENROLMENT, detail);
    if words == detail { say(page, REASON, detail) } else { words }
}

/// Every such key.
#[cfg(test)]
pub(super) fn computed() -> impl Iterator<Item = String> {
    let kinds: [(&str, &[&str]); 12] = [
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
                "reset",
                "replace",
                "reconcile",
                "unify",
                "recover",
                "request",
                "agree",
                "password",
            ],
        ),
        (PREVIEW, &["new", "replaces", "changes", "unchanged", "refused"]),
        (OUTCOME, &["done", "ledger_busy", "error", "issued", "changed", "unchanged", "refused"]),
        (LIST, &["preview", "proposed", "running", "done", "dropped"]),
        (PROPOSAL, &["open", "approved", "declined"]),
        (PROGRESS, &["waiting", "redeemed", "received", "locked", "ended"]),
        (REASON, &REASONS),
        (VALUE, &VALUES),
        (DEVICE, &["protocol", "assisted"]),
        (ENROLMENT, &["add", "replace_all"]),
        (RECOVERY, &["open", "ended", "sent", "requested", "refused"]),
    ];
    let keys = |(kind, words): (&str, &[&str])| -> Vec<String> {
        words.iter().map(|word| format!("{kind}-{}", word.replace('.', "-"))).collect()
    };
    kinds.into_iter().flat_map(keys).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn chinese_and_english_are_complete() {
        assert_eq!(WORDS.missing(), BTreeSet::new());
    }

    #[test]
    fn every_key_that_a_page_says_has_words() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = [files(&root.join("templates")), files(&root.join("src/http/pages"))].concat();
        let texts: Vec<String> = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        let said: BTreeSet<&str> = texts.iter().flat_map(|text| said(text)).collect();
        assert!(said.len() > 60, "{said:?}");
        let all = said.into_iter().map(str::to_owned).chain(computed());
        let unknown: Vec<String> = all.filter(|key| !WORDS.knows(key)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_file()).collect()
    }

    /// What stands in quotation marks right after `say(`, `say1(` or `say2(`.
    fn said(text: &str) -> impl Iterator<Item = &str> {
        ["say(\"", "say1(\"", "say2(\""]
            .into_iter()
            .flat_map(move |call| text.split(call).skip(1))
            .filter_map(|rest| rest.split('"').next())
            .filter(|key| !key.is_empty())
    }
}
