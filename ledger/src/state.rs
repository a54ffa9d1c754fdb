//! The whole state that entries derive: registry and credential tree, advanced batch by batch.
//!
//! A batch is any number of departments' entries and then one `state.root` by the log. A node drafts a batch, applies
//! it, seals it and writes it; `fsck` and start-up replay it.
//!
//! Rules that depend on time are checked in a draft at the node's clock, and again at every replay. What a department takes
//! away within a day is counted at the time of the state root that closes the batch, which is never before the draft's; ends
//! of approvals and registrations are judged by the state root before it, see [`Moment`](crate::registry::Moment). So no
//! replay refuses what a node accepted.

mod bulk_limiter;
mod draft;
mod error;
mod replay;
mod undo;

use circuits::field::Element;
use circuits::tree::Position;
use serde::{Deserialize, Serialize};

use self::bulk_limiter::Taken;
pub use self::bulk_limiter::{BULK_WINDOW_S, BulkLimiter};
use self::draft::Rules;
pub use self::draft::{Batch, Draft};
pub use self::error::{ErrorClass, StateError};
pub use self::replay::{ReplayError, WrongRoot};
pub use self::undo::Undo;
use crate::credentials::{CredentialTree, LeafChange};
use crate::genesis::Genesis;
use crate::record::{Entry, Record, RecordId, RecordSigningError, Signer, StateRoot};
use crate::registry::Registry;
use crate::signer::{DepartmentSigner, SigningError};

/// Where an accepted entry is, and what the node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Index in the log.
    pub index: u64,
    /// For a commitment, the position of its first leaf; the others follow.
    pub first_position: Option<Position>,
}

/// Registry, credential tree and size after a number of entries.
#[derive(Clone)]
pub struct State {
    registry: Registry,
    credentials: CredentialTree,
    withdrawals: BulkLimiter,
    /// What the newest batch takes away, as long as it is not closed.
    taken: Taken,
    size: u64,
    time: u64,
}

impl State {
    /// The state of a ledger without entries.
    pub fn new(genesis: Genesis) -> Self {
        Self::assemble(Registry::new(genesis), CredentialTree::new(), BulkLimiter::default())
    }
    /// Takes up the state that a state root of an existing log describes, from a registry and a credential tree that must be
    /// exactly what it states, and from withdrawals, which it does not state. Whose signature it has is not looked at.
    pub fn resume(
        registry: Registry,
        credentials: CredentialTree,
        withdrawals: BulkLimiter,
        root: &StateRoot,
    ) -> Result<Self, WrongRoot> {
        let mut state = Self::assemble(registry, credentials, withdrawals);
        (state.size, state.time) = (root.entries, root.time);
        state.compare(root)?;
        state.close(root);
        Ok(state)
    }
    /// Begins to check entries that are submitted at `now` (unix seconds), or at the time of the newest state root if that
    /// is later.
    pub fn draft(&self, now: u64) -> Draft<'_> {
        Draft::new(self, now.max(self.time), Rules::Newest)
    }
    /// Takes in a batch that a draft of this very state accepted. Gives every leaf whose status changed, in order.
    pub fn apply(&mut self, batch: Batch) -> Vec<LeafChange> {
        self.apply_for_now(batch).0
    }
    /// Ends a batch: signs what the state is now, takes the entry in, and gives it. `time` (unix seconds) is raised to
    /// that of the draft, and of the state root before, should the clock have gone back.
    /// Without a signature nothing is ended.
    pub fn seal(&mut self, time: u64, key: &dyn DepartmentSigner) -> Result<Entry, SigningError> {
        let root = self.state_root(time);
        let origin = self.registry.genesis().origin();
        let signed = Entry::sign(origin, Record::Root(root.clone()), Signer::Log(origin.clone()), key);
        let entry = signed.map_err(|error| match error {
            RecordSigningError::Signing(error) => error,
            RecordSigningError::Record(error) => {
                panic!("a state root is small and its numbers are exact: {error}")
            }
        })?;
        self.close(&root);
        Ok(entry)
    }
    /// What [`Self::seal`] would state.
    pub fn state_root(&self, time: u64) -> StateRoot {
        StateRoot {
            id: root_id(self.size),
            entries: self.size,
            leaves: self.credentials.len(),
            root: Element(self.credentials.root()),
            registry: *self.registry.chain(),
            time: time.max(self.time),
        }
    }
    /// Entries taken in, state roots included.
    pub fn size(&self) -> u64 {
        self.size
    }
    /// Time of the newest state root, or of a draft that was taken in since, unix seconds; 0 before the first.
    pub fn time(&self) -> u64 {
        self.time
    }
    /// The registry.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
    /// What departments took away lately.
    pub fn withdrawals(&self) -> &BulkLimiter {
        &self.withdrawals
    }
    /// The credential tree.
    pub fn credentials(&self) -> &CredentialTree {
        &self.credentials
    }

    fn assemble(registry: Registry, credentials: CredentialTree, withdrawals: BulkLimiter) -> Self {
        Self { registry, credentials, withdrawals, taken: Taken::new(), size: 0, time: 0 }
    }
    /// Takes in a state root that says what the state is.
    fn close(&mut self, root: &StateRoot) {
        self.withdrawals.close(std::mem::take(&mut self.taken), root.time);
        self.size += 1;
        self.time = root.time;
    }
}

/// The idempotency key of the state root at this index.
pub(crate) fn root_id(entries: u64) -> RecordId {
    format!("state.root/{entries}").parse().expect("a word, a slash and at most 20 digits")
}

#[cfg(test)]
mod tests;
