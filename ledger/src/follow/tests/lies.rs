//! What a follower refuses, and whose fault it says that it is. After a refusal it is as before.

use super::*;
use crate::digest::Digest;
use crate::note::Note;
use crate::resource::Index;
use crate::tile::{push_entry, split_entry};
use crate::witness::Lacking;

/// How the lie is refused by a follower that has not seen the log.
fn refused(log: &MemoryLog, lie: impl Fn(&Resource, Vec<u8>) -> Option<Vec<u8>>) -> FollowError {
    let mut follower = Follower::new(genesis());
    let refusal = follower.sync(&Liar { log, lie }, NOW).unwrap_err();
    assert!(follower.checkpoint().is_none() && follower.newest().is_none());
    assert_eq!(follower.registry().schemas().count(), 0);
    refusal
}

/// How a log is refused by a follower that has not seen it.
fn refused_log(log: &MemoryLog) -> FollowError {
    refused(log, |_, truth| Some(truth))
}

fn misbehaviour(error: FollowError) -> Misbehaviour {
    match error {
        FollowError::Misbehaviour(misbehaviour) => misbehaviour,
        other => panic!("{other}"),
    }
}

/// A log of one sealed batch, then `record` by `police`, and then nothing that seals it.
fn root() -> StateRoot {
    log().state().state_root(200)
}

/// How the log is refused whose second state root is this one.
fn refused_root(entry: Entry) -> Misbehaviour {
    let mut log = log();
    log.append_unchecked(entry);
    misbehaviour(refused_log(&log))
}

fn bad_root(reason: &'static str) -> Misbehaviour {
    Misbehaviour::BadStateRoot { index: 2, reason }
}

/// The index with a change.
fn index_lie(change: impl Fn(&mut Index)) -> impl Fn(&Resource, Vec<u8>) -> Option<Vec<u8>> {
    move |resource, truth| {
        if *resource != Resource::Index {
            return Some(truth);
        }
        let mut index = serde_json::from_slice(&truth).unwrap();
        change(&mut index);
        Some(serde_json::to_vec(&index).unwrap())
    }
}

#[test]
fn another_genesis() {
    let log = MemoryLog::new(samples::genesis(&["police", "tax"], 2));
    assert_eq!(refused_log(&log), NotThisLedger::OtherGenesis.into());
}

#[test]
fn a_checkpoint_of_another_key() {
    let refusal = refused(&log(), |resource, truth| {
        let Resource::Checkpoint = resource else { return Some(truth) };
        let key = insecure_key("ledger.test/1");
        let checkpoint =
            crate::checkpoint::Checkpoint::open(&truth, genesis().origin(), &key.public()).unwrap();
        Some(checkpoint.sign(&insecure_key("somebody")).unwrap().to_string().into_bytes())
    });
    assert_eq!(refusal, NotThisLedger::NotSigned.into());
}

#[test]
fn a_checkpoint_of_another_log() {
    let refusal = refused(&log(), |resource, truth| {
        let Resource::Checkpoint = resource else { return Some(truth) };
        let origin = "ledger.test/2".parse().unwrap();
        let checkpoint = crate::checkpoint::Checkpoint { origin, size: 2, root: Digest::of(b"") };
        Some(checkpoint.sign(&insecure_key("ledger.test/1")).unwrap().to_string().into_bytes())
    });
    assert_eq!(refusal, NotThisLedger::OtherLog.into());
}

#[test]
fn a_replayed_old_checkpoint() {
    let mut log = log();
    let old = log.get(&Resource::Checkpoint, 1000).unwrap();
    commit(&mut log, 0, 1, 200);
    let mut follower = synced(&log);
    let replay = Liar {
        log: &log,
        lie: |resource: &Resource, truth| {
            Some(if *resource == Resource::Checkpoint { old.clone() } else { truth })
        },
    };
    let refusal = follower.sync(&replay, NOW).unwrap_err();
    assert_eq!(refusal, FollowError::Lags { seen: 4, shown: 2 }, "it may be a mirror that is behind");
    assert_eq!(follower.checkpoint().unwrap().size, 4);
}

#[test]
fn a_second_history_of_the_same_size() {
    let mut follower = synced(&log());
    let mut other = MemoryLog::new(genesis());
    other.submit(&[sign(samples::schema("identity/1"), "tax")], 100).unwrap();
    let refusal = follower.sync(&other, NOW).unwrap_err();
    assert_eq!(misbehaviour(refusal), Misbehaviour::SplitView { seen: 2 });
}

#[test]
fn a_second_history_that_is_longer() {
    let mut follower = synced(&log());
    let mut other = MemoryLog::new(genesis());
    other.submit(&[sign(samples::schema("identity/1"), "tax")], 100).unwrap();
    for time in 200..300 {
        other.submit(&[], time).unwrap();
    }
    let refusal = follower.sync(&other, NOW).unwrap_err();
    assert_eq!(misbehaviour(refusal), Misbehaviour::SplitView { seen: 2 });
    assert_eq!(follower.checkpoint().unwrap().size, 2);
}

#[test]
fn another_entry_in_the_place_of_one() {
    let other = sign(samples::schema("identity/1"), "tax");
    let refusal = refused(&log(), |resource, truth| {
        Some(if *resource == Resource::Entry(0) { other.bytes().to_vec() } else { truth })
    });
    assert_eq!(refusal, DamagedCopy::NotIncluded(0).into());
}

#[test]
fn a_lying_tile() {
    let refusal = refused(&log(), |resource, mut truth| {
        if let Resource::Tile(_) = resource {
            truth[3] ^= 1;
        }
        Some(truth)
    });
    assert_eq!(refusal, DamagedCopy::NotIncluded(1).into());
}

/// How entries are refused that are read from a log that was followed honestly.
fn refused_reading(lie: impl Fn(&Resource, Vec<u8>) -> Option<Vec<u8>>) -> FollowError {
    let log = log();
    let follower = synced(&log);
    read_entries(&Liar { log: &log, lie }, &follower, 0, &mut |_, _| ()).unwrap_err()
}

/// A bundle of two entries with another one in the place of the second.
fn with_second(bundle: &[u8], other: &Entry) -> Vec<u8> {
    let (first, _) = split_entry(bundle).unwrap();
    let mut lie = Vec::new();
    push_entry(&mut lie, first);
    push_entry(&mut lie, other.bytes());
    lie
}

#[test]
fn another_entry_in_a_bundle() {
    let other = sign(samples::schema("identity/1"), "tax");
    let alone = refused_reading(|resource, truth| {
        let Resource::Entries(_) = resource else { return Some(truth) };
        Some(with_second(&truth, &other))
    });
    assert_eq!(alone, DamagedCopy::NotIncluded(1).into());
    let with_its_tile = refused_reading(|resource, mut truth| match resource {
        Resource::Entries(_) => Some(with_second(&truth, &other)),
        Resource::Tile(_) => {
            truth[32..64].copy_from_slice(other.leaf_hash().as_bytes());
            Some(truth)
        }
        _ => Some(truth),
    });
    assert_eq!(with_its_tile, DamagedCopy::NotIncluded(0).into(), "the tile is not in the log");
}

#[test]
fn a_bundle_that_ends_too_early() {
    let refusal = refused_reading(|resource, mut truth| {
        if let Resource::Entries(_) = resource {
            truth.pop();
        }
        Some(truth)
    });
    assert!(matches!(refusal, FollowError::Damaged(DamagedCopy::Malformed(_))), "{refusal}");
}

#[test]
fn a_tile_of_another_length() {
    let refusal = refused(&log(), |resource, mut truth| {
        if let Resource::Tile(_) = resource {
            truth.pop();
        }
        Some(truth)
    });
    assert_eq!(refusal, DamagedCopy::Malformed("tile/0/000.p/2".to_owned()).into());
}

#[test]
fn a_last_entry_of_another_kind() {
    let refusal = refused_root(sign(samples::commit("c", "identity/1", [1]), "police"));
    assert_eq!(refusal, bad_root("it is another kind of record"));
}

#[test]
fn a_state_root_of_another_signer() {
    assert_eq!(refused_root(signed_root(root(), "police")), bad_root("it is not signed by the log"));
}

#[test]
fn a_state_root_about_other_entries() {
    let earlier = StateRoot { entries: 1, ..root() };
    assert_eq!(refused_root(signed_root(earlier, "ledger.test/1")), bad_root("it is about other entries"));
}

#[test]
fn a_state_root_of_the_past() {
    let past = StateRoot { time: 99, ..root() };
    let expected = bad_root("its time is before the last one's");
    assert_eq!(refused_root(signed_root(past, "ledger.test/1")), expected);
}

#[test]
fn a_tree_that_shrank() {
    let mut log = log();
    commit(&mut log, 0, 2, 200);
    let mut follower = synced(&log);
    let shrunk = StateRoot { leaves: 1, ..log.state().state_root(300) };
    log.append_unchecked(signed_root(shrunk, "ledger.test/1"));
    let refusal = follower.sync(&log, NOW).unwrap_err();
    let expected = Misbehaviour::BadStateRoot { index: 4, reason: "the credential tree shrank" };
    assert_eq!(misbehaviour(refusal), expected);
}

#[test]
fn a_registry_entry_left_out() {
    let refusal = refused(&log(), index_lie(|index| index.registry.clear()));
    assert_eq!(refusal, DamagedCopy::Registry.into());
}

#[test]
fn a_registry_entry_that_is_none() {
    let refusal = refused(&log(), index_lie(|index| index.registry.push(1)));
    assert_eq!(refusal, DamagedCopy::Index(1).into());
}

#[test]
fn a_registry_entry_against_the_rules() {
    let mut log = log();
    let foreign = sign(samples::schema("identity/1"), "tax");
    let registry = crate::registry::Registry::chained(&root().registry, 2, &foreign);
    log.append_unchecked(foreign);
    let signed = StateRoot { entries: 3, registry, ..root() };
    log.append_unchecked(signed_root(signed, "ledger.test/1"));
    let refusal = misbehaviour(refused_log(&log));
    assert!(matches!(refusal, Misbehaviour::BadEntry { index: 2, .. }), "{refusal}");
}

#[test]
fn an_index_out_of_order() {
    let expected = FollowError::from(DamagedCopy::Malformed("/index".to_owned()));
    assert_eq!(refused(&log(), index_lie(|index| index.registry = vec![0, 0])), expected);
    assert_eq!(refused(&log(), index_lie(|index| index.roots = vec![1, 0])), expected);
}

#[test]
fn a_state_root_that_the_index_makes_up() {
    let refusal = refused(&log(), index_lie(|index| index.roots = vec![0]));
    assert_eq!(refusal, DamagedCopy::Index(0).into());
}

#[test]
fn an_index_that_lags_is_no_lie() {
    assert_eq!(refused(&log(), index_lie(|index| index.size = 1)), FollowError::MovedOn);
}

#[test]
fn silence_is_no_lie() {
    for silent in
        [Resource::Genesis, Resource::Checkpoint, Resource::Index, Resource::Entry(0), Resource::Entry(1)]
    {
        let refusal = refused(&log(), |resource, truth| (*resource != silent).then_some(truth));
        assert!(matches!(refusal, FollowError::Fetch(_)), "{silent}: {refusal}");
    }
}

/// Whoever leaves out the entry that another one rests on must not make the log look guilty.
#[test]
fn a_registry_entry_left_out_before_one_that_needs_it() {
    let mut log = log();
    log.submit(&[sign(samples::policy("adult/1", "identity/1", "police"), "police")], 200).unwrap();
    let refusal = refused(
        &log,
        index_lie(|index| {
            index.registry.remove(0);
        }),
    );
    assert_eq!(refusal, DamagedCopy::Registry.into());
}

#[test]
fn a_page_of_the_network_is_no_ledger() {
    let page = b"<!DOCTYPE html><title>Sign in to the station's network</title>";
    for answered in [Resource::Genesis, Resource::Checkpoint] {
        let refusal = refused(&log(), |resource, truth| {
            Some(if *resource == answered { page.to_vec() } else { truth })
        });
        assert_eq!(refusal, NotThisLedger::NoLedger.into(), "{answered}");
    }
    let portal = |_: &Resource, _: Vec<u8>| Some(page.to_vec());
    let mut follower = synced(&log());
    let refusal = follower.sync(&Liar { log: &log(), lie: portal }, NOW).unwrap_err();
    assert_eq!(refusal, NotThisLedger::NoLedger.into());
}

#[test]
fn a_checkpoint_with_a_flipped_byte_is_damaged() {
    let length = log().get(&Resource::Checkpoint, 1000).unwrap().len();
    let mut follower = synced(&log());
    for at in 0..length {
        let flipped = |resource: &Resource, mut truth: Vec<u8>| {
            if *resource == Resource::Checkpoint {
                truth[at] ^= 1;
            }
            Some(truth)
        };
        let refusal = follower.sync(&Liar { log: &log(), lie: flipped }, NOW).err();
        assert!(!matches!(refusal, Some(FollowError::Misbehaviour(_))), "byte {at}: {refusal:?}");
    }
}

/// A second history is what two signed checkpoints say, whatever tiles there are.
#[test]
fn a_lying_tile_is_no_second_history() {
    let mut follower = synced(&log());
    let mut log = log();
    for time in 200..300 {
        log.submit(&[], time).unwrap();
    }
    for at in [0, 32, 64, 3000] {
        let flipped = |resource: &Resource, mut truth: Vec<u8>| {
            if let Resource::Tile(_) = resource {
                truth[at] ^= 1;
            }
            Some(truth)
        };
        let refusal = follower.sync(&Liar { log: &log, lie: flipped }, NOW).unwrap_err();
        assert!(matches!(refusal, FollowError::Damaged(_)), "{refusal}");
    }
    follower.sync(&log, NOW).unwrap();
}

/// A log whose newest checkpoint states a root that its entries do not give, and the same without that.
fn forged_by_the_log_key() -> (MemoryLog, MemoryLog) {
    let new = || {
        let witnesses = (&["w1", "w2", "w3"][..], 2);
        let mut log =
            MemoryLog::new(samples::replayed_genesis(&["police", "tax"], 1, witnesses, (&["w3"], 1)));
        log.submit(&[sign(samples::schema("identity/1"), "police")], 100).unwrap();
        log
    };
    let mut forged = new();
    let root =
        StateRoot { root: circuits::Fr::from(12345_u64).into(), leaves: 1, ..forged.state().state_root(200) };
    forged.append_unchecked(signed_root(root, "ledger.test/1"));
    (forged, new())
}

/// What a light client cannot see by itself, a replaying witness must have seen for it.
#[test]
fn a_forged_root_is_not_believed_without_a_replaying_witness() {
    let (mut forged, mut honest) = forged_by_the_log_key();
    honest.cosign_by(&["w1", "w3"]);
    let mut follower = witnessed_follower(&honest);
    follower.sync(&honest, NOW).unwrap();
    // Witnesses that compare trees only have no reason to refuse; the one that replays has refused.
    forged.cosign_by(&["w1", "w2"]);
    let lacking = FollowError::Unwitnessed(Lacking::Replayed { needed: 1, given: 0 });
    assert_eq!(follower.sync(&forged, NOW).unwrap_err(), lacking);
    assert_eq!(witnessed_follower(&forged).sync(&forged, NOW).unwrap_err(), lacking);
    assert_eq!(follower.newest().unwrap().leaves, 0);
    // It is a rule beside the quorum's, not in its place.
    honest.cosign_by(&["w3"]);
    let lacking = FollowError::Unwitnessed(Lacking::Cosignatures { needed: 2, given: 1 });
    assert_eq!(follower.sync(&honest, NOW).unwrap_err(), lacking);
}

/// A log with three witnesses of whom two must cosign.
fn witnessed() -> MemoryLog {
    let genesis = samples::witnessed_genesis(&["police", "tax"], 1, &["w1", "w2", "w3"], 2);
    let mut log = MemoryLog::new(genesis);
    log.submit(&[sign(samples::schema("identity/1"), "police")], 100).unwrap();
    log
}

fn witnessed_follower(log: &MemoryLog) -> Follower {
    Follower::new(log.state().registry().genesis().clone())
}

#[test]
fn a_checkpoint_without_a_quorum() {
    let mut log = witnessed();
    for (witnesses, given) in [(&[][..], 0), (&["w1"], 1), (&["w1", "stranger"], 1)] {
        log.cosign_by(witnesses);
        let refusal = witnessed_follower(&log).sync(&log, NOW).unwrap_err();
        assert_eq!(refusal, FollowError::Unwitnessed(Lacking::Cosignatures { needed: 2, given }));
    }
    log.cosign_by(&["w3", "w1"]);
    witnessed_follower(&log).sync(&log, NOW).unwrap();
}

#[test]
fn a_checkpoint_with_a_forged_cosignature() {
    let mut log = witnessed();
    log.cosign_by(&["w1", "w2"]);
    let mut other = witnessed();
    other.submit(&[], 200).unwrap();
    other.cosign_by(&["w3"]);
    let elsewhere = Note::parse(&other.get(&Resource::Checkpoint, 9999).unwrap()).unwrap();
    let liar = Liar {
        log: &log,
        lie: |resource: &Resource, truth: Vec<u8>| {
            let Resource::Checkpoint = resource else { return Some(truth) };
            let mut note = Note::parse(&truth).unwrap();
            note.push(elsewhere.signatures()[1].clone());
            Some(note.to_string().into_bytes())
        },
    };
    let refusal = witnessed_follower(&log).sync(&liar, NOW).unwrap_err();
    assert_eq!(refusal, DamagedCopy::Signature.into());
}

#[test]
fn a_quorum_beyond_what_the_common_checkpoint_holds_is_read_where_all_are() {
    let names: Vec<String> = (0..20).map(|i| format!("w{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut log = MemoryLog::new(samples::witnessed_genesis(&["police"], 1, &names, 16));
    log.submit(&[], 100).unwrap();
    log.cosign_by(&names);
    witnessed_follower(&log).sync(&log, NOW).unwrap();
    assert!(log.take_requests().contains(&"/checkpoint-cosigned".to_owned()));
}
