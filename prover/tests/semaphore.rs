//! Semaphore, whose keys come from a public ceremony of hundreds: our pairing code accepts its proofs, and our ceremony code
//! the record of its ceremony.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::process::Command;

use groth16::{Proof, ProofError, VerifyingKey, public_from_json};
use prover::ceremony;
use prover::iden3::zkey::Zkey;
use prover::testing::peer;
use serde_json::Value;

#[test]
fn a_proof_under_the_key_of_a_public_ceremony_is_accepted() {
    let Some(made) = made() else { return };
    let vk = VerifyingKey::from_json(&made["vk"]).unwrap();
    let proof = Proof::from_json(&made["proof"]).unwrap();
    let mut public = public_from_json(&made["public"]).unwrap();
    vk.verify(&public, &proof).unwrap();
    public.swap(2, 3);
    assert_eq!(vk.verify(&public, &proof), Err(ProofError::NotProved));
    the_record_of_its_ceremony_holds(&made);
}

fn the_record_of_its_ceremony_holds(made: &Value) {
    let bytes = std::fs::read(made["zkey"].as_str().unwrap()).unwrap();
    let mut zkey = Zkey::from_bytes(&bytes).unwrap();
    assert_eq!(Zkey::from_bytes(&zkey.to_bytes()).unwrap(), zkey);
    let participants = ceremony::verify_record(&zkey.record).unwrap();
    assert!(participants.len() > 100, "{}", participants.len());
    zkey.record.contributions.swap(50, 51);
    assert!(ceremony::verify_record(&zkey.record).is_err());
}

fn made() -> Option<Value> {
    peer("semaphore", "@zk-kit/semaphore-artifacts/package.json")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../interop/semaphore/prove.mjs");
    let output = Command::new("node").arg(script).output().expect("node runs");
    let said = String::from_utf8_lossy(&output.stderr);
    Some(serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}")))
}
