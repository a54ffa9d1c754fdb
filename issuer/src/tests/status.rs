//! Revoke, suspend, restore, correct.

use std::collections::BTreeMap;

use circuits::tree::Position;

use super::world::{PERSON, Wallet, World, credit_row, enrol, id, person};
use crate::issuer::{Act, ActError, IssuerError};

const SCHEMA: &str = "credit-report/1";

fn granted() -> World {
    let world = World::new();
    let holder = Wallet::new(1).holder(&world.credit, SCHEMA);
    enrol(&world.credit, SCHEMA, PERSON, &holder);
    world.credit.grant_list(&id(SCHEMA), &[credit_row(PERSON, "650")]).unwrap();
    world
}

fn change(world: &World, act: Act) -> Result<bool, IssuerError> {
    match world.credit.change_status(&id(SCHEMA), &person(PERSON), act, "test.reason") {
        Ok(changed) => Ok(changed.done),
        Err(ActError::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other:?}"),
    }
}

fn correct(world: &World, set: &[(&str, &str)], reason: &str) -> Result<bool, IssuerError> {
    let set: BTreeMap<_, _> = set.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    match world.credit.correct(&id(SCHEMA), &person(PERSON), &set, reason) {
        Ok(changed) => Ok(changed.done),
        Err(ActError::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn suspension_takes_the_leaf_out_and_restoring_puts_it_back() {
    let world = granted();
    let leaf = || world.ledger.leaf(Position::new(0).unwrap());
    let before = leaf();
    assert_eq!(change(&world, Act::Suspend), Ok(true));
    assert_eq!(leaf(), 0u64.into());
    assert_eq!(change(&world, Act::Suspend), Ok(false));
    assert_eq!(change(&world, Act::Restore), Ok(true));
    assert_eq!(leaf(), before);
    assert_eq!(change(&world, Act::Restore), Ok(false));
}

#[test]
fn revocation_is_final() {
    let world = granted();
    assert_eq!(change(&world, Act::Revoke), Ok(true));
    assert_eq!(change(&world, Act::Revoke), Ok(false));
    assert_eq!(change(&world, Act::Restore), Err(IssuerError::Final));
    assert_eq!(change(&world, Act::Suspend), Err(IssuerError::Final));
    assert_eq!(correct(&world, &[("score", "1")], "test"), Err(IssuerError::Final));
}

#[test]
fn what_is_not_held_cannot_be_changed() {
    let world = World::new();
    assert_eq!(change(&world, Act::Revoke), Err(IssuerError::NotHeld));
    assert_eq!(correct(&world, &[("score", "1")], "test"), Err(IssuerError::NotHeld));
}

#[test]
fn a_correction_is_one_batch_of_revocation_and_commitment() {
    let world = granted();
    assert_eq!(correct(&world, &[("score", "700"), ("level", "")], "moved"), Ok(true));
    assert_eq!(world.ledger.leaves(), (2, 1));
    let last = world.ledger.submitted.lock().unwrap().last().cloned().unwrap();
    let batch = ledger::record::parse_batch(&last).unwrap();
    let kinds: Vec<_> = batch.iter().map(|entry| entry.record().kind()).collect();
    assert_eq!(kinds, ["credential.status", "credential.commit"]);
    assert!(String::from_utf8(last).unwrap().contains("\"reason\":\"moved\""));
    assert_eq!(correct(&world, &[("score", "700")], "moved"), Ok(false));
}

#[test]
fn corrections_are_checked() {
    let world = granted();
    assert!(matches!(correct(&world, &[("score", "x")], "test"), Err(IssuerError::BadValue { .. })));
    assert!(matches!(correct(&world, &[("nothing", "1")], "test"), Err(IssuerError::BadValue { .. })));
    assert!(matches!(correct(&world, &[("bad_records", "")], "test"), Err(IssuerError::BadValue { .. })));
    assert_eq!(correct(&world, &[("id_number", "x")], "test"), Err(IssuerError::PersonFixed));
    change(&world, Act::Suspend).unwrap();
    assert_eq!(correct(&world, &[("score", "1")], "test"), Err(IssuerError::Suspended));
}

#[test]
fn a_reason_is_a_public_code() {
    let world = granted();
    for reason in ["", "two words", &format!("case-{PERSON}"), &"x".repeat(65)] {
        let outcome = world.credit.change_status(&id(SCHEMA), &person(PERSON), Act::Suspend, reason);
        assert!(matches!(outcome, Err(ActError::Refused(IssuerError::BadReason))), "{reason}");
    }
}
