//! `verifier receipt check`.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;
use ledger::digest::Digest;
use ledger::genesis::Genesis;
use ledger::record::KeyUse;
use openid4vc::json;
use serde_json::{Value, json};

use super::{Failure, Outcome, Talk};
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

pub(super) fn run(args: &Args, talk: Talk) -> Outcome {
    let bundle = Bundle::parse(&read(&args.file)?).map_err(|error| malformed(&args.file, &error))?;
    let genesis = args.genesis.as_deref().map(genesis).transpose()?;
    let revealed = args.revealed.as_deref().map(revealed).transpose()?.unwrap_or_default();
    let ledger = if genesis.is_some() { "compared" } else { "not compared" };
    match verify(&bundle, genesis.as_ref(), &revealed) {
        Ok(checked) => {
            believed(&bundle, &checked, ledger, talk);
            Ok(ExitCode::SUCCESS)
        }
        // Nothing is wrong with the file; what is missing can be brought along.
        Err(missing @ ReceiptError::RevealedMissing { .. }) => {
            Err(Failure::RevealedMissing(missing.to_string()))
        }
        Err(refusal) => {
            refused(&bundle, &refusal, talk);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |source| Failure::File { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let limit = MAX_BUNDLE as u64 + 1;
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        File::open(path).map_err(failed)?.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    }
    Ok(bytes)
}

fn malformed(path: &Path, reason: &impl ToString) -> Failure {
    Failure::NotAReceipt { path: path.to_owned(), reason: reason.to_string() }
}

fn genesis(path: &Path) -> Result<Digest, Failure> {
    let genesis: Genesis =
        serde_json::from_slice(&read(path)?).map_err(|_| Failure::Genesis(path.to_owned()))?;
    Ok(genesis.digest())
}

fn revealed(path: &Path) -> Result<Revealed, Failure> {
    json::from_slice(&read(path)?, MAX_BUNDLE).map_err(|error| malformed(path, &error))
}

fn believed(bundle: &Bundle, checked: &VerifiedReceipt, ledger: &str, talk: Talk) {
    match talk {
        Talk::Machine => println!("{}", as_json(bundle, checked, ledger)),
        Talk::People => as_text(bundle, checked, ledger),
    }
}

fn as_json(bundle: &Bundle, checked: &VerifiedReceipt, ledger: &str) -> Value {
    json!({
        "believed": true, "receipt": bundle.receipt.id, "policy": checked.policy.policy,
        "publisher": checked.publisher, "judged_at": bundle.receipt.time, "client_id": bundle.session.client_id,
        "key": checked.key, "key_retired_at": checked.retired_at,
        "development": checked.key_use == KeyUse::Development,
        "root_time": checked.root.time, "entries": checked.size, "cosignatures": checked.cosigned,
        "genesis": bundle.genesis_digest, "genesis_compared": ledger == "compared",
        "personal_data": bundle.shown.iter().any(|shown| shown.revealed.is_some()),
    })
}

fn as_text(bundle: &Bundle, checked: &VerifiedReceipt, ledger: &str) {
    let (policy, receipt) = (&checked.policy, &bundle.receipt);
    println!("TO BE BELIEVED 可信");
    println!("receipt 回执        {}", receipt.id);
    println!("matter 事项         {} / {}", policy.title.text("zh-CN"), policy.title.text("en"));
    println!("policy 政策         {} of {}", policy.policy, checked.publisher);
    println!("judged 判定         {} (the counter's clock)", moment(receipt.time));
    println!("counter 窗口        {}", bundle.session.client_id);
    println!("ledger state 账本   {}, {} entries", moment(checked.root.time), checked.size);
    println!("cosigned by 见证    {} at least", checked.cosigned);
    println!("key 密钥            {}", checked.key.short());
    println!("genesis 创世        {} ({ledger})", bundle.genesis_digest);
    if let Some(at) = checked.retired_at {
        println!("The key's end 密钥停用: {}; the answer was judged before it.", moment(at));
    }
    if checked.key_use == KeyUse::Development {
        println!("DEVELOPMENT KEY: whoever made it can have forged this. 开发密钥：可能是伪造的，仅供演示。");
    }
}

fn refused(bundle: &Bundle, refusal: &ReceiptError, talk: Talk) {
    match talk {
        Talk::Machine => println!(
            "{}",
            json!({ "believed": false, "receipt": bundle.receipt.id, "reason": refusal.code(),
                "message": refusal.to_string() })
        ),
        Talk::People => println!("NOT TO BE BELIEVED 不可信: {refusal}."),
    }
}

fn moment(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(|| seconds.to_string(), |time| time.to_string())
}
