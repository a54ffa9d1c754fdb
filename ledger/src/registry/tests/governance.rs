//! Rotation, suspension, and bulk revocation: what is needed, and what follows.

use super::*;
use crate::samples::{status, terms, witnessed_genesis};

fn rotate(department: &str, key: &str) -> Record {
    record(
        json!({"kind": "department.rotate", "id": format!("rotate/{department}/{key}"), "department": department,
        "key": insecure_key(key).public(), "approvals": []}),
    )
}

fn suspend(department: &str) -> Record {
    record(
        json!({"kind": "department.suspend", "id": format!("suspend/{department}"), "department": department,
        "reason": "key-lost", "approvals": []}),
    )
}

fn reinstate(department: &str) -> Record {
    record(
        json!({"kind": "department.reinstate", "id": format!("reinstate/{department}"), "department": department,
        "reason": "resolved", "approvals": []}),
    )
}

/// Police and tax agree.
fn agreed(record: Record) -> Entry {
    sign_approved(record, &["police", "tax"])
}

/// Police and tax agree to what was proposed at this size of the log.
fn agreed_at(entries: u64, mut record: Record) -> Entry {
    record.bind(terms(entries));
    agreed(record)
}

/// A registry after further entries.
fn after(entries: &[Entry]) -> Registry {
    let mut registry = registry();
    for (index, entry) in (1..).zip(entries) {
        registry.apply(anew(index), entry).unwrap();
    }
    registry
}

/// Signed with a key that is not the department's first.
fn signed_with(record: Record, department: &str, key: &str) -> Entry {
    Entry::sign(&origin(), record, id(department).into(), &insecure_key(key)).unwrap()
}

#[test]
fn a_rotated_key_signs_and_the_old_one_does_not() {
    let registry = after(&[agreed(rotate("credit", "credit/2"))]);
    assert_eq!(registry.department(&id("credit")).unwrap().key, insecure_key("credit/2").public());
    assert_eq!(registry.check(anew(SIZE), &signed_with(schema("a/1"), "credit", "credit/2")), Ok(()));
    let old = registry.check(anew(SIZE), &sign(schema("a/1"), "credit"));
    assert_eq!(old, Err(RegistryError::BadSignature("credit".into())));
}

#[test]
fn what_the_old_key_published_stands() {
    let registry = after(&[sign(schema("a/1"), "credit"), agreed(rotate("credit", "credit/2"))]);
    assert!(registry.schema(&"a/1".parse().unwrap()).is_some());
    assert_eq!(
        registry.check(anew(SIZE), &signed_with(schema("a/2"), "credit", "credit/2")),
        Ok(()),
        "the name is its own"
    );
}

#[test]
fn rotation_needs_approvals() {
    let alone = sign_approved(rotate("credit", "credit/2"), &["police"]);
    assert_eq!(refused(&alone), RegistryError::TooFewApprovals { needed: 2, given: 1 });
}

#[test]
fn a_stranger_is_not_rotated() {
    assert_eq!(refused(&agreed(rotate("court", "x"))), RegistryError::UnknownDepartment(id("court")));
}

#[test]
fn a_key_in_use_is_no_new_key() {
    for taken in ["tax", "credit", "ledger.test/1"] {
        let refusal = refused(&agreed(rotate("credit", taken)));
        assert_eq!(refusal, RegistryError::KeyInUse(id("credit")), "{taken}");
    }
}

#[test]
fn a_retired_key_never_comes_back() {
    let registry = after(&[agreed(rotate("credit", "credit/2"))]);
    let expected = Err(RegistryError::KeyInUse(id("credit")));
    assert_eq!(registry.check(anew(SIZE), &agreed(rotate("credit", "credit"))), expected);
    let joining = Department { key: insecure_key("credit").public(), ..department("court") };
    assert_eq!(
        registry.check(anew(SIZE), &agreed(admit(&joining))),
        Err(RegistryError::KeyInUse(id("court")))
    );
}

#[test]
fn a_witness_key_is_no_department_key() {
    let registry = Registry::new(witnessed_genesis(&["police", "tax"], 2, &["w1"], 1));
    let entry = agreed(rotate("police", "w1"));
    assert_eq!(registry.check(anew(SIZE), &entry), Err(RegistryError::KeyInUse(id("police"))));
}

#[test]
fn a_suspended_department_is_silent_and_its_past_stands() {
    let registry = after(&[sign(schema("a/1"), "credit"), agreed(suspend("credit"))]);
    let silenced = Err(RegistryError::SuspendedSigner(id("credit")));
    assert_eq!(registry.status(&id("credit")), Some(DepartmentStatus::Suspended));
    assert_eq!(registry.check(anew(SIZE), &sign(schema("b/1"), "credit")), silenced);
    assert_eq!(registry.check(anew(SIZE), &sign(commit("c", "a/1", [1]), "credit")), silenced);
    assert_eq!(registry.check(anew(SIZE), &sign(status("s", 0, "revoke"), "credit")), silenced);
    assert!(registry.schema(&"a/1".parse().unwrap()).is_some());
    assert!(registry.department(&id("credit")).is_some());
}

#[test]
fn a_suspended_department_does_not_approve() {
    let registry = after(&[agreed(suspend("credit"))]);
    let entry = sign_approved(rotate("tax", "tax/2"), &["police", "credit"]);
    assert_eq!(registry.check(anew(SIZE), &entry), Err(RegistryError::SuspendedApprover(id("credit"))));
}

#[test]
fn suspension_needs_approvals() {
    let alone = sign_approved(suspend("credit"), &["police"]);
    assert_eq!(refused(&alone), RegistryError::TooFewApprovals { needed: 2, given: 1 });
}

#[test]
fn a_stranger_is_not_suspended() {
    assert_eq!(refused(&agreed(suspend("court"))), RegistryError::UnknownDepartment(id("court")));
}

#[test]
fn nobody_is_suspended_twice() {
    let registry = after(&[agreed(suspend("credit"))]);
    let again = record(json!({"kind": "department.suspend", "id": "again", "department": "credit",
        "reason": "x", "approvals": []}));
    assert_eq!(
        registry.check(anew(SIZE), &agreed(again)),
        Err(RegistryError::AlreadySuspended(id("credit")))
    );
}

#[test]
fn governance_remains_possible() {
    let registry = after(&[agreed(suspend("credit"))]);
    let refusal = registry.check(anew(SIZE), &agreed(suspend("tax")));
    assert_eq!(refusal, Err(RegistryError::TooFewLeft { needed: 2, left: 1 }));
}

#[test]
fn a_reinstated_department_speaks_again() {
    let registry = after(&[agreed(suspend("credit")), agreed_at(2, reinstate("credit"))]);
    assert_eq!(registry.status(&id("credit")), Some(DepartmentStatus::Active));
    assert_eq!(registry.check(anew(SIZE), &sign(schema("b/1"), "credit")), Ok(()));
}

#[test]
fn only_a_suspended_department_is_reinstated() {
    assert_eq!(refused(&agreed(reinstate("credit"))), RegistryError::NotSuspended(id("credit")));
    assert_eq!(refused(&agreed(reinstate("court"))), RegistryError::UnknownDepartment(id("court")));
    let registry = after(&[agreed(suspend("credit"))]);
    let mut alone = reinstate("credit");
    alone.bind(terms(2));
    let alone = sign_approved(alone, &["police"]);
    assert_eq!(
        registry.check(anew(SIZE), &alone),
        Err(RegistryError::TooFewApprovals { needed: 2, given: 1 })
    );
}

/// How a revocation with these approvals is judged.
fn agreed_by(approvers: &[&str]) -> Result<(), RegistryError> {
    let mut status = status("s", 0, "revoke");
    status.bind(terms(0));
    for name in approvers {
        let approval = Approval::sign(&origin(), &status, id(name), &insecure_key(name)).unwrap();
        status.approve(approval);
    }
    registry().check(anew(SIZE), &sign(status, "police"))
}

#[test]
fn the_second_department_is_another_one_and_admitted() {
    assert_eq!(agreed_by(&[]), Ok(()));
    assert_eq!(agreed_by(&["tax"]), Ok(()));
    assert_eq!(agreed_by(&["police"]), Err(RegistryError::OwnApproval(id("police"))));
    assert_eq!(agreed_by(&["court"]), Err(RegistryError::UnknownApprover(id("court"))));
    assert_eq!(agreed_by(&["tax", "tax"]), Err(RegistryError::DuplicateApproval(id("tax"))));
}

#[test]
fn an_approval_is_of_the_very_changes() {
    let registry = registry();
    let mut moved = status("s", 1, "revoke");
    moved.approve(
        Approval::sign(&origin(), &status("s", 2, "revoke"), id("tax"), &insecure_key("tax")).unwrap(),
    );
    assert_eq!(
        registry.check(anew(SIZE), &sign(moved, "police")),
        Err(RegistryError::BadApproval(id("tax")))
    );
}
