//! `verifier bundle`.

use std::path::PathBuf;
use std::process::ExitCode;

use ledger::client::Client;
use openid4vc::offline::VerifierId;
use serde_json::json;
use url::Url;

use super::failure::Failure;
use super::{Outcome, Talk, now, picture};
use crate::certificate::VerifierCertificate;
use crate::following::kept_follower;
use crate::offline::{Bundle, Shift};
use verifier::Development;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Data directory of the service whose counter it is; only read.
    #[arg(long, env = "YONG_VERIFIER_DATA", default_value = super::serve::DATA)]
    data: PathBuf,
    /// The file to write; one that is there is replaced.
    #[arg(long)]
    out: PathBuf,
    /// Name of the window, where the service has several: a-z, 0-9 and '-'.
    #[arg(long)]
    window: Option<String>,
    /// Hours that the counter believes what it fetched, 1 to 24 [default: 12].
    #[arg(long)]
    hours: Option<u64>,
    /// The ledger.
    #[arg(long, env = "YONG_LEDGER", default_value = super::serve::LEDGER)]
    ledger: Url,
    /// Accepts development keys, whose proofs can be forged; marks everything that rests on them.
    #[arg(long, env = "YONG_DEVELOPMENT")]
    development: bool,
}

pub(super) fn run(args: &Args, talk: Talk) -> Outcome {
    let shift = args.hours.map_or(Ok(Shift::default()), Shift::hours);
    let shift = shift.map_err(|error| Failure::Usage(error.to_string()))?;
    let counter = counter(args)?;
    let mut follower = kept_follower(&args.data.join("following.json"))?.ok_or(Failure::NoService)?;
    follower.sync(&Client::new(args.ledger.clone())).map_err(|error| Failure::Ledger(error.to_string()))?;
    let development = if args.development { Development::Accepted } else { Development::Refused };
    let bundle = Bundle::new(counter, follower, now(), shift, development);
    bundle.check()?;
    bundle.write(&args.out)?;
    tell(&bundle, args, talk);
    Ok(ExitCode::SUCCESS)
}

fn counter(args: &Args) -> Result<VerifierId, Failure> {
    let certificate =
        VerifierCertificate::open(&args.data.join("certificate")).map_err(|_| Failure::NoService)?;
    VerifierId::new(certificate.client_id(), args.window.as_deref())
        .map_err(|error| Failure::Usage(error.to_string()))
}

fn tell(bundle: &Bundle, args: &Args, talk: Talk) {
    let printed = bundle.counter().printed();
    match talk {
        Talk::Machine => println!(
            "{}",
            json!({
                "bundle": args.out, "counter": bundle.counter(), "printed": printed,
                "fetched_at": bundle.fetched_at(), "valid_until": bundle.valid_until(),
                "policies": bundle.registry().policies().count(),
            })
        ),
        Talk::People => {
            eprintln!("The code that hangs at the counter 窗口码:");
            if let Some(picture) = picture(&printed) {
                eprintln!("{picture}");
            }
            println!("{printed}");
        }
    }
}
