//! What is encrypted in another way than the request asks ends nothing.

use openid4vc::jwe::{Encryption, Jwk, ResponseKey};
use openid4vc::vp::{ClientMetadata, ResponseMode};

use super::*;

/// A request, and whether it is still open after an answer that was refused as malformed.
fn refused_and_open(answer: impl Fn(&Scene, &RequestObject) -> String) {
    let (scene, good, _, tree) = Scene::with_citizens();
    let asked = scene.ask("score/1");
    let object = scene.fetch(&asked);
    assert_eq!(reason(scene.send(answer(&scene, &object))), Reason::Malformed);
    assert_eq!(scene.status(&asked).status, Status::Pending);
    scene.answer(&object, &asking(&object).present(&good, &tree)).unwrap();
}

/// A key that is not the request's, under the request's name for its key.
fn foreign_key(object: &RequestObject) -> RequestObject {
    let mut key = ResponseKey::generate(&mut |bytes| OsRng.fill_bytes(bytes)).public();
    key.kid = response_key(object).kid;
    RequestObject { client_metadata: ClientMetadata::ours(&key), ..object.clone() }
}

fn response_key(object: &RequestObject) -> Jwk {
    match object.protection() {
        Some(Protection::Encrypted { key, .. }) => key,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_request_asks_for_encryption_to_a_key_of_its_own() {
    let (scene, ..) = Scene::with_citizens();
    let [first, second] = [(); 2].map(|()| scene.fetch(&scene.ask("score/1")));
    assert_eq!(first.response_mode, ResponseMode::DirectPostJwt);
    assert_eq!(first.client_metadata.encrypted_response_enc_values_supported, ["A256GCM", "A128GCM"]);
    assert_ne!(response_key(&first), response_key(&second));
}

#[test]
fn either_cipher_is_understood() {
    let (scene, good, _, tree) = Scene::with_citizens();
    for cipher in [Encryption::A128Gcm, Encryption::A256Gcm] {
        let mut object = scene.fetch(&scene.ask("score/1"));
        object.client_metadata.encrypted_response_enc_values_supported = vec![cipher.name().to_owned()];
        scene.answer(&object, &asking(&object).present(&good, &tree)).unwrap();
    }
}

#[test]
fn what_does_not_decrypt_ends_nothing() {
    refused_and_open(|_, object| encrypted(&foreign_key(object), &json!({ "error": "access_denied" })));
}

#[test]
fn another_state_inside_ends_nothing() {
    refused_and_open(|_, object| encrypted(object, &json!({ "state": "another", "error": "access_denied" })));
}

#[test]
fn both_an_answer_and_an_error_end_nothing() {
    refused_and_open(|_, object| encrypted(object, &json!({ "vp_token": {}, "error": "access_denied" })));
    for part in ["across", "models"] {
        refused_and_open(|_, object| encrypted(object, &json!({ part: {}, "error": "access_denied" })));
    }
    refused_and_open(|_, object| encrypted(object, &json!({})));
}

/// Two readers could take each for something else: one keeps the first of two members, the other the last.
#[test]
fn a_repeated_key_inside_ends_nothing_at_any_depth() {
    let rest = [
        r#""state":"<state>","error":"access_denied""#,
        r#""error":"access_denied","error":"access_denied""#,
        r#""error":"access_denied","ignored":{"a":1,"a":1}"#,
        r#""error":"access_denied","ignored":[{"a":{"b":1,"b":1}}]"#,
        r#""vp_token":{"credit":[],"credit":[]}"#,
    ];
    for rest in rest {
        refused_and_open(|_, object| {
            let text = format!(r#"{{"state":"<state>",{rest}}}"#)
                .replace("<state>", object.state.as_ref().unwrap().as_str());
            sealed(object, &text)
        });
    }
}

/// What the test above repeats is a refusal where nothing is repeated.
#[test]
fn a_member_that_is_not_known_is_ignored() {
    let (scene, ..) = Scene::with_citizens();
    let asked = scene.ask("score/1");
    let object = scene.fetch(&asked);
    let ignored = json!([{ "a": { "b": 1 } }]);
    scene.send(encrypted(&object, &json!({ "error": "access_denied", "ignored": ignored }))).unwrap();
    assert_eq!(scene.status(&asked).status, Status::Declined);
}

#[test]
fn what_is_no_message_ends_nothing() {
    let (scene, ..) = Scene::with_citizens();
    for text in ["", "a.b.c", "a..b.c.d"] {
        assert_eq!(reason(scene.send(text.to_owned())), Reason::Malformed, "{text}");
    }
}

#[test]
fn a_message_to_no_transaction_has_expired() {
    let (scene, ..) = Scene::with_citizens();
    let object = scene.fetch(&scene.ask("score/1"));
    let key = ResponseKey::generate(&mut |bytes| OsRng.fill_bytes(bytes)).public();
    let stranger = RequestObject { client_metadata: ClientMetadata::ours(&key), ..object };
    let sent = scene.send(encrypted(&stranger, &json!({ "error": "access_denied" })));
    assert_eq!(reason(sent), Reason::Expired);
}

#[test]
fn a_refusal_may_be_encrypted_too_and_wipes_the_key() {
    let (scene, ..) = Scene::with_citizens();
    let asked = scene.ask("score/1");
    let object = scene.fetch(&asked);
    scene.send(encrypted(&object, &json!({ "error": "access_denied" }))).unwrap();
    assert_eq!(scene.status(&asked).status, Status::Declined);
    let answer = [crate::store::AnswerTo::State(object.state.as_ref().unwrap())];
    let stored = scene.relying_party.store().answered_by(&answer).unwrap().remove(0).unwrap();
    assert!(stored.response_key.is_none());
}
