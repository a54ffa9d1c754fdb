//! Programs are told once, by one process at a time, and nothing is forgotten when a write fails.

use super::*;

const EXPIRED: u64 = NOW + 360;

fn once(key: &[u8], asked: &[u8]) -> AskedOnce {
    AskedOnce { key: Digest::of(key), asked: Digest::of(asked) }
}

fn turn(now: u64) -> NotificationTurn {
    NotificationTurn { now, taken_until: now + 30, limit: 16 }
}

fn to_be_told(names: &[&str]) -> Store {
    let mut store = Store::in_memory().unwrap();
    for name in names {
        store.insert_asked_by_program(&transaction(name), None, NotifyAt::EndOr(EXPIRED)).unwrap();
    }
    store
}

/// Names and attempts of what is due.
fn due(store: &mut Store, now: u64) -> Vec<(String, u32)> {
    let due = store.take_due_notifications(turn(now)).unwrap();
    due.iter().map(|due| (due.transaction.id.as_str().to_owned(), due.attempt)).collect()
}

#[test]
fn an_end_is_due_at_once_and_silence_later() {
    let mut store = to_be_told(&["a", "b", "c", "d"]);
    assert_eq!(due(&mut store, NOW), []);
    store.decline(&transaction("a")).unwrap();
    store.accept(&transaction("b"), &answer(1), &named(1), "r".into(), NOW, kept).unwrap();
    store.refuse(&transaction("c"), Reason::NotProved, "s".into(), NOW).unwrap();
    let ended = due(&mut store, NOW);
    assert_eq!(ended.len(), 3);
    assert!(ended.iter().all(|(id, attempt)| id != "d-id" && *attempt == 1));
    assert_eq!(due(&mut store, EXPIRED - 1).len(), 3, "whoever took them up has told nobody");
    let mut last = due(&mut store, EXPIRED);
    last.retain(|(id, _)| id == "d-id");
    assert_eq!(last, [("d-id".to_owned(), 1)]);
}

#[test]
fn what_one_has_taken_up_nobody_else_takes() {
    let mut store = to_be_told(&["a"]);
    store.decline(&transaction("a")).unwrap();
    assert_eq!(due(&mut store, NOW), [("a-id".to_owned(), 1)]);
    assert_eq!(due(&mut store, NOW + 29), []);
    assert_eq!(due(&mut store, NOW + 30), [("a-id".to_owned(), 2)]);
    // The first one comes back late: what it says of its attempt changes nothing.
    store.settle_notification(&transaction("a").id, 1, None).unwrap();
    assert_eq!(due(&mut store, NOW + 60), [("a-id".to_owned(), 3)]);
    store.settle_notification(&transaction("a").id, 3, Some(NOW + 500)).unwrap();
    assert_eq!(due(&mut store, NOW + 499), []);
    assert_eq!(due(&mut store, NOW + 500), [("a-id".to_owned(), 4)]);
    store.settle_notification(&transaction("a").id, 4, None).unwrap();
    assert_eq!(due(&mut store, NOW + 9_999), []);
}

#[test]
fn nobody_is_told_of_a_persons_request_or_without_a_webhook() {
    let mut store = Store::in_memory().unwrap();
    store.insert_asked_by(&transaction("a"), "li").unwrap();
    store.insert_asked_by_program(&transaction("b"), None, NotifyAt::Never).unwrap();
    store.decline(&transaction("a")).unwrap();
    store.decline(&transaction("b")).unwrap();
    assert_eq!(due(&mut store, EXPIRED), []);
}

#[test]
fn a_failed_end_is_not_told() {
    let mut store = to_be_told(&["a"]);
    store.faults = FaultInjection::Lost;
    store.decline(&transaction("a")).unwrap_err();
    store.faults = FaultInjection::Off;
    assert_eq!(due(&mut store, NOW), []);
    store.faults = FaultInjection::Landed;
    store.decline(&transaction("a")).unwrap_err();
    store.faults = FaultInjection::Off;
    assert_eq!(due(&mut store, NOW).len(), 1);
}

#[test]
fn taking_up_that_failed_is_taken_up_again() {
    for fault in [FaultInjection::Lost, FaultInjection::Landed] {
        let mut store = to_be_told(&["a"]);
        store.decline(&transaction("a")).unwrap();
        store.faults = fault;
        assert!(store.take_due_notifications(turn(NOW)).is_err());
        store.faults = FaultInjection::Off;
        assert_eq!(due(&mut store, NOW + 30).len(), 1, "{fault:?}");
    }
}

#[test]
fn a_request_that_failed_may_be_made_again_with_its_key() {
    for (fault, expected) in [(FaultInjection::Lost, "b"), (FaultInjection::Landed, "a")] {
        let mut store = Store::in_memory().unwrap();
        store.faults = fault;
        let first = store.insert_asked_by_program(&transaction("a"), Some(once(b"k", b"x")), NotifyAt::Never);
        assert!(first.is_err());
        store.faults = FaultInjection::Off;
        let again = store.insert_asked_by_program(&transaction("b"), Some(once(b"k", b"x")), NotifyAt::Never);
        let known = match again.unwrap() {
            Inserted::New => transaction("b"),
            Inserted::Before(before) => *before,
            Inserted::KeyReused => panic!("the same was asked"),
        };
        assert!(known == transaction(expected), "{fault:?}");
        let other = store.insert_asked_by_program(&transaction("c"), Some(once(b"k", b"y")), NotifyAt::Never);
        assert!(other.unwrap() == Inserted::KeyReused);
    }
}

#[test]
fn what_a_program_added_is_kept() {
    let mut store = Store::in_memory().unwrap();
    let to = crate::relying_party::ReturnTo::try_from("https://bank.example/".to_owned()).unwrap();
    let added = Transaction {
        reference: Some("loan 17".to_owned().try_into().unwrap()),
        redirect: Some(crate::relying_party::Redirect { to, response_code: word("code") }),
        ..transaction("a")
    };
    store.insert_asked_by_program(&added, None, NotifyAt::Never).unwrap();
    assert!(stored(&store, "a") == added);
}
