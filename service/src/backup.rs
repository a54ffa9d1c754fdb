//! One file that holds what a service keeps, made while the service runs, and put back into an empty place.
//!
//! The file is an uncompressed tar archive of plain files: first `backup.json` ([`Header`]: what it is of), then what is kept,
//! last `SHA256SUMS` over all of them, as `sha256sum -c` reads it. It is there whole or not at all, for its owner alone, and
//! never in place of another. No signing key is in it: a key that never changes is kept once, in a place of its own.
//!
//! | what a stop of the machine leaves | and then |
//! |---|---|
//! | while a backup is made: a folder `.yong-backup-….part` beside its place | the next backup or restore in that folder removes it |
//! | while one is put back: the same beside the data folder, which is as it was before | the same; the restore is begun anew |
//!
//! The digests find damage, and no malice: whoever writes a backup can write its digests. What a restored service believes of
//! the ledger is compared with the ledger; for the rest a backup is as trusted as the folder that it was made from, and
//! stored as safely.

mod error;
mod read;
mod sqlite;
mod staging;
mod write;

use std::io;

use serde::{Deserialize, Serialize};

pub use self::error::BackupError;
pub use self::read::Restoring;
pub use self::sqlite::snapshot;
pub use self::write::{BackupWriter, Written};

/// What a backup is of: its first file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    format: String,
    version: u32,
    /// Which kind of service.
    pub service: ServiceKind,
    /// Whose: a department, the log's name, the identifier of a counter.
    pub who: String,
    /// SHA-256 of the genesis of the ledger that it belongs to, in hex.
    pub genesis: String,
    /// Entries of the log that it knows of.
    pub entries: u64,
    /// Unix seconds.
    pub made_at: u64,
    /// The version of the program that made it.
    pub program: String,
}

/// Which kind of service a backup is of; the name of its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// A node's log.
    Ledger,
    /// A department's desk.
    Issuer,
    /// A counter.
    Verifier,
    /// A department's trustee.
    Trustee,
}

impl Header {
    /// Of what is backed up now.
    pub fn new(service: ServiceKind, who: String, genesis: String, entries: u64, made_at: u64) -> Self {
        let program = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT.to_owned(), version: VERSION, service, who, genesis, entries, made_at, program }
    }

    /// Refuses what is of another ledger, or somebody else's. `who` is `None` where nobody knows whose it has to be.
    pub fn check(&self, genesis: &str, who: Option<&str>) -> Result<(), BackupError> {
        if self.genesis != genesis {
            return Err(BackupError::OtherLedger {
                found: self.genesis.clone(),
                expected: genesis.to_owned(),
            });
        }
        match who {
            Some(who) if who != self.who => {
                Err(BackupError::SomebodyElses { found: self.who.clone(), expected: who.to_owned() })
            }
            _ => Ok(()),
        }
    }
}

impl ServiceKind {
    /// The name of its program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Issuer => "issuer",
            Self::Verifier => "verifier",
            Self::Trustee => "trustee",
        }
    }
}

/// Whether a file may be called so in a backup: a path below a folder, of plain names.
fn is_plain(name: &str) -> bool {
    let plain = |part: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        !part.is_empty() && part.chars().any(|c| c != '.') && part.chars().all(known)
    };
    name.len() <= LONGEST_NAME && name != HEADER && name != SUMS && name.split('/').all(plain)
}

/// The one head that a file has in the archive.
fn head(name: &str, length: u64, made_at: u64) -> io::Result<tar::Header> {
    let mut head = tar::Header::new_ustar();
    head.set_path(name)?;
    head.set_entry_type(tar::EntryType::Regular);
    head.set_size(length);
    head.set_mode(0o600);
    head.set_mtime(made_at);
    head.set_cksum();
    Ok(head)
}

/// One line of `SHA256SUMS`.
fn sum_line(digest: &[u8], name: &str) -> String {
    format!("{}  {name}\n", hex::encode(digest))
}

const FORMAT: &str = "yong-backup";
/// The newest version of the format that is written and known here.
const VERSION: u32 = 1;
/// The first file.
const HEADER: &str = "backup.json";
/// The last one.
const SUMS: &str = "SHA256SUMS";
/// Characters of a name at most; a plain tar header has room for them.
const LONGEST_NAME: usize = 100;
/// Files in a backup at most: those of a log with a hundred million entries.
const MOST_FILES: usize = 1_000_000;

#[cfg(test)]
mod tests;
