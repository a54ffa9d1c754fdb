//! `trustee backup` and `trustee restore-backup`.
//!
//! A backup has the sealed shares and no key: whoever finds it learns who keeps shares with whom, and no share.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger::client::Client;
use ledger::genesis::Genesis;
use serde_json::json;
use service::backup::{BackupError, BackupWriter, Header, Restoring, ServiceKind, snapshot};
use service::cli::{CommandError, Language, OrFail as _, Shell, Verdict};
use service::clock::Clock;

use crate::config::Config;
use crate::following::{CatchUpError, Following};
use crate::http::{DATABASE, FOLLOWED};
use crate::store::Store;

#[derive(clap::Args)]
pub(crate) struct BackupArgs {
    /// The trustee's configuration.
    #[arg(long, env = "YONG_TRUSTEE_CONFIG", default_value = "trustee.toml")]
    config: PathBuf,
    /// The new file; it is there whole or not at all, and never in place of another.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct RestoreArgs {
    /// The file that `trustee backup` wrote.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The trustee's configuration; its `data` is a new or empty folder.
    #[arg(long, env = "YONG_TRUSTEE_CONFIG", default_value = "trustee.toml")]
    config: PathBuf,
    /// Does not ask the ledger; the trustee compares when it starts.
    #[arg(long)]
    offline: bool,
}

pub(crate) fn make(args: &BackupArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let (config, genesis) = configured(&args.config)?;
    let database = config.data.join(DATABASE);
    if !database.exists() {
        return Err(BackupError::NothingHere(database).into());
    }
    let following = following(&config, &genesis, &config.data)?;
    let who = config.department.to_string();
    let digest = genesis.digest().to_string();
    let entries = following.newest().entries();
    let header = Header::new(ServiceKind::Trustee, who, digest, entries, Clock::system().now());
    let mut writer = BackupWriter::begin(&args.to, header)?;
    let copy = writer.scratch(DATABASE);
    snapshot(&database, &copy, |_| Ok(()))?;
    writer.add_file(DATABASE, &copy)?;
    writer.add_file_if_there(FOLLOWED, &config.data.join(FOLLOWED))?;
    let secret = [
        "密钥不要与备份放在一处：两样都有的人，就有了本部门保管的每一份。",
        "Do not keep the keys where the backups are: whoever has both has this department's share of everybody.",
    ];
    writer.finish()?.answer(secret, shell)?;
    Ok(Verdict::Yes)
}

pub(crate) fn put_back(args: &RestoreArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let (config, genesis) = configured(&args.config)?;
    let restoring = Restoring::begin(&config.data)?;
    let folder = restoring.folder();
    let is_known = |name: &str| [DATABASE, FOLLOWED].contains(&name);
    let header = restoring.unpack(&args.from, ServiceKind::Trustee, is_known, &folder)?;
    header.check(&genesis.digest().to_string(), Some(&config.department.to_string()))?;
    if !folder.join(DATABASE).exists() {
        return Err(BackupError::Damaged(format!("{DATABASE} is missing")).into());
    }
    let store = Store::open(&folder.join(DATABASE));
    drop(store.or_fail(
        "not_opened",
        "the database of the backup",
        "Use the newer program that wrote it.",
    )?);
    let following = following(&config, &genesis, &folder)?;
    if !args.offline {
        following.catch_up(Clock::system().now()).map_err(compared)?;
    }
    restoring.finish()?;
    let place = &config.data;
    let answer = json!({ "restored": place, "who": header.who, "made_at": header.made_at });
    shell.answer(&answer, || match shell.language() {
        Language::Chinese => format!("已恢复到 {}。", place.display()),
        Language::English => format!("Restored to {}.", place.display()),
    })?;
    shell.say(
        "备份之后收到的各份已经丢失；那些人的钱包需要重新分存。",
        "Shares that were taken after the backup are lost: the wallets of those people have to deal again.",
    );
    Ok(Verdict::Yes)
}

fn configured(path: &Path) -> Result<(Config, Genesis), CommandError> {
    let remedy = "Correct the file; `trustee serve --help` shows one.";
    let config = Config::load(path).or_fail("bad_config", format_args!("`{}`", path.display()), remedy)?;
    let remedy = "Check the `ca` of the configuration.";
    ledger::client::trust(config.ca.as_deref()).or_fail("bad_ca", "certificate authorities", remedy)?;
    let remedy = "Check the `genesis` of the configuration.";
    let bytes = std::fs::read(&config.genesis).or_fail("bad_genesis", "the genesis file", remedy)?;
    let genesis = serde_json::from_slice(&bytes).or_fail("bad_genesis", "the genesis file", remedy)?;
    Ok((config, genesis))
}

/// What was followed, in this folder.
fn following(config: &Config, genesis: &Genesis, folder: &Path) -> Result<Following, CommandError> {
    let source = Arc::new(Client::new(config.ledger.clone()));
    let resumed = Following::resume(source, genesis, folder.join(FOLLOWED));
    resumed.or_fail("bad_followed", "what was followed of the ledger", "Take an older backup.")
}

fn compared(error: CatchUpError) -> BackupError {
    match error {
        CatchUpError::Follow(error) if error.contradicts() => BackupError::Contradicted(error.to_string()),
        error => BackupError::NotCompared(error.to_string()),
    }
}
