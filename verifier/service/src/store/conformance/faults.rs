//! Commits that failed, of which some landed. A store may say so or try again itself; either way nothing is written twice.

use openid4vc::vp::Status;

use super::offline::with_scan;
use super::{
    CounterStore, Fault, Finalized, NOW, PublishedPolicy, StoreError, Subject, accept, decline, insert,
    named, receipts, refuse, status, transaction,
};
use crate::store::{AuditAction, AuditEvent, Kept};

/// Ends one request with this receipt.
type End<'a, S> = dyn Fn(&<S as Subject>::Store, &str) -> Result<Finalized, StoreError> + 'a;

pub(super) fn an_end_is_recorded_once<S: Subject>(subject: &mut S, fault: Fault) {
    let (one, other) = subject.open_two();
    insert(&one, &["a", "b", "c", "d", "e"]);
    let uses = named(2);
    let mut twice = |end: &End<'_, S>| {
        subject.inject(&one, Some(fault));
        let first = end(&one, "r1");
        subject.inject(&one, None);
        let second = end(&other, "r2").expect("the other store works");
        let expected = match (&first, fault) {
            (Err(_), Fault::Lost) => Finalized::Recorded,
            (Err(_), Fault::Landed) | (Ok(_), _) => Finalized::AlreadyAnswered,
        };
        assert_eq!(second, expected, "after a commit that was {fault:?}");
        assert!(first.is_err() || matches!(first, Ok(Finalized::Recorded)), "what is told is what happened");
    };
    twice(&|store, id| accept(store, "a", 1, &uses, &format!("a-{id}")));
    twice(&|store, id| refuse(store, "b", &format!("b-{id}")));
    twice(&|store, _| decline(store, "c"));
    let ends = ["a", "b", "c"].map(|name| status(&other, name).status);
    assert_eq!(ends, [Status::Passed, Status::Refused, Status::Declined]);
    assert_eq!(receipts(&other), 2, "each has one receipt");
    let left = ["d", "e"].map(|name| accept(&other, name, 1, &uses, name).unwrap());
    assert_eq!(left, [Finalized::Recorded, Finalized::NoUsesLeft], "and one use was counted");
}

pub(super) fn what_is_no_end_is_written_once<S: Subject>(subject: &mut S, fault: Fault) {
    let (one, other) = subject.open_two();
    subject.inject(&one, Some(fault));
    let made = one.insert_asked_by(&transaction("a"), "lu");
    subject.inject(&one, None);
    let found = other.transaction(&transaction("a").id).unwrap().is_some();
    assert_eq!(found, made.is_ok() || fault == Fault::Landed, "a request that was made is kept");
    if !found {
        other.insert_asked_by(&transaction("a"), "lu").unwrap();
    }
    assert_eq!(other.audited(None, 9).unwrap().len(), 1, "with one line");
    subject.inject(&one, Some(fault));
    let batch = one.insert_batch(&[transaction("b"), transaction("c")]);
    subject.inject(&one, None);
    let found = ["b", "c"].map(|name| other.transaction(&transaction(name).id).unwrap().is_some());
    assert_eq!(found, [batch.is_ok() || fault == Fault::Landed; 2], "all of a batch or none");
    let note = AuditEvent { time: NOW, who: "lu", act: AuditAction::Cancelled, matter: None, number: None };
    subject.inject(&one, Some(fault));
    let cancelled = one.cancel(&transaction("a").id, &note);
    subject.inject(&one, None);
    let gone = other.transaction(&transaction("a").id).unwrap().is_none();
    assert_eq!(gone, cancelled.is_ok() || fault == Fault::Landed, "what was taken back is gone");
    assert!(cancelled.unwrap_or(true), "and its taking back is not denied");
}

pub(super) fn a_scan_is_counted_once<S: Subject>(subject: &mut S, fault: Fault, policy: &PublishedPolicy) {
    let (one, other) = subject.open_two();
    subject.inject(&one, Some(fault));
    let first = with_scan(policy, "r1", 1, |scan| one.scan(scan));
    subject.inject(&one, None);
    assert!(first.is_err() || matches!(first, Ok(Kept::Accepted(_))), "what is told is what happened");
    let again = with_scan(policy, "r1", 1, |scan| other.scan(scan)).unwrap();
    assert!(matches!(again, Kept::Accepted(_)), "the same scan is told the same");
    subject.inject(&one, Some(fault));
    let refused = with_scan(policy, "r2", 1, |scan| one.reconcile(scan));
    subject.inject(&one, None);
    assert!(refused.is_err() || matches!(refused, Ok(Kept::UsedBefore(..))));
    let refused = with_scan(policy, "r2", 1, |scan| other.reconcile(scan)).unwrap();
    assert!(matches!(refused, Kept::UsedBefore(_, used) if used[0].receipt == "r1"));
    assert_eq!(receipts(&other), 2, "each scan is written down once");
}
