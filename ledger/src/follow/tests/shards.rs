//! Shards: whole, growing, changing, moving, and lied about.

use std::time::Duration;

use circuits::Fr;
use circuits::field;
use circuits::tree::Position;

use super::super::shard::sync_shards_with;
use super::*;
use crate::credentials::SHARD_LEAVES;

fn at(position: u64) -> Position {
    Position::new(position).unwrap()
}

fn log_of(leaves: u64) -> MemoryLog {
    let mut log = log();
    commit(&mut log, 0, leaves, 200);
    log
}

/// A wallet: a follower and the shard of one position.
struct Wallet {
    follower: Follower,
    shard: ShardFollower,
}

impl Wallet {
    fn of(position: u64) -> Self {
        Self { follower: Follower::light(genesis()), shard: ShardFollower::of(at(position)) }
    }
    fn sync<S: Source>(&mut self, source: &S) -> Result<(), FollowError> {
        let shards = std::slice::from_mut(&mut self.shard);
        sync_shards_with(source, &mut self.follower, shards, NOW, |_: Duration| {})
    }
    fn synced(position: u64, log: &MemoryLog) -> Self {
        let mut wallet = Self::of(position);
        wallet.sync(log).unwrap();
        wallet
    }
    /// Checks that a position's path leads to the newest root.
    fn proves(&self, position: u64) {
        let path = self.shard.path(at(position)).unwrap();
        let leaf = self.shard.leaf(at(position)).unwrap();
        assert_eq!(&path.root(leaf), self.shard.root().unwrap());
        assert_eq!(self.shard.root(), self.follower.newest().map(|newest| &newest.root.0));
    }
}

#[test]
fn a_path_leads_to_the_newest_root() {
    let log = log_of(600);
    let wallet = Wallet::synced(599, &log);
    for position in [0, 255, 256, 599] {
        wallet.proves(position);
        assert_eq!(wallet.shard.path(at(position)), log.state().credentials().path(at(position)));
    }
    assert_eq!(wallet.shard.path(at(600)), None);
    assert_eq!(wallet.shard.leaf(at(SHARD_LEAVES)), None);
}

#[test]
fn two_wallets_in_one_shard_ask_byte_identically() {
    let mut log = log_of(300);
    let mut one = Wallet::of(3);
    let mut two = Wallet::of(299);
    let mut asked = |log: &MemoryLog| {
        [&mut one, &mut two].map(|wallet| {
            wallet.sync(log).unwrap();
            log.take_requests()
        })
    };
    let [first, second] = asked(&log);
    assert_eq!(first, second);
    assert!(first.contains(&"/credentials/shard/0/001.p/44".to_owned()));
    change(&mut log, 3, "suspend", 300);
    commit(&mut log, 1000, 30, 400);
    let [first, second] = asked(&log);
    assert_eq!(first, second);
    assert_eq!(
        first[first.len() - 3..],
        ["/credentials/cap", "/credentials/changes/3-7", "/credentials/shard/0/001.p/74"]
    );
    change(&mut log, 299, "revoke", 500);
    let [first, second] = asked(&log);
    assert_eq!(first, second);
    one.proves(3);
    two.proves(299);
}

#[test]
fn nothing_new_asks_for_no_leaves() {
    let log = log_of(10);
    let mut wallet = Wallet::synced(1, &log);
    log.take_requests();
    wallet.sync(&log).unwrap();
    assert_eq!(log.take_requests(), ["/checkpoint", "/credentials/cap"]);
}

#[test]
fn a_revoked_leaf_is_zero_and_a_restored_one_is_back() {
    let mut log = log_of(10);
    let mut wallet = Wallet::synced(4, &log);
    let leaf = *wallet.shard.leaf(at(4)).unwrap();
    change(&mut log, 4, "suspend", 300);
    change(&mut log, 5, "revoke", 300);
    wallet.sync(&log).unwrap();
    assert_eq!([4, 5].map(|p| *wallet.shard.leaf(at(p)).unwrap()), [Fr::default(); 2]);
    wallet.proves(6);
    change(&mut log, 4, "restore", 400);
    wallet.sync(&log).unwrap();
    assert_eq!(wallet.shard.leaf(at(4)), Some(&leaf));
    wallet.proves(4);
}

#[test]
fn a_fresh_wallet_sees_old_revocations() {
    let mut log = log_of(10);
    change(&mut log, 5, "revoke", 300);
    let wallet = Wallet::synced(5, &log);
    assert_eq!(wallet.shard.leaf(at(5)), Some(&Fr::default()));
    wallet.proves(6);
}

#[test]
fn a_full_shard_is_one_request_and_the_next_one_grows() {
    let mut log = log_of(SHARD_LEAVES + 3);
    let mut wallet = Wallet::synced(70, &log);
    assert!(log.take_requests().contains(&"/credentials/shard/0".to_owned()));
    wallet.proves(65_535);
    let mut next = Wallet::synced(SHARD_LEAVES + 1, &log);
    next.proves(SHARD_LEAVES + 2);
    log.take_requests();
    commit(&mut log, 100_000, 5, 300);
    wallet.sync(&log).unwrap();
    assert!(!log.take_requests().iter().any(|path| path.starts_with("/credentials/shard")));
    wallet.proves(0);
    next.sync(&log).unwrap();
    next.proves(SHARD_LEAVES + 7);
}

#[test]
fn several_shards_reach_one_root() {
    let mut log = log_of(SHARD_LEAVES + 3);
    let mut follower = Follower::light(genesis());
    let mut shards = [5, SHARD_LEAVES + 1].map(|p| ShardFollower::of(at(p)));
    sync_shards(&log, &mut follower, &mut shards, NOW).unwrap();
    change(&mut log, SHARD_LEAVES + 1, "revoke", 300);
    log.take_requests();
    sync_shards(&log, &mut follower, &mut shards, NOW).unwrap();
    assert_eq!(shards[0].root(), shards[1].root());
    let asked = log.take_requests();
    assert_eq!(asked.iter().filter(|path| path.contains("changes")).count(), 1);
}

#[test]
fn a_shard_that_does_not_exist_yet_is_empty() {
    let log = log_of(3);
    let wallet = Wallet::synced(SHARD_LEAVES * 9, &log);
    assert_eq!(wallet.shard.path(at(SHARD_LEAVES * 9)), None);
    assert_eq!(wallet.shard.root(), Some(&log.state().credentials().root()));
}

#[test]
fn before_the_first_state_root_there_is_no_path() {
    let wallet = Wallet::synced(0, &MemoryLog::new(genesis()));
    assert_eq!((wallet.shard.root(), wallet.shard.leaf(at(0))), (None, None));
}

#[test]
fn a_saved_shard_goes_on_where_it_was() {
    let mut log = log_of(300);
    let mut wallet = Wallet::synced(7, &log);
    let saved = serde_json::to_string(&wallet.shard).unwrap();
    wallet.shard = serde_json::from_str(&saved).unwrap();
    assert_eq!(serde_json::to_string(&wallet.shard).unwrap(), saved);
    change(&mut log, 8, "revoke", 300);
    wallet.sync(&log).unwrap();
    wallet.proves(7);
}

#[test]
fn a_damaged_saved_shard_is_refused() {
    let saved = serde_json::to_value(Wallet::synced(7, &log_of(3)).shard).unwrap();
    for (member, value) in [
        ("leaves", serde_json::json!("")),
        ("leaves", serde_json::json!("////")),
        ("cap", serde_json::json!("")),
        ("shard", serde_json::json!(1)),
        ("moment", serde_json::json!(null)),
    ] {
        let mut damaged = saved.clone();
        damaged[member] = value;
        assert!(serde_json::from_value::<ShardFollower>(damaged).is_err(), "{member}");
    }
}

/// How a lie about one resource is refused by a wallet that knows the log of 300 leaves, after ten more are committed
/// and leaf 1 is revoked. The wallet is as before.
fn refused(lied: &str, lie: impl Fn(Vec<u8>) -> Vec<u8>) -> FollowError {
    let mut log = log_of(300);
    let mut wallet = Wallet::synced(7, &log);
    let before = serde_json::to_string(&wallet.shard).unwrap();
    commit(&mut log, 1000, 10, 300);
    change(&mut log, 1, "revoke", 300);
    let liar = Liar {
        log: &log,
        lie: |resource: &Resource, truth| Some(if resource.to_string() == lied { lie(truth) } else { truth }),
    };
    let refusal = wallet.sync(&liar).unwrap_err();
    assert_eq!(serde_json::to_string(&wallet.shard).unwrap(), before);
    refusal
}

fn add_one(mut bytes: Vec<u8>) -> Vec<u8> {
    *bytes.last_mut().unwrap() ^= 1;
    bytes
}

const CAP: &str = "/credentials/cap";
const TILE: &str = "/credentials/shard/0/001.p/54";
const CHANGES: &str = "/credentials/changes/3-7";

#[test]
fn a_bad_cap_is_refused() {
    assert_eq!(refused(CAP, add_one), DamagedCopy::Cap.into());
    assert_eq!(refused(CAP, |_| Vec::new()), DamagedCopy::Cap.into());
    let longer = |cap: Vec<u8>| [cap, vec![0; 32]].concat();
    assert_eq!(refused(CAP, longer), DamagedCopy::Cap.into());
}

#[test]
fn a_bad_shard_is_refused() {
    assert_eq!(refused(TILE, add_one), DamagedCopy::Shard(0).into());
}

#[test]
fn a_change_left_out_or_made_up_is_refused() {
    assert_eq!(refused(CHANGES, |_| Vec::new()), DamagedCopy::Shard(0).into());
    // Leaf 1 was revoked; five places after it is leaf 7.
    let seven = |changes: Vec<u8>| [&changes[..], &[5 << 1]].concat();
    assert_eq!(refused(CHANGES, seven), DamagedCopy::Shard(0).into());
}

#[test]
fn impossible_bytes_are_refused() {
    let malformed = |what: &str| DamagedCopy::Malformed(what.to_owned()).into();
    let above_r = |bytes: Vec<u8>| vec![0xFF; bytes.len()];
    let short = |mut bytes: Vec<u8>| {
        bytes.pop();
        bytes
    };
    for what in [CAP, TILE] {
        assert_eq!(refused(what, above_r), malformed(what));
        assert_eq!(refused(what, short), malformed(what));
    }
    assert_eq!(refused(CHANGES, above_r), malformed(CHANGES));
    assert_eq!(refused(CHANGES, |bytes| [&bytes[..], &[0x80]].concat()), malformed(CHANGES));
    let one_less = |bytes: Vec<u8>| bytes[32..].to_vec();
    assert_eq!(refused(TILE, one_less), malformed(TILE));
}

#[test]
fn a_log_that_moves_while_it_is_read_is_caught_up_with() {
    for (moves_at, act) in [("/credentials/cap", "suspend"), ("/credentials/shard/0/000.p/10", "revoke")] {
        let moving = Moving {
            log: RefCell::new(log_of(10)),
            before: |resource: &Resource, log: &mut MemoryLog| {
                if resource.to_string() == moves_at && log.entries().len() == 4 {
                    change(log, 2, act, 300);
                    commit(log, 1000, 1, 300);
                }
            },
        };
        let mut wallet = Wallet::of(7);
        wallet.sync(&moving).unwrap();
        assert_eq!(wallet.shard.leaf(at(2)), Some(&Fr::default()));
        wallet.proves(7);
    }
}

#[test]
fn a_log_that_never_rests_is_no_lie() {
    let moving = Moving {
        log: RefCell::new(log_of(10)),
        before: |resource: &Resource, log: &mut MemoryLog| {
            if *resource == Resource::Cap {
                let number = 1000 + log.entries().len() as u64;
                commit(log, number, 1, 300);
            }
        },
    };
    assert_eq!(Wallet::of(7).sync(&moving), Err(FollowError::MovedOn));
}

/// Serves no list of changes, as a node does with one that is too long.
struct WithoutChanges(MemoryLog);

impl Source for WithoutChanges {
    fn get(&self, resource: &Resource, limit: u64) -> Result<Vec<u8>, FetchError> {
        match resource {
            Resource::Changes { .. } => Err(FetchError::TooLarge(resource.to_string())),
            _ => self.0.get(resource, limit),
        }
    }
}

#[test]
fn with_too_many_changes_the_shard_is_fetched_anew() {
    let mut log = log_of(10);
    let mut wallet = Wallet::synced(7, &log);
    change(&mut log, 2, "revoke", 300);
    let source = WithoutChanges(log);
    wallet.sync(&source).unwrap();
    wallet.proves(7);
    assert_eq!(wallet.shard.leaf(at(2)), Some(&Fr::default()));
}

#[test]
fn the_cap_is_what_the_elements_say() {
    let log = log_of(3);
    let cap = log.get(&Resource::Cap, 64).unwrap();
    assert_eq!(cap, field::to_bytes(log.state().credentials().shard_root(0).unwrap()));
}

#[test]
fn a_withdrawal_by_governance_reaches_every_shard_and_registry() {
    let mut log = log_of(300);
    let mut wallet = Wallet::synced(7, &log);
    let mut record = samples::withdraw("w", "police", 5, 9);
    record.bind(samples::terms(log.state().size()));
    log.submit(&[samples::sign_approved(record, &["tax"])], 300).unwrap();
    wallet.sync(&log).unwrap();
    assert_eq!(wallet.shard.leaf(at(7)), Some(&Fr::default()));
    wallet.proves(10);
    assert_eq!(wallet.follower.registry().chain(), log.state().registry().chain());
}
