//! A ledger that shows two histories is refused, and what was learned before stays. And which key is used.

use ledger::follow::Misbehaviour;
use ledger::registry::KeyUseError;

mod fresh;

use super::*;
use crate::testing::{NOW, POLICE, World};

/// Two logs of one size, both signed by the log's key.
#[test]
fn a_second_history_of_the_same_size_is_refused() {
    let one = World::new();
    let two = World::new();
    for (world, name) in [(&one, "first/1"), (&two, "second/1")] {
        world.publish(POLICE, ledger::samples::schema(name));
    }
    let before = one.ledger();
    let genesis = before.view().registry().genesis().clone();
    let state = before.state();
    let followed = Ledger::resume(Box::new(two.clone()), &genesis, &state, None).unwrap();
    let refusal = followed.sync([], NOW).unwrap_err();
    assert!(matches!(refusal, FollowError::Misbehaviour(Misbehaviour::SplitView { .. })), "{refusal}");
    assert_eq!(followed.state(), state);
    let honest = Ledger::resume(Box::new(one), &genesis, &state, None).unwrap();
    honest.sync([], NOW).unwrap();
}

fn refused(ledger: &Ledger, now: u64) -> KeyUseError {
    match ledger.show_prover(now).err() {
        Some(KeyFetchError::NotUsable { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_development_key_is_used_only_where_it_was_asked_for() {
    let world = World::new();
    let genesis = world.ledger().view().registry().genesis().clone();
    let cautious = Ledger::new(Box::new(world), genesis, None);
    cautious.sync([], NOW).unwrap();
    assert_eq!(refused(&cautious, NOW), KeyUseError::Development);
    cautious.accept_development_keys();
    assert!(cautious.show_prover(NOW).is_ok());
}

#[test]
fn a_retired_key_is_not_used() {
    let world = World::new();
    world.retire_key(NOW + 10);
    let ledger = world.ledger();
    assert!(ledger.show_prover(NOW + 9).is_ok());
    assert_eq!(refused(&ledger, NOW + 10), KeyUseError::Retired { at: NOW + 10 });
}

#[test]
fn the_newest_key_that_can_be_had_is_used() {
    let world = World::new();
    world.publish_key_without_file();
    let ledger = world.ledger();
    world.take_requests();
    let known = prover::testing::prover().show.verifying_key().digest();
    assert!(
        ledger.show_prover(NOW).unwrap().verifying_key().digest() == known,
        "the older one is valid still"
    );
    assert_eq!(world.take_requests().len(), 2, "the newer one was looked for first");
    ledger.show_prover(NOW - 1).unwrap();
    assert!(world.take_requests().is_empty(), "before it is valid it is not looked for");
}

#[test]
fn keys_are_fetched_ahead_and_once() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let genesis = world.ledger().view().registry().genesis().clone();
    let ledger = Ledger::new(Box::new(world.clone()), genesis, Some(folder.path().to_owned()));
    ledger.accept_development_keys();
    ledger.sync([], NOW).unwrap();
    world.take_requests();
    ledger.fetch_keys(NOW).unwrap();
    assert_eq!(world.take_requests().len(), 2);
    ledger.fetch_keys(NOW).unwrap();
    ledger.show_prover(NOW).unwrap();
    assert!(world.take_requests().is_empty());
}
