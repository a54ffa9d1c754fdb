//! The command line: answers, exit codes, two sentences per error.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use ledger::samples;
use serde_json::{Value, json};

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
    assert_eq!(ok(&mut submit())[0]["kind"], "department.rotate");
    assert_eq!(ok(&mut submit())[0]["index"], 1, "submitted again, it gets the first answer");
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
