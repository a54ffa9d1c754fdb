use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use rand::{RngCore, SeedableRng};
use serde_json::{Value, json};

use super::header::Header;
use super::*;

/// A deterministic source, so that a failure can be repeated.
fn source(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut rng = rand::rngs::StdRng::seed_from_u64(seed);
    move |bytes: &mut [u8]| rng.fill_bytes(bytes)
}

fn key() -> ResponseKey {
    ResponseKey::generate(&mut source(1))
}

fn sealed(encryption: Encryption) -> String {
    seal(b"the answer", &key().public(), encryption, "n-1", &mut source(2)).unwrap()
}

/// A message with one of its five parts replaced.
fn with_part(part: usize, other: &str) -> String {
    let message = sealed(Encryption::A256Gcm);
    let mut parts: Vec<&str> = message.split('.').collect();
    parts[part] = other;
    parts.join(".")
}

fn with_header(change: impl Fn(&mut Value)) -> String {
    let message = sealed(Encryption::A256Gcm);
    let protected = decode(message.split('.').next().unwrap()).unwrap();
    let mut header: Value = serde_json::from_slice(&protected).unwrap();
    change(&mut header);
    with_part(0, &URL_SAFE_NO_PAD.encode(header.to_string()))
}

/// RFC 7518, appendix C.
#[test]
fn agrees_as_in_the_specifications_example() {
    let bob = decode("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw").unwrap();
    let bob = ResponseKey::from_bytes(&bob.try_into().unwrap()).unwrap();
    let header = json!({"alg": "ECDH-ES", "enc": "A128GCM", "apu": "QWxpY2U", "apv": "Qm9i", "epk": {
        "kty": "EC", "crv": "P-256", "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
        "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"}});
    let header = Header::from_json(header.to_string().as_bytes()).unwrap();
    let agreed = bob.agree(&header.epk, &header).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.encode(agreed), "VqqN6vgjbSBcIijNcacQGg");
}

/// The key of OpenID4VP 1.0, App. B.2.6.1.
#[test]
fn thumbprints_are_those_of_the_specification() {
    let vector: Value = serde_json::from_str(include_str!("../../vectors/openid4vp-handover.json")).unwrap();
    let jwk: Jwk = serde_json::from_value(vector["jwk"].clone()).unwrap();
    assert_eq!(hex::encode(jwk.thumbprint()), vector["jwk_thumbprint_sha256"].as_str().unwrap());
    assert_eq!(Jwks::new(&jwk).response_key(), Some(jwk));
}

#[test]
fn what_is_sealed_opens_and_names_its_key() {
    for encryption in [Encryption::A128Gcm, Encryption::A256Gcm] {
        let message = sealed(encryption);
        assert_eq!(kid(&message).unwrap(), key().public().kid);
        assert_eq!(open(&message, &key()).unwrap().as_slice(), b"the answer");
    }
}

#[test]
fn two_messages_share_nothing() {
    let [first, second] = [3, 4].map(|seed| {
        seal(b"the answer", &key().public(), Encryption::A128Gcm, "n-1", &mut source(seed)).unwrap()
    });
    assert!(first.split('.').zip(second.split('.')).all(|(a, b)| a.is_empty() || a != b));
}

#[test]
fn another_key_does_not_open_it() {
    let other = ResponseKey::generate(&mut source(9));
    assert_eq!(open(&sealed(Encryption::A128Gcm), &other).err(), Some(JweError::Decrypt));
}

#[test]
fn every_changed_part_is_refused() {
    let other = seal(b"the answer", &key().public(), Encryption::A128Gcm, "n-1", &mut source(5)).unwrap();
    for part in [0, 2, 3, 4] {
        let foreign = other.split('.').nth(part).unwrap();
        assert_eq!(open(&with_part(part, foreign), &key()).err(), Some(JweError::Decrypt), "{part}");
    }
    assert_eq!(open(&with_part(1, "AAAA"), &key()).err(), Some(JweError::Malformed));
    assert_eq!(open(&with_part(2, "AAAA"), &key()).err(), Some(JweError::Malformed));
    assert_eq!(open(&with_part(3, "A+"), &key()).err(), Some(JweError::Malformed));
}

#[test]
fn what_is_not_five_parts_is_refused() {
    for text in ["", "....", "a.b", "a..b.c.d.e", &format!("{}.", sealed(Encryption::A128Gcm))] {
        assert_eq!(open(text, &key()).err(), Some(JweError::Malformed), "{text}");
    }
    assert_eq!(open(&"a".repeat(MAX_JWE + 1), &key()).err(), Some(JweError::TooLarge));
}

#[test]
fn other_algorithms_compression_and_extensions_are_refused() {
    let changes: [fn(&mut Value); 5] = [
        |h| h["alg"] = json!("ECDH-ES+A128KW"),
        |h| h["alg"] = json!("dir"),
        |h| h["enc"] = json!("A128CBC-HS256"),
        |h| h["zip"] = json!("DEF"),
        |h| h["crit"] = json!(["exp"]),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        assert_eq!(open(&with_header(change), &key()).err(), Some(JweError::Algorithm), "{i}");
    }
}

#[test]
fn an_ephemeral_key_that_is_no_point_is_refused() {
    let off = |h: &mut Value| h["epk"]["y"] = h["epk"]["x"].clone();
    assert_eq!(open(&with_header(off), &key()).err(), Some(JweError::Decrypt));
    let short = |h: &mut Value| h["epk"]["x"] = json!("AQ");
    assert_eq!(open(&with_header(short), &key()).err(), Some(JweError::Decrypt));
    let other = |h: &mut Value| h["epk"]["crv"] = json!("P-384");
    assert_eq!(open(&with_header(other), &key()).err(), Some(JweError::Malformed));
    let missing = |h: &mut Value| drop(h.as_object_mut().unwrap().remove("epk"));
    assert_eq!(open(&with_header(missing), &key()).err(), Some(JweError::Malformed));
}

#[test]
fn a_repeated_member_of_the_header_is_refused() {
    let message = sealed(Encryption::A256Gcm);
    let protected = String::from_utf8(decode(message.split('.').next().unwrap()).unwrap()).unwrap();
    let twice = protected.replacen('{', r#"{"alg":"ECDH-ES","#, 1);
    let message = with_part(0, &URL_SAFE_NO_PAD.encode(twice));
    assert_eq!(open(&message, &key()).err(), Some(JweError::Malformed));
}

#[test]
fn a_key_for_another_use_is_passed_over() {
    let ours = serde_json::to_value(key().public()).unwrap();
    let with = |change: fn(&mut Value)| {
        let mut other = ours.clone();
        change(&mut other);
        other
    };
    let strangers = [
        json!({"kty": "RSA", "n": "AQ", "e": "AQAB"}),
        with(|k| k["use"] = json!("sig")),
        with(|k| k["alg"] = json!("ECDH-ES+A256KW")),
        with(|k| k["y"] = k["x"].clone()),
    ];
    let jwks = |keys: &[Value]| serde_json::from_value::<Jwks>(json!({ "keys": keys })).unwrap();
    assert_eq!(jwks(&strangers).response_key(), None);
    assert_eq!(jwks(&[&strangers[..], &[ours]].concat()).response_key(), Some(key().public()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_text_never_panics(text in "[A-Za-z0-9_.=+-]{0,300}") {
        let _ = open(&text, &key());
    }

    #[test]
    fn any_payload_comes_back(payload in proptest::collection::vec(any::<u8>(), 0..2000), seed in any::<u64>()) {
        let message = seal(&payload, &key().public(), Encryption::A256Gcm, "n", &mut source(seed)).unwrap();
        let opened = open(&message, &key()).unwrap();
        prop_assert_eq!(opened.as_slice(), payload.as_slice());
    }
}

/// AWS-LC beside p256, on the smallest and largest scalars and some between.
#[test]
fn keys_and_what_they_agree_on_are_those_of_another_library() {
    let largest = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550").unwrap();
    let one = [[0; 31].as_slice(), &[1]].concat();
    let secrets =
        [one, largest, vec![7; 32], vec![0x5a; 32]].map(|bytes| <[u8; 32]>::try_from(bytes).unwrap());
    let peer = key().public();
    for secret in secrets {
        let (ours, other) =
            (ResponseKey::from_bytes(&secret).unwrap(), p256::SecretKey::from_slice(&secret).unwrap());
        assert_eq!(ours.public().point(), Some(other.public_key()));
        let header = Header::new(Encryption::A128Gcm, &ours, &peer, "n");
        let expected = other.diffie_hellman(&peer.point().unwrap());
        assert_eq!(ours.agree(&peer, &header).unwrap(), derived(expected.raw_secret_bytes(), &header));
    }
}

/// RFC 7518 §4.6.2 for one round.
fn derived(shared: &[u8], header: &Header) -> Zeroizing<Vec<u8>> {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new_with_prefix([0, 0, 0, 1]);
    hash.update(shared);
    for field in [b"A128GCM".to_vec()].into_iter().chain(header.parties().unwrap()) {
        hash.update((field.len() as u32).to_be_bytes());
        hash.update(field);
    }
    hash.update(128u32.to_be_bytes());
    Zeroizing::new(hash.finalize()[..16].to_vec())
}
