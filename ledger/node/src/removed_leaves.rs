//! Which leaves readers are given as 0: those that were removed, though their files keep them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use circuits::Fr;
use circuits::tree::Position;
use ledger::credentials::{CredentialTree, LeafChange, SHARD_LEAVES};

use crate::tiles::ELEMENT;

/// Removed leaves by shard. Copies share what they hold; a change copies what it touches only.
#[derive(Clone, Debug, Default)]
pub(crate) struct RemovedLeaves(Arc<BTreeMap<u64, Arc<BTreeSet<u16>>>>);

impl RemovedLeaves {
    pub(crate) fn new(tree: &CredentialTree) -> Self {
        let mut shards: BTreeMap<u64, BTreeSet<u16>> = BTreeMap::new();
        for (position, _) in tree.removed() {
            let (shard, offset) = place(position);
            shards.entry(shard).or_default().insert(offset);
        }
        Self(Arc::new(shards.into_iter().map(|(shard, offsets)| (shard, Arc::new(offsets))).collect()))
    }
    pub(crate) fn apply(&mut self, changes: &[LeafChange]) {
        for change in changes {
            let (shard, offset) = place(change.position);
            let offsets = Arc::make_mut(Arc::make_mut(&mut self.0).entry(shard).or_default());
            if change.leaf == Fr::default() {
                offsets.insert(offset);
            } else {
                offsets.remove(&offset);
            }
        }
    }
    /// Puts zeros in leaves of a shard, of which the first is number `first`.
    pub(crate) fn blank(&self, shard: u64, first: usize, leaves: &mut [u8]) {
        let Some(offsets) = self.0.get(&shard) else { return };
        let places = offsets.iter().filter_map(|offset| usize::from(*offset).checked_sub(first));
        for place in places {
            let Some(leaf) = leaves.get_mut(place * ELEMENT..(place + 1) * ELEMENT) else { return };
            leaf.fill(0);
        }
    }
}

fn place(position: Position) -> (u64, u16) {
    let shard = position.get() / SHARD_LEAVES;
    let offset = position.get() % SHARD_LEAVES;
    (shard, u16::try_from(offset).expect("a shard has 2^16 leaves"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(position: u64, leaf: u64) -> LeafChange {
        LeafChange { position: position.try_into().unwrap(), leaf: leaf.into() }
    }

    #[test]
    fn removed_leaves_are_blank_until_they_are_restored() {
        let mut removed_leaves = RemovedLeaves::default();
        removed_leaves.apply(&[change(SHARD_LEAVES + 3, 0), change(SHARD_LEAVES + 5, 0), change(1, 0)]);
        let before = removed_leaves.clone();
        removed_leaves.apply(&[change(SHARD_LEAVES + 5, 9)]);
        let blank = |removed_leaves: &RemovedLeaves, first| {
            let mut leaves = vec![1; 4 * ELEMENT];
            removed_leaves.blank(1, first, &mut leaves);
            leaves.chunks(ELEMENT).map(|leaf| leaf[0]).collect::<Vec<_>>()
        };
        assert_eq!(blank(&removed_leaves, 2), [1, 0, 1, 1]);
        assert_eq!(blank(&before, 2), [1, 0, 1, 0]);
        assert_eq!(blank(&removed_leaves, 4), [1, 1, 1, 1]);
    }
}
