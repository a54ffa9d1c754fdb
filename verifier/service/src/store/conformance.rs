//! What every [`CounterStore`] must do, for two stores on one database, as two processes have them.

#![allow(clippy::unwrap_used, reason = "a suite of tests: a failed unwrap is a failed test")]

mod ends;
mod faults;
mod lists;
mod offline;
mod programs;
mod requests;
mod uses;

use std::path::Path;

use circuits::Fr;
use ledger::digest::Digest;
use ledger::record::KeyUse;
use ledger::registry::PublishedPolicy;
use openid4vc::jwe::ResponseKey;
use openid4vc::vp::{Nonce, Reason, Receipt, TransactionStatus};
use verifier::receipt::{Evidence, Session};
use verifier::{Answer, Verified};

use super::{CounterStore, Finalized, Outcome, StoreError, Transaction, TransactionEnd, Uses};

/// An implementation, as the suite sees it.
pub trait Subject {
    /// Its stores.
    type Store: CounterStore;
    /// Two stores on one new, empty database.
    fn open_two(&mut self) -> (Self::Store, Self::Store);
    /// Another store on the newest database, of a service with this marker.
    fn open_counting(&mut self, marker: &Path) -> Result<Self::Store, StoreError>;
    /// Has the next commits of a store end so, until it is told otherwise; `false` if they cannot be made to.
    fn inject(&mut self, store: &Self::Store, fault: Option<Fault>) -> bool {
        let _ = (store, fault);
        false
    }
}

/// A commit that the store is told has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It left nothing.
    Lost,
    /// It was made all the same.
    Landed,
}

/// Two stores on one empty database.
type Case<S> = fn(&<S as Subject>::Store, &<S as Subject>::Store);

/// Runs the whole suite. The policy has a named scope, of which each pseudonym is used once.
///
/// # Panics
///
/// When a store breaks a rule; the message names it.
pub fn conformance<S: Subject>(subject: &mut S, policy: &PublishedPolicy) {
    let suite: [Case<S>; 20] = [
        requests::are_found_by_each_of_their_names,
        requests::are_kept_all_or_none,
        requests::are_given_out_so_often_and_to_their_wallet,
        requests::are_taken_back_once_and_never_after_they_ended,
        requests::say_who_asked,
        programs::add_to_requests,
        programs::ask_once_with_a_key,
        programs::ask_once_when_all_come_at_once,
        programs::are_told_of_an_end_at_once_and_of_silence_later,
        programs::are_told_by_one_process_at_a_time,
        programs::are_not_told_unasked,
        ends::are_kept_with_receipt_and_evidence,
        ends::are_written_once,
        ends::of_a_batch_see_each_other_and_stand_alone,
        ends::are_forgotten_as_promised,
        uses::are_counted_over_both_stores,
        uses::of_other_scopes_and_sessions_are_counted_apart,
        uses::are_never_more_than_allowed_when_all_come_at_once,
        lists::show_receipts_newest_first,
        lists::show_who_did_what,
    ];
    for case in suite {
        let (one, other) = subject.open_two();
        case(&one, &other);
    }
    for case in [offline::the_same_answer_is_accepted_once, offline::what_was_brought_is_judged_and_wiped] {
        let (one, other) = subject.open_two();
        case(&one, &other, policy);
    }
    uses::a_register_that_has_forgotten_some_is_refused(subject);
    for fault in [Fault::Lost, Fault::Landed] {
        faults::an_end_is_recorded_once(subject, fault);
        faults::what_is_no_end_is_written_once(subject, fault);
        faults::a_scan_is_counted_once(subject, fault, policy);
        programs::are_told_what_happened(subject, fault);
        programs::are_told_after_a_fault(subject, fault);
        programs::ask_once_after_a_fault(subject, fault);
    }
    let (one, _) = subject.open_two();
    one.try_write().expect("a store that nobody else writes to takes a write");
    one.ask_as("a counter", NOW).expect("a database that is nobody's becomes this counter's");
    one.ask_as("a counter", NOW).expect("and stays it");
}

/// Later than anything; databases know no larger numbers.
const LATEST: u64 = i64::MAX.unsigned_abs();

/// The suite's present, unix seconds.
pub(super) const NOW: u64 = 1_760_000_000;

pub(super) fn word(text: &str) -> Nonce {
    Nonce::try_from(text.to_owned()).unwrap()
}

pub(super) fn transaction(name: &str) -> Transaction {
    Transaction {
        id: word(&format!("{name}-id")).into(),
        request: word(&format!("{name}-request")).into(),
        state: word(&format!("{name}-state")),
        nonce: word(&format!("{name}-nonce")),
        policy: "survey/1".parse().unwrap(),
        policy_digest: Digest::of(b"policy"),
        key_digest: Digest::of(b"key"),
        key_use: KeyUse::Ceremony,
        made_at: NOW,
        expires_at: NOW + 300,
        keep_until: NOW + 86_400,
        match_code: "0042".into(),
        response_key: ResponseKey::from_bytes(Digest::of(name.as_bytes()).as_bytes()),
        reference: None,
        redirect: None,
        outcome: Outcome::Pending,
    }
}

pub(super) fn answer(nullifier: u64) -> Verified<Answer> {
    answer_with(Fr::from(nullifier))
}

pub(super) fn answer_with(nullifier: Fr) -> Verified<Answer> {
    let level = serde_json::json!({ "level": "A" }).as_object().unwrap().clone();
    Verified::assumed_for_tests_only(Answer {
        root: Fr::from(7u64).into(),
        nullifier: nullifier.into(),
        revealed: [("credit".to_owned(), level)].into(),
        proofs: Vec::new(),
        across: None,
        models: Vec::new(),
        key_digest: Digest::of(b"key"),
        key_use: KeyUse::Ceremony,
    })
}

/// Nothing that could be checked.
pub(super) fn kept(_: &Receipt) -> Evidence {
    let session = Session {
        client_id: "x509_hash:counter".into(),
        nonce: word("nonce"),
        thumbprint: Digest::of(b"key"),
        response_uri: "http://127.0.0.1:7003/response".into(),
        asked_at: NOW,
        expires_at: NOW + 300,
    };
    let nullifier = Fr::from(1u64).into();
    Evidence {
        session,
        nullifier,
        shown: Vec::new(),
        across: None,
        models: Vec::new(),
        root_entry: Some(4),
        seal: "unsigned".into(),
    }
}

pub(super) fn named(limit: u32) -> Uses {
    Uses::Named { publisher: "credit.nanning".parse().unwrap(), scope: "survey-2026".into(), limit }
}

fn insert(store: &impl CounterStore, names: &[&str]) {
    let all: Vec<Transaction> = names.iter().map(|name| transaction(name)).collect();
    store.insert_batch(&all).expect("new requests are kept");
}

fn accept(
    store: &impl CounterStore,
    name: &str,
    nullifier: u64,
    uses: &Uses,
    receipt: &str,
) -> Result<Finalized, StoreError> {
    let (transaction, answer) = (transaction(name), answer(nullifier));
    store.finalize(TransactionEnd::accepted(&transaction, &answer, uses, receipt.to_owned(), NOW + 5, kept))
}

fn refuse(store: &impl CounterStore, name: &str, receipt: &str) -> Result<Finalized, StoreError> {
    let transaction = transaction(name);
    store.finalize(TransactionEnd::refused(&transaction, Reason::NotProved, receipt.to_owned(), NOW + 5))
}

fn decline(store: &impl CounterStore, name: &str) -> Result<Finalized, StoreError> {
    store.finalize(TransactionEnd::declined(&transaction(name)))
}

fn stored(store: &impl CounterStore, name: &str) -> Transaction {
    store.transaction(&transaction(name).id).unwrap().expect("the request is kept")
}

fn status(store: &impl CounterStore, name: &str) -> TransactionStatus {
    stored(store, name).status_at(NOW + 6)
}

/// How many receipts there are.
fn receipts(store: &impl CounterStore) -> usize {
    store.receipts(super::ReceiptsOf::All, &(0..LATEST), 100).unwrap().len()
}
