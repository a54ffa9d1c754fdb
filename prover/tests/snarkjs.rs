//! snarkjs, which nobody here wrote, accepts what this crate writes and refuses it with one public signal changed.
//!
//! Install it with `npm install --prefix interop/snarkjs`, or name a directory that holds `snarkjs` in `YONG_SNARKJS`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use circuits::samples;
use groth16::{Proof, VerifyingKey, public_to_json};
use prover::testing::prover;
use rand::rngs::OsRng;
use serde_json::{Value, json};

#[test]
fn snarkjs_agrees_about_show() {
    let (public, private) = samples::show(&mut OsRng);
    let proof = prover().show.prove(&public, &private, &mut OsRng).unwrap();
    assert_snarkjs_agrees(prover().show.verifying_key(), &public_to_json(&public.to_inputs()), &proof);
}

#[test]
fn snarkjs_agrees_about_enroll() {
    let (public, secrets) = samples::enroll(&mut OsRng);
    let proof = prover().enroll.prove(&public, &secrets, &mut OsRng).unwrap();
    assert_snarkjs_agrees(prover().enroll.verifying_key(), &public_to_json(&public.to_inputs()), &proof);
}

#[test]
fn snarkjs_agrees_about_join() {
    let (public, private) = samples::join(&mut OsRng);
    let proof = prover().join.prove(&public, &private, &mut OsRng).unwrap();
    assert_snarkjs_agrees(prover().join.verifying_key(), &public_to_json(&public.to_inputs()), &proof);
}

#[test]
fn snarkjs_agrees_about_score() {
    let (public, private) = samples::score(&mut OsRng);
    let proof = prover().score.prove(&public, &private, &mut OsRng).unwrap();
    assert_snarkjs_agrees(prover().score.verifying_key(), &public_to_json(&public.to_inputs()), &proof);
}

/// Also that snarkjs computes the same `vk_alphabeta_12`, the one part of a key it never uses to verify.
fn assert_snarkjs_agrees(vk: &VerifyingKey, public: &Value, proof: &Proof) {
    let Some(modules) = modules() else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{NEEDED}");
        eprintln!("skipped: needs snarkjs ({NEEDED})");
        return;
    };
    assert!(verifies(&modules, vk, public, proof), "snarkjs refuses a proof of ours");
    for signal in [0, public.as_array().unwrap().len() - 1] {
        let mut changed = public.clone();
        changed[signal] = json!("1");
        assert_ne!(&changed, public);
        assert!(!verifies(&modules, vk, &changed, proof), "snarkjs accepts changed signal {signal}");
    }
    assert_eq!(pairing(&modules, vk), vk.to_json()["vk_alphabeta_12"]);
}

/// The answer by exit status, with the sentence that goes with it, so that a crash is not taken for a refusal.
fn verifies(modules: &Path, vk: &VerifyingKey, public: &Value, proof: &Proof) -> bool {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "verification_key.json", &vk.to_json());
    write(dir.path(), "public.json", public);
    write(dir.path(), "proof.json", &proof.to_json());
    let output = Command::new("node")
        .arg(modules.join("snarkjs/cli.js"))
        .args(["groth16", "verify", "verification_key.json", "public.json", "proof.json"])
        .current_dir(dir.path())
        .output()
        .expect("node runs");
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let accepted = output.status.success();
    assert!(said.contains(if accepted { "OK!" } else { "Invalid proof" }), "{said}");
    accepted
}

/// e(alpha, beta) as snarkjs writes it.
fn pairing(modules: &Path, vk: &VerifyingKey) -> Value {
    let output = Command::new("node")
        .args(["-e", PAIRING, &vk.to_json().to_string()])
        .env("NODE_PATH", modules)
        .output()
        .expect("node runs");
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

fn write(dir: &Path, name: &str, json: &Value) {
    fs::write(dir.join(name), json.to_string()).unwrap();
}

fn modules() -> Option<PathBuf> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop/snarkjs/node_modules");
    let named = std::env::var_os("YONG_SNARKJS").map(PathBuf::from);
    let candidates = named.into_iter().flat_map(|dir| [dir.join("node_modules"), dir]).chain([ours]);
    candidates.into_iter().find(|dir| dir.join("snarkjs/cli.js").is_file())
}

const NEEDED: &str = "run `npm install --prefix interop/snarkjs`, or set YONG_SNARKJS to its directory";

const PAIRING: &str = r"
const { getCurveFromName, utils } = require('ffjavascript');
(async () => {
    const vk = utils.unstringifyBigInts(JSON.parse(process.argv[1]));
    const curve = await getCurveFromName('bn128', { singleThread: true });
    const value = await curve.pairing(curve.G1.fromObject(vk.vk_alpha_1), curve.G2.fromObject(vk.vk_beta_2));
    console.log(JSON.stringify(utils.stringifyBigInts(curve.Gt.toObject(value))));
})();
";
