//! One rejection per rule of the registry, and that a refused entry changes nothing.

mod agreement;
mod governance;
mod keys;
mod scopes;
mod texts;
mod trustees;
mod verifiers;

use circuits::policy::Catalogue;
use serde_json::{Value, json};

use super::*;
use crate::record::{Approval, ModelPublish, Record};
use crate::samples::{
    commit, department, genesis, insecure_key, key, localized, origin, policy, record, schema, sign,
    sign_approved, vk,
};

/// Three departments, two of which must approve; `police` published `identity/1`.
fn registry() -> Registry {
    let mut registry = Registry::new(genesis(&["police", "tax", "credit"], 2));
    registry.apply(anew(0), &sign(schema("identity/1"), "police")).unwrap();
    registry
}

/// A place where submitted entries are judged, in a log that has no state root yet.
fn anew(index: u64) -> Moment {
    Moment::submitted(index, 0, 0)
}

/// Entries before one that is only checked.
const SIZE: u64 = 9;

/// How an entry is refused; the registry is as before.
fn refused(entry: &Entry) -> RegistryError {
    let mut registry = registry();
    let before = *registry.chain();
    let refusal = registry.apply(anew(1), entry).unwrap_err();
    assert_eq!(registry.check(anew(SIZE), entry), Err(refusal.clone()));
    assert_eq!(*registry.chain(), before);
    refusal
}

fn id(name: &str) -> DepartmentId {
    name.parse().unwrap()
}

fn admit(joining: &Department) -> Record {
    record(json!({"kind": "department.admit", "id": "admit", "department": joining, "approvals": []}))
}

fn model(id: &str, weights: &Value) -> Record {
    record(json!({"kind": "model.publish", "id": id, "model": {"model": id, "schema": "identity/1",
        "title": localized("m"), "base": 0, "scale": 1, "weights": weights, "meaning": localized("m")}}))
}

fn approved(record_json: Value) -> Entry {
    sign_approved(record(record_json), &["police", "tax"])
}

#[test]
fn what_is_published_is_found() {
    let mut registry = registry();
    let entries = [
        sign(policy("lane/1", "identity/1", "police"), "tax"),
        sign(model("card/1", &json!({"score": 2})), "credit"),
        approved(key("enroll", 2, 5)),
        sign(
            record(json!({"kind": "disclosure.publish", "id": "d", "category": "budget",
            "title": localized("d"), "document": {"a": 1}})),
            "tax",
        ),
        sign_approved(admit(&department("court")), &["police", "credit"]),
        sign(schema("ruling/1"), "court"),
    ];
    for (index, entry) in (1..).zip(&entries) {
        registry.apply(anew(index), entry).unwrap();
    }
    let lane = registry.policy(&"lane/1".parse().unwrap()).unwrap();
    assert_eq!((lane.publisher.as_str(), lane.index), ("tax", 1));
    assert_eq!(lane.digest.as_bytes(), &lane.checked.policy().digest());
    assert!(registry.model(&"card/1".parse().unwrap()).is_some());
    assert_eq!(registry.keys_of("enroll", 2).next().unwrap().publisher, id("police"));
    assert!(registry.keys_of("enroll", 1).next().is_none() && registry.keys_of("show", 2).next().is_none());
    assert_eq!(registry.disclosures().count(), 1);
    assert_eq!(registry.departments().count(), 4);
    assert_eq!(registry.published_schema(&"ruling/1".parse().unwrap()).unwrap().publisher, id("court"));
    assert_eq!((registry.schemas().count(), registry.policies().count()), (2, 1));
    assert_eq!((registry.models().count(), registry.keys().count()), (1, 1));
}

#[test]
fn the_chain_covers_registry_entries_and_their_places() {
    let first = sign(schema("identity/1"), "police");
    let expected = Digest::of_parts(&[&[0; 32], &0u64.to_be_bytes(), first.leaf_hash().as_bytes()]);
    let mut registry = registry();
    assert_eq!(*registry.chain(), expected);
    registry.apply(anew(1), &sign(commit("c", "identity/1", [1]), "police")).unwrap();
    assert_eq!(*registry.chain(), expected, "a commitment is not of the registry's part");
    let mut one = registry.clone();
    let mut two = registry;
    one.apply(anew(2), &sign(schema("identity/2"), "police")).unwrap();
    two.apply(anew(3), &sign(schema("identity/2"), "police")).unwrap();
    assert_ne!(one.chain(), two.chain());
}

#[test]
fn an_unknown_signer_is_refused_and_never_registered() {
    let entry = sign(schema("a/1"), "stranger");
    assert_eq!(refused(&entry), RegistryError::UnknownSigner("stranger".to_owned()));
    let mut registry = registry();
    let _ = registry.apply(anew(1), &entry);
    assert!(registry.department(&id("stranger")).is_none());
}

#[test]
fn a_signature_of_another_department_is_refused() {
    let entry = Entry::sign(&origin(), schema("a/1"), id("police").into(), &insecure_key("tax")).unwrap();
    assert_eq!(refused(&entry), RegistryError::BadSignature("police".to_owned()));
}

#[test]
fn a_record_of_another_ledger_is_refused() {
    let other = "ledger.test/2".parse().unwrap();
    let entry = Entry::sign(&other, schema("a/1"), id("police").into(), &insecure_key("police")).unwrap();
    assert_eq!(refused(&entry), RegistryError::BadSignature("police".to_owned()));
}

#[test]
fn a_state_root_is_the_logs_alone() {
    let root = |signer: &str, key: &str| {
        let root = StateRoot {
            id: "r".parse().unwrap(),
            entries: 0,
            leaves: 0,
            root: circuits::field::Element(0u64.into()),
            registry: Digest::of(b""),
            time: 0,
        };
        let signer = Signer::Log(signer.parse().unwrap());
        Entry::sign(&origin(), Record::Root(root), signer, &insecure_key(key)).unwrap()
    };
    let registry = registry();
    assert!(registry.state_root(&root("ledger.test/1", "ledger.test/1")).is_ok());
    assert_eq!(refused(&root("police", "police")), RegistryError::NotTheLog("police".to_owned()));
    let forged = root("ledger.test/1", "police");
    assert_eq!(refused(&forged), RegistryError::BadSignature("ledger.test/1".to_owned()));
    assert!(registry.state_root(&sign(schema("a/1"), "police")).is_err());
}

#[test]
fn a_foreign_name_is_refused() {
    let expected = RegistryError::ForeignName { name: "identity".to_owned(), owner: id("police") };
    assert_eq!(refused(&sign(schema("identity/2"), "tax")), expected);
}

#[test]
fn names_are_owned_per_kind() {
    let mut registry = registry();
    assert_eq!(registry.apply(anew(1), &sign(model("identity/1", &json!({"score": 1})), "tax")), Ok(()));
}

#[test]
fn a_republished_or_older_version_is_refused() {
    let old = |version: &str, newest| RegistryError::OldVersion { id: version.to_owned(), newest };
    assert_eq!(refused(&sign(schema("identity/1"), "police")), old("identity/1", 1));
    let mut registry = registry();
    registry.apply(anew(1), &sign(schema("identity/7"), "police")).unwrap();
    assert_eq!(registry.check(anew(SIZE), &sign(schema("identity/3"), "police")), Err(old("identity/3", 7)));
}

#[test]
fn a_policy_that_does_not_compile_is_refused() {
    let entry = sign(policy("lane/1", "nothing/1", "police"), "tax");
    assert!(matches!(refused(&entry), RegistryError::Policy(_)));
}

/// A policy that accepts roots for 600 seconds, on a ledger whose genesis says this.
fn asked_of(genesis: Genesis) -> Result<(), RegistryError> {
    let mut registry = Registry::new(genesis);
    registry.apply(anew(0), &sign(schema("identity/1"), "police")).unwrap();
    registry.apply(anew(1), &sign(policy("lane/1", "identity/1", "police"), "tax"))
}

#[test]
fn a_policy_that_asks_for_newer_roots_than_a_ledger_states_is_refused() {
    let genesis = || genesis(&["police", "tax", "credit"], 2);
    let refusal = RegistryError::RootAge { asked_s: 600, least_s: 1200 };
    assert_eq!(asked_of(genesis().rooted(1200).unwrap()), Err(refusal));
    assert_eq!(asked_of(genesis().rooted(600).unwrap()), Ok(()));
    assert_eq!(asked_of(genesis()), Ok(()), "a log from before the rule replays as it is");
}

#[test]
fn an_additive_model_is_published_and_policies_ask_for_its_score() {
    let mut registry = registry();
    let model = |points: Value| {
        let curve = json!({"edges": [0, 600], "points": points});
        let json = json!({"model": "curves/1", "kind": "additive", "schema": "identity/1", "title": localized("m"),
            "meaning": localized("m"), "base": 0, "scale": 1, "curves": {"score": curve}});
        sign(record(json!({"kind": "model.publish", "id": "m", "model": json})), "tax")
    };
    let refusal = registry.check(anew(1), &model(json!([1]))).unwrap_err();
    assert!(matches!(&refusal, RegistryError::Model(_)), "{refusal}");
    let policy = sign(
        record(json!({"kind": "policy.publish", "id": "lane/1", "policy": {
            "policy": "lane/1", "title": localized("lane"), "purpose": localized("test"),
            "legal_basis": localized("none"), "retention_days": 30, "pseudonym": "session", "max_root_age_s": 1200,
            "credentials": [{"id": "one", "schema": "identity/1", "issuers": ["police"]}],
            "models": [{"model": "curves/1", "credential": "one", "op": "ge", "value": 5}]}})),
        "tax",
    );
    assert!(registry.check(anew(1), &policy).is_err(), "the model is not there yet");
    registry.apply(anew(1), &model(json!([1, 9]))).unwrap();
    registry.apply(anew(2), &policy).unwrap();
}

#[test]
fn a_policy_that_accepts_a_stranger_is_refused() {
    let entry = sign(policy("lane/1", "identity/1", "stranger"), "tax");
    assert_eq!(refused(&entry), RegistryError::UnknownIssuer(id("stranger")));
}

#[test]
fn a_schema_names_an_identity_and_issuers_that_there_are() {
    let given = |identity: &str, issuer: &str| {
        let attributes = json!([{"name": "score", "type": "uint", "max": 1000, "title": localized("score")}]);
        let schema = json!({"schema": "lane/1", "title": localized("lane/1"), "attributes": attributes,
            "identity": {"schema": identity, "issuers": [issuer]}});
        sign(record(json!({"kind": "schema.publish", "id": "lane/1", "schema": schema})), "tax")
    };
    assert_eq!(registry().check(anew(SIZE), &given("identity/1", "police")), Ok(()));
    assert_eq!(refused(&given("identity/1", "stranger")), RegistryError::UnknownIssuer(id("stranger")));
    let unknown = RegistryError::UnknownSchema("identity/2".parse().unwrap());
    assert_eq!(refused(&given("identity/2", "police")), unknown);
}

#[test]
fn a_model_that_does_not_fit_is_refused() {
    let entry = sign(model("card/1", &json!({"height": 2})), "tax");
    assert!(matches!(refused(&entry), RegistryError::Model(_)));
}

#[test]
fn a_model_or_commitment_of_an_unknown_schema_is_refused() {
    let mut unknown = model("card/1", &json!({"score": 2}));
    let Record::Model(ModelPublish { model: Model::Linear(card), .. }) = &mut unknown else {
        panic!("not a card")
    };
    card.schema = "nothing/1".parse().unwrap();
    let expected = RegistryError::UnknownSchema("nothing/1".parse().unwrap());
    assert_eq!(refused(&sign(unknown, "tax")), expected);
    assert_eq!(refused(&sign(commit("c", "nothing/1", [1]), "police")), expected);
}

#[test]
fn admission_below_the_threshold_is_refused() {
    let entry = sign_approved(admit(&department("court")), &["police"]);
    assert_eq!(refused(&entry), RegistryError::TooFewApprovals { needed: 2, given: 1 });
    let signed_only = sign(admit(&department("court")), "police");
    assert_eq!(refused(&signed_only), RegistryError::TooFewApprovals { needed: 2, given: 0 });
}

#[test]
fn one_department_approves_once() {
    let entry = sign_approved(admit(&department("court")), &["police", "police"]);
    assert_eq!(refused(&entry), RegistryError::DuplicateApproval(id("police")));
}

#[test]
fn a_stranger_does_not_approve() {
    let entry = sign_approved(admit(&department("court")), &["police", "stranger"]);
    assert_eq!(refused(&entry), RegistryError::UnknownApprover(id("stranger")));
    let own = sign_approved(admit(&department("court")), &["police", "court"]);
    assert_eq!(refused(&own), RegistryError::UnknownApprover(id("court")));
}

#[test]
fn an_approval_of_another_record_is_refused() {
    let mut moved = admit(&department("court"));
    for name in ["police", "tax"] {
        let other = admit(&department("bank"));
        moved.approve(Approval::sign(&origin(), &other, id(name), &insecure_key(name)).unwrap());
    }
    assert_eq!(refused(&sign(moved, "police")), RegistryError::BadApproval(id("police")));
}

#[test]
fn a_department_is_admitted_once() {
    let again = Department { key: insecure_key("new").public(), ..department("tax") };
    let entry = sign_approved(admit(&again), &["police", "credit"]);
    assert_eq!(refused(&entry), RegistryError::AlreadyAdmitted(id("tax")));
}

#[test]
fn a_key_has_one_owner() {
    for taken in ["tax", "ledger.test/1"] {
        let copy = Department { key: insecure_key(taken).public(), ..department("court") };
        let entry = sign_approved(admit(&copy), &["police", "credit"]);
        assert_eq!(refused(&entry), RegistryError::KeyInUse(id("court")));
    }
}

#[test]
fn the_logs_name_is_reserved() {
    let named = Genesis::new(
        "ledger.nanning".parse().unwrap(),
        insecure_key("log").public(),
        vec![department("police")],
        1,
    );
    let registry = Registry::new(named.unwrap());
    let origin = registry.genesis().origin();
    let police = insecure_key("police");
    let mut record = admit(&department("ledger.nanning"));
    record.approve(Approval::sign(origin, &record, id("police"), &police).unwrap());
    let entry = Entry::sign(origin, record, id("police").into(), &police).unwrap();
    assert_eq!(registry.check(anew(SIZE), &entry), Err(RegistryError::ReservedName(id("ledger.nanning"))));
}

#[test]
fn a_large_document_is_linked() {
    let disclose = |length: usize| {
        sign(
            record(json!({"kind": "disclosure.publish", "id": "d", "category": "budget",
            "title": localized("d"), "document": "x".repeat(length)})),
            "tax",
        )
    };
    assert_eq!(registry().check(anew(SIZE), &disclose(32 * 1024 - 2)), Ok(()));
    assert_eq!(refused(&disclose(32 * 1024 - 1)), RegistryError::DocumentTooLarge(32 * 1024 + 1));
}
