//! How fast this machine checks proofs.

use std::path::Path;
use std::time::Instant;

use ark_groth16::{Groth16, PreparedVerifyingKey, prepare_verifying_key};
use circuits::wire::proof::{Proof, VerifyingKey, public_from_json};
use circuits::{Bn254, Fr};
use serde_json::Value;

use crate::believe::{Claim, Engine};

/// Checks of which the median is told.
const ROUNDS: usize = 50;

/// A key with a true claim, in the files that snarkjs uses.
pub struct Sample {
    key: VerifyingKey,
    inputs: Vec<Fr>,
    proof: Proof,
}

/// Medians.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// One proof with our engine, milliseconds.
    pub verify_ms: f64,
    /// The same proof with ark-groth16 and a prepared key, milliseconds.
    pub reference_ms: f64,
}

impl Sample {
    /// The one in `samples/`, made with development keys over the test credential by `tests/samples.rs`.
    pub fn built_in() -> Self {
        let texts = [
            include_str!("../samples/verification_key.json"),
            include_str!("../samples/proof.json"),
            include_str!("../samples/public.json"),
        ];
        Self::parse(&texts.map(str::as_bytes)).expect("a test checks the samples")
    }

    /// Reads `verification_key.json`, `proof.json` and `public.json`.
    pub fn read(dir: &Path) -> Result<Self, String> {
        let read = |name: &str| std::fs::read(dir.join(name)).map_err(|error| format!("{name}: {error}"));
        let (key, proof, public) =
            (read("verification_key.json")?, read("proof.json")?, read("public.json")?);
        Self::parse(&[&key, &proof, &public])
    }

    fn parse([key, proof, public]: &[&[u8]; 3]) -> Result<Self, String> {
        let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(|error| error.to_string());
        Ok(Self {
            key: VerifyingKey::from_json(&json(key)?).map_err(|error| error.to_string())?,
            inputs: public_from_json(&json(public)?).map_err(|error| error.to_string())?,
            proof: Proof::from_json(&json(proof)?).map_err(|error| error.to_string())?,
        })
    }
}

/// Checks the sample again and again; an error if it is not true.
pub fn measure(sample: &Sample) -> Result<Measured, String> {
    let claims = [Claim { inputs: sample.inputs.clone(), proof: &sample.proof }];
    let prepared = prepare_verifying_key(sample.key.as_ark());
    let measured = Measured {
        verify_ms: median(|| sample.key.check(&claims).is_ok())?,
        reference_ms: median(|| reference(&prepared, sample))?,
    };
    Ok(measured)
}

fn reference(key: &PreparedVerifyingKey<Bn254>, sample: &Sample) -> bool {
    Groth16::<Bn254>::verify_proof(key, sample.proof.as_ark(), &sample.inputs).unwrap_or(false)
}

fn median(check: impl Fn() -> bool) -> Result<f64, String> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        if !check() {
            return Err("the proof does not prove the statement".to_owned());
        }
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[ROUNDS / 2])
}
