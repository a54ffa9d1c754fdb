//! The service over real HTTP on loopback.

mod two_processes;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

use circuits::field::Element;
use openid4vc::offline::VerifierId;
use openid4vc::vp::{Nonce, ReceiptNumber, Status};
use serde_json::{Value, json};
use ureq::{Agent, Body};

use super::answer_queue::QueueKey;
use super::*;
use crate::client::{ClientError, VerifierClient};
use crate::relying_party::Response;
use crate::relying_party::tests::{Scene, asking, claims, encrypted};
use crate::store::{API, ReceiptsOf};
use yong_tests::small_city::{Citizen, NOW, Tree};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A running service. It ends with the test.
struct Running {
    url: String,
    agent: Agent,
    state: Arc<State>,
    good: Citizen,
    tree: Tree,
    _runtime: tokio::runtime::Runtime,
}

impl Running {
    fn start(token: Option<VerifierToken>) -> Self {
        let (scene, good, _, tree) = Scene::with_citizens();
        Self::around(State::new(scene.relying_party, token, 1000), good, tree)
    }
    fn around(state: Arc<State>, good: Citizen, tree: Tree) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = app(Arc::clone(&state));
        runtime.spawn(service::http::serve(listener, service, Limits::new(), std::future::pending()));
        let config =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60)));
        Self { url, agent: config.build().into(), state, good, tree, _runtime: runtime }
    }
    fn client(&self, token: Option<&str>) -> VerifierClient {
        VerifierClient::new(self.url.parse().unwrap(), token.map(str::to_owned))
    }
    fn get(&self, path: &str) -> (u16, ureq::http::Response<Body>) {
        let response = self.agent.get(format!("{}{path}", self.url)).call().unwrap();
        (response.status().as_u16(), response)
    }
    fn post(&self, path: &str, content_type: &str, body: &[u8]) -> (u16, Value) {
        let request = self.agent.post(format!("{}{path}", self.url)).header("content-type", content_type);
        let mut response = request.send(body).unwrap();
        (response.status().as_u16(), response.body_mut().read_json().unwrap_or(Value::Null))
    }
    fn form(&self, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post(path, "application/x-www-form-urlencoded", body.as_bytes())
    }
    /// The path in the request URI; its host is the configured one, not this test's port.
    fn request_path(asked: &crate::relying_party::CreatedRequest) -> String {
        asked.request_uri.path().to_owned()
    }
}

#[test]
fn from_the_link_to_the_receipt() {
    let service = Running::start(None);
    let asked = service.client(None).ask(&"fast-lane/1".parse().unwrap()).unwrap();
    let (status, mut fetched) = service.get(&Running::request_path(&asked));
    assert_eq!(status, 200);
    assert_eq!(fetched.headers()["content-type"], "application/oauth-authz-req+jwt");
    assert_eq!(fetched.headers()["cache-control"], "no-store");
    let object = claims(&fetched.body_mut().read_to_string().unwrap());
    let token = asking(&object).present(&service.good, &service.tree);
    let jwe = encrypted(&object, &json!({ "vp_token": token }));
    let waiting = std::thread::spawn({
        let (client, asked) = (service.client(None), asked.clone());
        move || client.verdict(&asked).unwrap()
    });
    let posted = service.form("/response", &[("response", &jwe)]);
    has_the_receipt_number(&posted);
    let verdict = waiting.join().unwrap();
    assert_eq!((verdict.status, verdict.development), (Status::Passed, true));
    assert_eq!(verdict.revealed["credit"]["level"], "B");
    let (code, body) = service.form("/response", &[("response", &jwe)]);
    assert_eq!((code, &body["error"]), (400, &json!("already_used")));
    assert!(body["message"]["zh-CN"].is_string() && body["message"]["en"].is_string());
}

/// That an accepted answer is told the number of its receipt and nothing else.
fn has_the_receipt_number((code, body): &(u16, Value)) {
    let number = body["receipt"].as_str().unwrap();
    assert_eq!((*code, body), (200, &json!({ "receipt": number })));
    assert!(number.parse::<ReceiptNumber>().is_ok(), "{number}");
}

/// Each rule about what a program adds is told by its name, and breaks nothing else.
#[test]
fn what_a_program_adds_is_judged_and_named() {
    let service = Running::start(None);
    let ask = |body: &Value, key: &str| {
        let request = service.agent.post(format!("{}/requests", service.url)).header("idempotency-key", key);
        let mut answer = request.send_json(body).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_json::<Value>().unwrap())
    };
    let fine = json!({
        "policy": "score/1", "reference": "x".repeat(128), "return_to": "https://bank.example/loan",
    });
    let (code, first) = ask(&fine, "a");
    assert_eq!(code, 201);
    assert_eq!(ask(&fine, "\"a\""), (201, first), "the same key asks once");
    let (code, reused) = ask(&json!({ "policy": "score/1" }), "a");
    assert_eq!((code, &reused["error"]), (422, &json!("idempotency_key_reused")));
    let long = "x".repeat(256);
    let cases = [
        ("reference", json!("x".repeat(129)), "b"),
        ("reference", json!(""), "b"),
        ("return_to", json!("http://bank.example/loan"), "b"),
        ("return_to", json!("https://bank.example/loan#part"), "b"),
        ("Idempotency-Key", json!(null), long.as_str()),
    ];
    for (name, value, key) in cases {
        let mut body = fine.clone();
        if !value.is_null() {
            body[name] = value;
        }
        let (code, told) = ask(&body, key);
        assert_eq!((code, &told["error"]), (400, &json!("malformed")), "{name}");
        assert!(told["detail"].as_str().unwrap().contains(name), "{told}");
    }
    assert_eq!(ask(&fine, "b").0, 201, "what was refused took no key");
}

#[test]
fn a_posted_request_uri_echoes_the_wallets_nonce() {
    let service = Running::start(None);
    let path = Running::request_path(&service.client(None).ask(&"score/1".parse().unwrap()).unwrap());
    let url = format!("{}{path}", service.url);
    let object =
        service.agent.post(url).send_form([("wallet_nonce", "abc")]).unwrap().body_mut().read_to_string();
    assert_eq!(claims(&object.unwrap()).wallet_nonce.unwrap().as_str(), "abc");
    let (code, body) = service.form(&path, &[("wallet_nonce", "not a nonce")]);
    assert_eq!((code, &body["error"]), (400, &json!("malformed")));
}

#[test]
fn a_wallet_that_declines_is_thanked_like_one_that_answers() {
    let service = Running::start(None);
    let asked = service.client(None).ask(&"score/1".parse().unwrap()).unwrap();
    let object = claims(&service.get(&Running::request_path(&asked)).1.body_mut().read_to_string().unwrap());
    let fields = [("error", "access_denied"), ("state", object.state.as_ref().unwrap().as_str())];
    assert_eq!(service.form("/response", &fields), (200, json!({})));
    assert_eq!(service.client(None).status(&asked.transaction).unwrap().status, Status::Pending);
    let jwe = encrypted(&object, &json!({ "error": "access_denied" }));
    assert_eq!(service.form("/response", &[("response", &jwe)]), (200, json!({})));
    assert_eq!(service.client(None).status(&asked.transaction).unwrap().status, Status::Declined);
}

#[test]
fn a_bystander_does_not_use_up_what_the_wallet_fetches() {
    let service = Running::start(None);
    let asked = service.client(None).ask(&"score/1".parse().unwrap()).unwrap();
    let path = Running::request_path(&asked);
    let with_nonce = |nonce: &str| {
        let request = service.agent.post(format!("{}{path}", service.url));
        request.send_form([("wallet_nonce", nonce)]).unwrap().status().as_u16()
    };
    assert_eq!(with_nonce("the-wallets"), 200);
    let bystander: Vec<u16> = (0..50).map(|_| service.get(&path).0).collect();
    assert!(bystander[..8].iter().all(|status| *status == 200) && bystander.contains(&429), "{bystander:?}");
    for n in 0..300 {
        with_nonce(&n.to_string());
    }
    assert_eq!(with_nonce("a-late-stranger"), 410);
    assert_eq!(with_nonce("the-wallets"), 200);
}

/// What is counted is remembered, so a name that no request can have is not.
#[test]
fn what_cannot_name_a_request_is_not_found_and_not_counted() {
    let service = Running::start(None);
    let (longest, longer) = ("a".repeat(256), "a".repeat(257));
    let asked = |name: &str| -> BTreeSet<u16> {
        (0..50).map(|_| service.get(&format!("/request/{name}")).0).collect()
    };
    assert_eq!(asked(&longer), BTreeSet::from([404]));
    assert_eq!(asked("a%20b"), BTreeSet::from([404]));
    assert_eq!(asked(&longest), BTreeSet::from([404, 429]));
}

#[test]
fn without_a_token_nobody_asks_through_a_proxy() {
    let service = Running::start(None);
    let body = json!({ "policy": "score/1" }).to_string();
    let ask = |headers: &[(&str, &str)]| {
        let mut request = service.agent.post(format!("{}/requests", service.url));
        request = request.header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send(body.as_bytes()).unwrap().status().as_u16()
    };
    assert_eq!(ask(&[]), 201);
    for name in ["x-forwarded-for", "x-forwarded-proto", "x-real-ip", "via", "forwarded"] {
        assert_eq!(ask(&[(name, "203.0.113.9")]), 401, "{name}");
    }
}

/// Nobody judges, so what is posted waits.
#[test]
fn a_service_with_too_many_answers_says_when_to_come_back() {
    let door = Door::closed();
    let (scene, good, _, tree) = Scene::with_citizens();
    let service = Running::around(
        State::idle(scene.relying_party, None, 1000, door, Exposure::this_machine()),
        good,
        tree,
    );
    let to_nobody = || Response::Declined(Nonce::try_from("nobody".to_owned()).unwrap());
    let here = QueueKey::Address(IpAddr::from([127, 0, 0, 1]));
    let waiting: Vec<_> =
        std::iter::from_fn(|| service.state.answers.submit(here.clone(), to_nobody()).ok()).collect();
    let request = service.agent.post(format!("{}/response", service.url));
    let mut answer = request.send_form([("error", "access_denied"), ("state", "nobody")]).unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    let body: Value = answer.body_mut().read_json().unwrap();
    assert_eq!(body["error"], "busy");
    let metrics = service.get("/metrics").1.body_mut().read_to_string().unwrap();
    assert!(metrics.contains("yong_verifier_turned_away_total 1\n"), "{metrics}");
    service.state.answers.spawn_workers(&service.state.relying_party, 1).unwrap();
    assert!(waiting.into_iter().all(|told| told.blocking_recv().is_ok()));
}

#[test]
fn a_code_is_scanned_once_and_only_with_the_token() {
    let service = Running::start(Some(VerifierToken::new(TOKEN).unwrap()));
    let here = service.state.relying_party().counter_id(Some("a")).unwrap();
    let text = crate::offline::tests::answer("fast-lane/1", &here, &service.good, &service.tree, NOW);
    let body = json!({ "text": text.to_text().unwrap(), "window": "a" });
    let post = |token: &str, path: &str, body: &Value| {
        let request = service.agent.post(format!("{}{path}", service.url));
        let mut answer = request.header("authorization", format!("Bearer {token}")).send_json(body).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_json::<Value>().unwrap())
    };
    assert_eq!(post("wrong", "/scan", &body).0, 401);
    assert_eq!(post("wrong", "/reconcile", &json!({ "scans": [] })).0, 401);
    let (status, scanned) = post(TOKEN, "/scan", &body);
    assert_eq!(
        (status, &scanned["verdict"], &scanned["policy"]),
        (200, &json!("passed"), &json!("fast-lane/1"))
    );
    assert_eq!(scanned["revealed"]["credit"]["level"], "B");
    let (status, scanned) = post(TOKEN, "/scan", &body);
    assert_eq!((status, &scanned["reason"]), (200, &json!("already_used")));
    for wrong in [json!({}), json!({ "text": "yong:1:", "window": "A" }), json!({ "text": 7 })] {
        assert_eq!(post(TOKEN, "/scan", &wrong).0, 400, "{wrong}");
    }
    assert_eq!(post(TOKEN, "/reconcile", &json!({ "scans": [] })), (200, json!({ "scans": [] })));
    assert_eq!(post(TOKEN, "/reconcile", &json!({ "scans": [{}] })).0, 400);
}

/// The acts of programs, the oldest first, each with whether it names a request or a receipt.
fn by_programs(service: &Running) -> Vec<(&'static str, bool)> {
    let lines = service.state.relying_party().audited(None, "auditor").unwrap();
    let by_programs = lines.iter().rev().filter(|line| line.who == API);
    by_programs.map(|line| (line.act.as_str(), line.number.is_some())).collect()
}

#[test]
fn what_a_program_does_stands_in_the_audit_list() {
    let service = Running::start(None);
    let json_type = "application/json";
    assert_eq!(service.post("/requests", json_type, br#"{"policy":"score/9"}"#).0, 404);
    assert!(by_programs(&service).is_empty(), "nobody was asked");
    assert_eq!(service.post("/requests", json_type, br#"{"policy":"score/1"}"#).0, 201);
    let here = service.state.relying_party().own_id();
    let text = crate::offline::tests::answer("score/1", &here, &service.good, &service.tree, NOW);
    let body = json!({ "text": text.to_text().unwrap() }).to_string();
    assert_eq!(service.post("/scan", json_type, body.as_bytes()).0, 200);
    assert_eq!(service.post("/scan", json_type, br#"{"text":"yong:1:AAAA"}"#).0, 200);
    assert_eq!(service.post("/reconcile", json_type, br#"{"scans":[]}"#).0, 200);
    let wanted = [
        ("asked", true),
        ("scanned", false),
        ("saw_result", true),
        ("scanned", false),
        ("reconciled", false),
    ];
    assert_eq!(by_programs(&service), wanted);
    let receipts = service.state.relying_party().receipts(ReceiptsOf::All, &(0..NOW + 1), "auditor");
    assert!(receipts.unwrap().iter().all(|receipt| receipt.asked_by.is_none()), "a program is nobody");
}

/// Neither of the two could know of the other.
#[test]
fn a_double_use_at_two_offline_counters_names_the_earlier_one() {
    let service = Running::start(None);
    let windows = ["a", "b"].map(|window| service.state.relying_party().counter_id(Some(window)).unwrap());
    let scan = |id: &str, counter: &VerifierId| {
        let text = crate::offline::tests::answer("survey/1", counter, &service.good, &service.tree, NOW);
        json!({ "id": id, "counter": counter, "scanned_at": NOW, "text": text.to_text().unwrap() })
    };
    let bring = |scan: Value| {
        let body = json!({ "scans": [scan] }).to_string();
        let (status, mut answer) = service.post("/reconcile", "application/json", body.as_bytes());
        assert_eq!(status, 200, "{answer}");
        answer["scans"][0].take()
    };
    let first = bring(scan("first", &windows[0]));
    assert_eq!((&first["verdict"], first.get("used")), (&json!("passed"), None));
    let second = bring(scan("second", &windows[1]));
    assert_eq!((&second["verdict"], &second["reason"]), (&json!("refused"), &json!("already_used")));
    let used = json!([{ "receipt": "first", "counter": windows[0], "time": NOW }]);
    assert_eq!(second["used"], used);
}

#[test]
fn an_honest_answer_in_the_clear_is_refused_and_ends_nothing() {
    let service = Running::start(None);
    let asked = service.client(None).ask(&"score/1".parse().unwrap()).unwrap();
    let object = claims(&service.get(&Running::request_path(&asked)).1.body_mut().read_to_string().unwrap());
    let token = asking(&object).present(&service.good, &service.tree);
    let clear = [("state", object.state.as_ref().unwrap().as_str()), ("vp_token", &token.to_json())];
    let (code, body) = service.form("/response", &clear);
    assert_eq!((code, &body["error"]), (400, &json!("malformed")));
    let status = || service.state.relying_party().status(&asked.transaction).unwrap().unwrap().status;
    assert_eq!(status(), Status::Pending);
    let jwe = encrypted(&object, &json!({ "vp_token": token }));
    has_the_receipt_number(&service.form("/response", &[("response", &jwe)]));
    assert_eq!(status(), Status::Passed);
}

/// A form.
type Fields = &'static [(&'static str, &'static str)];

#[test]
fn what_is_not_a_response_is_refused() {
    let service = Running::start(None);
    let cases: [(Fields, u16, &str); 8] = [
        (&[("state", "s")], 400, "malformed"),
        (&[("error", "access_denied")], 400, "malformed"),
        (&[("state", "s"), ("vp_token", "{}"), ("error", "access_denied")], 400, "malformed"),
        (&[("state", "s"), ("state", "t"), ("error", "access_denied")], 400, "malformed"),
        (&[("state", "s"), ("error", "access_denied")], 400, "expired"),
        // In the clear, where encryption is asked.
        (&[("state", "s"), ("vp_token", "{}")], 400, "malformed"),
        (&[("response", "a.b.c.d.e"), ("vp_token", "{}")], 400, "malformed"),
        (&[("response", "a.b.c.d.e")], 400, "malformed"),
    ];
    for (fields, status, error) in cases {
        let (code, body) = service.form("/response", fields);
        assert_eq!((code, &body["error"]), (status, &json!(error)), "{fields:?}");
    }
    let huge = "a".repeat(70_000);
    assert_eq!(service.form("/response", &[("response", &huge)]).0, 413);
    assert_eq!(service.post("/response", "application/json", b"{}").0, 415);
}

#[test]
fn what_is_not_a_request_is_refused() {
    let service = Running::start(None);
    let json_type = "application/json";
    assert_eq!(service.post("/requests", "text/plain", br#"{"policy":"score/1"}"#).0, 415);
    for body in [r#"{"policy":"score/1","policy":"easy/1"}"#, r#"{"policy":"score/1","x":1}"#, "{}", "["] {
        let (code, answer) = service.post("/requests", json_type, body.as_bytes());
        assert_eq!((code, &answer["error"]), (400, &json!("malformed")), "{body}");
    }
    let (code, answer) = service.post("/requests", json_type, br#"{"policy":"score/9"}"#);
    assert_eq!(
        (code, &answer["error"], &answer["detail"]),
        (404, &json!("unknown_policy"), &json!("score/9"))
    );
}

#[test]
fn unknown_paths_methods_and_transactions_are_json_errors() {
    let service = Running::start(None);
    for (path, status) in
        [("/nowhere", 404), ("/transactions/none", 404), ("/request/none", 404), ("/response", 405)]
    {
        let (code, mut response) = service.get(path);
        assert_eq!(code, status, "{path}");
        let body: Value = response.body_mut().read_json().unwrap();
        assert!(body["error"].is_string() && body["message"]["en"].is_string(), "{path}");
    }
    assert_eq!(service.get("/transactions/none?wait=x").0, 400);
}

#[test]
fn a_name_that_somebody_else_points_here_is_refused() {
    let service = Running::start(None);
    let request = service.agent.get(format!("{}/policies", service.url)).header("host", "evil.example");
    assert_eq!(request.call().unwrap().status().as_u16(), 403);
}

#[test]
fn a_token_is_asked_for_where_there_is_one() {
    let service = Running::start(Some(VerifierToken::new(TOKEN).unwrap()));
    let policy = "score/1".parse().unwrap();
    for wrong in [None, Some("wrong"), Some(&TOKEN[1..])] {
        let refused = service.client(wrong).ask(&policy);
        assert!(matches!(refused, Err(ClientError::Refused { status: 401, .. })), "{wrong:?}");
    }
    assert!(service.client(Some(TOKEN)).ask(&policy).is_ok());
    assert!(VerifierToken::new("short").is_err());
}

/// Every path that is routed is documented, and every operation that is documented is there.
#[test]
fn the_description_is_of_this_service() {
    let described: Value = serde_json::from_str(openapi::OPENAPI.as_str()).unwrap();
    let paths = described["paths"].as_object().unwrap();
    let routed = include_str!("../http.rs").lines().filter_map(|line| line.trim().strip_prefix(".route(\""));
    let routed = routed.map(|line| line.split('"').next().unwrap());
    assert_eq!(routed.collect::<BTreeSet<_>>(), paths.keys().map(String::as_str).collect());
    let service = Running::start(None);
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().unwrap() {
            let url = format!("{}{}", service.url, path.replace("{id}", "none"));
            let status = match method.as_str() {
                "get" => service.agent.get(url).call(),
                "post" => service.agent.post(url).send_empty(),
                other => panic!("{other}"),
            };
            let status = status.unwrap().status().as_u16().to_string();
            assert!(operation["responses"].get(&status).is_some(), "{method} {path} answers {status}");
        }
    }
}

#[test]
fn health_says_what_is_the_matter() {
    let service = Running::start(None);
    assert_eq!(service.get("/healthz").0, 200);
    let (code, mut ready) = service.get("/readyz");
    let body: Value = ready.body_mut().read_json().unwrap();
    assert_eq!((code, &body["ready"], &body["development"]), (200, &json!(true), &json!(true)));
    let scene = Scene::new(verifier::Development::Refused);
    scene.relying_party.follow().unwrap();
    let not_ready = scene.relying_party.not_ready();
    assert_eq!(not_ready.len(), 1);
    let text = service.get("/metrics").1.body_mut().read_to_string().unwrap();
    assert!(text.contains("yong_verifier_ready 1\n"), "{text}");
}

#[test]
fn a_counter_whose_folder_takes_no_bytes_is_not_ready() {
    let service = Running::start(None);
    assert_eq!(service.get("/readyz").0, 200);
    let folder = tempfile::tempdir().unwrap();
    service.state.keep_data_in(&folder.path().join("gone"));
    let (code, mut ready) = service.get("/readyz");
    let ready: Value = ready.body_mut().read_json().unwrap();
    assert_eq!((code, &ready["reasons"][0]["code"]), (503, &json!("cannot_write")));
}

#[test]
fn a_counter_whose_database_takes_no_write_is_not_ready() {
    let service = Running::start(None);
    assert_eq!(service.get("/readyz").0, 200);
    service.state.relying_party.refuse_writes();
    let (code, mut ready) = service.get("/readyz");
    let ready: Value = ready.body_mut().read_json().unwrap();
    assert_eq!((code, &ready["reasons"][0]["code"]), (503, &json!("cannot_write")));
}

#[test]
fn the_client_can_be_registered() {
    let service = Running::start(None);
    let body: Value = service.get("/client").1.body_mut().read_json().unwrap();
    let mut record = body["record"].clone();
    assert_eq!(record["client_id"], body["client_id"]);
    let text = json!({ "zh-CN": "民族大道一号", "en": "1 Minzu Avenue" });
    for (member, value) in [
        ("id", json!("counter/1")),
        ("address", text.clone()),
        ("legal_basis", text),
        ("complaints", json!("https://12345.example/")),
        ("until", json!(NOW)),
    ] {
        record[member] = value;
    }
    let record: ledger::record::Record = serde_json::from_value(record).unwrap();
    assert_eq!(record.kind(), "verifier.register");
    assert!(body["certificate"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(body["client_id"].as_str().unwrap().starts_with("x509_hash:"));
}

/// Everything that is logged in this process at any level.
#[derive(Clone, Default)]
struct Logs(Arc<Mutex<Vec<u8>>>);

impl Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_log_line_holds_a_pseudonym_an_attribute_or_a_token() {
    let logs = Logs::default();
    let writer = logs.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("verifier=trace,tower_http=trace,axum=trace")
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let service = Running::start(Some(VerifierToken::new(TOKEN).unwrap()));
    let mut secrets = vec![TOKEN.to_owned(), "1990-05-06".to_owned()];
    for policy in ["fast-lane/1", "survey/1", "survey/1"] {
        let asked = service.client(Some(TOKEN)).ask(&policy.parse().unwrap()).unwrap();
        let object =
            claims(&service.get(&Running::request_path(&asked)).1.body_mut().read_to_string().unwrap());
        let token = asking(&object).present(&service.good, &service.tree);
        service.form("/response", &[("response", &encrypted(&object, &json!({ "vp_token": token })))]);
        service.client(None).status(&asked.transaction).unwrap();
        secrets.extend([
            asked.transaction,
            object.state.as_ref().unwrap().as_str().to_owned(),
            object.nonce.as_str().to_owned(),
        ]);
        secrets.extend(token.0.values().map(|[p]| Element::to_string(&p.nullifier)));
    }
    let lines = String::from_utf8(logs.0.lock().unwrap().clone()).unwrap();
    assert!(
        lines.contains("passed") && lines.contains("refused") && lines.contains("/transactions/{id}"),
        "{lines}"
    );
    for secret in secrets {
        assert!(!lines.contains(&secret), "{secret}");
    }
    assert!(service.state.relying_party().not_ready().is_empty());
}
