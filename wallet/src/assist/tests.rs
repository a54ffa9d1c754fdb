//! A counter, a paper and a code; one rejection test per rule.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use openid4vc::paper::{Fresh, NONCE, SALT};
use openid4vc::vci::IssuedCredential;
use openid4vc::vp::VpToken;
use serde_json::{Value, json};
use service::clock::ManualClock;
use tower::ServiceExt as _;

use super::*;
use crate::present::tests::shown::VerifierServer;
use crate::testing::{CREDIT, NOW, World, rng, wallet};

const CODE: &str = "4071 9385 2264";

struct Setup {
    world: World,
    assistant: Assistant,
    paper: String,
}

/// A citizen whose paper says level `level`.
fn setup(level: &str) -> Setup {
    let world = World::new();
    let citizen = wallet(9);
    let held = world.commit(&citizen, CREDIT, "credit-report/1", &json!({"score": 700, "level": level}));
    let credential = IssuedCredential::new(&held.credential, held.position, held.entry);
    let paper = Paper { secrets: citizen.secrets().clone(), credential };
    let fresh = Fresh { salt: [1; SALT], nonce: [2; NONCE] };
    let sealed = paper.seal(&CODE.parse::<PaperCode>().unwrap(), &fresh).unwrap().to_string();
    let assistant = Assistant::new(world.ledger(), at_now());
    follow_all(assistant.ledger(), NOW).unwrap();
    Setup { world, assistant, paper: sealed }
}

impl Setup {
    fn verifier(&self) -> VerifierServer {
        VerifierServer::asking(self.assistant.ledger(), "level/1", 200, "{}")
    }

    fn answer(&self, verifier: &VerifierServer, code: &str) -> Result<Assisted, AssistError> {
        self.assistant.answer(&verifier.link(), &self.paper, code, NOW, &mut rng(1))
    }
}

fn at_now() -> Clock {
    ManualClock::new(NOW).clock()
}

fn code() -> String {
    CODE.to_owned()
}

#[test]
fn a_paper_answers_as_a_wallet_does_and_the_ledger_is_not_asked() {
    let setup = setup("A");
    let verifier = setup.verifier();
    setup.world.take_requests();
    assert_eq!(setup.answer(&verifier, &code()).unwrap(), Assisted::Accepted);
    let token = VpToken::parse(verifier.answer()["vp_token"].to_string().as_bytes()).unwrap();
    let [presentation] = token.0.values().next().unwrap();
    assert_eq!(presentation.revealed.get("level"), Some(&json!("A")));
    let asked = setup.world.take_requests();
    assert!(asked.iter().all(|r| r.starts_with("/blob/")), "presenting asked the ledger: {asked:?}");
}

#[test]
fn a_wrong_code_is_refused_and_slowed_down_and_nothing_is_sent() {
    let setup = setup("A");
    let verifier = setup.verifier();
    for _ in 0..5 {
        let refused = setup.answer(&verifier, "0000-0000");
        assert!(matches!(refused, Err(AssistError::Open(OpenError::Code))), "{refused:?}");
    }
    assert!(
        matches!(setup.answer(&verifier, &code()), Err(AssistError::Wait(_))),
        "even the right code waits"
    );
    let heard = verifier.server.take_heard();
    assert!(heard.iter().all(|heard| heard.path == "/request/1"), "nothing was sent");
}

#[test]
fn what_is_no_paper_or_no_code_or_no_request_costs_no_try() {
    let setup = setup("A");
    let verifier = setup.verifier();
    let with = |link: &str, paper: &str, code: &str| {
        setup.assistant.answer(link, paper, code, NOW, &mut rng(1)).unwrap_err()
    };
    for _ in 0..6 {
        assert!(matches!(with(&verifier.link(), "YONG:P2:", &code()), AssistError::Paper(_)));
        assert!(matches!(with(&verifier.link(), &setup.paper, "12"), AssistError::Code(_)));
        let nowhere = with("https://evil.example", &setup.paper, &code());
        assert!(matches!(nowhere, AssistError::Present(PresentError::Request(_))));
    }
    assert_eq!(setup.answer(&verifier, &code()).unwrap(), Assisted::Accepted);
}

#[test]
fn a_paper_that_does_not_answer_looks_like_a_citizen_who_says_no() {
    let setup = setup("A");
    let verifier = VerifierServer::asking(setup.assistant.ledger(), "survey/1", 200, "{}");
    assert_eq!(setup.answer(&verifier, &code()).unwrap(), Assisted::Declined);
    let sent = verifier.answer();
    assert_eq!((&sent["error"], &sent["vp_token"]), (&json!("access_denied"), &Value::Null));
}

#[test]
fn a_paper_of_another_ledger_is_refused() {
    let setup = setup("A");
    let other = World::new();
    let elsewhere = Assistant::new(other.ledger(), at_now());
    follow_all(elsewhere.ledger(), NOW).unwrap();
    let verifier = VerifierServer::asking(elsewhere.ledger(), "level/1", 200, "{}");
    let ended = elsewhere.answer(&verifier.link(), &setup.paper, &code(), NOW, &mut rng(1)).unwrap();
    assert_eq!(ended, Assisted::Declined, "its leaf is not in that tree");
}

/// The routes, with the right and the wrong headers.
#[tokio::test(flavor = "multi_thread")]
async fn only_programs_of_this_machine_may_ask_and_no_error_repeats_what_was_sent() {
    let app = router(std::sync::Arc::new(Assistant::new(World::new().ledger(), at_now())));
    let send = |headers: &[(&'static str, &'static str)], body: String| {
        let mut request = Request::post("/present").header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let app = app.clone();
        let request = request.body(Body::from(body)).unwrap();
        async move {
            let answer = app.oneshot(request).await.unwrap();
            let status = answer.status();
            let bytes = axum::body::to_bytes(answer.into_body(), 1 << 16).await.unwrap();
            (status, serde_json::from_slice::<Value>(&bytes).unwrap())
        }
    };
    let here = ("host", "127.0.0.1:7005");
    let asked = || json!({"link": "l", "paper": "SECRET", "code": "K7QM-3XPT"}).to_string();
    let (status, body) = send(&[here], asked()).await;
    assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &json!("not_a_paper")));
    for body in [body, send(&[here], "{\"paper\": \"SECRET\"".to_owned()).await.1] {
        assert!(!body.to_string().contains("SECRET"), "{body}");
    }
    for wrong in [
        vec![("host", "evil.example")],
        vec![here, ("origin", "http://127.0.0.1:7005")],
        vec![here, ("sec-fetch-site", "none")],
    ] {
        assert_eq!(send(&wrong, asked()).await.0, StatusCode::FORBIDDEN, "{wrong:?}");
    }
}
