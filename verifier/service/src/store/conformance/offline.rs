//! Answers without a network.

use openid4vc::offline::{Minute, VerifierId};
use verifier::VerifiedOffline;

use super::{CounterStore, Finalized, LATEST, NOW, PublishedPolicy, Uses, accept, answer, insert};
use crate::store::{Kept, ReceiptsOf, Scan};

/// The answer of a pseudonym, shown as receipt `id` with its text.
pub(super) fn with_scan<T>(
    policy: &PublishedPolicy,
    id: &str,
    nullifier: u64,
    act: impl FnOnce(&Scan<'_>) -> T,
) -> T {
    let counter = VerifierId::new(&format!("x509_hash:{}", "A".repeat(43)), Some("a")).unwrap();
    let verified = VerifiedOffline { answer: answer(nullifier), policy, minute: Minute::of(NOW) };
    let (text, by) = (Some("yong:1:…"), Some("lu"));
    act(&Scan { id, counter: &counter, scanned_at: NOW, verified: &verified, text, by })
}

pub(super) fn the_same_answer_is_accepted_once<S: CounterStore>(
    one: &S,
    other: &S,
    policy: &PublishedPolicy,
) {
    let scan = |store: &S, id, nullifier| with_scan(policy, id, nullifier, |scan| store.scan(scan)).unwrap();
    assert!(matches!(scan(one, "r1", 1), Kept::Accepted(receipt) if receipt.id == "r1"));
    assert!(
        matches!(scan(other, "r2", 1), Kept::UsedBefore(_, used) if used.len() == 1 && used[0].receipt == "r1")
    );
    assert!(matches!(scan(other, "r1", 1), Kept::Accepted(_)), "the same scan gets the same answer");
    assert_eq!(other.unsent(9).unwrap().len(), 1, "what is refused where it is shown is not written down");
    let uses = Uses::new(&policy.checked, &policy.publisher);
    insert(one, &["a", "b"]);
    assert_eq!(
        accept(one, "a", 1, &uses, "r-a").unwrap(),
        Finalized::NoUsesLeft,
        "a use counts over a network too"
    );
    assert_eq!(accept(one, "b", 2, &uses, "r-b").unwrap(), Finalized::Recorded);
    let used = scan(other, "r3", 2);
    assert!(matches!(used, Kept::UsedBefore(_, used) if used[0].receipt == "r-b"), "and the other way round");
}

pub(super) fn what_was_brought_is_judged_and_wiped<S: CounterStore>(
    one: &S,
    other: &S,
    policy: &PublishedPolicy,
) {
    let reconcile = |store: &S, id| with_scan(policy, id, 1, |scan| store.reconcile(scan)).unwrap();
    assert!(matches!(reconcile(one, "r1"), Kept::Accepted(_)));
    for _ in 0..2 {
        assert!(matches!(reconcile(other, "r2"), Kept::UsedBefore(_, used) if used[0].receipt == "r1"));
        assert!(matches!(reconcile(other, "r1"), Kept::Accepted(_)), "it may be brought again");
    }
    let listed = one.receipts(ReceiptsOf::One("lu"), &(0..LATEST), 9).unwrap();
    assert_eq!(listed.len(), 2, "both have a receipt");
    for receipt in listed {
        assert_eq!(one.find_receipt(ReceiptsOf::One("lu"), &receipt.number).unwrap(), Some(receipt));
    }
    let unsent = one.unsent(1).unwrap();
    assert_eq!((unsent.len(), unsent[0].id.as_str(), unsent[0].text.as_str()), (1, "r1", "yong:1:…"));
    assert_eq!(one.forget(NOW + 31 * 86_400).unwrap(), 0, "what was not brought on is not forgotten");
    other.sent(&["r1".to_owned(), "r2".to_owned(), "never".to_owned()]).unwrap();
    assert!(one.unsent(9).unwrap().is_empty());
    assert_eq!(one.forget(NOW + 30 * 86_400).unwrap(), 0, "receipts stay for the policy's retention");
    assert_eq!(one.forget(NOW + 30 * 86_400 + 1).unwrap(), 2);
    let again = with_scan(policy, "r3", 1, |scan| other.scan(scan)).unwrap();
    assert!(matches!(again, Kept::UsedBefore(..)), "a use is never forgotten");
}
