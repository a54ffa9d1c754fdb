//! Old answers make nothing fresh: a path that repeats them, a node that stopped, clocks that are wrong, a follower that
//! comes back after a week. Every clock here is a number that the test says.

use circuits::Fr;

use super::*;

/// A second at which an honest log states a root.
const T: u64 = 1_800_000_000;
const MINUTE: u64 = 60;
const WEEK: u64 = 7 * 86_400;

/// A log that began at [`T`], and its credential root then.
fn log_at_t() -> (MemoryLog, Fr) {
    let mut log = MemoryLog::new(genesis());
    log.submit(&[sign(samples::schema("identity/1"), "police")], T - 10).unwrap();
    commit(&mut log, 0, 2, T);
    let root = log.state().credentials().root();
    (log, root)
}

fn follower_at(log: &MemoryLog, now: u64) -> Follower {
    let mut follower = Follower::new(log.state().registry().genesis().clone());
    follower.sync(log, now).unwrap();
    follower
}

fn stated(seconds: u64) -> Freshness {
    Freshness::Stated { seconds }
}

#[test]
fn a_path_that_repeats_old_answers_for_ever_makes_nothing_fresh() {
    let (log, root) = log_at_t();
    let mut follower = follower_at(&log, T + 5);
    for minutes in [5, 60, 60 * 24 * 30] {
        let now = T + minutes * MINUTE;
        follower.sync(&log, now).unwrap();
        assert_eq!(follower.freshness(now), stated(minutes * MINUTE));
        assert_eq!(follower.stated_at(), Some(T));
        assert_eq!(follower.root_age(&root, now), RootAge::Current, "the newest that is known, however old");
    }
}

#[test]
fn a_new_follower_learns_from_old_answers_that_they_are_old() {
    let (log, _) = log_at_t();
    let follower = follower_at(&log, T + WEEK);
    assert_eq!(follower.freshness(T + WEEK), stated(WEEK));
    assert!(!follower.freshness(T + WEEK).is_within(WEEK - 1));
}

#[test]
fn a_quiet_ledger_stays_fresh_by_stating_the_same_root() {
    let (mut log, root) = log_at_t();
    let mut follower = follower_at(&log, T);
    for beat in 1..=20 {
        let now = T + beat * 4 * MINUTE;
        log.heartbeat(now);
        follower.sync(&log, now + 1).unwrap();
        assert_eq!(follower.freshness(now + 1), stated(1));
        assert_eq!(follower.root_age(&root, now + 1), RootAge::Current);
    }
}

#[test]
fn what_follows_a_quiet_ledger_does_not_fetch_the_index() {
    let (mut log, _) = log_at_t();
    let mut wallet = Follower::light(genesis());
    wallet.sync(&log, T).unwrap();
    let mut counter = follower_at(&log, T);
    log.heartbeat(T + 240);
    log.take_requests();
    counter.sync(&log, T + 241).unwrap();
    let asked = log.take_requests();
    assert!(!asked.contains(&"/index".to_owned()), "{asked:?}");
    log.heartbeat(T + 480);
    commit(&mut log, 50, 1, T + 500);
    log.take_requests();
    wallet.sync(&log, T + 501).unwrap();
    assert!(!log.take_requests().contains(&"/index".to_owned()), "no entry of the registry is new");
    counter.sync(&log, T + 501).unwrap();
    assert!(log.take_requests().contains(&"/index".to_owned()), "roots between are of interest");
    log.submit(&[sign(samples::schema("another/1"), "tax")], T + 600).unwrap();
    wallet.sync(&log, T + 601).unwrap();
    assert!(wallet.registry().schemas().count() == 2);
}

#[test]
fn a_ledger_whose_clock_is_far_ahead_is_refused_and_both_clocks_are_named() {
    let (mut log, root) = log_at_t();
    let mut follower = follower_at(&log, T);
    commit(&mut log, 10, 1, 9_000_000_000);
    let refusal = follower.sync(&log, T + MINUTE).unwrap_err();
    assert_eq!(refusal, FollowError::Clocks { stated_at: 9_000_000_000, now: T + MINUTE });
    let said = refusal.to_string();
    assert!(said.contains("one of the two clocks is wrong") && !said.contains("misbehaves"), "{said}");
    assert_eq!(follower.root_age(&root, T + MINUTE), RootAge::Current, "nothing of it was taken in");
    assert_eq!(follower.stated_at(), Some(T));
    assert!(Follower::new(genesis()).sync(&log, T + MINUTE).is_err());
}

#[test]
fn a_follower_whose_clock_is_slow_refuses_and_takes_nothing_for_fresh() {
    let (log, _) = log_at_t();
    let mut slow = Follower::new(genesis());
    let refusal = slow.sync(&log, T - 20 * MINUTE).unwrap_err();
    assert_eq!(refusal, FollowError::Clocks { stated_at: T, now: T - 20 * MINUTE });
    slow.sync(&log, T - CLOCKS_DIFFER_S).unwrap();
    let set_back = T - 20 * MINUTE;
    assert_eq!(slow.freshness(set_back), Freshness::Ahead { seconds: 20 * MINUTE });
    assert!(!slow.freshness(set_back).is_within(WEEK));
}

#[test]
fn a_superseded_root_is_as_old_as_this_followers_own_clock_says() {
    let (mut log, old) = log_at_t();
    let mut follower = follower_at(&log, T);
    // The log's clock is ahead by as much as is accepted.
    commit(&mut log, 10, 1, T + 300);
    follower.sync(&log, T + 10).unwrap();
    assert_eq!(follower.root_age(&old, T + 20), RootAge::Superseded { seconds: 10 });
    assert_eq!(follower.root_age(&old, T + 400), RootAge::Superseded { seconds: 390 });
}

#[test]
fn a_follower_that_was_away_for_a_week_counts_a_week() {
    let (mut log, old) = log_at_t();
    let mut follower = follower_at(&log, T);
    commit(&mut log, 10, 1, T + 60);
    let middle = log.state().credentials().root();
    commit(&mut log, 20, 1, T + WEEK);
    let back = T + WEEK + 5;
    follower.sync(&log, back).unwrap();
    assert_eq!(follower.root_age(&old, back), RootAge::Superseded { seconds: WEEK - 55 });
    assert_eq!(follower.root_age(&middle, back), RootAge::Superseded { seconds: 5 });
    let new = follower_at(&log, back);
    assert_eq!(new.root_age(&old, back), RootAge::Superseded { seconds: WEEK - 55 });
}

#[test]
fn the_first_sight_is_kept_over_a_restart() {
    let (mut log, old) = log_at_t();
    let mut follower = follower_at(&log, T);
    commit(&mut log, 10, 1, T + 300);
    follower.sync(&log, T + 10).unwrap();
    let saved = serde_json::to_string(&follower).unwrap();
    let again: Follower = serde_json::from_str(&saved).unwrap();
    assert_eq!(again.root_age(&old, T + 20), RootAge::Superseded { seconds: 10 });
    assert_eq!(serde_json::to_string(&again).unwrap(), saved);
}

#[test]
fn a_state_saved_without_first_sights_is_read() {
    let (mut log, old) = log_at_t();
    let mut follower = follower_at(&log, T);
    commit(&mut log, 10, 1, T + 100);
    follower.sync(&log, T + 110).unwrap();
    let mut saved = serde_json::to_value(&follower).unwrap();
    for superseded in saved["roots"]["superseded"].as_array_mut().unwrap() {
        superseded.as_object_mut().unwrap().remove("seen").unwrap();
    }
    let older: Follower = serde_json::from_value(saved).unwrap();
    assert_eq!(older.root_age(&old, T + 110), RootAge::Superseded { seconds: 10 });
    assert_eq!(older.freshness(T + 110), stated(10));
}

/// A log with three witnesses of whom two must cosign, at [`T`].
fn witnessed() -> MemoryLog {
    let genesis = samples::witnessed_genesis(&["police", "tax"], 1, &["w1", "w2", "w3"], 2);
    let mut log = MemoryLog::new(genesis);
    log.submit(&[sign(samples::schema("identity/1"), "police")], T).unwrap();
    log.cosign_by(&["w1", "w2"]);
    log
}

#[test]
fn where_there_are_witnesses_their_time_counts_and_not_the_logs() {
    let mut log = witnessed();
    log.cosign_at(T + 7);
    let mut follower = follower_at(&log, T + 20);
    assert_eq!(follower.stated_at(), Some(T + 7));
    // The log's key alone states a time that is news; the witnesses have not seen it since.
    log.heartbeat(T + 3600);
    log.cosign_at(T + 60);
    follower.sync(&log, T + 3600).unwrap();
    assert_eq!(follower.freshness(T + 3600), stated(3540));
}

#[test]
fn witnesses_who_look_again_make_the_same_checkpoint_fresh_and_an_old_note_does_not() {
    let mut log = witnessed();
    let mut follower = follower_at(&log, T + 20);
    log.cosign_at(T + 600);
    follower.sync(&log, T + 610).unwrap();
    assert_eq!(follower.freshness(T + 610), stated(10));
    let saved = serde_json::to_string(&follower).unwrap();
    log.cosign_at(T);
    follower.sync(&log, T + 620).unwrap();
    assert_eq!(follower.stated_at(), Some(T + 600), "what was seen is not forgotten");
    let again: Follower = serde_json::from_str(&saved).unwrap();
    assert_eq!(again.stated_at(), Some(T + 600));
}

#[test]
fn a_refusal_for_a_slow_clock_takes_in_no_time_of_the_witnesses() {
    let mut log = witnessed();
    log.cosign_at(T - 1000);
    let mut follower = follower_at(&log, T + 20);
    log.cosign_at(T - 700);
    let refusal = follower.sync(&log, T - 600).unwrap_err();
    assert_eq!(refusal, FollowError::Clocks { stated_at: T, now: T - 600 });
    assert_eq!(follower.stated_at(), Some(T - 1000));
}

#[test]
fn witnesses_from_the_future_are_a_matter_of_clocks() {
    let mut log = witnessed();
    log.cosign_at(9_000_000_000);
    let refusal = Follower::new(log.state().registry().genesis().clone()).sync(&log, T).unwrap_err();
    assert_eq!(refusal, FollowError::Clocks { stated_at: 9_000_000_000, now: T });
}

#[test]
fn a_state_saved_without_the_time_of_the_witnesses_is_not_fresh_until_the_next_sync() {
    let log = witnessed();
    let mut saved = serde_json::to_value(follower_at(&log, T)).unwrap();
    saved.as_object_mut().unwrap().remove("cosigned_at").unwrap();
    let mut older: Follower = serde_json::from_value(saved).unwrap();
    assert_eq!(older.freshness(T + 5), Freshness::Never);
    older.sync(&log, T + 5).unwrap();
    assert_eq!(older.freshness(T + 5), stated(5));
}
