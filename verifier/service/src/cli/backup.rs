//! `verifier backup` and `verifier restore-backup`.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ledger::client::Client;
use ledger::follow::{FollowError, Follower};
use serde_json::json;
use service::backup::{BackupError, BackupWriter, Header, Restoring, ServiceKind};
use service::cli::{Language, Shell, Verdict};
use service::clock::Clock;
use service::durable;
use url::Url;
use zeroize::Zeroizing;

use super::config::{Config, given_store, read_genesis};
use super::error::CliError;
use super::serve::{DATA, LEDGER};
use crate::certificate::{AUTHORITY, KEY, LEAF, VerifierCertificate};
use crate::following::stored_follower;
use crate::http::{CLERKS, DATABASE};
use crate::store::{SinceTheBackup, StoreAddress, compare_with_marker, copy_register, marker_beside};

#[derive(clap::Args)]
pub(super) struct BackupArgs {
    /// Configuration file of the service (TOML), for where its data is. Flags come before it.
    #[arg(long, env = "YONG_VERIFIER_CONFIG")]
    config: Option<PathBuf>,
    /// The data directory of the service, which may run.
    #[arg(long, env = "YONG_VERIFIER_DATA")]
    data: Option<PathBuf>,
    /// The service's register; one in PostgreSQL is refused, as PostgreSQL's own tools copy it.
    #[arg(long, env = "YONG_VERIFIER_STORE", hide_env_values = true)]
    store: Option<String>,
    /// The new file; it is there whole or not at all, and never in place of another.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

#[derive(clap::Args)]
pub(super) struct RestoreArgs {
    /// The file that `verifier backup` wrote.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Configuration file of the service (TOML). Flags come before it.
    #[arg(long, env = "YONG_VERIFIER_CONFIG")]
    config: Option<PathBuf>,
    /// The data directory: a new or empty folder.
    #[arg(long, env = "YONG_VERIFIER_DATA")]
    data: Option<PathBuf>,
    /// The service's register; one in PostgreSQL is refused, as PostgreSQL's own tools put it back.
    #[arg(long, env = "YONG_VERIFIER_STORE", hide_env_values = true)]
    store: Option<String>,
    /// The marker, where the service is given one.
    #[arg(long, env = "YONG_VERIFIER_MARKER")]
    marker: Option<PathBuf>,
    /// The genesis file of the ledger to trust [default: the one that the backup followed].
    #[arg(long, env = "YONG_GENESIS")]
    genesis: Option<PathBuf>,
    /// The ledger that the backup is compared with [default: <http://127.0.0.1:7001>].
    #[arg(long, env = "YONG_LEDGER")]
    ledger: Option<Url>,
    /// The counter's key (`certificate/counter.key` of the old data directory), which is in no backup.
    #[arg(long, value_name = "FILE", required_unless_present = "new_key")]
    key: Option<PathBuf>,
    /// The key is lost: the counter makes another one, and a department has to register it anew.
    #[arg(long, conflicts_with = "key")]
    new_key: bool,
    /// Does not ask the ledger; the service compares when it starts.
    #[arg(long)]
    offline: bool,
}

pub(super) fn make(args: BackupArgs, shell: Shell) -> Result<Verdict, CliError> {
    let config = Config::read(args.config.as_deref())?;
    let database = register(args.store, config.store)?;
    let data = args.data.or(config.data).unwrap_or_else(|| DATA.into());
    let database = database.unwrap_or_else(|| data.join(DATABASE));
    if !database.exists() {
        return Err(CliError::NoService);
    }
    let follower = stored_follower(&data.join(FOLLOWING))?.ok_or(CliError::NoService)?;
    let certificate = data.join(CERTIFICATE);
    let who =
        VerifierCertificate::open(&certificate).map_err(|_| CliError::NoService)?.client_id().to_owned();
    let entries = follower.checkpoint().map_or(0, |checkpoint| checkpoint.size);
    let genesis = follower.genesis().digest().to_string();
    let header = Header::new(ServiceKind::Verifier, who, genesis, entries, Clock::system().now());
    let mut writer = BackupWriter::begin(&args.to, header)?;
    let copy = writer.scratch(DATABASE);
    copy_register(&database, &copy)?;
    writer.add_file(DATABASE, &copy)?;
    writer.add_file(FOLLOWING, &data.join(FOLLOWING))?;
    for file in [LEAF, AUTHORITY] {
        writer.add_file(&format!("{CERTIFICATE}/{file}"), &certificate.join(file))?;
    }
    for file in [CLERKS, GENESIS] {
        writer.add_file_if_there(file, &data.join(file))?;
    }
    let secret = [
        "读到它的人知道办过哪些事项、何时、结果和假名；没有姓名和出示过的内容。收据的保存期也适用于备份：到期的备份请删除。",
        "Whoever reads it learns matters, times, verdicts and pseudonyms, and nothing that was handed over. The policies' \
         retention holds for backups too: delete those that are older.",
    ];
    writer.finish()?.answer(secret, shell)?;
    Ok(Verdict::Yes)
}

pub(super) fn put_back(args: RestoreArgs, shell: Shell) -> Result<Verdict, CliError> {
    let config = Config::read(args.config.as_deref())?;
    if register(args.store, config.store)?.is_some() {
        return Err(CliError::Usage(ELSEWHERE.to_owned()));
    }
    ledger::client::trust(config.ca.as_deref()).map_err(CliError::Authority)?;
    let data = args.data.clone().or(config.data).unwrap_or_else(|| DATA.into());
    let restoring = Restoring::begin(&data)?;
    let folder = restoring.folder();
    let header = restoring.unpack(&args.from, ServiceKind::Verifier, is_known, &folder)?;
    let missing = || BackupError::Damaged(format!("{FOLLOWING} is missing"));
    let follower = stored_follower(&folder.join(FOLLOWING))?.ok_or_else(missing)?;
    let genesis = match args.genesis.as_deref().or(config.genesis.as_deref()) {
        Some(path) => read_genesis(path)?,
        None => follower.genesis().clone(),
    };
    let digest = genesis.digest().to_string();
    header.check(&digest, None)?;
    if follower.genesis() != &genesis {
        return Err(BackupError::Damaged(format!("{FOLLOWING} is about another ledger")).into());
    }
    let who = identity(args.key.as_deref(), &folder.join(CERTIFICATE))?;
    header.check(&digest, who.as_deref())?;
    if !args.offline {
        let ledger =
            args.ledger.or(config.ledger).unwrap_or_else(|| LEDGER.parse().expect("a constant address"));
        compare(follower, &ledger)?;
    }
    let marker = args.marker.or(config.marker).unwrap_or_else(|| marker_beside(&data));
    // Before there is anything that a service could be started with.
    let since = compare_with_marker(&folder.join(DATABASE), &marker)?;
    restoring.finish()?;
    let answer = json!({
        "restored": data, "who": header.who, "entries": header.entries, "made_at": header.made_at,
        "since_the_backup": since, "new_key": args.new_key,
    });
    shell.answer(&answer, || match shell.language() {
        Language::Chinese => format!("已恢复到 {}。", data.display()),
        Language::English => format!("Restored to {}.", data.display()),
    })?;
    let (chinese, english) = next(since);
    shell.say(chinese, english);
    Ok(Verdict::Yes)
}

/// The register's file, where one is named. A database of several processes is copied and put back by PostgreSQL's tools: what
/// lies in the data directory beside it is an older register, or none.
fn register(argument: Option<String>, config: Option<StoreAddress>) -> Result<Option<PathBuf>, CliError> {
    match given_store(argument, config)? {
        None => Ok(None),
        Some(StoreAddress::Sqlite(path)) => Ok(Some(path)),
        Some(StoreAddress::Postgres(_)) => Err(CliError::Usage(
            "the register is in PostgreSQL: copy it with pg_dump and put it back with pg_restore, and keep the data \
             directory's certificate and password file beside it"
                .to_owned(),
        )),
    }
}

/// A restore makes the register in the data directory.
const ELSEWHERE: &str =
    "a restore puts the register into the data directory: leave `store` out, and move the file afterwards";

/// Puts the key beside the certificate that it belongs to, and says whose both are. Without a key the certificate goes, and
/// the service makes another.
fn identity(key: Option<&Path>, certificate: &Path) -> Result<Option<String>, CliError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| CliError::File { path, source }
    };
    let Some(path) = key else {
        fs::remove_dir_all(certificate).map_err(unreadable(certificate))?;
        return Ok(None);
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST_KEY));
    let file = File::open(path).map_err(unreadable(path))?;
    file.take(LONGEST_KEY as u64).read_to_end(&mut bytes).map_err(unreadable(path))?;
    durable::create_secret(&certificate.join(KEY), &bytes)?;
    let opened = VerifierCertificate::open(certificate).map_err(|_| {
        CliError::Usage(format!("{} is not the key of this counter's certificate", path.display()))
    })?;
    Ok(Some(opened.client_id().to_owned()))
}

/// What the backup has followed must be a beginning of the log.
fn compare(mut follower: Follower, ledger: &Url) -> Result<(), BackupError> {
    let compared = follower.sync(&Client::new(ledger.clone()), Clock::system().now());
    compared.map(drop).map_err(|error: FollowError| {
        if error.contradicts() {
            BackupError::Contradicted(error.to_string())
        } else {
            BackupError::NotCompared(error.to_string())
        }
    })
}

fn is_known(name: &str) -> bool {
    let certificate = name.strip_prefix(CERTIFICATE).and_then(|rest| rest.strip_prefix('/'));
    [DATABASE, FOLLOWING, CLERKS, GENESIS].contains(&name)
        || certificate.is_some_and(|file| [LEAF, AUTHORITY].contains(&file))
}

/// What comes next, in Chinese and English.
fn next(since: SinceTheBackup) -> (&'static str, &'static str) {
    match since {
        SinceTheBackup::Nothing => (
            "备份之后没有记过假名的使用，可以启动。",
            "No use of a pseudonym was counted after the backup; the service may be started.",
        ),
        SinceTheBackup::UsesLost => (
            "备份之后还记过假名的使用，这些已经丢失：服务不会启动。请先找更新的备份；确实没有时，用 `verifier accept-restore`。",
            "Uses of pseudonyms were counted after the backup and are lost: the service does not start. Look for a newer backup \
             first; if there is none, `verifier accept-restore`.",
        ),
        SinceTheBackup::Unknown => (
            "记数文件也丢失了，无从知道备份之后是否还记过假名的使用：服务不会启动。请先找更新的备份；确实没有时，用 \
             `verifier accept-restore`。",
            "The marker is lost too, and nobody can tell whether uses of pseudonyms were counted after the backup: the service \
             does not start. Look for a newer backup first; if there is none, `verifier accept-restore`.",
        ),
    }
}

/// What was followed of the ledger.
const FOLLOWING: &str = "following.json";
/// The folder of the certificate.
const CERTIFICATE: &str = "certificate";
/// The genesis that was believed at first contact.
const GENESIS: &str = "genesis.json";
/// Bytes of a key file at most.
const LONGEST_KEY: usize = 16 * 1024;
