//! The issuer over real HTTP.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ledger::samples::{bundle_id, hpke_key};
use openid4vc::renewal::Renewal;
use openid4vc::vci::{
    AUTHORIZATION_SERVER_PATH, AuthorizationServerMetadata, CredentialOffer, CredentialRequest,
    CredentialResponse, IssuerMetadata, METADATA_PATH, NonceResponse, OfferLink, TokenResponse,
};
use serde_json::{Value, json};
use service::http::ProblemType;
use service::staff::{Password, Role, put_member};

use super::renewal::Question;
use super::world::{NOW, PERSON, Wallet, World, credit_row, id, identity_row, person};
use crate::admin::{Act, Change, MAX_ROWS, RowOutcome};
use crate::client::{IssuerClient, IssuerClientError};
use crate::http::PROBLEM_TYPES;
use crate::issuer::{Issuer, IssuerError};

struct Server {
    base: String,
    agent: ureq::Agent,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    fn new(issuer: &Arc<Issuer>, ip: [u8; 4]) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let address = SocketAddr::new(IpAddr::from(ip), 0);
        let listener = runtime.block_on(tokio::net::TcpListener::bind(address)).unwrap();
        let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        runtime.spawn(crate::serve_issuer(issuer.clone(), listener, std::future::pending()));
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        Self { base, agent, _runtime: runtime }
    }

    fn desk(&self) -> IssuerClient {
        IssuerClient::new(self.base.parse().unwrap(), None)
    }

    fn get(&self, path: &str) -> (u16, Value) {
        read(self.agent.get(format!("{}/{path}", self.base)).call().unwrap())
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Value) {
        let mut request = self.agent.post(format!("{}/{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.send(body).unwrap())
    }

    fn post_json(&self, path: &str, body: &Value) -> (u16, Value) {
        self.post(path, &[JSON], body.to_string().as_bytes())
    }
}

const JSON: (&str, &str) = ("Content-Type", "application/json");
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

fn read(mut response: ureq::http::Response<ureq::Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string().unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn parse<T: serde::de::DeserializeOwned>((status, body): (u16, Value)) -> T {
    assert_eq!(status, 200, "{body}");
    serde_json::from_value(body).unwrap()
}

fn gongan() -> (World, Server) {
    let world = World::new();
    let server = Server::new(&world.gongan, [127, 0, 0, 1]);
    (world, server)
}

fn path_of(url: &url::Url) -> &str {
    url.path().trim_start_matches('/')
}

/// Offer, token, nonce: what a wallet has before it proves.
fn approach(server: &Server, world: &World) -> (TokenResponse, String) {
    let outcomes = server.desk().import_records(&id("identity/1"), vec![identity_row(PERSON)]).unwrap();
    assert!(matches!(outcomes.as_slice(), [RowOutcome::Written | RowOutcome::Unchanged]));
    let offered = server.desk().offer(&id("identity/1"), &person(PERSON)).unwrap();
    assert_eq!(offered.expires_at, NOW + world.gongan.config().offer_seconds);
    let link: OfferLink = offered.offer.parse().unwrap();
    let offer: CredentialOffer = parse(server.get(path_of(link.offer_uri())));
    let code = offer.grants.pre_authorized_code.code.expose();
    let form = format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&pre-authorized_code={code}\
         &tx_code={0}&user_pin={0}&resource=http%3A%2F%2F127.0.0.1%3A7002",
        offered.tx_code.expose()
    );
    let token = parse(server.post("token", &[FORM], form.as_bytes()));
    let nonce: NonceResponse = parse(server.post("nonce", &[], b""));
    (token, nonce.c_nonce)
}

fn ask(server: &Server, token: &TokenResponse, request: &CredentialRequest) -> (u16, Value) {
    send(server, "credential", token, &serde_json::to_string(request).unwrap())
}

fn send(server: &Server, path: &str, token: &TokenResponse, body: &str) -> (u16, Value) {
    let bearer = format!("Bearer {}", token.access_token.expose());
    server.post(path, &[JSON, ("Authorization", &bearer)], body.as_bytes())
}

/// The first member of this name stands a second time.
fn doubled(body: &str, name: &str, value: &str) -> String {
    let member = format!("\"{name}\":");
    assert!(body.contains(&member), "{body}");
    body.replacen(&member, &format!("{member}{value},{member}"), 1)
}

#[test]
fn a_wallet_gets_its_credential() {
    let (world, server) = gongan();
    let wallet = Wallet::new(1);
    let metadata: IssuerMetadata = parse(server.get(METADATA_PATH));
    assert_eq!(metadata.credential_issuer, world.gongan.config().public_url);
    assert!(metadata.credential_configurations_supported.contains_key(&id("identity/1")));
    let authorization: AuthorizationServerMetadata = parse(server.get(AUTHORIZATION_SERVER_PATH));
    assert_eq!(path_of(&authorization.token_endpoint), "token");
    let (token, nonce) = approach(&server, &world);
    let request = wallet.enroll(&world.gongan, "identity/1", &nonce);
    let response: CredentialResponse = parse(ask(&server, &token, &request));
    let [wrapper] = &response.credentials;
    let leaf = wallet.open(&world.gongan, &wrapper.credential).leaf();
    assert_eq!(world.ledger.leaf(wrapper.credential.position), leaf);
    let bearer = format!("Bearer {}", token.access_token.expose());
    let note = |id: Option<&str>| {
        let body = json!({"notification_id": id, "event": "credential_accepted"}).to_string();
        server.post("notification", &[JSON, ("Authorization", &bearer)], body.as_bytes()).0
    };
    assert_eq!(note(response.notification_id.as_deref()), 204);
    assert_eq!(note(Some("nobody's")), 400);
    let unknown = [JSON, ("Authorization", "Bearer nobodys")];
    let body = br#"{"notification_id": "x", "event": "credential_deleted"}"#;
    assert_eq!(server.post("notification", &unknown, body).0, 401);
}

#[test]
fn errors_have_the_standards_codes() {
    let (world, server) = gongan();
    let (token, nonce) = approach(&server, &world);
    let request = Wallet::new(1).enroll(&world.gongan, "identity/1", "unknown");
    assert_eq!(ask(&server, &token, &request).1["error"], "invalid_nonce");
    let mut request = Wallet::new(1).enroll(&world.gongan, "identity/1", &nonce);
    request.credential_configuration_id = id("identity/2");
    assert_eq!(ask(&server, &token, &request).1["error"], "unknown_credential_configuration");
    let wrong =
        b"grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code&pre-authorized_code=x&tx_code=1";
    let (status, body) = server.post("token", &[FORM], wrong);
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    assert_eq!(server.post("token", &[FORM], b"grant_type=password").1["error"], "unsupported_grant_type");
    assert_eq!(server.post("token", &[FORM], b"x=1").1["error"], "invalid_request");
    let json = server.post("token", &[JSON], b"{\"grant_type\": \"x\"}");
    assert_eq!((json.0, &json.1["error"]), (400, &json!("invalid_request")));
    assert_eq!(server.get("offer/nobodys").0, 404);
    assert_eq!(server.get("nothing").1["error"], "not_found");
}

/// The wallet can say how many tries are left, and that a new offer is needed when there are none.
#[test]
fn a_wrong_number_is_told_how_many_tries_are_left() {
    let (world, server) = gongan();
    server.desk().import_records(&id("identity/1"), vec![identity_row(PERSON)]).unwrap();
    let offered = server.desk().offer(&id("identity/1"), &person(PERSON)).unwrap();
    let link: OfferLink = offered.offer.parse().unwrap();
    let path = path_of(link.offer_uri()).to_owned();
    let offer: CredentialOffer = parse(server.get(&path));
    let code = offer.grants.pre_authorized_code.code.expose();
    let wrong = if offered.tx_code.expose() == "000000" { "000001" } else { "000000" };
    let try_number = |number: &str| {
        let form = format!(
            "grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code&pre-authorized_code={code}&tx_code={number}"
        );
        let (status, body) = server.post("token", &[FORM], form.as_bytes());
        assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
        let description = body["error_description"].as_str().unwrap();
        let allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
        assert!(description.chars().all(allowed), "RFC 6749 §5.2: {description}");
        body
    };
    assert_eq!(try_number("12").get("tries_left"), None, "what is no number is no try");
    for (left, english) in [(4, "4 tries are left"), (3, "3 tries"), (2, "2 tries"), (1, "1 try is left")] {
        let body = try_number(wrong);
        assert_eq!(body["tries_left"], left);
        assert!(
            body["message"]["zh-CN"].as_str().unwrap().contains(&format!("还可以试 {left} 次")),
            "{body}"
        );
        assert!(body["message"]["en"].as_str().unwrap().contains(english), "{body}");
        assert!(body["error_description"].as_str().unwrap().ends_with(&format!("tries left: {left}")));
    }
    for body in [try_number(wrong), try_number(offered.tx_code.expose()), server.get(&path).1] {
        assert_eq!(body["tries_left"], 0);
        assert!(body["message"]["zh-CN"].as_str().unwrap().contains("已经作废"), "{body}");
        assert!(body["message"]["en"].as_str().unwrap().contains("ask the clerk"), "{body}");
    }
    let name = Issuer::offer_name(&offered.offer).unwrap();
    assert_eq!(world.gongan.offer_progress(&name).unwrap(), crate::store::offers::Progress::Locked);
    let page = server.get(&format!("offers/{name}/state")).1;
    assert_eq!((&page["state"], &page["ended"]), (&json!("locked"), &json!(true)));
    assert!(page["words"].as_str().unwrap().contains("请重新发放"), "{page}");
}

#[test]
fn malformed_requests_have_the_codes_of_their_endpoints() {
    let (world, server) = gongan();
    let (token, _) = approach(&server, &world);
    for (path, body, code) in [
        ("credential", "{}", "invalid_credential_request"),
        ("credential", "[", "invalid_credential_request"),
        ("credential", r#"{"credential_configuration_id": 1}"#, "invalid_credential_request"),
        ("credential", r#"{"credential_configuration_id": "none such"}"#, "unknown_credential_configuration"),
        ("credential", r#"{"credential_configuration_id": "identity/1"}"#, "invalid_proof"),
        (
            "credential",
            r#"{"credential_configuration_id": "identity/1", "proofs": {"jwt": []}}"#,
            "invalid_proof",
        ),
        ("notification", "{}", "invalid_notification_request"),
        (
            "notification",
            r#"{"notification_id": "x", "event": "credential_lost"}"#,
            "invalid_notification_request",
        ),
    ] {
        let (status, answer) = send(&server, path, &token, body);
        assert_eq!((status, &answer["error"]), (400, &json!(code)), "{body}");
    }
}

/// The nonce is not spent and the token stays good, so that the wallet can ask again without encryption.
#[test]
fn an_encrypted_answer_is_not_given_in_the_clear() {
    let (world, server) = gongan();
    let (token, nonce) = approach(&server, &world);
    let request = Wallet::new(1).enroll(&world.gongan, "identity/1", &nonce);
    let mut encrypted = serde_json::to_value(&request).unwrap();
    encrypted["credential_response_encryption"] = json!({"jwk": {"kty": "EC"}, "enc": "A256GCM"});
    let (status, answer) = send(&server, "credential", &token, &encrypted.to_string());
    assert_eq!((status, &answer["error"]), (400, &json!("invalid_encryption_parameters")));
    assert_eq!(world.ledger.leaves(), (0, 0));
    assert_eq!(ask(&server, &token, &request).0, 200);
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let (world, server) = gongan();
    let (token, nonce) = approach(&server, &world);
    let request = Wallet::new(1).enroll(&world.gongan, "identity/1", &nonce);
    let body = serde_json::to_string(&request).unwrap();
    for (name, value) in [("nonce", "\"other\""), ("pi_a", "[]"), ("credential_configuration_id", "\"a/1\"")]
    {
        let (status, answer) = send(&server, "credential", &token, &doubled(&body, name, value));
        assert_eq!((status, &answer["error"]), (400, &json!("invalid_credential_request")), "{name}");
    }
    let list = json!({"schema": "identity/1", "rows": [identity_row(PERSON)]}).to_string();
    for path in ["admin/issue", "admin/records", "admin/enrolments"] {
        let (status, answer) = server.post(path, &[JSON], doubled(&list, "name", "\"x\"").as_bytes());
        assert_eq!((status, &answer["error"]), (400, &json!("invalid_request")), "{path}");
    }
    assert_eq!(ask(&server, &token, &request).0, 200, "once, everything is right");
}

/// A number that is left out or empty is a fault of the request, and spends no try.
#[test]
fn a_token_request_without_a_number_is_invalid() {
    let (world, server) = gongan();
    server.desk().import_records(&id("identity/1"), vec![identity_row(PERSON)]).unwrap();
    let offered = server.desk().offer(&id("identity/1"), &person(PERSON)).unwrap();
    let request = super::world::token_request(&world.gongan, &offered.offer, offered.tx_code.expose());
    let code = request.pre_authorized_code.as_ref().unwrap().expose();
    let grant =
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code&pre-authorized_code=";
    for rest in ["", "&tx_code=", "&tx_code=&user_pin=", "", "", ""] {
        let (status, body) = server.post("token", &[FORM], format!("{grant}{code}{rest}").as_bytes());
        assert_eq!((status, &body["error"]), (400, &json!("invalid_request")), "{rest}");
    }
    let right = format!("{grant}{code}&tx_code=&user_pin={}", offered.tx_code.expose());
    let token: TokenResponse = parse(server.post("token", &[FORM], right.as_bytes()));
    assert_eq!(token.scope.as_deref(), Some("identity/1"));
}

#[test]
fn the_metadata_says_what_is() {
    let (_world, server) = gongan();
    let (_, metadata) = server.get(METADATA_PATH);
    let configuration = &metadata["credential_configurations_supported"]["identity/1"];
    assert!(configuration["proof_types_supported"].is_object());
    assert_eq!(configuration["cryptographic_binding_methods_supported"], json!(["yong_holder"]));
    assert_eq!(configuration["scope"], "identity/1");
    let (_, authorization) = server.get(AUTHORIZATION_SERVER_PATH);
    assert_eq!(authorization["token_endpoint_auth_methods_supported"], json!(["none"]));
}

#[test]
fn a_wallet_tells_of_its_bundle() {
    let (world, server) = gongan();
    let (_, metadata) = server.get(METADATA_PATH);
    let endpoint: url::Url = serde_json::from_value(metadata["bundle_endpoint"].clone()).unwrap();
    assert_eq!(path_of(&endpoint), "bundle");
    let wallet = Wallet::new(1);
    world.identify(PERSON, &wallet);
    let notice = serde_json::to_vec(&wallet.notice(&world.gongan, bundle_id("one"))).unwrap();
    assert_eq!(server.post("bundle", &[JSON], &notice).0, 204);
    let refused = |body: &[u8], status, code| {
        let (answered, answer) = server.post("bundle", &[JSON], body);
        assert_eq!((answered, &answer["error"]), (status, &json!(code)), "{answer}");
    };
    refused(&notice, 400, "invalid_nonce");
    let foreign = wallet.another_device(2).notice(&world.gongan, bundle_id("one"));
    refused(&serde_json::to_vec(&foreign).unwrap(), 400, "credential_request_denied");
    let mut other = wallet.notice(&world.gongan, bundle_id("one"));
    other.bundle = bundle_id("two");
    refused(&serde_json::to_vec(&other).unwrap(), 400, "invalid_proof");
    other.credential_configuration_id = id("credit-report/1");
    refused(&serde_json::to_vec(&other).unwrap(), 400, "unknown_credential_configuration");
    refused(b"{}", 400, "invalid_request");
    refused(&vec![b' '; 64 * 1024 + 1], 413, "too_large");
}

#[test]
fn a_wallet_collects_what_was_corrected() {
    let (world, server) = gongan();
    let (_, metadata) = server.get(METADATA_PATH);
    let endpoint: url::Url = serde_json::from_value(metadata["renewal_endpoint"].clone()).unwrap();
    assert_eq!(path_of(&endpoint), "renewal");
    let wallet = Wallet::new(1);
    world.identify(PERSON, &wallet);
    let set = [("residence_district".to_owned(), "450105".to_owned())].into_iter().collect();
    world.gongan.correct(&id("identity/1"), &person(PERSON), &set, "moved").unwrap();
    let question = Question::of(&wallet, &world.gongan, "identity/1");
    let asked = serde_json::to_vec(&question.request).unwrap();
    let (status, answer) = server.post("renewal", &[JSON], &asked);
    assert_eq!(status, 200, "{answer}");
    // The network carries no attribute, and whoever sends the question again gets nothing.
    assert_eq!(answer.as_object().unwrap().keys().collect::<Vec<_>>(), ["sealed"]);
    let sealed = serde_json::from_value(answer["sealed"].clone()).unwrap();
    let Renewal::Current { credential } = question.open(&sealed) else { panic!("a credential") };
    assert_eq!(credential.attributes["residence_district"], "450105");
    let refused = |body: &[u8], status, code| {
        let (answered, answer) = server.post("renewal", &[JSON], body);
        assert_eq!((answered, &answer["error"]), (status, &json!(code)), "{answer}");
    };
    refused(&asked, 400, "invalid_nonce");
    let foreign = Question::of(&wallet.another_device(2), &world.gongan, "identity/1").request;
    refused(&serde_json::to_vec(&foreign).unwrap(), 400, "credential_request_denied");
    let mut small = serde_json::to_value(Question::of(&wallet, &world.gongan, "identity/1").request).unwrap();
    small["recipient"] = json!("AAAA");
    refused(small.to_string().as_bytes(), 400, "invalid_request");
    refused(b"{}", 400, "invalid_request");
    refused(&vec![b' '; 64 * 1024 + 1], 413, "too_large");
}

#[test]
fn a_desk_that_enrols_nobody_takes_no_notice() {
    let world = World::new();
    let server = Server::new(&world.credit, [127, 0, 0, 1]);
    assert_eq!(server.get(METADATA_PATH).1.get("bundle_endpoint"), None);
    let notice = serde_json::to_vec(&Wallet::new(1).notice(&world.credit, bundle_id("one"))).unwrap();
    let (status, answer) = server.post("bundle", &[JSON], &notice);
    assert_eq!((status, &answer["error"]), (400, &json!("unknown_credential_configuration")));
}

#[test]
fn programs_propose_approve_and_complete_a_recovery() {
    let (world, server) = gongan();
    let wallet = Wallet::new(1);
    world.identify(PERSON, &wallet);
    world.gongan.noticed(&wallet.notice(&world.gongan, bundle_id("one"))).unwrap();
    let key = hpke_key("new");
    let proposed = server.desk().recover(&id("identity/1"), &person(PERSON), &key.to_string()).unwrap();
    assert_eq!(proposed.key_digest, key.digest());
    let other = Server::new(&world.credit, [127, 0, 0, 1]);
    let back = other.desk().approve_recovery(&proposed.proposal).unwrap();
    let code = |answer| match answer {
        Err(IssuerClientError::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(server.desk().complete_recovery(&proposed.proposal).map(drop)), "not_approved");
    assert_eq!(code(server.desk().approve_recovery(&proposed.proposal).map(drop)), "own_recovery");
    assert_eq!(server.desk().complete_recovery(&back).unwrap().outcome, Change::Changed);
    assert_eq!(server.desk().complete_recovery(&back).unwrap().outcome, Change::Unchanged);
}

/// Who has no token is told so before anything else, with a challenge.
#[test]
fn the_access_token_is_looked_at_first() {
    let (world, server) = gongan();
    let (token, _) = approach(&server, &world);
    for path in ["credential", "notification"] {
        for body in ["", "[", "{}", r#"{"credential_configuration_id": "identity/1", "proofs": {"jwt": []}}"#]
        {
            for (token, challenge) in [
                (None, "Bearer"),
                (Some("DPoP x"), "Bearer"),
                (Some("Bearer nobodys"), "Bearer error=\"invalid_token\""),
            ] {
                let mut request = server.agent.post(format!("{}/{path}", server.base)).header(JSON.0, JSON.1);
                if let Some(token) = token {
                    request = request.header("Authorization", token);
                }
                let response = request.send(body.as_bytes()).unwrap();
                assert_eq!(response.status().as_u16(), 401, "{path} {body}");
                assert_eq!(response.headers()["WWW-Authenticate"], challenge, "{path} {body}");
            }
        }
    }
    // Then which credential is asked for, and only then the proofs.
    let other = r#"{"credential_configuration_id": "credit-report/1", "proofs": {"jwt": []}}"#;
    let (status, answer) = send(&server, "credential", &token, other);
    assert_eq!((status, &answer["error"]), (400, &json!("unknown_credential_configuration")));
}

#[test]
fn a_credential_needs_a_token() {
    let (world, server) = gongan();
    let request = serde_json::to_vec(&Wallet::new(1).enroll(&world.gongan, "identity/1", "x")).unwrap();
    for headers in
        [vec![JSON], vec![JSON, ("Authorization", "Bearer nobodys")], vec![JSON, ("Authorization", "x")]]
    {
        let (status, body) = server.post("credential", &headers, &request);
        assert_eq!((status, &body["error"]), (401, &json!("invalid_token")));
    }
}

#[test]
fn bodies_are_bounded() {
    let (_world, server) = gongan();
    let large = vec![b' '; 64 * 1024 + 1];
    assert_eq!(server.post("token", &[FORM], &large).0, 413);
    for path in ["credential", "notification"] {
        let (status, body) = server.post(path, &[JSON, ("Authorization", "Bearer nobodys")], &large);
        assert_eq!((status, &body["error"]), (413, &json!("too_large")), "{path}");
    }
    let rows: Vec<Value> = (0..=MAX_ROWS).map(|n| json!({"id_number": n.to_string()})).collect();
    let (status, body) = server.post_json("admin/issue", &json!({"schema": "identity/1", "rows": rows}));
    assert_eq!((status, &body["error"]), (413, &json!("too_large")));
    let huge = vec![b' '; 8 * 1024 * 1024 + 1];
    assert_eq!(server.post("admin/issue", &[JSON], &huge).0, 413);
}

#[test]
fn other_sites_cannot_use_the_staff_interface() {
    let (_world, server) = gongan();
    let body = json!({"schema": "identity/1", "person": PERSON}).to_string();
    let post = |headers: &[(&str, &str)]| server.post("admin/offers", headers, body.as_bytes()).0;
    assert_eq!(post(&[JSON]), 404, "the person has no record");
    assert_eq!(post(&[JSON, ("Origin", "https://evil.example")]), 403);
    assert_eq!(post(&[JSON, ("Sec-Fetch-Site", "cross-site")]), 403);
    assert_eq!(post(&[JSON, ("Host", "evil.example")]), 403);
    assert_eq!(post(&[("Content-Type", "text/plain")]), 415);
    assert_eq!(post(&[FORM]), 415);
}

#[test]
fn a_stranger_beyond_a_proxy_that_says_so_is_not_at_this_machine() {
    let (_world, server) = gongan();
    let body = json!({"schema": "identity/1", "person": PERSON}).to_string();
    for name in ["X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"] {
        let (status, answer) = server.post("admin/offers", &[JSON, (name, "203.0.113.9")], body.as_bytes());
        assert_eq!((status, &answer["error"]), (403, &json!("forbidden")), "{name}");
    }
}

#[test]
fn staff_can_issue_suspend_restore_correct_and_revoke() {
    let world = World::new();
    let server = Server::new(&world.credit, [127, 0, 0, 1]);
    let desk = server.desk();
    let schema = id("credit-report/1");
    let someone = person(PERSON);
    let holder =
        circuits::field::Element(Wallet::new(1).holder(&world.credit, "credit-report/1")).to_string();
    let enrolment = [("id_number".to_owned(), PERSON.to_owned()), ("holder".to_owned(), holder)].into();
    assert_eq!(desk.import_enrolments(None, vec![enrolment]).unwrap(), [RowOutcome::Written]);
    assert_eq!(desk.issue(&schema, vec![credit_row(PERSON, "650")]).unwrap(), [RowOutcome::Issued]);
    let change = |act| desk.change_status(&schema, &someone, act, "test").unwrap();
    assert_eq!(change(Act::Suspend).outcome, Change::Changed);
    assert_eq!(change(Act::Restore).outcome, Change::Changed);
    let set = [("score".to_owned(), "700".to_owned())].into();
    assert_eq!(desk.correct(&schema, &someone, set, "test").unwrap().position, Some(1));
    assert_eq!(change(Act::Revoke).position, Some(1));
    assert_eq!(world.ledger.leaves(), (2, 2));
    let again = desk.change_status(&schema, &someone, Act::Restore, "test");
    assert!(matches!(again, Err(IssuerClientError::Refused { code, .. }) if code == "final"));
}

/// A desk with staff and one credential, without a staff token and with one.
fn staffed() -> (World, Server, IssuerClient) {
    let world = World::new();
    let mut config = world.credit.config().clone();
    let clerks = config.data.with_extension("clerks");
    let password = Password::chosen("one two three four".to_owned()).unwrap();
    put_member(&clerks, "wei".parse().unwrap(), Role::Clerk, &password).unwrap();
    config.staff.clerks = Some(clerks);
    let anonymous = Arc::new(world.opened(config.clone()));
    let holder = Wallet::new(1).holder(&anonymous, CREDIT_REPORT);
    super::world::enrol(&anonymous, CREDIT_REPORT, PERSON, &holder);
    anonymous.grant_list(&id(CREDIT_REPORT), &[credit_row(PERSON, "650")]).unwrap();
    let token = config.data.with_extension("token");
    std::fs::write(&token, "0123456789abcdef").unwrap();
    config.admin_token = Some(token);
    config.staff.alone_up_to = 0;
    let with_token = Server::new(&Arc::new(world.opened(config)), [127, 0, 0, 1]);
    let desk =
        IssuerClient::new(with_token.base.parse().unwrap(), Some("0123456789abcdef".to_owned().into()));
    // The second server lives as long as its runtime.
    std::mem::forget(with_token);
    let server = Server::new(&anonymous, [127, 0, 0, 1]);
    (world, server, desk)
}

const CREDIT_REPORT: &str = "credit-report/1";

/// What the page makes two people do, no program does alone where there are two people.
#[test]
fn programs_wait_for_a_second_pair_of_eyes_too() {
    let (world, server, with_token) = staffed();
    let (schema, someone) = (id(CREDIT_REPORT), person(PERSON));
    let code = |answer| match answer {
        Err(IssuerClientError::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    };
    let revoked = server.desk().change_status(&schema, &someone, Act::Revoke, "test");
    assert_eq!(code(revoked.map(drop)), "needs_approval", "nobody knows who asks");
    let revoked = with_token.change_status(&schema, &someone, Act::Revoke, "test");
    assert_eq!(revoked, Err(IssuerClientError::Waits(1)));
    let corrected = with_token.correct(&schema, &someone, [("score".into(), "700".into())].into(), "test");
    assert_eq!(corrected, Err(IssuerClientError::Waits(2)));
    let issued = with_token.issue(&schema, vec![credit_row(PERSON, "651")]);
    assert_eq!(code(issued.map(drop)), "needs_approval", "a list goes to the page");
    assert_eq!(world.ledger.leaves(), (1, 0));
}

/// Every path that is routed is documented, and every operation that is documented is there.
#[test]
fn the_description_is_of_this_desk() {
    let described: Value = serde_json::from_str(crate::http::OPENAPI).unwrap();
    let paths = described["paths"].as_object().unwrap();
    let routed = include_str!("../http.rs").lines().filter_map(|line| line.trim().strip_prefix(".route(\""));
    let routed = routed.map(|line| line.split('"').next().unwrap().to_owned());
    let well_known = [METADATA_PATH, AUTHORIZATION_SERVER_PATH].map(|path| format!("/{path}"));
    let routed: BTreeSet<String> = routed.chain(well_known).collect();
    assert_eq!(routed, paths.keys().cloned().collect());
    let (_world, server) = gongan();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().unwrap() {
            let path = path.replace("{id}", "none");
            let (status, _) = match method.as_str() {
                "get" => server.get(&path[1..]),
                "post" => server.post(&path[1..], &[], b""),
                other => panic!("{other}"),
            };
            let known = operation["responses"].get(status.to_string()).is_some();
            assert!(known, "{method} {path} answers {status}");
        }
    }
}

/// Generators of client code need types: no object without members, no array without items, and every code by name.
#[test]
fn the_description_is_complete() {
    let described: Value = serde_json::from_str(crate::http::OPENAPI).unwrap();
    assert_typed(&described["paths"], "paths");
    assert_typed(&described["components"], "components");
    assert_eq!(described["info"]["license"]["identifier"], "Apache-2.0 OR MIT");
    let schemas = &described["components"]["schemas"];
    let rules: BTreeSet<&str> = IssuerError::one_of_each().iter().map(IssuerError::code).collect();
    assert_eq!(codes(&schemas["RuleCode"]), rules);
    let others = PROBLEM_TYPES.iter().map(ProblemType::code);
    assert_eq!(codes(&schemas["ProblemCode"]), rules.iter().copied().chain(others).collect());
}

fn codes(schema: &Value) -> BTreeSet<&str> {
    schema["enum"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect()
}

fn assert_typed(value: &Value, path: &str) {
    if let Value::Object(members) = value {
        if members.get("type") == Some(&json!("object")) {
            let typed = members.contains_key("properties") || members.contains_key("additionalProperties");
            assert!(typed, "{path} is an object of no type");
        }
        if members.get("type") == Some(&json!("array")) {
            assert!(members.contains_key("items"), "{path} is an array of nothing");
        }
        for (name, value) in members {
            assert_typed(value, &format!("{path}/{name}"));
        }
    }
    if let Value::Array(values) = value {
        for value in values {
            assert_typed(value, path);
        }
    }
}

#[test]
fn a_desk_says_how_it_is() {
    let (world, server) = gongan();
    approach(&server, &world);
    assert_eq!(server.get("healthz").0, 200);
    assert_eq!(server.get("readyz").0, 200);
    let (status, metrics) = server.get("metrics");
    assert_eq!(status, 200);
    assert!(metrics.as_str().unwrap().contains("yong_issuer_offers_total 1\n"), "{metrics}");
    world.pass(901);
    let (status, why) = server.get("readyz");
    assert_eq!(status, 503);
    assert!(why.to_string().contains("the ledger's newest statement is old"), "{why}");
}

#[test]
fn a_desk_whose_database_takes_no_write_is_not_ready() {
    let (world, server) = gongan();
    approach(&server, &world);
    world.gongan.store_for_tests().read().pragma_update(None, "query_only", true).unwrap();
    let (status, why) = server.get("readyz");
    assert_eq!(status, 503);
    assert!(why.to_string().contains("or to its database"), "{why}");
}

#[test]
fn a_write_is_tried_and_waits_for_nobody_for_long() {
    let world = World::new();
    let other = rusqlite::Connection::open(world.gongan.config().data.join("desk.sqlite")).unwrap();
    assert!(world.gongan.can_write());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(!world.gongan.can_write());
    other.execute_batch("ROLLBACK").unwrap();
    assert!(world.gongan.can_write());
}

#[test]
fn error_answers_repeat_no_value() {
    let (_world, server) = gongan();
    let number = "4501/9919/9609/1189";
    for body in [
        json!({"schema": "identity/1", "person": number}),
        json!({"schema": "identity/1", "person": PERSON, "surprise": number}),
        json!({"schema": number, "person": PERSON}),
    ] {
        let (status, answer) = server.post_json("admin/offers", &body);
        assert_eq!(status, 400);
        assert!(!answer.to_string().contains(number), "{answer}");
    }
    let mut row = identity_row(PERSON);
    row.insert("birth_date".to_owned(), "1996-13-77".to_owned());
    let (_, answer) = server.post_json("admin/issue", &json!({"schema": "identity/1", "rows": [row]}));
    assert_eq!(answer["rows"][0]["code"], "bad_value");
    assert!(!answer.to_string().contains("1996-13-77"), "{answer}");
}
