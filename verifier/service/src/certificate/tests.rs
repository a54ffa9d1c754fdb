use std::os::unix::fs::PermissionsExt;

use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openid4vc::vp::{Audience, ClientMetadata, DcqlQuery, Nonce, ResponseMode, ResponseType};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::Value;
use x509_cert::Certificate;
use x509_cert::der::{Decode, DecodePem, Encode};

use super::*;

const NOW: u64 = 1_760_000_000;

fn made() -> (tempfile::TempDir, VerifierCertificate) {
    let dir = tempfile::tempdir().unwrap();
    let certificate =
        VerifierCertificate::open_or_make(&dir.path().join("certificate"), "Housing 公租房", NOW).unwrap();
    (dir, certificate)
}

fn claims(client_id: &str) -> RequestObject {
    let nonce = Nonce::try_from("n".to_owned()).unwrap();
    RequestObject {
        client_id: client_id.to_owned(),
        response_type: ResponseType::VpToken,
        response_mode: ResponseMode::DirectPost,
        response_uri: "http://127.0.0.1:7003/response".into(),
        nonce: nonce.clone(),
        state: Some(nonce),
        iat: NOW,
        exp: NOW + 300,
        aud: Audience::SelfIssuedV2,
        dcql_query: DcqlQuery { credentials: vec![] },
        client_metadata: ClientMetadata {
            vp_formats_supported: [].into(),
            jwks: None,
            encrypted_response_enc_values_supported: vec![],
        },
        verifier_info: vec![],
        wallet_nonce: None,
    }
}

fn key_of(certificate: &Certificate) -> VerifyingKey {
    let key = certificate.tbs_certificate().subject_public_key_info();
    VerifyingKey::from_sec1_bytes(key.subject_public_key.raw_bytes()).unwrap()
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn the_key_is_for_its_owner_alone() {
    let (dir, _) = made();
    let mode = std::fs::metadata(dir.path().join("certificate/counter.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn opening_again_gives_the_same_client() {
    let (dir, certificate) = made();
    let again = VerifierCertificate::open_or_make(&dir.path().join("certificate"), "Other", NOW + 1).unwrap();
    assert_eq!(again.client_id(), certificate.client_id());
}

#[test]
fn the_leaf_is_signed_by_the_authority_and_not_by_itself() {
    let (_dir, certificate) = made();
    let leaf = Certificate::from_der(certificate.leaf()).unwrap();
    let authority = Certificate::from_pem(certificate.authority_pem()).unwrap();
    assert_eq!(leaf.tbs_certificate().issuer(), authority.tbs_certificate().subject());
    assert_ne!(leaf.tbs_certificate().issuer(), leaf.tbs_certificate().subject());
    let signature = Signature::from_der(leaf.signature().as_bytes().unwrap()).unwrap();
    let message = leaf.tbs_certificate().to_der().unwrap();
    assert!(key_of(&authority).verify(&message, &signature).is_ok());
    assert!(key_of(&leaf).verify(&message, &signature).is_err());
}

#[test]
fn the_client_identifier_is_the_hash_of_the_leaf() {
    let (_dir, certificate) = made();
    let hash = URL_SAFE_NO_PAD.encode(Digest::of(certificate.leaf()).as_bytes());
    assert_eq!(certificate.client_id(), format!("x509_hash:{hash}"));
}

#[test]
fn a_request_object_has_the_right_header_and_a_signature_of_the_leaf() {
    let (_dir, certificate) = made();
    let object = certificate.sign(&claims(certificate.client_id()));
    let [header, payload, signature] = object.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts")
    };
    let header = decoded(header);
    assert_eq!((&header["typ"], &header["alg"]), (&"oauth-authz-req+jwt".into(), &"ES256".into()));
    assert_eq!(header["x5c"], serde_json::json!([STANDARD.encode(certificate.leaf())]));
    assert!(decoded(payload).get("iss").is_none());
    assert_eq!(decoded(payload)["client_id"], certificate.client_id());
    let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let message = object.rsplit_once('.').unwrap().0;
    let leaf = Certificate::from_der(certificate.leaf()).unwrap();
    assert!(key_of(&leaf).verify(message.as_bytes(), &signature).is_ok());
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let ((dir, _), (other, _)) = (made(), made());
    let key = |d: &tempfile::TempDir| d.path().join("certificate/counter.key");
    std::fs::copy(key(&other), key(&dir)).unwrap();
    let opened = VerifierCertificate::open_or_make(&dir.path().join("certificate"), "x", NOW);
    assert!(matches!(opened, Err(CertificateError::OtherKey(_))));
}

#[test]
fn what_a_crash_left_unfinished_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("certificate.unfinished")).unwrap();
    std::fs::write(dir.path().join("certificate.unfinished/counter.key"), "half").unwrap();
    assert!(VerifierCertificate::open_or_make(&dir.path().join("certificate"), "x", NOW).is_ok());
}
