//! Whether the database knows everything that the ledger has from this department.
//!
//! A desk whose database was restored from an older backup does not know what it issued since: it would issue a second
//! concurrent credential to somebody who holds one, and cannot revoke the first. Therefore every commitment that the
//! department signed is looked for in the database before anything is granted, and all the time while the ledger is
//! followed. A change of status that was not made here, such as a bulk revocation that other departments had to approve,
//! is taken over as it is found.

use std::sync::{MutexGuard, PoisonError};

use ledger::follow::{FollowError, Follower, read_entries};
use ledger::record::{CredentialStatus, Entry, Record, Signer};
use rusqlite::Connection;
use service::staff::LOCAL;

use super::{ActError, DONE, Issuer, IssuerError, SubmissionError};
use crate::store::audit::{self, AuditEvent};
use crate::store::credentials;
use crate::store::{StoreError, plans};

/// How the database compares with the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The ledger has not been read since the start.
    NotYet,
    /// It knows everything that the department has said there.
    Agrees,
    /// The ledger has so many commitments of the department that it does not know.
    Behind {
        /// How many.
        records: usize,
    },
}

/// How far the ledger was compared, and what was found.
#[derive(Default)]
pub(super) struct Comparing {
    /// The first entry that was not looked at; `None` before the first look.
    next: Option<u64>,
    /// Identifiers of records that the database does not know.
    unknown: Vec<String>,
}

impl Issuer {
    /// How the database compares with the ledger.
    pub fn comparison(&self) -> Comparison {
        let comparing = self.comparing();
        match (comparing.next, comparing.unknown.len()) {
            (None, _) => Comparison::NotYet,
            (Some(_), 0) => Comparison::Agrees,
            (Some(_), records) => Comparison::Behind { records },
        }
    }

    /// Refuses to grant before the database is known to be no older than the ledger.
    pub(super) fn agrees(&self) -> Result<(), ActError> {
        match self.comparison() {
            Comparison::Agrees => Ok(()),
            Comparison::NotYet => Err(SubmissionError::NotCompared.into()),
            Comparison::Behind { .. } => Err(IssuerError::Restored.into()),
        }
    }

    /// Refuses to change anything once the database is known to be older than the ledger.
    pub(crate) fn knows_all(&self) -> Result<(), ActError> {
        match self.comparison() {
            Comparison::Agrees | Comparison::NotYet => Ok(()),
            Comparison::Behind { .. } => Err(IssuerError::Restored.into()),
        }
    }

    /// Looks at what is new in the log. A database that cannot be read leaves the comparison as it is.
    pub(super) fn compare(&self, follower: &Follower) -> Result<(), FollowError> {
        let Some(checkpoint) = follower.checkpoint() else { return Ok(()) };
        let known = credentials::known_until(self.store().read());
        let from = self.comparing().next.map_or(known.map(|(entries, _)| entries), Ok);
        let Ok(from) = from.inspect_err(|e| tracing::error!("comparing with the ledger: {e}")) else {
            return Ok(());
        };
        let mut own = Vec::new();
        read_entries(self.ledger.as_ref(), follower, from, &mut |_, entry| {
            if self.is_own(&entry) {
                own.push(entry);
            }
        })?;
        match self.take_over_statuses(&own).and_then(|()| self.unknown_among(&own)) {
            Ok(unknown) => self.found(checkpoint.size, unknown),
            Err(e) => tracing::error!("comparing with the ledger: {e}"),
        }
        Ok(())
    }

    fn found(&self, next: u64, unknown: Vec<String>) {
        let mut comparing = self.comparing();
        if !unknown.is_empty() {
            tracing::error!(
                records = unknown.len(),
                "the ledger has commitments of this department that the desk's database does not know, as after a \
                 restore from a backup: nothing is granted or changed until `issuer reconcile` was run"
            );
        }
        comparing.unknown.extend(unknown);
        comparing.next = Some(next);
        let store = self.store();
        // A reconciliation by another process is noticed here.
        comparing.unknown.retain(|id| !plans::is_known(store.read(), id).unwrap_or(false));
    }

    /// Identifiers of commitments in these entries that were not planned here and are of what is granted here: a
    /// department may have several desks, and one for other schemas has its own.
    fn unknown_among(&self, own: &[Entry]) -> Result<Vec<String>, StoreError> {
        let store = self.store();
        let mut unknown = Vec::new();
        for record in own.iter().map(Entry::record) {
            let Record::Commit(commit) = record else { continue };
            let granted_here = self.config.grantable(&commit.schema).is_some();
            if granted_here && !plans::is_known(store.read(), commit.id.as_str())? {
                unknown.push(commit.id.as_str().to_owned());
            }
        }
        Ok(unknown)
    }

    /// Writes changes of status that were not planned here to the credentials that are known here.
    fn take_over_statuses(&self, own: &[Entry]) -> Result<(), StoreError> {
        self.store().write(|db| {
            for entry in own {
                let Record::Status(status) = entry.record() else { continue };
                let id = status.id.as_str();
                if plans::is_known(db, id)? || !concerns(db, status)? {
                    continue;
                }
                let event = AuditEvent::new(LOCAL, "reconcile").detail(id);
                let line = audit::begin(db, self.now(), &event)?;
                self.take_over(db, entry)?;
                audit::end(db, line, DONE)?;
            }
            Ok(())
        })
    }

    /// Whether the department signed it. The ledger takes no entry whose signature is not its signer's.
    pub(super) fn is_own(&self, entry: &Entry) -> bool {
        matches!(entry.signer(), Signer::Department(signer) if *signer == self.config.department)
    }

    pub(super) fn comparing(&self) -> MutexGuard<'_, Comparing> {
        self.comparing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Comparing {
    /// Begins anew, at the next look.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

/// Whether a change of status is about a credential that is known here.
pub(super) fn concerns(db: &Connection, status: &CredentialStatus) -> Result<bool, StoreError> {
    for change in &status.changes {
        if credentials::is_at(db, change.position)? {
            return Ok(true);
        }
    }
    Ok(false)
}
