//! A wallet that asks what its credential is now: who is answered, and with what.

use circuits::Fr;
use openid4vc::handover;
use openid4vc::renewal::{RecipientSecret, Renewal, RenewalRequest};
use openid4vc::vci::{IssuedCredential, Proofs};
use rand::rngs::OsRng;

use super::world::{
    InjectedFault, PERSON, Wallet, World, credit_row, id, identity_row, person, receive, row, token, token_to,
};
use crate::issuer::{Act, ActError, CredentialError, Issuer, IssuerError, RowOutcome};
use crate::store::people::Enrolment;

const SCHEMA: &str = "identity/1";

/// A question, and what opens its answer.
pub(super) struct Question {
    pub(super) request: RenewalRequest,
    secret: RecipientSecret,
    context: Fr,
}

impl Question {
    pub(super) fn of(wallet: &Wallet, issuer: &Issuer, schema: &str) -> Self {
        let secret = RecipientSecret::generate(&mut OsRng);
        let nonce = issuer.nonce();
        let recipient = secret.public();
        let url = issuer.config().public_url.as_str();
        let context = handover::renewal(url, &nonce, schema, recipient.as_bytes());
        let proof = wallet.proof(issuer, schema, &nonce, context);
        let request = RenewalRequest { credential_configuration_id: id(schema), recipient, proof };
        Self { request, secret, context }
    }

    pub(super) fn open(&self, sealed: &openid4vc::renewal::SealedRenewal) -> Renewal {
        self.secret.open(sealed, self.context).unwrap()
    }
}

fn asked(wallet: &Wallet, issuer: &Issuer, schema: &str) -> Result<Renewal, CredentialError> {
    let question = Question::of(wallet, issuer, schema);
    issuer.renewal(&question.request).map(|answer| question.open(&answer.sealed))
}

fn current(wallet: &Wallet, issuer: &Issuer, schema: &str) -> IssuedCredential {
    match asked(wallet, issuer, schema).unwrap() {
        Renewal::Current { credential } => *credential,
        other => panic!("{}", serde_json::to_string(&other).unwrap()),
    }
}

fn moved() -> std::collections::BTreeMap<String, String> {
    row(&[("residence_district", "450105")])
}

#[test]
fn after_a_correction_each_device_gets_its_own_and_can_ask_again() {
    let world = World::new();
    let first = Wallet::new(1);
    let old = world.identify(PERSON, &first);
    let second = first.another_device(2);
    let further = token_to(&world.gongan, SCHEMA, PERSON, Enrolment::Add);
    receive(&world.gongan, &further, &second.enroll(&world.gongan, SCHEMA, &world.gongan.nonce())).unwrap();
    world.gongan.correct(&id(SCHEMA), &person(PERSON), &moved(), "moved").unwrap();
    let mut positions = Vec::new();
    for wallet in [&first, &second] {
        let new = current(wallet, &world.gongan, SCHEMA);
        assert_eq!(new.attributes["residence_district"], "450105");
        assert!(new.position != old.position);
        // It is this holder's: the leaf is that of the wallet's own holder value.
        let leaf = wallet.open(&world.gongan, &new).leaf();
        assert_eq!(world.ledger.leaf(new.position), leaf);
        // An answer that was lost is asked again.
        assert!(current(wallet, &world.gongan, SCHEMA) == new);
        positions.push(new.position);
    }
    assert!(positions[0] != positions[1]);
}

#[test]
fn a_list_that_changes_one_cell_reaches_who_showed_an_identity() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let identity = world.identify(PERSON, &wallet);
    super::world::import(&world.credit, "credit-report/1", &credit_row(PERSON, "700"));
    world.credit.sync().unwrap();
    let token = token(&world.credit, "credit-report/1", PERSON);
    let now = world.clock.clock().now();
    let request = wallet.show(&world, &identity, "credit-report/1", &world.credit.nonce(), now);
    receive(&world.credit, &token, &request).unwrap();
    let done = world.credit.grant_list(&id("credit-report/1"), &[credit_row(PERSON, "701")]).unwrap();
    assert_eq!(done, [RowOutcome::Issued]);
    assert_eq!(current(&wallet, &world.credit, "credit-report/1").attributes["score"], 701);
}

#[test]
fn what_ended_says_why() {
    let world = World::new();
    let wallet = Wallet::new(1);
    world.identify(PERSON, &wallet);
    let says = |expected: &Renewal| assert!(asked(&wallet, &world.gongan, SCHEMA).unwrap() == *expected);
    world.gongan.change_status(&id(SCHEMA), &person(PERSON), Act::Suspend, "check").unwrap();
    says(&Renewal::Suspended);
    world.gongan.change_status(&id(SCHEMA), &person(PERSON), Act::Restore, "checked").unwrap();
    current(&wallet, &world.gongan, SCHEMA);
    world.pass(366 * 86_400);
    says(&Renewal::Expired);
    // The nightly list renews what has expired, and the wallet finds it.
    let outcome = world.gongan.grant_list(&id(SCHEMA), &[identity_row(PERSON)]).unwrap();
    assert_eq!(outcome, [RowOutcome::Issued]);
    current(&wallet, &world.gongan, SCHEMA);
    world.gongan.change_status(&id(SCHEMA), &person(PERSON), Act::Revoke, "fraud").unwrap();
    says(&Renewal::Revoked);
}

#[test]
fn a_device_whose_place_another_took_is_told_so() {
    let world = World::new();
    let wallet = Wallet::new(1);
    world.identify(PERSON, &wallet);
    let next = wallet.another_device(2);
    let token = token(&world.gongan, SCHEMA, PERSON);
    receive(&world.gongan, &token, &next.enroll(&world.gongan, SCHEMA, &world.gongan.nonce())).unwrap();
    assert!(asked(&wallet, &world.gongan, SCHEMA).unwrap() == Renewal::Replaced);
    current(&next, &world.gongan, SCHEMA);
}

#[test]
fn another_holder_gets_nothing_and_becomes_none() {
    let world = World::new();
    let wallet = Wallet::new(1);
    world.identify(PERSON, &wallet);
    for stranger in [Wallet::new(2), wallet.another_device(3)] {
        let refused = asked(&stranger, &world.gongan, SCHEMA);
        let refusal = match refused.map(drop) {
            Err(CredentialError::Act(ActError::Refused(refusal))) => refusal,
            other => panic!("{other:?}"),
        };
        assert_eq!(refusal, IssuerError::NotEnrolled);
    }
    let enrolled = "SELECT count(*) FROM enrolments";
    let count: u64 = world.gongan.store_for_tests().read().query_row(enrolled, [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
}

#[test]
fn a_question_is_good_once_for_one_key_and_for_nothing_else() {
    let world = World::new();
    let wallet = Wallet::new(1);
    world.identify(PERSON, &wallet);
    let question = Question::of(&wallet, &world.gongan, SCHEMA);
    world.gongan.renewal(&question.request).unwrap();
    assert!(matches!(world.gongan.renewal(&question.request), Err(CredentialError::Nonce(_))));
    // Whoever hears a question has no answer sealed to a key of theirs.
    let mut stolen = Question::of(&wallet, &world.gongan, SCHEMA).request;
    stolen.recipient = RecipientSecret::generate(&mut OsRng).public();
    assert!(matches!(world.gongan.renewal(&stolen), Err(CredentialError::Proof(_))));
    // What a wallet proves for an offer says nothing of a renewal.
    let mut other = Question::of(&wallet, &world.gongan, SCHEMA).request;
    let Proofs::Enroll([proof]) = wallet.enroll(&world.gongan, SCHEMA, &other.proof.nonce).proofs else {
        panic!("an enroll proof")
    };
    other.proof = proof;
    assert!(matches!(world.gongan.renewal(&other), Err(CredentialError::Proof(_))));
}

#[test]
fn what_is_pending_is_settled_before_it_is_told() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let old = world.identify(PERSON, &wallet);
    world.ledger.fail_next(InjectedFault::LandedButLost);
    world.gongan.correct(&id(SCHEMA), &person(PERSON), &moved(), "moved").unwrap_err();
    // As after a crash: the plan was written before it was submitted.
    let reopened = world.reopened(&world.gongan);
    let new = current(&wallet, &reopened, SCHEMA);
    assert!(new.position != old.position && new.attributes["residence_district"] == "450105");
}
