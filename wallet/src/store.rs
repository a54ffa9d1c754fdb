//! The wallet on disk: one sealed file, one sealed cache, one process at a time.
//!
//! | file in the home folder | what | worst a thief of it can do |
//! |---|---|---|
//! | `wallet.yong` | secret, credentials, history | guess the passphrase against Argon2id |
//! | `ledger.yong` | what was learned from the ledger | the same; it is sealed because shards tell where credentials are |
//! | `keys/` | proving keys, by digest | nothing: they are public and checked at every use |
//! | `lock` | nothing | nothing |

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rand::{CryptoRng, RngCore};
use service::durable::{self, Readers, WriteError};
use zeroize::Zeroizing;

pub(crate) mod file;
mod guessed;
mod sealed;

pub use guessed::Guessed;
#[cfg(feature = "fuzzing")]
pub(crate) use sealed::split_for_fuzzing;
pub use sealed::{Cost, Key, Passphrase, Purpose, SealError};

use crate::contents::{Contents, ContentsError};

/// An open wallet folder. Holds its lock; knows its key, so that saving costs no key derivation.
pub struct Store {
    home: PathBuf,
    key: Key,
    _lock: File,
}

/// Why the wallet on disk cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Nothing was made there yet.
    #[error("there is no wallet in {0}")]
    NoWallet(PathBuf),
    /// Never overwritten.
    #[error("there is already a wallet in {0}")]
    AlreadyThere(PathBuf),
    /// Another process holds the lock.
    #[error("another process is using the wallet in {0}")]
    Busy(PathBuf),
    /// The target of a backup is there.
    #[error("{0} already exists")]
    TargetExists(PathBuf),
    /// A sealed file does not open.
    #[error("{path}: {source}")]
    Sealed {
        /// Which.
        path: PathBuf,
        /// Why.
        source: SealError,
    },
    /// The seal is right and what is under it is not a wallet.
    #[error("{path}: {source}")]
    Contents {
        /// Which.
        path: PathBuf,
        /// Why.
        source: ContentsError,
    },
    /// The disk refuses to write.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The disk refuses.
    #[error("{path}: {source}")]
    Disk {
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Store {
    /// Makes the folder's wallet; refuses where there is one.
    pub fn create<R: RngCore + CryptoRng>(
        home: &Path,
        passphrase: &Passphrase,
        cost: Cost,
        contents: &Contents,
        rng: &mut R,
    ) -> Result<Self, StoreError> {
        let lock = take(home, Folder::Make)?;
        let path = home.join(WALLET);
        let key = Key::new(passphrase, cost, rng)
            .map_err(|source| StoreError::Sealed { path: path.clone(), source })?;
        let sealed = key.seal(Purpose::Wallet, &contents.to_json(), rng);
        durable::create_secret(&path, &sealed).map_err(|error| taken(error, home))?;
        Ok(Self { home: home.to_owned(), key, _lock: lock })
    }

    /// Opens the folder's wallet.
    pub fn open(home: &Path, passphrase: &Passphrase) -> Result<(Self, Contents), StoreError> {
        if !Self::exists(home) {
            return Err(StoreError::NoWallet(home.to_owned()));
        }
        let lock = take(home, Folder::MustBe)?;
        let path = home.join(WALLET);
        let (key, contents) = unlock(&path, &read(&path)?, passphrase)?;
        Ok((Self { home: home.to_owned(), key, _lock: lock }, contents))
    }

    /// Whether there is a wallet in the folder.
    pub fn exists(home: &Path) -> bool {
        home.join(WALLET).exists()
    }

    /// Writes the wallet anew.
    pub fn save<R: RngCore + CryptoRng>(&self, contents: &Contents, rng: &mut R) -> Result<(), StoreError> {
        let sealed = self.key.seal(Purpose::Wallet, &contents.to_json(), rng);
        self.put(WALLET, &sealed)
    }

    /// Writes what was learned from the ledger.
    pub fn save_ledger<R: RngCore + CryptoRng>(&self, state: &[u8], rng: &mut R) -> Result<(), StoreError> {
        let sealed = self.key.seal(Purpose::LedgerCache, state, rng);
        self.put(LEDGER, &sealed)
    }

    /// What was learned from the ledger before; `None` at first.
    pub fn ledger(&self) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let path = self.home.join(LEDGER);
        match file::read(&path, LONGEST) {
            Ok(sealed) => self
                .key
                .open(&sealed, Purpose::LedgerCache)
                .map(Some)
                .map_err(|source| StoreError::Sealed { path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Disk { path, source }),
        }
    }

    /// The wallet as it is on disk, under its passphrase.
    pub fn sealed(&self) -> Result<Vec<u8>, StoreError> {
        read(&self.home.join(WALLET))
    }

    /// Whether this is the passphrase; takes as long as opening.
    pub fn check(&self, passphrase: &Passphrase) -> Result<(), StoreError> {
        let path = self.home.join(WALLET);
        Key::unlock(&read(&path)?, Purpose::Wallet, passphrase)
            .map(|_| ())
            .map_err(|source| StoreError::Sealed { path, source })
    }

    /// Copies the sealed wallet, under its passphrase, to a new file.
    pub fn backup(&self, target: &Path) -> Result<(), StoreError> {
        let sealed = self.sealed()?;
        durable::create_secret(target, &sealed).map_err(|error| {
            if error.is_taken() { StoreError::TargetExists(target.to_owned()) } else { error.into() }
        })
    }

    /// Puts a backup in an empty folder, after it has opened.
    pub fn restore(
        home: &Path,
        backup: &Path,
        passphrase: &Passphrase,
    ) -> Result<(Self, Contents), StoreError> {
        Self::put_back(home, backup, &read(backup)?, passphrase)
    }

    /// Puts the bytes of a backup in an empty folder, after they have opened.
    pub fn restore_bytes(
        home: &Path,
        sealed: &[u8],
        passphrase: &Passphrase,
    ) -> Result<(Self, Contents), StoreError> {
        Self::put_back(home, Path::new("backup"), sealed, passphrase)
    }

    fn put_back(
        home: &Path,
        backup: &Path,
        sealed: &[u8],
        passphrase: &Passphrase,
    ) -> Result<(Self, Contents), StoreError> {
        let (key, contents) = unlock(backup, sealed, passphrase)?;
        let lock = take(home, Folder::Make)?;
        let path = home.join(WALLET);
        durable::create_secret(&path, sealed).map_err(|error| taken(error, home))?;
        Ok((Self { home: home.to_owned(), key, _lock: lock }, contents))
    }

    /// Where proving keys are kept.
    pub fn keys(&self) -> PathBuf {
        self.home.join("keys")
    }

    /// The home folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    fn put(&self, name: &str, sealed: &[u8]) -> Result<(), StoreError> {
        Ok(durable::replace(&self.home.join(name), sealed, Readers::Owner)?)
    }
}

/// Whether a folder may be made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Folder {
    Make,
    MustBe,
}

fn take(home: &Path, folder: Folder) -> Result<File, StoreError> {
    let disk = |source| StoreError::Disk { path: home.to_owned(), source };
    if folder == Folder::Make {
        file::private_folder(home).map_err(disk)?;
    }
    let lock = file::lock(home).map_err(disk)?.ok_or_else(|| StoreError::Busy(home.to_owned()))?;
    durable::sweep(home).map_err(disk)?;
    Ok(lock)
}

fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    file::read(path, LONGEST).map_err(|source| StoreError::Disk { path: path.to_owned(), source })
}

fn unlock(path: &Path, sealed: &[u8], passphrase: &Passphrase) -> Result<(Key, Contents), StoreError> {
    let (key, plain) = Key::unlock(sealed, Purpose::Wallet, passphrase)
        .map_err(|source| StoreError::Sealed { path: path.to_owned(), source })?;
    let contents = Contents::from_json(&plain)
        .map_err(|source| StoreError::Contents { path: path.to_owned(), source })?;
    Ok((key, contents))
}

fn taken(error: WriteError, home: &Path) -> StoreError {
    if error.is_taken() { StoreError::AlreadyThere(home.to_owned()) } else { error.into() }
}

const WALLET: &str = "wallet.yong";
const LEDGER: &str = "ledger.yong";
/// More than a wallet with credentials in two hundred shards.
const LONGEST: u64 = 512 * 1024 * 1024;

#[cfg(test)]
mod tests;
