//! The issuer with a real ledger node over real HTTP, driven by the `issuer` command.

// A failed unwrap is a failed test; clippy sees only `#[test]` functions as tests.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use circuits::field::Element;
use circuits::samples::secrets;
use issuer::IdNumbers;
use issuer::config::{Binding, Config, Grantable};
use ledger::client::Client;
use ledger::samples::{department, insecure_key, record, sign};
use ledger_node::GenesisParameters;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const CREDIT: &str = "credit.nanning";
const SCHEMA: &str = "credit-report/1";

/// A node, an issuer, and a folder.
struct City {
    folder: tempfile::TempDir,
    desk: String,
    ledger: Client,
    _runtime: Runtime,
}

impl City {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let genesis = found(&folder.path().join("ledger"));
        let node = listen(&runtime);
        let ledger = Client::new(format!("http://{}", node.local_addr().unwrap()).parse().unwrap());
        let config = ledger_node::Config::new(folder.path().join("ledger"));
        runtime.spawn(async { ledger_node::serve(config, node, std::future::pending()).await.unwrap() });
        publish(&ledger);
        let listener = listen(&runtime);
        let desk = format!("http://{}", listener.local_addr().unwrap());
        let issuer = issuer::Issuer::open(config_of(folder.path(), genesis, &ledger, &desk)).unwrap();
        issuer.sync().unwrap();
        runtime.spawn(issuer::serve_issuer(Arc::new(issuer), listener, std::future::pending()));
        Self { folder, desk, ledger, _runtime: runtime }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn issuer(&self, args: &[&str]) -> Output {
        let mut command = assert_cmd::Command::cargo_bin("issuer").unwrap();
        command.args(args).args(["--json", "--desk", &self.desk]).output().unwrap()
    }

    /// Exit code and machine output.
    fn ask(&self, args: &[&str]) -> (i32, Value) {
        let output = self.issuer(args);
        let text = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
        let value = serde_json::from_slice(text).unwrap_or_else(|_| panic!("{output:?}"));
        (output.status.code().unwrap(), value)
    }

    fn leaves(&self) -> u64 {
        self.ledger.status().unwrap().leaves
    }
}

fn listen(runtime: &Runtime) -> TcpListener {
    runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap()
}

fn found(data: &Path) -> PathBuf {
    let founding = GenesisParameters::new("ledger.test/1".parse().unwrap(), vec![department(CREDIT)], 1);
    ledger_node::init(data, founding, &insecure_key("ledger.test/1")).unwrap();
    data.join("genesis.json")
}

fn publish(ledger: &Client) {
    let mut schema: Value =
        serde_json::from_str(include_str!("../src/tests/vectors/credit-report-1.json")).unwrap();
    // Nobody gives identity credentials here.
    schema.as_object_mut().unwrap().remove("identity");
    let publication = record(json!({"kind": "schema.publish", "id": SCHEMA, "schema": schema}));
    ledger.submit(&[sign(publication, CREDIT)]).unwrap();
}

fn config_of(folder: &Path, genesis: PathBuf, ledger: &Client, desk: &str) -> Config {
    let key = folder.join("credit.key");
    insecure_key(CREDIT).save(&key).unwrap();
    let schema = SCHEMA.parse().unwrap();
    Config {
        department: CREDIT.parse().unwrap(),
        key,
        ledger: ledger.base().clone(),
        genesis,
        listen: ([127, 0, 0, 1], 0).into(),
        public_url: desk.to_owned().try_into().unwrap(),
        trusted_proxies: service::http::TrustedProxies::default(),
        ca: None,
        tls: None,
        data: folder.join("desk"),
        development: ledger::registry::Development::Accepted,
        admin_token: None,
        offer_seconds: 600,
        sync_seconds: 3_600,
        staff: issuer::config::StaffRules::default(),
        schemas: vec![Grantable {
            schema,
            validity_days: 365,
            binding: Binding::Enroll,
            id_numbers: IdNumbers::Any,
            records: None,
        }],
    }
}

fn person(n: usize) -> String {
    format!("4501{n:014}")
}

/// What somebody's wallet proves when it enrols: the columns `holder` and `person`.
fn proved(n: usize) -> String {
    let secrets = secrets(&mut StdRng::seed_from_u64(n as u64));
    let credit = CREDIT.parse().unwrap();
    let holder = secrets.holder(&credit, &SCHEMA.parse().unwrap());
    format!("{},{}", Element(holder), Element(secrets.person.person(&credit)))
}

fn scores(people: usize) -> String {
    let mut text = "id_number,score,level,bad_records,seniority_years\n".to_owned();
    (0..people).for_each(|n| writeln!(text, "{},{},A,no,9", person(n), 500 + n % 300).unwrap());
    text
}

#[test]
fn a_night_of_bulk_issuing_is_resumed_and_reconciled() {
    let city = City::new();
    let people = 1_100;
    let mut holders = "id_number,holder,person\n".to_owned();
    (0..people).for_each(|n| writeln!(holders, "{},{}", person(n), proved(n)).unwrap());
    let holders = city.file("holders.csv", &holders);
    let (code, enrolled) = city.ask(&["enrolments", "import", "--csv", holders.to_str().unwrap()]);
    assert_eq!((code, &enrolled["written"]), (0, &json!(people)));

    let first = city.file("first.csv", &scores(600));
    let (code, totals) = city.ask(&["issue", "--schema", SCHEMA, "--csv", first.to_str().unwrap()]);
    assert_eq!((code, &totals["issued"], &totals["unchanged"]), (0, &json!(600), &json!(0)));
    assert_eq!(city.leaves(), 600);

    let stranger = "450199000000000000,1,A,no,9\n";
    let all = format!("{}{stranger}{}", scores(people), scores(1).lines().nth(1).unwrap());
    let all = city.file("all.csv", &all);
    let report = city.folder.path().join("report.csv");
    let args =
        ["issue", "--schema", SCHEMA, "--csv", all.to_str().unwrap(), "--report", report.to_str().unwrap()];
    let (code, totals) = city.ask(&args);
    let counts = ["issued", "unchanged", "refused"].map(|key| totals[key].as_u64().unwrap());
    assert_eq!((code, counts), (1, [500, 600, 2]));
    assert_eq!(totals["rows"][people]["code"], "not_enrolled");
    assert_eq!(totals["rows"][people + 1]["code"], "duplicate_row");
    assert_eq!(city.leaves(), people as u64);
    let lines = std::fs::read_to_string(report).unwrap();
    assert_eq!(lines.lines().count(), people + 3);
    assert!(lines.contains(&format!("1,{},unchanged,,", person(0))), "{}", &lines[..200]);
    assert!(lines.contains("refused,not_enrolled,not enrolled"));
}

#[test]
fn a_clerks_day() {
    let city = City::new();
    let someone = person(1);
    let of = ["--schema", SCHEMA, "--person", &someone];
    let ask = |command: &[&str], more: &[&str]| city.ask(&[command, &of, more].concat());
    let (code, refused) = ask(&["offer"], &[]);
    assert_eq!((code, &refused["error"]), (1, &json!("unknown_person")));
    let records = city.file("records.csv", &scores(2));
    let (code, _) = city.ask(&["records", "import", "--schema", SCHEMA, "--csv", records.to_str().unwrap()]);
    assert_eq!(code, 0);
    let (code, offer) = ask(&["offer"], &[]);
    assert_eq!(code, 0);
    assert!(offer["offer"].as_str().unwrap().starts_with("openid-credential-offer://?"));
    assert_eq!(offer["tx_code"].as_str().unwrap().len(), 6);
    assert!(offer["expires_at"].is_u64());
    assert_eq!(ask(&["offer"], &["--add"]).0, 0);

    let holders = city.file("holders.csv", &format!("id_number,holder,person\n{someone},{}\n", proved(1)));
    city.ask(&["enrolments", "import", "--schema", SCHEMA, "--csv", holders.to_str().unwrap()]);
    let one =
        city.file("one.csv", &format!("{}\n", scores(2).lines().step_by(2).collect::<Vec<_>>().join("\n")));
    let (code, totals) = city.ask(&["issue", "--schema", SCHEMA, "--csv", one.to_str().unwrap()]);
    assert_eq!((code, &totals["issued"]), (0, &json!(1)));
    for act in ["suspend", "restore"] {
        let (code, done) = ask(&[act], &["--reason", "test"]);
        assert_eq!((code, &done["outcome"]), (0, &json!("changed")), "{act}");
    }
    let (code, done) = ask(&["correct"], &["--reason", "moved", "--set", "score=700", "--set", "level="]);
    assert_eq!((code, done), (0, json!({"outcome": "changed", "position": 1})));
    assert_eq!(ask(&["revoke"], &["--reason", "test"]).0, 0);
    let (code, refused) = ask(&["restore"], &["--reason", "test"]);
    assert_eq!((code, &refused["error"]), (1, &json!("final")));
}

#[test]
fn errors_say_what_and_what_to_do() {
    let run = |args: &[&str]| {
        let output = assert_cmd::Command::cargo_bin("issuer").unwrap().args(args).output().unwrap();
        let error: Value = serde_json::from_slice(&output.stderr).unwrap_or_else(|_| panic!("{output:?}"));
        assert!(error["message"].is_string() && error["remedy"].is_string(), "{error}");
        (output.status.code().unwrap(), error["error"].as_str().unwrap().to_owned())
    };
    let nobody = ["offer", "--json", "--schema", SCHEMA, "--person", "p1", "--desk", "http://127.0.0.1:1"];
    assert_eq!(run(&nobody), (2, "desk_unreachable".to_owned()));
    assert_eq!(run(&["serve", "--json", "--config", "/nowhere/desk.toml"]), (2, "bad_config".to_owned()));
    assert_eq!(run(&["offer", "--json"]), (2, "usage".to_owned()));
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("desk.toml");
    std::fs::write(&config, include_str!("../desk.example.toml")).unwrap();
    let no_key = ["serve", "--json", "--listen", "127.0.0.1:0", "--config", config.to_str().unwrap()];
    assert_eq!(run(&no_key), (2, "cannot_serve".to_owned()));
    let no_file = ["issue", "--json", "--schema", SCHEMA, "--csv", "/nowhere.csv"];
    assert_eq!(run(&no_file), (2, "bad_list".to_owned()));
}

#[test]
fn clerks_are_added_listed_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let clerks = folder.path().join("clerks.txt");
    let run = |args: &[&str], password: &str| {
        let mut command = assert_cmd::Command::cargo_bin("issuer").unwrap();
        let command = command.args(["clerk", "--json", "--clerks", clerks.to_str().unwrap()]).args(args);
        let output = command.env("YONG_CLERK_PASSWORD", password).output().unwrap();
        let text = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
        (output.status.code().unwrap(), serde_json::from_slice(text).unwrap_or(Value::Null))
    };
    let (code, short) = run(&["add", "wei", "--role", "clerk"], "short");
    assert_eq!((code, &short["error"]), (2, &json!("no_password")));
    assert_eq!(run(&["add", "wei", "--role", "clerk"], "one two three four").0, 0);
    assert_eq!(run(&["add", "韦", "--role", "auditor"], "one two three four").0, 0);
    assert_eq!(run(&["add", "local", "--role", "clerk"], "one two three four").0, 2);
    assert_eq!(run(&["add", "lu", "--role", "king"], "one two three four").0, 2);
    let people = json!([{"name": "wei", "role": "clerk"}, {"name": "韦", "role": "auditor"}]);
    assert_eq!(run(&["list"], "").1, people);
    assert_eq!(run(&["remove", "wei"], "").0, 0);
    let (code, gone) = run(&["remove", "wei"], "");
    assert_eq!((code, &gone["error"]), (2, &json!("no_such_clerk")));
    let text = std::fs::read_to_string(clerks).unwrap();
    assert!(text.contains("$argon2id$") && !text.contains("one two"), "{text}");
}
