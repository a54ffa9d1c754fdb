//! The page's words: the texts in three languages, and the keys that are computed from something, so that a test can
//! look for all of them.

use std::sync::LazyLock;

use openid4vc::vp::{Reason, Status};
use service::staff::Role;
use service::web::Words;

use crate::relying_party::NotReady;
use crate::store::AuditAction;

/// In three languages.
pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    Words::new(
        include_str!("../../../words/zh-CN.ftl"),
        include_str!("../../../words/en.ftl"),
        include_str!("../../../words/za.ftl"),
    )
    .unwrap_or_else(|error| panic!("the words are compiled in, and a test reads them: {error:?}"))
});

/// What somebody did.
pub(super) fn act(act: AuditAction) -> String {
    format!("act-{}", act.as_str())
}

/// The name of a role.
pub(super) fn role(role: Role) -> String {
    format!("staff-role-{}", role.word())
}

/// Why the counter cannot work.
pub(super) fn not_ready(why: &NotReady) -> String {
    format!("unready-{}", why.code())
}

/// Why an answer is not believed, or why there is none. Passing has no reason.
pub(super) fn reason(status: Status, reason: Option<Reason>) -> String {
    match (status, reason) {
        (Status::Declined, _) => "reason-declined".to_owned(),
        (Status::Refused, Some(reason)) => format!("reason-{}", reason.as_str()),
        _ => "reason-nobody".to_owned(),
    }
}

/// Why an answer that was made without a network is not believed. Where the way matters, the words are its own.
pub(super) fn offline_reason(reason: Option<Reason>) -> String {
    match reason {
        Some(Reason::Expired) => "offline-expired".to_owned(),
        Some(Reason::AlreadyUsed) => "offline-already_used".to_owned(),
        Some(Reason::NotProved) => "offline-not_proved".to_owned(),
        other => self::reason(Status::Refused, other),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Every key that is computed.
    fn computed() -> Vec<String> {
        use Reason::{
            AlreadyUsed, Expired, KeyNotValid, Malformed, NotOffline, NotProved, NotStarted, OtherRegister,
            StaleRoot, UnknownRoot,
        };
        let refused = [
            AlreadyUsed,
            Expired,
            KeyNotValid,
            Malformed,
            NotOffline,
            NotProved,
            NotStarted,
            OtherRegister,
            StaleRoot,
            UnknownRoot,
        ];
        let refused = refused.map(|why| reason(Status::Refused, Some(why)));
        let offline = [Expired, AlreadyUsed, NotProved].map(|why| offline_reason(Some(why)));
        let ended = [Status::Declined, Status::Expired].map(|status| reason(status, None));
        let not_ready = [
            "ledger_never_followed",
            "ledger_behind",
            "ledger_answers_old",
            "clocks_differ",
            "ledger_misbehaves",
            "no_key",
            "development_key_refused",
            "key_not_yet_valid",
            "key_retired",
            "bad_key",
            "policy_changed",
        ]
        .map(|code| format!("unready-{code}"));
        let failures = crate::http::pages::error::PageErrorKind::ALL
            .into_iter()
            .flat_map(|kind| [kind.title(), kind.what()]);
        let notices = crate::http::pages::home::Notice::ALL.map(crate::http::pages::home::Notice::key);
        let pseudonyms = crate::http::pages::matter::SeenAs::ALL
            .into_iter()
            .flat_map(|seen| [seen.sentence(), seen.short()])
            .flatten()
            .map(str::to_owned);
        let ages = crate::http::pages::banner::AGES.map(|(_, key)| key.to_owned());
        [
            refused.to_vec(),
            offline.to_vec(),
            ended.to_vec(),
            not_ready.to_vec(),
            failures.collect(),
            notices.to_vec(),
            ages.to_vec(),
            pseudonyms.collect(),
        ]
        .concat()
        .into_iter()
        .chain(AuditAction::ALL.map(act))
        .chain(Role::ALL.map(role))
        .collect()
    }

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
        assert!(said.len() > 40, "{said:?}");
        let all = said.into_iter().map(str::to_owned).chain(computed());
        let unknown: Vec<String> = all.filter(|key| !WORDS.knows(key)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.is_file()).collect()
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
