//! Messages over real HTTP to a receiver that answers as a test says.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;

use super::*;
use crate::relying_party::tests::{Scene, encrypted};
use crate::relying_party::{CreatedRequest, Notify, ProgramRequest, Reference, Response, ReturnTo};
use crate::webhook::WebhookSecret;
use yong_tests::small_city::NOW;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";

/// One message as it came.
#[derive(Clone)]
struct Heard {
    id: String,
    time: u64,
    signature: String,
    body: String,
}

/// Answers with what it was given, then with 204.
struct Receiver {
    sender: Sender,
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Receiver {
    fn start(answers: &[u16]) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(VecDeque::from(answers.to_vec())));
        let (log, queue) = (Arc::clone(&heard), Arc::clone(&answers));
        let take = move |headers: HeaderMap, body: String| {
            let header = |name: &str| headers[name].to_str().unwrap().to_owned();
            let time = header("webhook-timestamp").parse().unwrap();
            let signature = header("webhook-signature");
            log.lock().unwrap().push(Heard { id: header("webhook-id"), time, signature, body });
            let status = queue.lock().unwrap().pop_front().unwrap_or(204);
            std::future::ready((StatusCode::from_u16(status).unwrap(), [("location", "/hook")]))
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let app = Router::new().route("/hook", post(take));
        runtime.spawn(async move { axum::serve(listener, app).await });
        let webhook = Webhook::new(url.parse().unwrap(), WebhookSecret::parse(SECRET).unwrap()).unwrap();
        Self { sender: Sender::new(webhook), heard, answers, _runtime: runtime }
    }

    /// What came since the last look, once everything that is due was sent.
    fn after_sending(&self, scene: &Scene) -> Vec<Heard> {
        self.sender.send_due(&scene.relying_party).unwrap();
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

fn ask(scene: &Scene, return_to: Option<&str>) -> CreatedRequest {
    let asked = ProgramRequest {
        reference: Some(Reference::try_from("loan 17".to_owned()).unwrap()),
        return_to: return_to.map(|to| ReturnTo::try_from(to.to_owned()).unwrap()),
        ..ProgramRequest::new("score/1".parse().unwrap())
    };
    scene.relying_party.ask_for_program(asked, None, Notify::Webhook).unwrap()
}

fn decline(scene: &Scene, asked: &CreatedRequest) {
    let jwe = encrypted(&scene.fetch(asked), &serde_json::json!({ "error": "access_denied" }));
    scene.relying_party.answer(&Response::Encrypted(jwe)).unwrap();
}

fn data(heard: &Heard) -> Value {
    let body: Value = serde_json::from_str(&heard.body).unwrap();
    assert_eq!(body["type"], "request.ended");
    body["data"].clone()
}

#[test]
fn an_end_is_told_once_and_signed() {
    let (scene, ..) = Scene::with_citizens();
    let receiver = Receiver::start(&[]);
    let asked = ask(&scene, None);
    assert!(receiver.after_sending(&scene).is_empty());
    decline(&scene, &asked);
    let heard = receiver.after_sending(&scene);
    let [message] = &heard[..] else { panic!("{} messages", heard.len()) };
    let expected = serde_json::json!({
        "transaction": asked.transaction, "policy": "score/1", "reference": "loan 17", "status": "declined",
    });
    assert_eq!(data(message), expected);
    assert_eq!(message.time, NOW);
    let secret = WebhookSecret::parse(SECRET).unwrap();
    assert_eq!(message.signature, secret.sign(&message.id, message.time, &message.body));
    assert!(!message.id.contains(&asked.transaction[..8]));
    assert!(receiver.after_sending(&scene).is_empty());
}

#[test]
fn what_is_not_taken_comes_again_later_under_the_same_name() {
    let (scene, ..) = Scene::with_citizens();
    // A redirect is not followed: the message was signed for this address.
    let receiver = Receiver::start(&[500, 302]);
    decline(&scene, &ask(&scene, None));
    let first = receiver.after_sending(&scene);
    assert_eq!((first.len(), receiver.after_sending(&scene).len()), (1, 0));
    scene.clock.set(NOW + 6);
    let second = receiver.after_sending(&scene);
    scene.clock.set(NOW + 6 + 36);
    let third = receiver.after_sending(&scene);
    assert_eq!((second.len(), third.len()), (1, 1));
    assert_eq!((&first[0].id, &first[0].body), (&third[0].id, &third[0].body));
    assert_ne!(first[0].signature, third[0].signature, "the time is signed too");
    scene.clock.set(NOW + 86_400);
    assert!(receiver.after_sending(&scene).is_empty());
}

#[test]
fn a_receiver_that_wants_no_more_is_left_alone() {
    let (scene, ..) = Scene::with_citizens();
    let receiver = Receiver::start(&[410]);
    decline(&scene, &ask(&scene, None));
    assert_eq!(receiver.after_sending(&scene).len(), 1);
    scene.clock.set(NOW + 86_400);
    assert!(receiver.after_sending(&scene).is_empty());
    assert!(receiver.answers.lock().unwrap().is_empty());
}

#[test]
fn silence_is_told_after_a_while() {
    let (scene, ..) = Scene::with_citizens();
    let receiver = Receiver::start(&[]);
    let asked = ask(&scene, None);
    scene.clock.set(asked.expires_at + 59);
    assert!(receiver.after_sending(&scene).is_empty());
    scene.clock.set(asked.expires_at + 60);
    let heard = receiver.after_sending(&scene);
    assert_eq!(data(&heard[0])["status"], "expired");
}

#[test]
fn that_one_passed_who_must_come_back_is_not_told() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let receiver = Receiver::start(&[]);
    let asked = ask(&scene, Some("https://bank.example/loan"));
    scene.pass(&asked, &good, &tree);
    let heard = receiver.after_sending(&scene);
    let data = data(&heard[0]);
    assert_eq!((&data["transaction"], data.get("status")), (&asked.transaction.into(), None));
    assert!(!heard[0].body.contains("response_code"));
    let other = ask(&scene, None);
    scene.pass(&other, &good, &tree);
    assert_eq!(self::data(&receiver.after_sending(&scene)[0])["status"], "passed");
}

#[test]
fn nobody_there_is_no_reason_to_stop() {
    let (scene, ..) = Scene::with_citizens();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{closed}/").parse().unwrap();
    let sender = Sender::new(Webhook::new(url, WebhookSecret::parse(SECRET).unwrap()).unwrap());
    decline(&scene, &ask(&scene, None));
    for attempt in 1..=9 {
        sender.send_due(&scene.relying_party).unwrap();
        assert!(pause_s(attempt).is_some());
        scene.clock.set(scene.relying_party.now() + 60_000);
    }
    sender.send_due(&scene.relying_party).unwrap();
    assert_eq!(pause_s(10), None);
    let given_up = "yong_verifier_webhook_messages_total{result=\"given_up\"} 1";
    assert!(scene.relying_party.metrics().to_text(true, 0, 0).contains(given_up));
}
