//! Trustees, a desk and wallets over HTTP: what is dealt comes back to one new wallet.

pub(crate) mod town;

use circuits::credential::DepartmentId;
use groth16::Proof;
use ledger::record::BundleId;
use openid4vc::handover;
use rand::rngs::OsRng;
use trustee::wire::BundleNotice;

use self::town::{Manner, TRUSTEES, Town, identity_holder};
use super::*;
use crate::contents::{Contents, Pinned, Trust};
use crate::followed::Ledger;
use crate::history::{Act, Outcome};
use crate::receive::{NoticeError, ReceiveError};
use crate::testing::{NOW, POLICE, rng, wallet};
use crate::wallet::{NotEmpty, PersonFrom, Wallet};

fn id(department: &str) -> DepartmentId {
    department.parse().unwrap()
}

/// Deals as a program does, without a disk.
fn deal(wallet: &mut Wallet, ledger: &Ledger) -> Result<BundleId, DealError> {
    let dealing = wallet.begin_dealing(&ledger.view(), NOW, &mut OsRng)?;
    let brought = dealing.bring(wallet, ledger, NOW, &mut OsRng);
    wallet.finish_dealing(&dealing, &brought);
    brought.map(|()| dealing.kept().bundle)
}

/// What a wallet is after it was written and read.
fn reopened(wallet: Wallet, town: &Town) -> Wallet {
    let genesis = serde_json::to_value(town.world.genesis()).unwrap();
    let ledger = "http://127.0.0.1:7001".parse().unwrap();
    let contents = Contents { wallet, trust: Trust { ledger, genesis, pinned: Pinned::ByOwner } };
    Contents::from_json(&contents.to_json()).unwrap().wallet
}

/// A new wallet for whose key the two departments have asked, and its ledger.
fn at_the_desk(town: &Town, bundle: &BundleId) -> (Wallet, Ledger) {
    let mut new = wallet(2);
    let ledger = town.world.ledger();
    let key = new.begin_recovery(&mut rng(5)).unwrap();
    let new = reopened(new, town);
    assert_eq!(new.requested_recovery(&ledger.view()).err(), Some(RecoverError::NotRequested));
    town.world.request_recovery(bundle, &key);
    ledger.sync([], NOW).unwrap();
    (new, ledger)
}

#[test]
fn a_person_without_any_wallet_gets_the_secret_back_while_one_trustee_is_down() {
    let town = Town::new();
    let (mut old, ledger) = identity_holder(&town);
    assert_eq!(old.needs_dealing(&ledger.view()), Some(WhyDeal::Never));
    let bundle = deal(&mut old, &ledger).unwrap();
    assert_eq!(old.needs_dealing(&ledger.view()), None);
    let secret = *old.secrets().person.expose();

    let (mut new, ledger) = at_the_desk(&town, &bundle);
    town.behaves(TRUSTEES[1], Manner::Down);
    let recovery = new.requested_recovery(&ledger.view()).unwrap();
    let recovered = recovery.ask(ledger.reach()).unwrap();
    assert_eq!(recovered.from(), [id(TRUSTEES[2]), id(TRUSTEES[0])], "by identifier, as on the ledger");
    let named: Vec<_> = recovered.unhelpful().iter().map(|one| one.department.as_str()).collect();
    assert_eq!(named, [TRUSTEES[1]]);
    new.finish_recovery(recovered, NOW).unwrap();
    assert_eq!(*new.secrets().person.expose(), secret);
    assert_eq!(new.secrets().device.expose(), wallet(2).secrets().device.expose(), "its own stays");
    assert_eq!(new.person_from(), PersonFrom::Trustees);
    assert!(matches!(&new.history().last().unwrap().act, Act::Recovered { from } if from.len() == 2));
    assert_eq!(new.requested_recovery(&ledger.view()).err(), Some(RecoverError::NotBegun));

    // Its own dealing is another bundle, after it has an identity credential of its own.
    let mut new = reopened(new, &town);
    town.behaves(TRUSTEES[1], Manner::Honest);
    town.enrol(&mut new);
    ledger.sync(new.positions(), NOW).unwrap();
    let held = new.credentials().last().unwrap().clone();
    assert_eq!(new.after_receiving(&held, &ledger.view()), AfterReceiving::Deal);
    assert_ne!(deal(&mut new, &ledger).unwrap(), bundle);
    assert_eq!(new.after_receiving(&held, &ledger.view()), AfterReceiving::Nothing);
}

#[test]
fn the_desk_is_told_of_the_bundle_with_a_proof_for_it_alone() {
    let town = Town::new();
    let (mut holder, ledger) = identity_holder(&town);
    let bundle = deal(&mut holder, &ledger).unwrap();
    let notices = town.notices();
    let [notice] = notices.as_slice() else { panic!("{} notices", notices.len()) };
    let BundleNotice { proof, .. } = notice;
    assert_eq!(notice.bundle, bundle);
    let issuer = town.desk.url.as_str().trim_end_matches('/');
    let public = circuits::enroll::Public {
        context: handover::bundle_notice(issuer, "c-1", "identity/1", bundle.as_bytes()),
        issuer: id(POLICE),
        schema: "identity/1".parse().unwrap(),
        holder: holder.secrets().holder(&id(POLICE), &"identity/1".parse().unwrap()),
        person: holder.secrets().person.person(&id(POLICE)),
    };
    assert_eq!((proof.holder.0, proof.person.0), (public.holder, public.person));
    let key = prover::testing::prover().enroll.verifying_key();
    key.verify(&public.to_inputs(), &Proof::from_json(&proof.proof).unwrap()).unwrap();
    let secret = circuits::field::Element(*holder.secrets().person.expose()).to_string();
    assert!(town.heard().iter().all(|body| !body.contains(&secret)), "the secret left the wallet");
}

/// Lost before it was sent, or landed and not heard of: what could be out there is remembered, and warned of.
#[test]
fn a_dealing_is_remembered_before_its_first_share_leaves() {
    let town = Town::new();
    let (mut holder, ledger) = identity_holder(&town);
    let dealing = holder.begin_dealing(&ledger.view(), NOW, &mut rng(1)).unwrap();
    let bundle = dealing.kept().bundle;
    let holder = reopened(holder, &town);
    assert!(town.heard().is_empty(), "nothing has left");
    assert_eq!(holder.needs_dealing(&ledger.view()), Some(WhyDeal::Unfinished));
    let key = wallet(9).begin_recovery(&mut rng(9)).unwrap();
    town.world.request_recovery(&bundle, &key);
    ledger.sync([], NOW).unwrap();
    let warnings = holder.foreign_requests(&ledger.view());
    let [warning] = warnings.as_slice() else { panic!("{} warnings", warnings.len()) };
    assert_eq!((warning.desk.as_str(), warning.time), (POLICE, NOW));
    assert!(warning.title.is_some());
    assert!(wallet(3).foreign_requests(&ledger.view()).is_empty(), "nobody else's");
}

#[test]
fn a_trustee_that_takes_no_share_is_named_and_the_desk_hears_nothing() {
    for manner in [Manner::Down, Manner::OtherBundle] {
        let town = Town::new();
        let (mut holder, ledger) = identity_holder(&town);
        town.behaves(TRUSTEES[0], manner);
        let Err(DealError::NotKept(refused)) = deal(&mut holder, &ledger) else { panic!("{manner:?}") };
        let named: Vec<_> = refused.iter().map(|one| one.department.as_str()).collect();
        assert_eq!(named, [TRUSTEES[0]]);
        assert!(town.notices().is_empty());
        let Act::Dealt(record) = &holder.history().last().unwrap().act else { panic!("{manner:?}") };
        assert_eq!(record.outcome, Outcome::Failed);
        let first = holder.dealings().all().last().unwrap().bundle;
        town.behaves(TRUSTEES[0], Manner::Honest);
        assert_ne!(deal(&mut holder, &ledger).unwrap(), first, "it deals anew");
        assert_eq!(holder.dealings().all().count(), 2, "and remembers both");
    }
}

#[test]
fn a_desk_that_says_no_or_takes_no_part_is_no_end() {
    let town = Town::new();
    let (mut holder, ledger) = identity_holder(&town);
    town.desk_refuses();
    let refused = deal(&mut holder, &ledger);
    assert!(
        matches!(
            refused,
            Err(DealError::Notice(NoticeError::Desk(ReceiveError::Refused { status: 400, .. })))
        ),
        "{refused:?}"
    );
    town.desk_takes_no_part();
    let none = deal(&mut holder, &ledger);
    assert!(matches!(none, Err(DealError::Notice(NoticeError::NotKept(_)))), "{none:?}");
    assert_eq!(holder.needs_dealing(&ledger.view()), Some(WhyDeal::Unfinished));
}

#[test]
fn who_does_not_deal_says_why() {
    let town = Town::new();
    let ledger = town.world.ledger();
    let view = ledger.view();
    assert!(
        matches!(wallet(1).may_deal(&view), Err(DealError::NoIdentity(authority)) if authority == id(POLICE))
    );
    let mut paired = wallet(2);
    paired.pair(wallet(1).secrets().person.clone()).unwrap();
    town.enrol(&mut paired);
    ledger.sync(paired.positions(), NOW).unwrap();
    let view = ledger.view();
    assert!(matches!(paired.may_deal(&view), Err(DealError::Paired)));
    let held = paired.credentials()[0].clone();
    assert_eq!(paired.after_receiving(&held, &view), AfterReceiving::FirstDevice);
    let without = crate::testing::World::new();
    let (holder, ledger) = crate::testing::citizen(&without);
    assert!(matches!(holder.may_deal(&ledger.view()), Err(DealError::NoAuthority)));
    let lonely = Town::with(&TRUSTEES[..1]);
    let (holder, ledger) = identity_holder(&lonely);
    assert!(matches!(holder.may_deal(&ledger.view()), Err(DealError::TooFew(1))));
    let held = holder.credentials()[0].clone();
    assert_eq!(holder.after_receiving(&held, &ledger.view()), AfterReceiving::Nothing);
}

#[test]
fn one_share_less_than_needed_gives_nothing_and_the_key_stays() {
    let town = Town::new();
    let (mut old, ledger) = identity_holder(&town);
    let bundle = deal(&mut old, &ledger).unwrap();
    let (new, ledger) = at_the_desk(&town, &bundle);
    town.behaves(TRUSTEES[0], Manner::Down);
    town.behaves(TRUSTEES[1], Manner::Down);
    let recovery = new.requested_recovery(&ledger.view()).unwrap();
    let Err(RecoverError::TooFew { needed, given, unhelpful }) = recovery.ask(ledger.reach()) else {
        panic!("one of three")
    };
    assert_eq!((needed, given, unhelpful.len()), (2, 1, 2));
    town.behaves(TRUSTEES[2], Manner::Down);
    assert!(
        matches!(recovery.ask(ledger.reach()).err(), Some(RecoverError::NoneAnswered(all)) if all.len() == 3)
    );
    town.behaves(TRUSTEES[0], Manner::Honest);
    town.behaves(TRUSTEES[2], Manner::Honest);
    let again = new.requested_recovery(&ledger.view()).unwrap();
    assert!(again.ask(ledger.reach()).is_ok(), "asked again, it gets the same answers");
}

#[test]
fn a_trustee_that_lies_is_named_and_does_no_harm() {
    for manner in [Manner::Lies, Manner::OtherBundle] {
        let town = Town::new();
        let (mut old, ledger) = identity_holder(&town);
        let bundle = deal(&mut old, &ledger).unwrap();
        let (mut new, ledger) = at_the_desk(&town, &bundle);
        town.behaves(TRUSTEES[1], manner);
        let recovered = new.requested_recovery(&ledger.view()).unwrap().ask(ledger.reach()).unwrap();
        let [liar] = recovered.unhelpful() else { panic!("{manner:?}") };
        assert!(liar.department == id(TRUSTEES[1]) && matches!(liar.why, Fault::Lies(_)), "{liar:?}");
        new.finish_recovery(recovered, NOW).unwrap();
        assert_eq!(new.secrets().person.expose(), old.secrets().person.expose());
    }
}

#[test]
fn a_wallet_with_credentials_recovers_nobody() {
    let town = Town::new();
    let (mut holder, ledger) = identity_holder(&town);
    assert_eq!(holder.begin_recovery(&mut rng(1)).err(), Some(NotEmpty));
    let refused = holder.requested_recovery(&ledger.view()).err();
    assert_eq!(refused, Some(RecoverError::NotEmpty(NotEmpty)));
    assert_eq!(wallet(4).requested_recovery(&ledger.view()).err(), Some(RecoverError::NotBegun));
}

#[test]
fn a_wallet_deals_again_when_a_trustee_has_another_key() {
    let mut town = Town::new();
    let (mut holder, ledger) = identity_holder(&town);
    deal(&mut holder, &ledger).unwrap();
    town.rotate(TRUSTEES[0]);
    ledger.sync(holder.positions(), NOW).unwrap();
    assert_eq!(holder.needs_dealing(&ledger.view()), Some(WhyDeal::OtherKey(id(TRUSTEES[0]))));
    deal(&mut holder, &ledger).unwrap();
    assert_eq!(holder.needs_dealing(&ledger.view()), None);
}
