//! The credential tree: leaves in order of commitment, their owners and status, roots, shards and paths.

mod draft;
mod levels;
mod nodes;
mod seen;

use std::collections::{BTreeMap, HashMap};

use circuits::Fr;
use circuits::credential::DepartmentId;
use circuits::tree::{DEPTH, Path, Position};

pub use self::draft::{Changes, Draft, Savepoint};
pub(crate) use self::levels::Levels;
use self::nodes::Nodes;
use self::seen::Seen;

/// Whether a credential is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafStatus {
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
    /// Every credential that would be withdrawn is revoked already, or there is none.
    #[error("the department has no credential in these ranges that is not revoked already")]
    NothingToWithdraw,
    /// More than one record may take away; counted up to there.
    #[error("the ranges have {0} or more credentials of the department; one record withdraws 65,536 at most")]
    TooManyWithdrawn(usize),
    /// It is active, so there is nothing to restore.
    #[error("the credential at position {0} is not suspended")]
    NotSuspended(u64),
}

/// The tree in memory, with the owner and the status of every leaf.
#[derive(Clone)]
pub struct CredentialTree {
    nodes: Nodes,
    /// All leaves ever committed.
    seen: Seen,
    /// Who committed the leaves from a position on; ascending, neighbours differ.
    owners: Vec<(u64, DepartmentId)>,
    /// Leaves that are 0, with what they were.
    removed: HashMap<Position, Removed>,
}

/// One leaf's value after a change of status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafChange {
    /// Where.
    pub position: Position,
    /// 0 if removed, else the leaf.
    pub leaf: Fr,
}

/// Everything from which a tree can be put together without hashing its leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Leaves as they were committed, removed ones included.
    pub committed: Vec<Fr>,
    /// Roots of tiles of 256 leaves, the last tile being what is left; removed leaves count as 0.
    pub tiles: Vec<Fr>,
    /// Who committed the leaves from a position on; ascending, from 0, neighbours differ.
    pub owners: Vec<(u64, DepartmentId)>,
    /// Leaves that are 0, ascending by position, and how they stand.
    pub removed: Vec<(Position, LeafStatus)>,
}

/// The parts are of no one tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parts of the credential tree contradict each other")]
pub struct Inconsistent;

#[derive(Clone, Copy)]
struct Removed {
    leaf: Fr,
    status: LeafStatus,
}

impl CredentialTree {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self { nodes: Nodes::new(), seen: Seen::new(), owners: Vec::new(), removed: HashMap::new() }
    }
    /// Puts a tree together. Everything above the tiles is computed and [`Self::root`] says what it comes to; that the tiles'
    /// roots are those of the leaves is left to whoever can afford it.
    pub fn from_parts(parts: Parts) -> Result<Self, Inconsistent> {
        let Parts { committed: mut leaves, tiles, owners, removed } = parts;
        check_owners(&owners, leaves.len() as u64)?;
        let seen = Seen::from_leaves(&leaves);
        let mut gone = HashMap::with_capacity(removed.len());
        for (position, status) in removed {
            let place = leaves.get_mut(position.get() as usize).ok_or(Inconsistent)?;
            let removed = Removed { leaf: std::mem::take(place), status };
            if status == LeafStatus::Active || gone.insert(position, removed).is_some() {
                return Err(Inconsistent);
            }
        }
        let nodes = Nodes::from_tiles(leaves, &tiles).ok_or(Inconsistent)?;
        Ok(Self { nodes, seen, owners, removed: gone })
    }
    /// See [`Parts::tiles`].
    pub fn tiles(&self) -> &[Fr] {
        self.nodes.tiles()
    }
    /// See [`Parts::owners`].
    pub fn owners(&self) -> &[(u64, DepartmentId)] {
        &self.owners
    }
    /// See [`Parts::removed`].
    pub fn removed(&self) -> Vec<(Position, LeafStatus)> {
        let mut removed: Vec<_> = self.removed.iter().map(|(at, removed)| (*at, removed.status)).collect();
        removed.sort_unstable_by_key(|(at, _)| *at);
        removed
    }
    /// Begins to check changes.
    pub fn draft(&self) -> Draft<'_> {
        Draft::new(self)
    }
    /// Makes changes that a draft of this very tree accepted; recomputes only the nodes above them. Gives every leaf
    /// whose status changed, in order.
    pub fn apply(&mut self, changes: &Changes) -> Vec<LeafChange> {
        let mut leaves = Vec::new();
        for group in &changes.appended {
            self.own(self.len() + leaves.len() as u64, &group.by);
            leaves.extend_from_slice(&group.leaves);
        }
        let first = self.len();
        // A leaf that several changes of one batch concern is read before the first of them writes 0 in its place.
        let mut originals = HashMap::new();
        for change in &changes.status {
            originals.entry(change.position).or_insert_with(|| self.original(change.position, &leaves));
        }
        let moved = |c: &draft::Changed| self.move_leaf(c.position, c.after, originals[&c.position]);
        let changed: Vec<LeafChange> = changes.status.iter().map(moved).collect();
        self.nodes.update(&leaves, changed.iter().map(|c| (c.position.get() as usize, c.leaf)));
        let Self { nodes, seen, removed, .. } = self;
        seen.extend(first, &leaves, |position| committed(nodes, removed, position));
        changed
    }
    /// Takes changes back, which must be the newest that were applied. The tree is then as if they had never been made.
    pub fn undo(&mut self, changes: &Changes) {
        let appended: usize = changes.appended.iter().map(|group| group.leaves.len()).sum();
        let before = self.nodes.leaves().len() - appended;
        // Of several changes of one leaf the first one knows how it stood; it comes last here, and the last one is kept.
        let stood: BTreeMap<Position, LeafStatus> =
            changes.status.iter().rev().map(|changed| (changed.position, changed.before)).collect();
        let leaves: Vec<_> = stood
            .into_iter()
            .map(|(at, status)| self.move_leaf(at, status, self.original(at, &[])))
            .collect();
        self.seen.forget(before as u64, changes.appended.iter().flat_map(|group| &group.leaves));
        self.owners.truncate(self.owners.partition_point(|(from, _)| *from < before as u64));
        self.nodes
            .shrink(before, leaves.into_iter().map(|change| (change.position.get() as usize, change.leaf)));
    }
    /// Leaves, removed ones included.
    pub fn len(&self) -> u64 {
        self.nodes.leaves().len() as u64
    }
    /// Whether there is no leaf.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The leaf at a position: 0 if removed, `None` if there is none yet.
    pub fn leaf(&self, position: Position) -> Option<&Fr> {
        self.nodes.leaves().get(position.get() as usize)
    }
    /// The leaf as it was committed, removed or not; `None` if there is none yet.
    pub fn committed(&self, position: Position) -> Option<&Fr> {
        self.removed.get(&position).map(|removed| &removed.leaf).or_else(|| self.leaf(position))
    }
    /// Who committed the leaf.
    pub fn owner(&self, position: Position) -> Option<&DepartmentId> {
        self.owner_at(position.get())
    }
    /// Whether the credential is active.
    pub fn status(&self, position: Position) -> Option<LeafStatus> {
        self.leaf(position)?;
        Some(self.removed.get(&position).map_or(LeafStatus::Active, |removed| removed.status))
    }
    /// The path of a leaf to [`Self::root`]; `None` if there is no leaf yet.
    pub fn path(&self, position: Position) -> Option<Path> {
        self.leaf(position)?;
        let mut siblings = self.nodes.siblings(position.get() as usize).into_iter();
        let siblings = std::array::from_fn(|_| siblings.next().expect("the tree has DEPTH levels"));
        Some(Path { position, siblings })
    }
    /// The root over all 4^16 places.
    pub fn root(&self) -> Fr {
        self.nodes.root()
    }
    /// The leaves of a shard that exist, in order; empty beyond the last shard.
    pub fn shard(&self, shard: u32) -> &[Fr] {
        let shards = self.nodes.leaves().chunks(SHARD_LEAVES as usize);
        shards.into_iter().nth(shard as usize).unwrap_or(&[])
    }
    /// The root of a shard; `None` beyond the last one.
    pub fn shard_root(&self, shard: u32) -> Option<&Fr> {
        self.cap().get(shard as usize)
    }
    /// The roots of all shards that exist.
    pub fn cap(&self) -> &[Fr] {
        self.nodes.row(SHARD_HEIGHT)
    }

    /// Whether this leaf was ever committed.
    fn has_seen(&self, leaf: &Fr) -> bool {
        self.seen.contains(leaf, |position| committed(&self.nodes, &self.removed, position))
    }
    fn owner_at(&self, position: u64) -> Option<&DepartmentId> {
        let runs = self.owners.partition_point(|(from, _)| *from <= position);
        let run = self.owners.get(runs.checked_sub(1)?)?;
        (position < self.len()).then_some(&run.1)
    }
    /// Where a department committed between two positions, both included; empty runs where it did not.
    fn runs_of(&self, by: &DepartmentId, first: u64, last: u64) -> Vec<std::ops::Range<u64>> {
        let begins = self.owners.partition_point(|(from, _)| *from <= first).saturating_sub(1);
        let runs = self.owners.get(begins..).unwrap_or_default();
        let ends = runs.iter().skip(1).map(|(from, _)| *from).chain([self.len()]);
        let within = runs.iter().zip(ends).take_while(|((from, _), _)| *from <= last);
        let own = within.filter(|((_, owner), _)| owner == by);
        own.map(|((from, _), until)| (*from).max(first)..until.min(last.saturating_add(1))).collect()
    }
    fn own(&mut self, from: u64, by: &DepartmentId) {
        if self.owners.last().is_none_or(|(_, last)| last != by) {
            self.owners.push((from, by.clone()));
        }
    }
    /// Gives a leaf its new status and says what stands at its place from now on.
    fn move_leaf(&mut self, position: Position, after: LeafStatus, leaf: Fr) -> LeafChange {
        if after == LeafStatus::Active {
            self.removed.remove(&position);
            return LeafChange { position, leaf };
        }
        self.removed.insert(position, Removed { leaf, status: after });
        LeafChange { position, leaf: Fr::default() }
    }
    /// A leaf as it was committed. `fresh` are leaves about to be appended, which may be changed in the same batch.
    fn original(&self, position: Position, fresh: &[Fr]) -> Fr {
        if let Some(removed) = self.removed.get(&position) {
            return removed.leaf;
        }
        let offset = position.get().checked_sub(self.len());
        let leaf = offset.map_or_else(|| self.leaf(position), |offset| fresh.get(offset as usize));
        *leaf.expect("the draft accepted positions of existing and appended leaves only")
    }
}

impl Default for CredentialTree {
    fn default() -> Self {
        Self::new()
    }
}

/// The root of the tree whose first shards have these roots and whose other shards are empty; `None` for more than
/// 65,536 shards.
pub fn fold_cap(cap: &[Fr]) -> Option<Fr> {
    cap_levels(cap).map(|levels| levels.root())
}

/// The nodes above the shard roots.
pub(crate) fn cap_levels(cap: &[Fr]) -> Option<Levels> {
    if cap.len() as u64 > MAX_SHARDS {
        return None;
    }
    let mut levels = Levels::new(SHARD_HEIGHT, DEPTH);
    levels.update(cap, []);
    Some(levels)
}

fn check_owners(owners: &[(u64, DepartmentId)], leaves: u64) -> Result<(), Inconsistent> {
    let ascending = owners.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1);
    let first = owners.first().map(|(from, _)| *from);
    let last = owners.last().map_or(0, |(from, _)| *from);
    let covered = if leaves == 0 { first.is_none() } else { first == Some(0) && last < leaves };
    if ascending && covered { Ok(()) } else { Err(Inconsistent) }
}

/// The leaf that was committed at a position that the table of leaves names.
fn committed<'a>(nodes: &'a Nodes, removed: &'a HashMap<Position, Removed>, position: u32) -> &'a Fr {
    let leaf = nodes.leaves().get(position as usize).expect("the table names leaves that are there");
    let gone = || removed.get(&Position::new(position.into()).ok()?);
    if *leaf == Fr::default() { gone().map_or(leaf, |removed| &removed.leaf) } else { leaf }
}

/// Height of a shard's root.
pub const SHARD_HEIGHT: usize = 8;
/// Leaves in a shard: 4^8.
pub const SHARD_LEAVES: u64 = 65_536;
/// Shards in the tree: 4^8.
pub const MAX_SHARDS: u64 = 65_536;

#[cfg(test)]
mod tests;
