//! `verifier bench` and `verifier bench-http`.

use std::num::NonZero;
use std::path::PathBuf;

use serde_json::json;
use service::cli::{Shell, Verdict};

use super::config::given_store;
use super::error::CliError;
use crate::bench::{
    HttpMeasured, LoadSample, Measured, Processes, Sample, measure, measure_http, serve_apart,
};
use crate::store::StoreAddress;

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
    /// Measures a service of so many processes over the PostgreSQL database of --store; at most 16.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=16), requires = "store")]
    processes: Option<u8>,
    /// The database, as in `postgres://user@host/database`. A schema is made in it for each round, and deleted.
    #[arg(long, env = "YONG_VERIFIER_STORE", hide_env_values = true)]
    store: Option<String>,
    /// Is one of those processes, which has made so many requests.
    #[arg(long, hide = true, requires = "store")]
    serve: Option<usize>,
}

pub(super) fn run_http(args: HttpArgs, shell: Shell) -> Result<Verdict, CliError> {
    let sample = match &args.samples {
        None => LoadSample::built_in(),
        Some(dir) => LoadSample::read(dir).map_err(CliError::Samples)?,
    };
    let register = match given_store(args.store, None)? {
        Some(StoreAddress::Postgres(register)) => Some(register),
        Some(StoreAddress::Sqlite(_)) | None => None,
    };
    let apart = match (args.serve, args.processes.and_then(NonZero::new), register) {
        (None, None, _) => None,
        (Some(requests), _, Some(register)) => {
            serve_apart(&sample, register, requests).map_err(CliError::Samples)?;
            return Ok(Verdict::Yes);
        }
        (None, Some(count), Some(register)) => Some(Processes { count, register, samples: args.samples }),
        (_, _, None) => {
            return Err(CliError::Usage(
                "processes share a database: --store postgres://user@host/database".into(),
            ));
        }
    };
    let measured = measure_http(&sample, apart.as_ref()).map_err(CliError::Samples)?;
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
        format!("processes          {}", measured.processes),
        format!("threads            {}", measured.threads),
    ]
    .join("\n")
}
