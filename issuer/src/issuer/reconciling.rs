//! Reconciling a database that is older than the ledger, by an explicit command.
//!
//! What the department committed since the backup is on the ledger as a hash: the desk cannot know whose credential it
//! is. It can take all of them back, so that nobody holds two, and the people come for new ones.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use circuits::tree::Position;
use ledger::follow::{FollowError, read_entries};
use ledger::record::{CredentialStatus, Entry, ReasonCode, Record, StatusAct, StatusChange};
use service::staff::LOCAL;

use super::plan::{landed_or_refused, new_id};
use super::{ActError, Issuer, comparing, plan};
use crate::store::audit::AuditEvent;
use crate::store::credentials::{self, CredentialState};
use crate::store::{StoreError, audit, offers, persons, plans};

/// What the ledger has from this department and the database does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strays {
    /// Leaves of credentials that are still in force, and belong to nobody known.
    pub credentials: Vec<Position>,
    /// Records of which the database knows nothing: commitments, and changes of status.
    pub records: usize,
}

/// What reconciling did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reconciled {
    /// Credentials that belonged to nobody known and are revoked now.
    pub revoked: usize,
    /// Records that are known now.
    pub records: usize,
}

/// Why there is no reconciliation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReconcileError {
    /// The ledger cannot be read.
    #[error("the ledger cannot be read: {0}")]
    Follow(#[from] FollowError),
    /// The log's own count of leaves is another than its entries give.
    #[error("the ledger's entries and its state roots count different leaves")]
    Leaves,
    /// The ledger refused, for instance because one department may not revoke so many in a day, or did not answer.
    #[error(
        "the ledger did not take the revocations: {0}. Run the command again; what was revoked stays revoked"
    )]
    NotRevoked(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The department's records since the newest commitment that the database knows.
#[derive(Default)]
struct Since {
    /// What the database does not know.
    unknown: Vec<Entry>,
    /// By leaf, the state of credentials that nobody knows.
    strays: BTreeMap<u64, CredentialState>,
}

impl Issuer {
    /// What reconciling would have to deal with. The ledger must have been followed.
    pub fn strays(&self) -> Result<Strays, ReconcileError> {
        let since = self.since()?;
        Ok(Strays { credentials: since.in_force(), records: since.unknown.len() })
    }

    /// Revokes what the department committed since and nobody knows, and takes over the changes of status of what the
    /// database does know. Interrupted, it is run again.
    pub fn reconcile(&self) -> Result<Reconciled, ReconcileError> {
        let since = self.since()?;
        let in_force = since.in_force();
        for part in in_force.chunks(REVOKED_AT_ONCE) {
            self.revoke_strays(part)?;
        }
        self.store().write(|db| {
            let detail = format!("{} / {}", since.unknown.len(), in_force.len());
            let line = audit::begin(db, self.now(), &AuditEvent::new(LOCAL, "reconcile").detail(detail))?;
            for entry in &since.unknown {
                self.take_over(db, entry)?;
            }
            if !since.unknown.is_empty() {
                persons::note_restored(db, self.now())?;
            }
            audit::end(db, line, super::DONE)
        })?;
        Ok(Reconciled { revoked: in_force.len(), records: since.unknown.len() })
    }

    /// Reads on from the newest commitment that the database knows: whoever wrote that knew everything before it.
    fn since(&self) -> Result<Since, ReconcileError> {
        let (from, mut leaves) = credentials::known_until(self.store().read())?;
        let follower = self.follower.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut own = Vec::new();
        let mut counts_agree = true;
        read_entries(self.ledger.as_ref(), &follower, from, &mut |_, entry| {
            let first = leaves;
            if let Record::Commit(commit) = entry.record() {
                leaves += commit.inner.len() as u64;
            } else if let Record::Root(root) = entry.record() {
                counts_agree &= root.leaves == leaves;
            }
            if self.is_own(&entry) {
                own.push((first, entry));
            }
        })?;
        if !counts_agree {
            return Err(ReconcileError::Leaves);
        }
        let mut since = Since::default();
        for (first, entry) in own {
            self.sort_in(&mut since, first, entry)?;
        }
        Ok(since)
    }

    fn sort_in(&self, since: &mut Since, first: u64, entry: Entry) -> Result<(), StoreError> {
        let known = plans::is_known(self.store().read(), entry.record().id().as_str())?;
        if let Record::Commit(commit) = entry.record() {
            if known || self.config.grantable(&commit.schema).is_none() {
                return Ok(());
            }
            let leaves = (first..).zip(&commit.inner);
            since.strays.extend(leaves.map(|(position, _)| (position, CredentialState::Active)));
        } else {
            let mut concerned = comparing::concerns(self.store().read(), entry.record())?;
            for found in comparing::statuses(entry.record()) {
                let leaves = found.leaves.start().get()..=found.leaves.end().get();
                for (_, state) in since.strays.range_mut(leaves) {
                    *state = found.state;
                    concerned = true;
                }
            }
            if !concerned {
                return Ok(());
            }
        }
        if !known {
            since.unknown.push(entry);
        }
        Ok(())
    }

    fn revoke_strays(&self, positions: &[Position]) -> Result<(), ReconcileError> {
        let reason: ReasonCode = RESTORED.parse().expect("the desk's own codes are codes");
        let change = |position: &Position| StatusChange {
            position: *position,
            status: StatusAct::Revoke,
            reason: reason.clone(),
        };
        let changes = positions.iter().map(change).collect();
        let record =
            Record::Status(CredentialStatus { id: new_id(), changes, terms: None, approvals: Vec::new() });
        let entry = self.sign(record).map_err(|error| ReconcileError::NotRevoked(error.to_string()))?;
        let plan = self.store().write(|db| plan::insert(db, &[entry], self.now()))?;
        let done = self.resolve(plan).and_then(|outcome| Ok(landed_or_refused(outcome)?));
        done.map_err(|error| match error {
            ActError::Store(error) => error.into(),
            ActError::Refused(_) | ActError::Ledger(_) => ReconcileError::NotRevoked(error.to_string()),
        })
    }

    /// From now on the record is known, and what it did to credentials of the database is done there too.
    pub(super) fn take_over(&self, db: &rusqlite::Connection, entry: &Entry) -> Result<(), StoreError> {
        for found in comparing::statuses(entry.record()) {
            offers::cancel_within(db, &found.leaves)?;
            credentials::set_state(db, &found.leaves, found.state, found.reason.as_str(), found.withdrawn)?;
        }
        let plan = plan::insert(db, std::slice::from_ref(entry), self.now())?;
        plans::land(db, plan, None)
    }
}

impl Since {
    fn in_force(&self) -> Vec<Position> {
        let live = self.strays.iter().filter(|(_, state)| **state != CredentialState::Revoked);
        live.filter_map(|(position, _)| Position::new(*position).ok()).collect()
    }
}

/// Why they are revoked, for everybody to read.
const RESTORED: &str = "desk.restored";
/// Credentials in one record.
const REVOKED_AT_ONCE: usize = 50;
