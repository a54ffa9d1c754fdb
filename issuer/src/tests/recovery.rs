//! Recovery with the trustees: what is proposed, what is completed, and what neither.

use ledger::proposal::Proposal;
use ledger::record::{Approval, BundleId, Record};
use ledger::samples::{self, bundle_id, hpke_key, insecure_key};
use serde_json::{Value, json};

use super::world::{
    CREDIT, GONGAN, InjectedFault, NOW, OTHER, PERSON, TAX, Wallet, World, credit_row, id, identity_row,
    import, person,
};
use crate::issuer::{ActError, Changed, Issuer, IssuerError, Recovery, RecoveryState};

const SCHEMA: &str = "identity/1";
const BOTH: [InjectedFault; 2] = [InjectedFault::Lost, InjectedFault::LandedButLost];

/// Somebody who has dealt the bundle `one`.
pub(super) fn dealt() -> (World, Wallet) {
    let world = World::new();
    let wallet = Wallet::new(1);
    world.identify(PERSON, &wallet);
    world.gongan.noticed(&wallet.notice(&world.gongan, bundle_id("one"))).unwrap();
    (world, wallet)
}

pub(super) fn propose(issuer: &Issuer, key: &str) -> Result<Recovery, ActError> {
    issuer.propose_recovery("wei", &id(SCHEMA), &person(PERSON), &hpke_key(key).to_string())
}

/// The text of a new request for the wallet of this name.
pub(super) fn proposed(world: &World, key: &str) -> String {
    propose(&world.gongan, key).unwrap().stored.proposal
}

fn agreed(world: &World, text: &str) -> String {
    world.credit.approve_foreign_recovery("lu", text).unwrap()
}

fn complete(world: &World, text: &str) -> Result<Changed, ActError> {
    world.gongan.complete_recovery("wei", text, None)
}

fn state(world: &World) -> RecoveryState {
    world.gongan.recovery_of(&person(PERSON)).unwrap().unwrap().state
}

fn refusal<T>(outcome: Result<T, ActError>) -> IssuerError {
    match outcome {
        Err(ActError::Refused(refusal)) => refusal,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was done"),
    }
}

/// What the ledger has for a bundle: digest of the key, and who approved.
fn requested(world: &World, bundle: &BundleId) -> Option<(String, Vec<String>)> {
    world.gongan.sync().unwrap();
    let registry = world.gongan.registry();
    let request = &registry.recovery(bundle)?.item;
    let approvers = request.approvals.iter().map(|approval| approval.signer.to_string()).collect();
    Some((request.key_digest.to_string(), approvers))
}

pub(super) fn altered(text: &str, alter: impl FnOnce(&mut Value)) -> String {
    let mut json: Value = serde_json::from_str(text).unwrap();
    alter(&mut json);
    json.to_string()
}

#[test]
fn a_request_goes_from_desk_to_desk_and_to_the_ledger_once() {
    let (world, _) = dealt();
    let text = proposed(&world, "new");
    assert_eq!(state(&world), RecoveryState::Open);
    assert_eq!(requested(&world, &bundle_id("one")), None);
    assert!(complete(&world, &agreed(&world, &text)).unwrap().done);
    assert_eq!(state(&world), RecoveryState::Requested);
    let there = requested(&world, &bundle_id("one")).unwrap();
    assert_eq!(there, (hpke_key("new").digest().to_string(), vec![CREDIT.to_owned()]));
    let sent = world.ledger.submitted.lock().unwrap().len();
    assert!(!complete(&world, &agreed_again(&text)).unwrap().done, "it is there");
    assert_eq!(world.ledger.submitted.lock().unwrap().len(), sent);
}

/// As another department's `ledger sign` would approve it.
fn agreed_again(text: &str) -> String {
    signed(text, TAX, TAX)
}

/// Signed with one department's key in the name of another.
fn signed(text: &str, name: &str, key: &str) -> String {
    let mut proposal = Proposal::parse(text.as_bytes()).unwrap();
    proposal.sign(name.parse().unwrap(), &insecure_key(key)).unwrap();
    String::from_utf8(proposal.to_bytes()).unwrap()
}

#[test]
fn what_was_signed_with_the_ledger_command_is_taken_too() {
    let (world, _) = dealt();
    let text = proposed(&world, "new");
    complete(&world, &agreed_again(&text)).unwrap();
    assert_eq!(requested(&world, &bundle_id("one")).unwrap().1, [TAX]);
}

#[test]
fn a_key_is_read_in_whatever_width_it_was_typed() {
    let (world, _) = dealt();
    let wide = |c: char| {
        let widened = u32::from(c) + 0xfee0;
        if c.is_ascii_alphanumeric() { char::from_u32(widened).unwrap() } else { c }
    };
    let key: String = hpke_key("new").to_string().chars().map(wide).collect();
    let typed = format!(" {key}\u{a0}\n");
    let recovery = world.gongan.propose_recovery("wei", &id(SCHEMA), &person(PERSON), &typed).unwrap();
    assert_eq!(recovery.request.key_digest, hpke_key("new").digest());
}

#[test]
fn somebody_without_record_person_or_bundle_is_not_recovered() {
    let world = World::new();
    let refused = |key| refusal(propose(&world.gongan, key));
    assert_eq!(refused("new"), IssuerError::UnknownPerson);
    import(&world.gongan, SCHEMA, &identity_row(PERSON));
    assert_eq!(refused("new"), IssuerError::NotEnrolled);
    let wallet = Wallet::new(1);
    world.identify(PERSON, &wallet);
    assert_eq!(refused("new"), IssuerError::NoBundle);
    world.gongan.noticed(&wallet.notice(&world.gongan, bundle_id("one"))).unwrap();
    world.gongan.reset(&id(SCHEMA), &person(PERSON), "lost.phrase").unwrap();
    assert_eq!(refused("new"), IssuerError::NotEnrolled);
}

#[test]
fn what_is_no_key_and_what_is_no_person_authority_proposes_nothing() {
    let (world, _) = dealt();
    let zero = format!("{}=", "A".repeat(43));
    for bad in ["", "x", &hpke_key("new").to_string()[..43], &zero] {
        let refused = world.gongan.propose_recovery("wei", &id(SCHEMA), &person(PERSON), bad);
        assert_eq!(refusal(refused), IssuerError::BadKey, "{bad}");
    }
    import(&world.credit, "credit-report/1", &credit_row(PERSON, "650"));
    let key = hpke_key("new").to_string();
    let elsewhere = world.credit.propose_recovery("wei", &id("credit-report/1"), &person(PERSON), &key);
    assert_eq!(refusal(elsewhere), IssuerError::NotPersonAuthority);
}

#[test]
fn a_second_request_takes_the_place_of_one_that_was_not_sent() {
    let (world, _) = dealt();
    let first = proposed(&world, "first");
    let second = proposed(&world, "second");
    assert_eq!(refusal(complete(&world, &agreed(&world, &first))), IssuerError::NotOpen);
    assert_eq!(requested(&world, &bundle_id("one")), None);
    complete(&world, &agreed(&world, &second)).unwrap();
    let there = requested(&world, &bundle_id("one")).unwrap();
    assert_eq!(there.0, hpke_key("second").digest().to_string());
}

#[test]
fn shares_that_were_requested_once_are_not_requested_again() {
    let (world, wallet) = dealt();
    complete(&world, &agreed(&world, &proposed(&world, "new"))).unwrap();
    assert_eq!(refusal(propose(&world.gongan, "third")), IssuerError::RecoveryRequested);
    // The recovered wallet deals anew, and is lost.
    world.gongan.noticed(&wallet.notice(&world.gongan, bundle_id("two"))).unwrap();
    complete(&world, &agreed(&world, &proposed(&world, "third"))).unwrap();
    assert!(requested(&world, &bundle_id("two")).is_some());
}

/// As another desk of the department does, or `ledger submit`.
fn request_elsewhere(world: &World) {
    let mut record =
        samples::record(json!({"kind": "recovery.request", "id": "elsewhere", "bundle": bundle_id("one"),
        "desk": GONGAN, "time": NOW, "key_digest": hpke_key("thief").digest(), "approvals": []}));
    record.bind(samples::terms(0));
    let credit = CREDIT.parse().unwrap();
    let approval = Approval::sign(&samples::origin(), &record, credit, &insecure_key(CREDIT)).unwrap();
    record.approve(approval);
    world.ledger.append(samples::sign(record, GONGAN));
}

#[test]
fn a_request_that_the_ledger_has_from_elsewhere_is_seen_before_anything_is_sent() {
    let (world, _) = dealt();
    let text = proposed(&world, "new");
    let back = agreed(&world, &text);
    request_elsewhere(&world);
    let sent = world.ledger.submitted.lock().unwrap().len();
    assert_eq!(refusal(complete(&world, &back)), IssuerError::RecoveryRequested);
    assert_eq!(refusal(propose(&world.gongan, "new")), IssuerError::RecoveryRequested);
    assert_eq!(refusal(world.credit.approve_foreign_recovery("lu", &text)), IssuerError::RecoveryRequested);
    assert_eq!(world.ledger.submitted.lock().unwrap().len(), sent);
}

#[test]
fn an_answer_that_was_lost_is_asked_for_with_the_same_bytes() {
    for fault in BOTH {
        let (world, _) = dealt();
        let back = agreed(&world, &proposed(&world, "new"));
        world.ledger.fail_next(fault);
        assert!(matches!(complete(&world, &back), Err(ActError::Ledger(_))));
        assert_eq!(state(&world), RecoveryState::Sent);
        assert!(!complete(&world, &back).unwrap().done, "sending the plan again did it");
        let submitted = world.ledger.submitted.lock().unwrap().clone();
        let [.., first, second] = submitted.as_slice() else { panic!("two submissions") };
        assert_eq!(first, second);
        assert_eq!(state(&world), RecoveryState::Requested);
        assert!(requested(&world, &bundle_id("one")).is_some());
    }
}

#[test]
fn a_crash_before_the_answer_is_mended_at_the_next_start() {
    for fault in BOTH {
        let (world, _) = dealt();
        let back = agreed(&world, &proposed(&world, "new"));
        world.ledger.fail_next(fault);
        complete(&world, &back).unwrap_err();
        let reopened = world.reopened(&world.gongan);
        reopened.resolve_pending(0).unwrap();
        assert_eq!(state(&world), RecoveryState::Requested);
        assert!(requested(&world, &bundle_id("one")).is_some());
        assert_eq!(refusal(propose(&reopened, "third")), IssuerError::RecoveryRequested);
    }
}

/// Whether the first landed decides whether there may be a second.
#[test]
fn a_new_request_settles_the_one_that_was_sent_first() {
    let (world, _) = dealt();
    let back = agreed(&world, &proposed(&world, "new"));
    world.ledger.fail_next(InjectedFault::LandedButLost);
    complete(&world, &back).unwrap_err();
    assert_eq!(refusal(propose(&world.gongan, "third")), IssuerError::RecoveryRequested);
    assert_eq!(state(&world), RecoveryState::Requested);
}

#[test]
fn what_the_ledger_refused_is_proposed_anew() {
    let (world, _) = dealt();
    let back = agreed(&world, &proposed(&world, "new"));
    world.ledger.fail_next(InjectedFault::Refused);
    let reason = "test_rule".to_owned();
    assert_eq!(refusal(complete(&world, &back)), IssuerError::Ledger { reason: reason.clone() });
    assert_eq!(state(&world), RecoveryState::Refused(reason));
    complete(&world, &agreed(&world, &proposed(&world, "new"))).unwrap();
    assert_eq!(state(&world), RecoveryState::Requested);
}

#[test]
fn only_the_very_record_that_was_proposed_is_completed() {
    let (world, _) = dealt();
    let text = proposed(&world, "new");
    let other = altered(&text, |json| json["record"]["key_digest"] = json!(hpke_key("thief").digest()));
    let unknown = altered(&text, |json| json["record"]["id"] = json!("desk/unknown"));
    let longer = altered(&text, |json| json["record"]["terms"]["nonce"] = json!("0".repeat(32)));
    for foreign in [other, unknown, longer] {
        let back = signed(&foreign, CREDIT, CREDIT);
        assert_eq!(refusal(complete(&world, &back)), IssuerError::NotProposed);
    }
    let back = agreed(&world, &text);
    let of_another = world.gongan.complete_recovery("wei", &back, Some(&person(OTHER)));
    assert_eq!(refusal(of_another), IssuerError::NotProposed);
    assert_eq!(refusal(complete(&world, "{}")), IssuerError::BadProposal);
    assert_eq!(requested(&world, &bundle_id("one")), None);
}

#[test]
fn without_the_approval_of_another_department_nothing_is_sent() {
    let (world, _) = dealt();
    let text = proposed(&world, "new");
    assert_eq!(refusal(complete(&world, &text)), IssuerError::NotApproved);
    assert_eq!(refusal(complete(&world, &signed(&text, GONGAN, GONGAN))), IssuerError::OwnRecovery);
    assert_eq!(refusal(complete(&world, &signed(&text, CREDIT, TAX))), IssuerError::NotApproved);
    assert_eq!(refusal(complete(&world, &signed(&text, "nobody.city", TAX))), IssuerError::NotApproved);
    assert_eq!(state(&world), RecoveryState::Open);
    // One that is good is taken, whatever stands beside it.
    let many = signed(&signed(&signed(&text, GONGAN, GONGAN), TAX, GONGAN), CREDIT, CREDIT);
    complete(&world, &many).unwrap();
    assert_eq!(requested(&world, &bundle_id("one")).unwrap().1, [CREDIT]);
}

#[test]
fn a_request_ends_after_a_week_and_with_a_reset() {
    let (world, _) = dealt();
    let back = agreed(&world, &proposed(&world, "new"));
    world.pass(7 * 86_400);
    assert_eq!(refusal(complete(&world, &back)), IssuerError::ProposalEnded);
    let back = agreed(&world, &proposed(&world, "new"));
    world.gongan.reset(&id(SCHEMA), &person(PERSON), "lost.phrase").unwrap();
    assert_eq!(state(&world), RecoveryState::Ended);
    assert_eq!(refusal(complete(&world, &back)), IssuerError::NotOpen);
}

#[test]
fn every_step_is_in_the_audit_list() {
    let (world, _) = dealt();
    complete(&world, &agreed(&world, &proposed(&world, "new"))).unwrap();
    let lines = |issuer: &Issuer| {
        let lines = issuer.audit_before(i64::MAX, 9).unwrap();
        lines
            .into_iter()
            .map(|line| (line.clerk, line.act, line.outcome.unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    let line = |clerk: &str, act: &str| (clerk.to_owned(), act.to_owned(), "done".to_owned());
    assert_eq!(lines(&world.gongan)[..2], [line("wei", "request"), line("wei", "recover")]);
    assert_eq!(lines(&world.credit)[..1], [line("lu", "agree")]);
}

#[test]
fn the_proposal_is_one_that_the_ledger_command_reads() {
    let (world, _) = dealt();
    let proposal = Proposal::parse(proposed(&world, "new").as_bytes()).unwrap();
    proposal.check_ledger(&world.gongan.registry()).unwrap();
    proposal.check_end(NOW).unwrap();
    assert_eq!(proposal.owner(&insecure_key(CREDIT)).unwrap().as_str(), CREDIT);
    let Record::Recovery(request) = proposal.record() else { panic!("a request") };
    assert_eq!((request.bundle, request.desk.as_str(), request.time), (bundle_id("one"), GONGAN, NOW));
}
