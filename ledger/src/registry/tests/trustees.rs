//! Who keeps shares, under which key; and that the shares of one bundle are asked for once, by two departments.

use super::*;
use crate::record::{ApprovalTerms, MAX_REQUEST_AGE_S};
use crate::samples::{bundle_id, hpke_key, recovery, terms, trustee};

/// Three departments, of which `credit` is the person authority.
fn city() -> Registry {
    Registry::new(genesis(&["police", "tax", "credit"], 2).with_person_authority(id("credit")).unwrap())
}

/// How an entry is refused by [`city`] after these.
fn refusal_after(before: &[Entry], entry: &Entry) -> RegistryError {
    let mut registry = city();
    let index = before.len() as u64;
    for (index, entry) in (0..).zip(before) {
        registry.apply(anew(index), entry).unwrap();
    }
    registry.check(anew(index), entry).unwrap_err()
}

fn keeps(department: &str, key: &str) -> Entry {
    sign(trustee(&format!("{department}/{key}"), key), department)
}

/// A request at the desk of police, to which these departments agree; proposed at a log without entries.
fn requested(bundle: &str, approvers: &[&str]) -> Entry {
    let mut record = recovery(bundle, bundle, "police");
    record.bind(terms(0));
    approve(record, approvers)
}

fn approve(mut record: Record, approvers: &[&str]) -> Entry {
    for name in approvers {
        record.approve(Approval::sign(&origin(), &record, id(name), &insecure_key(name)).unwrap());
    }
    sign(record, "police")
}

#[test]
fn the_newest_key_is_for_new_shares_and_older_ones_stay() {
    let mut registry = city();
    for (index, entry) in (0..).zip([keeps("police", "p1"), keeps("tax", "t1"), keeps("police", "p2")]) {
        registry.apply(anew(index), &entry).unwrap();
    }
    let newest: Vec<_> = registry.trustees().map(|t| (t.publisher.as_str(), t.item.key)).collect();
    assert_eq!(newest, [("police", hpke_key("p2")), ("tax", hpke_key("t1"))]);
    let keys: Vec<_> = registry.trustee_keys(&id("police")).map(|t| t.item.key).collect();
    assert_eq!(keys, [hpke_key("p1"), hpke_key("p2")]);
    assert!(registry.trustee(&id("credit")).is_none());
}

#[test]
fn the_newest_key_may_get_another_address() {
    let mut registry = city();
    registry.apply(anew(0), &keeps("police", "p1")).unwrap();
    let mut moved = serde_json::to_value(trustee("moved", "p1")).unwrap();
    moved["url"] = json!("https://elsewhere.example/");
    registry.apply(anew(1), &sign(record(moved), "police")).unwrap();
    let newest = registry.trustee(&id("police")).unwrap();
    assert_eq!(newest.item.url.url().as_str(), "https://elsewhere.example/");
}

#[test]
fn the_person_authority_keeps_no_shares() {
    let refusal = refusal_after(&[], &keeps("credit", "c1"));
    assert_eq!(refusal, RegistryError::AuthorityAsTrustee(id("credit")));
    assert_eq!(registry().check(anew(1), &keeps("credit", "c1")), Ok(()), "a ledger that has none");
}

#[test]
fn two_departments_are_not_one_trustee() {
    let taken = RegistryError::TrusteeKeyTaken(id("police"));
    assert_eq!(refusal_after(&[keeps("police", "k")], &keeps("tax", "k")), taken);
    let replaced = [keeps("police", "k"), keeps("police", "p2")];
    assert_eq!(refusal_after(&replaced, &keeps("tax", "k")), taken, "nor one that was");
}

#[test]
fn a_key_that_was_replaced_does_not_come_back() {
    let before = [keeps("police", "p1"), keeps("police", "p2")];
    let again = sign(trustee("again", "p1"), "police");
    assert_eq!(refusal_after(&before, &again), RegistryError::EarlierTrusteeKey);
}

#[test]
fn a_suspended_department_gets_no_new_shares() {
    let mut registry = city();
    registry.apply(anew(0), &keeps("police", "p1")).unwrap();
    let mut suspend =
        record(json!({"kind": "department.suspend", "id": "s", "department": "police", "reason": "x",
        "approvals": []}));
    suspend.bind(terms(1));
    registry.apply(anew(1), &sign_approved(suspend, &["tax", "credit"])).unwrap();
    assert!(registry.trustee(&id("police")).is_none() && registry.trustees().next().is_none());
    assert_eq!(registry.trustee_keys(&id("police")).count(), 1, "what was sealed to it can be opened");
    assert_eq!(
        registry.check(anew(2), &keeps("police", "p2")),
        Err(RegistryError::SuspendedSigner(id("police")))
    );
}

#[test]
fn a_request_is_found_by_its_bundle() {
    let mut registry = city();
    registry.apply(anew(0), &requested("b1", &["tax"])).unwrap();
    let found = registry.recovery(&bundle_id("b1")).unwrap();
    assert_eq!((found.publisher.as_str(), found.index), ("police", 0));
    assert_eq!(found.item.key_digest, hpke_key("wallet").digest());
    assert!(registry.recovery(&bundle_id("b2")).is_none());
}

/// A clerk who opened the wrong page asks again for the same wallet.
#[test]
fn a_wallet_finds_the_newest_request_for_its_key() {
    let mut registry = city();
    let key = hpke_key("wallet").digest();
    assert!(registry.recovery_for(&key).is_none());
    for (index, bundle) in [(0, "wrong"), (1, "right")] {
        registry.apply(anew(index), &requested(bundle, &["tax"])).unwrap();
    }
    assert_eq!(registry.recovery_for(&key).unwrap().item.bundle, bundle_id("right"));
    assert!(registry.recovery_for(&hpke_key("another").digest()).is_none());
}

#[test]
fn copies_of_a_registry_do_not_share_later_requests() {
    let mut one = city();
    one.apply(anew(0), &requested("b1", &["tax"])).unwrap();
    let mut two = one.clone();
    two.apply(anew(1), &requested("b2", &["tax"])).unwrap();
    assert!(one.recovery(&bundle_id("b2")).is_none());
    assert!(two.recovery(&bundle_id("b1")).is_some() && two.recovery(&bundle_id("b2")).is_some());
}

#[test]
fn a_desk_alone_recovers_nobody() {
    let alone = RegistryError::TooFewApprovals { needed: 1, given: 0 };
    assert_eq!(refusal_after(&[], &requested("b1", &[])), alone);
    let own = RegistryError::OwnApproval(id("police"));
    assert_eq!(refusal_after(&[], &requested("b1", &["police"])), own);
    assert_eq!(refusal_after(&[], &requested("b1", &["tax", "police"])), own);
}

#[test]
fn the_second_department_agrees_to_one_desk_bundle_and_key() {
    type Change = fn(&mut Value);
    let changes: [Change; 4] = [
        |json| json["bundle"] = json!(bundle_id("b2")),
        |json| json["key_digest"] = json!(hpke_key("another").digest()),
        |json| json["time"] = json!(2),
        |json| json["terms"]["expires"] = json!(9_000_000_000_u64),
    ];
    for change in changes {
        let mut json = serde_json::to_value(requested("b1", &["tax"]).record()).unwrap();
        change(&mut json);
        let refusal = refusal_after(&[], &sign(record(json), "police"));
        assert_eq!(refusal, RegistryError::BadApproval(id("tax")));
    }
}

#[test]
fn a_request_for_another_departments_desk_is_refused() {
    let mut record = recovery("b1", "b1", "tax");
    record.bind(terms(0));
    assert_eq!(refusal_after(&[], &approve(record, &["credit"])), RegistryError::ForeignDesk(id("tax")));
}

#[test]
fn the_shares_of_a_bundle_are_asked_for_once() {
    let first = requested("b1", &["tax"]);
    let mut json = serde_json::to_value(recovery("again", "b1", "police")).unwrap();
    json["key_digest"] = json!(hpke_key("another").digest());
    let mut again = record(json);
    again.bind(terms(1));
    let refusal = refusal_after(&[first], &approve(again, &["tax"]));
    assert_eq!(refusal, RegistryError::RecoveryRequested { bundle: bundle_id("b1"), index: 0 });
}

#[test]
fn a_request_is_of_this_week() {
    let registry = city();
    let at = |time: u64| {
        let mut json = serde_json::to_value(recovery("b1", "b1", "police")).unwrap();
        json["time"] = json!(time);
        let mut record = record(json);
        record.bind(terms(0));
        approve(record, &["tax"])
    };
    let wrong = |time| Err(RegistryError::RequestTime { time });
    let now = 10 * MAX_REQUEST_AGE_S;
    let submitted = Moment::submitted(0, now - 60, now);
    assert_eq!(registry.check(submitted, &at(now - MAX_REQUEST_AGE_S + 1)), Ok(()));
    assert_eq!(registry.check(submitted, &at(now - MAX_REQUEST_AGE_S)), wrong(now - MAX_REQUEST_AGE_S));
    assert_eq!(registry.check(submitted, &at(now + 300)), Ok(()), "clocks differ");
    assert_eq!(registry.check(submitted, &at(now + 301)), wrong(now + 301));
    let replayed = Moment::replayed(0, now - 60);
    assert_eq!(registry.check(replayed, &at(now + 300)), Ok(()), "no replay refuses what a node accepted");
    assert_eq!(registry.check(replayed, &at(0)), wrong(0));
    assert_eq!(registry.check(Moment::in_log(0), &at(0)), Ok(()), "nothing is known of the time");
}

#[test]
fn a_request_without_terms_is_refused_in_any_log() {
    let entry = approve(recovery("b1", "b1", "police"), &["tax"]);
    assert_eq!(refusal_after(&[], &entry), RegistryError::UnboundApproval);
    assert_eq!(city().check(Moment::in_log(0), &entry), Err(RegistryError::UnboundApproval));
}

#[test]
fn a_requests_approval_ends() {
    let mut record = recovery("b1", "b1", "police");
    record.bind(ApprovalTerms { expires: 1000, ..terms(0) });
    let entry = approve(record, &["tax"]);
    let check = |now| city().check(Moment::submitted(0, 0, now), &entry);
    assert_eq!(check(999), Ok(()));
    assert_eq!(check(1000), Err(RegistryError::ApprovalsExpired { expires: 1000 }));
}
