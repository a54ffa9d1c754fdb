//! How requests end: each once, in batches, with what is kept of them and for how long.

use openid4vc::vp::Status;

use super::{
    CounterStore, Finalized, Fr, NOW, Outcome, Reason, TransactionEnd, accept, answer, decline, insert, kept,
    named, receipts, refuse, status, stored, transaction,
};
use crate::store::StoredReceipt;

pub(super) fn are_kept_with_receipt_and_evidence<S: CounterStore>(one: &S, other: &S) {
    insert(one, &["a", "b", "c"]);
    assert_eq!(accept(other, "a", 1, &named(1), "passed").unwrap(), Finalized::Recorded);
    assert_eq!(refuse(one, "b", "refused").unwrap(), Finalized::Recorded);
    assert_eq!(decline(other, "c").unwrap(), Finalized::Recorded);
    let passed = status(one, "a");
    assert_eq!((passed.status, &passed.revealed["credit"]["level"]), (Status::Passed, &"A".into()));
    let receipt = passed.receipt.expect("what passed has a receipt");
    assert_eq!((receipt.verdict, receipt.time, receipt.reason), (Status::Passed, NOW + 5, None));
    assert_eq!(receipt.nullifier, Some(Fr::from(1u64).into()), "a named pseudonym is kept");
    let refused = status(other, "b");
    assert_eq!((refused.status, refused.reason), (Status::Refused, Some(Reason::NotProved)));
    let declined = status(one, "c");
    assert_eq!((declined.status, declined.receipt.is_none()), (Status::Declined, true));
    for name in ["a", "b", "c"] {
        assert!(stored(one, name).response_key.is_none(), "the key of {name} is wiped with its end");
    }
    match other.receipt("passed").unwrap() {
        Some(StoredReceipt::Evidence(found)) => {
            assert!(
                found.evidence == kept(&receipt) && found.receipt == receipt,
                "evidence is kept as it was"
            );
            assert_eq!(found.revealed["credit"]["level"], "A");
        }
        _ => panic!("what passed has evidence"),
    }
    assert!(matches!(one.receipt("refused").unwrap(), Some(StoredReceipt::Receipt(_))), "nothing else has");
    assert!(one.receipt("never").unwrap().is_none());
}

pub(super) fn are_written_once<S: CounterStore>(one: &S, other: &S) {
    insert(one, &["a"]);
    assert_eq!(accept(one, "a", 1, &named(5), "r1").unwrap(), Finalized::Recorded);
    let again = [
        accept(other, "a", 1, &named(5), "r2").unwrap(),
        accept(one, "a", 2, &named(5), "r3").unwrap(),
        refuse(other, "a", "r4").unwrap(),
        decline(other, "a").unwrap(),
    ];
    assert_eq!(again, [const { Finalized::AlreadyAnswered }; 4], "a nonce is spent once, at whichever store");
    assert_eq!(receipts(other), 1);
    assert_eq!(decline(one, "never").unwrap(), Finalized::AlreadyAnswered, "what was never made has no end");
    insert(one, &["b", "c", "d", "e", "f"]);
    let four = ["b", "c", "d", "e"].map(|name| accept(other, name, 1, &named(5), name).unwrap());
    assert_eq!(four, [const { Finalized::Recorded }; 4], "ends that were not written took no use");
    assert_eq!(accept(one, "f", 1, &named(5), "f").unwrap(), Finalized::NoUsesLeft);
    assert_eq!(status(other, "f").reason, Some(Reason::AlreadyUsed));
    assert!(status(other, "f").revealed.is_empty(), "what was refused hands nothing over");
}

pub(super) fn of_a_batch_see_each_other_and_stand_alone<S: CounterStore>(one: &S, other: &S) {
    insert(one, &["a", "b", "c", "d", "e"]);
    let all = ["a", "a", "b", "c", "d", "never", "e"].map(transaction);
    let answers = [1, 1, 1, 2, 3, 4, 5].map(answer);
    let receipts_of = ["r1", "r2", "r3", "r1", "r5", "r6", "r7"];
    let uses = named(1);
    let accepted = all.iter().zip(&answers).zip(receipts_of).map(|((transaction, answer), receipt)| {
        TransactionEnd::accepted(transaction, answer, &uses, receipt.to_owned(), NOW, kept)
    });
    let mut ends: Vec<_> = accepted.collect();
    ends[6] = TransactionEnd::declined(&all[6]);
    let ended = one.finalize_batch(&ends).expect("one that cannot be written does not take back the others");
    assert!(
        matches!(
            ended[..],
            [
                Ok(Finalized::Recorded),
                Ok(Finalized::AlreadyAnswered),
                Ok(Finalized::NoUsesLeft),
                Err(_),
                Ok(Finalized::Recorded),
                Ok(Finalized::AlreadyAnswered),
                Ok(Finalized::Recorded),
            ]
        ),
        "ends of one batch see each other; a receipt's name that is taken is an error of its own"
    );
    assert!(stored(other, "c").outcome == Outcome::Pending, "what could not be written is open");
    assert_eq!(accept(other, "c", 2, &uses, "r8").unwrap(), Finalized::Recorded, "and took no use");
    assert_eq!(receipts(other), 4);
    assert!(one.finalize_batch(&[]).unwrap().is_empty(), "no ends, nothing ends");
}

pub(super) fn are_forgotten_as_promised<S: CounterStore>(one: &S, other: &S) {
    insert(one, &["a", "b"]);
    accept(one, "a", 1, &named(1), "r").unwrap();
    assert_eq!(other.forget(NOW + 300).unwrap(), 0);
    assert!(stored(one, "b").response_key.is_some(), "a key stays as long as it may be answered");
    assert_eq!(other.forget(NOW + 301).unwrap(), 0);
    assert!(stored(one, "b").response_key.is_none(), "and no longer");
    assert!(!status(one, "a").revealed.is_empty(), "revealed values stay for an hour");
    other.forget(NOW + 300 + 3601).unwrap();
    assert!(status(one, "a").revealed.is_empty(), "and no longer");
    match one.receipt("r").unwrap() {
        Some(StoredReceipt::Evidence(found)) => assert!(found.revealed.is_empty()),
        _ => panic!("evidence stays as long as its receipt"),
    }
    assert_eq!(other.forget(NOW + 86_400).unwrap(), 0);
    assert_eq!(other.forget(NOW + 86_401).unwrap(), 2, "everything goes at the end of the retention");
    assert_eq!((receipts(one), one.receipt("r").unwrap().is_none()), (0, true));
    assert!(one.transaction(&transaction("a").id).unwrap().is_none());
    insert(one, &["c"]);
    let again = accept(one, "c", 1, &named(1), "r-c").unwrap();
    assert_eq!(again, Finalized::NoUsesLeft, "but the use of the pseudonym");
}
