//! Uses of pseudonyms: as many as the policy says, over all stores of a database, and none is forgotten.

use std::sync::Barrier;
use std::thread;

use super::{CounterStore, Finalized, StoreError, Subject, Uses, accept, insert, named, receipts, status};

pub(super) fn are_counted_over_both_stores<S: CounterStore>(one: &S, other: &S) {
    insert(one, &["a", "b", "c", "d"]);
    let uses = named(2);
    assert_eq!(accept(one, "a", 1, &uses, "r-a").unwrap(), Finalized::Recorded);
    assert_eq!(accept(other, "b", 1, &uses, "r-b").unwrap(), Finalized::Recorded);
    assert_eq!(accept(one, "c", 1, &uses, "r-c").unwrap(), Finalized::NoUsesLeft);
    assert_eq!(
        accept(other, "d", 2, &uses, "r-d").unwrap(),
        Finalized::Recorded,
        "others have their own uses"
    );
}

pub(super) fn of_other_scopes_and_sessions_are_counted_apart<S: CounterStore>(one: &S, other: &S) {
    insert(one, &["a", "b", "c", "d", "e", "f"]);
    let scopes = [("credit.nanning", "x"), ("credit.nanning", "y"), ("tax.nanning", "x")];
    for (name, (publisher, scope)) in ["a", "b", "c"].into_iter().zip(scopes) {
        let uses = Uses::Named { publisher: publisher.parse().unwrap(), scope: scope.into(), limit: 1 };
        assert_eq!(accept(one, name, 1, &uses, name).unwrap(), Finalized::Recorded);
    }
    for name in ["d", "e"] {
        assert_eq!(accept(other, name, 1, &Uses::Session, name).unwrap(), Finalized::Recorded);
        let receipt = status(one, name).receipt.unwrap();
        assert_eq!(receipt.nullifier, None, "a session's pseudonym is not kept");
    }
    assert_eq!(accept(one, "f", 1, &named(1), "f").unwrap(), Finalized::Recorded, "and not counted");
}

/// Eight threads over both stores: one pseudonym with three uses in 32 requests, and one more request that all of them
/// end.
pub(super) fn are_never_more_than_allowed_when_all_come_at_once<S: CounterStore>(one: &S, other: &S) {
    const THREADS: usize = 8;
    let names: Vec<String> = (0..THREADS * 4).map(|n| format!("t{n}")).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).chain(["all"]).collect();
    insert(one, &all);
    let begin = Barrier::new(THREADS);
    let work = |number: usize| {
        let store = if number.is_multiple_of(2) { one } else { other };
        begin.wait();
        let of_all = accept(store, "all", 2, &named(9), &format!("all-{number}")).unwrap();
        let own = names.iter().skip(number).step_by(THREADS);
        let own: Vec<_> = own.map(|name| accept(store, name, 1, &named(3), name).unwrap()).collect();
        (of_all, own)
    };
    let (of_all, own): (Vec<_>, Vec<_>) = thread::scope(|scope| {
        let started: Vec<_> = (0..THREADS).map(|number| scope.spawn(move || work(number))).collect();
        started.into_iter().map(|thread| thread.join().unwrap()).unzip()
    });
    let recorded = |ends: &[Finalized]| ends.iter().filter(|end| **end == Finalized::Recorded).count();
    assert_eq!(recorded(&of_all), 1, "a request ends once, however many end it");
    assert_eq!(recorded(&own.concat()), 3, "a pseudonym passes as often as the policy says");
    assert_eq!(own.concat().iter().filter(|end| **end == Finalized::NoUsesLeft).count(), THREADS * 4 - 3);
    assert_eq!(receipts(other), THREADS * 4 + 1, "each end has one receipt");
}

pub(super) fn a_register_that_has_forgotten_some_is_refused<S: Subject>(subject: &mut S) {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = subject.open_two();
    insert(&one, &["a", "b", "c", "d"]);
    accept(&one, "a", 1, &named(2), "r-a").unwrap();
    accept(&other, "b", 1, &named(2), "r-b").unwrap();
    let marker = folder.path().join("counter.uses");
    let counting = subject.open_counting(&marker).expect("a marker is made where there is none");
    accept(&counting, "c", 2, &named(1), "r-c").unwrap();
    accept(&counting, "d", 2, &named(1), "r-d").unwrap();
    drop(counting);
    assert_eq!(std::fs::read_to_string(&marker).unwrap().trim().trim_start_matches('0'), "3");
    std::fs::write(&marker, "5").unwrap();
    let refused = subject.open_counting(&marker).err().expect("an older copy is refused");
    assert!(matches!(refused, StoreError::Older { counted: 3, marked: 5, .. }), "{refused}");
    assert_eq!(one.accept_restore(&marker).unwrap(), 3, "unless somebody says that it is to be");
    subject.open_counting(&marker).expect("from then on it is all there ever was");
}
