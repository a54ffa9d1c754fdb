//! The command line: exit codes, fixed keys, and two sentences for every error.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use assert_cmd::Command;
use serde_json::Value;
use verifier_service::store::{AuditAction, COMMAND, CounterStore as _, SqliteStore};

fn verifier(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("verifier").unwrap().args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Nothing listens on the discard port of loopback.
const NOBODY: &str = "http://127.0.0.1:9";

#[test]
fn help_has_examples() {
    let (code, out, _) = verifier(&["--help"]);
    assert_eq!(code, 0);
    assert!(out.contains("Examples:") && out.contains("verifier ask adult/1"), "{out}");
}

#[test]
fn bench_has_its_keys() {
    let (code, out, err) = verifier(&["bench", "--json"]);
    assert_eq!(code, 0, "{err}");
    let measured: Value = serde_json::from_str(&out).unwrap();
    let keys: Vec<&str> = measured.as_object().unwrap().keys().map(String::as_str).collect();
    for key in ["verify_ms", "reference_ms", "batch_64_per_s", "batch_1024_per_s", "threads"] {
        assert!(keys.contains(&key), "{keys:?}");
    }
    assert!(measured["verify_ms"].as_f64().unwrap() > 0.0);
}

#[test]
fn errors_say_what_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let config = dir.path().join("verifier.toml");
    std::fs::write(&config, "developement = true").unwrap();
    let garbage = config.to_str().unwrap();
    let missing = dir.path().join("nothing.json");
    let missing = missing.to_str().unwrap();
    let cases: [(&[&str], &str); 9] = [
        (&["ask", "adult/1", "--url", NOBODY, "--json"], "verifier_unreachable"),
        (&["policies", "--url", NOBODY, "--json"], "verifier_unreachable"),
        (&["serve", "--data", data, "--json"], "no_genesis"),
        (&["serve", "--data", data, "--config", config.to_str().unwrap(), "--json"], "bad_config"),
        (&["bench", "--samples", data, "--json"], "bad_samples"),
        (&["ask", "not a policy", "--json"], "usage"),
        (&["receipt", "check", garbage, "--json"], "not_a_receipt"),
        (&["receipt", "check", missing, "--json"], "unreadable_file"),
        (&["receipt", "export", "AAAA", "--data", data, "--json"], "unreadable_file"),
    ];
    for (arguments, error) in cases {
        let (code, out, err) = verifier(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        let told: Value = serde_json::from_str(&err).unwrap_or_else(|_| panic!("{arguments:?}: {err}"));
        assert_eq!(told["error"], error);
        assert!(told["message"].is_string() && told["remedy"].is_string());
    }
}

#[test]
fn a_webhook_without_a_secret_or_in_the_clear_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let genesis = dir.path().join("genesis.json");
    std::fs::write(&genesis, ledger::samples::genesis(&["credit.nanning"], 1).to_bytes()).unwrap();
    let [good, short] = ["good", "short"].map(|name| dir.path().join(name));
    std::fs::write(&good, "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\n").unwrap();
    std::fs::write(&short, "whsec_MDEyMzQ1Njc4OQ==\n").unwrap();
    let private = "https://bank.example/yong";
    let cases = [
        (private, &short, "24 to 64 random bytes"),
        ("http://bank.example/yong", &good, "would travel in the clear"),
    ];
    for (url, secret, said) in cases {
        let secret = secret.to_str().unwrap();
        let serve =
            ["serve", "--data", data, "--genesis", genesis.to_str().unwrap(), "--json", "--webhook", url];
        let (code, _, err) = verifier(&[&serve[..], &["--webhook-secret-file", secret]].concat());
        assert!(code == 2 && err.contains(said) && !err.contains("whsec_MDEy"), "{err}");
    }
    let (code, _, err) = verifier(&["serve", "--data", data, "--webhook", private, "--json"]);
    assert!(code == 2 && err.contains("--webhook-secret-file"), "{err}");
}

/// A register in the data directory would be an older one.
#[test]
fn a_register_in_postgresql_is_no_part_of_a_backup() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let file = dir.path().join("counter.backup");
    let file = file.to_str().unwrap();
    let store = "postgres://yong:secret@db.example/yong";
    let backup = ["backup", "--data", data, "--store", store, "--to", file, "--json"];
    let restore = [
        "restore-backup",
        "--data",
        data,
        "--store",
        store,
        "--from",
        file,
        "--new-key",
        "--offline",
        "--json",
    ];
    for arguments in [&backup[..], &restore] {
        let (code, _, err) = verifier(arguments);
        assert!(code == 2 && err.contains("pg_dump") && !err.contains("secret"), "{err}");
    }
    // Nor is a register put back anywhere but into the data directory.
    let elsewhere = restore.map(|argument| if argument == store { "/srv/register.sqlite" } else { argument });
    let (code, _, err) = verifier(&elsewhere);
    assert!(code == 2 && err.contains("leave `store` out"), "{err}");
    assert!(!std::path::Path::new(file).exists());
}

#[test]
fn people_get_sentences() {
    let (code, _, err) = verifier(&["ask", "adult/1", "--url", NOBODY]);
    assert_eq!(code, 2);
    assert!(err.starts_with("Error: ") && err.contains("verifier serve"), "{err}");
}

fn clerk(data: &std::path::Path, arguments: &[&str], password: &str) -> (i32, String, String) {
    let mut command = Command::cargo_bin("verifier").unwrap();
    let command = command.arg("clerk").args(arguments).arg("--json").arg("--data").arg(data);
    let output = command.env("YONG_CLERK_PASSWORD", password).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn clerks_are_added_listed_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("counter");
    let password = "correct horse battery";
    for (name, role) in [("韦秀英", "clerk"), ("lu", "auditor")] {
        let (code, _, err) = clerk(&data, &["add", name, "--role", role], password);
        assert_eq!(code, 0, "{err}");
    }
    let list = || serde_json::from_str::<Value>(&clerk(&data, &["list"], "").1).unwrap();
    let both =
        serde_json::json!([{ "name": "lu", "role": "auditor" }, { "name": "韦秀英", "role": "clerk" }]);
    assert_eq!(list(), both);
    assert!(!std::fs::read_to_string(data.join("clerks")).unwrap().contains(password));
    assert_eq!(clerk(&data, &["remove", "lu"], "").0, 0);
    assert_eq!(list().as_array().unwrap().len(), 1);
}

/// Where a service has started, its audit list has the changes of the staff too.
#[test]
fn changes_of_the_staff_stand_in_the_audit_list() {
    let dir = tempfile::tempdir().unwrap();
    let (database, password) = (dir.path().join("verifier.sqlite"), "correct horse battery");
    assert_eq!(clerk(dir.path(), &["add", "lu", "--role", "clerk"], password).0, 0);
    assert!(!database.exists(), "a command makes no database");
    let store = SqliteStore::open(&database).unwrap();
    for arguments in [&["add", "lu", "--role", "supervisor"][..], &["list"], &["remove", "lu"]] {
        let (code, _, err) = clerk(dir.path(), arguments, password);
        assert_eq!(code, 0, "{err}");
    }
    assert_eq!(clerk(dir.path(), &["remove", "lu"], "").0, 2);
    let lines = store.audited(None, 9).unwrap();
    assert!(lines.iter().all(|line| line.who == COMMAND && line.matter.is_none()));
    let lines: Vec<_> = lines.iter().map(|line| (line.act, line.number.as_deref().unwrap())).collect();
    assert_eq!(lines, [(AuditAction::RemovedClerk, "lu"), (AuditAction::AddedClerk, "lu (supervisor)")]);
}

/// Whoever made a counter go on with an older copy did something that may be asked about later.
#[test]
fn an_accepted_restore_stands_in_the_audit_list() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("counter");
    let at = data.to_str().unwrap();
    let (code, _, err) = verifier(&["accept-restore", "--data", at, "--json"]);
    assert_eq!(code, 2, "there is no service: {err}");
    assert!(!data.exists());
    std::fs::create_dir(&data).unwrap();
    let store = SqliteStore::open(&data.join("verifier.sqlite")).unwrap();
    let before = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let (code, out, err) = verifier(&["accept-restore", "--data", at, "--json"]);
    assert_eq!((code, out.trim()), (0, r#"{"counted":0}"#), "{err}");
    let lines = store.audited(None, 9).unwrap();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!((line.act, line.who.as_str()), (AuditAction::AcceptedRestore, COMMAND));
    assert!(line.matter.is_none() && line.number.is_none() && line.time >= before);
}

#[test]
fn clerks_that_cannot_be_are_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let long = "correct horse battery";
    let cases: [(&[&str], &str, &str); 7] = [
        (&["add", "lu", "--role", "clerk"], "short", "bad_password"),
        (&["add", "lu", "--role", "king"], long, "usage"),
        (&["add", "local", "--role", "clerk"], long, "usage"),
        (&["add", "api", "--role", "clerk"], long, "usage"),
        (&["add", "command", "--role", "clerk"], long, "usage"),
        (&["list"], long, "bad_clerks"),
        (&["remove", "lu"], long, "bad_clerks"),
    ];
    for (arguments, password, error) in cases {
        let (code, _, err) = clerk(dir.path(), arguments, password);
        let told: Value = serde_json::from_str(&err).unwrap_or_else(|_| panic!("{arguments:?}: {err}"));
        assert_eq!((code, &told["error"]), (2, &Value::from(error)), "{arguments:?}");
        assert!(!err.contains(password) && !dir.path().join("clerks").exists(), "{err}");
    }
}
