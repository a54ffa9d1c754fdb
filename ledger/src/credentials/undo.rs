//! The newest changes taken back, for a node whose batch another node's batch forestalled.

use std::collections::BTreeMap;

use circuits::tree::Position;

use super::{Changes, CredentialTree, LeafStatus};

impl CredentialTree {
    /// Takes changes back, which must be the newest that were applied. The tree is then as if they had never been made.
    pub fn undo(&mut self, changes: &Changes) {
        let appended: usize = changes.appended.iter().map(|group| group.leaves.len()).sum();
        let before = self.nodes.leaves().len() - appended;
        // Of several changes of one leaf the first one knows how it stood; it comes last here, and the last one is kept.
        let stood: BTreeMap<Position, LeafStatus> =
            changes.status.iter().rev().map(|changed| (changed.position, changed.before)).collect();
        let leaves: Vec<_> = stood
            .into_iter()
            .map(|(at, standing)| self.move_leaf(at, standing, self.original(at, &[])))
            .collect();
        self.seen.forget(before as u64, changes.appended.iter().flat_map(|group| &group.leaves));
        self.owners.truncate(self.owners.partition_point(|(from, _)| *from < before as u64));
        self.nodes
            .shrink(before, leaves.into_iter().map(|change| (change.position.get() as usize, change.leaf)));
    }
}
