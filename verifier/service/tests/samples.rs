//! The samples that `verifier bench` checks: development keys and proofs over test credentials.
//!
//! `UPDATE=1 cargo test -p yong-verifier-service --test samples` makes them anew; needed when a statement changes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

use circuits::{join, samples, score, show};
use groth16::{Fr, Proof, public_to_json};
use rand::SeedableRng;
use rand::rngs::StdRng;
use verifier_service::bench::{Another, Sample, batch_of_kinds, measure};

/// Real proofs, each of another citizen.
const SAMPLES: usize = 64;
/// The same of each further statement.
const LINKED: usize = 8;

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

#[test]
fn a_batch_of_all_kinds_is_verified_and_each_false_claim_is_named() {
    let linked = Sample::built_in_linked();
    assert!(linked.iter().all(|sample| sample.claims().len() == LINKED));
    assert!(batch_of_kinds(&Sample::built_in(), &linked, 32).unwrap() > 0.0);
}

fn update() {
    let prover = prover::testing::prover();
    let show = |rng: &mut StdRng| {
        let (public, private) = samples::show(rng);
        (public.to_inputs(), prover.show.prove(&public, &private, rng).unwrap())
    };
    write_claims(".", (show::NAME, show::VERSION), show::SCHEMA_INPUT, &claims(SAMPLES, show));
    let join = |rng: &mut StdRng| {
        let (public, private) = samples::join(rng);
        (public.to_inputs(), prover.join.prove(&public, &private, rng).unwrap())
    };
    let rows = join::LINKS_INPUT + join::LINKS;
    write_claims(join::NAME, (join::NAME, join::VERSION), rows, &claims(LINKED, join));
    let score = |rng: &mut StdRng| {
        let (public, private) = samples::score(rng);
        (public.to_inputs(), prover.score.prove(&public, &private, rng).unwrap())
    };
    write_claims(score::NAME, (score::NAME, score::VERSION), score::LINK_INPUT + 1, &claims(LINKED, score));
}

fn claims(count: usize, claim: impl Fn(&mut StdRng) -> (Vec<Fr>, Proof)) -> Vec<(Vec<Fr>, Proof)> {
    let rng = &mut StdRng::seed_from_u64(7003);
    std::iter::repeat_with(|| claim(rng)).take(count).collect()
}

/// Into a folder of the samples. All claims have the rows of the first, which begin at `rows`.
fn write_claims(folder: &str, (name, version): (&str, u32), rows: usize, claims: &[(Vec<Fr>, Proof)]) {
    fs::create_dir_all(dir().join(folder)).unwrap();
    let [(inputs, proof), further @ ..] = claims else { panic!("claims") };
    let more = further.iter().map(|(other, proof)| {
        assert_eq!(other[rows..], inputs[rows..]);
        Another { before_rows: public_to_json(&other[..rows]), proof: proof.clone() }
    });
    write(&format!("{folder}/more.json"), &serde_json::to_value(more.collect::<Vec<_>>()).unwrap());
    write(&format!("{folder}/proof.json"), &proof.to_json());
    write(&format!("{folder}/public.json"), &public_to_json(inputs));
    let key = fs::read(prover::testing::keys_dir().join(format!("{name}-{version}.vk.json"))).unwrap();
    write(&format!("{folder}/verification_key.json"), &serde_json::from_slice(&key).unwrap());
}

fn write(name: &str, json: &serde_json::Value) {
    fs::write(dir().join(name), format!("{}\n", serde_json::to_string(json).unwrap())).unwrap();
}
