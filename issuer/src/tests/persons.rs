//! One person secret for a record, one record for a person secret; and what a reset changes.

use super::world::{
    GONGAN, InjectedFault, NOW, OTHER, PERSON, Wallet, World, enrol, id, identity_row, import, person,
    receive, row, token,
};
use crate::admin::RowOutcome;
use crate::config::Grantable;
use crate::issuer::{Act, ActError, Changed, CredentialError, Issuer, IssuerError};
use ledger::samples;
use openid4vc::vci::IssuedCredential;
use serde_json::json;

const SCHEMA: &str = "identity/1";
const BOTH: [InjectedFault; 2] = [InjectedFault::Lost, InjectedFault::LandedButLost];
/// Of [`NOW`], where the desk is.
const TODAY: &str = "2026-09-21";

fn ask(issuer: &Issuer, number: &str, wallet: &Wallet) -> Result<IssuedCredential, CredentialError> {
    import(issuer, SCHEMA, &identity_row(number));
    let token = token(issuer, SCHEMA, number);
    receive(issuer, &token, &wallet.enroll(issuer, SCHEMA, &issuer.nonce()))
}

fn refusal<T>(outcome: Result<T, CredentialError>) -> IssuerError {
    match outcome {
        Err(CredentialError::Act(ActError::Refused(refusal))) => refusal,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was granted"),
    }
}

fn reset(issuer: &Issuer) -> Result<Changed, ActError> {
    issuer.reset(&id(SCHEMA), &person(PERSON), "lost.phrase")
}

fn since(issued: &IssuedCredential) -> &str {
    issued.attributes["person_since"].as_str().unwrap()
}

#[test]
fn two_people_who_share_a_person_secret_are_refused() {
    let world = World::new();
    let shared = Wallet::new(1);
    world.identify(PERSON, &shared);
    for wallet in [shared.another_device(2), shared] {
        assert_eq!(refusal(ask(&world.gongan, OTHER, &wallet)), IssuerError::SharedPerson);
    }
    assert_eq!(world.ledger.leaves(), (1, 0));
}

#[test]
fn a_second_person_secret_of_somebody_who_is_known_is_refused() {
    let world = World::new();
    world.identify(PERSON, &Wallet::new(1));
    assert_eq!(refusal(ask(&world.gongan, PERSON, &Wallet::new(2))), IssuerError::OtherPerson);
    // Though nothing is in force.
    world.gongan.change_status(&id(SCHEMA), &person(PERSON), Act::Revoke, "fraud").unwrap();
    assert_eq!(refusal(ask(&world.gongan, PERSON, &Wallet::new(2))), IssuerError::OtherPerson);
    assert_eq!(world.ledger.leaves(), (1, 1));
}

#[test]
fn a_restored_wallet_is_the_same_person_since_ever() {
    let world = World::new();
    let wallet = Wallet::new(1);
    assert_eq!(since(&world.identify(PERSON, &wallet)), "1970-01-01");
    let restored = ask(&world.gongan, PERSON, &wallet.another_device(2)).unwrap();
    assert_eq!(since(&restored), "1970-01-01");
    assert_eq!(world.ledger.leaves(), (2, 1));
}

#[test]
fn a_reset_ends_everything_and_the_next_wallet_is_the_person_since_that_day() {
    let world = World::new();
    let lost = Wallet::new(1);
    world.identify(PERSON, &lost);
    assert!(reset(&world.gongan).unwrap().done);
    assert_eq!(world.ledger.leaves(), (1, 1), "what was issued ends before another is");
    assert!(!reset(&world.gongan).unwrap().done, "asking again does nothing");

    let new = Wallet::new(2);
    assert_eq!(since(&ask(&world.gongan, PERSON, &new).unwrap()), TODAY);
    assert_eq!(world.ledger.leaves(), (2, 1));
    // A later issue says the same day: a list, a further device, a correction.
    world.pass(3 * 86_400);
    let mut moved = identity_row(PERSON);
    moved.insert("residence_district".to_owned(), "450105".to_owned());
    moved.insert("person_since".to_owned(), "1970-01-01".to_owned());
    assert_eq!(world.gongan.grant_list(&id(SCHEMA), &[moved]).unwrap(), [RowOutcome::Issued]);
    let again = ask(&world.gongan, PERSON, &new.another_device(3)).unwrap();
    assert_eq!(since(&again), TODAY);
    let set = [("name".to_owned(), "侯小斌".to_owned())].into();
    assert!(world.gongan.correct(&id(SCHEMA), &person(PERSON), &set, "data.error").unwrap().done);
    assert_eq!(since(&ask(&world.gongan, PERSON, &new.another_device(3)).unwrap()), TODAY);
}

#[test]
fn what_a_reset_ended_is_refused_for_ever_and_for_everybody() {
    let world = World::new();
    let lost = Wallet::new(1);
    world.identify(PERSON, &lost);
    reset(&world.gongan).unwrap();
    assert_eq!(refusal(ask(&world.gongan, PERSON, &lost)), IssuerError::PersonEnded);
    ask(&world.gongan, PERSON, &Wallet::new(2)).unwrap();
    assert_eq!(refusal(ask(&world.gongan, PERSON, &lost.another_device(3))), IssuerError::PersonEnded);
    assert_eq!(refusal(ask(&world.gongan, OTHER, &lost.another_device(4))), IssuerError::SharedPerson);
    let refused = world.gongan.grant_list(&id(SCHEMA), &[identity_row(OTHER)]).unwrap();
    assert_eq!(refused, [RowOutcome::Refused(IssuerError::NotEnrolled)]);
}

#[test]
fn a_list_grants_nothing_between_a_reset_and_the_next_enrolment() {
    let world = World::new();
    world.identify(PERSON, &Wallet::new(1));
    reset(&world.gongan).unwrap();
    let refused = world.gongan.grant_list(&id(SCHEMA), &[identity_row(PERSON)]).unwrap();
    assert_eq!(refused, [RowOutcome::Refused(IssuerError::NotEnrolled)]);
    assert_eq!(world.ledger.leaves(), (1, 1));
}

#[test]
fn a_reset_ends_the_offers_before_it() {
    let world = World::new();
    world.identify(PERSON, &Wallet::new(1));
    let token = token(&world.gongan, SCHEMA, PERSON);
    reset(&world.gongan).unwrap();
    let thief = Wallet::new(2).enroll(&world.gongan, SCHEMA, &world.gongan.nonce());
    assert!(matches!(receive(&world.gongan, &token, &thief), Err(CredentialError::Token)));
}

#[test]
fn only_the_person_authority_resets_and_only_who_enrolled() {
    let world = World::new();
    let refused = |outcome: Result<Changed, ActError>| match outcome {
        Err(ActError::Refused(refusal)) => refusal,
        _ => panic!("it was done"),
    };
    let elsewhere = world.credit.reset(&id("credit-report/1"), &person(PERSON), "lost.phrase");
    assert_eq!(refused(elsewhere), IssuerError::NotPersonAuthority);
    assert_eq!(refused(reset(&world.gongan)), IssuerError::NothingToReset);
    world.identify(PERSON, &Wallet::new(1));
    let private = world.gongan.reset(&id(SCHEMA), &person(PERSON), PERSON);
    assert_eq!(refused(private), IssuerError::BadReason);
    assert_eq!(world.ledger.leaves(), (1, 0));
}

#[test]
fn since_when_is_not_for_a_correction_to_say() {
    let world = World::new();
    world.identify(PERSON, &Wallet::new(1));
    let set = [("person_since".to_owned(), "1970-01-01".to_owned())].into();
    let refused = world.gongan.correct(&id(SCHEMA), &person(PERSON), &set, "data.error");
    assert!(matches!(refused, Err(ActError::Refused(IssuerError::SinceFixed))));
}

#[test]
fn an_assisted_enrolment_says_its_person_and_is_held_to_the_same() {
    let world = World::new();
    let one = Wallet::new(1);
    let holder = one.holder(&world.gongan, SCHEMA);
    let text = |x| circuits::field::Element(x).to_string();
    let without = row(&[("id_number", PERSON), ("holder", &text(holder))]);
    let outcome = world.gongan.import_enrolments(&id(SCHEMA), &[without]).unwrap();
    assert_eq!(outcome, [RowOutcome::Refused(IssuerError::BadPersonValue)]);

    let line = |number, wallet: &Wallet| {
        let cells = [text(wallet.holder(&world.gongan, SCHEMA)), text(wallet.person(&world.gongan))];
        let line = row(&[("id_number", number), ("holder", &cells[0]), ("person", &cells[1])]);
        world.gongan.import_enrolments(&id(SCHEMA), &[line]).unwrap().remove(0)
    };
    assert_eq!(line(PERSON, &one), RowOutcome::Written);
    assert_eq!(line(PERSON, &one), RowOutcome::Unchanged);
    assert_eq!(line(OTHER, &one.another_device(2)), RowOutcome::Refused(IssuerError::SharedPerson));
    assert_eq!(line(PERSON, &Wallet::new(3)), RowOutcome::Refused(IssuerError::OtherPerson));
}

/// Lost, or landed with the answer lost: the reset is finished by asking again, and nobody enrols before.
#[test]
fn an_interrupted_reset_is_finished_once() {
    for fault in BOTH {
        let world = World::new();
        world.identify(PERSON, &Wallet::new(1));
        world.ledger.fail_next(fault);
        assert!(matches!(reset(&world.gongan), Err(ActError::Ledger(_))));
        let again = world.reopened(&world.gongan);
        assert!(!reset(&again).unwrap().done, "sending the plan again did it");
        assert_eq!(world.ledger.leaves(), (1, 1));
        assert_eq!(since(&ask(&again, PERSON, &Wallet::new(2)).unwrap()), TODAY);
    }
}

#[test]
fn an_interrupted_enrolment_after_a_reset_commits_once_and_keeps_its_day() {
    for fault in BOTH {
        let world = World::new();
        world.identify(PERSON, &Wallet::new(1));
        reset(&world.gongan).unwrap();
        world.ledger.fail_next(fault);
        let new = Wallet::new(2);
        let lost = ask(&world.gongan, PERSON, &new);
        assert!(matches!(lost, Err(CredentialError::Act(ActError::Ledger(_)))));
        world.pass(2 * 86_400);
        let again = world.reopened(&world.gongan);
        assert_eq!(refusal(ask(&again, PERSON, &Wallet::new(3))), IssuerError::OtherPerson);
        assert_eq!(since(&ask(&again, PERSON, &new).unwrap()), TODAY);
        assert_eq!(world.ledger.leaves(), (2, 1));
    }
}

/// The ledger refuses to end what was issued: nobody enrols until it has ended.
#[test]
fn a_refused_reset_lets_nobody_in_and_is_asked_for_again() {
    let world = World::new();
    world.identify(PERSON, &Wallet::new(1));
    world.ledger.fail_next(InjectedFault::Refused);
    assert!(matches!(reset(&world.gongan), Err(ActError::Refused(IssuerError::Ledger { .. }))));
    assert_eq!(refusal(ask(&world.gongan, PERSON, &Wallet::new(2))), IssuerError::NotEnded);
    let helped = enrol(&world.gongan, SCHEMA, PERSON, &Wallet::new(2).holder(&world.gongan, SCHEMA));
    assert_eq!(helped, RowOutcome::Refused(IssuerError::NotEnded));
    assert_eq!(world.ledger.leaves(), (1, 0));
    assert!(reset(&world.gongan).unwrap().done);
    assert_eq!(since(&ask(&world.gongan, PERSON, &Wallet::new(2)).unwrap()), TODAY);
    assert_eq!(world.ledger.leaves(), (2, 1));
}

/// The police, who grant these versions of the identity credential; the second is published with the first call.
fn granting(world: &World, versions: &[&str], publish: bool) -> Issuer {
    let mut config = world.gongan.config().clone();
    config.data = config.data.with_extension("two");
    let first = config.schemas[0].clone();
    let of = |version: &&str| Grantable { schema: id(version), ..first.clone() };
    config.schemas = versions.iter().map(of).collect();
    if publish {
        let text = include_str!("vectors/identity-1.json").replace("identity/1", SECOND);
        let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
        let record = json!({"kind": "schema.publish", "id": SECOND, "schema": schema});
        world.ledger.append(samples::sign(samples::record(record), GONGAN));
    }
    world.opened(config)
}

fn ask_for(issuer: &Issuer, schema: &str, wallet: &Wallet) -> Result<IssuedCredential, CredentialError> {
    import(issuer, schema, &identity_row(PERSON));
    let token = token(issuer, schema, PERSON);
    receive(issuer, &token, &wallet.enroll(issuer, schema, &issuer.nonce()))
}

const SECOND: &str = "identity/2";

#[test]
fn a_refused_reset_lets_nobody_in_under_another_schema_either() {
    let world = World::new();
    let desk = granting(&world, &[SCHEMA, SECOND], true);
    ask_for(&desk, SCHEMA, &Wallet::new(1)).unwrap();
    world.ledger.fail_next(InjectedFault::Refused);
    assert!(matches!(reset(&desk), Err(ActError::Refused(IssuerError::Ledger { .. }))));
    assert_eq!(refusal(ask_for(&desk, SECOND, &Wallet::new(2))), IssuerError::NotEnded);
    assert!(reset(&desk).unwrap().done);
    assert_eq!(since(&ask_for(&desk, SECOND, &Wallet::new(2)).unwrap()), TODAY);
    assert_eq!(world.ledger.leaves(), (2, 1));
}

#[test]
fn a_reset_ends_what_the_desk_does_not_grant_any_more() {
    let world = World::new();
    ask_for(&granting(&world, &[SCHEMA, SECOND], true), SCHEMA, &Wallet::new(1)).unwrap();
    let desk = granting(&world, &[SECOND], false);
    assert!(desk.reset(&id(SECOND), &person(PERSON), "lost.phrase").unwrap().done);
    assert_eq!(world.ledger.leaves(), (1, 1));
}

#[test]
fn a_reason_of_the_desks_own_is_nobody_elses() {
    let world = World::new();
    world.identify(PERSON, &Wallet::new(1));
    let refused = world.gongan.reset(&id(SCHEMA), &person(PERSON), "replaced.phone");
    assert!(matches!(refused, Err(ActError::Refused(IssuerError::BadReason))));
}

/// A database from a backup may have forgotten a reset, or who enrolled.
#[test]
fn after_a_restore_every_enrolment_counts_as_a_reset() {
    let world = World::new();
    let known = Wallet::new(1);
    world.identify(PERSON, &known);
    let mut config = world.gongan.config().clone();
    let backup = config.data.with_extension("backup");
    super::restore::copy(&config.data, &backup);
    world.identify(OTHER, &Wallet::new(2));
    config.data = backup;
    let issuer = world.opened(config);
    issuer.reconcile().unwrap();
    issuer.sync().unwrap();
    world.pass(60);
    for (number, wallet) in [(PERSON, known), (OTHER, Wallet::new(5))] {
        assert_eq!(since(&ask(&issuer, number, &wallet).unwrap()), TODAY, "{number}");
    }
    world.pass(2 * 86_400);
    assert_eq!(since(&ask(&issuer, OTHER, &Wallet::new(5)).unwrap()), TODAY, "it is decided once");
}

#[test]
fn a_person_is_never_deleted() {
    let world = World::new();
    world.identify(PERSON, &Wallet::new(1));
    reset(&world.gongan).unwrap();
    ask(&world.gongan, PERSON, &Wallet::new(2)).unwrap();
    let store = world.gongan.store_for_tests();
    let sql = "SELECT count(*), sum(ended = ?1) FROM persons";
    let kept = store.read().query_row(sql, [NOW], |row| Ok((row.get(0)?, row.get(1)?)));
    assert_eq!(kept.unwrap(), (2_u64, 1_u64));
}

#[test]
fn a_first_enrolment_with_help_is_since_ever() {
    let world = World::new();
    let holder = Wallet::new(1).holder(&world.gongan, SCHEMA);
    assert_eq!(enrol(&world.gongan, SCHEMA, PERSON, &holder), RowOutcome::Written);
    assert_eq!(world.gongan.grant_list(&id(SCHEMA), &[identity_row(PERSON)]).unwrap(), [RowOutcome::Issued]);
}
