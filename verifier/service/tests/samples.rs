//! The sample that `verifier bench` checks: a development key and a proof over the test credential.
//!
//! `UPDATE=1 cargo test -p yong-verifier-service --test samples` makes it anew; needed when the statement changes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

use circuits::{samples, show};
use groth16::public_to_json;
use rand::SeedableRng;
use rand::rngs::StdRng;
use verifier_service::bench::{Another, Sample, measure};

/// Real proofs, each of another citizen.
const SAMPLES: usize = 64;

fn dir() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../groth16/samples"))
}

#[test]
fn the_built_in_sample_is_true_and_an_altered_one_is_not() {
    if std::env::var_os("UPDATE").is_some() {
        update();
    }
    let sample = Sample::read(dir()).unwrap();
    assert_eq!(sample.claims().len(), SAMPLES);
    assert!(measure(&sample).unwrap().verify_ms > 0.0);
    let altered = tempfile::tempdir().unwrap();
    for name in ["verification_key.json", "proof.json"] {
        fs::copy(dir().join(name), altered.path().join(name)).unwrap();
    }
    let mut public: Vec<String> =
        serde_json::from_slice(&fs::read(dir().join("public.json")).unwrap()).unwrap();
    public[1] = "1".to_owned();
    fs::write(altered.path().join("public.json"), serde_json::to_vec(&public).unwrap()).unwrap();
    assert!(measure(&Sample::read(altered.path()).unwrap()).is_err());
}

fn update() {
    let rng = &mut StdRng::seed_from_u64(7003);
    let (public, private) = samples::show(rng);
    let prover = prover::testing::prover();
    let proof = prover.show.prove(&public, &private, rng).unwrap();
    let more: Vec<Another> = (1..SAMPLES).map(|_| another(&public, rng)).collect();
    write("more.json", &serde_json::to_value(more).unwrap());
    write("proof.json", &proof.to_json());
    write("public.json", &public_to_json(&show::Public::to_inputs(&public)));
    let key = fs::read(prover::testing::keys_dir().join("show-2.vk.json")).unwrap();
    write("verification_key.json", &serde_json::from_slice(&key).unwrap());
}

fn another(first: &show::Public, rng: &mut StdRng) -> Another {
    let (public, private) = samples::show(rng);
    assert_eq!(public.rows, first.rows);
    let inputs = public.to_inputs();
    Another {
        before_rows: public_to_json(&inputs[..show::SCHEMA_INPUT]),
        proof: prover::testing::prover().show.prove(&public, &private, rng).unwrap(),
    }
}

fn write(name: &str, json: &serde_json::Value) {
    fs::write(dir().join(name), format!("{}\n", serde_json::to_string(json).unwrap())).unwrap();
}
