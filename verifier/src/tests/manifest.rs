//! Every field of a presentation has an entry that says what becomes of an answer in which only it was changed.

use std::collections::BTreeSet;

use openid4vc::vp::Reason;
use serde_json::{Value, json};

use super::*;

/// Field, another value of the same type, and what the wallet is told.
fn manifest() -> Vec<(&'static str, Value, Reason)> {
    let other_proof = honest().0["identity"][0].proof.to_json();
    vec![
        ("format", json!("ldp_vc"), Reason::Malformed),
        ("vct", json!("identity/1"), Reason::Malformed),
        ("zkSystemId", json!("show-1"), Reason::Malformed),
        ("key", json!("ab".repeat(32)), Reason::Malformed),
        ("root", json!("12345"), Reason::Malformed),
        ("nullifier", json!("12345"), Reason::NotProved),
        ("revealed", json!({ "level": "A" }), Reason::NotProved),
        ("proof", other_proof, Reason::NotProved),
    ]
}

/// The `vp_token`.
fn as_json() -> Value {
    serde_json::from_str(&honest().to_json()).unwrap()
}

#[test]
fn every_field_is_in_the_manifest() {
    let fields: BTreeSet<String> = as_json()["credit"][0].as_object().unwrap().keys().cloned().collect();
    let entries: BTreeSet<String> = manifest().into_iter().map(|(field, ..)| field.to_owned()).collect();
    assert_eq!(fields, entries);
}

#[test]
fn no_field_can_be_changed() {
    for (field, value, reason) in manifest() {
        let mut token = as_json();
        assert_ne!(token["credit"][0][field], value, "{field} must be changed");
        token["credit"][0][field] = value;
        let judged = verify(
            &request("fast-lane/1"),
            json!({ "vp_token": token }).to_string().as_bytes(),
            &view(),
            &keys(),
            NOW,
        );
        assert_eq!(refusal(judged).reason(), reason, "{field}");
    }
}

#[test]
fn no_field_can_be_left_out() {
    for (field, ..) in manifest() {
        let mut token = as_json();
        token["credit"][0].as_object_mut().unwrap().remove(field);
        let judged = verify(
            &request("fast-lane/1"),
            json!({ "vp_token": token }).to_string().as_bytes(),
            &view(),
            &keys(),
            NOW,
        );
        assert_eq!(refusal(judged).reason(), Reason::Malformed, "{field}");
    }
}
