//! The paths as wallets call them.

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use ledger::samples::{MemoryLog, hpke_key};
use serde_json::{Value, json};
use service::clock::ManualClock;
use tempfile::TempDir;
use tower::ServiceExt as _;
use trustee::{Dealt, Recovery, SealedShare};

use super::*;
use crate::key_file::save_key;
use crate::samples::{city, dealt, department, request, trustee_key, wallet_key};

/// When the ledger states something, and what the clock says, unix seconds.
const NOW: u64 = 100;

/// The tax office's trustee, on a ledger with one request; and the folder that it lives in.
struct Served {
    trustee: Arc<TrusteeService>,
    _folder: TempDir,
}

impl Served {
    /// Wallet 21 is asked for, for this dealing.
    fn new(dealt: &Dealt) -> Self {
        let mut log = MemoryLog::new(city());
        let key = wallet_key(21).public();
        log.submit(&[request(dealt.bundle.id(), &key, "police", "archive", 0)], NOW).unwrap();
        let folder = tempfile::tempdir().unwrap();
        save_key(&trustee_key(0), &folder.path().join("trustee.key")).unwrap();
        std::fs::write(folder.path().join("genesis.json"), city().to_bytes()).unwrap();
        let text = "department = \"tax\"\nkeys = [\"trustee.key\"]\nledger = \"http://127.0.0.1:1/\"\n\
                    genesis = \"genesis.json\"\ndata = \"data\"\n";
        let file = folder.path().join("trustee.toml");
        std::fs::write(&file, text).unwrap();
        let config = Config::load(&file).unwrap();
        let clock = ManualClock::new(NOW).clock();
        let trustee = TrusteeService::open(&config, Arc::new(log), clock).unwrap();
        Self { trustee: Arc::new(trustee), _folder: folder }
    }
    fn following(dealt: &Dealt) -> Self {
        let served = Self::new(dealt);
        served.trustee.following.catch_up(NOW).unwrap();
        served
    }
    async fn post(&self, path: &str, body: impl Into<Body>) -> (StatusCode, Value) {
        self.send(Request::post(path).body(body.into()).unwrap()).await
    }
    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let app = trustee_app(Arc::clone(&self.trustee), Exposure::this_machine());
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }
    async fn bring(&self, dealt: &Dealt, place: usize) -> (StatusCode, Value) {
        let body = json!({"bundle": dealt.bundle, "share": dealt.deposits[place]});
        self.post("/shares", body.to_string()).await
    }
    async fn ask(&self, dealt: &Dealt, wallet: u8) -> (StatusCode, Value) {
        let body = json!({"bundle": dealt.bundle.id(), "key": wallet_key(wallet).public()});
        self.post("/answers", body.to_string()).await
    }
}

fn refusal(answer: &(StatusCode, Value)) -> (u16, &str) {
    (answer.0.as_u16(), answer.1["error"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_share_is_brought_and_given_to_the_wallet_that_the_ledger_names() {
    let dealt = dealt(1);
    let served = Served::following(&dealt);
    let (status, taken) = served.bring(&dealt, 0).await;
    assert_eq!((status, &taken["bundle"]), (StatusCode::OK, &json!(dealt.bundle.id())));
    let (status, answered) = served.ask(&dealt, 21).await;
    assert_eq!(status, StatusCode::OK, "{answered}");
    assert_eq!(served.ask(&dealt, 21).await.1, answered, "the same again");
    let answer: SealedShare = serde_json::from_value(answered["answer"].clone()).unwrap();
    let wallet = wallet_key(21);
    let mut recovery = Recovery::new(&dealt.bundle, &wallet);
    recovery.take(&department("tax"), &answer).unwrap();
    assert_eq!(recovery.missing(), 1);
}

#[tokio::test]
async fn each_refusal_has_its_code() {
    let dealt = dealt(1);
    let served = Served::following(&dealt);
    assert_eq!(refusal(&served.ask(&dealt, 21).await), (404, "unknown_bundle"));
    assert_eq!(refusal(&served.bring(&dealt, 1).await), (422, "unopened"));
    served.bring(&dealt, 0).await;
    assert_eq!(refusal(&served.ask(&dealt, 22).await), (403, "other_key"));
    let unrequested = crate::samples::dealt(2);
    served.bring(&unrequested, 0).await;
    assert_eq!(refusal(&served.ask(&unrequested, 21).await), (403, "not_requested"));
    let foreign = json!({"bundle": {"needed": 2, "trustees": [
        {"department": "a", "key": hpke_key("a"), "commitment": "1"},
        {"department": "b", "key": hpke_key("b"), "commitment": "2"}]}, "share": dealt.deposits[0]});
    assert_eq!(refusal(&served.post("/shares", foreign.to_string()).await), (422, "not_a_trustee"));
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let dealt = dealt(1);
    let served = Served::following(&dealt);
    let good = json!({"bundle": dealt.bundle, "share": dealt.deposits[0]});
    let mut extra = good.clone();
    extra["extra"] = json!(1);
    for body in ["", "{}", "[]", "nonsense", &extra.to_string()] {
        assert_eq!(refusal(&served.post("/shares", body.to_owned()).await), (400, "malformed"), "{body}");
        assert_eq!(refusal(&served.post("/answers", body.to_owned()).await), (400, "malformed"), "{body}");
    }
    let large = vec![b' '; MAX_BODY + 1];
    assert_eq!(refusal(&served.post("/shares", large).await), (413, "too_large"));
    assert_eq!(refusal(&served.post("/nowhere", "").await), (404, "not_found"));
    let get = Request::get("/shares").body(Body::empty()).unwrap();
    assert_eq!(refusal(&served.send(get).await), (405, "method_not_allowed"));
}

#[tokio::test]
async fn nothing_is_given_before_the_ledger_was_followed() {
    let dealt = dealt(1);
    let served = Served::new(&dealt);
    let ready = || Request::get("/readyz").body(Body::empty()).unwrap();
    assert_eq!(refusal(&served.send(ready()).await), (503, "not_ready"));
    served.bring(&dealt, 0).await;
    assert_eq!(refusal(&served.ask(&dealt, 21).await), (403, "not_requested"));
    served.trustee.following.catch_up(NOW).unwrap();
    assert_eq!(served.send(ready()).await.0, StatusCode::OK);
    assert_eq!(served.ask(&dealt, 21).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_write_that_fails_is_told_to_be_tried_again() {
    let dealt = dealt(1);
    let served = Served::following(&dealt);
    served.trustee.keeper.fail_next(crate::store::FaultInjection::Lost);
    assert_eq!(refusal(&served.bring(&dealt, 0).await), (503, "unavailable"));
    assert_eq!(served.bring(&dealt, 0).await.0, StatusCode::OK);
}
