//! `context`: the element that binds a proof to one session.

use ark_bn254::Fr;
use ark_ff::PrimeField;
use ciborium::Value;
use sha2::{Digest, Sha256};

use super::offline::{Minute, VerifierId};
use super::vp::PolicyDigest;

/// Bytes of the hash that become the element: the most that always lie below r.
const CONTEXT_BYTES: usize = 31;

/// First 31 bytes, big endian, of SHA-256 over the CBOR `SessionTranscript` of OpenID4VP App. B.2.6.
///
/// `jwk_thumbprint` is the RFC 7638 SHA-256 thumbprint of the key that the response is encrypted to; `None` where the
/// response travels in the clear (`direct_post` on loopback).
pub fn openid4vp(client_id: &str, nonce: &str, jwk_thumbprint: Option<&[u8; 32]>, response_uri: &str) -> Fr {
    element(&session_transcript(client_id, nonce, jwk_thumbprint, response_uri))
}

/// The context of a credential request: first 31 bytes, big endian, of SHA-256 over CBOR
/// `["yong/issuing/v1", credential_issuer, c_nonce, schema]`.
pub fn openid4vci(credential_issuer: &str, c_nonce: &str, schema: &str) -> Fr {
    element(&cbor(&Value::Array(vec![
        text("yong/issuing/v1"),
        text(credential_issuer),
        text(c_nonce),
        text(schema),
    ])))
}

/// The context in which a wallet tells the person authority's desk which bundle has the shares of its person secret: first
/// 31 bytes, big endian, of SHA-256 over CBOR `["yong/bundle-notice/v1", credential_issuer, c_nonce, schema, bundle]`.
pub fn bundle_notice(credential_issuer: &str, c_nonce: &str, schema: &str, bundle: &[u8; 32]) -> Fr {
    element(&cbor(&Value::Array(vec![
        text("yong/bundle-notice/v1"),
        text(credential_issuer),
        text(c_nonce),
        text(schema),
        Value::Bytes(bundle.to_vec()),
    ])))
}

/// The context in which a wallet asks a desk for what its credential is now: first 31 bytes, big endian, of SHA-256 over CBOR
/// `["yong/renewal/v1", credential_issuer, c_nonce, schema, recipient]`, where `recipient` is the key that the answer is sealed
/// to.
pub fn renewal(credential_issuer: &str, c_nonce: &str, schema: &str, recipient: &[u8; 32]) -> Fr {
    element(&cbor(&Value::Array(vec![
        text("yong/renewal/v1"),
        text(credential_issuer),
        text(c_nonce),
        text(schema),
        Value::Bytes(recipient.to_vec()),
    ])))
}

/// The context of an answer without a network: first 31 bytes, big endian, of SHA-256 over CBOR
/// `["yong/offline/v1", counter, policy digest, minute]`. With the policy in it, two answers in one minute are not linked.
pub fn offline(counter: &VerifierId, policy: &PolicyDigest, minute: Minute) -> Fr {
    element(&cbor(&Value::Array(vec![
        text("yong/offline/v1"),
        text(counter.as_str()),
        Value::Bytes(policy.0.to_vec()),
        Value::from(minute.number()),
    ])))
}

/// `[null, null, ["OpenID4VPHandover", sha256(cbor([client_id, nonce, thumbprint, response_uri]))]]`.
fn session_transcript(
    client_id: &str,
    nonce: &str,
    jwk_thumbprint: Option<&[u8; 32]>,
    response_uri: &str,
) -> Vec<u8> {
    let info = handover_info(client_id, nonce, jwk_thumbprint, response_uri);
    let handover = vec![text("OpenID4VPHandover"), Value::Bytes(Sha256::digest(info).to_vec())];
    cbor(&Value::Array(vec![Value::Null, Value::Null, Value::Array(handover)]))
}

fn handover_info(
    client_id: &str,
    nonce: &str,
    jwk_thumbprint: Option<&[u8; 32]>,
    response_uri: &str,
) -> Vec<u8> {
    let thumbprint = jwk_thumbprint.map_or(Value::Null, |t| Value::Bytes(t.to_vec()));
    cbor(&Value::Array(vec![text(client_id), text(nonce), thumbprint, text(response_uri)]))
}

fn element(transcript: &[u8]) -> Fr {
    let hash = Sha256::digest(transcript);
    let (first, _) = hash.split_at(CONTEXT_BYTES);
    Fr::from_be_bytes_mod_order(first)
}

fn text(s: &str) -> Value {
    Value::Text(s.to_owned())
}

fn cbor(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out)
        .expect("writing to a vector cannot fail and text needs no custom encoder");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector() -> serde_json::Value {
        serde_json::from_str(include_str!("../vectors/openid4vp-handover.json")).unwrap()
    }

    fn field<'a>(v: &'a serde_json::Value, name: &str) -> &'a str {
        v[name].as_str().unwrap()
    }

    fn thumbprint(v: &serde_json::Value) -> [u8; 32] {
        hex::decode(field(v, "jwk_thumbprint_sha256")).unwrap().try_into().unwrap()
    }

    #[test]
    fn meets_the_specifications_example() {
        let v = vector();
        let (client, nonce, uri) = (field(&v, "client_id"), field(&v, "nonce"), field(&v, "response_uri"));
        let thumbprint = thumbprint(&v);
        let info = handover_info(client, nonce, Some(&thumbprint), uri);
        assert_eq!(hex::encode(&info), field(&v, "handover_info_cbor"));
        assert_eq!(hex::encode(Sha256::digest(&info)), field(&v, "handover_info_sha256"));
        let transcript = session_transcript(client, nonce, Some(&thumbprint), uri);
        assert_eq!(hex::encode(transcript), field(&v, "session_transcript_cbor"));
        let expected = hex::decode(field(&v, "context_first_31_bytes_of_sha256")).unwrap();
        assert_eq!(openid4vp(client, nonce, Some(&thumbprint), uri), Fr::from_be_bytes_mod_order(&expected));
    }

    #[test]
    fn every_argument_changes_the_context() {
        let base = openid4vp("c", "n", None, "u");
        let key = [0; 32];
        let others = [
            openid4vp("d", "n", None, "u"),
            openid4vp("c", "m", None, "u"),
            openid4vp("c", "n", Some(&key), "u"),
            openid4vp("c", "n", None, "v"),
            openid4vp("cn", "", None, "u"),
            openid4vci("c", "n", "u"),
        ];
        assert!(others.iter().all(|other| *other != base));
        assert_ne!(openid4vci("c", "n", "s/1"), openid4vci("c", "n", "s/2"));
    }

    #[test]
    fn a_notice_of_a_bundle_is_no_request_for_a_credential() {
        let base = bundle_notice("c", "n", "s/1", &[1; 32]);
        let others = [
            bundle_notice("c", "n", "s/1", &[2; 32]),
            bundle_notice("c", "n", "s/2", &[1; 32]),
            bundle_notice("c", "m", "s/1", &[1; 32]),
            bundle_notice("d", "n", "s/1", &[1; 32]),
            openid4vci("c", "n", "s/1"),
        ];
        assert!(others.iter().all(|other| *other != base));
    }

    #[test]
    fn an_answer_without_a_network_is_bound_to_counter_policy_and_minute() {
        let counter = |window| VerifierId::new(&format!("x509_hash:{}", "A".repeat(43)), window).unwrap();
        let [policy, other] = [PolicyDigest([1; 32]), PolicyDigest([2; 32])];
        let [minute, next] = [Minute::of(1_760_000_000), Minute::of(1_760_000_060)];
        let base = offline(&counter(None), &policy, minute);
        let others = [
            offline(&counter(Some("1")), &policy, minute),
            offline(&counter(None), &other, minute),
            offline(&counter(None), &policy, next),
        ];
        assert!(others.iter().all(|other| *other != base));
        assert_eq!(base, offline(&counter(None), &policy, Minute::of(1_760_000_001)));
    }
}
