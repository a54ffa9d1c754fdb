//! Requests: made at one store, found, fetched and taken back through another.

use super::{
    CounterStore, Finalized, NOW, Transaction, accept, decline, insert, named, stored, transaction, word,
};
use crate::store::{API, AnswerTo, AuditAction, AuditEvent, NotifyAt};

pub(super) fn are_found_by_each_of_their_names<S: CounterStore>(one: &S, other: &S) {
    insert(one, &["a", "b"]);
    let (a, b) = (transaction("a"), transaction("b"));
    assert!(other.transaction(&a.id).unwrap() == Some(a.clone()), "found by the counter's identifier");
    assert!(other.by_request(&a.request).unwrap() == Some(a.clone()), "found by the request object's");
    assert!(other.by_request(&word("nobody").into()).unwrap().is_none(), "what was never made is not found");
    let (of_a, of_b) = (kid(&a), kid(&b));
    let nobody = word("nobody");
    let answers = [
        AnswerTo::Kid(&of_b),
        AnswerTo::State(&nobody),
        AnswerTo::State(&a.state),
        AnswerTo::Kid("\0"),
        AnswerTo::Kid(&of_a),
        AnswerTo::State(&a.state),
    ];
    let found = other.answered_by(&answers).unwrap();
    let expected = [Some(b), None, Some(a.clone()), None, Some(a.clone()), Some(a)];
    assert!(found == expected, "answers find their requests in the order of the answers");
    assert!(other.answered_by(&[]).unwrap().is_empty(), "no answers, no requests");
}

fn kid(transaction: &Transaction) -> String {
    transaction.response_key.as_ref().unwrap().public().kid.unwrap()
}

pub(super) fn are_kept_all_or_none<S: CounterStore>(one: &S, other: &S) {
    insert(one, &["a"]);
    let again = Transaction { nonce: transaction("a").nonce, ..transaction("c") };
    assert!(one.insert_batch(&[transaction("b"), again]).is_err(), "no nonce is given out twice");
    assert!(
        other.transaction(&transaction("b").id).unwrap().is_none(),
        "what was made beside it is not kept"
    );
    one.insert_batch(&[]).expect("nothing to keep");
    insert(other, &["b"]);
    assert!(stored(one, "b") == transaction("b"), "each of its fields is kept");
}

pub(super) fn are_given_out_so_often_and_to_their_wallet<S: CounterStore>(one: &S, other: &S) {
    insert(one, &["a", "b"]);
    let (a, nonce) = (transaction("a").request, word("wallet"));
    assert!(one.fetch(&a, Some(&nonce)).unwrap(), "the first wallet's nonce is remembered");
    let strangers = (0..300).filter(|n| other.fetch(&a, Some(&word(&format!("n{n}")))).unwrap()).count();
    assert_eq!(strangers, 256, "strangers share one count");
    assert!(!one.fetch(&a, None).unwrap(), "which is the same at each store");
    let own = (0..300).filter(|_| other.fetch(&a, Some(&nonce)).unwrap()).count();
    assert_eq!(own, 255, "nobody else used up what the wallet's own nonce has");
    assert_eq!(decline(one, "b").unwrap(), Finalized::Recorded);
    assert!(
        !other.fetch(&transaction("b").request, Some(&nonce)).unwrap(),
        "what has ended is not given out"
    );
    assert!(!other.fetch(&word("nobody").into(), None).unwrap(), "nor what was never made");
}

pub(super) fn are_taken_back_once_and_never_after_they_ended<S: CounterStore>(one: &S, other: &S) {
    insert(one, &["a", "b", "c"]);
    let cancel = |store: &S, name: &str| {
        let note = AuditEvent {
            time: NOW,
            who: "lu",
            act: AuditAction::Cancelled,
            matter: None,
            number: Some(name),
        };
        store.cancel(&transaction(name).id, &note).unwrap()
    };
    assert!(cancel(other, "a") && !cancel(one, "a"), "a request is taken back once, wherever it was made");
    assert!(one.transaction(&transaction("a").id).unwrap().is_none());
    let late = accept(one, "a", 1, &named(1), "r-a").unwrap();
    assert_eq!(late, Finalized::AlreadyAnswered, "no answer ends what was taken back");
    assert_eq!(
        accept(other, "b", 1, &named(1), "r-b").unwrap(),
        Finalized::Recorded,
        "and none takes a use with it"
    );
    assert!(!cancel(one, "b"), "what has ended is not taken back");
    let lines = one.audited(None, 10).unwrap();
    assert_eq!(lines.len(), 1, "what was not taken back is not written down");
    assert_eq!((lines[0].who.as_str(), lines[0].number.as_deref()), ("lu", Some("a")));
}

pub(super) fn say_who_asked<S: CounterStore>(one: &S, other: &S) {
    one.insert_asked_by(&transaction("a"), "lu").unwrap();
    one.insert_asked_by_program(&transaction("b"), None, NotifyAt::Never).unwrap();
    let asker = |name: &str| other.asker(&transaction(name).id).unwrap();
    assert_eq!((asker("a").as_deref(), asker("b"), asker("never")), (Some("lu"), None, None));
    let lines = other.audited(None, 10).unwrap();
    let who: Vec<&str> = lines.iter().map(|line| line.who.as_str()).collect();
    assert_eq!(who, [API, "lu"], "each is in the audit list, the newest first");
    let numbers: Vec<_> = lines.iter().map(|line| line.number.clone()).collect();
    assert_eq!(numbers, ["b", "a"].map(|name| Some(transaction(name).id.number())), "by its number");
    assert!(lines.iter().all(|line| line.act == AuditAction::CreatedRequest && line.time == NOW));
}
