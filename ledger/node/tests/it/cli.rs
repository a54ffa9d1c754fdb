//! The command line: answers, exit codes, two sentences per error.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use assert_cmd::Command;
use ledger::samples::{self, INSECURE_SM2_PEM};
use ledger::sm2::Sm2Key;
use serde_json::{Value, json};
use service::clock::Clock;

use crate::support::{CREDIT, Served, TAX, data, serve};

#[test]
fn a_ledger_is_founded_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("credit.key");
    let made = ok(ledger().args(["--json", "keygen", "--id", CREDIT, "--out"]).arg(&key));
    assert_eq!(made["id"], CREDIT);
    let data = folder.path().join("data");
    let department = format!("{CREDIT}={}.pub", key.display());
    let mut init = ledger();
    init.args([
        "--json",
        "init",
        "--origin",
        "ledger.test/1",
        "--threshold",
        "1",
        "--department",
        &department,
        "--data",
    ]);
    let founded = ok(init.arg(&data));
    assert_eq!(founded["origin"], "ledger.test/1");
    let report = ok(ledger().args(["fsck", "--json"]).arg(&data));
    assert_eq!(report, json!({"ok": true, "size": 0, "leaves": 0, "difference": null}));
    fails(
        ledger()
            .args([
                "--json",
                "init",
                "--origin",
                "x",
                "--threshold",
                "2",
                "--department",
                &department,
                "--data",
            ])
            .arg(folder.path().join("other")),
        2,
        "bad_genesis",
    );
}

/// Each second key is wrong in one way; without that the same command founds a ledger.
#[test]
fn a_second_key_that_is_none_founds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    ok(ledger().args(["--json", "keygen", "--id", CREDIT, "--out"]).arg(at("credit.key")));
    let department = format!("{CREDIT}={}.pub", at("credit.key").display());
    let init = || {
        let mut command = ledger();
        command.args(["--json", "init", "--origin", "ledger.test/1", "--threshold", "1"]);
        command.args(["--department", &department, "--data"]).arg(at("data"));
        command
    };
    Sm2Key::from_pem(INSECURE_SM2_PEM).unwrap().save(&at("second.pem")).unwrap();
    fs::copy(at("second.pem"), at("exposed.pem")).unwrap();
    fs::set_permissions(at("exposed.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    for wrong in ["exposed.pem", "credit.key", "none.pem"] {
        fails(init().arg("--sm2-key").arg(at(wrong)), 2, "bad_key");
    }
    fails(init().arg("--sm2-required"), 2, "usage");
    assert!(!at("data").exists());
    ok(init().arg("--sm2-required").arg("--sm2-key").arg(at("second.pem")));
    let genesis: Value = serde_json::from_slice(&fs::read(at("data/genesis.json")).unwrap()).unwrap();
    assert_eq!(genesis["sm2"]["required"], true);
}

#[test]
fn secrets_are_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("credit.key");
    ok(ledger().args(["--json", "keygen", "--id", CREDIT, "--out"]).arg(&key));
    let before = fs::read(&key).unwrap();
    fails(ledger().args(["--json", "keygen", "--id", CREDIT, "--out"]).arg(&key), 2, "key_exists");
    assert_eq!(fs::read(&key).unwrap(), before);
    let data = data();
    let department = format!("{CREDIT}={}.pub", key.display());
    let mut again = ledger();
    again.args([
        "--json",
        "init",
        "--origin",
        "o",
        "--threshold",
        "1",
        "--department",
        &department,
        "--data",
    ]);
    fails(again.arg(data.path()), 2, "not_empty");
}

#[test]
fn records_are_published_once() {
    let folder = data();
    let keys = keys();
    let node = serve(folder.path());
    let file = keys.path().join("schema.json");
    let mut body = serde_json::to_value(samples::schema("score/1")).unwrap();
    body.as_object_mut().unwrap().remove("id");
    fs::write(&file, body.to_string()).unwrap();
    let first = ok(publish(&node, keys.path(), &[CREDIT]).arg(&file));
    assert_eq!((&first[0]["kind"], &first[0]["index"]), (&json!("schema.publish"), &json!(1)));
    assert_eq!(ok(publish(&node, keys.path(), &[CREDIT]).arg(&file)), first);
    fails(publish(&node, keys.path(), &[TAX]).arg(&file), 1, "foreign_name");
    let status = ok(ledger().args(["status", "--json", "--url", &node.url]));
    assert_eq!((&status["size"], &status["origin"]), (&json!(3), &json!("ledger.test/1")));
}

#[test]
fn approvals_are_collected() {
    let folder = data();
    let keys = keys();
    let node = serve(folder.path());
    let body = json!({"kind": "department.admit", "department": samples::department("new.nanning")});
    let file = keys.path().join("admit.json");
    fs::write(&file, json!([body]).to_string()).unwrap();
    fails(publish(&node, keys.path(), &[CREDIT]).arg(&file), 1, "too_few_approvals");
    let answer = ok(publish(&node, keys.path(), &[CREDIT, TAX]).arg(&file));
    assert_eq!(answer[0]["kind"], "department.admit");
}

#[test]
fn a_proposal_goes_round_and_is_submitted() {
    let folder = data();
    let keys = keys();
    let node = serve(folder.path());
    let at = |name: &str| keys.path().join(name);
    let body =
        json!({"kind": "department.rotate", "department": TAX, "key": samples::insecure_key("new").public()});
    fs::write(at("rotate.json"), body.to_string()).unwrap();
    let propose = |out: &str| {
        let mut command = ledger();
        command
            .args(["--json", "propose", "--url", &node.url])
            .arg(at("rotate.json"))
            .arg("--out")
            .arg(at(out));
        command
    };
    let proposed = ok(&mut propose("p"));
    assert_eq!((&proposed["kind"], &proposed["approved_by"]), (&json!("department.rotate"), &json!([])));
    fails(&mut propose("p"), 2, "not_written");
    for days in ["0", "91", "-1", "1.5", "a week", "18446744073709551616"] {
        fails(propose("never").args(["--days", days]), 2, "usage");
    }
    assert!(!at("never").exists());
    for (days, out) in [("1", "shortest"), ("90", "longest")] {
        let before = Clock::system().now();
        ok(propose(out).args(["--days", days]));
        let proposal: Value = serde_json::from_slice(&fs::read(at(out)).unwrap()).unwrap();
        let expires = proposal["record"]["terms"]["expires"].as_u64().unwrap();
        let days: u64 = days.parse().unwrap();
        assert!((before..=Clock::system().now()).contains(&(expires - days * 86_400)), "{proposal}");
    }
    let sign = |key: &str| {
        let mut command = ledger();
        command.args(["--json", "sign", "--key"]).arg(at(key)).arg(at("p"));
        command
    };
    let submit = || {
        let mut command = ledger();
        command.args(["--json", "submit", "--url", &node.url, "--key"]).arg(at(CREDIT)).arg(at("p"));
        command
    };
    fails(&mut submit(), 1, "too_few_approvals");
    let no = sign(CREDIT).write_stdin("no\n").assert().code(1);
    let said = String::from_utf8(no.get_output().stderr.clone()).unwrap();
    let new = samples::insecure_key("new").public().to_string();
    assert!(said.contains("Replace the key of `tax.nanning`") && said.contains(&new), "{said}");
    let yes = sign(CREDIT).write_stdin("yes\n").assert().code(0);
    let signed: Value = serde_json::from_slice(&yes.get_output().stdout).unwrap();
    assert_eq!(signed["approved_by"], json!([CREDIT]));
    fails(sign(CREDIT).arg("--yes"), 2, "approved_already");
    fails(sign("nobody.nanning").arg("--yes"), 2, "unknown_key");
    ok(sign(TAX).arg("--yes"));
    let done = ok(&mut submit());
    assert_eq!((&done[0]["kind"], done[0].get("answered_before")), (&json!("department.rotate"), None));
    let again = submit().assert().code(1);
    let again: Value = serde_json::from_slice(&again.get_output().stdout).unwrap();
    assert_eq!((&again[0]["index"], &again[0]["answered_before"]), (&json!(1), &json!(true)));
}

/// Three departments, two of which must approve; and what each of them does with the command.
struct Governance {
    _folder: tempfile::TempDir,
    keys: tempfile::TempDir,
    node: Served,
}

impl Governance {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let genesis = samples::genesis(&[CREDIT, TAX, COURT], 2);
        let parameters =
            ledger_node::GenesisParameters::new(genesis.origin().clone(), genesis.departments().to_vec(), 2);
        ledger_node::init(folder.path(), parameters, &samples::insecure_key("ledger.test/1")).unwrap();
        let keys = keys();
        samples::insecure_key(COURT).save(&keys.path().join(COURT)).unwrap();
        let node = serve(folder.path());
        Self { _folder: folder, keys, node }
    }
    fn at(&self, name: &str) -> std::path::PathBuf {
        self.keys.path().join(name)
    }
    /// Proposed from this body and approved by two.
    fn agree(&self, body: &Value, out: &str) {
        fs::write(self.at("body.json"), body.to_string()).unwrap();
        let mut propose = ledger();
        propose.args(["--json", "propose", "--url", &self.node.url]).arg(self.at("body.json"));
        ok(propose.arg("--out").arg(self.at(out)));
        for department in [CREDIT, TAX] {
            ok(ledger()
                .args(["--json", "approve", "--yes", "--key"])
                .arg(self.at(department))
                .arg(self.at(out)));
        }
    }
    fn submit(&self, by: &str, proposal: &str) -> Command {
        let mut command = ledger();
        command.args(["--json", "submit", "--url", &self.node.url, "--key"]).arg(self.at(by));
        command.arg(self.at(proposal));
        command
    }
    fn is_suspended(&self) -> bool {
        let answer =
            self.node.submit(&[samples::sign(samples::schema(&format!("s{}/1", self.size())), COURT)]);
        answer.json()["error"] == "suspended"
    }
    fn size(&self) -> u64 {
        self.node.get("/status").json()["size"].as_u64().unwrap()
    }
}

const COURT: &str = "court.nanning";

fn about_court(act: &str) -> Value {
    json!({"kind": format!("department.{act}"), "department": COURT, "reason": "audit"})
}

#[test]
fn a_second_emergency_is_really_one() {
    let city = Governance::new();
    for round in 0..2 {
        let (suspend, reinstate) = (format!("suspend-{round}"), format!("reinstate-{round}"));
        city.agree(&about_court("suspend"), &suspend);
        let done = ok(&mut city.submit(CREDIT, &suspend));
        assert_eq!(done[0].get("answered_before"), None, "{done}");
        assert!(city.is_suspended(), "round {round}");
        city.agree(&about_court("reinstate"), &reinstate);
        ok(&mut city.submit(CREDIT, &reinstate));
        assert!(!city.is_suspended(), "round {round}");
    }
    // The first proposal once more: nothing is done, and whoever submits hears so.
    let before = city.size();
    let people = ledger()
        .args(["submit", "--url", &city.node.url, "--key"])
        .arg(city.at(CREDIT))
        .arg(city.at("suspend-0"))
        .assert()
        .code(1);
    let said = String::from_utf8(people.get_output().stdout.clone()).unwrap();
    assert!(said.contains("answered before, at entry 1") && said.contains("Nothing was done"), "{said}");
    assert_eq!(city.size(), before);
}

#[test]
fn nobody_else_uses_approvals_again() {
    let city = Governance::new();
    city.agree(&about_court("suspend"), "suspend");
    ok(&mut city.submit(CREDIT, "suspend"));
    city.agree(&about_court("reinstate"), "reinstate");
    ok(&mut city.submit(CREDIT, "reinstate"));
    fails(&mut city.submit(TAX, "suspend"), 1, "other_state");
    assert!(!city.is_suspended());
    city.agree(&about_court("suspend"), "again");
    ok(&mut city.submit(CREDIT, "again"));
    fails(&mut city.submit(TAX, "reinstate"), 1, "other_state");
    assert!(city.is_suspended(), "a friend does not bring it back");
}

#[test]
fn a_proposal_says_its_end_and_one_without_is_not_approved() {
    let city = Governance::new();
    city.agree(&about_court("suspend"), "p");
    let proposal: Value = serde_json::from_slice(&fs::read(city.at("p")).unwrap()).unwrap();
    assert_eq!(proposal["record"]["terms"]["entries"], 1);
    let changed = |alter: &dyn Fn(&mut Value)| {
        let mut proposal = proposal.clone();
        proposal["record"]["approvals"] = json!([]);
        alter(&mut proposal["record"]);
        fs::write(city.at("q"), proposal.to_string()).unwrap();
        let mut sign = ledger();
        sign.args(["--json", "sign", "--key"]).arg(city.at(CREDIT)).arg(city.at("q"));
        sign
    };
    let read = changed(&|_| ()).write_stdin("no\n").assert().code(1);
    let said = String::from_utf8(read.get_output().stderr.clone()).unwrap();
    assert!(said.contains("Approvals are good until") && said.contains("at 1 entries of the log"), "{said}");
    let endless = |record: &mut Value| drop(record.as_object_mut().unwrap().remove("terms"));
    fails(&mut changed(&endless), 2, "unbound_proposal");
    fails(
        &mut changed(&|record| record["terms"]["expires"] = json!(4_000_000_000_u64)),
        2,
        "proposal_too_long",
    );
    fails(&mut changed(&|record| record["terms"]["expires"] = json!(1_700_000_000)), 2, "proposal_ended");
}

#[test]
fn the_others_withdraw_a_departments_credentials() {
    let city = Governance::new();
    city.node.accept(&[
        samples::sign(samples::schema("score/1"), COURT),
        samples::sign(samples::commit("c", "score/1", 0..5), COURT),
    ]);
    let withdraw = json!({"kind": "credential.withdraw", "department": COURT, "reason": "key-stolen",
        "ranges": [{"first": 1, "last": 3}]});
    city.agree(&withdraw, "p");
    let done = ok(&mut city.submit(TAX, "p"));
    assert_eq!(done[0]["kind"], "credential.withdraw");
    let size = city.size();
    let changes = city.node.get(&format!("/credentials/changes/0-{size}"));
    assert_eq!((changes.status, changes.body.is_empty()), (200, false), "followers hear of it");
    let restore = samples::sign(samples::status("r", 1, "restore"), COURT);
    assert_eq!(city.node.submit(&[restore]).json()["error"], "revoked");
    assert!(city.node.node.fsck().unwrap().ok);
    fails(&mut city.submit(CREDIT, "p"), 1, "approvals_used");
}

#[test]
fn a_proposal_that_was_changed_is_refused() {
    let folder = data();
    let keys = keys();
    let node = serve(folder.path());
    let at = |name: &str| keys.path().join(name);
    let key = |name: &str| samples::insecure_key(name).public().to_string();
    let body = json!({"kind": "department.rotate", "department": TAX, "key": key("new")});
    fs::write(at("rotate.json"), body.to_string()).unwrap();
    ok(ledger()
        .args(["--json", "propose", "--url", &node.url])
        .arg(at("rotate.json"))
        .arg("--out")
        .arg(at("p")));
    for department in [CREDIT, TAX] {
        ok(ledger().args(["--json", "sign", "--yes", "--key"]).arg(at(department)).arg(at("p")));
    }
    let changed = fs::read_to_string(at("p")).unwrap().replace(&key("new"), &key("thief"));
    fs::write(at("q"), changed).unwrap();
    let mut submit = ledger();
    submit.args(["--json", "submit", "--url", &node.url, "--key"]).arg(at(CREDIT)).arg(at("q"));
    fails(&mut submit, 1, "bad_approval");
    let other = fs::read_to_string(at("p")).unwrap().replace("ledger.test/1", "ledger.test/2");
    fs::write(at("q"), other).unwrap();
    fails(&mut submit, 2, "other_ledger");
    let schema = at("schema.json");
    fs::write(&schema, serde_json::to_string(&samples::schema("score/1")).unwrap()).unwrap();
    let mut needless = ledger();
    needless.args(["--json", "propose", "--url", &node.url]).arg(&schema).arg("--out").arg(at("r"));
    fails(&mut needless, 2, "needs_no_approval");
}

#[test]
fn a_witness_key_goes_into_the_genesis() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let made = ok(ledger()
        .args(["--json", "witness", "keygen", "--name", "credit.nanning/w1", "--out"])
        .arg(at("w1")));
    let vkey = made["vkey"].as_str().unwrap();
    ok(ledger().args(["--json", "keygen", "--id", CREDIT, "--out"]).arg(at("credit.key")));
    let department = format!("{CREDIT}={}.pub", at("credit.key").display());
    let init = |data: &str, quorum: &str| {
        let mut command = ledger();
        command.args([
            "--json",
            "init",
            "--origin",
            "ledger.test/1",
            "--threshold",
            "1",
            "--department",
            &department,
        ]);
        command.args(["--witness", vkey, "--quorum", quorum, "--bulk-limit", "50", "--data"]).arg(at(data));
        command
    };
    fails(&mut init("none", "2"), 2, "bad_quorum");
    ok(&mut init("data", "1"));
    let genesis: Value = serde_json::from_slice(&fs::read(at("data/genesis.json")).unwrap()).unwrap();
    assert_eq!(genesis["witnesses"], json!({"quorum": 1, "keys": [vkey]}));
    assert_eq!(genesis["bulk_limit"], 50);
    fails(init("none", "1").args(["--person-authority", TAX]), 2, "bad_genesis");
    ok(init("persons", "1").args(["--person-authority", CREDIT]));
    let genesis: Value = serde_json::from_slice(&fs::read(at("persons/genesis.json")).unwrap()).unwrap();
    assert_eq!(genesis["person_authority"], CREDIT);
    let replaying = |data: &str, needed: &str| {
        let mut command = init(data, "1");
        command.args(["--replaying", "credit.nanning/w1", "--replay-quorum", needed]);
        command
    };
    fails(&mut replaying("none", "2"), 2, "bad_quorum");
    ok(&mut replaying("replayed", "1"));
    let genesis: Value = serde_json::from_slice(&fs::read(at("replayed/genesis.json")).unwrap()).unwrap();
    let rule = json!({"quorum": 1, "witnesses": ["credit.nanning/w1"]});
    assert_eq!(genesis["witnesses"], json!({"quorum": 1, "keys": [vkey], "replay": rule}));
    let mut serve = ledger();
    fails(
        serve.args(["--json", "serve", "--listen", "127.0.0.1:0", "--data"]).arg(at("data")),
        2,
        "bad_witnesses",
    );
}

#[test]
fn unpublishable_is_an_error() {
    let folder = data();
    let keys = keys();
    let node = serve(folder.path());
    let file = keys.path().join("record.json");
    fs::write(&file, "{\"kind\":\"schema.publish\"}").unwrap();
    fails(publish(&node, keys.path(), &[CREDIT]).arg(&file), 2, "bad_record");
    fs::write(&file, "{").unwrap();
    fails(publish(&node, keys.path(), &[CREDIT]).arg(&file), 2, "bad_json");
    fails(publish(&node, keys.path(), &["nobody.nanning"]).arg(&file), 2, "unknown_key");
    fails(publish(&node, keys.path(), &[CREDIT]).arg("none.json"), 2, "unreadable");
}

#[test]
fn fsck_says_no_and_names_the_file() {
    let folder = data();
    drop(serve(folder.path()));
    ok(ledger().args(["fsck", "--json"]).arg(folder.path()));
    fs::write(folder.path().join("tile/0/000.p/1"), [0; 32]).unwrap();
    let report =
        ledger().args(["fsck", "--json"]).arg(folder.path()).assert().code(1).get_output().stdout.clone();
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["difference"]["what"], "tile/0/000.p/1");
    let people = ledger().arg("fsck").arg(folder.path()).assert().code(1).get_output().stdout.clone();
    assert_eq!(String::from_utf8(people).unwrap(), "tile/0/000.p/1: byte 0 is not what the entries derive\n");
}

#[test]
fn a_directory_has_one_process() {
    let folder = data();
    let node = serve(folder.path());
    fails(
        ledger().args(["--json", "serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path()),
        2,
        "in_use",
    );
    fails(ledger().args(["--json", "fsck"]).arg(folder.path()), 2, "not_examined");
    let taken = node.url.trim_start_matches("http://");
    fails(
        ledger().args(["--json", "serve", "--listen", taken, "--data"]).arg(folder.path()),
        2,
        "cannot_listen",
    );
}

#[test]
fn without_a_ledger_or_a_node_the_error_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    fails(
        ledger().args(["--json", "serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path()),
        2,
        "no_ledger",
    );
    fails(ledger().args(["--json", "status", "--url", "http://127.0.0.1:1"]), 2, "unreachable");
    let mut serve = ledger();
    serve.args(["--language", "en", "serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
    let people = String::from_utf8(serve.assert().code(2).get_output().stderr.clone()).unwrap();
    assert_eq!(people, "Error: There is no ledger in this folder.\nMake one with `ledger init`.\n");
    ledger().assert().code(2);
    fails(ledger().args(["--json", "serve", "--nothing"]), 2, "usage");
}

#[test]
fn a_document_is_stored_and_served() {
    let folder = data();
    let node = serve(folder.path());
    let file = folder.path().join("budget.pdf");
    fs::write(&file, b"a budget").unwrap();
    let stored = ok(ledger().args(["--json", "blob", "add", "--data"]).arg(folder.path()).arg(&file));
    assert_eq!(node.get(stored["path"].as_str().unwrap()).body, b"a budget");
    let elsewhere = tempfile::tempdir().unwrap();
    fails(
        ledger().args(["--json", "blob", "add", "--data"]).arg(elsewhere.path()).arg(&file),
        2,
        "blob_not_stored",
    );
}

#[test]
fn help_has_examples() {
    let help = ledger().arg("--help").assert().success().get_output().stdout.clone();
    assert!(String::from_utf8(help).unwrap().contains("ledger publish --key"));
}

fn ledger() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ledger"))
}

fn publish(node: &Served, keys: &Path, signers: &[&str]) -> Command {
    let mut command = ledger();
    command.args(["--json", "publish", "--url", &node.url]);
    for signer in signers {
        command.arg("--key").arg(keys.join(signer));
    }
    command
}

/// Key files of both departments, and of nobody.
fn keys() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for id in [CREDIT, TAX, "nobody.nanning"] {
        samples::insecure_key(id).save(&folder.path().join(id)).unwrap();
    }
    folder
}

fn ok(command: &mut Command) -> Value {
    serde_json::from_slice(&command.assert().success().get_output().stdout).unwrap()
}

/// The command ends with this code, nothing on stdout, and this error on stderr.
fn fails(command: &mut Command, exit: i32, code: &str) {
    let assert = command.assert().code(exit);
    let output = assert.get_output();
    assert!(output.stdout.is_empty());
    let said: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(said["error"], code, "{said}");
    for sentence in ["message", "remedy"] {
        assert!(said[sentence].as_str().is_some_and(|text| text.ends_with('.')), "{said}");
    }
}
