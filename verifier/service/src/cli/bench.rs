//! `verifier bench` and `verifier bench-http`.

use std::path::PathBuf;

use serde_json::json;
use service::cli::{Shell, Verdict};

use super::error::CliError;
use crate::bench::{HttpMeasured, LoadSample, Measured, Sample, measure, measure_http};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Folder with `verification_key.json`, `proof.json` and `public.json` [default: the built-in sample].
    #[arg(long)]
    samples: Option<PathBuf>,
}

pub(super) fn run(args: &Args, shell: Shell) -> Result<Verdict, CliError> {
    let sample = match &args.samples {
        None => Sample::built_in(),
        Some(dir) => Sample::read(dir).map_err(CliError::Samples)?,
    };
    let measured = measure(&sample).map_err(CliError::Samples)?;
    shell.answer(&json!(measured), || text(&measured))?;
    Ok(Verdict::Yes)
}

fn text(measured: &Measured) -> String {
    [
        format!("verify one         {:.3} ms", measured.verify_ms),
        format!("  from its bytes   {:.3} ms", measured.verify_from_bytes_ms),
        format!("ark-groth16        {:.3} ms", measured.reference_ms),
        format!("  pairings alone   {:.3} ms", measured.reference_pairings_ms),
        format!("batches of 64      {:.0} proofs/s", measured.batch_64_per_s),
        format!("batches of 1,024   {:.0} proofs/s", measured.batch_1024_per_s),
        format!("  one false        {:.0} proofs/s", measured.batch_1024_with_1_false_per_s),
        format!("  sixteen false    {:.0} proofs/s", measured.batch_1024_with_16_false_per_s),
        format!("  of three kinds   {:.0} proofs/s", measured.batch_1024_of_kinds_per_s),
        format!("threads            {}", measured.threads),
    ]
    .join("\n")
}

#[derive(clap::Args)]
pub(super) struct HttpArgs {
    /// Folder with `load.json` and `load.answers` [default: the built-in sample].
    #[arg(long)]
    samples: Option<PathBuf>,
}

pub(super) fn run_http(args: &HttpArgs, shell: Shell) -> Result<Verdict, CliError> {
    let sample = match &args.samples {
        None => LoadSample::built_in(),
        Some(dir) => LoadSample::read(dir).map_err(CliError::Samples)?,
    };
    let measured = measure_http(&sample).map_err(CliError::Samples)?;
    shell.answer(&json!(measured), || http_text(&measured))?;
    Ok(Verdict::Yes)
}

fn http_text(measured: &HttpMeasured) -> String {
    [
        format!("presentations      {:.0}/s", measured.presentations_per_s),
        format!("  half within      {:.1} ms", measured.p50_ms),
        format!("  99 of 100        {:.1} ms", measured.p99_ms),
        "at half that rate".to_owned(),
        format!("  99 of 100        {:.1} ms", measured.half_rate_p99_ms),
        format!("turned away        {}", measured.rejected_503),
        format!("threads            {}", measured.threads),
    ]
    .join("\n")
}
