//! `verifier receipt export`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use ledger::client::Client;
use ledger::follow::{FollowError, Follower};
use serde_json::json;
use service::cli::{Shell, Verdict};
use service::clock::Clock;
use service::durable;
use url::Url;

use crate::cli::config::{given_store, store_of};
use crate::cli::error::CliError;
use crate::following;
use crate::store::{AuditAction, AuditEvent, COMMAND, CounterStore, StoredReceipt};
use verifier::receipt::{Bundle, Disclose, Kept, ReceiptName, export};

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The receipt's identifier, as the counter shows it.
    #[arg(allow_hyphen_values = true)]
    id: String,
    /// The counter's data directory.
    #[arg(long, env = "YONG_VERIFIER_DATA", default_value = "verifier-data")]
    data: PathBuf,
    /// Where the service remembers, if not in the data directory: a file, or `postgres://…`.
    #[arg(long, env = "YONG_VERIFIER_STORE", hide_env_values = true)]
    store: Option<String>,
    /// The ledger, or a mirror of it.
    #[arg(long, env = "YONG_LEDGER", default_value = "http://127.0.0.1:7001")]
    ledger: Url,
    /// The new file [default: standard output].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Also writes what the citizen handed over: the file is personal data then. Possible for an hour.
    #[arg(long)]
    with_revealed: bool,
}

pub(super) fn run(args: &Args, shell: Shell) -> Result<Verdict, CliError> {
    let store = store(args)?;
    let kept = kept(&*store, &args.id)?;
    let follower = follower(args)?;
    let disclose = if args.with_revealed { Disclose::Revealed } else { Disclose::Nothing };
    let ledger = Client::new(args.ledger.clone());
    let bundle = export(&kept, &follower, &ledger, disclose)?;
    // Written down first, so that nothing leaves without its line.
    store.note(&note(&kept, disclose))?;
    write(args.out.as_deref(), &bundle.to_bytes())?;
    tell(args, &bundle, shell)?;
    Ok(Verdict::Yes)
}

fn store(args: &Args) -> Result<Box<dyn CounterStore>, CliError> {
    let store = store_of(given_store(args.store.clone(), None)?, &args.data);
    if let Some(path) = store.file().filter(|path| !path.exists()).map(Path::to_owned) {
        let source = std::io::ErrorKind::NotFound.into();
        return Err(CliError::File { path, source });
    }
    Ok(store.open()?)
}

/// `id` as somebody read it out and typed it again.
fn kept(store: &dyn CounterStore, id: &str) -> Result<Kept, CliError> {
    let name = id.parse::<ReceiptName>();
    let kept_as = name.as_ref().map_or(id, ReceiptName::as_str);
    match store.receipt(kept_as)? {
        Some(StoredReceipt::Evidence(kept)) => Ok(*kept),
        Some(StoredReceipt::Receipt(_)) => Err(CliError::NoEvidence(id.to_owned())),
        None => Err(CliError::NoReceipt(id.to_owned())),
    }
}

/// The line of the audit list.
fn note(kept: &Kept, disclose: Disclose) -> AuditEvent<'_> {
    let act = match disclose {
        Disclose::Nothing => AuditAction::ExportedReceipt,
        Disclose::Revealed => AuditAction::ExportedRevealed,
    };
    let matter = Some(&kept.receipt.policy);
    let number = Some(kept.receipt.id.as_str());
    AuditEvent { time: Clock::system().now(), who: COMMAND, act, matter, number }
}

/// What the counter has followed, caught up for this command alone.
fn follower(args: &Args) -> Result<Follower, CliError> {
    let mut follower = following::stored_follower(&args.data.join("following.json"))?
        .ok_or_else(|| CliError::NoReceipt(args.id.clone()))?;
    follower.sync(&Client::new(args.ledger.clone()), Clock::system().now()).map_err(unfollowed)?;
    Ok(follower)
}

fn unfollowed(error: FollowError) -> CliError {
    verifier::receipt::ExportError::from(error).into()
}

/// Never over another file, and for its owner alone.
fn write(out: Option<&Path>, bytes: &[u8]) -> Result<(), CliError> {
    let Some(path) = out else {
        // A reader that went away has what it wanted.
        std::io::stdout().write_all(bytes).ok();
        return Ok(());
    };
    Ok(durable::create_secret(path, bytes)?)
}

fn tell(args: &Args, bundle: &Bundle, shell: Shell) -> Result<(), CliError> {
    let Some(out) = &args.out else { return Ok(()) };
    let revealed = bundle.shown.iter().any(|shown| shown.revealed.is_some());
    if shell.is_json() {
        let answer = json!({
            "receipt": bundle.receipt.id, "out": out, "genesis": bundle.genesis_digest,
            "personal_data": revealed, "development": bundle.receipt.development,
        });
        return Ok(shell.answer(&answer, String::new)?);
    }
    eprintln!("Written to {}. Ledger 账本: {}", out.display(), bundle.genesis_digest);
    if revealed {
        eprintln!("It holds what the citizen handed over: PERSONAL DATA. 含个人信息。");
    }
    if bundle.receipt.development {
        eprintln!("It rests on a development key: its proofs can be forged. 开发密钥，仅供演示。");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relying_party::tests::Scene;

    #[test]
    fn the_line_names_the_receipt_and_says_whether_personal_data_left() {
        let (scene, good, _, tree) = Scene::with_citizens();
        let asked = scene.ask("fast-lane/1");
        scene.pass(&asked, &good, &tree);
        let receipt = scene.relying_party.status(&asked.transaction).unwrap().unwrap().receipt.unwrap();
        let Some(StoredReceipt::Evidence(kept)) = scene.relying_party.receipt(&receipt.id).unwrap() else {
            panic!("nothing was kept")
        };
        for (disclose, act) in [
            (Disclose::Nothing, AuditAction::ExportedReceipt),
            (Disclose::Revealed, AuditAction::ExportedRevealed),
        ] {
            let note = note(&kept, disclose);
            assert_eq!((note.who, note.act), (COMMAND, act));
            assert_eq!((note.matter, note.number), (Some(&asked.policy), Some(receipt.id.as_str())));
        }
    }
}
