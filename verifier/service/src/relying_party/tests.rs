//! The counter over a ledger in memory: every step of an answer, each refused once for its own reason.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::samples::Replaying;
use openid4vc::jwe;
use openid4vc::vp::{
    Link as WalletLink, Protection, Reason, RequestObject, ScopeClaim, Status, VpResponse, VpToken,
};
use rand::RngCore;
use rand::rngs::OsRng;
use serde_json::{Value, json};
use service::clock::ManualClock;

mod batch;
mod encryption;
mod fresh;
mod programs;

use super::*;
use crate::store::SqliteStore;
use verifier::Development;
use yong_tests::small_city::{Asking, Citizen, LATER, Ledger, Link, NOW, Tree, checked, publisher};

/// A counter with its clock and ledger in the test's hand.
pub(crate) struct Scene {
    pub(crate) relying_party: RelyingParty,
    pub(crate) ledger: Ledger,
    /// The way from the counter to the ledger.
    path: Arc<Replaying<Ledger>>,
    pub(crate) clock: ManualClock,
    dir: tempfile::TempDir,
}

impl Scene {
    pub(crate) fn new(development: Development) -> Self {
        Self::with_store(Box::new(SqliteStore::in_memory().unwrap()), development)
    }

    pub(crate) fn with_store(store: Box<dyn CounterStore>, development: Development) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::new();
        let clock = ManualClock::new(NOW);
        let path = Arc::new(Replaying::new(ledger.clone()));
        let file = dir.path().join("following.json");
        let following = Following::resume(path.clone(), &Ledger::genesis(), file, development).unwrap();
        let certificate =
            VerifierCertificate::open_or_make(&dir.path().join("certificate"), "Test", NOW).unwrap();
        let relying_party = RelyingParty::new(about(), certificate, store, following, clock.clock());
        Self { relying_party, ledger, path, clock, dir }
    }

    /// The same counter as another process has it, with another store on the same database.
    pub(crate) fn beside(&self, store: Box<dyn CounterStore>) -> RelyingParty {
        let file = self.dir.path().join("following-beside.json");
        let following =
            Following::resume(self.path.clone(), &Ledger::genesis(), file, Development::Accepted).unwrap();
        let certificate = VerifierCertificate::open(&self.dir.path().join("certificate")).unwrap();
        let other = RelyingParty::new(about(), certificate, store, following, self.clock.clock());
        other.follow().unwrap();
        other
    }

    /// Two citizens are in the tree, and the counter has followed.
    pub(crate) fn with_citizens() -> (Self, Citizen, Citizen, Tree) {
        let scene = Self::new(Development::Accepted);
        let (good, poor) = (Citizen::new(1, 700), Citizen::new(2, 300));
        scene.ledger.commit(&[&good, &poor], NOW - 100);
        scene.relying_party.follow().unwrap();
        let tree = Tree::of(&[&good, &poor]);
        (scene, good, poor, tree)
    }

    pub(crate) fn ask(&self, policy: &str) -> CreatedRequest {
        self.relying_party.ask(&policy.parse().unwrap()).unwrap()
    }

    /// What the wallet reads in the request object.
    pub(crate) fn fetch(&self, asked: &CreatedRequest) -> RequestObject {
        let id = asked.request_uri.path_segments().unwrap().next_back().unwrap();
        claims(&self.relying_party.request_object(id, None).unwrap())
    }

    pub(crate) fn answer(&self, object: &RequestObject, token: &VpToken) -> Result<(), RelyingPartyError> {
        self.send(encrypted(object, &json!({ "vp_token": token })))
    }

    /// The citizen answers, and passes.
    pub(crate) fn pass(&self, asked: &CreatedRequest, citizen: &Citizen, tree: &Tree) {
        let object = self.fetch(asked);
        self.answer(&object, &asking(&object).present(citizen, tree)).unwrap();
    }

    fn send(&self, jwe: String) -> Result<(), RelyingPartyError> {
        self.relying_party.answer(&Response::Encrypted(jwe)).map(drop)
    }

    /// What a bystander with the QR code can do too.
    fn decline_in_the_clear(&self, object: &RequestObject) -> Result<(), RelyingPartyError> {
        self.relying_party.answer(&Response::Declined(object.state.clone().unwrap())).map(drop)
    }

    fn decline(&self, object: &RequestObject) -> Result<(), RelyingPartyError> {
        self.send(encrypted(object, &json!({ "error": "access_denied" })))
    }

    fn status(&self, asked: &CreatedRequest) -> TransactionStatus {
        self.relying_party.status(&asked.transaction).unwrap().unwrap()
    }

    fn at(&self, now: u64) {
        self.clock.set(now);
    }
}

fn about() -> About {
    About {
        name: Localized::bilingual("窗口", "RelyingParty").unwrap(),
        complaint: Localized::bilingual("无", "None").unwrap(),
        public_url: "http://127.0.0.1:7003".parse().unwrap(),
        lifetime: Lifetime::default(),
        ready_within_s: 60,
    }
}

pub(crate) fn claims(object: &str) -> RequestObject {
    let payload = object.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// As a wallet encrypts its answer; `answer` gets the request's `state` if it has none.
pub(crate) fn encrypted(object: &RequestObject, answer: &Value) -> String {
    let mut payload = json!({ "state": object.state });
    payload.as_object_mut().unwrap().extend(answer.as_object().unwrap().clone());
    sealed(object, &payload.to_string())
}

/// The same of a text, which need not be an answer.
fn sealed(object: &RequestObject, payload: &str) -> String {
    let Some(Protection::Encrypted { key, encryption }) = object.protection() else { panic!("in the clear") };
    let random = &mut |bytes: &mut [u8]| OsRng.fill_bytes(bytes);
    jwe::seal(payload.as_bytes(), &key, encryption, object.nonce.as_str(), random).unwrap()
}

/// As a wallet reads the request.
pub(crate) fn asking(object: &RequestObject) -> Asking {
    let params = &object.dcql_query.credentials[0].meta.zk_system_type[0].params;
    Asking {
        policy: checked(params.policy.as_str()),
        publisher: publisher(),
        context: object.context(&object.protection().unwrap()),
        now: params.now,
        index: 0,
    }
}

fn reason(answered: Result<(), RelyingPartyError>) -> Reason {
    match answered {
        Err(RelyingPartyError::Refused(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_citizen_who_qualifies_passes() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let asked = scene.ask("fast-lane/1");
    assert!(asked.development);
    assert_eq!(scene.status(&asked).status, Status::Pending);
    let object = scene.fetch(&asked);
    scene.answer(&object, &asking(&object).present(&good, &tree)).unwrap();
    let status = scene.status(&asked);
    assert_eq!((status.status, status.reason, status.development), (Status::Passed, None, true));
    assert_eq!(status.revealed["credit"]["level"], "B");
    let receipt = status.receipt.unwrap();
    assert_eq!((receipt.verdict, receipt.time, receipt.development), (Status::Passed, NOW, true));
    assert_eq!((receipt.root, receipt.nullifier), (Some(tree.root().into()), None));
}

#[test]
fn the_request_says_everything_that_the_wire_page_asks() {
    let (scene, ..) = Scene::with_citizens();
    let asked = scene.ask("survey/1");
    let link: WalletLink = asked.link.parse().unwrap();
    assert_eq!(link.request_uri, asked.request_uri);
    let object = scene.fetch(&asked);
    assert_eq!(object.client_id, link.client_id);
    assert_eq!(object.response_uri, "http://127.0.0.1:7003/response");
    assert_eq!((object.iat, object.exp), (NOW, NOW + 300));
    assert!(
        Some(&object.nonce) != object.state.as_ref()
            && object.state.as_ref().unwrap().as_str() != asked.transaction
    );
    let params = &object.dcql_query.credentials[0].meta.zk_system_type[0].params;
    assert_eq!(params.policy_digest.0, checked("survey/1").policy().digest());
    let scope = ScopeClaim::Named { scope: "survey-2026".into(), department: publisher() };
    assert_eq!((params.now, &params.scope), (NOW, &scope));
    let matter = object.matter().unwrap();
    assert_eq!((matter.name.text("en"), matter.retention_days), ("RelyingParty", 30));
    assert_eq!(openid4vc::vp::match_code(&object.context(&object.protection().unwrap())), asked.match_code);
}

#[test]
fn what_is_revealed_is_in_the_claims() {
    let (scene, ..) = Scene::with_citizens();
    let query = scene.fetch(&scene.ask("fast-lane/1")).dcql_query;
    let paths: Vec<_> =
        query.credentials.iter().flat_map(|c| &c.claims).map(|claim| claim.path.clone()).collect();
    assert_eq!(paths, [["level"]]);
}

#[test]
fn the_wallets_nonce_is_echoed() {
    let (scene, ..) = Scene::with_citizens();
    let asked = scene.ask("score/1");
    let id = asked.request_uri.path_segments().unwrap().next_back().unwrap().to_owned();
    let nonce = Nonce::try_from("from-the-wallet".to_owned()).unwrap();
    let object = scene.relying_party.request_object(&id, Some(nonce.clone())).unwrap();
    assert_eq!(claims(&object).wallet_nonce, Some(nonce));
}

#[test]
fn an_answer_to_no_transaction_has_expired() {
    let (scene, ..) = Scene::with_citizens();
    let nobody = Response::Declined(Nonce::try_from("nobody".to_owned()).unwrap());
    assert_eq!(reason(scene.relying_party.answer(&nobody).map(drop)), Reason::Expired);
}

#[test]
fn an_answer_to_another_transaction_is_not_proved() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let (mine, other) = (scene.ask("score/1"), scene.ask("score/1"));
    let token = asking(&scene.fetch(&mine)).present(&good, &tree);
    assert_eq!(reason(scene.answer(&scene.fetch(&other), &token)), Reason::NotProved);
    assert_eq!(scene.status(&mine).status, Status::Pending);
}

#[test]
fn an_answer_after_its_time_has_expired() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let asked = scene.ask("score/1");
    let object = scene.fetch(&asked);
    let token = asking(&object).present(&good, &tree);
    scene.at(NOW + 301);
    assert_eq!(reason(scene.answer(&object, &token)), Reason::Expired);
    assert_eq!(scene.status(&asked).status, Status::Expired);
    let id = asked.request_uri.path_segments().unwrap().next_back().unwrap();
    assert!(matches!(scene.relying_party.request_object(id, None), Err(RelyingPartyError::Gone)));
}

/// The policy asks for none of it, so what it proves does not matter.
#[test]
fn a_proof_beside_the_token_that_is_not_asked_for_is_refused() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let loan = Asking {
        policy: checked("loan/1"),
        publisher: publisher(),
        context: 1u64.into(),
        now: NOW,
        index: 0,
    };
    let VpResponse { across, models, .. } = loan.answer(&good, &tree);
    for surplus in [json!({ "across": across }), json!({ "models": models })] {
        let asked = scene.ask("score/1");
        let object = scene.fetch(&asked);
        let mut answer = json!({ "vp_token": asking(&object).present(&good, &tree) });
        answer.as_object_mut().unwrap().extend(surplus.as_object().unwrap().clone());
        assert_eq!(reason(scene.send(encrypted(&object, &answer))), Reason::Malformed);
        assert_eq!(scene.status(&asked).status, Status::Refused);
    }
}

#[test]
fn a_second_post_of_the_same_answer_is_already_used() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let asked = scene.ask("score/1");
    let object = scene.fetch(&asked);
    let token = asking(&object).present(&good, &tree);
    scene.answer(&object, &token).unwrap();
    assert_eq!(reason(scene.answer(&object, &token)), Reason::AlreadyUsed);
    assert_eq!(scene.status(&asked).status, Status::Passed);
}

#[test]
fn an_answer_replayed_to_a_new_request_is_not_proved() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let first = scene.fetch(&scene.ask("score/1"));
    let token = asking(&first).present(&good, &tree);
    scene.answer(&first, &token).unwrap();
    let second = scene.ask("score/1");
    assert_eq!(reason(scene.answer(&scene.fetch(&second), &token)), Reason::NotProved);
    let status = scene.status(&second);
    assert_eq!((status.status, status.reason), (Status::Refused, Some(Reason::NotProved)));
}

#[test]
fn a_survey_is_answered_once_by_each_citizen() {
    let (scene, good, poor, tree) = Scene::with_citizens();
    let answer = |citizen| {
        let object = scene.fetch(&scene.ask("survey/1"));
        scene.answer(&object, &asking(&object).present(citizen, &tree))
    };
    answer(&good).unwrap();
    assert_eq!(reason(answer(&good)), Reason::AlreadyUsed);
    answer(&poor).unwrap();
}

#[test]
fn declining_says_nothing_else() {
    let (scene, ..) = Scene::with_citizens();
    let asked = scene.ask("score/1");
    let object = scene.fetch(&asked);
    scene.decline(&object).unwrap();
    assert_eq!(scene.status(&asked).status, Status::Declined);
    assert_eq!(reason(scene.decline(&object)), Reason::AlreadyUsed);
    assert_eq!(reason(scene.decline_in_the_clear(&object)), Reason::AlreadyUsed);
}

#[test]
fn a_bystander_with_the_code_ends_nothing() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let asked = scene.ask("score/1");
    let object = scene.fetch(&asked);
    for _ in 0..3 {
        scene.decline_in_the_clear(&object).unwrap();
        assert_eq!(scene.status(&asked).status, Status::Pending);
    }
    scene.answer(&object, &asking(&object).present(&good, &tree)).unwrap();
    assert_eq!(scene.status(&asked).status, Status::Passed);
}

#[test]
fn garbage_ends_the_transaction_as_malformed() {
    let (scene, ..) = Scene::with_citizens();
    let asked = scene.ask("score/1");
    let answered = scene.send(encrypted(&scene.fetch(&asked), &json!({ "vp_token": {} })));
    assert_eq!(reason(answered), Reason::Malformed);
    assert_eq!(scene.status(&asked).reason, Some(Reason::Malformed));
}

#[test]
fn a_root_newer_than_what_was_followed_is_looked_up_at_once() {
    let (scene, good, poor, _) = Scene::with_citizens();
    let late = Citizen::new(3, 900);
    scene.ledger.commit(&[&late], NOW - 50);
    let tree = Tree::of(&[&good, &poor, &late]);
    let object = scene.fetch(&scene.ask("score/1"));
    scene.answer(&object, &asking(&object).present(&late, &tree)).unwrap();
}

#[test]
fn a_root_that_never_was_is_unknown() {
    let (scene, ..) = Scene::with_citizens();
    let stranger = Citizen::new(9, 900);
    let object = scene.fetch(&scene.ask("score/1"));
    let token = asking(&object).present(&stranger, &Tree::of(&[&stranger]));
    assert_eq!(reason(scene.answer(&object, &token)), Reason::UnknownRoot);
}

#[test]
fn an_old_root_is_accepted_for_an_hour_and_not_longer() {
    let (scene, good, _, tree) = Scene::with_citizens();
    scene.ledger.commit(&[&Citizen::new(3, 900)], NOW);
    scene.relying_party.follow().unwrap();
    let object = scene.fetch(&scene.ask("score/1"));
    scene.answer(&object, &asking(&object).present(&good, &tree)).unwrap();
    scene.at(NOW + 3601);
    scene.ledger.heartbeat(NOW + 3600);
    scene.relying_party.follow().unwrap();
    let object = scene.fetch(&scene.ask("score/1"));
    assert_eq!(reason(scene.answer(&object, &asking(&object).present(&good, &tree))), Reason::StaleRoot);
}

#[test]
fn a_counter_that_lost_its_ledger_closes_and_opens_again() {
    let (scene, good, _, tree) = Scene::with_citizens();
    scene.ledger.set(Link::Cut);
    scene.at(NOW + 3499);
    assert!(scene.relying_party.follow().is_err());
    let asked = scene.ask("score/1");
    let object = scene.fetch(&asked);
    let token = asking(&object).present(&good, &tree);
    scene.at(NOW + 3601);
    assert!(matches!(
        scene.answer(&object, &token),
        Err(RelyingPartyError::NotReady(NotReady::Behind { .. }))
    ));
    assert!(matches!(
        scene.relying_party.ask(&"score/1".parse().unwrap()),
        Err(RelyingPartyError::NotReady(_))
    ));
    assert_eq!(scene.relying_party.not_ready()[0].code(), "ledger_behind");
    assert_eq!(scene.status(&asked).status, Status::Pending);
    scene.ledger.set(Link::Up);
    scene.ledger.heartbeat(NOW + 3600);
    scene.relying_party.follow().unwrap();
    scene.answer(&object, &token).unwrap();
}

#[test]
fn a_counter_that_never_saw_its_ledger_asks_nothing() {
    let scene = Scene::new(Development::Accepted);
    scene.ledger.set(Link::Cut);
    assert!(scene.relying_party.follow().is_err());
    let asked = scene.relying_party.ask(&"score/1".parse().unwrap());
    assert!(matches!(asked, Err(RelyingPartyError::NotReady(NotReady::NeverFollowed))));
}

#[test]
fn a_production_counter_refuses_the_development_key() {
    let scene = Scene::new(Development::Refused);
    scene.relying_party.follow().unwrap();
    let asked = scene.relying_party.ask(&"score/1".parse().unwrap());
    assert!(matches!(asked, Err(RelyingPartyError::NotReady(NotReady::Key(_)))));
    assert_eq!(scene.relying_party.not_ready()[0].code(), "development_key_refused");
}

#[test]
fn a_policy_that_is_not_published_is_not_asked() {
    let (scene, ..) = Scene::with_citizens();
    assert!(matches!(
        scene.relying_party.ask(&"score/9".parse().unwrap()),
        Err(RelyingPartyError::UnknownPolicy(_))
    ));
}

#[test]
fn a_scope_is_not_asked_for_before_its_first_day() {
    let (scene, ..) = Scene::with_citizens();
    let ask = || scene.relying_party.ask(&"later/1".parse().unwrap());
    assert!(matches!(ask(), Err(RelyingPartyError::NotStarted(_))));
    scene.ledger.heartbeat(LATER - 1);
    scene.at(LATER - 1);
    scene.relying_party.follow().unwrap();
    assert!(matches!(ask(), Err(RelyingPartyError::NotStarted(_))), "in UTC+8");
    scene.at(LATER);
    assert!(ask().is_ok());
}

/// Registers the counter until `until` (unix seconds), as the publisher's register where `register` says so.
pub(crate) fn register(scene: &Scene, register: bool, until: u64) {
    let client_id = scene.relying_party.own_id().client_id().to_owned();
    let id = format!("counter/{register}/{until}");
    let record = ledger::samples::verifier(&id, &client_id, "Counter", until);
    let mut json = serde_json::to_value(record).unwrap();
    if register {
        json["register"] = json!(yong_tests::small_city::PUBLISHER);
    }
    scene.ledger.publish(&[(json, publisher().to_string())], NOW - 50);
    scene.relying_party.follow().unwrap();
}

#[test]
fn a_counter_that_is_not_the_register_does_not_ask() {
    let (scene, good, _, tree) = Scene::with_citizens();
    let ask = || scene.relying_party.ask(&"counted/1".parse().unwrap());
    assert!(matches!(ask(), Err(RelyingPartyError::OtherRegister(_))), "nobody vouches for it");
    register(&scene, false, NOW + 60);
    assert!(matches!(ask(), Err(RelyingPartyError::OtherRegister(_))), "it is a counter like others");
    register(&scene, true, NOW + 60);
    scene.pass(&ask().unwrap(), &good, &tree);
    let open = scene.fetch(&ask().unwrap());
    scene.at(NOW + 60);
    let late = scene.answer(&open, &asking(&open).present(&good, &tree));
    assert_eq!(reason(late), Reason::OtherRegister, "it ended while the citizen answered");
    assert!(matches!(ask(), Err(RelyingPartyError::OtherRegister(_))), "the registration has ended");
}

#[test]
fn the_catalogue_lists_what_the_ledger_publishes() {
    let (scene, ..) = Scene::with_citizens();
    let policies = scene.relying_party.policies();
    let mut names: Vec<_> = yong_tests::small_city::POLICIES.to_vec();
    names.sort_unstable();
    assert_eq!(policies.iter().map(|p| p.policy.as_str()).collect::<Vec<_>>(), names);
    assert!(policies.iter().all(|p| p.credentials.iter().all(|c| !c.conditions["en"].is_empty())));
}
