//! Test doubles: keys, departments, and a whole log in memory. Behind the feature `test-support`; the keys are known to
//! everybody.

pub mod checks;
mod memory;
mod replaying;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use circuits::credential::DepartmentId;
use circuits::schema::Localized;
use groth16::VerifyingKey;
use serde_json::{Value, json};

pub use self::memory::MemoryLog;
pub use self::replaying::Replaying;
use crate::digest::Digest;
use crate::genesis::{Department, Genesis};
use crate::key::DepartmentKey;
use crate::note::{KeyName, NoteKey, NoteKind};
use crate::record::{Approval, ApprovalTerms, BundleId, Entry, HpkePublicKey, Nonce, Record, key_document};
use crate::witness::Quorum;

/// The key that everybody can derive from a department's or a log's name.
pub fn insecure_key(name: &str) -> DepartmentKey {
    DepartmentKey::from_seed(Digest::of(name.as_bytes()).as_bytes())
}

/// A second key of a log, which everybody knows: what `openssl genpkey -algorithm SM2` wrote.
pub const INSECURE_SM2_PEM: &str = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgpZPxeJQc+3o+4X1Z\n44XIlEwRusS30qmdM+MbSEAtlC+hRANCAATQSQ9poai0RzccMyA1EG9YQXYYOXdY\nW7Yuaht9+O0d064ESrRh7EbkTkqOODRi3AVvwfTVMqHwgjGT+qqCfMgI\n-----END PRIVATE KEY-----\n";

/// A department with [`insecure_key`] and no desk.
pub fn department(id: &str) -> Department {
    Department { id: department_id(id), title: localized(id), key: insecure_key(id).public(), desk: None }
}

/// One text in both languages.
pub fn localized(text: &str) -> Localized {
    Localized::same(text).expect("samples are plain")
}

/// The name of the log that tests write to.
pub fn origin() -> KeyName {
    "ledger.test/1".parse().expect("a valid key name")
}

/// A genesis named [`origin`] of these departments.
pub fn genesis(departments: &[&str], threshold: usize) -> Genesis {
    let departments = departments.iter().map(|id| department(id)).collect();
    Genesis::new(origin(), insecure_key("ledger.test/1").public(), departments, threshold)
        .expect("test departments are distinct")
}

/// A witness of this name with [`insecure_key`].
pub fn witness(name: &str) -> NoteKey {
    let key = insecure_key(name).public();
    NoteKey { name: name.parse().expect("a valid key name"), kind: NoteKind::Cosignature, key }
}

/// [`genesis`] with witnesses, `needed` of whom must cosign.
pub fn witnessed_genesis(
    departments: &[&str],
    threshold: usize,
    witnesses: &[&str],
    needed: usize,
) -> Genesis {
    let quorum = Quorum::new(needed, witnesses.iter().map(|name| witness(name)).collect());
    let quorum = quorum.expect("test quorums are more than half");
    genesis(departments, threshold).witnessed(quorum).expect("test witnesses have keys of their own")
}

/// [`witnessed_genesis`] where those of `replaying` replay the log, and `replayed` of them must cosign.
pub fn replayed_genesis(
    departments: &[&str],
    threshold: usize,
    (witnesses, needed): (&[&str], usize),
    (replaying, replayed): (&[&str], usize),
) -> Genesis {
    let names = replaying.iter().map(|name| name.parse().expect("a valid key name")).collect();
    let quorum = Quorum::new(needed, witnesses.iter().map(|name| witness(name)).collect());
    let quorum = quorum.expect("test quorums are more than half").replayed_by(replayed, names);
    let quorum = quorum.expect("test witnesses that replay are witnesses");
    genesis(departments, threshold).witnessed(quorum).expect("test witnesses have keys of their own")
}

/// A record from its JSON.
pub fn record(json: Value) -> Record {
    serde_json::from_value(json).expect("test records are well-formed")
}

/// Signs with [`insecure_key`] of the department, for the log named [`origin`].
pub fn sign(record: Record, department: &str) -> Entry {
    let id = department_id(department);
    Entry::sign(&origin(), record, id.into(), &insecure_key(department)).expect("test records are small")
}

/// Terms of approvals for a log of so many entries, without an end that a test would reach; the nonce is the number's.
pub fn terms(entries: u64) -> ApprovalTerms {
    let mut nonce = [0; 16];
    nonce[8..].copy_from_slice(&entries.to_be_bytes());
    ApprovalTerms { nonce: Nonce::from_bytes(nonce), entries, expires: FAR }
}

/// Adds approvals with [`insecure_key`] of the departments, and signs with that of the first. Approvals that are bound to
/// nothing yet are bound to a log without entries.
pub fn sign_approved(mut record: Record, departments: &[&str]) -> Entry {
    if record.terms().is_none() {
        record.bind(terms(0));
    }
    for department in departments {
        let id = department_id(department);
        let key = insecure_key(department);
        let approval = Approval::sign(&origin(), &record, id, &key);
        record.approve(approval.expect("test records are canonical"));
    }
    sign(record, departments.first().expect("somebody approves"))
}

/// A schema of one whole number, `score` up to 1,000; its record's id is its own.
pub fn schema(id: &str) -> Record {
    record(json!({"kind": "schema.publish", "id": id, "schema": {
        "schema": id, "title": localized(id),
        "attributes": [{"name": "score", "type": "uint", "max": 1000, "title": localized("score")}],
    }}))
}

/// A policy over [`schema`] that asks for a score of at least 500; its record's id is its own.
pub fn policy(id: &str, schema: &str, issuer: &str) -> Record {
    record(json!({"kind": "policy.publish", "id": id, "policy": {
        "policy": id, "title": localized(id), "purpose": localized("test"), "legal_basis": localized("none"),
        "retention_days": 30, "pseudonym": "session", "max_root_age_s": 600,
        "credentials": [{"id": "credit", "schema": schema, "issuers": [issuer],
            "require": {"attr": "score", "op": "ge", "value": 500}}],
    }}))
}

/// A commitment to these numbers as inner commitments.
pub fn commit(id: &str, schema: &str, inner: impl IntoIterator<Item = u64>) -> Record {
    let inner = inner.into_iter().map(|i| crate::record::Inner(i.into())).collect();
    let id = word(id);
    let schema = schema.parse().expect("test schemas have valid names");
    Record::Commit(crate::record::CredentialCommit { id, schema, inner })
}

/// One change of status: `revoke`, `suspend` or `restore`.
pub fn status(id: &str, position: u64, act: &str) -> Record {
    record(json!({"kind": "credential.status", "id": id,
        "changes": [{"position": position, "status": act, "reason": "test"}]}))
}

/// A well-formed verifying key for `inputs` public inputs, all of whose points are generators.
pub fn vk(inputs: usize) -> Value {
    let g1 = ["1", "2", "1"];
    let g2 = [
        [
            "10857046999023057135944570762232829481370756359578518086990519993285655852781",
            "11559732032986387107991004021392285783925812861821192530917403151452391805634",
        ],
        [
            "8495653923123431417604973247489272438418190587263600148770280649306958101930",
            "4082367875863433681332203403145435568316851327593401208105741076214120093531",
        ],
        ["1", "0"],
    ];
    json!({"protocol": "groth16", "curve": "bn128", "nPublic": inputs, "vk_alpha_1": g1, "vk_beta_2": g2,
        "vk_gamma_2": g2, "vk_delta_2": g2, "IC": vec![g1; inputs + 1]})
}

/// A `key.publish` of a development key with [`vk`], which nobody has approved yet; its id is `circuit/version`.
pub fn key(circuit: &str, version: u32, inputs: usize) -> Value {
    let vk = VerifyingKey::from_json(&vk(inputs)).expect("test keys are well-formed");
    json!({"kind": "key.publish", "id": format!("{circuit}/{version}"), "circuit": circuit, "version": version,
        "vk": key_document(&vk), "vk_digest": Digest::from_bytes(vk.digest()), "proving_key_digest": Digest::of(b"pk"),
        "development": true, "approvals": []})
}

/// A registration of the verifier with this digest of its certificate, until then (unix seconds).
pub fn verifier(id: &str, client_id: &str, name: &str, until: u64) -> Record {
    record(json!({"kind": "verifier.register", "id": id, "client_id": client_id, "name": localized(name),
        "address": localized("1 Minzu Avenue"), "complaints": "https://12345.example/", "until": until,
        "legal_basis": localized("Article 7")}))
}

/// The identifier of a verifier with this number.
pub fn client_id(number: u8) -> String {
    format!("x509_hash:{}", URL_SAFE_NO_PAD.encode([number; 32]))
}

/// The HPKE key of a name, which everybody can derive; nobody has its private half.
pub fn hpke_key(name: &str) -> HpkePublicKey {
    let mut bytes = *Digest::of(name.as_bytes()).as_bytes();
    bytes[31] &= 0x3f;
    HpkePublicKey::from_bytes(bytes).expect("a digest below 2^254 is canonical and of no small order")
}

/// The bundle of this name.
pub fn bundle_id(name: &str) -> BundleId {
    BundleId::new(Digest::of(name.as_bytes()))
}

/// A department's record that it keeps shares under [`hpke_key`] of this name.
pub fn trustee(id: &str, key: &str) -> Record {
    record(
        json!({"kind": "trustee.publish", "id": id, "key": hpke_key(key), "url": "https://trustee.example/"}),
    )
}

/// A request for the shares of the bundle of this name, at the desk of a department, one second after 1970 began; nobody
/// has approved it yet.
pub fn recovery(id: &str, bundle: &str, desk: &str) -> Record {
    record(json!({"kind": "recovery.request", "id": id, "bundle": bundle_id(bundle), "desk": desk, "time": 1,
        "key_digest": hpke_key("wallet").digest(), "approvals": []}))
}

/// Governance revokes what a department committed at these positions, both included.
pub fn withdraw(id: &str, department: &str, first: u64, last: u64) -> Record {
    record(json!({"kind": "credential.withdraw", "id": id, "department": department, "reason": "key-stolen",
        "ranges": [{"first": first, "last": last}], "approvals": []}))
}

fn word(id: &str) -> crate::record::RecordId {
    id.parse().expect("test records have valid ids")
}

/// The year 2096, unix seconds.
const FAR: u64 = 4_000_000_000;

fn department_id(id: &str) -> DepartmentId {
    id.parse().expect("test departments have valid names")
}
