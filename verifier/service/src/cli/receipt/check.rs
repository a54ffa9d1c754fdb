//! `verifier receipt check`.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ledger::digest::Digest;
use ledger::genesis::Genesis;
use ledger::record::KeyUse;
use openid4vc::json;
use serde_json::{Value, json};
use service::cli::{Shell, Verdict};

use crate::cli::error::CliError;
use verifier::receipt::{Bundle, MAX_BUNDLE, ReceiptError, Revealed, VerifiedReceipt, verify};

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The file that `verifier receipt export` wrote; `-` for standard input.
    file: PathBuf,
    /// The genesis file of the ledger that it must be about. Without it the ledger is whichever the file names: compare
    /// the digest that is printed with one from a source you trust.
    #[arg(long, env = "YONG_GENESIS")]
    genesis: Option<PathBuf>,
    /// What the citizen handed over, where the file leaves it out: JSON such as `{"credit": {"level": "B"}}`.
    #[arg(long, value_name = "FILE")]
    revealed: Option<PathBuf>,
}

pub(super) fn run(args: &Args, shell: Shell) -> Result<Verdict, CliError> {
    let bundle = Bundle::parse(&read(&args.file)?).map_err(|error| malformed(&args.file, &error))?;
    let genesis = args.genesis.as_deref().map(genesis).transpose()?;
    let revealed = args.revealed.as_deref().map(revealed).transpose()?.unwrap_or_default();
    let ledger = if genesis.is_some() { "compared" } else { "not compared" };
    match verify(&bundle, genesis.as_ref(), &revealed) {
        Ok(checked) => {
            shell.answer(&as_json(&bundle, &checked, ledger), || as_text(&bundle, &checked, ledger))?;
            Ok(Verdict::Yes)
        }
        // Nothing is wrong with the file; what is missing can be brought along.
        Err(missing @ ReceiptError::RevealedMissing { .. }) => {
            Err(CliError::RevealedMissing(missing.to_string()))
        }
        Err(refusal) => {
            let answer = json!({
                "believed": false, "receipt": bundle.receipt.id, "reason": refusal.code(),
                "message": refusal.to_string(),
            });
            shell.answer(&answer, || format!("NOT TO BE BELIEVED 不可信: {refusal}."))?;
            Ok(Verdict::No)
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let failed = |source| CliError::File { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let limit = MAX_BUNDLE as u64 + 1;
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        File::open(path).map_err(failed)?.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    }
    Ok(bytes)
}

fn malformed(path: &Path, reason: &impl ToString) -> CliError {
    CliError::NotAReceipt { path: path.to_owned(), reason: reason.to_string() }
}

fn genesis(path: &Path) -> Result<Digest, CliError> {
    let genesis: Genesis =
        serde_json::from_slice(&read(path)?).map_err(|_| CliError::Genesis(path.to_owned()))?;
    Ok(genesis.digest())
}

fn revealed(path: &Path) -> Result<Revealed, CliError> {
    json::from_slice(&read(path)?, MAX_BUNDLE).map_err(|error| malformed(path, &error))
}

fn as_json(bundle: &Bundle, checked: &VerifiedReceipt, ledger: &str) -> Value {
    json!({
        "believed": true, "receipt": bundle.receipt.id, "policy": checked.policy.policy,
        "publisher": checked.publisher, "judged_at": bundle.receipt.time, "client_id": bundle.session.client_id,
        "key": checked.key, "key_retired_at": checked.retired_at, "linked_keys": checked.linked_keys,
        "development": checked.key_use == KeyUse::Development,
        "root_time": checked.root.time, "entries": checked.size, "cosignatures": checked.cosigned,
        "genesis": bundle.genesis_digest, "genesis_compared": ledger == "compared",
        "personal_data": bundle.shown.iter().any(|shown| shown.revealed.is_some()),
    })
}

fn as_text(bundle: &Bundle, checked: &VerifiedReceipt, ledger: &str) -> String {
    let policy = &checked.policy;
    let receipt = &bundle.receipt;
    let mut lines = Vec::new();
    lines.push("TO BE BELIEVED 可信".to_owned());
    lines.push(format!("receipt 回执        {}", receipt.id));
    lines.push(format!("matter 事项         {} / {}", policy.title.text("zh-CN"), policy.title.text("en")));
    lines.push(format!("policy 核验规则     {} of {}", policy.policy, checked.publisher));
    lines.push(format!("judged 判定         {} (the counter's clock)", moment(receipt.time)));
    lines.push(format!("counter 窗口        {}", bundle.session.client_id));
    lines.push(format!("ledger state 账本   {}, {} entries", moment(checked.root.time), checked.size));
    lines.push(format!("cosigned by 见证    {} at least", checked.cosigned));
    lines.push(format!("key 密钥            {}", checked.key.short()));
    let linked = checked.linked_keys.iter();
    lines.extend(linked.map(|key| format!("further key 其他密钥 {}", key.short())));
    lines.push(format!("genesis 创世        {} ({ledger})", bundle.genesis_digest));
    if let Some(at) = checked.retired_at {
        lines.push(format!("The key's end 密钥停用: {}; the answer was judged before it.", moment(at)));
    }
    if checked.key_use == KeyUse::Development {
        lines.push(
            "DEVELOPMENT KEY: whoever made it can have forged this. 开发密钥：可能是伪造的，仅供演示。"
                .to_owned(),
        );
    }
    lines.join("\n")
}

fn moment(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(|| seconds.to_string(), |time| time.to_string())
}
