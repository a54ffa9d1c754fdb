//! Approving for another department: what a clerk of a second department is asked, and what is refused.

use ledger::proposal::{MAX_PROPOSAL, Proposal};
use ledger::samples;
use serde_json::json;

use super::recovery::{altered, dealt, proposed};
use super::world::{CREDIT, GONGAN, TAX, World};
use crate::issuer::{ActError, Issuer, IssuerError};

fn refusal(issuer: &Issuer, text: &str) -> IssuerError {
    let read = issuer.read_foreign_recovery(text).map(drop);
    let approved = issuer.approve_foreign_recovery("lu", text).map(drop);
    match (read, approved) {
        (Err(ActError::Refused(read)), Err(ActError::Refused(approved))) => {
            assert_eq!(read, approved, "what is read as one is approved as the same");
            approved
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_asked_is_read_from_the_record() {
    let (world, _) = dealt();
    let text = proposed(&world, "new");
    let asked = world.credit.read_foreign_recovery(&text).unwrap().request;
    assert_eq!(asked.desk.as_str(), GONGAN);
    assert_eq!(asked.key_digest, samples::hpke_key("new").digest());
    let back = world.credit.approve_foreign_recovery("lu", &text).unwrap();
    let (sent, back) = (Proposal::parse(text.as_bytes()).unwrap(), Proposal::parse(back.as_bytes()).unwrap());
    assert!(sent.proposes_the_same_as(&back));
    let good: Vec<_> = back.good_approvals(&world.gongan.registry()).map(|good| &good.signer).collect();
    assert_eq!(good.iter().map(|signer| signer.as_str()).collect::<Vec<_>>(), [CREDIT]);
}

#[test]
fn what_is_no_proposal_is_refused() {
    let (world, _) = dealt();
    let large = format!("{}{}", proposed(&world, "new"), " ".repeat(MAX_PROPOSAL));
    for bad in ["", "{}", "yes", &large] {
        assert_eq!(refusal(&world.credit, bad), IssuerError::BadProposal);
    }
}

#[test]
fn a_request_for_another_ledger_is_refused() {
    let (world, _) = dealt();
    let other = altered(&proposed(&world, "new"), |json| json["origin"] = json!("other.city/1"));
    assert_eq!(refusal(&world.credit, &other), IssuerError::OtherLedger);
}

#[test]
fn another_kind_of_record_is_refused() {
    let (world, _) = dealt();
    let mut record = samples::withdraw("w", GONGAN, 0, 0);
    record.bind(samples::terms(0));
    let proposal = Proposal::new(&world.credit.registry(), record).to_bytes();
    assert_eq!(refusal(&world.credit, std::str::from_utf8(&proposal).unwrap()), IssuerError::NotARecovery);
}

#[test]
fn a_department_does_not_approve_its_own_request() {
    let (world, _) = dealt();
    let text = proposed(&world, "new");
    assert_eq!(refusal(&world.gongan, &text), IssuerError::OwnRecovery);
    let renamed = altered(&text, |json| json["record"]["desk"] = json!(CREDIT));
    assert_eq!(refusal(&world.credit, &renamed), IssuerError::OwnRecovery);
}

#[test]
fn a_desk_that_is_not_on_the_ledger_asks_nothing() {
    let (world, _) = dealt();
    let nobody = altered(&proposed(&world, "new"), |json| json["record"]["desk"] = json!("nobody.city"));
    assert_eq!(refusal(&world.credit, &nobody), IssuerError::UnknownDesk);
}

fn suspend(world: &World, department: &str, approvers: &[&str]) {
    let record = json!({"kind": "department.suspend", "id": format!("suspend/{department}"),
        "department": department, "reason": "key-stolen", "approvals": []});
    world.ledger.append(samples::sign_approved(samples::record(record), approvers));
}

#[test]
fn a_suspended_department_asks_nothing_and_approves_nothing() {
    let (world, _) = dealt();
    let text = proposed(&world, "new");
    suspend(&world, GONGAN, &[CREDIT, TAX]);
    assert_eq!(refusal(&world.credit, &text), IssuerError::UnknownDesk);
    let (world, _) = dealt();
    let text = proposed(&world, "new");
    suspend(&world, CREDIT, &[GONGAN, TAX]);
    assert_eq!(refusal(&world.credit, &text), IssuerError::DepartmentSuspended);
}

#[test]
fn a_request_that_has_ended_or_has_no_end_is_refused() {
    let (world, _) = dealt();
    let text = proposed(&world, "new");
    let endless = altered(&text, |json| {
        json["record"].as_object_mut().unwrap().remove("terms");
    });
    let long = altered(&text, |json| json["record"]["terms"]["expires"] = json!(4_000_000_000_u64));
    let old = altered(&text, |json| json["record"]["time"] = json!(1));
    let to_come = altered(&text, |json| json["record"]["time"] = json!(4_000_000_000_u64));
    for bad in [endless, long, old, to_come] {
        assert_eq!(refusal(&world.credit, &bad), IssuerError::ProposalEnded);
    }
    world.pass(7 * 86_400);
    assert_eq!(refusal(&world.credit, &text), IssuerError::ProposalEnded);
}

#[test]
fn a_department_approves_once() {
    let (world, _) = dealt();
    let back = world.credit.approve_foreign_recovery("lu", &proposed(&world, "new")).unwrap();
    assert_eq!(refusal(&world.credit, &back), IssuerError::AlreadySo);
}

#[test]
fn a_clerk_approves_twenty_in_a_day() {
    let (world, _) = dealt();
    let text = proposed(&world, "new");
    let approve = |clerk: &str| world.credit.approve_foreign_recovery(clerk, &text).map(drop);
    for _ in 0..20 {
        approve("lu").unwrap();
    }
    for _ in 0..2 {
        assert!(matches!(approve("lu"), Err(ActError::Refused(IssuerError::TooManyApprovals))));
    }
    approve("wei").unwrap();
    world.pass(86_401);
    approve("lu").unwrap();
}
