//! Answers without a network: each write lost, and landed but reported lost.

use ledger::registry::PublishedPolicy;
use openid4vc::offline::{Minute, VerifierId};

use super::*;
use crate::store::{Kept, Scan};
use verifier::VerifiedOffline;
use yong_tests::small_city::{checked, publisher};

pub(in crate::store) fn survey() -> PublishedPolicy {
    let checked = checked("survey/1");
    let digest = Digest::from_bytes(checked.policy().digest());
    PublishedPolicy { checked, publisher: publisher(), index: 0, digest }
}

/// Scans the answer of a pseudonym as receipt `id`, with its text.
fn with_scan<T>(id: &str, nullifier: u64, act: impl FnOnce(&Scan<'_>) -> T) -> T {
    let counter = VerifierId::new(&format!("x509_hash:{}", "A".repeat(43)), Some("a")).unwrap();
    let policy = survey();
    let verified = VerifiedOffline { answer: answer(nullifier), policy: &policy, minute: Minute::of(NOW) };
    act(&Scan {
        id,
        counter: &counter,
        scanned_at: NOW,
        verified: &verified,
        text: Some("yong:1:…"),
        by: None,
    })
}

fn scan(store: &mut Database, id: &str, nullifier: u64) -> Result<Kept, StoreError> {
    with_scan(id, nullifier, |scan| store.scan(scan))
}

fn rows(store: &Database) -> u32 {
    store.connection.query_row("SELECT COUNT(*) FROM offline", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_scan_that_failed_and_was_lost_leaves_nothing() {
    let mut store = Database::in_memory().unwrap();
    store.faults = FaultInjection::Lost;
    assert!(scan(&mut store, "r1", 1).is_err());
    assert_eq!((rows(&store), used(&store, 1)), (0, 0));
    store.faults = FaultInjection::Off;
    assert!(matches!(scan(&mut store, "r2", 1), Ok(Kept::Accepted(_))));
}

#[test]
fn a_scan_that_failed_but_landed_is_not_counted_twice() {
    let mut store = Database::in_memory().unwrap();
    store.faults = FaultInjection::Landed;
    assert!(scan(&mut store, "r1", 1).is_err());
    store.faults = FaultInjection::Off;
    // The device names the second try anew; the service is told the same name again.
    assert!(matches!(scan(&mut store, "r2", 1), Ok(Kept::UsedBefore(_, used)) if used[0].receipt == "r1"));
    assert!(matches!(scan(&mut store, "r1", 1), Ok(Kept::Accepted(_))));
    assert_eq!((rows(&store), used(&store, 1)), (1, 1));
}

#[test]
fn a_report_that_was_lost_or_landed_comes_to_the_same() {
    for faults in [FaultInjection::Lost, FaultInjection::Landed] {
        let mut store = Database::in_memory().unwrap();
        let reconcile = |store: &mut Database| with_scan("r2", 1, |scan| store.reconcile(scan));
        scan(&mut store, "r1", 1).unwrap();
        store.faults = faults;
        assert!(reconcile(&mut store).is_err());
        store.faults = FaultInjection::Off;
        assert!(matches!(reconcile(&mut store), Ok(Kept::UsedBefore(_, used)) if used[0].receipt == "r1"));
        assert_eq!((rows(&store), used(&store, 1)), (2, 1));
    }
}

#[test]
fn texts_are_wiped_when_the_service_has_them_and_not_before() {
    for (faults, left) in [(FaultInjection::Lost, 1), (FaultInjection::Landed, 0)] {
        let mut store = Database::in_memory().unwrap();
        scan(&mut store, "r1", 1).unwrap();
        store.faults = faults;
        assert!(store.sent(&["r1".to_owned()]).is_err());
        assert_eq!(store.unsent(9).unwrap().len(), left);
        store.faults = FaultInjection::Off;
        store.sent(&["r1".to_owned()]).unwrap();
        assert!(store.unsent(9).unwrap().is_empty());
        assert_eq!(rows(&store), 1);
    }
}

#[test]
fn receipts_go_at_the_end_of_the_policys_retention_and_uses_stay() {
    let mut store = Database::in_memory().unwrap();
    scan(&mut store, "r1", 1).unwrap();
    store.sent(&["r1".to_owned()]).unwrap();
    assert_eq!(store.forget(NOW + 30 * 86_400).unwrap(), 0);
    assert_eq!(store.forget(NOW + 30 * 86_400 + 1).unwrap(), 1);
    assert_eq!((rows(&store), used(&store, 1)), (0, 1));
}

#[test]
fn what_the_service_does_not_have_yet_is_not_forgotten() {
    let mut store = Database::in_memory().unwrap();
    scan(&mut store, "r1", 1).unwrap();
    assert_eq!(store.forget(NOW + 31 * 86_400).unwrap(), 0);
    assert_eq!(store.unsent(9).unwrap().len(), 1);
}
