//! Approvals are for one act, one state of the log, and a time; and old logs are read as they were written.

use super::*;
use crate::record::ApprovalTerms;
use crate::samples::{status, terms, withdraw};

fn suspend(department: &str) -> Record {
    change("suspend", department)
}

fn reinstate(department: &str) -> Record {
    change("reinstate", department)
}

fn change(what: &str, department: &str) -> Record {
    record(
        json!({"kind": format!("department.{what}"), "id": format!("{what}/{department}"), "department": department,
        "reason": "audit", "approvals": []}),
    )
}

/// Police and tax agree to what was proposed at this size of the log; police submits.
fn agreed_at(entries: u64, mut record: Record) -> Entry {
    record.bind(terms(entries));
    sign_approved(record, &["police", "tax"])
}

/// The same record with the same approvals, submitted by another department.
fn by(signer: &str, entry: &Entry) -> Entry {
    sign(entry.record().clone(), signer)
}

/// A registry with a fourth department, `court`.
fn city() -> Registry {
    let mut registry = registry();
    registry.apply(anew(1), &agreed_at(1, admit(&department("court")))).unwrap();
    registry
}

#[test]
fn approvals_are_not_used_again_by_another_signer_after_a_reinstatement() {
    let mut registry = city();
    let suspended = agreed_at(2, suspend("credit"));
    registry.apply(anew(2), &suspended).unwrap();
    let reinstated = agreed_at(3, reinstate("credit"));
    registry.apply(anew(3), &reinstated).unwrap();
    for signer in ["police", "tax", "court"] {
        assert!(registry.check(anew(4), &by(signer, &suspended)).is_err(), "{signer} suspends again");
    }
    registry.apply(anew(4), &agreed_at(4, suspend("credit"))).unwrap();
    for signer in ["police", "tax", "court"] {
        assert!(registry.check(anew(5), &by(signer, &reinstated)).is_err(), "a friend brings it back");
        assert!(registry.check(Moment::replayed(5, 100), &by(signer, &reinstated)).is_err(), "in a log");
    }
}

#[test]
fn an_act_is_done_once_even_where_nothing_else_changed() {
    // A withdrawal is about no department's standing, so that only the memory of what was done refuses it.
    let mut registry = city();
    let act = agreed_at(2, withdraw("w", "credit", 0, 9));
    registry.apply(anew(2), &act).unwrap();
    for signer in ["police", "tax", "court"] {
        assert_eq!(registry.check(anew(3), &by(signer, &act)), Err(RegistryError::ApprovalsUsed));
    }
    assert_eq!(
        registry.check(anew(3), &agreed_at(3, withdraw("w", "credit", 0, 9))),
        Ok(()),
        "it was proposed anew"
    );
}

#[test]
fn the_submissions_id_is_no_part_of_the_act() {
    let one = withdraw("w/1", "credit", 0, 9);
    let two = withdraw("w/2", "credit", 0, 9);
    assert_eq!(one.act_digest().unwrap(), two.act_digest().unwrap());
    let approved = sign_approved(one.clone(), &["police", "tax"]);
    let mut bound = one.clone();
    bound.bind(terms(0));
    assert_eq!(approved.record().act_digest().unwrap(), bound.act_digest().unwrap(), "nor are approvals");
    assert_ne!(one.act_digest().unwrap(), bound.act_digest().unwrap(), "but the terms are");
}

#[test]
fn an_approval_without_terms_is_not_admitted() {
    let mut unbound = suspend("credit");
    for name in ["police", "tax"] {
        unbound.approve(Approval::sign(&origin(), &unbound, id(name), &insecure_key(name)).unwrap());
    }
    let unbound = sign(unbound, "police");
    assert_eq!(refused(&unbound), RegistryError::UnboundApproval);
    let old = registry().check(Moment::in_log(1), &unbound);
    assert_eq!(old, Ok(()), "in a log that was written before approvals had terms");
    let newer = city().check(Moment::in_log(2), &unbound);
    assert_eq!(newer, Err(RegistryError::UnboundApproval), "in a log that has had one with terms");
}

#[test]
fn a_bulk_approval_without_terms_is_not_admitted() {
    let mut unbound = status("s", 0, "revoke");
    unbound.approve(Approval::sign(&origin(), &unbound, id("tax"), &insecure_key("tax")).unwrap());
    assert_eq!(refused(&sign(unbound, "police")), RegistryError::UnboundApproval);
}

#[test]
fn terms_are_part_of_what_is_approved() {
    type Change = fn(&mut ApprovalTerms);
    let agreed = agreed_at(1, suspend("credit"));
    let Record::Suspend(suspended) = agreed.record() else { panic!("not a suspension") };
    let changes: [Change; 3] = [
        |terms| terms.entries = 0,
        |terms| terms.expires += 1,
        |terms| terms.nonce = crate::record::Nonce::from_bytes([9; 16]),
    ];
    for alter in changes {
        let mut other = suspended.clone();
        alter(other.terms.as_mut().unwrap());
        let refusal = registry().check(anew(1), &sign(Record::Suspend(other), "police"));
        assert_eq!(refusal, Err(RegistryError::BadApproval(id("police"))));
    }
    let mut other = suspended.clone();
    other.terms = None;
    let refusal = registry().check(anew(1), &sign(Record::Suspend(other), "police"));
    assert_eq!(refusal, Err(RegistryError::BadApproval(id("police"))));
}

#[test]
fn approvals_end() {
    let mut record = suspend("credit");
    record.bind(ApprovalTerms { expires: 1000, ..terms(1) });
    let entry = sign_approved(record, &["police", "tax"]);
    let registry = registry();
    let ended = Err(RegistryError::ApprovalsExpired { expires: 1000 });
    assert_eq!(registry.check(Moment::submitted(1, 10, 999), &entry), Ok(()));
    assert_eq!(registry.check(Moment::submitted(1, 10, 1000), &entry), ended, "by the node's clock");
    assert_eq!(
        registry.check(Moment::submitted(1, 1000, 10), &entry),
        ended,
        "by the newest root, if that is later"
    );
    assert_eq!(registry.check(Moment::replayed(1, 999), &entry), Ok(()));
    assert_eq!(registry.check(Moment::replayed(1, 1000), &entry), ended, "and in every replay");
    assert_eq!(registry.check(Moment::between(1, 1000, 5000), &entry), ended, "and by whoever knows as much");
    assert_eq!(registry.check(Moment::between(1, 999, 5000), &entry), Ok(()));
}

#[test]
fn approvals_are_for_the_state_at_which_they_were_asked_for() {
    let mut registry = city();
    let before = agreed_at(2, suspend("credit"));
    let rotated = record(json!({"kind": "department.rotate", "id": "r", "department": "credit",
        "key": insecure_key("credit/2").public(), "approvals": []}));
    registry.apply(anew(2), &agreed_at(2, rotated)).unwrap();
    let refusal = registry.check(anew(3), &before);
    assert_eq!(
        refusal,
        Err(RegistryError::OtherState { entries: 2 }),
        "the key that was to be stopped is gone"
    );
    assert_eq!(registry.check(anew(3), &agreed_at(3, suspend("credit"))), Ok(()));
    registry.apply(anew(3), &sign(schema("other/1"), "tax")).unwrap();
    assert_eq!(
        registry.check(anew(4), &agreed_at(3, suspend("credit"))),
        Ok(()),
        "what does not matter may change"
    );
}

#[test]
fn approvals_are_not_for_a_state_to_come() {
    let ahead = agreed_at(2, suspend("credit"));
    let expected = RegistryError::StateAhead { entries: 2, size: 1 };
    assert_eq!(registry().check(anew(1), &ahead), Err(expected));
    assert_eq!(registry().check(anew(2), &ahead), Ok(()));
}

#[test]
fn an_approver_whose_standing_changed_agrees_anew() {
    let mut registry = city();
    let mut record = suspend("credit");
    record.bind(terms(2));
    let old = sign_approved(record, &["court", "tax"]);
    registry.apply(anew(2), &agreed_at(2, suspend("court"))).unwrap();
    registry.apply(anew(3), &agreed_at(3, reinstate("court"))).unwrap();
    let refusal = registry.check(anew(4), &by("police", &old));
    assert_eq!(refusal, Err(RegistryError::ApproverChanged(id("court"))));
}

#[test]
fn a_bulk_approval_is_for_the_department_as_it_was() {
    let mut registry = city();
    let mut revocation = status("s", 0, "revoke");
    revocation.bind(terms(2));
    revocation.approve(Approval::sign(&origin(), &revocation, id("tax"), &insecure_key("tax")).unwrap());
    let revocation = sign(revocation, "police");
    assert_eq!(registry.check(anew(2), &revocation), Ok(()));
    for (entries, mut act) in [(2, suspend("police")), (3, reinstate("police"))] {
        act.bind(terms(entries));
        registry.apply(anew(entries), &sign_approved(act, &["tax", "credit"])).unwrap();
    }
    assert_eq!(registry.check(anew(4), &revocation), Err(RegistryError::OtherState { entries: 2 }));
}

#[test]
fn an_old_log_with_a_repeated_act_is_still_read() {
    let old = |mut record: Record, name: &str| {
        for name in ["police", "tax"] {
            record.approve(Approval::sign(&origin(), &record, id(name), &insecure_key(name)).unwrap());
        }
        sign(record, name)
    };
    let mut registry = registry();
    let suspended = old(suspend("credit"), "police");
    registry.apply(Moment::in_log(1), &suspended).unwrap();
    registry.apply(Moment::in_log(2), &old(reinstate("credit"), "police")).unwrap();
    registry.apply(Moment::in_log(3), &by("tax", &suspended)).unwrap();
    registry.apply(anew(4), &agreed_at(4, reinstate("credit"))).unwrap();
    let repeated = registry.check(Moment::in_log(5), &by("police", &suspended));
    assert_eq!(
        repeated,
        Err(RegistryError::UnboundApproval),
        "from the first bound act on, nothing of it is"
    );
}

#[test]
fn credentials_are_withdrawn_by_as_many_others_as_must_approve() {
    let act = |approvers: &[&str]| {
        let mut record = withdraw("w", "credit", 0, 9);
        record.bind(terms(2));
        city().check(anew(2), &by("court", &sign_approved(record, approvers)))
    };
    assert_eq!(act(&["police", "tax"]), Ok(()));
    assert_eq!(act(&["police"]), Err(RegistryError::TooFewApprovals { needed: 2, given: 1 }));
    assert_eq!(act(&["police", "credit"]), Err(RegistryError::OwnWithdrawal(id("credit"))));
    assert_eq!(act(&["police", "police"]), Err(RegistryError::DuplicateApproval(id("police"))));
    let stranger = agreed_at(2, withdraw("w", "stranger", 0, 9));
    assert_eq!(city().check(anew(2), &stranger), Err(RegistryError::UnknownDepartment(id("stranger"))));
}
