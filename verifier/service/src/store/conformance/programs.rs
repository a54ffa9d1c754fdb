//! What programs add: a key under which they ask once, and that they are told of the end by one process at a time.

use ledger::digest::Digest;

use super::{
    CounterStore, Fault, NOW, Subject, Transaction, accept, decline, named, refuse, stored, transaction, word,
};
use crate::relying_party::{Redirect, ReturnTo};
use crate::store::{AskedOnce, Inserted, NotificationTurn, NotifyAt, StoreError};

/// When nobody has answered.
const UNANSWERED: u64 = NOW + 360;

fn once(key: &[u8], asked: &[u8]) -> AskedOnce {
    AskedOnce { key: Digest::of(key), asked: Digest::of(asked) }
}

fn ask_once(store: &impl CounterStore, name: &str, once: AskedOnce) -> Result<Inserted, StoreError> {
    store.insert_asked_by_program(&transaction(name), Some(once), NotifyAt::Never)
}

fn to_be_told(store: &impl CounterStore, names: &[&str]) {
    for name in names {
        let asked = store.insert_asked_by_program(&transaction(name), None, NotifyAt::EndOr(UNANSWERED));
        assert!(asked.unwrap() == Inserted::New);
    }
}

fn take(store: &impl CounterStore, now: u64) -> Result<Vec<(String, u32)>, StoreError> {
    let turn = NotificationTurn { now, taken_until: now + 30, limit: 16 };
    let due = store.take_due_notifications(turn)?;
    Ok(due.iter().map(|due| (due.transaction.id.as_str().to_owned(), due.attempt)).collect())
}

/// Names and attempts of what is due.
fn due(store: &impl CounterStore, now: u64) -> Vec<(String, u32)> {
    take(store, now).expect("what is due is found")
}

pub(super) fn add_to_requests<S: CounterStore>(one: &S, other: &S) {
    let to = ReturnTo::try_from("https://bank.example/".to_owned()).unwrap();
    let added = Transaction {
        reference: Some("loan 17".to_owned().try_into().unwrap()),
        redirect: Some(Redirect { to, response_code: word("code") }),
        ..transaction("a")
    };
    one.insert_asked_by_program(&added, None, NotifyAt::Never).unwrap();
    assert!(stored(other, "a") == added, "what a program added is kept");
}

pub(super) fn ask_once_with_a_key<S: CounterStore>(one: &S, other: &S) {
    assert!(ask_once(one, "a", once(b"k", b"x")).unwrap() == Inserted::New);
    let again = ask_once(other, "b", once(b"k", b"x")).unwrap();
    assert!(again == Inserted::Before(Box::new(transaction("a"))), "the same is answered the same");
    assert!(other.transaction(&transaction("b").id).unwrap().is_none(), "and not asked");
    assert!(
        ask_once(other, "c", once(b"k", b"y")).unwrap() == Inserted::KeyReused,
        "something else is refused"
    );
    assert!(ask_once(other, "d", once(b"l", b"x")).unwrap() == Inserted::New, "another key asks anew");
    assert_eq!(one.audited(None, 9).unwrap().len(), 2, "the audit list has what was asked");
}

pub(super) fn ask_once_when_all_come_at_once<S: CounterStore>(one: &S, other: &S) {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let asked: Vec<Inserted> = std::thread::scope(|scope| {
        let asking: Vec<_> = names
            .iter()
            .zip([one, other].into_iter().cycle())
            .map(|(name, store)| scope.spawn(move || ask_once(store, name, once(b"k", b"x")).unwrap()))
            .collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    let new = asked.iter().filter(|asked| **asked == Inserted::New).count();
    assert_eq!(new, 1, "one of them asks");
    let kept: Vec<_> =
        names.iter().filter_map(|name| one.transaction(&transaction(name).id).unwrap()).collect();
    let [kept] = &kept[..] else { panic!("{} are kept", kept.len()) };
    let others = asked.iter().filter(|asked| **asked != Inserted::New);
    assert!(others.into_iter().all(|asked| *asked == Inserted::Before(Box::new(kept.clone()))));
}

pub(super) fn are_told_of_an_end_at_once_and_of_silence_later<S: CounterStore>(one: &S, other: &S) {
    to_be_told(one, &["a", "b", "c", "d"]);
    assert_eq!(due(other, NOW), [], "nothing has ended");
    decline(one, "a").unwrap();
    accept(one, "b", 1, &named(1), "r").unwrap();
    refuse(other, "c", "s").unwrap();
    let mut ended = due(other, NOW);
    ended.sort();
    assert_eq!(ended, ["a-id", "b-id", "c-id"].map(|id| (id.to_owned(), 1)));
    for (id, attempt) in &ended {
        other.settle_notification(&word(id).into(), *attempt, None).unwrap();
    }
    assert_eq!(due(one, UNANSWERED - 1), [], "who was told is not told again");
    assert_eq!(due(one, UNANSWERED), [("d-id".to_owned(), 1)]);
}

pub(super) fn are_told_by_one_process_at_a_time<S: CounterStore>(one: &S, other: &S) {
    to_be_told(one, &["a"]);
    decline(one, "a").unwrap();
    assert_eq!(due(one, NOW), [("a-id".to_owned(), 1)]);
    assert_eq!(due(other, NOW + 29), [], "somebody else is at it");
    assert_eq!(due(other, NOW + 30), [("a-id".to_owned(), 2)], "who seems to have died");
    let a = transaction("a").id;
    one.settle_notification(&a, 1, None).unwrap();
    assert_eq!(
        due(one, NOW + 60),
        [("a-id".to_owned(), 3)],
        "a late word on an earlier attempt changes nothing"
    );
    other.settle_notification(&a, 3, Some(NOW + 500)).unwrap();
    assert_eq!(due(one, NOW + 499), []);
    assert_eq!(due(one, NOW + 500), [("a-id".to_owned(), 4)]);
    one.settle_notification(&a, 4, None).unwrap();
    assert_eq!(due(other, NOW + 9_999), []);
}

pub(super) fn are_not_told_unasked<S: CounterStore>(one: &S, other: &S) {
    one.insert_asked_by(&transaction("a"), "li").unwrap();
    one.insert_asked_by_program(&transaction("b"), None, NotifyAt::Never).unwrap();
    decline(one, "a").unwrap();
    decline(one, "b").unwrap();
    assert_eq!(due(other, UNANSWERED), [], "of a person's request, or where nobody is to be told");
}

/// An end that was not written is not told, and one that was is told however its commit seemed to go.
pub(super) fn are_told_what_happened<S: Subject>(subject: &mut S, fault: Fault) {
    let (one, other) = subject.open_two();
    to_be_told(&one, &["a"]);
    subject.inject(&one, Some(fault));
    let ended = decline(&one, "a");
    subject.inject(&one, None);
    let expected = usize::from(ended.is_ok() || fault == Fault::Landed);
    assert_eq!(due(&other, NOW).len(), expected, "{fault:?}");
}

pub(super) fn are_told_after_a_fault<S: Subject>(subject: &mut S, fault: Fault) {
    let (one, other) = subject.open_two();
    to_be_told(&one, &["a"]);
    decline(&one, "a").unwrap();
    subject.inject(&one, Some(fault));
    let _ = take(&one, NOW);
    subject.inject(&one, None);
    assert_eq!(due(&other, NOW + 30).len(), 1, "{fault:?}");
}

pub(super) fn ask_once_after_a_fault<S: Subject>(subject: &mut S, fault: Fault) {
    let (one, other) = subject.open_two();
    subject.inject(&one, Some(fault));
    let first = ask_once(&one, "a", once(b"k", b"x"));
    subject.inject(&one, None);
    assert!(first.as_ref().map_or(true, |first| *first == Inserted::New));
    let again = ask_once(&other, "b", once(b"k", b"x")).unwrap();
    let landed = first.is_ok() || fault == Fault::Landed;
    let expected = if landed { Inserted::Before(Box::new(transaction("a"))) } else { Inserted::New };
    assert!(again == expected, "{fault:?}");
    assert_eq!(other.audited(None, 9).unwrap().len(), 1, "one line for one request");
}
