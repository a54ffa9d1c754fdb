//! What a record does, in the words that an approver reads. Made from the record, never from what came with it.

use std::collections::BTreeMap;

use circuits::credential::DepartmentId;
use ledger::key::PublicKey;
use ledger::proposal::Proposal;
use ledger::record::{
    ApprovalTerms, CredentialStatus, CredentialWithdraw, KeyPublish, KeyRetire, KeyUse, Record,
    RecoveryRequest, StatusAct,
};

/// What a proposal does, for whoever approves.
pub(super) fn proposal(proposal: &Proposal) -> String {
    let approved = match approvers(proposal).as_slice() {
        [] => "nobody yet".to_owned(),
        some => some.join(", "),
    };
    let record = proposal.record();
    let act = describe(record, proposal.departments());
    let bound = record.terms().map(terms).unwrap_or_default();
    format!("On the ledger {}:\n{act}\n{bound}Approved by: {approved}.", proposal.origin())
}

/// Who has approved so far.
pub(super) fn approvers(proposal: &Proposal) -> Vec<String> {
    proposal.approvers().map(ToString::to_string).collect()
}

/// A few sentences. `departments` are the keys known when it was proposed.
fn describe(record: &Record, departments: &BTreeMap<DepartmentId, PublicKey>) -> String {
    match record {
        Record::Admit(r) => {
            let id = &r.department.id;
            let key = &r.department.key;
            let title = r.department.title.text("en");
            let desk =
                r.department.desk.as_ref().map_or("no desk".to_owned(), |desk| format!("the desk {desk}"));
            format!("Admit the department `{id}` (\u{201c}{title}\u{201d}) with the key {key} and {desk}.")
        }
        Record::Rotate(r) => {
            let old = departments.get(&r.department).map_or("unknown".to_owned(), ToString::to_string);
            let id = &r.department;
            let key = &r.key;
            format!(
                "Replace the key of `{id}`.\n  old key: {old}\n  new key: {key}\nThe old key signs nothing more."
            )
        }
        Record::Suspend(r) => {
            let id = &r.department;
            let reason = &r.reason;
            format!(
                "Suspend the department `{id}` (reason: {reason}). Its new records are refused, its old ones stand."
            )
        }
        Record::Reinstate(r) => {
            let id = &r.department;
            let reason = &r.reason;
            format!("Lift the suspension of the department `{id}` (reason: {reason}).")
        }
        Record::Key(r) => key(r),
        Record::Retire(r) => retire(r),
        Record::Status(r) => status(r),
        Record::Withdraw(r) => withdraw(r),
        Record::Recovery(r) => recovery(r),
        // Nobody approves these: whoever is asked to is told their kind.
        Record::Schema(_)
        | Record::Policy(_)
        | Record::Model(_)
        | Record::Commit(_)
        | Record::Verifier(_)
        | Record::Trustee(_)
        | Record::Disclosure(_)
        | Record::Root(_) => format!("Publish a `{}`.", record.kind()),
    }
}

fn key(r: &KeyPublish) -> String {
    let made = match (&r.key_use, &r.transcript_digest) {
        (KeyUse::Development, _) => "a DEVELOPMENT key: somebody can forge proofs with it".to_owned(),
        (KeyUse::Ceremony, Some(transcript)) => format!("made in the ceremony with transcript {transcript}"),
        (KeyUse::Ceremony, None) => "made without a ceremony transcript".to_owned(),
    };
    let parties = match &r.secrets {
        Some(secrets) => {
            format!(
                "verified secrets: of {} parties in phase 1, of {} in phase 2",
                secrets.phase1, secrets.phase2
            )
        }
        None => "verified secrets: the record does not say of how many parties".to_owned(),
    };
    let from = r.valid_from.map_or("since it is published".to_owned(), |at| format!("from {}", moment(at)));
    let until =
        r.retire_at.map_or("until its end is announced".to_owned(), |at| format!("until {}", moment(at)));
    format!(
        "Publish the verifying key of the circuit {}/{}, {made}.\n  {parties}\n  verifying key: {} ({})\n  proving key file: {}\n  \
         valid: {from}, {until}",
        r.circuit,
        r.version,
        r.vk_digest.short(),
        r.vk_digest,
        r.proving_key_digest
    )
}

fn retire(r: &KeyRetire) -> String {
    let short = r.vk_digest.short();
    let digest = &r.vk_digest;
    let reason = &r.reason;
    let at = moment(r.retire_at);
    format!(
        "Retire the verifying key {short} ({digest}) at {at} (reason: {reason}). From then on no proof under it is accepted; \
         this cannot be put off."
    )
}

/// For how long and for which state of the log approvals are good.
fn terms(terms: &ApprovalTerms) -> String {
    let ApprovalTerms { entries, expires, nonce } = terms;
    let end = moment(*expires);
    format!(
        "Approvals are good until {end}, and only while what this is about stands as it did at {entries} entries of the log.\n\
         Proposal {nonce}.\n"
    )
}

/// Unix seconds, and the same as a date where it is one.
pub(super) fn moment(seconds: u64) -> String {
    let date = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    date.map_or(seconds.to_string(), |date| format!("{date} ({seconds})"))
}

fn status(r: &CredentialStatus) -> String {
    let count = |act| r.changes.iter().filter(|change| change.status == act).count();
    let (revoked, suspended, restored) =
        (count(StatusAct::Revoke), count(StatusAct::Suspend), count(StatusAct::Restore));
    let first: Vec<String> =
        r.changes.iter().take(SHOWN).map(|change| change.position.get().to_string()).collect();
    let rest = r.changes.len().saturating_sub(SHOWN);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!(
        "Revoke {revoked} credentials for ever, suspend {suspended}, restore {restored}.\n  positions: {}{more}",
        first.join(", ")
    )
}

/// Whoever agrees without having looked lets one department alone take over a person.
fn recovery(r: &RecoveryRequest) -> String {
    let short = r.key_digest.short();
    let (bundle, digest, desk) = (&r.bundle, &r.key_digest, &r.desk);
    let at = moment(r.time);
    format!(
        "Have the trustees give the shares of a person's secret to ONE new wallet, once and for ever.\n  bundle: {bundle}\n  \
         the new wallet's key: {short} ({digest})\n  at the desk of `{desk}`, where the person stood at {at}\nApprove only if \
         you have looked at the person and their papers yourself, and the new wallet shows {short}."
    )
}

fn withdraw(r: &CredentialWithdraw) -> String {
    let ranges =
        r.ranges.iter().take(SHOWN).map(|range| format!("{} to {}", range.first.get(), range.last.get()));
    let ranges: Vec<String> = ranges.collect();
    let rest = r.ranges.iter().count().saturating_sub(SHOWN);
    let more = if rest > 0 { format!(" and {rest} more ranges") } else { String::new() };
    format!(
        "Revoke for ever EVERY credential that `{}` issued at these positions (reason: {}); this cannot be undone.\n  \
         positions: {}{more}\nCredentials of other departments there stay as they are. `{}` itself does not approve.",
        r.department,
        r.reason,
        ranges.join(", "),
        r.department
    )
}

/// Positions, and ranges of them, named one by one.
const SHOWN: usize = 10;
