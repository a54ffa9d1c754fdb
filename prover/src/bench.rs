//! How long a proof takes here: medians over a fixed statement with fresh randomness in every round.
//!
//! Proofs are made by a prover that has derived its multiples, as a running wallet's has; the cold start has not.

mod prepared;
mod sample;

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io};

use groth16::PROOF_BYTES;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};

use crate::engine::{Arkworks, Blinding, Engine};
use crate::{CircuitProver, OpenError, PrepareError, ProveError, key_file};

pub use prepared::{Measured, PreparedTimes};
pub use sample::Sample;

/// What `prover bench --json` prints. Times are medians in milliseconds; what is not measured is `null`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Circuit name.
    pub circuit: &'static str,
    /// Constraints of the circuit.
    pub constraints: usize,
    /// Public inputs of the circuit.
    pub public_inputs: usize,
    /// Constraints, public inputs and the constant one: what the evaluation domain must hold.
    pub rows: usize,
    /// Threads that take part.
    pub threads: usize,
    /// From what is known and the policy's rows to the proof, key and multiples of its points resident.
    pub prove_ms: Option<f64>,
    /// The same with everything prepared that does not depend on policy and session.
    pub prepared_ms: Option<f64>,
    /// Preparing it.
    pub prepare_ms: Option<f64>,
    /// The native check and the assignment of all variables.
    pub witness_ms: Option<f64>,
    /// ark-groth16 on the same matrices, from the assignment to the proof.
    pub reference_ms: Option<f64>,
    /// From the start of a process to its first proof, without any multiples.
    pub cold_start_ms: Option<f64>,
    /// Most memory that such a process held, in megabytes of 10^6 bytes.
    pub peak_rss_mb: Option<f64>,
    /// Size of the key file.
    pub key_bytes: u64,
    /// Size of a proof in compact form.
    pub proof_bytes: usize,
}

/// What a process that made one proof says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FirstProof {
    /// Where the system tells it.
    pub peak_rss_mb: Option<f64>,
}

/// A process from its start to its first proof, seen from outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColdStart {
    /// From just before the process is started until it says that it has the proof.
    pub elapsed: Duration,
    /// What it said.
    pub first: FirstProof,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The key cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The sample cannot be proved: a defect of this program.
    #[error("the sample cannot be proved: {0}")]
    Prove(#[from] ProveError),
    /// The sample cannot be prepared: a defect of this program.
    #[error("the sample cannot be prepared: {0}")]
    Prepare(#[from] PrepareError),
    /// The other process did not make its proof.
    #[error("the process that measures the cold start failed: {0}")]
    ColdStart(#[from] io::Error),
}

/// Measures `rounds` times, after one round that does not count. `cold_start` starts another process that calls
/// [`first_proof`]; `tick` is called after every round.
pub fn run<S: Measured>(
    keys: &Path,
    rounds: usize,
    cold_start: impl Fn() -> io::Result<ColdStart>,
    tick: impl Fn(),
) -> Result<Report, BenchError> {
    let path = keys.join(key_file::<S>());
    let bench = Bench::<S> { prover: CircuitProver::open(&path)?, reference: CircuitProver::open(&path)? };
    bench.prover.derive_multiples();
    let mut seen = Vec::with_capacity(rounds);
    for round in 0..=rounds {
        let one = bench.round(&cold_start)?;
        if round > 0 {
            seen.push(one);
        }
        tick();
    }
    Ok(bench.report(&seen, fs::metadata(path)?.len()))
}

/// What the other process does: open the key, make one proof.
pub fn first_proof<S: Sample>(keys: &Path) -> Result<FirstProof, BenchError> {
    let prover = CircuitProver::<S>::open(&keys.join(key_file::<S>()))?;
    let (public, private) = S::sample(&mut OsRng);
    prover.prove(&public, &private, &mut OsRng)?;
    Ok(FirstProof { peak_rss_mb: peak_rss_mb() })
}

struct Bench<S> {
    prover: CircuitProver<S>,
    reference: CircuitProver<S, Arkworks>,
}

/// Times of one round in milliseconds.
struct Round {
    prove: f64,
    prepared: Option<PreparedTimes>,
    witness: f64,
    reference: f64,
    cold_start: f64,
    peak_rss_mb: Option<f64>,
}

impl<S: Measured> Bench<S> {
    fn round(&self, cold_start: impl Fn() -> io::Result<ColdStart>) -> Result<Round, BenchError> {
        let (public, private) = S::sample(&mut OsRng);
        let (_, prove) = timed(|| self.prover.prove(&public, &private, &mut OsRng))?;
        let (assignment, witness) = timed(|| CircuitProver::<S>::assign(&public, &private))?;
        let blinding = Blinding::random(&mut OsRng);
        let engine = self.reference.engine();
        let (_, reference) = timed(|| engine.prove(&assignment, &blinding).map_err(ProveError::from))?;
        let prepared = S::prepared(&self.prover, &public, &private)?;
        let ColdStart { elapsed, first } = cold_start()?;
        let cold_start = milliseconds(elapsed);
        Ok(Round { prove, prepared, witness, reference, cold_start, peak_rss_mb: first.peak_rss_mb })
    }

    fn report(&self, seen: &[Round], key_bytes: u64) -> Report {
        let shape = self.prover.shape();
        let middle = |time: fn(&Round) -> Option<f64>| median(seen.iter().filter_map(time).collect());
        Report {
            circuit: S::NAME,
            constraints: shape.constraints,
            public_inputs: shape.public_inputs,
            rows: shape.rows(),
            threads: rayon::current_num_threads(),
            prove_ms: middle(|r| Some(r.prove)),
            prepared_ms: middle(|r| r.prepared.map(|times| times.prove)),
            prepare_ms: middle(|r| r.prepared.map(|times| times.prepare)),
            witness_ms: middle(|r| Some(r.witness)),
            reference_ms: middle(|r| Some(r.reference)),
            cold_start_ms: middle(|r| Some(r.cold_start)),
            peak_rss_mb: middle(|r| r.peak_rss_mb),
            key_bytes,
            proof_bytes: PROOF_BYTES,
        }
    }
}

fn timed<T, E>(work: impl FnOnce() -> Result<T, E>) -> Result<(T, f64), E> {
    let start = Instant::now();
    let value = work()?;
    Ok((value, milliseconds(start.elapsed())))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Rounded to a hundredth, which is finer than the noise.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    let lower = if values.len().is_multiple_of(2) { values[middle - 1] } else { upper };
    Some(f64::midpoint(lower, upper)).map(|x| (x * 100.0).round() / 100.0)
}

/// The high-water mark of resident memory that Linux keeps per process.
fn peak_rss_mb() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some((kib * 1024.0 / 1e4).round() / 100.0)
}

#[cfg(test)]
mod tests;
