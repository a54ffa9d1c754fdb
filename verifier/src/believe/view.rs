//! What the verifier knows of the ledger.

use circuits::Fr;
use ledger::follow::RootAge;

/// The ledger as far as it was followed.
pub trait LedgerView {
    /// How current a root is at `now` (unix seconds).
    fn root_age(&self, root: &Fr, now: u64) -> RootAge;
    /// When the ledger was last followed with success, unix seconds; `None` if never.
    fn followed_at(&self) -> Option<u64>;
}
