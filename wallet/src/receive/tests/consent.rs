//! What a desk is shown, and that the owner agreed and the history knows before it is.

use super::*;
use crate::HttpError;

const NUMBER: &str = "450199199609118925";

/// A wallet with the police's identity credential before the credit bureau's desk, which has a report for it.
fn citizen_at_the_desk() -> (TestIssuer, Wallet, Ledger) {
    let issuer = TestIssuer::of_credit();
    let mut citizen = wallet(1);
    issuer.world.grant(&mut citizen, POLICE, "identity/1", &values());
    issuer.grant(&citizen, CREDIT, "credit-report/1", &json!({"score": 1, "level": "A"}));
    let ledger = issuer.world.ledger();
    ledger.sync(citizen.positions(), NOW).unwrap();
    (issuer, citizen, ledger)
}

fn shown(wallet: &Wallet) -> &ShownRecord {
    let shown = wallet.history().iter().find_map(|event| match &event.act {
        Act::ShownToDesk(shown) => Some(&**shown),
        Act::Received { .. } | Act::Asked(_) | Act::Paired { .. } | Act::Dealt(_) | Act::Recovered { .. } => {
            None
        }
    });
    shown.expect("the history says what was shown")
}

#[test]
fn the_owner_is_told_what_is_shown_to_whom_before_anything_is_sent() {
    let (issuer, mut wallet, ledger) = citizen_at_the_desk();
    let mut asked = 0;
    let mut consent = |offer: &Offer| {
        asked += 1;
        assert!(issuer.server.take_heard().iter().all(|heard| heard.method == "GET"), "nothing was sent");
        let identity = offer.identity().unwrap();
        assert_eq!((offer.department().as_str(), identity.schema().as_str()), (CREDIT, "identity/1"));
        assert_eq!(identity.attribute().text("en"), "number");
        assert_eq!(identity.value().to_json(), json!(NUMBER));
        accepts(offer)
    };
    wallet.receive(&ledger, &issuer.offer(), &mut consent, NOW, &mut rng(5)).unwrap();
    assert_eq!(asked, 1);
}

#[test]
fn who_declines_sends_nothing_and_has_shown_nothing() {
    let (issuer, mut wallet, ledger) = citizen_at_the_desk();
    let mut declines = |_: &Offer| OfferDecision::Decline;
    let refused = wallet.receive(&ledger, &issuer.offer(), &mut declines, NOW, &mut rng(5)).err().unwrap();
    assert!(matches!(refused, ReceiveError::Declined), "{refused}");
    assert!(issuer.server.take_heard().iter().all(|heard| heard.method == "GET"));
    assert!(wallet.history().is_empty());
}

#[test]
fn what_was_shown_is_in_the_history_before_the_desk_hears_of_it() {
    let (issuer, mut wallet, ledger) = citizen_at_the_desk();
    let mut offer = wallet.offer(&ledger, &issuer.offer(), NOW).unwrap();
    let reserved = wallet.reserve_showing(&offer, NOW);
    let before = shown(&wallet);
    assert_eq!((before.desk.as_str(), before.schema.as_str()), (CREDIT, "credit-report/1"));
    assert_eq!(before.shown.revealed, ["id_number"]);
    assert_eq!(before.outcome, Outcome::Unfinished);
    assert!(issuer.server.take_heard().iter().all(|heard| heard.method == "GET"));
    let tx_code = Some(Secret::from("123456".to_owned()));
    let held = wallet.collect(&ledger, &mut offer, tx_code, NOW, &mut rng(5));
    wallet.remember_showing(reserved.as_ref(), &offer, &held);
    assert_eq!(shown(&wallet).outcome, Outcome::Presented);
    assert!(!serde_json::to_string(wallet.history()).unwrap().contains(NUMBER), "names, never values");
}

#[test]
fn a_desk_that_takes_the_number_and_gives_nothing_is_in_the_history() {
    let refused = Outcome::Refused { reason: "credential_request_denied".to_owned() };
    let denied = json!({"error": "credential_request_denied", "message": {"zh-CN": "x", "en": "x"}});
    for (status, body, outcome) in [
        (500, json!({}), Outcome::Failed),
        (200, json!({"credentials": []}), Outcome::Failed),
        (400, denied, refused),
    ] {
        let (issuer, mut wallet, ledger) = citizen_at_the_desk();
        issuer.set(|script| script.credential = (status, body));
        issuer.receive(&mut wallet, &ledger).unwrap_err();
        assert_eq!(posted(&issuer, "/credential").len(), 1);
        let shown = shown(&wallet);
        assert_eq!((shown.desk.as_str(), &shown.outcome), (CREDIT, &outcome));
        assert_eq!(shown.shown.revealed, ["id_number"]);
    }
}

#[test]
fn what_was_agreed_to_and_not_sent_is_told_apart() {
    let (issuer, mut wallet, ledger) = citizen_at_the_desk();
    issuer.set(|script| script.token = (500, json!({})));
    issuer.receive(&mut wallet, &ledger).unwrap_err();
    assert!(posted(&issuer, "/credential").is_empty());
    assert_eq!(shown(&wallet).outcome, Outcome::NotSent);
}

#[test]
fn another_identity_than_the_one_that_was_looked_at_is_not_shown() {
    let (issuer, mut wallet, ledger) = citizen_at_the_desk();
    let mut offer = wallet.offer(&ledger, &issuer.offer(), NOW).unwrap();
    let mut corrected = values();
    corrected["birth_date"] = json!("1996-09-12");
    issuer.world.grant(&mut wallet, POLICE, "identity/1", &corrected);
    ledger.sync(wallet.positions(), NOW).unwrap();
    let tx_code = Some(Secret::from("123456".to_owned()));
    let refused = wallet.collect(&ledger, &mut offer, tx_code, NOW, &mut rng(5)).err().unwrap();
    assert!(matches!(refused, ReceiveError::Identity(ShowIdentityError::None(_))), "{refused}");
    assert!(posted(&issuer, "/credential").is_empty());
}

#[test]
fn a_second_try_that_sends_nothing_is_told_apart_from_a_first_that_did() {
    let (issuer, mut wallet, ledger) = citizen_at_the_desk();
    issuer.set(|script| script.credential = (500, json!({})));
    let mut offer = wallet.offer(&ledger, &issuer.offer(), NOW).unwrap();
    for outcome in [Outcome::Failed, Outcome::NotSent] {
        if outcome == Outcome::NotSent {
            suspend(&issuer);
            ledger.sync([], NOW).unwrap();
        }
        let reserved = wallet.reserve_showing(&offer, NOW);
        let tx_code = Some(Secret::from("123456".to_owned()));
        let held = wallet.collect(&ledger, &mut offer, tx_code, NOW, &mut rng(5));
        wallet.remember_showing(reserved.as_ref(), &offer, &held);
        match &wallet.history().last().unwrap().act {
            Act::ShownToDesk(shown) => assert_eq!(shown.outcome, outcome),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(posted(&issuer, "/credential").len(), 1);
}

/// The desk asks; the ledger does not let it.
fn not_binding(issuer: &TestIssuer, wallet: &mut Wallet, ledger: &Ledger) {
    let refused = issuer.receive(wallet, ledger).err().unwrap();
    assert!(matches!(refused, ReceiveError::NotBinding(_)), "{refused}");
    assert!(issuer.server.take_heard().iter().all(|heard| heard.method == "GET"), "nothing was sent");
    assert!(wallet.history().is_empty());
}

#[test]
fn a_desk_asks_for_nothing_but_what_the_ledger_says_of_its_own_schema() {
    let identity = |schema: &str, issuers: &[&str]| {
        let issuers = issuers.iter().map(|id| id.parse().unwrap()).collect();
        json!(ProofTypes::identity(schema.parse().unwrap(), issuers))
    };
    for asked in [
        identity("identity/1", &[POLICE, CREDIT]),
        identity("identity/1", &[CREDIT]),
        identity("credit-report/1", &[POLICE]),
        identity("nothing/1", &[POLICE]),
    ] {
        let (issuer, mut wallet, ledger) = citizen_at_the_desk();
        issuer.set(|script| {
            let offered = &mut script.metadata["credential_configurations_supported"]["credit-report/1"];
            offered["proof_types_supported"] = asked;
        });
        not_binding(&issuer, &mut wallet, &ledger);
    }
    // Its own schema does not hang on an identity; another department's does, and is not its own.
    for schema in ["identity/1", "credit-report/1"] {
        let issuer = TestIssuer::new(&identity_of_the_police(), schema);
        let mut citizen = wallet(1);
        issuer.world.grant(&mut citizen, POLICE, "identity/1", &values());
        let ledger = issuer.world.ledger();
        ledger.sync(citizen.positions(), NOW).unwrap();
        not_binding(&issuer, &mut citizen, &ledger);
    }
}

fn suspend(issuer: &TestIssuer) {
    issuer.world.publish(
        POLICE,
        ledger::samples::record(
            json!({"kind": "department.suspend", "id": "suspend/credit", "department": CREDIT,
            "reason": "audit", "approvals": []}),
        ),
    );
}

#[test]
fn a_suspended_department_offers_nothing() {
    let (issuer, mut wallet, ledger) = citizen_at_the_desk();
    suspend(&issuer);
    ledger.sync([], NOW).unwrap();
    let refused = issuer.receive(&mut wallet, &ledger).err().unwrap();
    assert!(matches!(refused, ReceiveError::Suspended(_)), "{refused}");
    assert!(issuer.server.take_heard().is_empty(), "it is not even asked");
}

#[test]
fn a_department_that_was_suspended_meanwhile_is_shown_nothing() {
    let (issuer, wallet, ledger) = citizen_at_the_desk();
    let mut offer = wallet.offer(&ledger, &issuer.offer(), NOW).unwrap();
    suspend(&issuer);
    ledger.sync([], NOW).unwrap();
    let refused = wallet.collect(&ledger, &mut offer, None, NOW, &mut rng(5)).err().unwrap();
    assert!(matches!(refused, ReceiveError::Suspended(_)), "{refused}");
    assert!(issuer.server.take_heard().iter().all(|heard| heard.method == "GET"));
}

#[test]
fn a_desk_on_this_machine_is_asked_only_to_try_things_out() {
    let issuer = enrolling();
    let genesis = issuer.world.genesis();
    let cautious = Ledger::new(Box::new(issuer.world.clone()), genesis, None);
    let refused = issuer.receive(&mut wallet(1), &cautious).err().unwrap();
    assert!(matches!(refused, ReceiveError::Http(HttpError::Local(_))), "{refused}");
    assert!(issuer.server.take_heard().is_empty());
}
