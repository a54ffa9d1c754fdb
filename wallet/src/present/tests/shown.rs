//! The whole way: link, request, screen, proof, answer, history.

use std::sync::Arc;

use circuits::field::Element;
use ledger::samples;
use openid4vc::jwe;
use openid4vc::vp::{Link, RequestMethod, VpToken};
use serde_json::{Value, json};
use service::cli::Language;

use super::relying_party::TestRelyingParty;
use crate::cli::consent::render;
use crate::history::{Act, Outcome};
use crate::present::{
    Decision, Ended, Lack, PresentError, Request, RequestError, RequestLink, Screen, Selection, Vouched,
    fetch_request, refuse, statement, wrap,
};
use crate::testing::{CREDIT, Heard, NOW, POLICE, Server, World, citizen, rng, wallet};
use crate::{Ledger, Wallet};

/// A verifier on a server of its own.
pub(crate) struct VerifierServer {
    pub(crate) server: Server,
    pub(crate) relying_party: TestRelyingParty,
}

impl VerifierServer {
    /// Serves an honest request for a policy; answers responses with `status` and `body`.
    pub(crate) fn asking(ledger: &Ledger, policy: &str, status: u16, body: &'static str) -> Self {
        Self::asking_with(ledger, policy, status, body, |_| {})
    }

    pub(crate) fn asking_with(
        ledger: &Ledger,
        policy: &str,
        status: u16,
        body: &'static str,
        alter: impl Fn(&mut Value),
    ) -> Self {
        let server = Server::start();
        let relying_party = TestRelyingParty::new(&server.url);
        let mut claims = relying_party.claims(ledger.view().registry(), policy);
        alter(&mut claims);
        let jws = relying_party.sign(&relying_party.header(), &claims);
        server.answer(move |heard| match heard.path.as_str() {
            "/request/1" => (200, jws.clone().into_bytes()),
            "/response" => (status, body.as_bytes().to_vec()),
            _ => (404, Vec::new()),
        });
        Self { server, relying_party }
    }

    pub(crate) fn link(&self) -> String {
        self.relying_party.link().to_string()
    }

    pub(crate) fn heard(&self) -> Heard {
        self.server.take_heard().into_iter().find(|heard| heard.path == "/response").unwrap()
    }

    /// What was encrypted.
    pub(crate) fn answer(&self) -> Value {
        let jwe = field(&self.heard(), "response").unwrap();
        serde_json::from_slice(&jwe::open(&jwe, &self.relying_party.response_key).unwrap()).unwrap()
    }
}

fn agree(_: &Screen<'_>) -> Decision {
    Decision::Agree
}

fn present(
    wallet: &mut Wallet,
    ledger: &Ledger,
    verifier: &VerifierServer,
    decision: Decision,
) -> Result<Ended, PresentError> {
    wallet.present(ledger, &verifier.link(), &mut |_: &Screen<'_>| decision, NOW, &mut rng(1))
}

fn fetch(link: &str, ledger: &Ledger) -> Result<Request, RequestError> {
    let link = RequestLink::read(link, ledger.reach())?;
    fetch_request(&link, &ledger.view(), NOW, &mut rng(1))
}

fn field(answer: &Heard, name: &str) -> Option<String> {
    let fields = url::form_urlencoded::parse(answer.body.as_bytes());
    fields.into_owned().find_map(|(key, value)| (key == name).then_some(value))
}

fn outcome(wallet: &Wallet) -> &Outcome {
    match &wallet.history().last().unwrap().act {
        Act::Asked(asked) => &asked.outcome,
        Act::Received { .. }
        | Act::ShownToDesk(_)
        | Act::Paired { .. }
        | Act::Dealt(_)
        | Act::Recovered { .. } => panic!("nothing was received"),
    }
}

#[test]
fn two_credentials_are_proved_under_one_pseudonym() {
    let world = World::new();
    let (mut wallet, ledger) = citizen(&world);
    let verifier = VerifierServer::asking(&ledger, "fast-lane/1", 200, "{}");
    world.take_requests();
    let ended = present(&mut wallet, &ledger, &verifier, Decision::Agree).unwrap();
    let Ended::Accepted(made) = ended else { panic!("the counter accepts everything") };
    let answer = verifier.answer();
    assert_eq!(answer["state"], "s-0123456789");
    let token = VpToken::parse(answer["vp_token"].to_string().as_bytes()).unwrap();
    assert_eq!(token.0.keys().collect::<Vec<_>>(), ["credit", "identity"]);
    let key = prover::testing::prover().show.verifying_key();
    for made in &made.credentials {
        let [presentation] = &token.0[&made.id];
        key.verify(&made.public.to_inputs(), &presentation.proof).unwrap();
        assert_eq!(presentation.nullifier, token.0["identity"][0].nullifier);
        assert_eq!(presentation.root, Element(ledger.view().root().unwrap()));
        assert!(presentation.revealed.is_empty());
    }
    assert_eq!(*outcome(&wallet), Outcome::Presented);
    let only_the_key = world.take_requests();
    assert!(
        only_the_key.iter().all(|r| r.starts_with("/blob/")),
        "presenting asked the ledger: {only_the_key:?}"
    );
}

#[test]
fn revealed_values_are_on_the_screen_and_in_the_answer_and_not_in_the_history() {
    let world = World::new();
    let (mut wallet, ledger) = citizen(&world);
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let mut screen = String::new();
    let mut consent = |s: &Screen<'_>| {
        screen = render(s, Language::English);
        Decision::Agree
    };
    let ended = wallet.present(&ledger, &verifier.link(), &mut consent, NOW, &mut rng(1)).unwrap();
    let Ended::Accepted(made) = ended else { panic!("the counter accepts everything") };
    for expected in [
        "Who asks: Counter 3",
        "NO DEPARTMENT VOUCHES",
        "Matter: matter (level/1, credit.nanning)",
        "Purpose: housing",
        "Legal basis: article 7",
        "Answer kept: 30 days",
        "level: A",
        "cannot be linked",
        "DEVELOPMENT KEYS",
        "Match code: ",
    ] {
        assert!(screen.contains(expected), "{expected} is missing in\n{screen}");
    }
    assert!(!screen.contains("700"), "a value that is not handed over is on the screen:\n{screen}");
    assert_eq!(made.credentials[0].presentation.revealed["level"], "A");
    let history = serde_json::to_string(wallet.history()).unwrap();
    assert!(
        history.contains(r#""revealed":["level"]"#) && history.contains(r#""tested":["score"]"#),
        "{history}"
    );
    assert!(!history.contains("\"A\"") && !history.contains("700"), "{history}");
}

#[test]
fn a_registered_counter_is_named_by_its_department() {
    let world = World::new();
    let (_, ledger) = citizen(&world);
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let asked = |ledger: &Ledger| fetch(&verifier.link(), ledger).unwrap();
    assert_eq!(asked(&ledger).relying_party().vouched, Vouched::OnlyClaimed);
    let client_id = verifier.relying_party.client_id();
    world.publish(POLICE, samples::verifier("counter-3", &client_id, "Registered counter", NOW + 60));
    ledger.sync([], NOW).unwrap();
    let request = asked(&ledger);
    assert_eq!(request.relying_party().name.as_ref().unwrap().text("en"), "Registered counter");
    assert!(
        matches!(&request.relying_party().vouched, Vouched::By { department, .. } if department.as_str() == POLICE)
    );
}

#[test]
fn nobody_vouches_after_the_end_or_for_a_suspended_department() {
    let world = World::new();
    let (_, ledger) = citizen(&world);
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let client_id = verifier.relying_party.client_id();
    let vouched = || {
        ledger.sync([], NOW).unwrap();
        fetch(&verifier.link(), &ledger).unwrap().relying_party().vouched != Vouched::OnlyClaimed
    };
    world.publish(POLICE, samples::verifier("ended", &client_id, "Counter", NOW));
    assert!(!vouched(), "it ended at this second");
    world.publish(POLICE, samples::verifier("renewed", &client_id, "Counter", NOW + 1));
    assert!(vouched());
    world.publish(
        CREDIT,
        samples::record(json!({"kind": "department.suspend", "id": "s", "department": POLICE,
        "reason": "key-stolen", "approvals": []})),
    );
    assert!(!vouched(), "its department was suspended");
    world.publish(
        CREDIT,
        samples::record(json!({"kind": "department.reinstate", "id": "r", "department": POLICE,
        "reason": "audited", "approvals": []})),
    );
    assert!(!vouched(), "nothing brings the registration back but a new one");
    world.publish(POLICE, samples::verifier("anew", &client_id, "Counter", NOW + 1));
    assert!(vouched());
}

#[test]
fn a_refusal_looks_like_having_nothing() {
    let world = World::new();
    let (mut rich, ledger) = citizen(&world);
    let mut poor = wallet(2);
    let verifier = VerifierServer::asking(&ledger, "fast-lane/1", 200, "{}");
    let declined = present(&mut rich, &ledger, &verifier, Decision::Refuse).unwrap();
    assert!(matches!(declined, Ended::Declined));
    let refused = verifier.answer();
    let mut asked = 0;
    let mut consent = |_: &Screen<'_>| {
        asked += 1;
        Decision::Agree
    };
    let lacking = poor.present(&ledger, &verifier.link(), &mut consent, NOW, &mut rng(1)).unwrap();
    assert!(matches!(lacking, Ended::NotSatisfiable(_)));
    assert_eq!(asked, 1, "the owner is asked in both cases, so that time tells nothing");
    let lacked = verifier.answer();
    assert_eq!(refused, lacked);
    assert_eq!(refused, json!({ "state": "s-0123456789", "error": "access_denied" }));
    assert_eq!(*outcome(&rich), Outcome::Declined);
    assert_eq!(*outcome(&poor), Outcome::NotSatisfiable);
}

#[test]
fn on_this_machine_an_answer_may_travel_in_the_clear() {
    let world = World::new();
    let (mut wallet, ledger) = citizen(&world);
    let clear = |claims: &mut Value| claims["response_mode"] = json!("direct_post");
    let verifier = VerifierServer::asking_with(&ledger, "level/1", 200, "{}", clear);
    assert!(matches!(present(&mut wallet, &ledger, &verifier, Decision::Agree), Ok(Ended::Accepted(_))));
    let heard = verifier.heard();
    assert_eq!(field(&heard, "state").as_deref(), Some("s-0123456789"));
    assert!(VpToken::parse(field(&heard, "vp_token").unwrap().as_bytes()).is_ok());
}

#[test]
fn a_state_that_was_not_given_is_not_echoed() {
    let world = World::new();
    let (mut wallet, ledger) = citizen(&world);
    let clear = |claims: &mut Value| {
        claims["response_mode"] = json!("direct_post");
        claims.as_object_mut().unwrap().remove("state");
    };
    let verifier = VerifierServer::asking_with(&ledger, "level/1", 200, "{}", clear);
    assert!(matches!(present(&mut wallet, &ledger, &verifier, Decision::Agree), Ok(Ended::Accepted(_))));
    assert_eq!(field(&verifier.heard(), "state"), None);
}

#[test]
fn what_is_missing_is_told_to_the_owner() {
    let world = World::new();
    let lacks = |credit: Option<Value>| {
        let mut wallet = wallet(3);
        if let Some(values) = credit {
            world.grant(&mut wallet, CREDIT, "credit-report/1", &values);
        }
        let ledger = world.ledger();
        ledger.sync(wallet.positions(), NOW).unwrap();
        let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
        match present(&mut wallet, &ledger, &verifier, Decision::Agree).unwrap() {
            Ended::NotSatisfiable(missing) => missing[0].lack(),
            _ => panic!("nothing satisfies"),
        }
    };
    assert_eq!(lacks(None), Lack::NoCredential);
    assert_eq!(lacks(Some(json!({"score": 499, "level": "A"}))), Lack::NotSatisfied);
    assert_eq!(lacks(Some(json!({"level": "B"}))), Lack::Unprovable);
}

#[test]
fn a_withdrawn_or_expired_credential_is_not_shown() {
    let world = World::new();
    let mut wallet = wallet(4);
    let position = world.grant(&mut wallet, CREDIT, "credit-report/1", &json!({"score": 700, "level": "A"}));
    let ledger = world.ledger();
    let lack = |wallet: &mut Wallet, ledger: &Ledger| {
        let verifier = VerifierServer::asking(ledger, "level/1", 200, "{}");
        match present(wallet, ledger, &verifier, Decision::Agree).unwrap() {
            Ended::NotSatisfiable(missing) => Some(missing[0].lack()),
            _ => None,
        }
    };
    assert_eq!(lack(&mut wallet, &ledger), Some(Lack::NotSynced));
    world.publish(CREDIT, samples::status("suspend", position.get(), "suspend"));
    ledger.sync(wallet.positions(), NOW).unwrap();
    assert_eq!(lack(&mut wallet, &ledger), Some(Lack::Withdrawn));
    world.publish(CREDIT, samples::status("restore", position.get(), "restore"));
    ledger.sync(wallet.positions(), NOW).unwrap();
    assert_eq!(lack(&mut wallet, &ledger), None);
    let mut late = wallet.credentials()[0].clone();
    late.credential.validity.until = NOW - 1;
    let held = world_recommit(&world, late);
    let mut other = crate::testing::wallet(4);
    other.keep(held);
    ledger.sync(other.positions(), NOW).unwrap();
    assert_eq!(lack(&mut other, &ledger), Some(Lack::NotValid));
}

fn world_recommit(world: &World, mut held: crate::held::Held) -> crate::held::Held {
    let inner = ledger::record::Inner(held.credential.inner());
    let record = ledger::record::Record::Commit(ledger::record::CredentialCommit {
        id: "recommit".parse().unwrap(),
        schema: held.credential.schema.clone(),
        inner: vec![inner],
    });
    world.publish(CREDIT, record);
    held.position = circuits::tree::Position::new(held.position.get() + 1).unwrap();
    held
}

#[test]
fn an_old_state_is_not_presented() {
    // The policy accepts roots of 600 s; the ledger stated its newest one longer ago, and repeating the answer is no news.
    let world = World::stated_at(NOW - 601);
    let (mut wallet, ledger) = citizen(&world);
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    ledger.sync(wallet.positions(), NOW).unwrap();
    let refused = present(&mut wallet, &ledger, &verifier, Decision::Agree).err().unwrap();
    assert!(matches!(refused, PresentError::TooOld { age_s: 601, accepted_s: 600 }), "{refused}");
    assert!(
        verifier.server.take_heard().iter().all(|heard| heard.path != "/response"),
        "nothing is answered"
    );
    assert!(wallet.history().is_empty());
}

#[test]
fn the_counters_word_is_kept() {
    let world = World::new();
    let (mut wallet, ledger) = citizen(&world);
    let verifier = VerifierServer::asking(&ledger, "survey/1", 400, r#"{"error": "already_used"}"#);
    let ended = present(&mut wallet, &ledger, &verifier, Decision::Agree).unwrap();
    assert!(matches!(ended, Ended::Refused { reason, .. } if reason == "already_used"));
    let hostile = VerifierServer::asking(&ledger, "survey/1", 400, "{\"error\": \"\\u001b[2J\"}");
    let ended = present(&mut wallet, &ledger, &hostile, Decision::Agree).unwrap();
    assert!(matches!(ended, Ended::Refused { reason, .. } if reason == "refused"));
}

#[test]
fn a_counter_that_cannot_judge_is_not_a_refusal() {
    let world = World::new();
    let (mut wallet, ledger) = citizen(&world);
    for status in [429, 500, 503] {
        let verifier = VerifierServer::asking(&ledger, "survey/1", status, "");
        let error = present(&mut wallet, &ledger, &verifier, Decision::Agree).err().unwrap();
        assert!(matches!(error, PresentError::Answer(_)), "{error}");
        assert_eq!(*outcome(&wallet), Outcome::Failed);
    }
}

/// OpenID4VP 1.0 §8.2 and §8.5 name the codes. They do not depend on what the wallet holds.
#[test]
fn a_counter_that_wants_more_is_told_that_and_learns_nothing_else() {
    let world = World::new();
    let (mut rich, ledger) = citizen(&world);
    let mut poor = wallet(2);
    let wanted = [
        ("transaction_data", json!(["eyJ0eXBlIjoicGF5bWVudCJ9"]), "invalid_transaction_data"),
        ("redirect_uri", json!("http://127.0.0.1:7003/done"), "invalid_request"),
    ];
    for (member, value, code) in wanted {
        let verifier = VerifierServer::asking_with(&ledger, "level/1", 200, "{}", |claims| {
            claims[member] = value.clone();
        });
        for wallet in [&mut rich, &mut poor] {
            let refused = present(wallet, &ledger, &verifier, Decision::Agree).err().unwrap();
            assert!(matches!(&refused, PresentError::Request(why) if why.code() == Some(code)), "{refused}");
            assert_eq!(verifier.answer(), json!({ "state": "s-0123456789", "error": code }));
            assert!(wallet.history().is_empty());
        }
    }
}

#[test]
fn who_did_not_sign_a_request_for_now_and_for_an_address_of_its_own_is_told_nothing() {
    let world = World::new();
    let (_, ledger) = citizen(&world);
    let alterations: [fn(&mut Value); 3] = [
        |claims| claims["response_uri"] = json!("http://127.0.0.1:1/response"),
        |claims| claims["exp"] = json!(NOW - 1),
        |claims| claims["wallet_nonce"] = json!("another"),
    ];
    for alter in alterations {
        let verifier = VerifierServer::asking_with(&ledger, "level/1", 200, "{}", |claims| {
            claims["transaction_data"] = json!(["eyJ0eXBlIjoicGF5bWVudCJ9"]);
            alter(claims);
        });
        let refused = fetch(&verifier.link(), &ledger).err().unwrap();
        assert_eq!(refused.code(), None, "{refused}");
        assert!(verifier.server.take_heard().iter().all(|heard| heard.path != "/response"), "{refused}");
    }
}

/// OpenID4VP 1.0 §5.10: the wallet posts a value of its own, and the verifier signs it.
#[test]
fn a_request_that_is_posted_for_gives_the_wallets_nonce_back() {
    let world = World::new();
    let (_, ledger) = citizen(&world);
    let server = Server::start();
    let relying_party = Arc::new(TestRelyingParty::new(&server.url));
    let link = Link { method: RequestMethod::Post, ..relying_party.link() }.to_string();
    let echoed = |echo: fn(String) -> Option<String>| {
        let (relying_party, honest) =
            (Arc::clone(&relying_party), relying_party.claims(ledger.view().registry(), "level/1"));
        server.answer(move |heard| {
            let sent = field(heard, "wallet_nonce").filter(|_| heard.method == "POST");
            let mut claims = honest.clone();
            claims["wallet_nonce"] = json!(sent.and_then(echo));
            (200, relying_party.sign(&relying_party.header(), &claims).into_bytes())
        });
        fetch(&link, &ledger).err()
    };
    assert_eq!(echoed(Some), None);
    assert_eq!(echoed(|_| None), Some(RequestError::WalletNonce));
    assert_eq!(echoed(|sent| Some(format!("{sent}x"))), Some(RequestError::WalletNonce));
}

#[test]
fn a_request_that_is_late_by_both_clocks_is_late_though_they_differ() {
    let world = World::new();
    let (_, ledger) = citizen(&world);
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let link = RequestLink::read(&verifier.link(), ledger.reach()).unwrap();
    let late = |theirs: u64| {
        verifier.server.set_clock(theirs);
        fetch_request(&link, &ledger.view(), NOW + 350, &mut rng(1)).err()
    };
    assert_eq!(late(NOW + 301), Some(RequestError::Expired(50)));
    assert!(matches!(late(NOW + 300), Some(RequestError::Clock(gap)) if gap.seconds == 50));
}

#[test]
fn a_request_that_is_elsewhere_or_endless_is_not_fetched() {
    let world = World::new();
    let (_, ledger) = citizen(&world);
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let refused = || fetch(&verifier.link(), &ledger).err().unwrap();
    verifier.server.answer(|_| (302, Vec::new()));
    assert!(matches!(refused(), RequestError::Http(crate::HttpError::Redirect(_))));
    verifier.server.answer(|_| (200, vec![b'a'; 64 * 1024 + 1]));
    assert!(matches!(refused(), RequestError::Http(crate::HttpError::TooLarge(_))));
    verifier.server.answer(|_| (410, Vec::new()));
    assert_eq!(refused(), RequestError::NotGiven(410));
    let mut link = verifier.relying_party.link();
    link.request_uri = "http://counter.example/request/1".parse().unwrap();
    let far = fetch(&link.to_string(), &ledger).err().unwrap();
    assert!(matches!(far, RequestError::Http(crate::HttpError::NotPrivate(_))));
}

#[test]
fn the_steps_can_be_taken_one_by_one() {
    let world = World::new();
    let (wallet, ledger) = citizen(&world);
    let verifier = VerifierServer::asking(&ledger, "level/1", 200, "{}");
    let view = ledger.view();
    let request = fetch(&verifier.link(), &ledger).unwrap();
    let revealed = [("level".to_owned(), json!("A"))].into_iter().collect();
    let public =
        statement(&request, "credit", &revealed, &view.root().unwrap(), wallet.secrets(), 0).unwrap();
    let Selection::Complete(choice) = Selection::choose(&wallet, &request, &view, NOW).unwrap() else {
        panic!("it is there")
    };
    let provers = ledger.provers(&request.policy().checked, NOW).unwrap();
    let made = choice.prove(&request, wallet.secrets(), 0, &provers, &mut rng(2)).unwrap();
    assert_eq!(made.credentials[0].public, public);
    let proof = made.credentials[0].presentation.proof.clone();
    let key = made.credentials[0].presentation.key;
    assert!(wrap(&request, "nothing", &public, revealed, key, proof).is_none());
    refuse(&request, &mut rng(3)).unwrap();
    assert_eq!(verifier.answer()["error"], "access_denied");
    let _: fn(&Screen<'_>) -> Decision = agree;
}

#[test]
fn wallets_that_share_a_ledger_fetch_a_shard_once() {
    let world = World::new();
    let (first, ledger) = citizen(&world);
    let mut second = wallet(9);
    world.grant(&mut second, CREDIT, "credit-report/1", &json!({"score": 1, "level": "B"}));
    ledger.sync(first.positions().chain(second.positions()), NOW).unwrap();
    world.take_requests();
    ledger.clone().sync(second.positions(), NOW + 1).unwrap();
    let again = world.take_requests();
    assert!(again.iter().all(|r| !r.starts_with("/credentials/shard")), "{again:?}");
}

#[test]
fn two_wallets_in_one_shard_ask_the_same() {
    let world = World::new();
    let mut first = wallet(1);
    let mut second = wallet(2);
    world.grant(&mut first, CREDIT, "credit-report/1", &json!({"score": 1, "level": "B"}));
    world.grant(&mut second, CREDIT, "credit-report/1", &json!({"score": 2, "level": "B"}));
    let requests = |wallet: &Wallet| {
        let ledger = world.ledger();
        world.take_requests();
        ledger.sync(wallet.positions(), NOW).unwrap();
        world.take_requests()
    };
    assert_eq!(requests(&first), requests(&second));
}
