//! `issuer backup` and `issuer restore-backup`.

use std::path::{Path, PathBuf};

use serde_json::json;
use service::backup::{BackupError, BackupWriter, Header, Restoring, ServiceKind, snapshot};
use service::cli::{CommandError, Language, Shell, Verdict};
use service::clock::Clock;

use super::error::CliError;
use crate::config::Config;
use crate::issuer::{Issuer, OpenError, genesis_of};
use crate::serve::ServeError;
use crate::store::{FILE, newest_entry};

#[derive(clap::Args)]
pub(super) struct BackupArgs {
    /// The desk's configuration.
    #[arg(long, env = "YONG_DESK_CONFIG", default_value = "desk.toml")]
    config: PathBuf,
    /// Instead of `data` in the configuration.
    #[arg(long, env = "YONG_DESK_DATA")]
    data: Option<PathBuf>,
    /// The new file; it is there whole or not at all, and never in place of another. It holds personal data.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

#[derive(clap::Args)]
pub(super) struct RestoreArgs {
    /// The file that `issuer backup` wrote.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The desk's configuration.
    #[arg(long, env = "YONG_DESK_CONFIG", default_value = "desk.toml")]
    config: PathBuf,
    /// Instead of `data` in the configuration: a new or empty folder.
    #[arg(long, env = "YONG_DESK_DATA")]
    data: Option<PathBuf>,
    /// Does not ask the ledger; the desk compares when it starts.
    #[arg(long)]
    offline: bool,
}

pub(super) fn make(args: BackupArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let config = configured(&args.config, args.data)?;
    let genesis = genesis_of(&config).map_err(opened)?.digest().to_string();
    let database = config.data.join(FILE);
    if !database.exists() {
        return Err(BackupError::NothingHere(database).into());
    }
    let entries = newest_entry(&database).map_err(|error| opened(error.into()))?;
    let who = config.department.to_string();
    let header = Header::new(ServiceKind::Issuer, who, genesis, entries, Clock::system().now());
    let mut writer = BackupWriter::begin(&args.to, header)?;
    let copy = writer.scratch(FILE);
    snapshot(&database, &copy, |_| Ok(()))?;
    writer.add_file(FILE, &copy)?;
    let secret = [
        "备份里是个人信息：窗口登记的每个人的记录、身份证号和操作记录。请像数据库本身一样保管，离开本机之前请加密。",
        "It holds personal data: records and identity numbers of everybody whom the desk knows, and the audit list. Keep it as \
         the database itself, and encrypt it before it leaves this machine.",
    ];
    writer.finish()?.answer(secret, shell)?;
    Ok(Verdict::Yes)
}

pub(super) fn put_back(args: RestoreArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let mut config = configured(&args.config, args.data)?;
    ledger::client::trust(config.ca.as_deref()).map_err(CliError::Authority)?;
    let restoring = Restoring::begin(&config.data)?;
    let folder = restoring.folder();
    let header = restoring.unpack(&args.from, ServiceKind::Issuer, |name| name == FILE, &folder)?;
    let genesis = genesis_of(&config).map_err(opened)?;
    header.check(&genesis.digest().to_string(), Some(&config.department.to_string()))?;
    if !folder.join(FILE).exists() {
        return Err(BackupError::Damaged(format!("{FILE} is missing")).into());
    }
    let place = std::mem::replace(&mut config.data, folder);
    let issuer = Issuer::open(config).map_err(opened)?;
    let unknown = if args.offline { None } else { Some(compared(&issuer)?) };
    // The database is closed before it is moved.
    drop(issuer);
    restoring.finish()?;
    let answer = json!({
        "restored": place, "who": header.who, "made_at": header.made_at, "unknown_records": unknown,
    });
    shell.answer(&answer, || match shell.language() {
        Language::Chinese => format!("已恢复到 {}。", place.display()),
        Language::English => format!("Restored to {}.", place.display()),
    })?;
    match unknown {
        Some(0) => shell.say(
            "数据库知道本部门在账本上的一切，可以启动。",
            "The database knows everything that the department has on the ledger; the desk may be started.",
        ),
        Some(_) => shell.say(
            "数据库比账本旧：窗口启动后不办理。请先找更新的备份；确实没有时，用 `issuer reconcile --revoke`。",
            "The database is older than the ledger: the desk grants nothing. Look for a newer backup first; if there is none, \
             `issuer reconcile --revoke`.",
        ),
        None => shell.say(
            "没有与账本核对；窗口启动时会核对，核对之前不办理。",
            "It was not compared with the ledger; the desk does so when it starts, and grants nothing before.",
        ),
    }
    Ok(Verdict::Yes)
}

fn configured(path: &Path, data: Option<PathBuf>) -> Result<Config, CliError> {
    let mut config = Config::load(path).map_err(CliError::Config)?;
    config.data = data.unwrap_or(config.data);
    Ok(config)
}

/// How many records of the department are on the ledger that the database does not know. Nothing that it does know may be
/// missing there.
fn compared(issuer: &Issuer) -> Result<usize, CommandError> {
    issuer.sync().map_err(|error| {
        if error.contradicts() {
            BackupError::Contradicted(error.to_string())
        } else {
            BackupError::NotCompared(error.to_string())
        }
    })?;
    if !issuer.stands_on_the_ledger().map_err(CliError::from)? {
        let why = "it does not have the newest credentials that the database knows";
        return Err(BackupError::Contradicted(why.to_owned()).into());
    }
    Ok(issuer.strays().map_err(CliError::from)?.records)
}

fn opened(error: OpenError) -> CliError {
    CliError::Serve(ServeError::from(error))
}
