//! One spelling for one answer: round trips, sizes, and a refusal for each rule.

use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInteger, PrimeField};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::vp::KeyDigest;
use circuits::policy::Policy;

/// The key of all answers here.
const KEY: KeyDigest = KeyDigest([0xee; 32]);

/// A proof of nothing: a decoded proof is three points, whatever they prove.
fn proof(seed: u64) -> Proof {
    let scalar = |n: u64| Fr::from(seed) * Fr::from(n) + Fr::from(n);
    Proof::try_from(ark_groth16::Proof::<Bn254> {
        a: (G1Affine::generator() * scalar(3)).into_affine(),
        b: (G2Affine::generator() * scalar(5)).into_affine(),
        c: (G1Affine::generator() * scalar(7)).into_affine(),
    })
    .unwrap()
}

fn answer(credentials: u64, revealed: &[Json]) -> OfflineAnswer {
    OfflineAnswer {
        policy_digest: PolicyDigest([0xff; 32]),
        minute: Minute::of(4_000_000_000),
        key: KeyStart::from_digest(&KEY),
        root: Element(-Fr::from(1)),
        nullifier: Element(-Fr::from(2)),
        shown: (0..credentials).map(|i| Shown { revealed: revealed.to_vec(), proof: proof(i) }).collect(),
    }
}

fn value() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        "\\PC{0,8}".prop_map(Json::from),
    ]
}

fn answers() -> impl Strategy<Value = OfflineAnswer> {
    let shown = (prop::collection::vec(value(), 0..4), any::<u64>())
        .prop_map(|(revealed, seed)| Shown { revealed, proof: proof(seed) });
    let key = any::<[u8; 8]>().prop_map(KeyStart);
    (any::<[u8; 32]>(), 0..1u64 << 34, key, any::<[u64; 2]>(), prop::collection::vec(shown, 1..=4)).prop_map(
        |(digest, minute, key, [root, nullifier], shown)| OfflineAnswer {
            policy_digest: PolicyDigest(digest),
            minute: Minute::new(minute).unwrap(),
            key,
            root: Element(Fr::from(root)),
            nullifier: Element(-Fr::from(nullifier)),
            shown,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn reads_what_it_writes(answer in answers()) {
        let text = answer.to_text().unwrap();
        prop_assert!(OfflineAnswer::parse(&text).unwrap() == answer);
    }

    /// What is read has one text; so nothing that is altered is read as the same answer.
    #[test]
    fn an_altered_text_is_refused_or_another_answer(answer in answers(), at: prop::sample::Index, to in "[0-9A-Z $%*+./:-]") {
        let mut text = answer.to_text().unwrap();
        let at = PREFIX.len() + at.index(text.len() - PREFIX.len());
        text.replace_range(at..=at, &to);
        if let Ok(read) = OfflineAnswer::parse(&text) {
            prop_assert_eq!(read.to_text().unwrap(), text.clone());
            prop_assert!(read != answer || answer.to_text().unwrap() == text);
        }
    }

    #[test]
    fn no_text_is_a_panic(text in "(yong:1:)?\\PC{0,80}", bytes: Vec<u8>) {
        let _ = OfflineAnswer::parse(&text);
        let _ = OfflineAnswer::parse(&format!("{PREFIX}{}", encode(bytes)));
    }
}

/// Two credentials, one of which reveals a level.
fn policy() -> Policy {
    let text = |text: &str| json!({ "zh-CN": text, "en": text });
    let query = |id: &str, reveal: &[&str]| json!({ "id": id, "schema": "credit-report/1", "issuers": ["credit.nanning"], "reveal": reveal });
    serde_json::from_value(json!({
        "policy": "lane/1", "title": text("Lane"), "purpose": text("Test"), "legal_basis": text("None"),
        "retention_days": 1, "pseudonym": "session", "max_root_age_s": 60,
        "credentials": [query("a", &["level"]), query("b", &[])],
    }))
    .unwrap()
}

#[test]
fn an_answer_says_what_its_token_says() {
    let policy = policy();
    let mut answer = answer(2, &[]);
    answer.policy_digest = PolicyDigest(policy.digest());
    answer.shown[0].revealed = vec![json!("A")];
    let token = answer.token(&policy, KEY).unwrap();
    assert_eq!(token.0["a"][0].revealed["level"], "A");
    assert!(OfflineAnswer::from_token(&policy, answer.minute, &token).unwrap() == answer);
    let mut lacking = token.clone();
    lacking.0.remove("b");
    assert!(OfflineAnswer::from_token(&policy, answer.minute, &lacking).is_none());
    let mut other_key = token.clone();
    other_key.0.get_mut("b").unwrap()[0].key = KeyDigest([0xed; 32]);
    assert!(OfflineAnswer::from_token(&policy, answer.minute, &other_key).is_none());
    let mut other_holder = token;
    other_holder.0.get_mut("b").unwrap()[0].nullifier = Element(Fr::from(9));
    assert!(OfflineAnswer::from_token(&policy, answer.minute, &other_holder).is_none());
}

#[test]
fn an_answer_that_shows_something_else_than_the_policy_asks_has_no_token() {
    let policy = policy();
    let of_policy = OfflineAnswer { policy_digest: PolicyDigest(policy.digest()), ..answer(2, &[]) };
    assert!(of_policy.token(&policy, KEY).is_none(), "no level");
    let shown =
        vec![Shown { revealed: vec![json!("A")], ..of_policy.shown[0].clone() }, of_policy.shown[1].clone()];
    let honest = OfflineAnswer { shown, ..of_policy.clone() };
    assert!(
        honest.token(&policy, KEY).is_some() && honest.token(&policy, KeyDigest([0; 32])).is_none(),
        "another key"
    );
    assert!(answer(2, &[]).token(&policy, KEY).is_none(), "another policy");
    let one = OfflineAnswer { shown: vec![of_policy.shown[1].clone()], ..of_policy };
    assert!(one.token(&policy, KEY).is_none(), "one credential of two");
}

#[test]
fn one_credential_is_at_most_400_characters_and_two_at_most_400_bytes() {
    let bytes = |credentials| {
        let mut bytes = Vec::new();
        ciborium::into_writer(&answer(credentials, &[]).to_cbor().unwrap(), &mut bytes).unwrap();
        bytes.len()
    };
    assert_eq!(answer(1, &[]).to_text().unwrap().len(), 382);
    assert_eq!((bytes(1), bytes(2)), (250, 382));
    // Revealed: a short text and a number.
    assert!(answer(1, &[json!("A"), json!(700)]).to_text().unwrap().len() <= 400);
    assert!(answer(4, &[]).to_text().is_ok());
}

#[test]
fn the_text_is_in_the_alphabet_that_qr_codes_hold_best() {
    let text = answer(2, &[json!("南宁")]).to_text().unwrap();
    let alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    assert!(text.strip_prefix(PREFIX).unwrap().chars().all(|c| alphabet.contains(c)), "{text}");
}

/// The refusal of a text whose CBOR was changed.
fn refusal(change: impl FnOnce(&mut Vec<Value>)) -> OfflineError {
    let Value::Array(mut parts) = answer(1, &[json!(7)]).to_cbor().unwrap() else { panic!("not an array") };
    change(&mut parts);
    refusal_of(&Value::Array(parts))
}

fn refusal_of(value: &Value) -> OfflineError {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    refusal_of_bytes(&bytes)
}

fn refusal_of_bytes(bytes: &[u8]) -> OfflineError {
    OfflineAnswer::parse(&format!("{PREFIX}{}", encode(bytes))).err().unwrap()
}

fn cbor() -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(&answer(1, &[json!(7)]).to_cbor().unwrap(), &mut bytes).unwrap();
    bytes
}

#[test]
fn another_beginning_is_refused() {
    let text = answer(1, &[]).to_text().unwrap();
    for begins in ["", "YONG:1:", "yong:2:", " yong:1:"] {
        let other = format!("{begins}{}", text.strip_prefix(PREFIX).unwrap());
        assert_eq!(OfflineAnswer::parse(&other).err(), Some(OfflineError::Prefix), "{begins}");
    }
}

#[test]
fn what_is_not_base45_is_refused() {
    for rest in ["a", "A", "\u{90}\u{90}", ":::", "%69 VD92EX0x"] {
        let refused = OfflineAnswer::parse(&format!("{PREFIX}{rest}")).err();
        assert_eq!(refused, Some(OfflineError::Base45), "{rest}");
    }
}

#[test]
fn too_much_text_is_neither_read_nor_written() {
    let given = MAX_TEXT + 1;
    let read = OfflineAnswer::parse(&"A".repeat(given)).err();
    assert_eq!(read, Some(OfflineError::TooLong { given }));
    let long = json!("x".repeat(MAX_TEXT));
    assert!(matches!(answer(1, &[long]).to_text(), Err(OfflineError::TooLong { .. })));
}

#[test]
fn other_shapes_are_refused() {
    let shape = |error| assert!(matches!(error, OfflineError::Shape(_)), "{error}");
    shape(refusal_of_bytes(&[]));
    shape(refusal_of_bytes(&[0x9f]));
    shape(refusal_of(&Value::Null));
    shape(refusal(|parts| drop(parts.pop())));
    shape(refusal(|parts| parts.push(Value::Null)));
    shape(refusal(|parts| parts[0] = Value::Bytes(vec![0; 31])));
    shape(refusal(|parts| parts[0] = Value::Text("0".repeat(32))));
    shape(refusal(|parts| parts[1] = Value::from(-1)));
    shape(refusal(|parts| parts[1] = Value::from(1u64 << 40)));
    shape(refusal(|parts| parts[2] = Value::Bytes(vec![0; 9])));
    shape(refusal(|parts| parts[3] = Value::Bytes(vec![0; 33])));
    shape(refusal(|parts| parts[5] = Value::Null));
    shape(refusal(|parts| parts[5] = Value::Array(vec![Value::Null])));
    shape(refusal(|parts| *pair(parts, 0) = Value::Null));
    shape(refusal(|parts| *pair(parts, 1) = Value::Bytes(vec![1; 127])));
    shape(refusal(|parts| parts[0] = Value::Tag(24, Box::new(parts[0].clone()))));
}

/// The values or the proof of the one credential.
fn pair(parts: &mut [Value], which: usize) -> &mut Value {
    let shown = &mut parts[5].as_array_mut().unwrap()[0];
    &mut shown.as_array_mut().unwrap()[which]
}

#[test]
fn no_credential_and_more_than_four_are_refused() {
    assert_eq!(refusal(|parts| parts[5] = Value::Array(vec![])), OfflineError::Count(0));
    assert_eq!(refusal(|parts| parts[5] = Value::Array(vec![Value::Null; 5])), OfflineError::Count(5));
    assert_eq!(answer(0, &[]).to_text(), Err(OfflineError::Count(0)));
    assert_eq!(answer(5, &[]).to_text(), Err(OfflineError::Count(5)));
}

#[test]
fn numbers_of_the_field_are_canonical() {
    let modulus = || Value::Bytes(Fr::MODULUS.to_bytes_be());
    assert_eq!(refusal(|parts| parts[3] = modulus()), OfflineError::Element("root"));
    assert_eq!(refusal(|parts| parts[4] = modulus()), OfflineError::Element("nullifier"));
}

#[test]
fn a_proof_is_three_points() {
    let refused = refusal(|parts| *pair(parts, 1) = Value::Bytes(vec![0xff; PROOF_BYTES]));
    assert!(matches!(refused, OfflineError::Proof(_)), "{refused}");
}

#[test]
fn values_that_no_credential_holds_are_refused() {
    for value in [Value::Float(1.0), Value::Bytes(vec![1]), Value::Array(vec![]), Value::from(-1)] {
        let refused = refusal(|parts| *pair(parts, 0) = Value::Array(vec![value.clone()]));
        assert_eq!(refused, OfflineError::Value, "{value:?}");
    }
    for value in [json!(-1), json!(0.5), json!([]), json!({})] {
        assert_eq!(answer(1, std::slice::from_ref(&value)).to_text(), Err(OfflineError::Value), "{value}");
    }
}

/// Each is read by the decoders below; only the comparison with the one spelling refuses it.
#[test]
fn another_spelling_of_the_same_answer_is_refused() {
    let trailing = [&cbor()[..], &[0]].concat();
    let tail = cbor().split_off(1);
    // The array of six with its length in one more byte, and without a stated length.
    let long_length = [&[0x98, 6][..], &tail].concat();
    let endless = [&[0x9f][..], &tail, &[0xff]].concat();
    for bytes in [trailing, long_length, endless] {
        assert_eq!(refusal_of_bytes(&bytes), OfflineError::Spelling);
    }
    // The last pair of characters stands for one byte; 256 more are read as the same.
    let text = answer(1, &[json!(7)]).to_text().unwrap();
    let (rest, last) = text.split_at(text.len() - 2);
    let [byte] = decode(last).unwrap()[..] else { panic!("an odd number of bytes ends in a pair") };
    let wrapped = format!("{rest}{}", base45_pair(u32::from(byte) + 256));
    assert_eq!(OfflineAnswer::parse(&wrapped).err(), Some(OfflineError::Spelling));
}

/// Two characters for a number below 2,025.
fn base45_pair(number: u32) -> String {
    let alphabet: Vec<char> = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".chars().collect();
    [number % 45, number / 45].iter().map(|digit| alphabet[*digit as usize]).collect()
}

/// What `docs/formats.md` says, against a text that another program made.
#[derive(serde::Deserialize)]
struct Vector {
    policy_digest: PolicyDigest,
    minute: u64,
    key_begins: String,
    root: Element,
    nullifier: Element,
    shown: Vec<VectorShown>,
    cbor: String,
    text: String,
}

#[derive(serde::Deserialize)]
struct VectorShown {
    revealed: Vec<Json>,
    proof: Json,
}

#[test]
fn the_code_of_another_program_is_the_same_text() {
    let v: Vector = serde_json::from_str(include_str!("../../vectors/offline-code.json")).unwrap();
    let shown =
        |s: &VectorShown| Shown { revealed: s.revealed.clone(), proof: Proof::from_json(&s.proof).unwrap() };
    let answer = OfflineAnswer {
        policy_digest: v.policy_digest,
        minute: Minute::new(v.minute).unwrap(),
        key: KeyStart(hex::decode(&v.key_begins).unwrap().try_into().unwrap()),
        root: v.root,
        nullifier: v.nullifier,
        shown: v.shown.iter().map(shown).collect(),
    };
    assert_eq!(answer.to_text().unwrap(), v.text);
    assert!(OfflineAnswer::parse(&v.text).unwrap() == answer);
    assert_eq!(hex::encode(decode(v.text.strip_prefix(PREFIX).unwrap()).unwrap()), v.cbor);
}

#[test]
fn a_code_is_read_as_a_scanner_or_an_input_method_types_it() {
    let meant = "yong:1:C:G%34UT0.0P%VS6%8I-NP%OB TZHN%1ETE$";
    for typed in [
        "YONG:1:c:g%34ut0.0p%vs6%8i-np%ob tzhn%1ete$",
        "yong：1：C:G%34UT0.0P%VS6%8I-NP%OB TZHN%1ETE$",
        "ＹＯＮＧ：１：Ｃ：Ｇ％３４ＵＴ０．０Ｐ％ＶＳ６％８Ｉ－ＮＰ％ＯＢ　ＴＺＨＮ％１ＥＴＥ＄",
        "\u{feff}yong:1:C:G%34UT0。0P%VS6%8I–NP%OB TZHN\r\n%1ETE￥ \r\n",
    ] {
        assert_eq!(OfflineAnswer::as_meant(typed), meant, "{typed}");
    }
    assert_eq!(OfflineAnswer::as_meant(" other:1:x\n"), "other:1:x");
}
