//! `verifier receipt export`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ledger::client::Client;
use ledger::follow::{FollowError, Follower};
use serde_json::json;
use url::Url;

use super::{Failure, Outcome, Talk};
use crate::cli::now;
use crate::following;
use crate::http::DATABASE;
use crate::store::{Act, COMMAND, Found, Note, Store};
use verifier::receipt::{Bundle, Disclose, Kept, export};

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The receipt's identifier, as the counter shows it.
    #[arg(allow_hyphen_values = true)]
    id: String,
    /// The counter's data directory.
    #[arg(long, env = "YONG_VERIFIER_DATA", default_value = "verifier-data")]
    data: PathBuf,
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

pub(super) fn run(args: &Args, talk: Talk) -> Outcome {
    let mut store = store(args)?;
    let kept = kept(&store, &args.id)?;
    let follower = follower(args)?;
    let disclose = if args.with_revealed { Disclose::Revealed } else { Disclose::Nothing };
    let bundle = export(&kept, &follower, &Client::new(args.ledger.clone()), disclose)?;
    // Written down first, so that nothing leaves without its line.
    store.note(&note(&kept, disclose))?;
    write(args.out.as_deref(), &bundle.to_bytes())?;
    tell(args, &bundle, talk);
    Ok(ExitCode::SUCCESS)
}

fn store(args: &Args) -> Result<Store, Failure> {
    let path = args.data.join(DATABASE);
    if !path.exists() {
        let source = std::io::ErrorKind::NotFound.into();
        return Err(Failure::File { path, source });
    }
    Ok(Store::open(&path)?)
}

fn kept(store: &Store, id: &str) -> Result<Kept, Failure> {
    match store.receipt(id)? {
        Some(Found::Evidence(kept)) => Ok(*kept),
        Some(Found::Receipt(_)) => Err(Failure::NoEvidence(id.to_owned())),
        None => Err(Failure::NoReceipt(id.to_owned())),
    }
}

/// The line of the audit list.
fn note(kept: &Kept, disclose: Disclose) -> Note<'_> {
    let act = match disclose {
        Disclose::Nothing => Act::ExportedReceipt,
        Disclose::Revealed => Act::ExportedRevealed,
    };
    let (matter, number) = (Some(&kept.receipt.policy), Some(kept.receipt.id.as_str()));
    Note { time: now(), who: COMMAND, act, matter, number }
}

/// What the counter has followed, caught up for this command alone.
fn follower(args: &Args) -> Result<Follower, Failure> {
    let mut follower = following::followed(&args.data.join("following.json"))?
        .ok_or_else(|| Failure::NoReceipt(args.id.clone()))?;
    follower.sync(&Client::new(args.ledger.clone())).map_err(unfollowed)?;
    Ok(follower)
}

fn unfollowed(error: FollowError) -> Failure {
    verifier::receipt::ExportError::from(error).into()
}

/// Never over another file, and for its owner alone.
fn write(out: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    let Some(path) = out else {
        // A reader that went away has what it wanted.
        std::io::stdout().write_all(bytes).ok();
        return Ok(());
    };
    let failed = |source| Failure::Write { path: path.to_owned(), source };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)
}

fn tell(args: &Args, bundle: &Bundle, talk: Talk) {
    let Some(out) = &args.out else { return };
    let revealed = bundle.shown.iter().any(|shown| shown.revealed.is_some());
    match talk {
        Talk::Machine => println!(
            "{}",
            json!({ "receipt": bundle.receipt.id, "out": out, "genesis": bundle.genesis_digest,
                "personal_data": revealed, "development": bundle.receipt.development })
        ),
        Talk::People => {
            eprintln!("Written to {}. Ledger 账本: {}", out.display(), bundle.genesis_digest);
            if revealed {
                eprintln!("It holds what the citizen handed over: PERSONAL DATA. 含个人信息。");
            }
            if bundle.receipt.development {
                eprintln!("It rests on a development key: its proofs can be forged. 开发密钥，仅供演示。");
            }
        }
    }
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
        let receipt = scene.counter.status(&asked.transaction).unwrap().unwrap().receipt.unwrap();
        let Some(Found::Evidence(kept)) = scene.counter.receipt(&receipt.id).unwrap() else {
            panic!("nothing was kept")
        };
        for (disclose, act) in
            [(Disclose::Nothing, Act::ExportedReceipt), (Disclose::Revealed, Act::ExportedRevealed)]
        {
            let note = note(&kept, disclose);
            assert_eq!((note.who, note.act), (COMMAND, act));
            assert_eq!((note.matter, note.number), (Some(&asked.policy), Some(receipt.id.as_str())));
        }
    }
}
