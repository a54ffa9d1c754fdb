//! Keys in devices (tokens of `SoftHSM`), through the real binary: the log's, a witness's and the departments'.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use ledger::samples;
use serde_json::{Value, json};
use yong_tests::softhsm::{MODULE, PIN, Token};

use crate::running::Running;
use crate::support::{CREDIT, TAX, get};

#[test]
fn a_log_a_witness_and_departments_sign_in_devices() {
    let Some(place) = Place::new() else { return };
    place.found();
    let witness = place.witness().unwrap();
    let node = place.node(&witness).unwrap();
    assert_eq!(place.publish(&node, "score/1", "credit"), Ok(()));
    let log_key = fs::read_to_string(place.at("data/log.key")).unwrap();
    assert_eq!(log_key.trim(), place.log.uri("log"), "no secret is kept in the folder");

    // The log's token is taken out: nothing is ordered, readers are served, and it goes on by itself.
    place.log.take_out();
    assert_eq!(place.publish(&node, "score/2", "credit"), Err("busy".to_owned()));
    let ready = get(&node.url, "/readyz").unwrap();
    assert_eq!((ready.status, ready.json()["error"].as_str()), (503, Some("signing")));
    assert_eq!(get(&node.url, "/checkpoint").unwrap().status, 200);
    place.log.put_back();
    until(|| get(&node.url, "/readyz").unwrap().status == 200);
    assert_eq!(place.publish(&node, "score/2", "credit"), Ok(()));

    // The witness's is taken out: a batch waits until it is back.
    place.witness.take_out();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| place.publish(&node, "score/3", "credit"));
        until(|| get(&witness.url, "/readyz").unwrap().status == 503);
        place.witness.put_back();
        assert_eq!(waiting.join().unwrap(), Ok(()));
    });
    assert_eq!(get(&witness.url, "/readyz").unwrap().status, 200);

    // A department's is not there while it signs.
    place.departments.take_out();
    assert_eq!(place.publish(&node, "score/4", "credit"), Err("bad_key".to_owned()));
    place.departments.put_back();

    // The department changes its key: from the entry on only the new one counts.
    let rotate = place.keygen("rotated", "credit-2");
    let body = json!({"kind": "department.rotate", "department": CREDIT, "key": rotate["key"]});
    let proposal = place.at("rotate.proposal");
    let proposed = place.file("rotate.json", &body);
    ok(place.ledger().args(["propose", "--url", &node.url, "--out"]).arg(&proposal).arg(&proposed));
    for signer in ["credit", "tax"] {
        let uri = place.departments.uri(signer);
        ok(place.ledger().args(["sign", "--yes", "--key", &uri]).arg(&proposal));
    }
    ok(place
        .ledger()
        .args(["submit", "--url", &node.url, "--key", &place.departments.uri("tax")])
        .arg(&proposal));
    assert_eq!(place.publish(&node, "score/5", "credit"), Err("unknown_key".to_owned()));
    assert_eq!(place.publish(&node, "score/5", "credit-2"), Ok(()));
    node.stop();
    drop(witness);
    ok(place.ledger().args(["fsck"]).arg(place.at("data")));
}

#[test]
fn a_wrong_pin_is_tried_once_however_often_a_node_is_started() {
    let Some(place) = Place::new() else { return };
    place.found();
    let witness = place.witness().unwrap();
    let refused = |word: &str| {
        let said = place.node(&witness).err().unwrap();
        let message = said["message"].as_str().unwrap();
        assert!(message.contains(word), "{said}");
    };
    place.log.write_pin("000000");
    refused("refuses the PIN");
    refused("was shown a wrong PIN");
    place.log.write_pin(PIN);
    refused("was shown a wrong PIN");
    place.log.log_in();
    place.node(&witness).unwrap();
    place.log.take_out();
    refused("no token that is plugged in");
}

#[test]
fn what_is_wrong_with_a_device_is_said() {
    let Some(place) = Place::new() else { return };
    place.departments.make_other_key("p256", "09");
    let uri = place.departments.uri("credit");
    let cases = [
        (MODULE, "/nonexistent/p11.so", "the PKCS#11 library `/nonexistent/p11.so`"),
        ("token=", "token=not-", "no token that is plugged in"),
        ("object=credit", "object=nobody", "no private key of that name"),
        ("object=credit", "object=p256", "is no Ed25519 key"),
        ("pin-source=file:/", "pin-source=file:/nonexistent/", "the PIN file `/nonexistent/"),
    ];
    for (right, wrong, said) in cases {
        let from = uri.replacen(right, wrong, 1);
        let mut keygen = place.ledger();
        keygen.args(["keygen", "--id", CREDIT, "--from", &from, "--out"]).arg(place.at("no"));
        let error = fails(&mut keygen);
        assert_eq!(error["error"], "bad_key");
        assert!(error["message"].as_str().unwrap().contains(said), "{error}");
    }
    let from = uri.split_once("&pin-source").unwrap().0;
    let keygen = |out: &str| {
        let mut keygen = place.ledger();
        keygen.args(["keygen", "--id", CREDIT, "--from", from, "--out"]).arg(place.at(out));
        keygen
    };
    assert!(fails(&mut keygen("no"))["message"].as_str().unwrap().contains("YONG_PKCS11_PIN"));
    ok(keygen("yes").env("YONG_PKCS11_PIN", PIN));
    let mut argument = place.ledger();
    argument.args(["keygen", "--id", CREDIT, "--out"]).arg(place.at("no"));
    argument.args(["--from", &format!("{from}&pin-value={PIN}")]);
    let said = argument.assert().code(2).get_output().stderr.clone();
    assert!(String::from_utf8(said).unwrap().contains("does not belong into a URI"));
    assert!(!place.at("no").exists() && !place.at("no.pub").exists() && !place.at("yes").exists());
}

/// Three tokens, and a folder.
struct Place {
    folder: tempfile::TempDir,
    log: Token,
    witness: Token,
    departments: Token,
}

impl Place {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let token = |name: &str| Token::new(&folder.path().join(name));
        let [log, witness, departments] = [token("log")?, token("witness-1")?, token("departments")?];
        log.make_key("log", "01");
        witness.make_key("w1", "01");
        for (label, id) in [("credit", "01"), ("tax", "02"), ("credit-2", "03")] {
            departments.make_key(label, id);
        }
        Some(Self { folder, log, witness, departments })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, value: &Value) -> PathBuf {
        fs::write(self.at(name), value.to_string()).unwrap();
        self.at(name)
    }

    /// The command, where a department uses it.
    fn ledger(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
        command.arg("--json").env("SOFTHSM2_CONF", self.departments.conf());
        command
    }

    fn keygen(&self, out: &str, label: &str) -> Value {
        let uri = self.departments.uri(label);
        ok(self.ledger().args(["keygen", "--id", out, "--from", &uri, "--out"]).arg(self.at(out)))
    }

    fn found(&self) {
        let departments = [(CREDIT, "credit"), (TAX, "tax")].map(|(id, label)| {
            let made = self.keygen(label, label);
            format!("{id}={}", made["public"].as_str().unwrap())
        });
        let mut witness = self.ledger();
        witness.env("SOFTHSM2_CONF", self.witness.conf());
        witness.args(["witness", "keygen", "--name", "credit.nanning/w1", "--from", &self.witness.uri("w1")]);
        let witness = ok(witness.arg("--out").arg(self.at("w1")));
        let mut init = self.ledger();
        init.env("SOFTHSM2_CONF", self.log.conf());
        init.args([
            "init",
            "--origin",
            "ledger.test/1",
            "--threshold",
            "2",
            "--log-key",
            &self.log.uri("log"),
        ]);
        init.args(["--witness", witness["vkey"].as_str().unwrap(), "--quorum", "1"]);
        init.args(["--replaying", "credit.nanning/w1", "--replay-quorum", "1"]);
        init.args(["--department", &departments[0], "--department", &departments[1], "--data"]);
        ok(init.arg(self.at("data")));
    }

    fn witness(&self) -> Result<Running, Value> {
        let config = format!(
            "data = '{}'\nkey = '{}'\nname = 'credit.nanning/w1'\nreplay = ['{}']\nlisten = '127.0.0.1:0'\n",
            self.at("witness").display(),
            self.witness.uri("w1"),
            self.at("data/genesis.json").display(),
        );
        fs::write(self.at("witness.toml"), config).unwrap();
        let config = self.at("witness.toml");
        let args = ["--json", "witness", "--config", config.to_str().unwrap()];
        Running::start_with(&args, &[("SOFTHSM2_CONF", &self.witness.conf())])
    }

    fn node(&self, witness: &Running) -> Result<Running, Value> {
        let witness = format!("credit.nanning/w1={}", witness.url);
        let data = self.at("data");
        let args = ["--json", "serve", "--listen", "127.0.0.1:0", "--witness", &witness, "--data"];
        let args = [&args[..], &[data.to_str().unwrap()]].concat();
        Running::start_with(&args, &[("SOFTHSM2_CONF", &self.log.conf())])
    }

    /// Publishes a schema, signed with this key; how it is refused.
    fn publish(&self, node: &Running, schema: &str, label: &str) -> Result<(), String> {
        let record = serde_json::to_value(samples::schema(schema)).unwrap();
        let file = self.file(&schema.replace('/', "-"), &record);
        let uri = self.departments.uri(label);
        let mut publish = self.ledger();
        let output = publish.args(["publish", "--url", &node.url, "--key", &uri]).arg(file).output().unwrap();
        if output.status.success() {
            return Ok(());
        }
        let said: Value = serde_json::from_slice(&output.stderr).unwrap();
        Err(said["error"].as_str().unwrap().to_owned())
    }
}

fn ok(command: &mut Command) -> Value {
    serde_json::from_slice(&command.assert().success().get_output().stdout).unwrap()
}

fn fails(command: &mut Command) -> Value {
    serde_json::from_slice(&command.assert().code(2).get_output().stderr).unwrap()
}

fn until(done: impl Fn() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(60), "it does not happen");
        std::thread::yield_now();
    }
}
