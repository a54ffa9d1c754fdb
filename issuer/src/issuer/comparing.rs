//! Whether the database knows everything that the ledger has from this department.
//!
//! A desk whose database was restored from an older backup does not know what it issued since: it would issue a second
//! concurrent credential to somebody who holds one, and cannot revoke the first. Therefore every commitment that the
//! department signed is looked for in the database before anything is granted, and all the time while the ledger is
//! followed. A change of status that was not made here, such as a bulk revocation that other departments had to approve or
//! what they withdrew by themselves, is taken over as it is found.

use std::ops::RangeInclusive;
use std::sync::{MutexGuard, PoisonError};

use circuits::tree::Position;
use ledger::follow::{FollowError, Follower, read_entries};
use ledger::record::{Entry, ReasonCode, Record, Signer, StatusAct};
use rusqlite::Connection;
use service::staff::LOCAL;

use super::plan::REPLACED;
use super::{ActError, DONE, Issuer, IssuerError, ReconcileError, SubmissionError};
use crate::store::audit::{self, AuditEvent};
use crate::store::credentials::{self, CredentialState};
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

    /// Whether the ledger has the newest credentials that the database knows, where it says. It must have been followed. If
    /// it has not, it is another ledger, or one that was restored from an older backup itself.
    pub fn stands_on_the_ledger(&self) -> Result<bool, ReconcileError> {
        let until = credentials::known_until(self.store().read())?.0;
        let Some(newest) = until.checked_sub(1) else { return Ok(true) };
        if self.entries() < until {
            return Ok(false);
        }
        let follower = self.follower.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut found = None;
        read_entries(self.ledger.as_ref(), &follower, newest, &mut |index, entry| {
            if index == newest {
                found = Some(entry);
            }
        })?;
        let Some(entry) = found.filter(|entry| self.is_own(entry)) else { return Ok(false) };
        Ok(plans::is_known(self.store().read(), entry.record().id().as_str())?)
    }

    /// Looks at what is new in the log. A database that cannot be read leaves the comparison as it is.
    pub(super) fn compare(&self, follower: &Follower) -> Result<(), FollowError> {
        let Some(checkpoint) = follower.checkpoint() else { return Ok(()) };
        let from = self.compared_until();
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

    /// Entries of the log that need not be looked at: at first those up to the newest commitment that is known.
    fn compared_until(&self) -> Result<u64, StoreError> {
        let next = self.comparing().next;
        next.map_or_else(|| Ok(credentials::known_until(self.store().read())?.0), Ok)
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
        // A reconciliation, most often by another process, is noticed here.
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
        if own.is_empty() {
            return Ok(());
        }
        self.store().write(|db| {
            for entry in own {
                let id = entry.record().id().as_str();
                if !concerns(db, entry.record())? || plans::is_known(db, id)? {
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

    /// Whether the department signed it, or the others withdraw with it what the department committed. The ledger takes no
    /// entry whose signature is not its signer's.
    pub(super) fn is_own(&self, entry: &Entry) -> bool {
        if let Record::Withdraw(withdraw) = entry.record() {
            return withdraw.department == self.config.department;
        }
        matches!(entry.signer(), Signer::Department(signer) if *signer == self.config.department)
    }

    fn comparing(&self) -> MutexGuard<'_, Comparing> {
        self.comparing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a record says that credentials stand which the department has committed.
pub(super) struct StatusFound<'a> {
    pub(super) leaves: RangeInclusive<Position>,
    pub(super) state: CredentialState,
    pub(super) reason: &'a ReasonCode,
    /// Whether they were taken away, rather than replaced by newer ones.
    pub(super) withdrawn: bool,
}

/// What one of the department's records says of credentials that exist.
pub(super) fn statuses(record: &Record) -> Vec<StatusFound<'_>> {
    if let Record::Withdraw(withdraw) = record {
        let withdrawn = withdraw.ranges.iter().map(|range| StatusFound {
            leaves: range.first..=range.last,
            state: CredentialState::Revoked,
            reason: &withdraw.reason,
            withdrawn: true,
        });
        return withdrawn.collect();
    }
    let Record::Status(status) = record else { return Vec::new() };
    let changed = status.changes.iter().map(|change| StatusFound {
        leaves: change.position..=change.position,
        state: change.status.into(),
        reason: &change.reason,
        withdrawn: change.status == StatusAct::Revoke && !change.reason.as_str().starts_with(REPLACED),
    });
    changed.collect()
}

/// Whether a record is about a credential that is known here.
pub(super) fn concerns(db: &Connection, record: &Record) -> Result<bool, StoreError> {
    for found in statuses(record) {
        if credentials::is_within(db, &found.leaves)? {
            return Ok(true);
        }
    }
    Ok(false)
}
