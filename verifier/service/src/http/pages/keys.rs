//! Keys of words that are computed from something, so that a test can look for all of them.

use openid4vc::vp::{Reason, Status};
use service::staff::Role;

use crate::relying_party::Unready;
use crate::store::Act;

/// What somebody did.
pub(super) fn act(act: Act) -> String {
    format!("act-{}", act.word())
}

/// The name of a role.
pub(super) fn role(role: Role) -> String {
    format!("staff-role-{}", role.word())
}

/// Why the counter cannot work.
pub(super) fn unready(why: &Unready) -> String {
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
pub(super) fn computed() -> Vec<String> {
    use Reason::{AlreadyUsed, Expired, KeyNotValid, Malformed, NotProved, StaleRoot, UnknownRoot};
    let refused = [AlreadyUsed, Expired, KeyNotValid, Malformed, NotProved, StaleRoot, UnknownRoot];
    let refused = refused.map(|why| reason(Status::Refused, Some(why)));
    let offline = [Expired, AlreadyUsed, NotProved].map(|why| offline_reason(Some(why)));
    let ended = [Status::Declined, Status::Expired].map(|status| reason(status, None));
    let unready = [
        "ledger_never_followed",
        "ledger_behind",
        "ledger_misbehaves",
        "no_key",
        "development_key_refused",
        "key_not_yet_valid",
        "key_retired",
        "bad_key",
        "policy_changed",
    ]
    .map(|code| format!("unready-{code}"));
    let failures = super::failure::Kind::ALL.into_iter().flat_map(|kind| [kind.title(), kind.what()]);
    let notices = super::home::Notice::ALL.map(super::home::Notice::key);
    let ages = super::times::AGES.map(|(_, key)| key.to_owned());
    [
        refused.to_vec(),
        offline.to_vec(),
        ended.to_vec(),
        unready.to_vec(),
        failures.collect(),
        notices.to_vec(),
        ages.to_vec(),
    ]
    .concat()
    .into_iter()
    .chain(Act::ALL.map(act))
    .chain(Role::ALL.map(role))
    .collect()
}
