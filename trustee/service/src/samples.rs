//! Trustees of a small city, dealings among them, and requests on a ledger's registry.

use circuits::Fr;
use circuits::credential::{DepartmentId, PersonSecret};
use ledger::genesis::Genesis;
use ledger::record::{Approval, BundleId, HpkePublicKey, Record};
use ledger::registry::{Moment, Registry};
use ledger::samples::{self, genesis, insecure_key, origin, recovery, sign, terms};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::json;
use trustee::wire::Deposit;
use trustee::{Candidate, Dealt, HpkePrivateKey, deal};

/// The departments; the first three are trustees.
const DEPARTMENTS: [&str; 4] = ["tax", "court", "archive", "police"];

pub(crate) fn department(name: &str) -> DepartmentId {
    name.parse().unwrap()
}

/// The private key of a trustee, counted from 0.
pub(crate) fn trustee_key(place: u8) -> HpkePrivateKey {
    HpkePrivateKey::from_bytes(&[place + 1; 32])
}

pub(crate) fn wallet_key(number: u8) -> HpkePrivateKey {
    HpkePrivateKey::from_bytes(&[number; 32])
}

pub(crate) fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

/// The secret of a person.
pub(crate) fn secret(number: u64) -> PersonSecret {
    PersonSecret::from_element(Fr::from(number)).unwrap()
}

/// A person's secret in three shares, two of which are needed.
pub(crate) fn dealt(number: u8) -> Dealt {
    let named = (0..).zip(DEPARTMENTS).take(3);
    let candidates: Vec<_> = named
        .map(|(place, name)| Candidate { department: department(name), key: trustee_key(place).public() })
        .collect();
    deal(&secret(number.into()), 2, &candidates, &mut rng(number)).unwrap()
}

/// What a wallet brings to the trustee in this place.
pub(crate) fn deposit(dealt: &Dealt, place: usize) -> Deposit {
    Deposit { bundle: dealt.bundle.clone(), share: dealt.deposits[place].clone() }
}

pub(crate) fn city() -> Genesis {
    genesis(&DEPARTMENTS, 2)
}

/// A request for a bundle at the desk of one department, to which another agrees, as entry `index`.
pub(crate) fn request(
    bundle: BundleId,
    key: &HpkePublicKey,
    desk: &str,
    second: &str,
    index: u64,
) -> ledger::record::Entry {
    let mut json = serde_json::to_value(recovery(&format!("r/{index}"), "", desk)).unwrap();
    json["bundle"] = json!(bundle);
    json["key_digest"] = json!(key.digest());
    let mut record: Record = samples::record(json);
    record.bind(terms(index));
    let approval = Approval::sign(&origin(), &record, department(second), &insecure_key(second)).unwrap();
    record.approve(approval);
    sign(record, desk)
}

/// A registry with these requests.
pub(crate) fn registry(requests: &[(BundleId, HpkePublicKey, &str, &str)]) -> Registry {
    let mut registry = Registry::new(city());
    for (index, (bundle, key, desk, second)) in (0..).zip(requests) {
        let entry = request(*bundle, key, desk, second, index);
        registry.apply(Moment::submitted(index, 0, 0), &entry).unwrap();
    }
    registry
}
