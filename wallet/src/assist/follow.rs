//! The whole credential tree, so that no request tells the ledger which leaf is wanted.

use circuits::tree::Position;
use ledger::credentials::SHARD_LEAVES;
use ledger::follow::FollowError;

use crate::followed::Ledger;

/// Whether the ledger has been followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Followed {
    /// At least once.
    Yes,
    /// Not yet.
    NotYet,
}

impl Followed {
    pub(crate) fn of(ledger: &Ledger) -> Self {
        if ledger.view().synced_at().is_some() { Self::Yes } else { Self::NotYet }
    }
}

/// Catches up with the log and with every shard that has leaves.
pub(crate) fn follow_all(ledger: &Ledger, now: u64) -> Result<(), FollowError> {
    // How many leaves there are is known after the log was followed; new shards are rare.
    ledger.sync(first_of_shards(ledger.view().leaves()), now)?;
    let leaves = ledger.view().leaves();
    ledger.sync(first_of_shards(leaves), now)
}

/// One position of each shard.
fn first_of_shards(leaves: u64) -> impl Iterator<Item = Position> {
    (0..leaves.div_ceil(SHARD_LEAVES)).filter_map(|shard| Position::new(shard * SHARD_LEAVES).ok())
}
