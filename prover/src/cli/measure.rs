//! `prover bench`, and the process that it starts to see a cold start.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;
use indicatif::ProgressBar;
use rand::rngs::OsRng;
use service::cli::{CommandError, Shell};
use tempfile::TempDir;

use super::{Circuit, spinner};
use crate::bench::{self, ColdStart, FirstProof, Measured, Report};
use crate::setup::{self, Existing};
use crate::statement::Statement;

#[derive(Args)]
pub(super) struct BenchArgs {
    /// Which circuit.
    #[arg(long, default_value = "show")]
    circuit: Circuit,
    /// Directory with keys; without it, a development key is made for this run.
    #[arg(long, value_name = "DIR", env = "YONG_KEYS")]
    keys: Option<PathBuf>,
    /// Rounds that count.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// Threads that take part in a proof; without it, all that the machine has.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

#[derive(Args)]
pub(super) struct FirstProofArgs {
    /// Which circuit.
    #[arg(long)]
    circuit: Circuit,
    /// Directory with keys.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
}

pub(super) fn bench(args: &BenchArgs, shell: Shell) -> Result<(), CommandError> {
    let threads = args.threads.map_or(0, usize::from);
    // The library proves in the process's pool. A second call finds the pool there already and changes nothing.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    let report = of_circuit!(args.circuit, measure(args))?;
    shell.answer(&report, || table(&report))
}

/// One line on stdout as soon as the proof is there.
pub(super) fn first_proof(args: &FirstProofArgs, shell: Shell) -> Result<(), CommandError> {
    let proof = of_circuit!(args.circuit, bench::first_proof(&args.keys))?;
    shell.answer(&proof, || serde_json::to_string(&proof).expect("numbers always serialise"))
}

fn measure<S: Measured>(args: &BenchArgs) -> Result<Report, CommandError> {
    let made = if args.keys.is_none() { Some(make_key::<S>()?) } else { None };
    let keys = made.as_ref().map(TempDir::path).or(args.keys.as_deref()).expect("given or made");
    let rounds = usize::from(args.rounds);
    let bar = ProgressBar::new(rounds as u64 + 1).with_message("measuring");
    let report = bench::run::<S>(keys, rounds, || cold_start::<S>(keys, args.threads), || bar.inc(1));
    bar.finish_and_clear();
    Ok(report?)
}

fn make_key<S: Statement>() -> Result<TempDir, CommandError> {
    let dir = tempfile::tempdir()
        .map_err(|source| setup::SetupError::Folder { path: std::env::temp_dir(), source })?;
    let spinner = spinner("making a development key for this run");
    let written = setup::develop::<S>(dir.path(), Existing::Keep, &mut OsRng);
    spinner.finish_and_clear();
    written?;
    Ok(dir)
}

/// The clock runs until the other process has said that it is done, not until it has tidied up.
fn cold_start<S: Statement>(keys: &Path, threads: Option<u16>) -> io::Result<ColdStart> {
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.args(["first-proof", "--circuit", S::NAME]).arg("--keys").arg(keys);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    if let Some(threads) = threads {
        command.env("RAYON_NUM_THREADS", threads.to_string());
    }
    let start = Instant::now();
    let mut child = command.spawn()?;
    let mut line = String::new();
    let stdout = child.stdout.take().expect("stdout is piped");
    BufReader::new(stdout).read_line(&mut line)?;
    let elapsed = start.elapsed();
    child.wait()?;
    let first: FirstProof = serde_json::from_str(&line).map_err(|_| io::Error::other("it said nothing"))?;
    Ok(ColdStart { elapsed, first })
}

fn table(report: &Report) -> String {
    let ms = |value: Option<f64>| value.map_or_else(|| "not measured".to_owned(), |x| format!("{x:.1} ms"));
    let mb = |value: Option<f64>| value.map_or_else(|| "not measured".to_owned(), |x| format!("{x:.0} MB"));
    [
        format!(
            "circuit {}: {} constraints, {} public inputs, {} rows; {} threads",
            report.circuit, report.constraints, report.public_inputs, report.rows, report.threads
        ),
        format!("prove          {}", ms(report.prove_ms)),
        format!("  witness      {}", ms(report.witness_ms)),
        format!("  ark-groth16  {}", ms(report.reference_ms)),
        format!("prepared       {}", ms(report.prepared_ms)),
        format!("prepare        {}", ms(report.prepare_ms)),
        format!("cold start     {}", ms(report.cold_start_ms)),
        format!("peak memory    {}", mb(report.peak_rss_mb)),
        format!("key file       {:.2} MB", report.key_bytes as f64 / 1e6),
        format!("proof          {} bytes", report.proof_bytes),
    ]
    .join("\n")
}
