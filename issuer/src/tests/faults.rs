//! Every write fails twice: lost, and landed with the answer lost. Neither commits twice, neither forgets.

use super::world::{
    InjectedFault, PERSON, Wallet, World, credit_row, enrol, id, identity_row, import, person, receive, token,
};
use crate::admin::RowOutcome;
use crate::issuer::{Act, ActError, CredentialError, IssuerError};

const SCHEMA: &str = "credit-report/1";
const BOTH: [InjectedFault; 2] = [InjectedFault::Lost, InjectedFault::LandedButLost];

fn enrolled() -> World {
    let world = World::new();
    let holder = Wallet::new(1).holder(&world.credit, SCHEMA);
    enrol(&world.credit, SCHEMA, PERSON, &holder);
    world
}

/// The last two submissions were the same bytes.
fn assert_sent_again(world: &World) {
    let submitted = world.ledger.submitted.lock().unwrap();
    let [.., first, second] = submitted.as_slice() else { panic!("two submissions") };
    assert_eq!(first, second);
}

#[test]
fn a_list_is_finished_by_sending_it_again() {
    for fault in BOTH {
        let world = enrolled();
        world.ledger.fail_next(fault);
        let rows = [credit_row(PERSON, "650")];
        assert!(matches!(world.credit.grant_list(&id(SCHEMA), &rows), Err(ActError::Ledger(_))));
        assert_eq!(world.credit.grant_list(&id(SCHEMA), &rows).unwrap(), [RowOutcome::Unchanged]);
        assert_sent_again(&world);
        assert_eq!(world.ledger.leaves(), (1, 0));
    }
}

#[test]
fn a_crash_before_the_answer_is_mended_at_the_next_start() {
    for fault in BOTH {
        let world = enrolled();
        world.ledger.fail_next(fault);
        world.credit.grant_list(&id(SCHEMA), &[credit_row(PERSON, "650")]).unwrap_err();
        let reopened = world.reopened(&world.credit);
        reopened.resolve_pending(0).unwrap();
        assert_sent_again(&world);
        assert_eq!(world.ledger.leaves(), (1, 0));
        assert_eq!(
            reopened.grant_list(&id(SCHEMA), &[credit_row(PERSON, "650")]).unwrap(),
            [RowOutcome::Unchanged]
        );
    }
}

#[test]
fn a_wallet_gets_its_credential_by_asking_again() {
    for fault in BOTH {
        let world = World::new();
        let wallet = Wallet::new(1);
        import(&world.gongan, "identity/1", &identity_row(PERSON));
        let token = token(&world.gongan, "identity/1", PERSON);
        let ask = || {
            let request = wallet.enroll(&world.gongan, "identity/1", &world.gongan.nonce());
            receive(&world.gongan, &token, &request)
        };
        world.ledger.fail_next(fault);
        assert!(matches!(ask().err().unwrap(), CredentialError::Act(ActError::Ledger(_))));
        let issued = ask().unwrap();
        assert_sent_again(&world);
        assert_eq!(world.ledger.leaves(), (1, 0));
        assert_eq!(world.ledger.leaf(issued.position), wallet.open(&world.gongan, &issued).leaf());
    }
}

#[test]
fn a_revocation_is_finished_by_asking_again() {
    for fault in BOTH {
        let world = enrolled();
        world.credit.grant_list(&id(SCHEMA), &[credit_row(PERSON, "650")]).unwrap();
        let revoke = || world.credit.change_status(&id(SCHEMA), &person(PERSON), Act::Revoke, "test");
        world.ledger.fail_next(fault);
        assert!(matches!(revoke(), Err(ActError::Ledger(_))));
        assert!(!revoke().unwrap().done, "sending the plan again did it");
        assert_sent_again(&world);
        assert_eq!(world.ledger.leaves(), (1, 1));
    }
}

#[test]
fn a_correction_is_finished_by_asking_again() {
    for fault in BOTH {
        let world = enrolled();
        world.credit.grant_list(&id(SCHEMA), &[credit_row(PERSON, "650")]).unwrap();
        let set = [("score".to_owned(), "700".to_owned())].into();
        let correct = || world.credit.correct(&id(SCHEMA), &person(PERSON), &set, "test");
        world.ledger.fail_next(fault);
        assert!(matches!(correct(), Err(ActError::Ledger(_))));
        assert!(!correct().unwrap().done);
        assert_sent_again(&world);
        assert_eq!(world.ledger.leaves(), (2, 1));
    }
}

#[test]
fn a_refused_batch_leaves_nothing_behind() {
    let world = enrolled();
    let rows = [credit_row(PERSON, "650")];
    world.ledger.fail_next(InjectedFault::Refused);
    let reason = "test_rule".to_owned();
    let refused = [RowOutcome::Refused(IssuerError::Ledger { reason })];
    assert_eq!(world.credit.grant_list(&id(SCHEMA), &rows).unwrap(), refused);
    assert_eq!(world.credit.grant_list(&id(SCHEMA), &rows).unwrap(), [RowOutcome::Issued]);
    assert_eq!(world.ledger.leaves(), (1, 0));
}

#[test]
fn a_refused_correction_keeps_the_old_credential() {
    let world = enrolled();
    world.credit.grant_list(&id(SCHEMA), &[credit_row(PERSON, "650")]).unwrap();
    let set = [("score".to_owned(), "700".to_owned())].into();
    world.ledger.fail_next(InjectedFault::Refused);
    let refused = world.credit.correct(&id(SCHEMA), &person(PERSON), &set, "test");
    assert!(matches!(refused, Err(ActError::Refused(IssuerError::Ledger { .. }))));
    assert_eq!(world.ledger.leaves(), (1, 0));
    let revoked = world.credit.change_status(&id(SCHEMA), &person(PERSON), Act::Revoke, "test").unwrap();
    assert!(revoked.done);
    assert_eq!(world.ledger.leaves(), (1, 1));
}
