//! Signed entries in any number: one department's commitments, which never repeat.

use std::sync::atomic::{AtomicU64, Ordering};

use circuits::Fr;
use ledger::genesis::Department;
use ledger::key::DepartmentKey;
use ledger::note::KeyName;
use ledger::record::{CredentialCommit, Entry, Inner, MAX_COMMITMENTS, Record};
use rand::RngCore as _;
use rand::rngs::OsRng;
use rayon::prelude::*;
use serde_json::json;

/// Makes entries of one department.
pub(super) struct Supply {
    key: DepartmentKey,
    next: AtomicU64,
}

impl Supply {
    pub(super) fn new() -> Self {
        let mut seed = [0; 32];
        OsRng.fill_bytes(&mut seed);
        Self { key: DepartmentKey::from_seed(&seed), next: AtomicU64::new(1) }
    }

    pub(super) fn department(&self) -> Department {
        let title = serde_json::from_value(json!({ "zh-CN": "测量", "en": "Bench" }));
        let title = title.expect("a title in both languages");
        let id = DEPARTMENT.parse().expect("a valid identifier");
        Department { id, title, key: self.key.public(), desk: None }
    }

    /// The schema of all commitments.
    pub(super) fn schema(&self) -> Entry {
        let title = json!({ "zh-CN": "测量", "en": "Bench" });
        let schema = json!({ "schema": SCHEMA, "title": title,
            "attributes": [{ "name": "score", "type": "uint", "max": 1000, "title": title }] });
        self.sign(record(json!({ "kind": "schema.publish", "id": SCHEMA, "schema": schema })))
    }

    /// `count` commitments in one entry.
    pub(super) fn commit(&self, count: u64) -> Entry {
        let first = self.next.fetch_add(count, Ordering::Relaxed);
        // Multiplication by a large constant spreads the numbers over all 32 bytes, as true commitments are.
        let spread = Fr::from(u128::MAX) * Fr::from(u128::MAX);
        let inner = (first..first + count).map(|n| Inner(Fr::from(n) * spread));
        let id = format!("c/{first}").parse().expect("a short word");
        let schema = SCHEMA.parse().expect("a valid identifier");
        self.sign(Record::Commit(CredentialCommit { id, schema, inner: inner.collect() }))
    }

    /// `count` entries of as many commitments as fit.
    pub(super) fn full(&self, count: usize) -> Vec<Entry> {
        (0..count).into_par_iter().map(|_| self.commit(MAX_COMMITMENTS as u64)).collect()
    }

    /// Revokes one leaf.
    pub(super) fn revoke(&self, position: u64) -> Entry {
        let change = json!({ "position": position, "status": "revoke", "reason": "bench" });
        let id = format!("s/{position}");
        self.sign(record(json!({ "kind": "credential.status", "id": id, "changes": [change] })))
    }

    fn sign(&self, record: Record) -> Entry {
        let id: circuits::credential::DepartmentId = DEPARTMENT.parse().expect("a valid identifier");
        Entry::sign(&origin(), record, id.into(), &self.key).expect("the records of this module fit an entry")
    }
}

/// The log's name.
pub(super) fn origin() -> KeyName {
    "ledger.bench/1".parse().expect("a valid key name")
}

fn record(json: serde_json::Value) -> Record {
    serde_json::from_value(json).expect("the records of this module are well-formed")
}

const DEPARTMENT: &str = "bench.nanning";
const SCHEMA: &str = "bench/1";
