//! A batch taken in for now, until it is known whether it is the next one in the log.

use super::bulk_limiter::BulkLimiter;
use super::{Batch, State, Taken};
use crate::credentials::{Changes, LeafChange};
use crate::registry::Registry;

/// What the state was before a batch.
#[must_use]
pub struct Undo {
    /// The registry, if the batch changed it.
    registry: Option<Registry>,
    credentials: Changes,
    withdrawals: BulkLimiter,
    size: u64,
    time: u64,
}

impl State {
    /// Like [`Self::apply`]; what it gives besides takes the batch back, with a [`Self::seal`] after it.
    pub fn apply_for_now(&mut self, batch: Batch) -> (Vec<LeafChange>, Undo) {
        let size = self.size;
        let time = self.time;
        let registry = batch.registry.map(|registry| std::mem::replace(&mut self.registry, registry));
        self.size += batch.entries.len() as u64;
        self.time = batch.now;
        self.taken = batch.taken;
        let changes = self.credentials.apply(&batch.credentials);
        let withdrawals = self.withdrawals.clone();
        (changes, Undo { registry, credentials: batch.credentials, withdrawals, size, time })
    }
    /// Takes back the newest batch, and the state root after it.
    pub fn undo(&mut self, undo: Undo) {
        if let Some(registry) = undo.registry {
            self.registry = registry;
        }
        self.credentials.undo(&undo.credentials);
        (self.withdrawals, self.taken) = (undo.withdrawals, Taken::new());
        (self.size, self.time) = (undo.size, undo.time);
    }
}
