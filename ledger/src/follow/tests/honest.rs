//! What a follower learns from an honest ledger.

use circuits::Fr;
use circuits::policy::Catalogue as _;

use super::*;
use crate::resource::MAX_ROOTS;

#[test]
fn a_follower_learns_checkpoint_registry_and_root() {
    let mut log = log();
    commit(&mut log, 0, 3, 200);
    let follower = synced(&log);
    assert_eq!(follower.checkpoint().unwrap().size, 4);
    assert!(follower.registry().schema(&"identity/1".parse().unwrap()).is_some());
    let newest = follower.newest().unwrap();
    assert_eq!((newest.entries, newest.leaves, newest.time), (3, 3, 200));
    assert_eq!(newest.root.0, log.state().credentials().root());
}

#[test]
fn an_empty_log_is_followed() {
    let mut log = MemoryLog::new(genesis());
    let mut follower = synced(&log);
    assert_eq!((follower.checkpoint().unwrap().size, follower.newest()), (0, None));
    log.submit(&[], 50).unwrap();
    follower.sync(&log, NOW).unwrap();
    assert_eq!(follower.newest().unwrap().time, 50);
}

#[test]
fn a_second_sync_asks_only_for_what_is_new() {
    let mut log = log();
    let mut follower = synced(&log);
    log.take_requests();
    follower.sync(&log, NOW).unwrap();
    assert_eq!(log.take_requests(), ["/checkpoint"]);
    commit(&mut log, 0, 1, 200);
    follower.sync(&log, NOW).unwrap();
    let expected = ["/checkpoint", "/tile/0/000.p/4", "/entry/3", "/index"];
    assert_eq!(log.take_requests(), expected);
}

#[test]
fn a_saved_follower_goes_on_where_it_was() {
    let mut log = log();
    commit(&mut log, 0, 1, 200);
    let saved = serde_json::to_string(&synced(&log)).unwrap();
    let mut follower: Follower = serde_json::from_str(&saved).unwrap();
    assert_eq!(serde_json::to_string(&follower).unwrap(), saved);
    log.submit(&[sign(samples::schema("identity/2"), "police")], 300).unwrap();
    follower.sync(&log, NOW).unwrap();
    assert_eq!(follower.registry().schemas().count(), 2);
    assert_eq!(follower.newest().unwrap().time, 300);
}

#[test]
fn a_damaged_saved_follower_is_refused() {
    let saved = serde_json::to_value(synced(&log())).unwrap();
    let without = |member: &str, value: serde_json::Value| {
        let mut damaged = saved.clone();
        damaged[member] = value;
        serde_json::from_value::<Follower>(damaged).is_err()
    };
    assert!(without("registry", serde_json::json!([])));
    assert!(without("registry", serde_json::json!([[0, "{}"]])));
    assert!(without("checkpoint", serde_json::json!("nonsense")));
    assert!(without("genesis", serde_json::json!({})));
}

/// Three roots, at seconds 100, 200 and 300.
fn three_roots() -> (MemoryLog, [Fr; 3]) {
    let mut log = log();
    let first = log.state().credentials().root();
    commit(&mut log, 0, 1, 200);
    let second = log.state().credentials().root();
    commit(&mut log, 1, 1, 300);
    let third = log.state().credentials().root();
    (log, [first, second, third])
}

#[test]
fn a_fresh_follower_knows_when_older_roots_were_superseded() {
    let (log, [first, second, third]) = three_roots();
    let follower = synced(&log);
    assert_eq!(follower.root_age(&third, 310), RootAge::Current);
    assert_eq!(follower.root_age(&second, 310), RootAge::Superseded { seconds: 10 });
    assert_eq!(follower.root_age(&first, 310), RootAge::Superseded { seconds: 110 });
    assert_eq!(follower.root_age(&first, 150), RootAge::Superseded { seconds: 0 });
    assert_eq!(follower.root_age(&Fr::from(1u64), 310), RootAge::Unknown);
}

#[test]
fn a_light_follower_knows_only_the_newest_root() {
    let (log, [_, second, third]) = three_roots();
    let mut follower = Follower::light(genesis());
    follower.sync(&log, NOW).unwrap();
    assert_eq!(follower.root_age(&third, 310), RootAge::Current);
    assert_eq!(follower.root_age(&second, 310), RootAge::Unknown);
}

#[test]
fn a_root_that_returns_is_current_again() {
    let mut log = log();
    commit(&mut log, 0, 1, 200);
    let active = log.state().credentials().root();
    change(&mut log, 0, "suspend", 300);
    let suspended = log.state().credentials().root();
    let mut follower = synced(&log);
    assert_eq!(follower.root_age(&active, 350), RootAge::Superseded { seconds: 50 });
    change(&mut log, 0, "restore", 400);
    follower.sync(&log, NOW).unwrap();
    assert_eq!(follower.root_age(&active, 450), RootAge::Current);
    assert_eq!(follower.root_age(&suspended, 450), RootAge::Superseded { seconds: 50 });
}

#[test]
fn state_roots_without_a_new_credential_root_supersede_nothing() {
    let mut log = log();
    let root = log.state().credentials().root();
    for time in [200, 300] {
        log.submit(&[], time).unwrap();
    }
    let mut follower = synced(&log);
    assert_eq!(follower.root_age(&root, 400), RootAge::Current);
    commit(&mut log, 0, 1, 500);
    follower.sync(&log, NOW).unwrap();
    assert_eq!(follower.root_age(&root, 510), RootAge::Superseded { seconds: 10 });
}

#[test]
fn after_a_gap_older_roots_are_unknown_rather_than_fresh() {
    let mut log = log();
    let mut follower = synced(&log);
    let root = log.state().credentials().root();
    commit(&mut log, 0, 1, 200);
    for time in 0..=MAX_ROOTS as u64 {
        log.submit(&[], 300 + time).unwrap();
    }
    follower.sync(&log, 9000).unwrap();
    assert_eq!(follower.root_age(&root, 9000), RootAge::Unknown);
    assert_eq!(follower.root_age(&log.state().credentials().root(), 9000), RootAge::Current);
}

#[test]
fn a_log_that_grew_behind_the_index_is_no_lie() {
    let moving = Moving {
        log: RefCell::new(log()),
        before: |resource: &Resource, log: &mut MemoryLog| {
            if *resource == Resource::Index && log.entries().len() < 20 {
                log.submit(&[sign(samples::schema("another/1"), "tax")], 200).unwrap();
            }
        },
    };
    let mut follower = Follower::new(genesis());
    follower.sync(&moving, NOW).unwrap();
    assert_eq!(follower.checkpoint().unwrap().size, 2);
    assert_eq!(follower.registry().schemas().count(), 1);
}
