use circuits::tree;

use super::*;
use yong_tests::small_city::{Citizen, Ledger, Link, NOW, Tree};

fn resume(ledger: &Ledger, dir: &Path) -> Result<Following, FileError> {
    let source = Arc::new(ledger.clone());
    Following::resume(source, &Ledger::genesis(), dir.join("following.json"), Development::Accepted)
}

#[test]
fn what_was_followed_is_known_after_a_restart() {
    let (dir, ledger, citizen) = (tempfile::tempdir().unwrap(), Ledger::new(), Citizen::new(1, 700));
    ledger.commit(&[&citizen], NOW - 10);
    resume(&ledger, dir.path()).unwrap().catch_up(NOW).unwrap();
    ledger.set(Link::Cut);
    let following = resume(&ledger, dir.path()).unwrap();
    let snapshot = following.snapshot();
    assert_eq!(snapshot.stated_at(), Some(NOW - 10));
    assert_eq!(snapshot.root_age(&Tree::of(&[&citizen]).root(), NOW), RootAge::Current);
    assert!(following.catch_up(NOW + 5).is_err());
    assert_eq!(following.snapshot().answered_at(), Some(NOW));
    assert_eq!(following.snapshot().freshness(NOW + 5), Freshness::Stated { seconds: 15 });
    assert!(following.snapshot().error().is_some());
}

#[test]
fn a_replaced_root_has_an_age() {
    let (dir, ledger) = (tempfile::tempdir().unwrap(), Ledger::new());
    let following = resume(&ledger, dir.path()).unwrap();
    ledger.commit(&[&Citizen::new(1, 700)], NOW - 10);
    following.catch_up(NOW).unwrap();
    let empty = tree::empty_roots()[tree::DEPTH];
    assert_eq!(following.snapshot().root_age(&empty, NOW), RootAge::Superseded { seconds: 10 });
}

#[test]
fn the_state_of_another_ledger_is_refused() {
    let (dir, ledger) = (tempfile::tempdir().unwrap(), Ledger::new());
    resume(&ledger, dir.path()).unwrap().catch_up(NOW).unwrap();
    let other = ledger::samples::genesis(&["tax.nanning"], 1);
    let source = Arc::new(ledger);
    let resumed = Following::resume(source, &other, dir.path().join("following.json"), Development::Accepted);
    assert!(matches!(resumed.err(), Some(FileError::OtherLedger(_))));
}

#[test]
fn a_second_history_closes_the_view() {
    let (dir, ledger) = (tempfile::tempdir().unwrap(), Ledger::new());
    ledger.commit(&[&Citizen::new(1, 700)], NOW - 10);
    resume(&ledger, dir.path()).unwrap().catch_up(NOW).unwrap();
    let other = Ledger::new();
    other.commit(&[&Citizen::new(2, 300)], NOW - 10);
    other.commit(&[&Citizen::new(3, 300)], NOW - 5);
    let following = resume(&other, dir.path()).unwrap();
    let error = following.catch_up(NOW).unwrap_err();
    assert!(matches!(error, CatchUpError::Follow(FollowError::Misbehaviour(_))), "{error}");
    assert_eq!(following.snapshot().freshness(NOW), Freshness::Never);
}

/// Two logs of one size: the log's key signed both, and the view of neither goes on.
#[test]
fn a_second_history_of_the_same_size_closes_the_view() {
    let (dir, ledger) = (tempfile::tempdir().unwrap(), Ledger::new());
    ledger.commit(&[&Citizen::new(1, 700)], NOW - 10);
    resume(&ledger, dir.path()).unwrap().catch_up(NOW).unwrap();
    let other = Ledger::new();
    other.commit(&[&Citizen::new(2, 300)], NOW - 10);
    let following = resume(&other, dir.path()).unwrap();
    let error = following.catch_up(NOW).unwrap_err();
    let split = |error: &FollowError| {
        matches!(error, FollowError::Misbehaviour(ledger::follow::Misbehaviour::SplitView { .. }))
    };
    assert!(matches!(&error, CatchUpError::Follow(error) if split(error)), "{error}");
    assert_eq!(following.snapshot().freshness(NOW), Freshness::Never);
}

/// A mirror that is behind is no attack: what is known stays, and grows old.
#[test]
fn a_copy_that_lags_does_not_close_the_view() {
    let (dir, ledger) = (tempfile::tempdir().unwrap(), Ledger::new());
    ledger.commit(&[&Citizen::new(1, 700)], NOW - 10);
    resume(&ledger, dir.path()).unwrap().catch_up(NOW).unwrap();
    let following = resume(&Ledger::new(), dir.path()).unwrap();
    let error = following.catch_up(NOW + 5).unwrap_err();
    assert!(matches!(error, CatchUpError::Follow(FollowError::Lags { .. })), "{error}");
    assert!(matches!(following.snapshot().freshness(NOW), Freshness::Stated { .. }));
}

#[test]
fn a_broken_state_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("following.json"), "{").unwrap();
    assert!(matches!(resume(&Ledger::new(), dir.path()).err(), Some(FileError::Malformed(_))));
}
