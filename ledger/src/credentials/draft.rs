//! Changes to the tree, checked one after the other before any of them is made.

use std::collections::{HashMap, HashSet};

use circuits::Fr;
use circuits::credential::{DepartmentId, leaves};
use circuits::tree::Position;
use rayon::prelude::*;

use super::{CredentialError, CredentialTree, LeafStatus};
use crate::record::{
    CredentialCommit, CredentialWithdraw, Inner, MAX_COMMITMENTS, MAX_WITHDRAWN, StatusAct, StatusChange,
};

/// Changes that were checked against a tree, one after the other, and not yet made.
#[must_use]
#[derive(Clone)]
pub struct Draft<'a> {
    tree: &'a CredentialTree,
    changes: Changes,
    /// Leaves that the draft appends.
    appended: u64,
    fresh: HashSet<Fr>,
    statuses: HashMap<Position, LeafStatus>,
}

/// What [`Draft::finish`] gives and [`CredentialTree::apply`] makes.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New leaves in order.
    pub(super) appended: Vec<Appended>,
    /// Changes of status in order.
    pub(super) status: Vec<Changed>,
}

/// Leaves of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Appended {
    pub(super) by: DepartmentId,
    pub(super) leaves: Vec<Fr>,
}

/// One change of status, with what it replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) position: Position,
    pub(super) before: LeafStatus,
    pub(super) after: LeafStatus,
}

/// A moment of a draft, to return to.
#[derive(Clone, Copy, Debug)]
pub struct Savepoint {
    appended: usize,
    status: usize,
}

impl<'a> Draft<'a> {
    pub(super) fn new(tree: &'a CredentialTree) -> Self {
        Self {
            tree,
            changes: Changes::default(),
            appended: 0,
            fresh: HashSet::new(),
            statuses: HashMap::new(),
        }
    }
    /// Checks a commitment; gives the position of its first leaf. Refused as a whole.
    pub fn commit(
        &mut self,
        by: &DepartmentId,
        record: &CredentialCommit,
    ) -> Result<Position, CredentialError> {
        check_count(record.inner.len())?;
        let first = self.tree.len() + self.appended;
        let last = first + record.inner.len() as u64 - 1;
        Position::new(last).map_err(|_| CredentialError::Full)?;
        let hash = |inner: &[Inner]| {
            leaves(by, &record.schema, &inner.iter().map(|inner| inner.0).collect::<Vec<_>>())
        };
        let leaves: Vec<Fr> = record.inner.par_chunks(LEAVES_AT_ONCE).flat_map_iter(hash).collect();
        self.refuse_duplicates(&leaves)?;
        self.appended += leaves.len() as u64;
        self.changes.appended.push(Appended { by: by.clone(), leaves });
        Ok(Position::new(first).expect("the last position is in the tree, hence the first"))
    }
    /// Checks changes of status, in order. Refused as a whole.
    pub fn status(&mut self, by: &DepartmentId, changes: &[StatusChange]) -> Result<(), CredentialError> {
        check_count(changes.len())?;
        let before = self.savepoint();
        let checked = changes.iter().try_for_each(|change| self.change(by, change));
        if checked.is_err() {
            self.rollback(before);
        }
        checked
    }
    /// Checks a withdrawal: revokes what its department committed within its ranges and is not revoked yet. Refused as a
    /// whole. Every place must be taken already, so that it is known what is withdrawn.
    pub fn withdraw(&mut self, record: &CredentialWithdraw) -> Result<(), CredentialError> {
        let last = record.ranges.last().get();
        if last >= self.tree.len() + self.appended {
            return Err(CredentialError::NoSuchLeaf(last));
        }
        let mut withdrawn = Vec::new();
        for range in record.ranges.iter() {
            let own = self.runs_of(&record.department, range.first.get(), range.last.get());
            for position in own.into_iter().flatten() {
                let position = Position::new(position).map_err(|_| CredentialError::NoSuchLeaf(position))?;
                let before = self.status_at(position);
                if before != LeafStatus::Revoked {
                    withdrawn.push(Changed { position, before, after: LeafStatus::Revoked });
                }
                if withdrawn.len() > MAX_WITHDRAWN {
                    return Err(CredentialError::TooManyWithdrawn(withdrawn.len()));
                }
            }
        }
        if withdrawn.is_empty() {
            return Err(CredentialError::NothingToWithdraw);
        }
        for changed in withdrawn {
            self.take_in(changed);
        }
        Ok(())
    }
    /// Remembers this moment.
    pub fn savepoint(&self) -> Savepoint {
        Savepoint { appended: self.changes.appended.len(), status: self.changes.status.len() }
    }
    /// Forgets everything since `savepoint`, which is of this draft.
    pub fn rollback(&mut self, savepoint: Savepoint) {
        while self.changes.status.len() > savepoint.status {
            let changed = self.changes.status.pop().expect("longer than the savepoint");
            self.statuses.insert(changed.position, changed.before);
        }
        while self.changes.appended.len() > savepoint.appended {
            let Appended { leaves, .. } = self.changes.appended.pop().expect("longer than the savepoint");
            self.appended -= leaves.len() as u64;
            for leaf in &leaves {
                self.fresh.remove(leaf);
            }
        }
    }
    /// What was accepted.
    pub fn finish(self) -> Changes {
        self.changes
    }

    fn refuse_duplicates(&mut self, leaves: &[Fr]) -> Result<(), CredentialError> {
        for (i, leaf) in leaves.iter().enumerate() {
            if self.tree.has_seen(leaf) || !self.fresh.insert(*leaf) {
                for earlier in leaves.iter().take(i) {
                    self.fresh.remove(earlier);
                }
                return Err(CredentialError::Duplicate(i));
            }
        }
        Ok(())
    }
    fn change(&mut self, by: &DepartmentId, change: &StatusChange) -> Result<(), CredentialError> {
        let at = change.position.get();
        let owner = self.owner(at).ok_or(CredentialError::NoSuchLeaf(at))?;
        if owner != by {
            return Err(CredentialError::ForeignLeaf(at));
        }
        let before = self.status_at(change.position);
        let after = transition(before, change.status, at)?;
        self.take_in(Changed { position: change.position, before, after });
        Ok(())
    }
    fn take_in(&mut self, changed: Changed) {
        self.statuses.insert(changed.position, changed.after);
        self.changes.status.push(changed);
    }
    fn owner(&self, position: u64) -> Option<&DepartmentId> {
        let Some(mut offset) = position.checked_sub(self.tree.len()) else {
            return self.tree.owner_at(position);
        };
        for group in &self.changes.appended {
            match offset.checked_sub(group.leaves.len() as u64) {
                Some(beyond) => offset = beyond,
                None => return Some(&group.by),
            }
        }
        None
    }
    /// Where a department committed between two positions, both included, both taken.
    fn runs_of(&self, by: &DepartmentId, first: u64, last: u64) -> Vec<std::ops::Range<u64>> {
        let mut runs = self.tree.runs_of(by, first, last);
        let mut from = self.tree.len();
        for group in &self.changes.appended {
            let until = from + group.leaves.len() as u64;
            if group.by == *by {
                runs.push(from.max(first)..until.min(last + 1));
            }
            from = until;
        }
        runs
    }
    /// Of a leaf that exists, or that the draft appends.
    fn status_at(&self, position: Position) -> LeafStatus {
        let drafted = self.statuses.get(&position).copied();
        drafted.or_else(|| self.tree.status(position)).unwrap_or(LeafStatus::Active)
    }
}

/// What a status act makes of a credential.
fn transition(before: LeafStatus, act: StatusAct, at: u64) -> Result<LeafStatus, CredentialError> {
    match (before, act) {
        (LeafStatus::Revoked, _) => Err(CredentialError::Revoked(at)),
        (_, StatusAct::Revoke) => Ok(LeafStatus::Revoked),
        (LeafStatus::Active, StatusAct::Suspend) => Ok(LeafStatus::Suspended),
        (LeafStatus::Suspended, StatusAct::Suspend) => Err(CredentialError::AlreadySuspended(at)),
        (LeafStatus::Suspended, StatusAct::Restore) => Ok(LeafStatus::Active),
        (LeafStatus::Active, StatusAct::Restore) => Err(CredentialError::NotSuspended(at)),
    }
}

/// Leaves that one thread hashes together.
const LEAVES_AT_ONCE: usize = 128;

fn check_count(count: usize) -> Result<(), CredentialError> {
    if (1..=MAX_COMMITMENTS).contains(&count) { Ok(()) } else { Err(CredentialError::Count(count)) }
}
