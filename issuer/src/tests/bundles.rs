//! Notices of bundles: who may tell which bundle has whose shares.

use ledger::record::BundleId;
use ledger::samples::bundle_id;
use trustee::wire::BundleNotice;

use super::world::{PERSON, Wallet, World, id, identity_row, import, person, receive, token};
use crate::issuer::{ActError, CredentialError, Issuer, IssuerError};
use crate::store::bundles;

const SCHEMA: &str = "identity/1";

fn enrolled() -> (World, Wallet) {
    let world = World::new();
    let wallet = Wallet::new(1);
    world.identify(PERSON, &wallet);
    (world, wallet)
}

fn kept(issuer: &Issuer) -> Option<BundleId> {
    bundles::of(issuer.store_for_tests().read(), &person(PERSON)).unwrap()
}

fn refusal(issuer: &Issuer, notice: &BundleNotice) -> IssuerError {
    match issuer.noticed(notice) {
        Err(CredentialError::Act(ActError::Refused(refusal))) => refusal,
        other => panic!("{other:?}"),
    }
}

fn ask<T: rusqlite::types::FromSql>(issuer: &Issuer, sql: &str) -> T {
    issuer.store_for_tests().read().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn the_newest_bundle_is_kept_and_the_same_notice_again_changes_nothing() {
    let (world, wallet) = enrolled();
    assert_eq!(kept(&world.gongan), None);
    world.gongan.noticed(&wallet.notice(&world.gongan, bundle_id("one"))).unwrap();
    let at: u64 = ask(&world.gongan, "SELECT at FROM bundles");
    world.pass(60);
    world.gongan.noticed(&wallet.notice(&world.gongan, bundle_id("one"))).unwrap();
    assert_eq!(
        (kept(&world.gongan), ask(&world.gongan, "SELECT at FROM bundles")),
        (Some(bundle_id("one")), at)
    );
    world.gongan.noticed(&wallet.notice(&world.gongan, bundle_id("two"))).unwrap();
    assert_eq!(kept(&world.gongan), Some(bundle_id("two")));
    assert_eq!(ask::<u64>(&world.gongan, "SELECT count(*) FROM acts WHERE act = 'bundle'"), 2);
    assert_eq!(ask::<u64>(&world.gongan, "SELECT count(*) FROM bundles"), 1);
}

#[test]
fn whoever_is_not_enrolled_is_refused() {
    let (world, wallet) = enrolled();
    for stranger in [Wallet::new(2), wallet.another_device(3)] {
        let notice = stranger.notice(&world.gongan, bundle_id("one"));
        assert_eq!(refusal(&world.gongan, &notice), IssuerError::NotEnrolled);
    }
    assert_eq!(kept(&world.gongan), None);
}

#[test]
fn a_device_that_was_replaced_has_no_say_any_more() {
    let (world, wallet) = enrolled();
    let restored = wallet.another_device(2);
    import(&world.gongan, SCHEMA, &identity_row(PERSON));
    let token = token(&world.gongan, SCHEMA, PERSON);
    receive(&world.gongan, &token, &restored.enroll(&world.gongan, SCHEMA, &world.gongan.nonce())).unwrap();
    let notice = wallet.notice(&world.gongan, bundle_id("one"));
    assert_eq!(refusal(&world.gongan, &notice), IssuerError::NotEnrolled);
    world.gongan.noticed(&restored.notice(&world.gongan, bundle_id("two"))).unwrap();
    assert_eq!(kept(&world.gongan), Some(bundle_id("two")));
}

#[test]
fn a_reset_forgets_the_bundle_and_refuses_its_wallet() {
    let (world, wallet) = enrolled();
    world.gongan.noticed(&wallet.notice(&world.gongan, bundle_id("one"))).unwrap();
    world.gongan.reset(&id(SCHEMA), &person(PERSON), "lost.phrase").unwrap();
    assert_eq!(kept(&world.gongan), None);
    let notice = wallet.notice(&world.gongan, bundle_id("two"));
    assert_eq!(refusal(&world.gongan, &notice), IssuerError::PersonEnded);
    assert_eq!(kept(&world.gongan), None);
}

#[test]
fn a_nonce_is_good_once() {
    let (world, wallet) = enrolled();
    let notice = wallet.notice(&world.gongan, bundle_id("one"));
    world.gongan.noticed(&notice).unwrap();
    assert!(matches!(world.gongan.noticed(&notice), Err(CredentialError::Nonce(_))));
    let late = wallet.notice(&world.gongan, bundle_id("two"));
    world.pass(301);
    assert!(matches!(world.gongan.noticed(&late), Err(CredentialError::Nonce(_))));
    assert_eq!(kept(&world.gongan), Some(bundle_id("one")));
}

#[test]
fn a_proof_is_for_one_bundle_and_for_nothing_else() {
    let (world, wallet) = enrolled();
    let mut other = wallet.notice(&world.gongan, bundle_id("one"));
    other.bundle = bundle_id("thief");
    assert!(matches!(world.gongan.noticed(&other), Err(CredentialError::Proof(_))));
    // What a wallet proves for a credential says nothing of a bundle.
    let mut notice = wallet.notice(&world.gongan, bundle_id("one"));
    let request = wallet.enroll(&world.gongan, SCHEMA, &notice.proof.nonce);
    let openid4vc::vci::Proofs::Enroll([proof]) = request.proofs else { panic!("an enroll proof") };
    notice.proof = proof;
    assert!(matches!(world.gongan.noticed(&notice), Err(CredentialError::Proof(_))));
    let mut malformed = wallet.notice(&world.gongan, bundle_id("one"));
    malformed.proof.proof = serde_json::json!({});
    assert!(matches!(world.gongan.noticed(&malformed), Err(CredentialError::Proof(_))));
    assert_eq!(kept(&world.gongan), None);
}

#[test]
fn only_the_person_authority_keeps_bundles() {
    let (world, wallet) = enrolled();
    let notice = wallet.notice(&world.credit, bundle_id("one"));
    assert!(matches!(world.credit.noticed(&notice), Err(CredentialError::Configuration)));
    let mut identity = wallet.notice(&world.credit, bundle_id("one"));
    identity.credential_configuration_id = id("credit-report/1");
    assert!(matches!(world.credit.noticed(&identity), Err(CredentialError::Configuration)));
}
