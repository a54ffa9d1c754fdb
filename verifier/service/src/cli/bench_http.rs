//! `verifier bench-http`.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::failure::Failure;
use super::{Outcome, Talk};
use crate::bench::{HttpMeasured, LoadSample, measure_http};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Folder with `load.json` and `load.answers` [default: the built-in sample].
    #[arg(long)]
    samples: Option<PathBuf>,
}

pub(super) fn run(args: &Args, talk: Talk) -> Outcome {
    let sample = match &args.samples {
        None => LoadSample::built_in(),
        Some(dir) => LoadSample::read(dir).map_err(Failure::Samples)?,
    };
    let measured = measure_http(&sample).map_err(Failure::Samples)?;
    match talk {
        Talk::Machine => println!("{}", json!(measured)),
        Talk::People => tell(&measured),
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(measured: &HttpMeasured) {
    println!("presentations      {:.0}/s", measured.presentations_per_s);
    println!("  half within      {:.1} ms", measured.p50_ms);
    println!("  99 of 100        {:.1} ms", measured.p99_ms);
    println!("at half that rate");
    println!("  99 of 100        {:.1} ms", measured.half_rate_p99_ms);
    println!("turned away        {}", measured.rejected_503);
    println!("threads            {}", measured.threads);
}
