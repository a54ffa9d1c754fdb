//! Signing in the department's name, with the key that the ledger has for it now.
//!
//! A department that changes its key gives the desk the new one first (`next_key`), and then has it put on the ledger by
//! the other departments. The desk signs with the old key until it has read that entry, and with the new one from there
//! on. What was signed before and comes too late is signed anew, record for record, because a ledger that refused it has
//! never taken it. The configuration's keys are read again when its file changes, and as long as the ledger has neither of
//! them, so that nothing of this needs a restart.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::SystemTime;

use ledger::key::PublicKey;
use ledger::record::{Entry, Record, RecordSigningError};
use ledger::registry::Registry;
use ledger::signer::DepartmentSigner as _;
use ledger_keys::{KeyError, KeySource, WatchedKey};

use super::{ActError, Issuer, SubmissionError};
use crate::config::Config;

/// The department's keys, as the configuration names them now.
pub(super) struct SigningKeys {
    keys: RwLock<Keys>,
    /// The configuration's file, and what was last read of it.
    file: Option<PathBuf>,
    read: Mutex<Read>,
}

/// Whether what the desk signs would be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyStatus {
    /// It would, as far as the desk has followed the ledger.
    Signs,
    /// The ledger has neither of the desk's keys for the department.
    OtherOnLedger,
    /// The key is in a device that did not sign when it was asked last.
    DoesNotSign,
}

/// A department's key, and the one that comes after it.
#[derive(Clone)]
struct Keys {
    current: WatchedKey,
    next: Option<WatchedKey>,
}

/// What was last read of the configuration.
#[derive(Default, PartialEq, Eq)]
struct Read {
    /// When it was written, as far as that is known.
    written: Option<SystemTime>,
    /// Why its keys could not be used, so that it is not said again.
    error: Option<String>,
}

impl SigningKeys {
    /// Opens what the configuration names; an error says which.
    pub(super) fn open(config: &Config) -> Result<Self, (String, KeyError)> {
        let file = config.read_from.clone();
        let read = Read { written: file.as_deref().and_then(written), error: None };
        Ok(Self { keys: RwLock::new(Keys::open(config)?), file, read: Mutex::new(read) })
    }

    fn current(&self) -> Keys {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the keys again if the file was written since, or if the ledger has none of them.
    fn renew(&self, on_ledger: Option<PublicKey>) {
        let Some(file) = &self.file else { return };
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let written = written(file);
        let lacking = on_ledger.is_some_and(|key| self.current().with(key).is_none());
        if written == read.written && !lacking {
            return;
        }
        let error = match Keys::read(file) {
            Ok(keys) => {
                let fits = on_ledger.is_none_or(|key| keys.with(key).is_some());
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
                if fits {
                    tracing::info!(file = %file.display(), "the department's keys were read again");
                }
                (!fits).then(|| "the ledger has another key for the department".to_owned())
            }
            Err(error) => Some(error),
        };
        if let Some(error) = error.as_ref().filter(|error| read.error.as_ref() != Some(error)) {
            tracing::error!(file = %file.display(), %error, "the department's keys were read again");
        }
        *read = Read { written, error };
    }
}

impl Keys {
    fn open(config: &Config) -> Result<Self, (String, KeyError)> {
        let open = |source: &KeySource| {
            source.open().map(WatchedKey::new).map_err(|error| (source.to_string(), error))
        };
        Ok(Self { current: open(&config.key)?, next: config.next_key.as_ref().map(open).transpose()? })
    }

    fn read(file: &Path) -> Result<Self, String> {
        let config = Config::load(file).map_err(|error| error.to_string())?;
        Self::open(&config).map_err(|(source, error)| format!("`{source}`: {error}"))
    }

    /// The one that has this public half.
    fn with(&self, key: PublicKey) -> Option<&WatchedKey> {
        [Some(&self.current), self.next.as_ref()].into_iter().flatten().find(|signer| signer.public() == key)
    }
}

impl Issuer {
    /// The key to sign with now. Where the ledger has neither, the ledger says so to whoever signs with the first.
    pub(super) fn signer(&self) -> WatchedKey {
        let keys = self.keys.current();
        let on_ledger = self.key_on_ledger(&self.registry());
        let in_force = on_ledger.and_then(|key| keys.with(key)).unwrap_or(&keys.current);
        in_force.clone()
    }

    /// Whether the ledger takes what the desk signs, as far as that is known.
    pub(crate) fn key_status(&self) -> KeyStatus {
        let keys = self.keys.current();
        let on_ledger = self.key_on_ledger(&self.registry());
        match on_ledger.map(|key| keys.with(key)) {
            Some(None) => KeyStatus::OtherOnLedger,
            Some(Some(key)) if key.check().is_err() => KeyStatus::DoesNotSign,
            Some(Some(_)) | None => KeyStatus::Signs,
        }
    }

    /// Looks whether the configuration names other keys, and whether a key that did not sign is back.
    pub(super) fn renew_keys(&self) {
        self.keys.renew(self.key_on_ledger(&self.registry()));
        // Whoever watches the key says how it ends.
        let _ = self.signer().try_again();
    }

    pub(super) fn sign(&self, record: Record) -> Result<Entry, SubmissionError> {
        let by = self.config.department.clone().into();
        Entry::sign(&self.origin, record, by, &self.signer()).map_err(|error| match error {
            RecordSigningError::Signing(error) => SubmissionError::NotSigned(error),
            error => panic!("batches are bounded so that every record fits an entry: {error}"),
        })
    }

    /// Entries that the ledger refused for their signature, signed with the key that is in force now; `None` where that
    /// changes nothing.
    pub(super) fn signed_anew(&self, entries: &[Entry]) -> Result<Option<Vec<Entry>>, ActError> {
        self.catch_up();
        let anew = entries.iter().map(|entry| self.sign(entry.record().clone()));
        let anew = anew.collect::<Result<Vec<_>, _>>()?;
        Ok((anew != entries).then_some(anew))
    }

    fn key_on_ledger(&self, registry: &Registry) -> Option<PublicKey> {
        registry.department(&self.config.department).map(|department| department.key)
    }
}

fn written(file: &Path) -> Option<SystemTime> {
    file.metadata().and_then(|metadata| metadata.modified()).ok()
}
