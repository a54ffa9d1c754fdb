//! Records by hand: every example is accepted by `ledger check` and by a ledger, and what is wrong is said before.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use ledger::record::RecordKind;
use ledger::samples;
use serde_json::{Value, json};

use crate::support::{CREDIT, Served, TAX, serve};

const POLICE: &str = "gongan.nanning";

/// A ledger of three departments, two of which must approve, with the keys of all.
struct City {
    _data: tempfile::TempDir,
    folder: tempfile::TempDir,
    node: Served,
}

impl City {
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let genesis = samples::genesis(&[CREDIT, TAX, POLICE], 2);
        let departments = genesis.departments().to_vec();
        let parameters = ledger_node::GenesisParameters::new(genesis.origin().clone(), departments, 2);
        ledger_node::init(data.path(), parameters, &samples::insecure_key("ledger.test/1")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for id in [CREDIT, TAX, POLICE] {
            samples::insecure_key(id).save(&folder.path().join(id)).unwrap();
        }
        let node = serve(data.path());
        Self { _data: data, folder, node }
    }
    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.at(name);
        fs::write(&path, text).unwrap();
        path
    }
    fn check(&self, signer: &str, file: &Path) -> Command {
        let mut command = ledger(&["--json", "check", "--ledger", &self.node.url, "--as", signer]);
        command.arg(file);
        command
    }
}

/// Who signs the example of a kind, and who approves with it. The examples are of these departments.
fn signers(kind: RecordKind) -> &'static [&'static str] {
    match kind {
        RecordKind::Admit
        | RecordKind::Rotate
        | RecordKind::Suspend
        | RecordKind::Reinstate
        | RecordKind::Key
        | RecordKind::Retire
        | RecordKind::Withdraw => &[TAX, POLICE],
        RecordKind::Schema
        | RecordKind::Policy
        | RecordKind::Model
        | RecordKind::Commit
        | RecordKind::Status
        | RecordKind::Verifier
        | RecordKind::Disclosure => &[CREDIT],
        RecordKind::Trustee => &[TAX],
        // The desk signs, and the other one has looked at the person too.
        RecordKind::Recovery => &[TAX, CREDIT],
        RecordKind::Root => &[],
    }
}

#[test]
fn every_example_passes_the_check_and_a_ledger_takes_it() {
    let city = City::new();
    for kind in RecordKind::ALL {
        let name = kind.as_str();
        let printed = ledger(&["example", name]).assert().success();
        let output = printed.get_output();
        assert!(!output.stderr.is_empty(), "{name} says something of its members");
        let file = city.write(name, std::str::from_utf8(&output.stdout).unwrap());
        let signers = signers(kind);
        let Some(signer) = signers.first() else {
            let refused = json_of(city.check(CREDIT, &file).assert().code(1).get_output());
            assert_eq!(refused["records"][0]["refusal"]["error"], "root_submitted");
            continue;
        };
        let checked = json_of(city.check(signer, &file).assert().code(0).get_output());
        let record = &checked["records"][0];
        assert_eq!((&record["verdict"], &record["kind"]), (&json!("accepted"), &json!(name)), "{record}");
        assert!(!record["title"].as_str().unwrap().is_empty() && !record["page"][0].is_null(), "{record}");
        assert_eq!(record["open"].as_array().unwrap().is_empty(), is_settled(kind), "{record}");
        let mut publish = ledger(&["--json", "publish", "--url", &city.node.url]);
        for signer in signers {
            publish.arg("--key").arg(city.at(signer));
        }
        publish.arg(&file).assert().success();
    }
}

/// Whether a dry run leaves nothing open: nobody approves, and nothing rests on what the node alone has.
fn is_settled(kind: RecordKind) -> bool {
    match kind {
        RecordKind::Schema
        | RecordKind::Policy
        | RecordKind::Model
        | RecordKind::Verifier
        | RecordKind::Trustee
        | RecordKind::Disclosure => true,
        RecordKind::Admit
        | RecordKind::Rotate
        | RecordKind::Suspend
        | RecordKind::Reinstate
        | RecordKind::Key
        | RecordKind::Retire
        | RecordKind::Commit
        | RecordKind::Status
        | RecordKind::Withdraw
        | RecordKind::Recovery
        | RecordKind::Root => false,
    }
}

#[test]
fn what_the_node_would_refuse_is_said_before() {
    let city = City::new();
    let example = |kind: &str| stdout(ledger(&["example", kind]).assert().code(0).get_output());
    let schema = city.write("schema.json", &example("schema.publish"));
    let policy = city.write("policy.json", &example("policy.publish"));
    // The schema is not published yet; after it in one run, the policy compiles.
    let refused = json_of(city.check(CREDIT, &policy).assert().code(1).get_output());
    assert_eq!(refused["records"][0]["refusal"]["error"], "policy_does_not_compile");
    let both = json_of(city.check(CREDIT, &schema).arg(&policy).assert().code(0).get_output());
    let page = both["records"][1]["page"].to_string();
    assert!(page.contains("at least 600"), "{page}");
    ledger(&["publish", "--url", &city.node.url, "--key"])
        .arg(city.at(CREDIT))
        .arg(&schema)
        .assert()
        .success();
    city.check(CREDIT, &policy).assert().code(0);
    // The name is another department's now, the version is an old one.
    let next = city.write("next.json", &example("schema.publish").replace("business/1\"", "business/2\""));
    let foreign = json_of(city.check(TAX, &next).assert().code(1).get_output());
    assert_eq!(foreign["records"][0]["refusal"]["error"], "foreign_name");
    let old = json_of(city.check(CREDIT, &schema).assert().code(1).get_output());
    assert_eq!(old["records"][0]["refusal"]["error"], "old_version");
    // Nobody of this name signs here.
    let nobody = json_of(city.check("nobody.nanning", &next).assert().code(1).get_output());
    assert_eq!(nobody["records"][0]["refusal"]["error"], "unknown_signer");
    // The node says the same, in both languages.
    let entry = samples::sign(samples::schema("small-business/2"), TAX);
    let said = city.node.submit(&[entry]).json();
    assert_eq!(
        (&said["error"], &said["message"]["zh-CN"]),
        (&json!("foreign_name"), &json!("这个名称属于另一个部门。"))
    );
    assert_eq!(foreign["records"][0]["refusal"]["message"], "The name belongs to another department.");
}

#[test]
fn without_a_ledger_it_is_said_that_none_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record.json");
    let text = stdout(ledger(&["example", "policy.publish"]).assert().success().get_output());
    fs::write(&file, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
    let alone = stdout(ledger(&["check", "--language", "zh"]).arg(&file).assert().code(0).get_output());
    assert!(alone.starts_with("没有询问账本") && alone.contains("账本是否接受没有看"), "{alone}");
    let piped = ledger(&["check", "--json", "-"]).write_stdin(text.clone()).assert().code(0);
    assert_eq!(json_of(piped.get_output())["records"][0]["verdict"], "well_formed");
    // What is wrong by itself is refused all the same.
    let wrong = text.replace("\"retention_days\": 90", "\"retention_days\": 9000");
    let refused = ledger(&["check", "-"]).write_stdin(wrong).assert().code(1);
    let said = stdout(refused.get_output());
    assert!(said.contains("It would be refused (policy_does_not_compile)"), "{said}");
    let misspelt = ledger(&["check", "-"]).write_stdin(text.replace("purpose", "purpos")).assert().code(1);
    let said = stdout(misspelt.get_output());
    assert!(said.contains("(malformed)") && said.contains("at $.policy"), "{said}");
}

#[test]
fn mistakes_before_the_records_are_errors_with_a_remedy() {
    let pasted = ledger(&["check", "--json", "-"]).write_stdin("{“kind”: 1}").assert().code(2);
    let error: Value = serde_json::from_slice(&pasted.get_output().stderr).unwrap();
    assert_eq!(error["error"], "bad_json");
    assert!(error["message"].as_str().unwrap().contains("line 1, column 2: `“` must be `\"`"), "{error}");
    let pasted = ledger(&["check", "--language", "zh", "-"]).write_stdin("{“kind”: 1}").assert().code(2);
    let said = String::from_utf8(pasted.get_output().stderr.clone()).unwrap();
    assert!(said.contains("第 1 行第 2 个字：`“` 应为 `\"`"), "{said}");
    for (arguments, code) in [
        (&["check", "--json", "-"][..], "no_record"),
        (&["check", "--json", "--ledger", "http://127.0.0.1:9", "-"], "no_signer"),
        (&["check", "--json", "--ledger", "http://127.0.0.1:9", "--as", CREDIT, "-"], "unreachable"),
        (&["check", "--json", "/nowhere/at/all.json"], "unreadable"),
        (&["example", "--json", "schema.unpublish"], "usage"),
    ] {
        let failed = ledger(arguments).write_stdin("[]").assert().code(2);
        let error: Value = serde_json::from_slice(&failed.get_output().stderr).unwrap();
        assert_eq!(error["error"], code);
    }
    // An address from the environment is passed over where that is asked for.
    let mut offline = ledger(&["check", "--json", "--offline", "-"]);
    let text = stdout(ledger(&["example", "disclosure.publish"]).assert().success().get_output());
    offline.env("YONG_LEDGER", "http://127.0.0.1:9").write_stdin(text).assert().code(0);
}

fn ledger(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
    command.env_remove("YONG_LEDGER").env("YONG_LANGUAGE", "en").args(arguments);
    command
}

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json_of(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}
