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
fn setup_writes_eight_files_once_and_replaces_them_only_by_force() {
    let dir = tempfile::tempdir().unwrap();
    let output = command().args(["--json", "setup", "--dev", "--out"]).arg(dir.path()).assert().success();
    let written: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let circuits: Vec<_> = written.as_array().unwrap().iter().map(|circuit| &circuit["circuit"]).collect();
    assert_eq!(circuits, ["show", "enroll", "join", "score"]);
    for circuit in written.as_array().unwrap() {
        assert_eq!(circuit["development"], true);
        let file = std::fs::read(circuit["key"].as_str().unwrap()).unwrap();
        assert_eq!(circuit["proving_key_digest"], hex::encode(prover::key::file_digest(&file)));
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 8);
    let stderr = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(stderr.contains("DEVELOPMENT KEYS"), "{stderr}");
    let error = failure(command().args(["setup", "--dev", "--out"]).arg(dir.path()));
    assert_eq!(error["error"], "exists");
    command().args(["setup", "--dev", "--force", "--out"]).arg(dir.path()).assert().success();
}

/// From powers of tau to a key that is read back, with nobody at the keyboard.
#[test]
fn a_ceremony_runs_from_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let run = |line: &str| {
        let mut command = command();
        command.current_dir(dir.path()).args(["--json", "ceremony"]).args(line.split(' '));
        command
    };
    let json = |line: &str| -> Value {
        serde_json::from_slice(&run(line).write_stdin("anything\n").assert().success().get_output().stdout)
            .unwrap()
    };
    json("phase1 --power 10 --out pot.ptau");
    let first = json("new --circuit enroll --ptau pot.ptau --out 0.zkey");
    let one = json("contribute 0.zkey 1.zkey --name credit.nanning --record record.json");
    assert_eq!((&one["number"], &one["circuit_hash"]), (&1.into(), &first["circuit_hash"]));
    assert!(one["name"].as_str().unwrap().starts_with("credit.nanning, 20"), "{one}");
    let record: Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("record.json")).unwrap()).unwrap();
    assert_eq!(record["document"]["contribution"], one["hash"]);
    json("beacon 1.zkey 2.zkey --value 010203 --name dice");
    let report = json("verify --circuit enroll --ptau pot.ptau 2.zkey");
    assert_eq!(report["contributions"][0]["hash"], one["hash"]);
    assert_eq!(report["contributions"][1]["source"], "beacon");
    let finished = json("finish --circuit enroll --ptau pot.ptau 2.zkey --out keys");
    assert_eq!(finished["written"]["transcript_digest"], report["transcript_digest"]);
    assert_eq!(finished["written"]["development"], true, "one party made the powers of tau");
    assert_eq!(finished["written"]["secrets"], serde_json::json!({ "phase1": 1, "phase2": 1 }));
    prover::EnrollProver::open(&dir.path().join("keys/enroll-2.key")).unwrap();

    run("verify --circuit show --ptau pot.ptau 2.zkey").assert().code(2);
    json("phase1 --power 10 --out other.ptau");
    let refused =
        run("verify --circuit enroll --ptau other.ptau 2.zkey").assert().code(1).get_output().clone();
    let error: Value = serde_json::from_slice(&refused.stderr).unwrap();
    assert_eq!(error["error"], "not_believed");
    run("contribute 1.zkey 2.zkey").write_stdin("").assert().code(2);
    let other_file =
        format!("verify --circuit enroll --ptau pot.ptau --ptau-digest {} 2.zkey", "00".repeat(64));
    let refused = run(&other_file).assert().code(2).get_output().clone();
    let error: Value = serde_json::from_slice(&refused.stderr).unwrap();
    assert_eq!(error["error"], "bad_file");
}

#[test]
fn exports_are_written_once() {
    let dir = tempfile::tempdir().unwrap();
    let key = keys_dir().join("enroll-2.key").display().to_string();
    let vk = keys_dir().join("enroll-2.vk.json").display().to_string();
    for line in [
        "r1cs --circuit enroll c.r1cs".to_owned(),
        "r1cs --circuit join j.r1cs".to_owned(),
        "r1cs --circuit score s.r1cs".to_owned(),
        "wtns --circuit enroll w.wtns".to_owned(),
        "wtns --circuit join j.wtns".to_owned(),
        "wtns --circuit score s.wtns".to_owned(),
        format!("zkey --circuit enroll --key {key} k.zkey"),
        format!("solidity --vk {vk} --name Enroll E.sol"),
    ] {
        let run = |code| {
            command().current_dir(dir.path()).arg("export").args(line.split(' ')).assert().code(code);
        };
        run(0);
        run(2);
    }
    assert!(dir.path().join("w.public.json").exists());
}

#[test]
fn bench_measures_a_cold_start_too() {
    let output =
        command().args(["bench", "--json", "--rounds", "1", "--keys"]).arg(keys_dir()).assert().success();
    let report: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!((&report["circuit"], &report["public_inputs"]), (&"show".into(), &207.into()));
    assert!(report["rows"].as_u64().unwrap() <= 8192);
    for measured in ["prove_ms", "witness_ms", "reference_ms", "cold_start_ms"] {
        assert!(report[measured].as_f64().unwrap() > 0.0, "{measured}");
    }
    assert!(report["prepared_ms"].is_number() && report["prepare_ms"].is_number());
}

#[test]
fn bench_measures_the_circuit_that_is_named() {
    for (circuit, inputs) in [("join", 163), ("score", 412)] {
        let line = ["bench", "--json", "--rounds", "1", "--circuit", circuit, "--keys"];
        let output = command().args(line).arg(keys_dir()).assert().success();
        let report: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
        assert_eq!((&report["circuit"], &report["public_inputs"]), (&circuit.into(), &inputs.into()));
        for measured in ["prove_ms", "prepared_ms", "witness_ms", "cold_start_ms"] {
            assert!(report[measured].as_f64().unwrap() > 0.0, "{circuit}: {measured}");
        }
    }
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

#[test]
fn a_wrong_command_line_is_an_error_like_any_other() {
    let error = failure(command().args(["setup", "--nonsense"]));
    assert_eq!(error["error"], "usage");
}
