//! `ledger backup` and `ledger restore-backup`.

use std::path::PathBuf;

use clap::Args;
use service::backup::Written;
use service::cli::{CommandError, Language, OrFail as _, Shell, Verdict};
use service::clock::Clock;
use url::Url;

use super::copy::unproved;
use crate::backup::{BeforeTheNext, LedgerBackupError, Restore, RestoredLog, backup, restore};
use crate::config::Config;
use crate::data_dir::DataError;

#[derive(Args)]
pub(super) struct BackupArgs {
    /// The data directory of a node or a mirror; it may run.
    #[arg(long, env = "YONG_LEDGER_DATA", required_unless_present = "config")]
    data: Option<PathBuf>,
    /// The configuration of the node, for where its data is.
    #[arg(long, value_name = "FILE.toml")]
    config: Option<PathBuf>,
    /// The new file; it is there whole or not at all, and never in place of another.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

#[derive(Args)]
pub(super) struct RestoreArgs {
    /// The file that `ledger backup` wrote.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The data directory: a new or empty folder.
    #[arg(long, env = "YONG_LEDGER_DATA")]
    data: PathBuf,
    /// The log's key (`log.key` of the old data directory), which is in no backup.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Its second key (`log.sm2.pem`), for a log that has one; it is in no backup either.
    #[arg(long, value_name = "FILE.pem")]
    sm2_key: Option<PathBuf>,
    /// A mirror that may have more of the log than the backup: what it has is proved and taken in; may be repeated.
    #[arg(long = "catch-up", value_name = "URL")]
    catch_up: Vec<Url>,
}

pub(super) fn make(args: BackupArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let data = match (args.data, args.config) {
        (Some(data), _) => data,
        (None, Some(path)) => {
            let remedy = "Correct the file, or give --data.";
            Config::load(&path).or_fail("bad_config", format_args!("`{}`", path.display()), remedy)?.data
        }
        (None, None) => {
            return Err(CommandError::new(
                "no_data",
                "no data directory is given",
                "Give --data or --config.",
            ));
        }
    };
    let written: Written = backup(&data, &args.to, Clock::system().now()).map_err(failed)?;
    let secret = ["账本是公开的，备份里没有秘密。", "The log is public; nothing in it is secret."];
    written.answer(secret, shell)?;
    Ok(Verdict::Yes)
}

pub(super) fn put_back(args: RestoreArgs, shell: Shell) -> Result<Verdict, CommandError> {
    let RestoreArgs { from, data, key, sm2_key, catch_up } = args;
    let wanted = Restore { backup: from, data, key, sm2_key, catch_up };
    let restored = restore(&wanted).map_err(failed)?;
    let language = shell.language();
    shell.answer(&restored, || {
        let RestoredLog { origin, backed_up, size, leaves, .. } = &restored;
        match language {
            Language::Chinese => {
                format!("{origin}：备份有 {backed_up} 条，现有 {size} 条、{leaves} 个叶子，均已逐条核对。")
            }
            Language::English => {
                format!("{origin}: {backed_up} entries in the backup, {size} here now, {leaves} leaves, all proved")
            }
        }
    })?;
    let (chinese, english) = next(restored.before_the_next);
    shell.say(chinese, english);
    Ok(Verdict::Yes)
}

/// What comes next, in Chinese and English.
fn next(before: BeforeTheNext) -> (&'static str, &'static str) {
    match before {
        BeforeTheNext::Witnesses => (
            "节点启动时会先问各见证人；如果有人见过更多，节点不启动，请再用 --catch-up 从镜像补齐。",
            "The node asks the witnesses when it starts; if one has seen more it does not start: restore again with --catch-up \
             and a mirror.",
        ),
        BeforeTheNext::CaughtUp => {
            ("已从镜像补齐，可以启动。", "It was caught up from a mirror, and may be started.")
        }
        BeforeTheNext::Operator => (
            "这本账没有见证人：本程序无从知道备份之后还写过什么。请向每个镜像核对；有更多的，用 --catch-up 重新恢复。\
             确认没有人见过更多之后，用 `ledger serve --accept-restore` 启动一次。",
            "This ledger has no witnesses: nothing here tells what was written after the backup. Ask every mirror; where there is \
             more, restore again with --catch-up. Once it is sure that nobody has seen more, start it with \
             `ledger serve --accept-restore`, once.",
        ),
    }
}

fn failed(error: LedgerBackupError) -> CommandError {
    match error {
        LedgerBackupError::Backup(error) => error.into(),
        LedgerBackupError::Recover(error) => unproved(&error),
        error => {
            let (code, remedy, chinese) = explained(&error);
            CommandError::new(code, &error, remedy).in_chinese(&error, chinese)
        }
    }
}

fn explained(error: &LedgerBackupError) -> (&'static str, &'static str, &'static str) {
    match error {
        LedgerBackupError::Data(DataError::NotADataDirectory) => {
            ("no_ledger", "Give the data directory of a node.", "请给出节点的数据文件夹。")
        }
        LedgerBackupError::NotStarted => (
            "not_started",
            "Start the node once; then there is a checkpoint.",
            "请先启动一次节点，就会有检查点。",
        ),
        LedgerBackupError::Damaged(_) => (
            "damaged",
            "Run `ledger fsck`; copy what is damaged from a mirror or an older backup.",
            "请运行 `ledger fsck`；损坏的文件从镜像或较早的备份复制。",
        ),
        LedgerBackupError::Key { .. }
        | LedgerBackupError::SecondKey { .. }
        | LedgerBackupError::OtherKey(_)
        | LedgerBackupError::NoSecondKey => (
            "bad_key",
            "Give the log's key with --key, and its second one, if it has one, with --sm2-key; they are kept apart from the backups.",
            "请用 --key 给出账本的密钥；账本有第二把密钥的，用 --sm2-key 给出。它们与备份分开保存。",
        ),
        _ => (
            "not_restored",
            "Check the free space and who may write there; then begin again.",
            "请检查剩余空间和写入权限，然后重新开始。",
        ),
    }
}
