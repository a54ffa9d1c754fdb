//! `verifier reconcile`.

use std::path::PathBuf;
use std::process::ExitCode;

use openid4vc::offline::VerifierId;
use openid4vc::vp::Status;
use serde_json::json;
use url::Url;

use super::failure::Failure;
use super::scan::Files;
use super::{Outcome, Talk};
use crate::client::{VerifierClient, date};
use crate::offline::{DeviceError, Reconciled};
use crate::store::Store;

/// Scans that fit one request to the service.
const AT_ONCE: usize = 24;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    files: Files,
    /// The service.
    #[arg(long, env = "YONG_VERIFIER", default_value = "http://127.0.0.1:7003")]
    url: Url,
    /// File with the counter's token, where the service asks for one.
    #[arg(long, env = "YONG_VERIFIER_TOKEN_FILE")]
    token_file: Option<PathBuf>,
}

pub(super) fn run(args: &Args, talk: Talk) -> Outcome {
    let path = args.files.kept();
    if !path.exists() {
        return Err(Failure::NothingKept(path));
    }
    let mut store = Store::open(&path).map_err(DeviceError::from)?;
    let client = VerifierClient::new(args.url.clone(), super::ask::token(args.token_file.as_deref())?);
    let mut all = Vec::new();
    loop {
        let unsent = store.unsent(AT_ONCE).map_err(DeviceError::from)?;
        if unsent.is_empty() {
            break;
        }
        let judged = client.reconcile(&unsent)?;
        // Whatever the service judged is not sent again; a crash before this sends it again, and it is told the same.
        let ids: Vec<String> = judged.iter().map(|one| one.id.clone()).collect();
        store.sent(&ids).map_err(DeviceError::from)?;
        all.extend(judged);
    }
    tell(&all, talk);
    let passed = all.iter().all(|one| one.verdict == Status::Passed);
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(all: &[Reconciled], talk: Talk) {
    let refused: Vec<&Reconciled> = all.iter().filter(|one| one.verdict != Status::Passed).collect();
    match talk {
        Talk::Machine => println!("{}", json!({ "accepted": all.len() - refused.len(), "refused": refused })),
        Talk::People => {
            println!("{} accepted 已入账, {} refused 未入账", all.len() - refused.len(), refused.len());
            refused.into_iter().for_each(tell_one);
        }
    }
}

fn tell_one(refused: &Reconciled) {
    let reason = refused.reason.map_or("unknown", |reason| reason.as_str());
    println!("{}  {reason}", refused.id);
    for used in &refused.used {
        let counter = used.counter.as_ref().and_then(VerifierId::window).unwrap_or("-");
        println!("    used before 此前已使用: {} {counter} {}", used.receipt, date(used.time));
    }
}
