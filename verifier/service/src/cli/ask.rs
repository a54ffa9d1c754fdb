//! `verifier ask`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use circuits::schema::SchemaId;
use openid4vc::vp::{Status, TransactionStatus};
use serde::Serialize;
use url::Url;

use super::failure::Failure;
use super::{Outcome, Talk, picture};
use crate::client::{VerifierClient, in_words, revealed};
use crate::relying_party::Asked;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Which policy, such as `adult/1`.
    policy: SchemaId,
    /// The service.
    #[arg(long, env = "YONG_VERIFIER", default_value = "http://127.0.0.1:7003")]
    url: Url,
    /// File with the counter's token, where the service asks for one.
    #[arg(long, env = "YONG_VERIFIER_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// Makes the request and does not wait for the answer.
    #[arg(long)]
    no_wait: bool,
}

pub(super) fn run(args: &Args, talk: Talk) -> Outcome {
    let client = VerifierClient::new(args.url.clone(), token(args.token_file.as_deref())?);
    let asked = client.ask(&args.policy)?;
    show(&asked, talk);
    if args.no_wait {
        return Ok(ExitCode::SUCCESS);
    }
    let status = client.verdict(&asked)?;
    conclude(&status, talk);
    Ok(if status.status == Status::Passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The counter's token, where there is a file of it.
pub(super) fn token(path: Option<&Path>) -> Result<Option<String>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let text =
        std::fs::read_to_string(path).map_err(|source| Failure::File { path: path.to_owned(), source })?;
    Ok(Some(text.trim().to_owned()))
}

fn show(asked: &Asked, talk: Talk) {
    match talk {
        Talk::Machine => line(asked),
        Talk::People => {
            if let Some(picture) = picture(&asked.link) {
                eprintln!("{picture}");
            }
            eprintln!("Code on both screens 核对码: {}", asked.match_code);
            eprintln!("Key of the proof 证明密钥: {}", asked.key.short());
            if asked.development {
                eprintln!("Development keys: proofs can be forged. 开发密钥，仅供演示。");
            }
            println!("{}", asked.link);
            std::io::stdout().flush().ok();
        }
    }
}

fn conclude(status: &TransactionStatus, talk: Talk) {
    match talk {
        Talk::Machine => line(status),
        Talk::People => {
            eprintln!("{}", in_words(status));
            if !status.revealed.is_empty() {
                println!("{}", revealed(status));
            }
            if let Some(receipt) = &status.receipt {
                eprintln!("Receipt 回执: {}", receipt.id);
            }
        }
    }
}

/// One line of JSON, at once: who reads it may be waiting for the link.
fn line(value: &impl Serialize) {
    println!("{}", serde_json::to_string(value).expect("string keys and JSON values are JSON"));
    std::io::stdout().flush().ok();
}
