//! `verifier ask` and `verifier policies`: what a running service is asked.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use circuits::schema::SchemaId;
use openid4vc::vp::{ReceiptName, Status, TransactionStatus};
use serde::Serialize;
use service::cli::{Shell, Verdict};
use url::Url;

use super::error::CliError;
use super::picture;
use crate::client::{VerifierClient, in_words, revealed};
use crate::relying_party::{CreatedRequest, ListedPolicy};

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

pub(super) fn run(args: &Args, shell: Shell) -> Result<Verdict, CliError> {
    let client = VerifierClient::new(args.url.clone(), token(args.token_file.as_deref())?);
    let asked = client.ask(&args.policy)?;
    show(&asked, shell);
    if args.no_wait {
        return Ok(Verdict::Yes);
    }
    let status = client.verdict(&asked)?;
    conclude(&status, shell);
    Ok((status.status == Status::Passed).into())
}

/// The counter's token, where there is a file of it.
pub(super) fn token(path: Option<&Path>) -> Result<Option<String>, CliError> {
    let Some(path) = path else { return Ok(None) };
    let text =
        std::fs::read_to_string(path).map_err(|source| CliError::File { path: path.to_owned(), source })?;
    Ok(Some(service::spreadsheet::one_line(&text).to_owned()))
}

fn show(asked: &CreatedRequest, shell: Shell) {
    if shell.is_json() {
        return line(asked);
    }
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

fn conclude(status: &TransactionStatus, shell: Shell) {
    if shell.is_json() {
        return line(status);
    }
    eprintln!("{}", in_words(status));
    if !status.revealed.is_empty() {
        println!("{}", revealed(status));
    }
    if let Some(receipt) = &status.receipt {
        eprintln!("Receipt 回执: {}", ReceiptName::in_groups(&receipt.id));
    }
}

/// One line of JSON, at once: who reads it may be waiting for the link.
fn line(value: &impl Serialize) {
    println!("{}", serde_json::to_string(value).expect("string keys and JSON values are JSON"));
    std::io::stdout().flush().ok();
}

#[derive(clap::Args)]
pub(super) struct PoliciesArgs {
    /// The service.
    #[arg(long, env = "YONG_VERIFIER", default_value = "http://127.0.0.1:7003")]
    url: Url,
    /// Language of the list: `zh-CN` or `en`.
    #[arg(long, env = "YONG_LANG", default_value = "en")]
    lang: String,
}

pub(super) fn policies(args: &PoliciesArgs, shell: Shell) -> Result<Verdict, CliError> {
    let policies = VerifierClient::new(args.url.clone(), None).policies()?;
    shell.answer(&policies, || policies.iter().map(|policy| describe(policy, &args.lang)).collect())?;
    Ok(Verdict::Yes)
}

fn describe(policy: &ListedPolicy, language: &str) -> String {
    let title = policy.title.text(language);
    let mut lines = vec![format!("{}  {title} ({})\n", policy.policy, policy.publisher)];
    let mut say = |of: &str, conditions: &BTreeMap<String, Vec<String>>| {
        let conditions = conditions.get(language).or_else(|| conditions.get("en"));
        lines.push(format!("    {of}\n"));
        lines.extend(conditions.into_iter().flatten().map(|condition| format!("      - {condition}\n")));
    };
    for credential in &policy.credentials {
        say(credential.schema.as_str(), &credential.conditions);
    }
    for (part, conditions) in [("across", &policy.across), ("models", &policy.models)] {
        if !conditions.is_empty() {
            say(part, conditions);
        }
    }
    lines.concat()
}
