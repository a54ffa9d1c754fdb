//! The contract for Ethereum, compiled by solc and run in a virtual machine, accepts our proofs and nothing else.

use std::fs;
use std::process::Command;

use circuits::samples;
use groth16::public_to_json;
use prover::iden3::solidity;
use prover::testing::{peer, prover};
use rand::rngs::OsRng;
use serde_json::{Value, json};

#[test]
fn the_contract_accepts_our_proof_and_refuses_altered_ones() {
    let Some(modules) = peer("evm", "solc/package.json") else { return };
    let (public, secrets) = samples::enroll(&mut OsRng);
    let proof = prover().enroll.prove(&public, &secrets, &mut OsRng).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let source = solidity::contract(prover().enroll.verifying_key(), "Enroll");
    fs::write(dir.path().join("Enroll.sol"), source).unwrap();
    let call = json!({ "proof": proof.to_json(), "public": public_to_json(&public.to_inputs()) });
    fs::write(dir.path().join("call.json"), call.to_string()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../interop/evm/verify.mjs");
    let output = Command::new("node").arg(script).arg(dir.path()).env("NODE_PATH", modules).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let answers: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    assert_eq!(answers["sound"], true, "{said}");
    for altered in ["input", "input_above_r", "a", "a_above_q", "b", "c", "swapped"] {
        assert_eq!(answers[altered], false, "{altered}: {said}");
    }
    println!("gas of a call: {}", answers["gas"]);
}
