//! Further devices of one person: at most three beside a record, all of one person, and whatever is done to the person
//! reaches all of them.

use openid4vc::vci::{IssuedCredential, OfferLink, OtherDevices};

use super::world::{
    InjectedFault, NOW, OTHER, PERSON, Wallet, World, credit_row, id, identity_row, import, person, receive,
    token_to,
};
use crate::admin::{Enrolment, OfferRequest, RowOutcome};
use crate::issuer::{Act, ActError, Changed, CredentialError, IssuerError};
use crate::store::people::{self, EnrolledDevice, EnrolmentSource};

const SCHEMA: &str = "identity/1";
const CREDIT: &str = "credit-report/1";
const BOTH: [InjectedFault; 2] = [InjectedFault::Lost, InjectedFault::LandedButLost];

fn ask(
    world: &World,
    number: &str,
    wallet: &Wallet,
    enrolment: Enrolment,
) -> Result<IssuedCredential, CredentialError> {
    import(&world.gongan, SCHEMA, &identity_row(number));
    let token = token_to(&world.gongan, SCHEMA, number, enrolment);
    receive(&world.gongan, &token, &wallet.enroll(&world.gongan, SCHEMA, &world.gongan.nonce()))
}

fn add(world: &World, wallet: &Wallet) -> Result<IssuedCredential, CredentialError> {
    ask(world, PERSON, wallet, Enrolment::Add)
}

fn refusal<T>(outcome: Result<T, CredentialError>) -> IssuerError {
    match outcome {
        Err(CredentialError::Act(ActError::Refused(refusal))) => refusal,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was granted"),
    }
}

/// A person with three devices.
fn three() -> (World, [Wallet; 3], [IssuedCredential; 3]) {
    let world = World::new();
    let first = Wallet::new(1);
    let wallets = [first.another_device(1), first.another_device(2), first.another_device(3)];
    let issued = wallets.each_ref().map(|wallet| add(&world, wallet).unwrap());
    (world, wallets, issued)
}

fn in_tree(world: &World, issued: &[IssuedCredential]) -> usize {
    issued.iter().filter(|issued| world.ledger.leaf(issued.position) != 0_u64.into()).count()
}

fn change(world: &World, act: Act) -> Result<Changed, ActError> {
    world.gongan.change_status(&id(SCHEMA), &person(PERSON), act, "test.reason")
}

#[test]
fn three_devices_of_a_person_stand_side_by_side() {
    let (world, wallets, issued) = three();
    assert_eq!(world.ledger.leaves(), (3, 0));
    for (wallet, issued) in wallets.iter().zip(&issued) {
        assert_eq!(world.ledger.leaf(issued.position), wallet.open(&world.gongan, issued).leaf());
        assert_eq!(issued.attributes["person_since"], "1970-01-01");
    }
    for (wallet, issued) in wallets.iter().zip(&issued) {
        assert!(add(&world, wallet).unwrap() == *issued, "whoever is there receives what it has");
    }
    assert_eq!(world.ledger.leaves(), (3, 0));
}

#[test]
fn a_fourth_device_is_refused_until_another_offer_makes_room() {
    let (world, wallets, issued) = three();
    let fourth = wallets[0].another_device(4);
    assert_eq!(refusal(add(&world, &fourth)), IssuerError::TooManyDevices);
    assert_eq!(world.ledger.leaves(), (3, 0));
    ask(&world, PERSON, &fourth, Enrolment::ReplaceAll).unwrap();
    assert_eq!((world.ledger.leaves(), in_tree(&world, &issued)), ((4, 3), 0));
    add(&world, &wallets[0]).unwrap();
    assert_eq!(world.ledger.leaves(), (5, 3));
}

#[test]
fn whoever_replaces_all_ends_the_others_and_keeps_its_own() {
    let (world, wallets, issued) = three();
    assert!(ask(&world, PERSON, &wallets[1], Enrolment::ReplaceAll).unwrap() == issued[1]);
    assert_eq!(world.ledger.leaves(), (3, 2));
    assert_eq!(in_tree(&world, &issued[1..2]), 1);
    let outcome = world.gongan.grant_list(&id(SCHEMA), &[identity_row(PERSON)]).unwrap();
    assert_eq!(outcome, [RowOutcome::Unchanged], "a list brings no ended device back");
}

#[test]
fn a_further_device_of_somebody_else_is_refused() {
    let (world, wallets, _) = three();
    assert_eq!(refusal(ask(&world, PERSON, &Wallet::new(9), Enrolment::Add)), IssuerError::OtherPerson);
    let shared = wallets[0].another_device(8);
    assert_eq!(refusal(ask(&world, OTHER, &shared, Enrolment::Add)), IssuerError::SharedPerson);
    assert_eq!(refusal(ask(&world, OTHER, &wallets[0], Enrolment::Add)), IssuerError::SharedPerson);
    assert_eq!(world.ledger.leaves(), (3, 0));
}

/// A database from before persons were known does not know whose the device is.
#[test]
fn a_device_beside_one_of_an_unknown_person_is_refused() {
    let world = World::new();
    world.identify(PERSON, &Wallet::new(1));
    world.gongan.store_for_tests().read().execute("DELETE FROM persons", []).unwrap();
    assert_eq!(refusal(add(&world, &Wallet::new(2))), IssuerError::UnknownDevices);
    assert_eq!(world.ledger.leaves(), (1, 0));
    add(&world, &Wallet::new(1)).unwrap();
    assert_eq!(world.ledger.leaves(), (1, 0), "the device that is there says whose it is");
    add(&world, &Wallet::new(1).another_device(2)).unwrap();
    assert_eq!(world.ledger.leaves(), (2, 0));
}

#[test]
fn acts_on_a_person_reach_all_devices_in_one_batch() {
    let (world, _, issued) = three();
    let sent = || world.ledger.submitted.lock().unwrap().len();
    for (act, standing) in [(Act::Suspend, 0), (Act::Restore, 3), (Act::Revoke, 0)] {
        let before = sent();
        assert!(change(&world, act).unwrap().done);
        assert_eq!((in_tree(&world, &issued), sent() - before), (standing, 1));
        assert!(!change(&world, act).unwrap().done);
    }
    let refused = world.gongan.grant_list(&id(SCHEMA), &[identity_row(PERSON)]).unwrap();
    assert_eq!(refused, [RowOutcome::Refused(IssuerError::Withdrawn)]);
}

/// The ledger's other departments withdrew one of the leaves: what is left is still reached.
#[test]
fn an_act_reaches_the_devices_that_are_left() {
    let (world, _, issued) = three();
    {
        let store = world.gongan.store_for_tests();
        let leaf = issued[1].position;
        let state = crate::store::credentials::CredentialState::Suspended;
        crate::store::credentials::set_state(store.read(), &(leaf..=leaf), state, "test", false).unwrap();
    }
    assert!(matches!(change(&world, Act::Suspend), Ok(Changed { done: true, .. })));
    assert_eq!(in_tree(&world, &issued), 1, "what was suspended elsewhere is not sent again");
}

#[test]
fn a_correction_reaches_all_devices() {
    let (world, wallets, issued) = three();
    let set = [("name".to_owned(), "侯小斌".to_owned())].into();
    assert!(world.gongan.correct(&id(SCHEMA), &person(PERSON), &set, "data.error").unwrap().done);
    assert_eq!((world.ledger.leaves(), in_tree(&world, &issued)), ((6, 3), 0));
    for wallet in &wallets {
        let token = token_to(&world.gongan, SCHEMA, PERSON, Enrolment::Add);
        let request = wallet.enroll(&world.gongan, SCHEMA, &world.gongan.nonce());
        let now = receive(&world.gongan, &token, &request).unwrap();
        assert_eq!(now.attributes["name"], "侯小斌");
        assert_eq!(world.ledger.leaf(now.position), wallet.open(&world.gongan, &now).leaf());
    }
    assert_eq!(world.ledger.leaves(), (6, 3), "they were issued with the correction");
}

#[test]
fn a_list_reaches_all_devices_and_does_nothing_twice() {
    let (world, _, issued) = three();
    let mut moved = identity_row(PERSON);
    moved.insert("residence_district".to_owned(), "450105".to_owned());
    for outcome in [RowOutcome::Issued, RowOutcome::Unchanged] {
        assert_eq!(world.gongan.grant_list(&id(SCHEMA), std::slice::from_ref(&moved)).unwrap(), [outcome]);
        assert_eq!((world.ledger.leaves(), in_tree(&world, &issued)), ((6, 3), 0));
    }
}

#[test]
fn two_devices_never_say_different_things() {
    let (world, wallets, issued) = three();
    let mut moved = identity_row(PERSON);
    moved.insert("residence_district".to_owned(), "450105".to_owned());
    import(&world.gongan, SCHEMA, &moved);
    let token = token_to(&world.gongan, SCHEMA, PERSON, Enrolment::Add);
    let request = wallets[2].enroll(&world.gongan, SCHEMA, &world.gongan.nonce());
    receive(&world.gongan, &token, &request).unwrap();
    assert_eq!((world.ledger.leaves(), in_tree(&world, &issued)), ((6, 3), 0));
}

#[test]
fn a_reset_ends_all_devices() {
    let (world, wallets, issued) = three();
    assert!(world.gongan.reset(&id(SCHEMA), &person(PERSON), "lost.phrase").unwrap().done);
    assert_eq!(in_tree(&world, &issued), 0);
    for wallet in &wallets {
        assert_eq!(refusal(add(&world, wallet)), IssuerError::PersonEnded);
    }
    let new = Wallet::new(7);
    for seed in [7, 8, 9] {
        let issued = add(&world, &new.another_device(seed)).unwrap();
        assert_eq!(issued.attributes["person_since"], "2026-09-21");
    }
    assert_eq!(refusal(add(&world, &new.another_device(10))), IssuerError::TooManyDevices);
    assert_eq!(world.ledger.leaves(), (6, 3));
}

/// Nothing is said of other devices where there are none.
#[test]
fn an_offer_tells_the_wallet_what_becomes_of_the_other_devices() {
    let world = World::new();
    import(&world.gongan, SCHEMA, &identity_row(PERSON));
    let said = |enrolment| {
        let offered = world.gongan.offer_to(&id(SCHEMA), &person(PERSON), enrolment).unwrap();
        let link: OfferLink = offered.offer.parse().unwrap();
        let name = link.offer_uri().path().trim_start_matches("/offer/").to_owned();
        world.gongan.offer_document(&name).unwrap().unwrap().yong_other_devices
    };
    assert_eq!(said(Enrolment::ReplaceAll), None);
    world.identify(PERSON, &Wallet::new(1));
    assert_eq!(said(Enrolment::ReplaceAll), Some(OtherDevices::End));
    assert_eq!(said(Enrolment::Add), Some(OtherDevices::Stay));
}

#[test]
fn an_offer_that_says_nothing_ends_the_other_devices() {
    let read = |enrolment: &[(&str, &str)]| {
        let mut request = serde_json::json!({"schema": SCHEMA, "person": PERSON});
        for (name, word) in enrolment {
            request[*name] = (*word).into();
        }
        serde_json::from_value::<OfferRequest>(request).map(|request| request.enrolment)
    };
    assert_eq!(read(&[]).unwrap(), Enrolment::ReplaceAll);
    assert_eq!(read(&[("enrolment", "add")]).unwrap(), Enrolment::Add);
    assert!(read(&[("enrolment", "some")]).is_err());
}

/// A desk that asks for the identity credential takes each device by its own.
#[test]
fn another_department_keeps_the_same_devices() {
    let (world, wallets, identities) = three();
    world.credit.sync().unwrap();
    import(&world.credit, CREDIT, &credit_row(PERSON, "650"));
    let ask = |wallet: &Wallet, identity, enrolment| {
        let token = token_to(&world.credit, CREDIT, PERSON, enrolment);
        let request = wallet.show(&world, identity, CREDIT, &world.credit.nonce(), NOW);
        receive(&world.credit, &token, &request)
    };
    let [first, second] = [0, 1].map(|n| ask(&wallets[n], &identities[n], Enrolment::Add).unwrap());
    assert_ne!(first.position, second.position);
    assert_eq!(in_tree(&world, &[first, second]), 2);
    let third = ask(&wallets[2], &identities[2], Enrolment::ReplaceAll).unwrap();
    assert_eq!((world.ledger.leaves(), in_tree(&world, &[third])), ((6, 2), 1));
}

#[test]
fn an_interrupted_enrolment_of_a_further_device_commits_once() {
    for fault in BOTH {
        let world = World::new();
        let first = Wallet::new(1);
        add(&world, &first).unwrap();
        world.ledger.fail_next(fault);
        let second = first.another_device(2);
        assert!(matches!(add(&world, &second), Err(CredentialError::Act(ActError::Ledger(_)))));
        add(&world, &second).unwrap();
        assert_eq!(world.ledger.leaves(), (2, 0));
    }
}

/// What the ledger did not end stays in force, and there is no further device beside it.
#[test]
fn a_device_beside_one_that_was_to_end_is_refused() {
    let (world, wallets, _) = three();
    let fourth = wallets[0].another_device(4);
    world.ledger.fail_next(InjectedFault::Refused);
    let refused = refusal(ask(&world, PERSON, &fourth, Enrolment::ReplaceAll));
    assert!(matches!(refused, IssuerError::Ledger { .. }));
    assert_eq!(refusal(add(&world, &fourth)), IssuerError::UnknownDevices);
    assert_eq!(world.gongan.person(&person(PERSON)).unwrap().cards[0].devices.len(), 4);
    ask(&world, PERSON, &fourth, Enrolment::ReplaceAll).unwrap();
    assert_eq!(world.ledger.leaves(), (4, 3));
}

/// Whoever wrote it down could have written down a wallet of their own.
#[test]
fn a_device_beside_one_that_only_an_assistant_wrote_down_is_refused() {
    let world = World::new();
    let first = Wallet::new(1);
    let text = |x| circuits::field::Element(x).to_string();
    let cells = [text(first.holder(&world.gongan, SCHEMA)), text(first.person(&world.gongan))];
    let line = super::world::row(&[("id_number", PERSON), ("holder", &cells[0]), ("person", &cells[1])]);
    let outcome = world.gongan.import_enrolments(&id(SCHEMA), &[line]).unwrap();
    assert_eq!(outcome, [RowOutcome::Written]);
    assert_eq!(refusal(add(&world, &first.another_device(2))), IssuerError::UnknownDevices);
    add(&world, &first).unwrap();
    add(&world, &first.another_device(2)).unwrap();
    assert_eq!(world.ledger.leaves(), (2, 0), "it has shown itself by now");
}

#[test]
fn a_device_beside_a_paper_is_refused() {
    let world = World::new();
    let wallet = Wallet::new(1);
    let identity = world.identify(PERSON, &wallet);
    world.credit.sync().unwrap();
    import(&world.credit, CREDIT, &credit_row(PERSON, "650"));
    let clerk = service::staff::Clerk::Local;
    let basis = crate::issuer::Basis::Present;
    let code = crate::issuer::paper_code("", &person(PERSON)).unwrap();
    world.credit.paper_or_propose(&clerk, &id(CREDIT), &person(PERSON), &basis, code).unwrap();
    let ask = |enrolment| {
        let token = token_to(&world.credit, CREDIT, PERSON, enrolment);
        let request = wallet.show(&world, &identity, CREDIT, &world.credit.nonce(), NOW);
        receive(&world.credit, &token, &request)
    };
    assert_eq!(refusal(ask(Enrolment::Add)), IssuerError::UnknownDevices);
    ask(Enrolment::ReplaceAll).unwrap();
}

#[test]
fn an_assistant_adds_no_further_device() {
    let (world, wallets, _) = three();
    let text = |x| circuits::field::Element(x).to_string();
    let fourth = wallets[0].another_device(4);
    let cells = [text(fourth.holder(&world.gongan, SCHEMA)), text(fourth.person(&world.gongan))];
    let line = super::world::row(&[("id_number", PERSON), ("holder", &cells[0]), ("person", &cells[1])]);
    let outcome = world.gongan.import_enrolments(&id(SCHEMA), &[line]).unwrap();
    assert_eq!(outcome, [RowOutcome::Refused(IssuerError::EnrolledOtherwise)]);
}

/// Five hundred people with three devices each do not fit one entry of the ledger.
#[test]
fn a_long_list_of_people_with_many_devices_is_several_batches() {
    let world = World::new();
    let numbers: Vec<String> = (0..168).map(|n| format!("P{n:05}")).collect();
    {
        let store = world.credit.store_for_tests();
        for (n, number) in (0_u64..).zip(&numbers) {
            for device in 0..3 {
                let holder = (1 + n * 3 + device).into();
                let device = EnrolledDevice { holder, source: EnrolmentSource::Protocol, at: NOW };
                let of = person(number);
                people::enrol(store.read(), &of, &id(CREDIT), &device, Enrolment::Add).unwrap();
            }
        }
    }
    let rows: Vec<_> = numbers.iter().map(|number| credit_row(number, "650")).collect();
    let outcomes = world.credit.grant_list(&id(CREDIT), &rows).unwrap();
    assert!(outcomes.iter().all(|outcome| *outcome == RowOutcome::Issued));
    assert_eq!(world.ledger.leaves(), (504, 0));
    assert_eq!(world.ledger.submitted.lock().unwrap().len(), 2);
    let rows: Vec<_> = numbers.iter().map(|number| credit_row(number, "700")).collect();
    world.credit.grant_list(&id(CREDIT), &rows).unwrap();
    assert_eq!(world.ledger.leaves(), (1_008, 504));
}
