//! Why there is no backup, or why it is not put back; and what to do.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use super::ServiceKind;
use crate::cli::Explain;

/// Why there is no backup, or why it is not put back. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is nothing to be backed up.
    #[error("{} is not there: this is not the data folder of a service that ran", .0.display())]
    NothingHere(PathBuf),
    /// A backup would be written over another file.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// A restore would be written over what is there.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// The database cannot be copied.
    #[error("the database cannot be copied: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database that is backed up is damaged.
    #[error("the database is damaged: {0}")]
    DatabaseDamaged(String),
    /// A file was cut while it was copied.
    #[error("{} became shorter while it was copied", .0.display())]
    Changed(PathBuf),
    /// More files than a backup has.
    #[error(
        "there are more files than a backup can hold, or one of them has a name that it cannot have: {0}"
    )]
    NotPlain(String),
    /// It is no backup.
    #[error("{} is not a backup of one of these services", .0.display())]
    NotABackup(PathBuf),
    /// A newer program made it.
    #[error("the backup has format {found}, and this program knows {known}")]
    Newer {
        /// In the file.
        found: u32,
        /// Known here.
        known: u32,
    },
    /// It is of another kind of service.
    #[error("this is a backup of `{}`, not of `{}`", found.program(), expected.program())]
    OtherService {
        /// Of which it is.
        found: ServiceKind,
        /// Of which it should be.
        expected: ServiceKind,
    },
    /// It is damaged.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// It belongs to another ledger.
    #[error("the backup belongs to the ledger with the genesis {found}, not to {expected}")]
    OtherLedger {
        /// In the file.
        found: String,
        /// By the configuration.
        expected: String,
    },
    /// It is of the same kind of service, and somebody else's.
    #[error("the backup is that of {found}, not of {expected}")]
    SomebodyElses {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// The ledger contradicts what the backup knows of it.
    #[error("the ledger contradicts the backup: {0}")]
    Contradicted(String),
    /// The ledger cannot be asked.
    #[error("the backup cannot be compared with the ledger: {0}")]
    NotCompared(String),
}

impl BackupError {
    /// What the system said of a path.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
}

impl Explain for BackupError {
    fn code(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::File { .. } => "backup_file",
            Self::NothingHere(_) => "no_service",
            Self::Exists(_) => "backup_exists",
            Self::NotEmpty(_) => "not_empty",
            Self::Database(_) => "database_not_copied",
            Self::DatabaseDamaged(_) => "database_damaged",
            Self::Changed(_) => "changed_meanwhile",
            Self::NotPlain(_) => "not_plain",
            Self::NotABackup(_) => "not_a_backup",
            Self::Newer { .. } => "newer_backup",
            Self::OtherService { .. } => "other_service",
            Self::Damaged(_) => "damaged_backup",
            Self::OtherLedger { .. } => "other_ledger",
            Self::SomebodyElses { .. } => "somebody_elses_backup",
            Self::Contradicted(_) => "contradicted_by_ledger",
            Self::NotCompared(_) => "ledger_not_compared",
        })
    }

    fn remedy(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::File { .. } => {
                "Check the path, the free space, and who may write there: the folder above it is written to as well."
            }
            Self::NothingHere(_) => "Give the data folder of the service, or its configuration.",
            Self::Exists(_) => "Choose a new file; no backup is written over another.",
            Self::NotEmpty(_) => {
                "Move what is there to another place, and keep it until the restored service was looked at; or give a new folder."
            }
            Self::Database(_) => {
                "Try again; if it stays so, look at the disk and at who may read the database."
            }
            Self::DatabaseDamaged(_) => {
                "Stop the service, keep a copy of the folder as it is, look at the disk, and restore the newest good backup."
            }
            Self::Changed(_) => "Try again.",
            Self::NotPlain(_) => "Take what does not belong to the service out of its folder.",
            Self::NotABackup(_) => "Give the file that `backup` wrote.",
            Self::Newer { .. } => "Use the newer program that wrote it.",
            Self::OtherService { found, .. } => {
                return format!("Restore it with `{} restore-backup`.", found.program()).into();
            }
            Self::Damaged(_) => "Take another copy of the file, or an older backup. Nothing was restored.",
            Self::OtherLedger { .. } => {
                "Give the backup that belongs to this ledger, or the configuration that belongs to the backup."
            }
            Self::SomebodyElses { .. } => {
                "Give this service's own backup, or the configuration that belongs to the backup."
            }
            Self::Contradicted(_) => {
                "Ask the ledger's operator: it was perhaps restored itself and is not caught up yet, or another log answers at \
                 this address. Restore the ledger first, and then this service. Nothing was restored."
            }
            Self::NotCompared(_) => {
                "Start the ledger, or give the address of a mirror. With --offline it is restored without asking; the service \
                 compares before it does anything."
            }
        })
    }

    fn in_chinese(&self) -> Option<(String, String)> {
        let what = match self {
            Self::File { path, source } => format!("{}：{source}", path.display()),
            Self::NothingHere(path) => format!("没有 {}：这不是服务的数据文件夹", path.display()),
            Self::Exists(path) => format!("{} 已经存在", path.display()),
            Self::NotEmpty(path) => format!("{} 不是空的", path.display()),
            Self::Database(error) => format!("无法复制数据库：{error}"),
            Self::DatabaseDamaged(why) => format!("数据库已损坏：{why}"),
            Self::Changed(path) => format!("复制时 {} 变短了", path.display()),
            Self::NotPlain(name) => format!("文件太多，或备份里不能有这样的文件名：{name}"),
            Self::NotABackup(path) => format!("{} 不是这些服务的备份", path.display()),
            Self::Newer { found, known } => format!("备份的格式为 {found}，本程序只认识到 {known}"),
            Self::OtherService { found, expected } => {
                format!("这是 `{}` 的备份，不是 `{}` 的", found.program(), expected.program())
            }
            Self::Damaged(why) => format!("备份已损坏：{why}"),
            Self::OtherLedger { found, expected } => {
                format!("备份属于创世文件为 {found} 的账本，不是 {expected}")
            }
            Self::SomebodyElses { found, expected } => format!("这是 {found} 的备份，不是 {expected} 的"),
            Self::Contradicted(why) => format!("账本与备份矛盾：{why}"),
            Self::NotCompared(why) => format!("无法把备份与账本核对：{why}"),
        };
        Some((what, self.chinese_remedy()))
    }
}

impl BackupError {
    fn chinese_remedy(&self) -> String {
        let remedy = match self {
            Self::File { .. } => "请检查路径、剩余空间和写入权限：上一级文件夹也要能写。",
            Self::NothingHere(_) => "请给出服务的数据文件夹或配置文件。",
            Self::Exists(_) => "请换一个新文件名；备份从不覆盖已有文件。",
            Self::NotEmpty(_) => {
                "请先把原有内容移到别处，确认恢复的服务无误之前不要删除；或者另给一个新文件夹。"
            }
            Self::Database(_) => "请再试一次；仍然如此，请检查磁盘和数据库的读取权限。",
            Self::DatabaseDamaged(_) => "请停止服务，原样保留一份文件夹，检查磁盘，再恢复最新的完好备份。",
            Self::Changed(_) => "请再试一次。",
            Self::NotPlain(_) => "请把不属于服务的文件移出数据文件夹。",
            Self::NotABackup(_) => "请给出 `backup` 写出的文件。",
            Self::Newer { .. } => "请用写出它的较新程序。",
            Self::OtherService { found, .. } => {
                return format!("请用 `{} restore-backup` 恢复。", found.program());
            }
            Self::Damaged(_) => "请用该文件的另一份拷贝，或更早的备份。没有恢复任何内容。",
            Self::OtherLedger { .. } => "请给出属于这本账的备份，或属于这份备份的配置。",
            Self::SomebodyElses { .. } => "请给出本服务自己的备份，或属于这份备份的配置。",
            Self::Contradicted(_) => {
                "请问账本的运维人员：账本可能也是恢复的、还没有补齐，或者这个地址上是另一本账。先恢复账本，再恢复本服务。没有恢复任何内容。"
            }
            Self::NotCompared(_) => {
                "请启动账本，或给出一个镜像的地址。用 --offline 可以不问账本就恢复；服务在办理之前会自己核对。"
            }
        };
        remedy.to_owned()
    }
}
