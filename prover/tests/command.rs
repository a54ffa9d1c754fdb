//! The `prover` command from outside.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use assert_cmd::Command;
use prover::testing::keys_dir;
use serde_json::Value;

fn command() -> Command {
    let mut command = Command::cargo_bin("prover").unwrap();
    command.env_remove("YONG_KEYS");
    command
}

/// Exit code 2, nothing on stdout, the error alone on stderr.
fn failure(command: &mut Command) -> Value {
    let output = command.arg("--json").assert().code(2).stdout("").get_output().clone();
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    let mut keys: Vec<&str> = error.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["error", "message", "remedy"]);
    error
}

#[test]
fn setup_without_dev_says_that_there_is_no_ceremony() {
    let dir = tempfile::tempdir().unwrap();
    let error = failure(command().args(["setup", "--out"]).arg(dir.path()));
    assert_eq!(error["error"], "no_ceremony");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn setup_keeps_existing_keys() {
    let error = failure(command().args(["setup", "--dev", "--out"]).arg(keys_dir()));
    assert_eq!(error["error"], "exists");
}

#[test]
fn setup_writes_four_files_once_and_replaces_them_only_by_force() {
    let dir = tempfile::tempdir().unwrap();
    let output = command().args(["--json", "setup", "--dev", "--out"]).arg(dir.path()).assert().success();
    let written: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(written[0]["circuit"], "show");
    assert_eq!(written[1]["circuit"], "enroll");
    for circuit in written.as_array().unwrap() {
        assert_eq!(circuit["development"], true);
        let file = std::fs::read(circuit["key"].as_str().unwrap()).unwrap();
        assert_eq!(circuit["proving_key_digest"], hex::encode(prover::key::file_digest(&file)));
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 4);
    let stderr = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(stderr.contains("DEVELOPMENT KEYS"), "{stderr}");
    let error = failure(command().args(["setup", "--dev", "--out"]).arg(dir.path()));
    assert_eq!(error["error"], "exists");
    command().args(["setup", "--dev", "--force", "--out"]).arg(dir.path()).assert().success();
}

#[test]
fn bench_measures_a_cold_start_too() {
    let output =
        command().args(["bench", "--json", "--rounds", "1", "--keys"]).arg(keys_dir()).assert().success();
    let report: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!((&report["circuit"], &report["public_inputs"]), (&"show".into(), &203.into()));
    assert!(report["rows"].as_u64().unwrap() <= 8192);
    for measured in ["prove_ms", "witness_ms", "reference_ms", "cold_start_ms"] {
        assert!(report[measured].as_f64().unwrap() > 0.0, "{measured}");
    }
    assert!(report["prepared_ms"].is_number() && report["prepare_ms"].is_number());
}

#[test]
fn bench_names_a_missing_key() {
    let dir = tempfile::tempdir().unwrap();
    let error = failure(command().args(["bench", "--keys"]).arg(dir.path()));
    assert_eq!(error["error"], "cannot_read");
}

#[test]
fn help_has_examples() {
    let output = command().arg("--help").assert().success();
    let help = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    assert!(help.contains("prover setup --dev --out keys") && !help.contains("first-proof"), "{help}");
}
