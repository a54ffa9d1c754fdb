//! Circuit keys: what may be published, when each is valid, and how one ends.

use super::*;
use crate::record::{KeyUse, VerifiedSecrets, key_document};
use crate::samples::terms;

/// A key of `enroll` that is told apart by one point.
fn another(multiple: &str) -> Value {
    let (x, y) = match multiple {
        "twice" => (
            "1368015179489954701390400359078579693043519447331113978918064868415326638035",
            "9918110051302171585080402603319702774565515993150576347155970296011118125764",
        ),
        _ => ("1", "2"),
    };
    let mut json = vk(5);
    json["IC"][0] = json!([x, y, "1"]);
    let vk = VerifyingKey::from_json(&json).unwrap();
    let mut record = key("enroll", 2, 5);
    (record["id"], record["vk"]) = (json!(format!("enroll/2/{multiple}")), vk.to_json());
    record["vk_digest"] = json!(Digest::from_bytes(vk.digest()));
    record
}

fn dated(mut key: Value, valid_from: Option<u64>, retire_at: Option<u64>) -> Value {
    let members = key.as_object_mut().unwrap();
    members.extend(valid_from.map(|at| ("valid_from".to_owned(), at.into())));
    members.extend(retire_at.map(|at| ("retire_at".to_owned(), at.into())));
    key
}

fn digest_of(key: &Value) -> Digest {
    serde_json::from_value(key["vk_digest"].clone()).unwrap()
}

fn retire(key: &Value, at: u64) -> Record {
    record(
        json!({"kind": "key.retire", "id": format!("retire/{at}"), "vk_digest": key["vk_digest"], "retire_at": at,
        "reason": "planned", "approvals": []}),
    )
}

/// Police and tax agree to what was proposed at this size of the log.
fn agreed_at(entries: u64, mut record: Record) -> Entry {
    record.bind(terms(entries));
    sign_approved(record, &["police", "tax"])
}

/// A registry with these keys.
fn with(keys: &[Value]) -> Registry {
    let mut registry = registry();
    for (index, key) in (1..).zip(keys) {
        registry.apply(anew(index), &approved(key.clone())).unwrap();
    }
    registry
}

fn used(registry: &Registry, now: u64) -> Result<Digest, KeyUseError> {
    registry.usable_keys("enroll", 2, now, Development::Accepted).map(|keys| *keys[0].digest())
}

#[test]
fn a_key_needs_approvals() {
    let entry = sign(record(key("enroll", 2, 5)), "police");
    assert_eq!(refused(&entry), RegistryError::TooFewApprovals { needed: 2, given: 0 });
}

#[test]
fn a_key_is_the_one_of_its_digest() {
    let mut other = key("enroll", 2, 5);
    other["vk_digest"] = json!(Digest::of(b"another"));
    assert_eq!(refused(&approved(other)), RegistryError::KeyDigest);
}

#[test]
fn a_key_that_does_not_decode_is_refused() {
    let mut bad = key("enroll", 2, 5);
    bad["vk"]["vk_alpha_1"][1] = json!("3");
    assert!(matches!(refused(&approved(bad)), RegistryError::VerifyingKey(_)));
}

#[test]
fn a_key_is_of_its_circuits_shape() {
    for (circuit, version, expected) in
        [("show", 2, 207), ("enroll", 2, 5), ("join", 1, 163), ("score", 1, 412)]
    {
        registry().check(anew(SIZE), &approved(key(circuit, version, expected))).unwrap();
        let given = expected - 1;
        let refusal = refused(&approved(key(circuit, version, given)));
        assert_eq!(refusal, RegistryError::PublicInputs { expected, given });
    }
}

#[test]
fn a_key_of_an_earlier_version_stays_in_its_log_and_is_not_used() {
    let old = key("enroll", 1, 4);
    assert_eq!(refused(&approved(old.clone())), RegistryError::EarlierStatement { version: 1 });
    let mut registry = registry();
    registry.apply(Moment::in_log(1), &approved(old.clone())).unwrap();
    let key = registry.key(&digest_of(&old)).unwrap();
    assert_eq!((key.record.version, key.period().status_at(5)), (1, KeyStatus::Live));
    assert_eq!(key.usable_at(5, Development::Accepted), Err(KeyUseError::EarlierStatement));
    let usable = registry.usable_keys("enroll", 1, 5, Development::Accepted).err();
    assert_eq!(usable, Some(KeyUseError::EarlierStatement));
}

#[test]
fn a_key_is_published_once() {
    let first = key("enroll", 2, 5);
    let mut again = first.clone();
    (again["id"], again["proving_key_digest"]) = (json!("again"), json!(Digest::of(b"another")));
    let expected = RegistryError::KeyPublished(digest_of(&first));
    assert_eq!(with(&[first]).check(anew(SIZE), &approved(again)), Err(expected));
}

#[test]
fn a_key_begins_before_it_ends() {
    for (from, until) in [(20, 10), (10, 10)] {
        let entry = approved(dated(key("enroll", 2, 5), Some(from), Some(until)));
        assert_eq!(refused(&entry), RegistryError::KeyPeriod { valid_from: from, retire_at: until });
    }
}

#[test]
fn a_key_is_valid_from_its_beginning_up_to_its_end() {
    let key = dated(key("enroll", 2, 5), Some(10), Some(20));
    let registry = with(std::slice::from_ref(&key));
    assert_eq!(used(&registry, 9), Err(KeyUseError::NotYet { from: 10 }));
    assert_eq!(used(&registry, 10), Ok(digest_of(&key)));
    assert_eq!(used(&registry, 19), Ok(digest_of(&key)));
    assert_eq!(used(&registry, 20), Err(KeyUseError::Retired { at: 20 }));
    assert_eq!(used(&with(&[]), 15), Err(KeyUseError::NotPublished));
}

#[test]
fn keys_of_one_circuit_overlap_and_the_newest_is_used() {
    let old = dated(another("once"), None, Some(30));
    let new = dated(another("twice"), Some(20), None);
    let registry = with(&[old.clone(), new.clone()]);
    assert_eq!(used(&registry, 19), Ok(digest_of(&old)));
    assert_eq!(used(&registry, 20), Ok(digest_of(&new)));
    assert_eq!(registry.key(&digest_of(&old)).unwrap().period().status_at(20), KeyStatus::Live);
    assert_eq!(registry.key(&digest_of(&old)).unwrap().period().status_at(30), KeyStatus::Retired { at: 30 });
    assert_eq!(registry.keys_of("enroll", 2).count(), 2);
}

#[test]
fn a_retired_key_is_not_used_and_the_one_before_it_is() {
    let old = another("once");
    let new = another("twice");
    let mut registry = with(&[old.clone(), new.clone()]);
    registry.apply(anew(3), &agreed_at(3, retire(&new, 50))).unwrap();
    let ended = registry.key(&digest_of(&new)).unwrap();
    assert_eq!(ended.retirement, Some(Retirement { at: 50, index: 3 }));
    assert_eq!(used(&registry, 49), Ok(digest_of(&new)));
    assert_eq!(used(&registry, 50), Ok(digest_of(&old)));
}

#[test]
fn retirement_needs_approvals() {
    let key = key("enroll", 2, 5);
    let mut alone = retire(&key, 5);
    alone.bind(terms(SIZE));
    let alone = sign_approved(alone, &["police"]);
    let expected = RegistryError::TooFewApprovals { needed: 2, given: 1 };
    assert_eq!(with(&[key]).check(anew(SIZE), &alone), Err(expected));
}

#[test]
fn only_a_published_key_is_retired() {
    let key = key("enroll", 2, 5);
    assert_eq!(refused(&agreed_at(0, retire(&key, 5))), RegistryError::UnknownKey(digest_of(&key)));
}

#[test]
fn a_retirement_only_comes_nearer() {
    let key = dated(key("enroll", 2, 5), Some(10), Some(100));
    let mut registry = with(std::slice::from_ref(&key));
    for later in [100, 101] {
        let refusal = registry.check(anew(SIZE), &agreed_at(SIZE, retire(&key, later)));
        assert_eq!(refusal, Err(RegistryError::LaterRetirement { announced: 100 }));
    }
    registry.apply(anew(2), &agreed_at(2, retire(&key, 50))).unwrap();
    let refusal = registry.check(anew(SIZE), &agreed_at(SIZE, retire(&key, 60)));
    assert_eq!(refusal, Err(RegistryError::LaterRetirement { announced: 50 }));
    registry.apply(anew(3), &agreed_at(3, retire(&key, 5))).unwrap();
    assert_eq!(used(&registry, 20), Err(KeyUseError::Retired { at: 5 }), "it never becomes valid");
}

#[test]
fn a_retirement_is_for_the_key_as_it_was() {
    let key = key("enroll", 2, 5);
    let mut registry = with(std::slice::from_ref(&key));
    let early = agreed_at(2, retire(&key, 50));
    registry.apply(anew(2), &agreed_at(2, retire(&key, 80))).unwrap();
    assert_eq!(registry.check(anew(3), &early), Err(RegistryError::OtherState { entries: 2 }));
    assert_eq!(registry.check(anew(3), &agreed_at(3, retire(&key, 50))), Ok(()));
}

/// What the record says of the ceremony, and what it says of the key, are one statement.
#[test]
fn a_key_of_one_party_is_published_for_development_only() {
    for (phase1, phase2, shared) in
        [(54, 10, true), (2, 2, true), (1, 10, false), (54, 1, false), (0, 0, false)]
    {
        let mut key = key("enroll", 2, 5);
        key["secrets"] = json!({"phase1": phase1, "phase2": phase2});
        registry().check(anew(SIZE), &approved(key.clone())).unwrap();
        key["development"] = json!(false);
        let secrets = VerifiedSecrets { phase1, phase2 };
        let expected = if shared { Ok(()) } else { Err(RegistryError::KeyOfOneParty(secrets)) };
        assert_eq!(registry().check(anew(SIZE), &approved(key)), expected);
    }
}

#[test]
fn a_development_key_is_used_only_where_it_is_accepted() {
    let safe = another("once");
    let unsafe_one = another("twice");
    let mut ceremony = safe.clone();
    ceremony["development"] = json!(false);
    let registry = with(&[ceremony, unsafe_one.clone()]);
    let used = |development| *registry.usable_keys("enroll", 2, 0, development).unwrap()[0].digest();
    assert_eq!(used(Development::Accepted), digest_of(&unsafe_one));
    assert_eq!(used(Development::Refused), digest_of(&safe));
    assert_eq!(registry.key(&digest_of(&safe)).unwrap().record.key_use, KeyUse::Ceremony);
    let alone = with(&[unsafe_one]);
    let refusal = alone.usable_keys("enroll", 2, 0, Development::Refused).err();
    assert_eq!(refusal, Some(KeyUseError::Development));
}

#[test]
fn a_key_too_large_for_an_entry_is_a_text_and_the_same_key() {
    let score = of_long_numbers("score", 412);
    let text = score["vk"].as_str().unwrap().to_owned();
    let entry = approved(score.clone());
    assert!(entry.bytes().len() < crate::record::MAX_ENTRY);
    let mut registry = registry();
    registry.apply(anew(1), &entry).unwrap();
    assert_eq!(registry.key(&digest_of(&score)).unwrap().verifying_key.public_inputs(), 412);

    for vk in ["!".to_owned(), text[..text.len() - 4].to_owned(), String::new()] {
        let mut other = score.clone();
        other["vk"] = vk.into();
        let refused = self::registry().check(anew(1), &approved(other)).unwrap_err();
        assert!(matches!(refused, RegistryError::VerifyingKey(_)), "{refused:?}");
    }
    let mut join = of_long_numbers("join", 163);
    assert!(join["vk"].is_object());
    join["vk"] = VerifyingKey::from_json(&join["vk"]).map(|vk| base64(&vk)).unwrap();
    self::registry().apply(anew(1), &approved(join)).unwrap();
}

/// A key whose points have as many digits as those of a real one.
fn of_long_numbers(circuit: &str, inputs: usize) -> Value {
    let mut record = key(circuit, 1, inputs);
    let vk = another("twice")["vk"]["IC"][0].clone();
    let mut json = record["vk"].clone();
    json["IC"] = vec![vk; inputs + 1].into();
    let vk = VerifyingKey::from_json(&json).unwrap();
    (record["vk"], record["vk_digest"]) = (key_document(&vk), json!(Digest::from_bytes(vk.digest())));
    record
}

fn base64(key: &VerifyingKey) -> Value {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(key.to_compressed()).into()
}
