//! A desk whose database is older than the ledger.

use std::path::Path;

use ledger::samples;

use super::world::{
    CREDIT, GONGAN, OTHER, PERSON, TAX, Wallet, World, credit_row, enrol, id, person, token_request,
};
use crate::issuer::{Act, ActError, Comparison, Issuer, IssuerError, Reconciled, RowOutcome};

const SCHEMA: &str = "credit-report/1";

pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap().path();
        std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

/// One credential before the backup, one after it; and the first one suspended since.
fn restored() -> (World, Issuer) {
    let world = World::new();
    for (seed, number) in [PERSON, OTHER].iter().enumerate() {
        enrol(&world.credit, SCHEMA, number, &Wallet::new(seed as u64).holder(&world.credit, SCHEMA));
    }
    world.credit.grant_list(&id(SCHEMA), &[credit_row(PERSON, "650")]).unwrap();
    let mut config = world.credit.config().clone();
    let backup = config.data.with_extension("backup");
    copy(&config.data, &backup);
    world.credit.grant_list(&id(SCHEMA), &[credit_row(OTHER, "600")]).unwrap();
    world.credit.change_status(&id(SCHEMA), &person(PERSON), Act::Suspend, "test").unwrap();
    config.data = backup;
    let issuer = world.opened(config);
    (world, issuer)
}

fn is_restored<T>(outcome: &Result<T, ActError>) -> bool {
    matches!(outcome, Err(ActError::Refused(IssuerError::Restored)))
}

#[test]
fn an_older_database_is_noticed_and_nothing_is_done_with_it() {
    let (world, issuer) = restored();
    assert_eq!(issuer.comparison(), Comparison::Behind { records: 1 });
    assert!(!issuer.is_ready());
    let rows = [credit_row(OTHER, "600")];
    assert!(is_restored(&issuer.grant_list(&id(SCHEMA), &rows)), "it would be a second one");
    assert!(is_restored(&issuer.change_status(&id(SCHEMA), &person(PERSON), Act::Restore, "test")));
    assert!(is_restored(&issuer.correct(&id(SCHEMA), &person(PERSON), &[].into(), "test")));
    assert!(is_restored(&issuer.offer(&id(SCHEMA), &person(PERSON))));
    issuer.sync().unwrap();
    assert_eq!(issuer.comparison(), Comparison::Behind { records: 1 }, "it does not forget");
    assert_eq!(world.ledger.leaves(), (2, 1));
}

#[test]
fn reconciling_revokes_what_nobody_knows_and_takes_over_the_rest() {
    let (world, issuer) = restored();
    let strays = issuer.strays().unwrap();
    assert_eq!((strays.records, strays.credentials.iter().map(|p| p.get()).collect()), (1, vec![1]));
    assert_eq!(issuer.reconcile().unwrap(), Reconciled { revoked: 1, records: 1 });
    assert_eq!(world.ledger.leaves(), (2, 2), "one suspended, one revoked");
    issuer.sync().unwrap();
    assert_eq!(issuer.comparison(), Comparison::Agrees);
    // What was suspended since is known to be, and what was lost is issued anew, once.
    assert!(issuer.change_status(&id(SCHEMA), &person(PERSON), Act::Restore, "test").unwrap().done);
    issuer.grant_list(&id(SCHEMA), &[credit_row(OTHER, "600")]).unwrap();
    assert_eq!(world.ledger.leaves(), (3, 1));
    assert_eq!(issuer.strays().unwrap(), crate::Strays::default());
    let again = world.reopened(&issuer);
    assert_eq!(again.comparison(), Comparison::Agrees);
}

/// The whole database is gone.
#[test]
fn an_empty_database_beside_a_ledger_that_knows_the_department_is_noticed() {
    let (world, issuer) = restored();
    let mut config = issuer.config().clone();
    config.data = config.data.with_extension("empty");
    let empty = world.opened(config);
    assert_eq!(empty.comparison(), Comparison::Behind { records: 2 });
    assert_eq!(empty.reconcile().unwrap(), Reconciled { revoked: 2, records: 3 });
    assert_eq!(world.ledger.leaves(), (2, 2));
}

#[test]
fn a_database_that_is_not_older_agrees_whatever_was_interrupted() {
    let (world, _) = restored();
    world.ledger.fail_next(super::world::InjectedFault::LandedButLost);
    let rows = [credit_row(OTHER, "601")];
    assert!(world.credit.grant_list(&id(SCHEMA), &rows).is_err());
    let again = world.reopened(&world.credit);
    assert_eq!(again.comparison(), Comparison::Agrees);
    assert!(again.is_ready());
}

/// Such as a bulk revocation, which other departments have to approve and no desk can make alone.
#[test]
fn what_the_department_said_without_its_desk_is_taken_over() {
    let (world, _) = restored();
    let record = serde_json::json!({"kind": "credential.status", "id": "by-hand",
        "changes": [{"position": 1, "status": "revoke", "reason": "court.order"}]});
    world.ledger.append(samples::sign(samples::record(record), CREDIT));
    world.credit.sync().unwrap();
    assert_eq!(world.credit.comparison(), Comparison::Agrees);
    let again = world.credit.change_status(&id(SCHEMA), &person(OTHER), Act::Suspend, "test");
    assert!(matches!(again, Err(ActError::Refused(IssuerError::Final))));
}

/// Governance takes away what the department committed at the first two leaves, as after the theft of its key.
fn withdraw_both(world: &World) {
    let mut withdrawal = samples::withdraw("withdrawn", CREDIT, 0, 1);
    withdrawal.bind(samples::terms(world.ledger.with_log(|log| log.state().size())));
    world.ledger.append(samples::sign_approved(withdrawal, &[GONGAN, TAX]));
    assert_eq!(world.ledger.leaves(), (2, 2));
}

#[test]
fn what_other_departments_withdrew_is_taken_over() {
    let (world, _) = restored();
    let offered = world.credit.offer(&id(SCHEMA), &person(OTHER)).unwrap();
    let request = token_request(&world.credit, &offered.offer, offered.tx_code.expose());
    withdraw_both(&world);
    world.credit.sync().unwrap();
    assert!(world.credit.token(&request).is_err(), "what was offered before has ended too");
    assert_eq!(world.credit.comparison(), Comparison::Agrees);
    for number in [PERSON, OTHER] {
        let again = world.credit.change_status(&id(SCHEMA), &person(number), Act::Revoke, "test").unwrap();
        assert!(!again.done, "it was taken away");
    }
    // No list gives it back, and the person who comes does not wait for a revocation that the ledger would refuse.
    let lists = world.credit.grant_list(&id(SCHEMA), &[credit_row(PERSON, "650")]).unwrap();
    assert_eq!(lists, [RowOutcome::Refused(IssuerError::Withdrawn)]);
    assert!(world.credit.offer(&id(SCHEMA), &person(PERSON)).is_ok());
}

/// The ledger would refuse to revoke it again, and with it the whole reconciliation.
#[test]
fn reconciling_passes_over_what_other_departments_withdrew() {
    let (world, issuer) = restored();
    withdraw_both(&world);
    issuer.sync().unwrap();
    assert!(issuer.strays().unwrap().credentials.is_empty());
    assert_eq!(issuer.reconcile().unwrap(), Reconciled { revoked: 0, records: 1 });
    issuer.sync().unwrap();
    assert_eq!(issuer.comparison(), Comparison::Agrees);
    assert_eq!(world.ledger.leaves(), (2, 2));
}

/// A reconciliation by the command is noticed by a desk that runs.
#[test]
fn a_running_desk_notices_the_reconciliation() {
    let (world, issuer) = restored();
    world.reopened(&issuer).reconcile().unwrap();
    issuer.sync().unwrap();
    assert_eq!(issuer.comparison(), Comparison::Agrees);
}

/// Such a ledger was restored from an older backup itself, or is another one.
#[test]
fn a_ledger_that_lacks_what_the_database_knows_is_noticed() {
    let (_world, issuer) = restored();
    assert!(issuer.stands_on_the_ledger().unwrap());
    let elsewhere = World::new().opened(issuer.config().clone());
    assert!(!elsewhere.stands_on_the_ledger().unwrap(), "fewer entries than the database knows");
    // The same happened there, in other records.
    let (other, _) = restored();
    let elsewhere = other.opened(issuer.config().clone());
    assert!(!elsewhere.stands_on_the_ledger().unwrap(), "another record is there");
}
