//! Credentials for wallets: both proof types, and every way to be refused.

use groth16::ProofError;
use ledger::follow::{FollowError, Freshness};
use openid4vc::vci::{CredentialRequest, IssuedCredential, Proofs};

use super::world::{
    NOW, OTHER, PERSON, Wallet, World, credit_row, id, identity_row, import, person, receive, token,
};
use crate::issuer::{Act, ActError, CredentialError, IssuerError};
use crate::tokens::NonceError;

fn identity_request(world: &World, wallet: &Wallet) -> (openid4vc::vci::Secret, CredentialRequest) {
    import(&world.gongan, "identity/1", &identity_row(PERSON));
    let token = token(&world.gongan, "identity/1", PERSON);
    (token, wallet.enroll(&world.gongan, "identity/1", &world.gongan.nonce()))
}

fn credit_token(world: &World, number: &str) -> openid4vc::vci::Secret {
    import(&world.credit, "credit-report/1", &credit_row(number, "650"));
    token(&world.credit, "credit-report/1", number)
}

fn refused(outcome: Result<IssuedCredential, CredentialError>) -> CredentialError {
    outcome.err().expect("it is refused")
}

fn rule(outcome: Result<IssuedCredential, CredentialError>) -> IssuerError {
    match refused(outcome) {
        CredentialError::Act(ActError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_enrolled_wallet_gets_what_the_ledger_commits_to() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let (token, request) = identity_request(&world, &wallet);
    let issued = receive(&world.gongan, &token, &request).unwrap();
    let credential = wallet.open(&world.gongan, &issued);
    assert_eq!(world.ledger.leaf(issued.position), credential.leaf());
    assert!(credential.validity.from <= NOW && NOW <= credential.validity.until);
    assert_eq!(credential.values.to_json()["id_number"], PERSON);
}

#[test]
fn a_shown_identity_gets_a_credential_of_another_department() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let identity = world.identify(PERSON, &wallet);
    let token = credit_token(&world, PERSON);
    let request = wallet.show(&world, &identity, "credit-report/1", &world.credit.nonce(), NOW);
    let issued = receive(&world.credit, &token, &request).unwrap();
    assert_eq!(world.ledger.leaf(issued.position), wallet.open(&world.credit, &issued).leaf());
}

#[test]
fn asking_again_gives_the_same_credential() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let first = world.identify(PERSON, &wallet);
    let again = world.identify(PERSON, &wallet);
    assert!(first == again);
    assert_eq!(world.ledger.leaves(), (1, 0));
}

#[test]
fn a_lost_answer_is_given_again_to_the_same_wallet_only() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let (token, request) = identity_request(&world, &wallet);
    let first = receive(&world.gongan, &token, &request).unwrap();
    let again = wallet.enroll(&world.gongan, "identity/1", &world.gongan.nonce());
    assert!(receive(&world.gongan, &token, &again).unwrap() == first);
    let thief = Wallet::new(2).enroll(&world.gongan, "identity/1", &world.gongan.nonce());
    assert!(matches!(refused(receive(&world.gongan, &token, &thief)), CredentialError::Token));
}

/// Whichever comes first; the other is told that the token is not its own.
#[test]
fn of_two_wallets_with_one_token_one_is_answered() {
    let world = World::new();
    let (token, _) = identity_request(&world, &Wallet::new(1));
    let requests =
        [1, 2, 3, 4].map(|seed| Wallet::new(seed).enroll(&world.gongan, "identity/1", &world.gongan.nonce()));
    let answers: Vec<_> = std::thread::scope(|scope| {
        let asked =
            requests.each_ref().map(|request| scope.spawn(|| receive(&world.gongan, &token, request)));
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.into_iter().filter_map(Result::err).all(|e| matches!(e, CredentialError::Token)));
    assert_eq!(world.ledger.leaves(), (1, 0));
}

#[test]
fn a_new_wallet_replaces_the_lost_one_in_one_batch() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let lost = world.identify(PERSON, &wallet);
    let new = world.identify(PERSON, &wallet.another_device(2));
    assert_eq!(world.ledger.leaves(), (2, 1));
    assert_eq!(world.ledger.leaf(lost.position), 0u64.into());
    assert_ne!(world.ledger.leaf(new.position), 0u64.into());
}

#[test]
fn changed_records_replace_the_credential() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let identity = world.identify(PERSON, &wallet);
    let get = |score| {
        import(&world.credit, "credit-report/1", &credit_row(PERSON, score));
        let token = token(&world.credit, "credit-report/1", PERSON);
        let request = wallet.show(&world, &identity, "credit-report/1", &world.credit.nonce(), NOW);
        receive(&world.credit, &token, &request).unwrap()
    };
    let old = get("650");
    let new = get("700");
    assert_eq!(new.attributes["score"], 700);
    assert_eq!(world.ledger.leaf(old.position), 0u64.into());
}

#[test]
fn an_unknown_or_expired_token_is_refused() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let (token, request) = identity_request(&world, &wallet);
    let unknown = "nobody's".to_owned().into();
    assert!(matches!(refused(receive(&world.gongan, &unknown, &request)), CredentialError::Token));
    world.pass(601);
    assert!(matches!(refused(receive(&world.gongan, &token, &request)), CredentialError::Token));
}

#[test]
fn a_token_is_for_its_schema_only() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let (token, mut request) = identity_request(&world, &wallet);
    request.credential_configuration_id = id("credit-report/1");
    assert!(matches!(refused(receive(&world.gongan, &token, &request)), CredentialError::Configuration));
}

#[test]
fn a_nonce_is_spent_even_by_a_request_that_succeeds() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let (token, request) = identity_request(&world, &wallet);
    receive(&world.gongan, &token, &request).unwrap();
    let again = refused(receive(&world.gongan, &token, &request));
    assert!(matches!(again, CredentialError::Nonce(NonceError::Spent)));
}

#[test]
fn a_nonce_that_has_expired_is_refused_while_its_token_is_good() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let (token, request) = identity_request(&world, &wallet);
    world.pass(301);
    let late = refused(receive(&world.gongan, &token, &request));
    assert!(matches!(late, CredentialError::Nonce(NonceError::Expired)), "{late:?}");
    let request = wallet.enroll(&world.gongan, "identity/1", &world.gongan.nonce());
    receive(&world.gongan, &token, &request).unwrap();
}

#[test]
fn a_proof_for_another_nonce_is_refused() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let (token, mut request) = identity_request(&world, &wallet);
    let Proofs::Enroll([proof]) = &mut request.proofs else { panic!() };
    proof.nonce = world.gongan.nonce();
    assert_not_proved(receive(&world.gongan, &token, &request));
}

#[test]
fn a_proof_for_another_issuer_is_refused() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let (token, _) = identity_request(&world, &wallet);
    let request = wallet.enroll(&world.credit, "identity/1", &world.gongan.nonce());
    assert_not_proved(receive(&world.gongan, &token, &request));
}

#[test]
fn a_proof_for_another_schema_is_refused() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let (token, _) = identity_request(&world, &wallet);
    let mut request = wallet.enroll(&world.gongan, "identity/2", &world.gongan.nonce());
    request.credential_configuration_id = id("identity/1");
    assert_not_proved(receive(&world.gongan, &token, &request));
}

#[test]
fn a_holder_value_that_was_not_proved_is_refused() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let (token, mut request) = identity_request(&world, &wallet);
    let Proofs::Enroll([proof]) = &mut request.proofs else { panic!() };
    proof.holder = Wallet::new(2).holder(&world.gongan, "identity/1").into();
    assert_not_proved(receive(&world.gongan, &token, &request));
}

#[test]
fn a_tampered_proof_is_refused() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let (token, mut request) = identity_request(&world, &wallet);
    let Proofs::Enroll([proof]) = &mut request.proofs else { panic!() };
    proof.proof["pi_a"][0] = "1".into();
    let refusal = refused(receive(&world.gongan, &token, &request));
    assert!(matches!(refusal, CredentialError::Proof(ProofError::BadPoint(_))), "{refusal:?}");
}

#[test]
fn enrolling_does_not_replace_showing() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let token = credit_token(&world, PERSON);
    let request = wallet.enroll(&world.credit, "credit-report/1", &world.credit.nonce());
    assert!(matches!(refused(receive(&world.credit, &token, &request)), CredentialError::ProofType));
}

#[test]
fn another_persons_identity_is_refused() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let identity = world.identify(OTHER, &wallet);
    let token = credit_token(&world, PERSON);
    let request = wallet.show(&world, &identity, "credit-report/1", &world.credit.nonce(), NOW);
    assert_not_proved(receive(&world.credit, &token, &request));
}

#[test]
fn an_unknown_root_is_refused() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let identity = world.identify(PERSON, &wallet);
    let token = credit_token(&world, PERSON);
    let mut request = wallet.show(&world, &identity, "credit-report/1", &world.credit.nonce(), NOW);
    let Proofs::Identity([proof]) = &mut request.proofs else { panic!() };
    proof.root = circuits::Fr::from(7u64).into();
    assert!(matches!(refused(receive(&world.credit, &token, &request)), CredentialError::Root));
}

#[test]
fn a_root_superseded_long_ago_is_refused() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let identity = world.identify(PERSON, &wallet);
    let old = |world: &World| wallet.show(world, &identity, "credit-report/1", &world.credit.nonce(), NOW);
    let mut request = old(&world);
    world.identify(OTHER, &Wallet::new(2));
    world.credit.sync().unwrap();
    world.pass(3_601);
    world.ledger.heartbeat();
    world.credit.sync().unwrap();
    let token = credit_token(&world, PERSON);
    let newer = wallet.show(&world, &identity, "credit-report/1", &world.credit.nonce(), NOW + 3_601);
    let (Proofs::Identity([old]), Proofs::Identity([new])) = (&mut request.proofs, newer.proofs) else {
        panic!()
    };
    (old.now, old.nonce) = (new.now, new.nonce);
    assert!(matches!(refused(receive(&world.credit, &token, &request)), CredentialError::Root));
}

/// A path that repeats old answers says for ever that an old root is the newest; the desk goes by when it was stated.
#[test]
fn a_desk_that_is_answered_with_what_is_old_believes_no_root() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let identity = world.identify(PERSON, &wallet);
    world.pass(3_601);
    world.credit.sync().unwrap();
    let asked = |world: &World, now| {
        let token = credit_token(world, PERSON);
        let request = wallet.show(world, &identity, "credit-report/1", &world.credit.nonce(), now);
        receive(&world.credit, &token, &request)
    };
    let refusal = refused(asked(&world, NOW + 3_601));
    let CredentialError::OldLedger(freshness) = &refusal else { panic!("{refusal}") };
    assert_eq!(*freshness, Freshness::Stated { seconds: 3_601 });
    assert!(refusal.to_string().contains("shows old answers"), "{refusal}");
    world.ledger.heartbeat();
    world.credit.sync().unwrap();
    assert!(asked(&world, NOW + 3_601).is_ok());
}

/// The desk's clock was set back after it followed the ledger: it does not know how old anything is.
#[test]
fn a_desk_whose_clock_is_slow_believes_no_root() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let identity = world.identify(PERSON, &wallet);
    world.credit.sync().unwrap();
    let token = credit_token(&world, PERSON);
    world.clock.set(NOW - 1_200);
    let request = wallet.show(&world, &identity, "credit-report/1", &world.credit.nonce(), NOW - 1_200);
    assert!(matches!(world.credit.sync(), Err(FollowError::Clocks { .. })));
    let refusal = refused(receive(&world.credit, &token, &request));
    assert!(matches!(refusal, CredentialError::OldLedger(Freshness::Ahead { seconds: 1_200 })), "{refusal}");
}

#[test]
fn a_suspended_identity_cannot_be_shown_under_the_new_root() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let identity = world.identify(PERSON, &wallet);
    let token = credit_token(&world, PERSON);
    let request = wallet.show(&world, &identity, "credit-report/1", &world.credit.nonce(), NOW);
    world.gongan.change_status(&id("identity/1"), &person(PERSON), Act::Suspend, "test").unwrap();
    world.credit.sync().unwrap();
    let Proofs::Identity([mut proof]) = request.proofs.clone() else { panic!() };
    proof.root = world.ledger.with_log(|log| log.state().credentials().root()).into();
    let request = CredentialRequest { proofs: Proofs::Identity([proof]), ..request };
    assert_not_proved(receive(&world.credit, &token, &request));
}

#[test]
fn a_clock_that_is_far_off_is_refused() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let identity = world.identify(PERSON, &wallet);
    let token = credit_token(&world, PERSON);
    let request = wallet.show(&world, &identity, "credit-report/1", &world.credit.nonce(), NOW - 301);
    assert!(matches!(refused(receive(&world.credit, &token, &request)), CredentialError::Clock));
}

#[test]
fn one_wallet_cannot_serve_two_people() {
    let world = World::new();
    let wallet = Wallet::new(1);
    world.identify(OTHER, &wallet);
    let (token, request) = identity_request(&world, &wallet);
    assert_eq!(rule(receive(&world.gongan, &token, &request)), IssuerError::SharedPerson);
}

#[test]
fn a_suspended_person_gets_nothing_new() {
    let world = World::new();
    let wallet = Wallet::new(1);
    world.identify(PERSON, &wallet);
    world.gongan.change_status(&id("identity/1"), &person(PERSON), Act::Suspend, "test").unwrap();
    let offer = world.gongan.offer(&id("identity/1"), &person(PERSON));
    assert!(matches!(offer, Err(ActError::Refused(IssuerError::Suspended))));
}

#[test]
fn a_revocation_ends_tokens_that_were_out() {
    let world = World::new();
    let wallet = Wallet::new(1);
    world.identify(PERSON, &wallet);
    let (token, request) = identity_request(&world, &wallet);
    world.gongan.change_status(&id("identity/1"), &person(PERSON), Act::Revoke, "test").unwrap();
    assert!(matches!(refused(receive(&world.gongan, &token, &request)), CredentialError::Token));
    let (token, request) = identity_request(&world, &wallet);
    assert!(receive(&world.gongan, &token, &request).is_ok(), "a new offer grants again");
}

fn assert_not_proved(outcome: Result<IssuedCredential, CredentialError>) {
    let refusal = refused(outcome);
    assert!(matches!(refusal, CredentialError::Proof(ProofError::NotProved)), "{refusal:?}");
}
