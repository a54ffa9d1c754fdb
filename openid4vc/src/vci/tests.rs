use super::*;

fn issuer() -> CredentialIssuer {
    "http://127.0.0.1:7002".to_owned().try_into().unwrap()
}

#[test]
fn links_come_back_as_they_went() {
    let link = OfferLink::new(issuer().endpoint("offer/a%20b?c=d&e")).unwrap();
    let text = link.to_string();
    assert!(
        text.starts_with("openid-credential-offer://?credential_offer_uri=http%3A%2F%2F127.0.0.1%3A7002%2F")
    );
    assert_eq!(text.parse(), Ok(link));
}

#[test]
fn links_elsewhere_are_refused() {
    let parse = |s: &str| s.parse::<OfferLink>().unwrap_err();
    assert_eq!(parse("openid4vp://?credential_offer_uri=https%3A%2F%2Fa"), LinkError::Scheme);
    assert_eq!(parse("openid-credential-offer://?credential_offer=%7B%7D"), LinkError::NoOfferUri);
    let twice = "openid-credential-offer://?credential_offer_uri=https://a&credential_offer_uri=https://b";
    assert_eq!(parse(twice), LinkError::NoOfferUri);
    assert_eq!(
        parse("openid-credential-offer://?credential_offer_uri=http://example.org/o"),
        LinkError::Address
    );
    assert_eq!(
        parse("openid-credential-offer://?credential_offer_uri=file:///etc/passwd"),
        LinkError::Address
    );
    assert_eq!(parse(&"x".repeat(3_000)), LinkError::Malformed);
}

#[test]
fn the_issuer_has_one_spelling() {
    let slashed: CredentialIssuer = "http://127.0.0.1:7002/".to_owned().try_into().unwrap();
    assert_eq!(slashed, issuer());
    assert_eq!(serde_json::to_value(&slashed).unwrap(), "http://127.0.0.1:7002");
    assert_eq!(slashed.endpoint("token").as_str(), "http://127.0.0.1:7002/token");
    assert_eq!(slashed.well_known("x").as_str(), "http://127.0.0.1:7002/x");
    let nested: CredentialIssuer = "https://a.example/desk".to_owned().try_into().unwrap();
    assert_eq!("https://a.example/desk/".to_owned().try_into(), Ok(nested.clone()));
    assert_eq!(nested.well_known(METADATA_PATH).path(), "/.well-known/openid-credential-issuer/desk");
    assert!(CredentialIssuer::try_from("http://192.0.2.1".to_owned()).is_err());
}

#[test]
fn proofs_hold_exactly_one_proof_of_one_type() {
    let read = |text: &str| serde_json::from_str::<Proofs>(text);
    assert!(read(r#"{"yong_enroll": []}"#).is_err());
    let enroll = r#"{"nonce": "n", "holder": "1", "person": "2", "proof": {}}"#;
    assert!(read(&format!(r#"{{"yong_enroll": [{enroll}]}}"#)).is_ok());
    assert!(read(&format!(r#"{{"yong_enroll": [{enroll}, {enroll}]}}"#)).is_err());
    let without_person = enroll.replace(r#""person": "2", "#, "");
    assert!(read(&format!(r#"{{"yong_enroll": [{without_person}]}}"#)).is_err());
    assert!(read(r#"{"jwt": ["x"]}"#).is_err());
    assert!(read("{}").is_err());
}

#[test]
fn what_is_wrong_with_a_request_has_the_standards_code() {
    let code = |text: &str| {
        let posted: PostedRequest = serde_json::from_str(text).unwrap();
        posted.request().unwrap_err()
    };
    let encryption = r#"{"credential_configuration_id": "a/1", "credential_response_encryption": {}}"#;
    assert_eq!(code(encryption), ErrorCode::InvalidEncryptionParameters);
    assert_eq!(code(&encryption.replace("{}", "null")), ErrorCode::InvalidEncryptionParameters);
    let unknown = r#"{"credential_configuration_id": "none such"}"#;
    assert_eq!(code(unknown), ErrorCode::UnknownCredentialConfiguration);
    let unproved = r#"{"credential_configuration_id": "a/1"}"#;
    assert_eq!(code(unproved), ErrorCode::InvalidProof);
    assert!(serde_json::from_str::<PostedRequest>("{}").is_err());
}

#[test]
fn secrets_are_not_shown() {
    let request = TokenRequest::new("code-1".to_owned().into(), Some("1234".to_owned().into()));
    let shown = format!("{request:?}");
    assert!(!shown.contains("code-1") && !shown.contains("1234"));
    assert_eq!(request.form().len(), 3);
}

#[test]
fn unknown_error_codes_are_read() {
    assert_eq!(serde_json::from_str::<ErrorCode>("\"slow_down\"").unwrap(), ErrorCode::Other);
    assert_eq!(serde_json::to_string(&ErrorCode::InvalidGrant).unwrap(), "\"invalid_grant\"");
}
