//! What commit 51f4677 wrote is opened by this version, with everything in it.
//!
//! Its circuits were of the first version, which nothing proves or checks any more: its keys stay in the log, its records
//! where they are, and what was proved under them is refused for that reason.
//!
//! `tests/fixtures/51f4677/README.md` says what there is and how it was made. Desk and counter are opened with clocks
//! that stand where those services stopped, so that nothing is too old on the day on which this runs.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use circuits::field::Element;
use ledger::client::Client;
use ledger::follow::Follower;
use ledger::genesis::Genesis;
use ledger::key::DepartmentKey;
use ledger::record::{Entry, Record};
use ledger::registry::DepartmentStatus as Department;
use ledger::resource::Resource;
use ledger::source::Source as _;
use ledger_node::{MirrorConfig, Node, StartClock, Witness, WitnessConfig};
use openid4vc::paper::SealedPaper;
use openid4vc::vci::{OfferLink, PRE_AUTHORIZED_CODE_GRANT};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value, json};
use service::clock::{Clock, ManualClock};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use url::Url;
use verifier::Development;
use verifier::receipt::{Bundle, Disclose, ReceiptError, export};
use verifier_service::http::{LedgerAddress, Settings};
use verifier_service::offline::{Bundle as DayBundle, Device};
use verifier_service::store::{CounterStore as _, ReceiptsOf, SqliteStore, StoredReceipt};
use wallet::contents::{Contents, ContentsError};
use wallet::phrase::Phrase;
use wallet::store::{Passphrase, Store as WalletStore, StoreError};
use yong_tests::old_city;

const TWO_DAYS_S: u64 = 2 * 86_400;

/// A copy of the fixture, because opening writes; and what must be found in it.
struct Fixture {
    folder: tempfile::TempDir,
    expected: Value,
}

/// A node on the copy's ledger. Dropping it ends it.
struct Serving {
    node: Arc<Node>,
    url: Url,
    _runtime: Runtime,
}

#[test]
fn the_ledger_is_sound_and_served_and_goes_on() {
    let fixture = Fixture::copy();
    let expected = &fixture.expected["ledger"];
    let report = ledger_node::fsck(&fixture.at("ledger"), &mut |_, _| {}).unwrap();
    assert!(report.ok, "{:?}", report.difference);
    assert_eq!([&json!(report.size), &json!(report.leaves)], [&expected["size"], &expected["leaves"]]);

    let serving = fixture.serve_ledger();
    assert_eq!(fixture.tables("ledger/ledger.sqlite"), counts(&expected["tables"]));
    let client = Client::new(serving.url.clone());
    let status = serde_json::to_value(client.status().unwrap()).unwrap();
    for (name, value) in status.as_object().unwrap() {
        assert_eq!(value, &expected[name], "{name}");
    }
    assert_eq!(client.get(&Resource::Checkpoint, 1 << 16).unwrap(), text(&expected["checkpoint"]).as_bytes());

    let follower = followed(&fixture, &client);
    let registry = follower.registry();
    let departments: Vec<_> = registry.departments().map(|d| json!(d.id)).collect();
    assert_eq!(json!(departments), expected["departments"]);
    assert!(registry.departments().all(|d| registry.status(&d.id) == Some(Department::Active)));
    let retired = registry.keys().filter(|key| key.period().check(now()).is_err());
    let retired: Vec<_> = retired.map(|key| json!(key.record.vk_digest)).collect();
    assert_eq!(json!(retired), json!([expected["retired_key"]]));
    let kinds = [
        ("schema.publish", registry.schemas().count()),
        ("policy.publish", registry.policies().count()),
        ("model.publish", registry.models().count()),
        ("key.publish", registry.keys().count()),
        ("disclosure.publish", registry.disclosures().count()),
    ];
    for (kind, count) in kinds {
        assert_eq!(json!(count), expected["records"][kind], "{kind}");
    }

    let record = json!({
        "kind": "disclosure.publish", "id": "after/the-upgrade", "category": "notice",
        "title": { "zh-CN": "升级之后", "en": "After the upgrade" }, "document": {},
    });
    let record: Record = serde_json::from_value(record).unwrap();
    let key = DepartmentKey::load(&fixture.at("keys/credit.key")).unwrap();
    let signer = "credit.nanning".parse().unwrap();
    let entry =
        Entry::sign(registry.genesis().origin(), record, ledger::record::Signer::Department(signer), &key);
    let accepted = client.submit(&[entry.unwrap()]).unwrap();
    assert_eq!(json!(accepted[0].index), expected["size"]);
    assert!(serving.node.fsck().unwrap().ok);
}

#[test]
fn approvals_that_were_bound_to_nothing_are_read_and_not_admitted_again() {
    let fixture = Fixture::copy();
    let serving = fixture.serve_ledger();
    let client = Client::new(serving.url.clone());
    let registry = followed(&fixture, &client).registry().clone();
    let index: Value = serde_json::from_slice(&client.get(&Resource::Index, 1 << 20).unwrap()).unwrap();
    let indices = index["registry"].as_array().unwrap().iter().map(|at| at.as_u64().unwrap());
    let entries: Vec<Entry> = indices
        .map(|at| Entry::parse(&client.get(&Resource::Entry(at), 1 << 16).unwrap()).unwrap())
        .collect();
    let suspension = entries.iter().find(|entry| entry.record().kind() == "department.suspend").unwrap();
    assert!(suspension.record().terms().is_none() && suspension.record().approvals().len() >= 2);
    let origin = registry.genesis().origin();
    for name in ["credit", "gongan"] {
        let key = DepartmentKey::load(&fixture.at(format!("keys/{name}.key"))).unwrap();
        let signer = registry.departments().find(|department| department.key == key.public()).unwrap();
        if suspension.signer().to_string() == signer.id.to_string() {
            continue;
        }
        let again = Entry::sign(origin, suspension.record().clone(), signer.id.clone().into(), &key).unwrap();
        let refused = client.submit(&[again]).unwrap_err();
        assert!(
            matches!(&refused, ledger::client::SubmitError::Refused { code, .. } if code == "unbound_approval"),
            "{refused}"
        );
    }
    // Counters that were registered by disclosures are vouched for by nobody until they are registered anew.
    assert!(registry.disclosures().any(|disclosure| disclosure.item.category.as_str() == "counter"));
    assert_eq!(registry.verifiers().count(), 0);
}

#[test]
fn a_mirror_goes_on_where_it_was_and_an_export_is_still_one() {
    let fixture = Fixture::copy();
    for copy in ["mirror", "export"] {
        let report = ledger_node::fsck(&fixture.at(copy), &mut |_, _| {}).unwrap();
        assert!(report.ok, "{copy}: {:?}", report.difference);
    }
    let serving = fixture.serve_ledger();
    let genesis = Some(fixture.genesis().digest());
    let every = Duration::from_secs(3600);
    let config = MirrorConfig { url: serving.url.clone(), data: fixture.at("mirror"), genesis, every };
    let mirror = Node::open_mirror(&config).unwrap();
    assert_eq!(mirror.status(), serving.node.status());
}

#[test]
fn a_witness_remembers_what_it_cosigned() {
    let fixture = Fixture::copy();
    let mut config = WitnessConfig::load(&fixture.at("witness/witness.toml")).unwrap();
    let key = config.key.file().unwrap().to_owned();
    (config.data, config.key) = (fixture.at(&config.data), fixture.at(key).into());
    let app = ledger_node::witness_app(Arc::new(Witness::open(&config).unwrap()));
    let seen = text(&fixture.expected["witness"]["seen"]);
    let newest = ledger::witness::newest_path(fixture.genesis().origin());
    let ask = |request: Request<Body>| {
        let answer = Runtime::new().unwrap().block_on(async {
            let answer = app.clone().oneshot(request).await.unwrap();
            let status = answer.status();
            (status, to_bytes(answer.into_body(), 1 << 16).await.unwrap())
        });
        (answer.0, String::from_utf8(answer.1.to_vec()).unwrap())
    };
    let (status, note) = ask(Request::get(newest).body(Body::empty()).unwrap());
    assert_eq!(status, StatusCode::OK);
    let cosignatures = note.strip_prefix(seen).unwrap();
    assert!(cosignatures.starts_with("\u{2014} gongan.nanning/w1 "), "{cosignatures}");
    // It does not begin anew.
    let again = Request::post("/add-checkpoint").body(Body::from(format!("old 0\n\n{seen}"))).unwrap();
    let size = seen.lines().nth(1).unwrap();
    assert_eq!(ask(again), (StatusCode::CONFLICT, format!("{size}\n")));
}

#[test]
fn the_desk_knows_everybody_and_finishes_what_was_begun() {
    let fixture = Fixture::copy();
    let expected = &fixture.expected["desk"];
    // Two days later what was taken away before counts against no limit any more.
    let serving = fixture.serve_ledger_after(TWO_DAYS_S);
    let issuer = fixture.issuer(&serving, TWO_DAYS_S);
    let mut tables = fixture.tables("issuer/desk.sqlite");
    let new = ["persons", "restores", "bundles", "recoveries"].map(|table| tables.remove(table));
    assert_eq!((tables, new), (counts(&expected["tables"]), [Some(0); 4]));
    let desk = Desk::serve(issuer);
    let [wei, nong] = ["wei", "nong"].map(|name| desk.sign_in(fixture.staff(name)));

    // The list and the plan that had no answer from the ledger.
    let interrupted = of_state(&expected["lists"], "running");
    until(|| desk.page(&wei, &format!("/lists/{interrupted}/state")).contains("\"ended\":true"));
    for left in ["plans WHERE state = 'pending'", "lists WHERE state = 'running'"] {
        let left = format!("SELECT count(*) FROM {left}");
        assert_eq!(fixture.query("issuer/desk.sqlite", &left), [json!([0])], "{left}");
    }

    let mut positions = 0;
    for held in newest(&expected["credentials"]).values() {
        let page = desk.person(&wei, text(&held["person"]));
        let schema = text(&held["schema"]);
        // What was planned is there by now.
        let state = text(&held["state"]).replace("planned", "active");
        assert!(page.contains(&format!("data-schema=\"{schema}\" data-state=\"{state}\"")), "{held}: {page}");
        if let Some(position) = held["position"].as_u64() {
            assert!(page.contains(&format!("data-position=\"{position}\"")), "{held}");
            positions += 1;
        }
    }
    assert!(positions > 10, "{positions}");

    for proposal in expected["proposals"].as_array().unwrap() {
        let page = desk.page(&nong, &format!("/proposals/{}", proposal["id"]));
        assert!(page.contains(&format!("data-state=\"{}\"", text(&proposal["state"]))), "{proposal}: {page}");
    }
    // What one clerk proposed another still approves.
    let open = expected["proposals"].as_array().unwrap().iter();
    let open = open.clone().find(|p| p["state"] == "open" && p["person"].is_string()).unwrap();
    let path = format!("/proposals/{}/decide", open["id"]);
    assert_eq!(desk.post(&nong, &path, &[("decision", "approve")]).0, 303);
    let revoked = desk.person(&wei, text(&open["person"]));
    assert!(revoked.contains("data-schema=\"identity/1\" data-state=\"revoked\""), "{revoked}");

    assert!(serving.node.fsck().unwrap().ok);
}

#[test]
fn an_offer_of_before_is_still_redeemed() {
    let fixture = Fixture::copy();
    let serving = fixture.serve_ledger();
    let desk = Desk::serve(fixture.issuer(&serving, 0));
    desk.redeems(&fixture.expected["desk"]["open_offer"]);
    assert!(serving.node.fsck().unwrap().ok);
}

#[test]
fn a_paper_of_the_first_version_is_none() {
    let fixture = Fixture::copy();
    assert!(text(&fixture.expected["desk"]["paper"]["sealed"]).parse::<SealedPaper>().is_err());
}

#[test]
fn the_counter_keeps_its_receipts_and_takes_no_answer_of_the_first_version() {
    let fixture = Fixture::copy();
    let expected = &fixture.expected["counter"];
    let serving = fixture.serve_ledger();
    let time = expected["time"].as_u64().unwrap();
    let mut settings =
        Settings::new(fixture.genesis(), LedgerAddress::Http(serving.url.clone()), fixture.at("verifier"));
    settings.development = Development::Accepted;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 18302));
    let state = verifier_service::http::open_with(settings, address, clock_at(time)).unwrap();
    let database = "verifier/verifier.sqlite";
    assert_eq!(fixture.tables(database), counts(&expected["tables"]));
    let counter = state.relying_party();
    assert_eq!(counter.own_id().printed(), text(&expected["service"]));
    // The state of following is as it was left, and is continued.
    assert!(counter.following().snapshot().stated_at().is_some());
    counter.follow().unwrap();
    assert_eq!(json!(counter.following().snapshot().size()), fixture.expected["ledger"]["size"]);
    assert!(counter.key().is_none(), "the keys of the log are of the first version");
    assert_eq!(counter.forget().unwrap(), 0);

    let mut receipts = counter.receipts(ReceiptsOf::All, &(0..time + 1), "lu").unwrap();
    receipts.sort_by(|a, b| a.number.cmp(&b.number));
    let listed = receipts.iter().map(|receipt| {
        json!({
            "id": receipt.number, "policy": receipt.policy, "verdict": receipt.verdict,
            "reason": receipt.reason, "linked": u8::from(receipt.linked), "asked_by": receipt.asked_by,
        })
    });
    assert_eq!(json!(listed.collect::<Vec<_>>()), expected["receipts"]);
    let states =
        fixture.query(database, "SELECT status, count(*) FROM transactions GROUP BY status ORDER BY status");
    let states: Map<_, _> = states.iter().map(|row| (text(&row[0]).to_owned(), row[1].clone())).collect();
    assert_eq!(Value::Object(states), expected["transactions"]);

    // Without a key of the second version there is nothing to ask for, and a device finds none in its bundle.
    let service = counter.own_id();
    assert!(counter.scan(text(&expected["fresh"]), &service).is_err());
    let kept = fixture.at("device/today.sqlite");
    assert_eq!(fixture.tables("device/today.sqlite"), counts(&fixture.expected["device"]["tables"]));
    let bundle = DayBundle::read(&fixture.at("device/today.bundle")).unwrap();
    assert_eq!(bundle.counter().printed(), text(&fixture.expected["device"]["window"]));
    assert!(Device::open(bundle, &kept, time).is_err());

    evidence(&fixture, &serving);
    signs_in(&fixture, state);
}

/// A receipt that was exported, and the same exported again, are refused for the version of their statement.
fn evidence(fixture: &Fixture, serving: &Serving) {
    let exported = Bundle::parse(&fs::read(fixture.at("verifier/receipt.json")).unwrap()).unwrap();
    let store = SqliteStore::open(&fixture.at("verifier/verifier.sqlite")).unwrap();
    let id = text(&fixture.expected["counter"]["exported_receipt"]);
    let Some(StoredReceipt::Evidence(kept)) = store.receipt(id).unwrap() else {
        panic!("{id} has no evidence")
    };
    let client = Client::new(serving.url.clone());
    let again = export(&kept, &followed(fixture, &client), &client, Disclose::Nothing).unwrap();
    for bundle in [exported, again] {
        assert_eq!(bundle.receipt.id, id);
        let genesis = fixture.genesis().digest();
        let refused = verifier::receipt::verify(&bundle, Some(&genesis), &BTreeMap::new()).err();
        assert_eq!(refused, Some(ReceiptError::EarlierStatement { version: 1 }));
    }
}

fn signs_in(fixture: &Fixture, state: Arc<verifier_service::http::State>) {
    let app = verifier_service::http::app(state);
    for name in ["wei", "nong", "lu"] {
        let (name, password) = fixture.staff(name);
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("name", name)
            .append_pair("password", password)
            .finish();
        let request = Request::post("/sign-in")
            .header(header::HOST, "127.0.0.1:18302")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form));
        let answer = Runtime::new().unwrap().block_on(app.clone().oneshot(request.unwrap())).unwrap();
        assert!(answer.headers().contains_key(header::SET_COOKIE), "{name}: {}", answer.status());
    }
}

/// Its credentials are bound to secrets of the first version.
#[test]
fn a_wallet_of_the_first_version_says_so_and_its_phrase_gives_another() {
    let fixture = Fixture::copy();
    let expected = &fixture.expected["wallet"];
    let passphrase = Passphrase::new(text(&fixture.expected["passphrase"])).unwrap();
    let is_earlier = |opened: Result<(WalletStore, Contents), StoreError>| {
        matches!(opened, Err(StoreError::Contents { source: ContentsError::Earlier, .. }))
    };
    assert!(is_earlier(WalletStore::open(&fixture.at("wallet"), &passphrase)));
    let backup = fixture.at("wallet/backup.yong");
    assert!(is_earlier(WalletStore::restore(&fixture.at("restored"), &backup, &passphrase)));
    assert!(!WalletStore::exists(&fixture.at("restored")), "nothing is half restored");

    let words = Phrase::parse(text(&expected["phrase"])).unwrap();
    let department = "gongan.nanning".parse().unwrap();
    let holder = words.holder_secrets().holder(&department, &"identity/1".parse().unwrap());
    assert_ne!(json!(Element(holder)), expected["holder"]);
}

impl Fixture {
    fn copy() -> Self {
        let folder = tempfile::tempdir().unwrap();
        old_city::copy_to(folder.path());
        let expected = fs::read(folder.path().join("expected.json")).unwrap();
        let expected = serde_json::from_slice(&expected).unwrap();
        Self { folder, expected }
    }

    fn at(&self, below: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(below)
    }

    fn genesis(&self) -> Genesis {
        serde_json::from_slice(&fs::read(self.at("genesis.json")).unwrap()).unwrap()
    }

    /// Name and password.
    fn staff(&self, name: &str) -> (&str, &str) {
        let mut staff = self.expected["staff"].as_array().unwrap().iter();
        let member = staff.find(|member| member["name"] == name).unwrap();
        (text(&member["name"]), text(&member["password"]))
    }

    /// The desk, so many seconds after it was left.
    fn issuer(&self, serving: &Serving, later_s: u64) -> issuer::Issuer {
        let mut config = issuer::Config::load(&self.at("issuer/desk.toml")).unwrap();
        config.ledger = serving.url.clone();
        // In its day schemas did not say whose identity credential a desk asks for. Until a new version of the schema does,
        // nobody can be asked for one, and the desk is told so.
        let licence =
            config.schemas.iter_mut().find(|grantable| grantable.schema.as_str() == "licence/1").unwrap();
        licence.binding = issuer::config::Binding::Enroll;
        let time = self.expected["desk"]["time"].as_u64().unwrap() + later_s;
        let source = Box::new(Client::new(serving.url.clone()));
        issuer::Issuer::with(config, source, clock_at(time)).unwrap()
    }

    /// The ledger as it was left.
    fn serve_ledger(&self) -> Serving {
        self.serve_ledger_after(0)
    }

    /// The ledger, so many seconds after its newest root.
    fn serve_ledger_after(&self, later_s: u64) -> Serving {
        let later = self.expected["ledger"]["time"].as_u64().unwrap() + later_s;
        let mut config = ledger_node::Config::new(self.at("ledger"));
        // Nobody else says that so much time has passed.
        config.start_clock = StartClock::Accepted;
        let node = Arc::new(Node::open_with_clock(&config, clock_at(later)).unwrap());
        let runtime = Runtime::new().unwrap();
        let (listener, url) = listen(&runtime);
        runtime.spawn(ledger_node::serve_node(Arc::clone(&node), listener, std::future::pending()));
        Serving { node, url, _runtime: runtime }
    }

    /// Rows of a database, as a program that has it open has made it.
    fn query(&self, database: &str, query: &str) -> Vec<Value> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(self.at(database), flags).unwrap();
        let mut statement = connection.prepare(query).unwrap();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|i| row.get(i)).collect::<Result<Vec<_>, _>>();
        let rows = statement.query_map([], row).unwrap();
        rows.map(|row| row.unwrap().into_iter().map(plain).collect()).collect()
    }

    /// How many rows each table has.
    fn tables(&self, database: &str) -> BTreeMap<String, u64> {
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        let count = |row: Value| {
            let name = text(&row[0]).to_owned();
            let rows = self.query(database, &format!("SELECT count(*) FROM {name}"));
            (name, rows[0][0].as_u64().unwrap())
        };
        self.query(database, names).into_iter().map(count).collect()
    }
}

/// A desk that serves, asked as a browser asks. Dropping it ends it.
struct Desk {
    url: Url,
    agent: ureq::Agent,
    _runtime: Runtime,
}

impl Desk {
    fn serve(issuer: issuer::Issuer) -> Self {
        let runtime = Runtime::new().unwrap();
        let (listener, url) = listen(&runtime);
        runtime.spawn(issuer::serve_issuer(Arc::new(issuer), listener, std::future::pending()));
        let agent = ledger::client::agent_builder().build().into();
        let desk = Self { url, agent, _runtime: runtime };
        until(|| desk.get("", "/readyz").0 == 200);
        desk
    }

    /// The cookie.
    fn sign_in(&self, (name, password): (&str, &str)) -> String {
        let form = [("name", name), ("password", password)];
        let answer = self
            .agent
            .post(self.at("/sign-in"))
            .header("sec-fetch-site", "same-origin")
            .send_form(form)
            .unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// The page of somebody who is found by the identity number.
    fn person(&self, cookie: &str, person: &str) -> String {
        let (status, page) = self.post(cookie, "/find", &[("person", person)]);
        assert_eq!(status, 303, "{page}");
        self.page(cookie, &page)
    }

    fn page(&self, cookie: &str, path: &str) -> String {
        let (status, page) = self.get(cookie, path);
        assert_eq!(status, 200, "{path}: {page}");
        page
    }

    fn get(&self, cookie: &str, path: &str) -> (u16, String) {
        let mut answer = self.agent.get(self.at(path)).header("cookie", cookie).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    /// Where the form leads to, or what it is answered with.
    fn post(&self, cookie: &str, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let request = self.agent.post(self.at(path)).header("cookie", cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        let mut answer = request.send_form(form.iter().copied()).unwrap();
        let body = answer.body_mut().read_to_string().unwrap();
        let leads_to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        (answer.status().as_u16(), leads_to.unwrap_or(body))
    }

    /// The citizen comes with the offer and the number after the upgrade.
    fn redeems(&self, offered: &Value) {
        let link: OfferLink = text(&offered["offer"]).parse().unwrap();
        let offer: Value = serde_json::from_str(&self.page("", link.offer_uri().path())).unwrap();
        let code = text(&offer["grants"][PRE_AUTHORIZED_CODE_GRANT]["pre-authorized_code"]);
        let form = [
            ("grant_type", PRE_AUTHORIZED_CODE_GRANT),
            ("pre-authorized_code", code),
            ("tx_code", text(&offered["tx_code"])),
        ];
        let (status, answer) = self.post("", "/token", &form);
        assert!(status == 200 && answer.contains("access_token"), "{answer}");
    }

    fn at(&self, path: &str) -> String {
        self.url.join(path).unwrap().to_string()
    }
}

fn listen(runtime: &Runtime) -> (tokio::net::TcpListener, Url) {
    let listener = runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    (listener, url)
}

/// Asks again and again, for a minute at most; each asking takes the time of a request.
fn until(happened: impl Fn() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(60), "it does not happen");
    }
}

fn followed(fixture: &Fixture, client: &Client) -> Follower {
    let mut follower = Follower::new(fixture.genesis());
    follower.sync(client, now()).unwrap();
    follower
}

/// The newest credential of each person and schema; later ones replace earlier ones.
fn newest(credentials: &Value) -> BTreeMap<(&str, &str), &Value> {
    let credentials = credentials.as_array().unwrap().iter();
    credentials.map(|held| ((text(&held["person"]), text(&held["schema"])), held)).collect()
}

fn of_state<'a>(rows: &'a Value, state: &str) -> &'a Value {
    &rows.as_array().unwrap().iter().find(|row| row["state"] == state).unwrap()["id"]
}

fn counts(tables: &Value) -> BTreeMap<String, u64> {
    serde_json::from_value(tables.clone()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn plain(value: rusqlite::types::Value) -> Value {
    use rusqlite::types::Value as Sql;
    match value {
        Sql::Null => Value::Null,
        Sql::Integer(number) => json!(number),
        Sql::Real(number) => json!(number),
        Sql::Text(text) => json!(text),
        Sql::Blob(bytes) => json!(hex::encode(bytes)),
    }
}

fn clock_at(unix_s: u64) -> Clock {
    ManualClock::new(unix_s).clock()
}

fn now() -> u64 {
    Clock::system().now()
}
