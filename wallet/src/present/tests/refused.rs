//! For every rule about a request, one that breaks only it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openid4vc::jwe::Encryption;
use openid4vc::vp::{Nonce, Protection};
use serde_json::{Value, json};
use url::Url;

use super::relying_party::TestRelyingParty;
use crate::present::{JwsError, Request, RequestError, RequestLink};
use crate::testing::{NOW, World};
use crate::{HttpError, Reach, View};

struct Case {
    relying_party: TestRelyingParty,
    view: View,
}

impl Case {
    fn new() -> Self {
        let base = Url::parse("http://127.0.0.1:7003").unwrap();
        Self { relying_party: TestRelyingParty::new(&base), view: World::new().ledger().view() }
    }

    fn claims(&self) -> Value {
        self.relying_party.claims(self.view.registry(), "fast-lane/1")
    }

    fn link(&self) -> RequestLink {
        RequestLink::read(&self.relying_party.link().to_string(), Reach::LocalToo).unwrap()
    }

    fn verify(&self, jws: &str) -> Result<Request, RequestError> {
        self.verify_at(jws, NOW)
    }

    fn verify_at(&self, jws: &str, now: u64) -> Result<Request, RequestError> {
        Request::verify(&self.link(), None, jws.as_bytes(), &self.view, now)
    }

    fn with_claims(&self, alter: impl FnOnce(&mut Value)) -> Option<RequestError> {
        let mut claims = self.claims();
        alter(&mut claims);
        self.verify(&self.relying_party.sign(&self.relying_party.header(), &claims)).err()
    }

    fn with_header(&self, alter: impl FnOnce(&mut Value)) -> Option<RequestError> {
        let mut header = self.relying_party.header();
        alter(&mut header);
        self.verify(&self.relying_party.sign(&header, &self.claims())).err()
    }
}

#[test]
fn an_honest_request_is_accepted() {
    let case = Case::new();
    let request =
        case.verify(&case.relying_party.sign(&case.relying_party.header(), &case.claims())).unwrap();
    assert_eq!(request.now(), NOW);
    assert_eq!(request.response_uri().as_str(), "http://127.0.0.1:7003/response");
    assert_eq!(request.match_code().len(), 4);
}

#[test]
fn headers_that_are_not_a_request_objects_are_refused() {
    let case = Case::new();
    let refused =
        |alter: fn(&mut Value), why| assert_eq!(case.with_header(alter), Some(RequestError::Jws(why)));
    refused(|h| h["typ"] = json!("JWT"), JwsError::Typ);
    refused(|h| drop(h.as_object_mut().unwrap().remove("typ")), JwsError::Typ);
    refused(|h| h["alg"] = json!("none"), JwsError::Algorithm);
    refused(|h| h["alg"] = json!("ES384"), JwsError::Algorithm);
    refused(|h| h["crit"] = json!(["b64"]), JwsError::Critical);
    refused(|h| h["x5c"] = json!([]), JwsError::Certificates);
    refused(|h| drop(h.as_object_mut().unwrap().remove("x5c")), JwsError::Certificates);
    refused(
        |h| h["x5c"] = json!([h["x5c"][0], h["x5c"][0], h["x5c"][0], h["x5c"][0], h["x5c"][0]]),
        JwsError::Certificates,
    );
    refused(|h| h["x5c"] = json!(["AAAA"]), JwsError::Certificates);
    refused(|h| h["x5c"] = json!([h["x5c"][0], h["x5c"][0]]), JwsError::Chain);
}

#[test]
fn an_anchor_in_the_chain_is_refused() {
    let case = Case::new();
    let anchor = STANDARD.encode(&case.relying_party.authority);
    let with_anchor = case.with_header(|h| h["x5c"] = json!([h["x5c"][0], anchor]));
    assert_eq!(with_anchor, Some(RequestError::Jws(JwsError::Chain)));
    let alone = case.with_header(|h| h["x5c"] = json!([anchor]));
    assert_eq!(alone, Some(RequestError::Jws(JwsError::Chain)));
}

#[test]
fn a_signature_of_somebody_else_is_refused() {
    let case = Case::new();
    let other = TestRelyingParty::new(&case.relying_party.base);
    let jws = other.sign(&case.relying_party.header(), &case.claims());
    assert_eq!(case.verify(&jws).err(), Some(RequestError::Jws(JwsError::Signature)));
}

#[test]
fn claims_changed_after_signing_are_refused() {
    let case = Case::new();
    let jws = case.relying_party.sign(&case.relying_party.header(), &case.claims());
    let mut claims = case.claims();
    claims["nonce"] = json!("another");
    let parts: Vec<&str> = jws.split('.').collect();
    let forged = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2]);
    assert_eq!(case.verify(&forged).err(), Some(RequestError::Jws(JwsError::Signature)));
}

#[test]
fn another_certificate_than_the_links_is_refused() {
    let case = Case::new();
    let other = TestRelyingParty::new(&case.relying_party.base);
    let mut claims = case.claims();
    claims["client_id"] = json!(case.relying_party.client_id());
    assert_eq!(
        case.verify(&other.sign(&other.header(), &claims)).err(),
        Some(RequestError::OtherCertificate)
    );
}

#[test]
fn a_certificate_out_of_its_time_is_refused() {
    let case = Case::new();
    let jws = case.relying_party.sign(&case.relying_party.header(), &case.claims());
    let in_2041 = 2_240_524_800;
    assert_eq!(case.verify_at(&jws, in_2041).err(), Some(RequestError::Jws(JwsError::NotValidNow)));
}

#[test]
fn bytes_that_are_no_jws_are_refused() {
    let case = Case::new();
    for bad in ["", "a", "a.b", "a.b.c", "a.b.c.d", "{}"] {
        assert_eq!(case.verify(bad).err(), Some(RequestError::Jws(JwsError::Malformed)), "{bad}");
    }
    let oversized = "a".repeat(64 * 1024 + 1);
    assert_eq!(case.verify(&oversized).err(), Some(RequestError::Jws(JwsError::TooLarge)));
}

#[test]
fn another_client_id_is_refused_byte_by_byte() {
    let case = Case::new();
    let upper = case.relying_party.client_id().replace("x509_hash", "X509_HASH");
    assert_eq!(case.with_claims(|c| c["client_id"] = json!(upper)), Some(RequestError::OtherClientId));
}

#[test]
fn a_counter_without_a_certificate_hash_is_refused() {
    let case = Case::new();
    let mut link = case.relying_party.link();
    link.client_id = "redirect_uri:https://counter.example".into();
    let refused = RequestLink::read(&link.to_string(), Reach::LocalToo);
    assert_eq!(refused.err(), Some(RequestError::ClientIdKind));
}

#[test]
fn times_are_held() {
    let case = Case::new();
    let jws = case.relying_party.sign(&case.relying_party.header(), &case.claims());
    assert!(case.verify_at(&jws, NOW + 300).is_ok());
    assert_eq!(case.verify_at(&jws, NOW + 301).err(), Some(RequestError::Expired(1)));
    assert_eq!(gap_s(case.verify_at(&jws, NOW - 301).err().as_ref()), Some(301));
    assert_eq!(case.with_claims(|c| c["exp"] = json!(NOW + 301)), Some(RequestError::LongLived));
    let skewed = case.with_claims(|c| each_params(c, |p| p["now"] = json!(NOW + 301)));
    assert_eq!(gap_s(skewed.as_ref()), Some(301));
    let skewed = case.with_claims(|c| each_params(c, |p| p["now"] = json!(NOW - 301)));
    assert_eq!(gap_s(skewed.as_ref()), Some(301));
}

/// By how much clocks differ, where that is the error.
fn gap_s(error: Option<&RequestError>) -> Option<u64> {
    match error {
        Some(RequestError::Clock(gap)) => Some(gap.seconds),
        _ => None,
    }
}

#[test]
fn answers_go_only_where_the_request_came_from() {
    let case = Case::new();
    for foreign in [
        "http://127.0.0.1:7004/response",
        "https://127.0.0.1:7003/response",
        "https://thief.example/response",
        "http://127.0.0.1:7003@thief.example/response",
        "http://user@127.0.0.1:7003/response",
        "http://127.0.0.1:7003/response#x",
        "nonsense",
    ] {
        assert_eq!(
            case.with_claims(|c| c["response_uri"] = json!(foreign)),
            Some(RequestError::ResponseUri),
            "{foreign}"
        );
    }
}

#[test]
fn a_link_beyond_the_wallets_reach_is_refused_before_anything_is_sent() {
    let refused = |base: &str, reach| {
        let link = TestRelyingParty::new(&Url::parse(base).unwrap()).link().to_string();
        RequestLink::read(&link, reach).err()
    };
    let clear = refused("http://counter.example", Reach::LocalToo);
    assert!(matches!(clear, Some(RequestError::Http(HttpError::NotPrivate(_)))), "{clear:?}");
    for base in
        ["http://127.0.0.1:7002", "http://127.1", "http://[::1]", "http://2130706433", "https://10.0.0.1"]
    {
        let local = refused(base, Reach::Internet);
        assert!(matches!(local, Some(RequestError::Http(HttpError::Local(_)))), "{base}: {local:?}");
    }
    assert_eq!(refused("https://counter.example", Reach::Internet), None);
    let disguised = refused("https://counter.example@thief.example", Reach::Internet);
    assert!(matches!(disguised, Some(RequestError::Link(_))), "{disguised:?}");
}

#[test]
fn a_link_says_which_server_it_leads_to() {
    let server = |base: &str| {
        let link = TestRelyingParty::new(&Url::parse(base).unwrap()).link().to_string();
        RequestLink::read(&link, Reach::LocalToo).unwrap().server()
    };
    assert_eq!(server("https://Counter.example:8443/path"), "https://counter.example:8443");
    assert_eq!(server("https://\u{441}ounter.example"), "https://xn--ounter-hrf.example");
}

#[test]
fn https_beyond_this_machine_is_accepted() {
    let base = Url::parse("https://counter.example").unwrap();
    let case = Case { relying_party: TestRelyingParty::new(&base), ..Case::new() };
    let jws = case.relying_party.sign(&case.relying_party.header(), &case.claims());
    assert!(case.verify(&jws).is_ok());
    let mut clear = case.claims();
    clear["response_mode"] = json!("direct_post");
    let jws = case.relying_party.sign(&case.relying_party.header(), &clear);
    assert_eq!(case.verify(&jws).err(), Some(RequestError::ResponseUri));
}

#[test]
fn encryption_without_a_key_or_cipher_that_fits_is_refused() {
    let case = Case::new();
    let refused = |alter: fn(&mut Value)| {
        let error = case.with_claims(|claims| alter(&mut claims["client_metadata"]));
        assert_eq!(error, Some(RequestError::Encryption));
    };
    refused(|metadata| drop(metadata.as_object_mut().unwrap().remove("jwks")));
    refused(|metadata| metadata["jwks"]["keys"][0]["crv"] = json!("P-384"));
    refused(|metadata| metadata["jwks"]["keys"][0]["y"] = metadata["jwks"]["keys"][0]["x"].clone());
    refused(|metadata| metadata["encrypted_response_enc_values_supported"] = json!(["A128CBC-HS256"]));
}

/// OpenID4VP §5.1: where no cipher is named, it is A128GCM.
#[test]
fn without_a_named_cipher_the_default_is_used() {
    let case = Case::new();
    let mut claims = case.claims();
    claims["client_metadata"].as_object_mut().unwrap().remove("encrypted_response_enc_values_supported");
    let request = case.verify(&case.relying_party.sign(&case.relying_party.header(), &claims)).unwrap();
    let expected = Encryption::A128Gcm;
    assert!(
        matches!(request.protection(), Protection::Encrypted { encryption, .. } if *encryption == expected)
    );
}

#[test]
fn claims_of_another_shape_are_refused() {
    let case = Case::new();
    for member in ["nonce", "exp", "dcql_query", "aud", "response_type"] {
        let missing = case.with_claims(|c| drop(c.as_object_mut().unwrap().remove(member)));
        assert!(matches!(missing, Some(RequestError::Claims(_))), "{member}");
    }
    let twice = case.claims().to_string().replacen('{', r#"{"nonce":"first","#, 1);
    let jws = case.relying_party.sign_bytes(&case.relying_party.header(), twice.as_bytes());
    assert!(matches!(case.verify(&jws).err(), Some(RequestError::Claims(_))));
}

#[test]
fn what_is_for_another_audience_or_asks_for_another_kind_of_answer_is_refused() {
    let case = Case::new();
    for (member, other) in [("aud", "https://other.example"), ("response_type", "vp_token id_token")] {
        let refused = case.with_claims(|c| c[member] = json!(other));
        assert!(matches!(refused, Some(RequestError::Claims(_))), "{member}");
    }
}

#[test]
fn what_would_bind_the_citizen_to_more_is_refused_and_other_members_are_not() {
    let case = Case::new();
    let transaction = case.with_claims(|c| c["transaction_data"] = json!(["eyJ0eXBlIjoicGF5bWVudCJ9"]));
    assert_eq!(transaction, Some(RequestError::TransactionData));
    assert_eq!(case.with_claims(|c| c["transaction_data"] = json!([])), Some(RequestError::TransactionData));
    let redirected = case.with_claims(|c| c["redirect_uri"] = json!("http://127.0.0.1:7003/done"));
    assert_eq!(redirected, Some(RequestError::RedirectUri));
    assert_eq!(case.with_claims(|c| c["something_new"] = json!(1)), None);
}

#[test]
fn of_what_is_offered_the_known_is_taken_and_optional_members_may_be_missing() {
    let case = Case::new();
    let other = json!({"zkSystemId": "lf", "system": "longfellow-libzk-v1", "params": {}});
    for place in [0, 1] {
        let offered = case.with_claims(|c| {
            for query in c["dcql_query"]["credentials"].as_array_mut().unwrap() {
                query["meta"]["zk_system_type"].as_array_mut().unwrap().insert(place, other.clone());
                query["meta"]["vct_values"].as_array_mut().unwrap().insert(place, json!("urn:eudi:pid:1"));
                query["multiple"] = json!(false);
            }
        });
        assert_eq!(offered, None, "{place}");
    }
    assert_eq!(case.with_claims(|c| drop(c.as_object_mut().unwrap().remove("state"))), None);
    let none_known = case.with_claims(|c| {
        c["dcql_query"]["credentials"][1]["meta"]["zk_system_type"] = json!([other]);
    });
    assert_eq!(none_known, Some(RequestError::OtherQuery("no proof system")));
}

#[test]
fn members_of_a_query_that_change_what_is_asked_are_refused() {
    let case = Case::new();
    let refused = |what: &str, alter: fn(&mut Value)| {
        let error = case.with_claims(|c| alter(&mut c["dcql_query"]));
        assert!(
            matches!(error, Some(RequestError::OtherQuery(why)) if why.contains(what)),
            "{what} {error:?}"
        );
    };
    refused("credential_sets", |q| q["credential_sets"] = json!([{"options": [["credit"]]}]));
    refused("multiple", |q| q["credentials"][0]["multiple"] = json!(true));
    refused("trusted_authorities", |q| {
        q["credentials"][1]["trusted_authorities"] = json!([{"type": "aki", "values": ["s9tIpP"]}]);
    });
    refused("claim_sets", |q| q["credentials"][0]["claim_sets"] = json!([["level"]]));
}

#[test]
fn the_wallets_nonce_must_come_back() {
    let case = Case::new();
    let mine = Nonce::try_from("mine".to_owned()).unwrap();
    let link = case.link();
    let mut claims = case.claims();
    let jws = case.relying_party.sign(&case.relying_party.header(), &claims);
    let refused = Request::verify(&link, Some(&mine), jws.as_bytes(), &case.view, NOW);
    assert_eq!(refused.err(), Some(RequestError::WalletNonce));
    claims["wallet_nonce"] = json!("mine");
    let jws = case.relying_party.sign(&case.relying_party.header(), &claims);
    assert!(Request::verify(&link, Some(&mine), jws.as_bytes(), &case.view, NOW).is_ok());
    assert_eq!(case.verify(&jws).err(), Some(RequestError::WalletNonce));
}

#[test]
fn a_policy_that_is_not_on_the_ledger_is_refused() {
    let case = Case::new();
    let unknown = case.with_claims(|c| each_params(c, |p| p["policy"] = json!("fast-lane/2")));
    assert_eq!(unknown, Some(RequestError::UnknownPolicy("fast-lane/2".parse().unwrap())));
}

#[test]
fn a_scope_that_has_not_begun_by_this_clock_is_refused() {
    let case = Case { view: World::with_person_authority().ledger().view(), ..Case::new() };
    let judged = |policy| {
        let claims = case.relying_party.claims(case.view.registry(), policy);
        case.verify(&case.relying_party.sign(&case.relying_party.header(), &claims)).err()
    };
    let refused = judged("later/1");
    assert!(matches!(refused, Some(RequestError::NotStarted(_))), "{refused:?}");
    assert_eq!(judged("begun/1"), None);
}

#[test]
fn a_counter_that_is_not_the_register_is_refused() {
    let world = World::new();
    world.publish_counted();
    let mut case = Case { view: world.ledger().view(), ..Case::new() };
    let judged = |case: &Case| {
        let claims = case.relying_party.claims(case.view.registry(), "counted/1");
        case.verify(&case.relying_party.sign(&case.relying_party.header(), &claims)).err()
    };
    let refused = judged(&case);
    assert!(matches!(refused, Some(RequestError::OtherRegister(_))), "{refused:?}");
    world.publish_register(&case.relying_party.client_id());
    case.view = world.ledger().view();
    assert_eq!(judged(&case), None);
}

#[test]
fn a_policy_of_another_digest_is_refused() {
    let case = Case::new();
    let other = case.with_claims(|c| each_params(c, |p| p["policy_digest"] = json!("00".repeat(32))));
    assert_eq!(other, Some(RequestError::OtherPolicy("fast-lane/1".parse().unwrap())));
}

#[test]
fn a_query_that_differs_from_its_policy_is_refused() {
    let case = Case::new();
    let refused = |what, alter: fn(&mut Value)| {
        let error = case.with_claims(|c| alter(&mut c["dcql_query"]["credentials"]));
        assert_eq!(error, Some(RequestError::OtherQuery(what)));
    };
    refused("it asks for nothing", |q| *q = json!([]));
    refused("it asks for nothing", |q| q[0]["meta"]["zk_system_type"] = json!([]));
    refused("no proof system", |q| q[1]["meta"]["zk_system_type"] = json!([]));
    refused("another number of credentials", |q| drop(q.as_array_mut().unwrap().pop()));
    refused("another credential", |q| q[0]["id"] = json!("other"));
    refused("another credential", |q| q.as_array_mut().unwrap().reverse());
    refused("another schema", |q| q[0]["meta"]["vct_values"] = json!(["identity/1"]));
    refused("another schema", |q| q[0]["meta"]["vct_values"] = json!(["identity/1", "urn:eudi:pid:1"]));
    refused("other attributes to hand over", |q| q[0]["claims"] = json!([{"path": ["level"]}]));
    refused("parameters that differ between credentials", |q| {
        q[1]["meta"]["zk_system_type"][0]["params"]["now"] = json!(NOW - 1);
    });
    refused("another scope", |q| {
        let named = json!({"named": {"scope": "x", "department": "credit.nanning"}});
        for i in 0..2 {
            q[i]["meta"]["zk_system_type"][0]["params"]["scope"] = named.clone();
        }
    });
}

#[test]
fn a_scope_is_never_a_departments_enrolment() {
    let case = Case::new();
    for policy in ["fast-lane/1", "survey/1", "level/1"] {
        let claims = case.relying_party.claims(case.view.registry(), policy);
        let request = case.verify(&case.relying_party.sign(&case.relying_party.header(), &claims)).unwrap();
        for department in ["gongan.nanning", "credit.nanning"] {
            for schema in ["identity/1", "credit-report/1"] {
                let enrolment = circuits::credential::Scope::enrolment(
                    &department.parse().unwrap(),
                    &schema.parse().unwrap(),
                );
                assert!(request.scope() != enrolment);
            }
        }
    }
}

fn each_params(claims: &mut Value, alter: impl Fn(&mut Value)) {
    for query in claims["dcql_query"]["credentials"].as_array_mut().unwrap() {
        alter(&mut query["meta"]["zk_system_type"][0]["params"]);
    }
}
