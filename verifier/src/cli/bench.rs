//! `verifier bench`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;

use serde_json::json;

use super::failure::Failure;
use super::{Outcome, Talk};
use crate::bench::{Sample, measure};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Folder with `verification_key.json`, `proof.json` and `public.json` [default: the built-in sample].
    #[arg(long)]
    samples: Option<PathBuf>,
}

pub(super) fn run(args: &Args, talk: Talk) -> Outcome {
    let sample = match &args.samples {
        None => Sample::built_in(),
        Some(dir) => Sample::read(dir).map_err(Failure::Samples)?,
    };
    let measured = measure(&sample).map_err(Failure::Samples)?;
    let threads = available_parallelism().map_or(1, usize::from);
    match talk {
        Talk::Machine => println!(
            "{}",
            json!({
                "verify_ms": measured.verify_ms,
                "reference_ms": measured.reference_ms,
                "batch_64_per_s": null,
                "batch_1024_per_s": null,
                "threads": threads,
            })
        ),
        Talk::People => {
            println!("verify     {:.2} ms", measured.verify_ms);
            println!("reference  {:.2} ms (ark-groth16)", measured.reference_ms);
        }
    }
    Ok(ExitCode::SUCCESS)
}
