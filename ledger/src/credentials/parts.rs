//! The tree taken apart, for a node that keeps it in files, and put together again.

use circuits::Fr;
use circuits::credential::DepartmentId;
use circuits::tree::Position;

use super::{CredentialTree, LeafStatus, Nodes, Removed, Seen};

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

impl CredentialTree {
    /// Puts a tree together. Everything above the tiles is computed and [`Self::root`] says what it comes to; that the tiles'
    /// roots are those of the leaves is left to whoever can afford it.
    pub fn of_parts(parts: Parts) -> Result<Self, Inconsistent> {
        let Parts { committed: mut leaves, tiles, owners, removed } = parts;
        check_owners(&owners, leaves.len() as u64)?;
        let seen = Seen::of(&leaves);
        let mut gone = std::collections::HashMap::with_capacity(removed.len());
        for (position, standing) in removed {
            let place = leaves.get_mut(position.get() as usize).ok_or(Inconsistent)?;
            let removed = Removed { leaf: std::mem::take(place), standing };
            if standing == LeafStatus::Active || gone.insert(position, removed).is_some() {
                return Err(Inconsistent);
            }
        }
        let nodes = Nodes::of_tiles(leaves, &tiles).ok_or(Inconsistent)?;
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
        let mut removed: Vec<_> = self.removed.iter().map(|(at, removed)| (*at, removed.standing)).collect();
        removed.sort_unstable_by_key(|(at, _)| *at);
        removed
    }
}

fn check_owners(owners: &[(u64, DepartmentId)], leaves: u64) -> Result<(), Inconsistent> {
    let ascending = owners.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1);
    let first = owners.first().map(|(from, _)| *from);
    let last = owners.last().map_or(0, |(from, _)| *from);
    let covered = if leaves == 0 { first.is_none() } else { first == Some(0) && last < leaves };
    if ascending && covered { Ok(()) } else { Err(Inconsistent) }
}
