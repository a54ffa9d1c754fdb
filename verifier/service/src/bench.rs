//! How fast this machine checks proofs.

mod http;
mod kinds;

use std::hint::black_box;
use std::time::Instant;

use ark_groth16::{Groth16, PreparedVerifyingKey, prepare_verifying_key};
use groth16::{Bn254, Fr, G1Projective, PROOF_BYTES, Proof};
use rand::rngs::OsRng;
use rand::{Rng, SeedableRng, rngs::StdRng};
use rayon::prelude::*;

use groth16::{Claim, PreparedVerifier};
use verifier::Circuit;

pub use groth16::{Another, Sample};
pub use http::{HttpMeasured, LoadSample, Processes, measure_http, serve_apart};
pub use kinds::batch_of_kinds;

/// Checks of one proof of which the median is told.
const ROUNDS: usize = 60;
/// Checks of a batch.
const BATCHES: usize = 9;

/// Proofs that one thread decodes in a row.
const DECODED_TOGETHER: usize = 32;

/// Medians. A batch is timed from the 128 bytes of each proof, all different, to the verdict.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Measured {
    /// One decoded proof with our engine, its policy seen before, milliseconds.
    pub verify_ms: f64,
    /// The same from its 128 bytes.
    pub verify_from_bytes_ms: f64,
    /// The same decoded proof with ark-groth16 and a prepared key.
    pub reference_ms: f64,
    /// Of that the pairings alone: the public inputs folded beforehand.
    pub reference_pairings_ms: f64,
    /// Proofs a second in batches of 64.
    pub batch_64_per_s: f64,
    /// Proofs a second in batches of 1,024.
    pub batch_1024_per_s: f64,
    /// The same with one false claim, which is named.
    pub batch_1024_with_1_false_per_s: f64,
    /// The same with sixteen.
    pub batch_1024_with_16_false_per_s: f64,
    /// Proofs a second in batches of 1,024 in which half are of `show`, a quarter of `join` and a quarter of `score`.
    pub batch_1024_of_kinds_per_s: f64,
    /// Threads that a batch uses; a single check uses one.
    pub threads: usize,
}

/// Checks the samples again and again; an error if one is not true.
pub fn measure(samples: &Sample) -> Result<Measured, String> {
    let engine = PreparedVerifier::new(samples.key().clone(), &Circuit::Show.varying_inputs());
    let batch = |size, false_claims| batch(&engine, samples, size, false_claims);
    Ok(Measured {
        verify_ms: verify(&engine, samples)?,
        verify_from_bytes_ms: verify_from_bytes(&engine, samples)?,
        reference_ms: reference(samples)?,
        reference_pairings_ms: reference_pairings(samples)?,
        batch_64_per_s: batch(64, 0)?,
        batch_1024_per_s: batch(1024, 0)?,
        batch_1024_with_1_false_per_s: batch(1024, 1)?,
        batch_1024_with_16_false_per_s: batch(1024, 16)?,
        batch_1024_of_kinds_per_s: batch_of_kinds(samples, &Sample::built_in_linked(), 1024)?,
        threads: rayon::current_num_threads(),
    })
}

fn verify(engine: &PreparedVerifier, samples: &Sample) -> Result<f64, String> {
    let mut claims = samples.claims().iter().cycle();
    median(ROUNDS, || claims.next().is_some_and(|(inputs, proof)| engine.verify(inputs, proof).is_ok()))
}

fn verify_from_bytes(engine: &PreparedVerifier, samples: &Sample) -> Result<f64, String> {
    let bytes: Vec<_> = samples.claims().iter().map(|(inputs, proof)| (inputs, proof.to_bytes())).collect();
    let mut claims = bytes.iter().cycle();
    median(ROUNDS, || {
        claims.next().is_some_and(|(inputs, bytes)| {
            Proof::from_bytes(bytes).is_ok_and(|proof| engine.verify(inputs, &proof).is_ok())
        })
    })
}

fn reference(samples: &Sample) -> Result<f64, String> {
    let key = prepare_verifying_key(samples.key().as_ark());
    let mut claims = samples.claims().iter().cycle();
    median(ROUNDS, || {
        claims.next().is_some_and(|(inputs, proof)| {
            Groth16::<Bn254>::verify_proof(&key, proof.as_ark(), inputs).unwrap_or(false)
        })
    })
}

fn reference_pairings(samples: &Sample) -> Result<f64, String> {
    let key: PreparedVerifyingKey<Bn254> = prepare_verifying_key(samples.key().as_ark());
    let (inputs, proof) = samples.claims().first().ok_or("no samples")?;
    let folded: G1Projective =
        Groth16::<Bn254>::prepare_inputs(&key, inputs).map_err(|error| error.to_string())?;
    let check = || Groth16::<Bn254>::verify_proof_with_prepared_inputs(&key, proof.as_ark(), &folded);
    median(ROUNDS, || check().unwrap_or(false))
}

/// Proofs a second.
fn batch(
    engine: &PreparedVerifier,
    samples: &Sample,
    size: usize,
    false_claims: usize,
) -> Result<f64, String> {
    let rng = &mut StdRng::seed_from_u64(size as u64);
    let mut all = samples.distinct(size, rng);
    let mut expected = rand::seq::index::sample(rng, size, false_claims).into_vec();
    expected.sort_unstable();
    for &index in &expected {
        let (inputs, _) = all.get_mut(index).ok_or("fewer samples than asked for")?;
        let nullifier = inputs.get_mut(5).ok_or("a sample of another statement")?;
        *nullifier += Fr::from(rng.r#gen::<u64>() | 1);
    }
    let (inputs, proofs): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let ms = median(BATCHES, || {
        verify_from_bytes_together(engine, &inputs, &proofs).is_some_and(|found| found == expected)
    })?;
    Ok(1000.0 * size as f64 / ms)
}

/// Which claims are false, from the bytes of their proofs; `None` if these are no proofs.
fn verify_from_bytes_together(
    engine: &PreparedVerifier,
    inputs: &[Vec<Fr>],
    proofs: &[[u8; PROOF_BYTES]],
) -> Option<Vec<usize>> {
    let chunks = proofs.par_chunks(DECODED_TOGETHER);
    let proofs: Vec<Proof> = chunks.flat_map_iter(Proof::from_bytes_batch).collect::<Result<_, _>>().ok()?;
    let claims = inputs.iter().zip(&proofs).map(|(inputs, proof)| Claim { inputs: inputs.clone(), proof });
    Some(engine.verify_batch(&claims.collect::<Vec<_>>(), &mut OsRng))
}

/// Milliseconds.
fn median(rounds: usize, mut check: impl FnMut() -> bool) -> Result<f64, String> {
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let started = Instant::now();
        if !black_box(check()) {
            return Err("the verdict on a sample is not the expected one".to_owned());
        }
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    times.get(rounds / 2).copied().ok_or_else(|| "no rounds".to_owned())
}
