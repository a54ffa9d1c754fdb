//! The second person.

use axum::http::StatusCode;

use super::browser::{Browser, Desk, Page, Which};
use crate::config::StaffRules;
use crate::tests::world::{InjectedFault, PERSON, Wallet, credit_row, enrol, id};

const SCHEMA: &str = "credit-report/1";

fn granted(desk: Desk) -> Desk {
    let holder = Wallet::new(1).holder(&desk.issuer, SCHEMA);
    enrol(&desk.issuer, SCHEMA, PERSON, &holder);
    desk.issuer.grant_list(&id(SCHEMA), &[credit_row(PERSON, "650")]).unwrap();
    desk
}

fn staffed() -> Desk {
    granted(Desk::staffed(Which::Credit, &StaffRules::default()))
}

/// Where the proposal is.
fn propose(clerk: &Browser<'_>, act: &str) -> String {
    let form = [("schema", SCHEMA), ("act", act), ("reason", "fraud"), ("sure", "yes")];
    let asked = clerk.post(&format!("{}/status", clerk.find(PERSON)), &form);
    assert!(asked.location.starts_with("/proposals/"), "{}", asked.html);
    asked.location
}

fn decide(clerk: &Browser<'_>, at: &str, decision: &str) -> Page {
    clerk.post(&format!("{at}/decide"), &[("decision", decision)])
}

#[test]
fn a_revocation_waits_until_another_clerk_approves() {
    let desk = staffed();
    let wei = desk.clerk("wei");
    let lu = desk.clerk("lu");
    let at = propose(&wei, "revoke");
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
    assert!(wei.get(&at).has("id=\"own\"") && !wei.get(&at).has("id=\"approve\""));
    assert_eq!(decide(&wei, &at, "approve").refusal(), "own_proposal");
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
    assert_eq!(lu.get("/").attribute("data-waiting"), "1");
    assert!(lu.get(&at).has("id=\"approve\"") && lu.get(&at).has(PERSON));
    assert_eq!(decide(&lu, &at, "approve").location, at);
    assert_eq!(desk.world.ledger.leaves(), (1, 1));
    assert!(wei.get(&wei.find(PERSON)).has("data-state=\"revoked\""));
    assert_eq!(decide(&lu, &at, "approve").refusal(), "not_open");
    let audit = desk.clerk("nong").get("/audit");
    for word in ["propose", "approve", "revoke"] {
        assert!(audit.has(&format!("data-act=\"{word}\"")), "{word}");
    }
}

#[test]
fn what_was_declined_or_taken_back_is_not_done() {
    let desk = staffed();
    let wei = desk.clerk("wei");
    let lu = desk.clerk("lu");
    for decider in [&wei, &lu] {
        let at = propose(&wei, "revoke");
        assert_eq!(decide(decider, &at, "decline").location, at);
        assert_eq!(decide(&lu, &at, "approve").refusal(), "not_open");
    }
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
    let at = propose(&wei, "revoke");
    assert_eq!(decide(&lu, &at, "perhaps").refusal(), "malformed");
    assert_eq!(decide(&desk.clerk("qin"), &at, "approve").status, StatusCode::FORBIDDEN);
}

#[test]
fn somebody_without_a_name_is_no_second_pair_of_eyes() {
    let desk = granted(Desk::unnamed(Which::Credit, [127, 0, 0, 1]));
    let local = desk.stranger();
    let at = propose(&local, "revoke");
    assert!(local.get(&at).has("id=\"unnamed\"") && local.get("/proposals").has("id=\"unnamed\""));
    assert_eq!(decide(&local, &at, "approve").refusal(), "own_proposal");
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
    assert_eq!(decide(&local, &at, "decline").location, at);
}

#[test]
fn a_limit_of_nothing_makes_everything_wait_and_a_correction_keeps_what_it_sets() {
    let rules = StaffRules { alone_up_to: 0, ..StaffRules::default() };
    let desk = granted(Desk::staffed(Which::Credit, &rules));
    let wei = desk.clerk("wei");
    let lu = desk.clerk("lu");
    let form = [("schema", SCHEMA), ("reason", "data.error"), ("set-score", "700")];
    let at = wei.post(&format!("{}/correct", wei.find(PERSON)), &form).location;
    assert!(lu.get(&at).has("<dd>700</dd>"));
    decide(&lu, &at, "approve");
    assert!(wei.get(&wei.find(PERSON)).has("<td>700</td><td>700</td>"));
    let at = propose(&wei, "suspend");
    assert_eq!(desk.world.ledger.leaves(), (2, 1));
    decide(&lu, &at, "approve");
    assert_eq!(desk.world.ledger.leaves(), (2, 2));
}

#[test]
fn what_cannot_be_done_is_not_proposed() {
    let desk = Desk::staffed(Which::Credit, &StaffRules::default());
    crate::tests::world::import(&desk.issuer, SCHEMA, &credit_row(PERSON, "650"));
    let wei = desk.clerk("wei");
    let at = wei.find(PERSON);
    let revoke = |reason| {
        wei.post(
            &format!("{at}/status"),
            &[("schema", SCHEMA), ("act", "revoke"), ("reason", reason), ("sure", "yes")],
        )
    };
    assert_eq!(revoke("fraud").refusal(), "not_held");
    assert_eq!(revoke("two words").refusal(), "bad_reason");
}

#[test]
fn an_approved_act_that_the_ledger_did_not_answer_is_asked_for_again() {
    let desk = staffed();
    let wei = desk.clerk("wei");
    let lu = desk.clerk("lu");
    let at = propose(&wei, "revoke");
    desk.world.ledger.fail_next(InjectedFault::Lost);
    assert_eq!(decide(&lu, &at, "approve").refusal(), "busy");
    assert_eq!(desk.world.ledger.leaves(), (1, 0));
    assert!(lu.get(&at).has("id=\"again\""));
    assert_eq!(decide(&lu, &at, "again").location, at);
    assert_eq!(desk.world.ledger.leaves(), (1, 1));
    assert!(!lu.get(&at).has("id=\"again\""));
}
