//! The credential tree: leaves in order of commitment, their owners and status, roots, shards and paths.

use circuits::Fr;
use circuits::credential::DepartmentId;
use circuits::tree::{Path, Position};

use crate::record::{CredentialCommit, StatusChange};

/// Leaves in a shard: 4^8.
pub const SHARD_LEAVES: u64 = 65_536;

/// Where a credential stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its leaf is in the tree.
    Active,
    /// Its leaf is 0 until restored.
    Suspended,
    /// Its leaf is 0 for ever.
    Revoked,
}

/// Why a commitment or a change of status is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// None, or too many, in one record.
    #[error("a record holds 1 to 1,024 commitments or changes, not {0}")]
    Count(usize),
    /// The same leaf was committed before, even if it was revoked since.
    #[error("commitment {0} of the record is in the tree already")]
    Duplicate(usize),
    /// The tree has no place left.
    #[error("the credential tree is full")]
    Full,
    /// There is no leaf at the position yet.
    #[error("there is no credential at position {0}")]
    NoSuchLeaf(u64),
    /// Another department committed the leaf.
    #[error("the credential at position {0} was committed by another department")]
    ForeignLeaf(u64),
    /// Revocation is final.
    #[error("the credential at position {0} is revoked, which is final")]
    Revoked(u64),
    /// It is suspended already.
    #[error("the credential at position {0} is suspended already")]
    AlreadySuspended(u64),
    /// It is active, so there is nothing to restore.
    #[error("the credential at position {0} is not suspended")]
    NotSuspended(u64),
}

/// The tree in memory, with the owner and the standing of every leaf.
#[derive(Clone)]
pub struct CredentialTree {
    levels: Vec<Vec<Fr>>,
}

/// One leaf's value after a change of status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafChange {
    /// Where.
    pub position: Position,
    /// 0 if removed, else the leaf.
    pub leaf: Fr,
}

/// Changes that were checked against a tree, one after the other, and not yet made.
#[must_use]
#[derive(Clone)]
pub struct Draft<'a> {
    tree: &'a CredentialTree,
}

/// What [`Draft::finish`] gives and [`CredentialTree::apply`] makes.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New leaves in order, with their owners.
    pub appended: Vec<(DepartmentId, Fr)>,
    /// Changes of status in order.
    pub status: Vec<(Position, Standing)>,
}

/// A moment of a draft, to return to.
#[derive(Clone, Copy, Debug)]
pub struct Savepoint {
    appended: usize,
    status: usize,
}

impl Draft<'_> {
    /// Checks a commitment; gives the position of its first leaf. Refused as a whole.
    pub fn commit(&mut self, _by: &DepartmentId, _record: &CredentialCommit) -> Result<Position, CredentialError> {
        todo!()
    }
    /// Checks changes of status, in order. Refused as a whole.
    pub fn status(&mut self, _by: &DepartmentId, _changes: &[StatusChange]) -> Result<(), CredentialError> {
        todo!()
    }
    /// Remembers this moment.
    pub fn savepoint(&self) -> Savepoint {
        todo!()
    }
    /// Forgets everything since `savepoint`, which is of this draft.
    pub fn rollback(&mut self, _savepoint: Savepoint) {
        todo!()
    }
    /// What was accepted.
    pub fn finish(self) -> Changes {
        todo!()
    }
}

impl CredentialTree {
    /// A tree without leaves.
    pub fn new() -> Self {
        todo!()
    }
    /// Begins to check changes.
    pub fn draft(&self) -> Draft<'_> {
        todo!()
    }
    /// Makes changes that a draft of this very tree accepted; recomputes only the nodes above them. Gives every leaf
    /// whose status changed, in order.
    pub fn apply(&mut self, _changes: &Changes) -> Vec<LeafChange> {
        todo!()
    }
    /// Leaves, removed ones included.
    pub fn len(&self) -> u64 {
        todo!()
    }
    /// Whether there is no leaf.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The leaf at a position: 0 if removed, `None` if there is none yet.
    pub fn leaf(&self, _position: Position) -> Option<&Fr> {
        todo!()
    }
    /// Who committed the leaf.
    pub fn owner(&self, _position: Position) -> Option<&DepartmentId> {
        todo!()
    }
    /// Where the credential stands.
    pub fn standing(&self, _position: Position) -> Option<Standing> {
        todo!()
    }
    /// The path of a leaf to [`Self::root`]; `None` if there is no leaf yet.
    pub fn path(&self, _position: Position) -> Option<Path> {
        todo!()
    }
    /// The root over all 4^16 places.
    pub fn root(&self) -> Fr {
        todo!()
    }
    /// The leaves of a shard that exist, in order; empty beyond the last shard.
    pub fn shard(&self, _shard: u32) -> &[Fr] {
        todo!()
    }
    /// The root of a shard; `None` beyond the last one.
    pub fn shard_root(&self, _shard: u32) -> Option<&Fr> {
        todo!()
    }
    /// The roots of all shards that exist.
    pub fn cap(&self) -> &[Fr] {
        todo!()
    }
}

impl Default for CredentialTree {
    fn default() -> Self {
        Self::new()
    }
}

/// The root of the tree whose first shards have these roots and whose other shards are empty; `None` for more than
/// 65,536 shards.
pub fn fold_cap(_cap: &[Fr]) -> Option<Fr> {
    todo!()
}
