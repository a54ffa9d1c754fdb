//! Two services of one counter, over real HTTP and one PostgreSQL database.

use std::thread;

use super::*;
use crate::relying_party::CreatedRequest;
use crate::store::{PostgresStore, StoreAddress};
use openid4vc::vp::RequestObject;
use verifier::Development;
use yong_tests::postgres::Server;

/// As two processes run it; `None` without PostgreSQL.
fn start_two(server: &Server) -> [Running; 2] {
    let store = || match server.address().parse().unwrap() {
        StoreAddress::Postgres(address) => Box::new(PostgresStore::open(&address).unwrap()),
        StoreAddress::Sqlite(path) => panic!("{path:?} is a file"),
    };
    let scene = Scene::with_store(store(), Development::Accepted);
    let people = || (Citizen::new(1, 700), Citizen::new(2, 300));
    let (good, poor) = people();
    scene.ledger.commit(&[&good, &poor], NOW - 100);
    let beside = scene.beside(store());
    scene.relying_party.follow().unwrap();
    let tree = || Tree::of(&[&people().0, &people().1]);
    [(scene.relying_party, good), (beside, people().0)].map(|(relying_party, good)| {
        relying_party.join_others().unwrap();
        Running::around(State::new(relying_party, None, 1000), good, tree())
    })
}

impl Running {
    fn ask(&self, policy: &str) -> CreatedRequest {
        self.client(None).ask(&policy.parse().unwrap()).unwrap()
    }
    /// What a wallet reads that was given the link of a request, wherever that was made.
    fn object(&self, asked: &CreatedRequest) -> RequestObject {
        let (status, mut fetched) = self.get(&Self::request_path(asked));
        assert_eq!(status, 200);
        claims(&fetched.body_mut().read_to_string().unwrap())
    }
    fn answer(&self, jwe: &str) -> (u16, Value) {
        self.form("/response", &[("response", jwe)])
    }
}

#[test]
fn what_is_asked_at_one_is_answered_at_the_other() {
    let Some(server) = Server::start() else { return };
    let [one, other] = start_two(&server);
    let asked = one.ask("fast-lane/1");
    let object = other.object(&asked);
    let jwe = encrypted(&object, &json!({ "vp_token": asking(&object).present(&one.good, &one.tree) }));
    // The page of the one that asked waits for an end that it is not told of.
    let waiting = thread::spawn({
        let (client, asked) = (one.client(None), asked.clone());
        move || client.verdict(&asked).unwrap()
    });
    has_the_receipt_number(&other.answer(&jwe));
    let verdict = waiting.join().unwrap();
    assert_eq!(verdict.status, Status::Passed);
    assert_eq!(verdict.revealed["credit"]["level"], "B");
    for service in [&one, &other] {
        let (code, body) = service.answer(&jwe);
        assert_eq!(
            (code, &body["error"]),
            (400, &json!("already_used")),
            "a request is answered once in the city"
        );
    }
    let declined = one.ask("score/1");
    let object = other.object(&declined);
    assert_eq!(other.answer(&encrypted(&object, &json!({ "error": "access_denied" }))).0, 200);
    assert_eq!(one.client(None).status(&declined.transaction).unwrap().status, Status::Declined);
}

#[test]
fn a_pseudonym_of_one_use_passes_once_whichever_process_it_comes_to() {
    let Some(server) = Server::start() else { return };
    let both = start_two(&server);
    let asked: Vec<CreatedRequest> = (0..6).map(|n| both[n % 2].ask("survey/1")).collect();
    let answers: Vec<String> = asked
        .iter()
        .map(|asked| {
            let object = both[0].object(asked);
            let token = asking(&object).present(&both[0].good, &both[0].tree);
            encrypted(&object, &json!({ "vp_token": token }))
        })
        .collect();
    // Each answer comes to both at the same moment.
    let mut codes: Vec<u16> = thread::scope(|scope| {
        let sent: Vec<_> = (both.iter())
            .flat_map(|service| answers.iter().map(move |answer| (service, answer)))
            .map(|(service, answer)| scope.spawn(move || service.answer(answer).0))
            .collect();
        sent.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    codes.sort_unstable();
    assert_eq!((codes[0], codes[1..].iter().all(|code| *code == 400)), (200, true), "{codes:?}");
    let passed = |service: &Running| {
        let of = |asked: &CreatedRequest| service.client(None).status(&asked.transaction).unwrap().status;
        asked.iter().filter(|asked| of(asked) == Status::Passed).count()
    };
    assert_eq!(both.each_ref().map(passed), [1, 1], "and both remember the same");
}
