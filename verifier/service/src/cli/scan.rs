//! `verifier scan`.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use openid4vc::offline::MAX_TEXT;
use openid4vc::vp::Status;
use serde_json::json;

use super::failure::Failure;
use super::{Outcome, Talk, now};
use crate::client::date;
use crate::offline::{Bundle, Device, Scanned};

#[derive(clap::Args)]
pub(super) struct Args {
    /// What the QR code says, `yong:1:…`; `-` reads a line from a scanner on stdin.
    text: String,
    #[command(flatten)]
    files: Files,
}

/// The files of a counter without a network.
#[derive(clap::Args)]
pub(super) struct Files {
    /// The file that `verifier bundle` wrote.
    #[arg(long, env = "YONG_VERIFIER_BUNDLE")]
    bundle: PathBuf,
    /// The file of what was accepted, made if it is not there [default: beside the bundle, with `.sqlite`].
    #[arg(long)]
    kept: Option<PathBuf>,
}

impl Files {
    pub(super) fn bundle(&self) -> &Path {
        &self.bundle
    }
    pub(super) fn kept(&self) -> PathBuf {
        self.kept.clone().unwrap_or_else(|| self.bundle.with_extension("sqlite"))
    }
}

pub(super) fn run(args: &Args, talk: Talk) -> Outcome {
    let text = if args.text == "-" { line_of_stdin()? } else { args.text.clone() };
    let (bundle, now) = (Bundle::read(args.files.bundle())?, now());
    let scanned = Device::open(bundle, &args.files.kept(), now)?.scan(text.trim(), now)?;
    match talk {
        Talk::Machine => println!("{}", json!(scanned)),
        Talk::People => tell(&scanned),
    }
    Ok(if scanned.verdict == Status::Passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A text that is too long is refused as one; it is not read to its end.
fn line_of_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let most = MAX_TEXT as u64 + 2;
    let read = std::io::stdin().take(most).read_to_string(&mut text);
    read.map_err(|source| Failure::File { path: "stdin".into(), source })?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn tell(scanned: &Scanned) {
    let policy = scanned.policy.as_ref().map_or_else(String::new, |policy| format!(": {policy}"));
    let mark = if scanned.development { " [development keys 开发密钥]" } else { "" };
    match scanned.reason {
        None => eprintln!("PASSED 通过{policy}{mark}"),
        Some(reason) => eprintln!("NOT PASSED 未通过 ({}){policy}{mark}", reason.as_str()),
    }
    if let Some(detail) = &scanned.detail {
        eprintln!("{detail}");
    }
    for used in &scanned.used {
        eprintln!("Shown before 此前已出示: {} ({})", used.receipt, date(used.time));
    }
    if !scanned.revealed.is_empty() {
        println!("{}", json!(scanned.revealed));
    }
    if let Some(receipt) = &scanned.receipt {
        eprintln!("Receipt 回执: {}", receipt.id);
    }
}
