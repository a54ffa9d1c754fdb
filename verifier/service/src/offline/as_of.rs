//! The ledger of some hours ago, where nothing newer can be known.

use circuits::Fr;
use ledger::follow::{Follower, RootAge};

use verifier::LedgerView;

/// The ledger as it was at one time, taken for the present of another. Whoever makes one has checked that it is not too old.
pub(crate) struct AsOf<'a> {
    pub(crate) follower: &'a Follower,
    /// When it was followed, unix seconds.
    pub(crate) then: u64,
    /// What it is taken for, unix seconds.
    pub(crate) now: u64,
}

impl LedgerView for AsOf<'_> {
    fn root_age(&self, root: &Fr, _now: u64) -> RootAge {
        self.follower.root_age(root, self.then)
    }
    fn followed_at(&self) -> Option<u64> {
        Some(self.now)
    }
}
