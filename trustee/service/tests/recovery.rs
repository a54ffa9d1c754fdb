//! A recovery over HTTP: a ledger node, three trustees of which one is down, and a person with a new wallet.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use circuits::Fr;
use circuits::credential::PersonSecret;
use ledger::client::Client;
use ledger::follow::Follower;
use ledger::record::{Approval, Record};
use ledger::samples::{department, insecure_key, origin, record, sign, terms};
use ledger_node::GenesisParameters;
use rand::rngs::OsRng;
use serde_json::{Value, json};
use service::clock::Clock;
use service::http::Exposure;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use trustee::{Candidate, HpkePrivateKey, Recovery, deal};
use trustee_service::{Config, TrusteeService, save_key};

const TRUSTEES: [&str; 3] = ["tax.nanning", "court.nanning", "archive.nanning"];
const AUTHORITY: &str = "gongan.nanning";

/// A ledger node and what of it the test needs.
struct City {
    folder: tempfile::TempDir,
    runtime: Runtime,
    ledger: Client,
}

impl City {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let data = folder.path().join("ledger");
        let departments = TRUSTEES.into_iter().chain([AUTHORITY]).map(department).collect();
        let mut founding = GenesisParameters::new(origin(), departments, 2);
        founding.person_authority = Some(AUTHORITY.parse().unwrap());
        ledger_node::init(&data, founding, &insecure_key(origin().as_str())).unwrap();
        let node = listen(&runtime);
        let ledger = Client::new(format!("http://{}", node.local_addr().unwrap()).parse().unwrap());
        let config = ledger_node::Config::new(data);
        runtime.spawn(async { ledger_node::serve(config, node, std::future::pending()).await.unwrap() });
        Self { folder, runtime, ledger }
    }
    /// A department becomes a trustee, and is reached at the address that is given.
    fn trustee(&self, name: &str) -> String {
        let folder = self.folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let key = HpkePrivateKey::generate(&mut OsRng);
        save_key(&key, &folder.join("trustee.key")).unwrap();
        let listener = listen(&self.runtime);
        let address = format!("http://{}", listener.local_addr().unwrap());
        let published = json!({"kind": "trustee.publish", "id": name, "key": key.public(), "url": address});
        self.ledger.submit(&[sign(record(published), name)]).unwrap();
        let config = self.config_of(name, &folder);
        let source = Arc::new(self.ledger.clone());
        let trustee = Arc::new(TrusteeService::open(&config, source, Clock::system()).unwrap());
        let every = Duration::from_millis(100);
        self.runtime.spawn(trustee_service::serve(
            trustee,
            listener,
            Exposure::this_machine(),
            every,
            std::future::pending(),
        ));
        address
    }
    fn config_of(&self, name: &str, folder: &Path) -> Config {
        let genesis = self.folder.path().join("ledger/genesis.json");
        let genesis = genesis.display();
        let text = format!(
            "department = {name:?}\nkeys = [\"trustee.key\"]\nledger = \"{}\"\ngenesis = \"{genesis}\"\ndata = \"data\"\n",
            self.ledger.base()
        );
        let file = folder.join("trustee.toml");
        std::fs::write(&file, text).unwrap();
        Config::load(&file).unwrap()
    }
    fn followed(&self) -> Follower {
        let mut follower = Follower::light(self.ledger.genesis().unwrap());
        follower.sync(&self.ledger, Clock::system().now()).unwrap();
        follower
    }
}

fn listen(runtime: &Runtime) -> TcpListener {
    runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap()
}

fn post(address: &str, path: &str, body: &Value) -> (u16, Value) {
    let agent = ledger::client::agent_builder().build().new_agent();
    let request = agent.post(format!("{address}{path}")).header("content-type", "application/json");
    let mut response = request.send(body.to_string()).unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap())
}

/// Asks until the trustee has followed the ledger so far, for half a minute.
fn ask(address: &str, body: &Value) -> Value {
    for _ in 0..300 {
        match post(address, "/answers", body) {
            (200, answer) => return answer,
            (403, problem) => assert_eq!(problem["error"], "not_requested"),
            other => panic!("{other:?}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the trustee does not learn of the request");
}

#[test]
fn a_person_without_any_wallet_gets_the_secret_back() {
    let city = City::new();
    let addresses = TRUSTEES.map(|name| city.trustee(name));

    // Enrolment: the wallet finds the trustees on the ledger, and brings each its share.
    let secret = PersonSecret::from_element(Fr::from(123_456_789u64)).unwrap();
    let followed = city.followed();
    let candidates: Vec<Candidate> = followed.registry().trustees().map(Candidate::from).collect();
    let dealt = deal(&secret, 2, &candidates, &mut OsRng).unwrap();
    let address_of = |name: &str| &addresses[TRUSTEES.iter().position(|known| *known == name).unwrap()];
    for (seat, share) in dealt.bundle.seats().zip(&dealt.deposits) {
        let body = json!({"bundle": dealt.bundle, "share": share});
        let (status, taken) = post(address_of(seat.trustee().department.as_str()), "/shares", &body);
        assert_eq!((status, &taken["bundle"]), (200, &json!(dealt.bundle.id())), "{taken}");
    }

    // The wallet is lost. Two departments look at the person and ask for one new wallet.
    let wallet = HpkePrivateKey::generate(&mut OsRng);
    let request = json!({"kind": "recovery.request", "id": "recovery/1", "bundle": dealt.bundle.id(),
        "key_digest": wallet.public().digest(), "desk": AUTHORITY, "time": Clock::system().now(), "approvals": []});
    let mut request: Record = record(request);
    request.bind(terms(city.ledger.status().unwrap().size));
    let second = TRUSTEES[0];
    let approval = Approval::sign(&origin(), &request, second.parse().unwrap(), &insecure_key(second));
    request.approve(approval.unwrap());
    city.ledger.submit(&[sign(request, AUTHORITY)]).unwrap();

    // One trustee is down. The others answer the new wallet, and nobody else.
    let question = json!({"bundle": dealt.bundle.id(), "key": wallet.public()});
    let mut recovery = Recovery::new(&dealt.bundle, &wallet);
    for name in [TRUSTEES[2], TRUSTEES[0]] {
        let answer = ask(address_of(name), &question);
        assert_eq!(post(address_of(name), "/answers", &question), (200, answer.clone()), "the same again");
        let thief =
            json!({"bundle": dealt.bundle.id(), "key": HpkePrivateKey::generate(&mut OsRng).public()});
        let (status, problem) = post(address_of(name), "/answers", &thief);
        assert_eq!((status, &problem["error"]), (403, &json!("other_key")));
        recovery
            .take(&name.parse().unwrap(), &serde_json::from_value(answer["answer"].clone()).unwrap())
            .unwrap();
    }
    let rebuilt = recovery.rebuild().ok().unwrap();
    let authority = AUTHORITY.parse().unwrap();
    assert_eq!(rebuilt.person(&authority), secret.person(&authority), "what the person authority compares");

    // Whoever follows the ledger sees that it happened.
    let followed = city.followed();
    let seen = followed.registry().recovery(&dealt.bundle.id()).unwrap();
    assert_eq!(seen.publisher.as_str(), AUTHORITY);
}
