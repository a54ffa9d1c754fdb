//! `kill -9` under load: whatever was acknowledged is there, and the log is whole.

use ledger::record::Entry;
use ledger_node::fsck;
use serde_json::Value;

use crate::running::{FEWEST, Running, accepted, load};
use crate::support::data;

#[test]
fn killed_nodes_lose_nothing_that_they_acknowledged() {
    let folder = data();
    let mut acknowledged: Vec<(Entry, Value)> = Vec::new();
    let rounds = rounds();
    for round in 0..rounds {
        let mut node = Running::node(folder.path());
        for (entry, answer) in &acknowledged {
            assert_eq!(accepted(&node.url, entry).as_ref(), Some(answer), "a retry gets the first answer");
        }
        acknowledged.extend(load(&mut node, round));
        drop(node);
        drop(Running::node(folder.path()));
        let report = fsck(folder.path(), &mut |_, _| {}).unwrap();
        assert_eq!(report.difference, None, "round {round}");
    }
    assert!(acknowledged.len() >= rounds * FEWEST);
}

/// Rounds, unless `YONG_CRASH_ROUNDS` says another number.
fn rounds() -> usize {
    std::env::var("YONG_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(5)
}
