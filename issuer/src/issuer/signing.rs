//! Signing in the department's name, with the key that the ledger has for it now.
//!
//! A department that changes its key gives the desk the new one first (`next_key`), and then has it put on the ledger by
//! the other departments. The desk signs with the old key until it has read that entry, and with the new one from there
//! on. What was signed before and comes too late is signed anew, record for record, because a ledger that refused it has
//! never taken it.

use ledger::record::{Entry, EntryError, Record};
use ledger::registry::Registry;
use ledger::signer::DepartmentSigner;
use ledger_keys::KeyError;

use super::{ActError, Issuer, SubmissionError};
use crate::config::Config;

/// The department's key, and the one that comes after it.
pub(super) struct SigningKeys {
    current: Box<dyn DepartmentSigner>,
    next: Option<Box<dyn DepartmentSigner>>,
}

impl SigningKeys {
    /// Opens what the configuration names; an error says which.
    pub(super) fn open(config: &Config) -> Result<Self, (String, KeyError)> {
        let named =
            |source: &ledger_keys::KeySource| source.open().map_err(|error| (source.to_string(), error));
        Ok(Self { current: named(&config.key)?, next: config.next_key.as_ref().map(named).transpose()? })
    }
    /// The one that the ledger has, if it has one of them.
    fn in_force(&self, registry: &Registry, config: &Config) -> Option<&dyn DepartmentSigner> {
        let key = registry.department(&config.department)?.key;
        let both = [Some(&*self.current), self.next.as_deref()];
        both.into_iter().flatten().find(|signer| signer.public() == key)
    }
}

impl Issuer {
    /// The key to sign with now. Where the ledger has neither, the ledger says so to whoever signs with the first.
    pub(super) fn signer(&self) -> &dyn DepartmentSigner {
        self.keys.in_force(&self.registry(), &self.config).unwrap_or(&*self.keys.current)
    }

    /// Whether the ledger takes what the desk signs, as far as the desk has followed it.
    pub(super) fn has_key_in_force(&self) -> bool {
        self.keys.in_force(&self.registry(), &self.config).is_some()
    }

    pub(super) fn sign(&self, record: Record) -> Result<Entry, SubmissionError> {
        let by = self.config.department.clone().into();
        Entry::sign(&self.origin, record, by, self.signer()).map_err(|error| match error {
            EntryError::Signing(error) => SubmissionError::NotSigned(error),
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
}
