//! `verifier bench`.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::failure::Failure;
use super::{Outcome, Talk};
use crate::bench::{Measured, Sample, measure};

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
    match talk {
        Talk::Machine => println!("{}", json!(measured)),
        Talk::People => tell(&measured),
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(measured: &Measured) {
    println!("verify one         {:.3} ms", measured.verify_ms);
    println!("  from its bytes   {:.3} ms", measured.verify_from_bytes_ms);
    println!("ark-groth16        {:.3} ms", measured.reference_ms);
    println!("  pairings alone   {:.3} ms", measured.reference_pairings_ms);
    println!("batches of 64      {:.0} proofs/s", measured.batch_64_per_s);
    println!("batches of 1,024   {:.0} proofs/s", measured.batch_1024_per_s);
    println!("  one false        {:.0} proofs/s", measured.batch_1024_with_1_false_per_s);
    println!("  sixteen false    {:.0} proofs/s", measured.batch_1024_with_16_false_per_s);
    println!("threads            {}", measured.threads);
}
