//! The root before the last full hour: the same for whoever was there before and after it, proved, and none that the log
//! did not state.

use circuits::Fr;
use circuits::tree::Position;

use super::*;
use crate::resource::HOUR_S;

/// Half past some hour.
const T: u64 = 500_000 * HOUR_S + HOUR_S / 2;
/// The full hour after it.
const FULL: u64 = 500_001 * HOUR_S;

fn at(position: u64) -> Position {
    Position::new(position).unwrap()
}

/// A wallet that follows one shard.
struct Wallet {
    follower: Follower,
    shards: Vec<ShardFollower>,
    hour: Option<HourPaths>,
}

impl Wallet {
    fn new() -> Self {
        let shards = vec![ShardFollower::of(at(0))];
        Self { follower: Follower::light(genesis()), shards, hour: None }
    }
    fn sync<S: Source>(&mut self, source: &S, now: u64) -> Result<(), FollowError> {
        self.follower.sync(source, now)?;
        let hour = self.follower.hour().unwrap();
        if self.hour.as_ref().is_none_or(|known| known.hour() < hour) {
            self.hour = Some(match self.follower.hour_root(source, hour)? {
                Some(root) => {
                    reach_hour(source, &root, &mut self.shards)?;
                    HourPaths::collect(&root, &self.shards, (0..4).map(at))
                }
                None => HourPaths::none(hour),
            });
        }
        sync_shards(source, &mut self.follower, &mut self.shards, now)
    }
    /// The root of the hour for leaf `position`.
    fn root(&self, log: &MemoryLog, position: u64) -> Option<Fr> {
        let leaf = log.state().credentials().committed(at(position)).unwrap();
        self.hour.as_ref().unwrap().path(at(position), leaf).map(|(_, root)| root)
    }
}

/// Four leaves at `T`, one more a minute before the hour, and the root then.
fn before_the_hour() -> (MemoryLog, Fr) {
    let mut log = MemoryLog::new(genesis());
    log.submit(&[sign(samples::schema("identity/1"), "police")], T - 10).unwrap();
    commit(&mut log, 0, 4, T);
    commit(&mut log, 10, 1, FULL - 60);
    let root = log.state().credentials().root();
    (log, root)
}

#[test]
fn wallets_that_synced_at_different_moments_of_an_hour_have_one_root() {
    let (mut log, expected) = before_the_hour();
    let [mut early, mut late] = [Wallet::new(), Wallet::new()];
    early.sync(&log, FULL - 30).unwrap();
    late.sync(&log, FULL - 10).unwrap();
    commit(&mut log, 20, 1, FULL + 5);
    early.sync(&log, FULL + 6).unwrap();
    for minute in 1..30 {
        commit(&mut log, 100 + minute, 1, FULL + 60 * minute);
    }
    late.sync(&log, FULL + 1800).unwrap();
    assert_ne!(early.shards[0].root(), late.shards[0].root(), "the newest roots tell them apart");
    for wallet in [&early, &late] {
        assert_eq!(wallet.root(&log, 2), Some(expected));
        assert_eq!(wallet.hour.as_ref().unwrap().stated_at(), Some(FULL - 60));
    }
}

#[test]
fn a_leaf_that_was_removed_before_the_hour_has_no_path() {
    let (mut log, _) = before_the_hour();
    let mut wallet = Wallet::new();
    wallet.sync(&log, FULL - 30).unwrap();
    change(&mut log, 2, "revoke", FULL - 20);
    log.heartbeat(FULL + 1);
    wallet.sync(&log, FULL + 2).unwrap();
    assert_eq!(wallet.root(&log, 2), None);
    assert!(wallet.root(&log, 1).is_some());
}

#[test]
fn what_changed_since_the_hour_does_not_disturb_the_newest_root() {
    let (mut log, expected) = before_the_hour();
    let mut wallet = Wallet::new();
    wallet.sync(&log, FULL - 30).unwrap();
    change(&mut log, 1, "revoke", FULL + 5);
    commit(&mut log, 20, 300, FULL + 7);
    // A leaf that came before the hour and was removed after it, in a shard that is new to this wallet.
    let mut fresh = Wallet::new();
    for wallet in [&mut wallet, &mut fresh] {
        wallet.sync(&log, FULL + 10).unwrap();
        assert_eq!(wallet.shards[0].root(), Some(&log.state().credentials().root()));
        assert_eq!(wallet.shards[0].path(at(2)), log.state().credentials().path(at(2)));
    }
    assert_eq!(wallet.root(&log, 2), Some(expected));
    assert_eq!(fresh.root(&log, 2), None, "it cannot know what leaf 1 was, so it uses the newest root");
}

#[test]
fn paths_are_kept_over_a_restart() {
    let (mut log, expected) = before_the_hour();
    let mut wallet = Wallet::new();
    wallet.sync(&log, FULL - 30).unwrap();
    log.heartbeat(FULL + 1);
    wallet.sync(&log, FULL + 2).unwrap();
    let saved = serde_json::to_string(&wallet.hour).unwrap();
    wallet.hour = serde_json::from_str(&saved).unwrap();
    assert_eq!(wallet.root(&log, 3), Some(expected));
}

#[test]
fn an_hour_that_the_node_does_not_keep_is_no_error() {
    let (log, _) = before_the_hour();
    let mut wallet = Wallet::new();
    wallet.sync(&log, FULL - 30).unwrap();
    assert_eq!(wallet.hour, Some(HourPaths::none(500_000)));
}

/// The answer about the hour, as `lie` makes it.
fn answered(lie: impl Fn(Vec<u8>) -> Vec<u8>) -> Result<Option<u64>, FollowError> {
    let (mut log, _) = before_the_hour();
    log.heartbeat(FULL + 1);
    let mut follower = Follower::light(genesis());
    follower.sync(&log, FULL + 2).unwrap();
    let lie = |resource: &Resource, truth: Vec<u8>| {
        Some(if matches!(resource, Resource::Hour(_)) { lie(truth) } else { truth })
    };
    let root = follower.hour_root(&Liar { log: &log, lie }, 500_001)?;
    Ok(root.map(|root| root.root.entries))
}

/// The answer with another entry as the root.
fn about(entry: u64) -> impl Fn(Vec<u8>) -> Vec<u8> {
    move |truth| [&entry.to_be_bytes()[..], &truth[8..]].concat()
}

#[test]
fn a_root_of_the_hour_that_the_log_does_not_have_is_refused() {
    assert_eq!(answered(|truth| truth), Ok(Some(5)));
    let damaged = |answer| matches!(answer, Err(FollowError::Damaged(_)));
    assert!(damaged(answered(|truth| truth[..4].to_vec())));
    assert!(damaged(answered(|truth| truth[..39].to_vec())));
    assert!(damaged(answered(|truth| truth[..8].to_vec())));
    assert!(damaged(answered(about(4))), "an entry that states no root");
    assert!(damaged(answered(|truth| [&truth[..8], &[0; 32][..]].concat())));
}

#[test]
fn a_root_of_another_time_is_not_used() {
    assert_eq!(answered(about(3)), Ok(None), "stated half an hour before");
    assert_eq!(answered(about(6)), Ok(None), "stated after the full hour");
    assert_eq!(answered(about(99)), Ok(None), "not there yet");
}
