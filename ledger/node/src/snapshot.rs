//! What readers see: one published moment of the log. Readers never wait for the writer.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use circuits::credential::DepartmentId;
use ledger::client::Status;
use ledger::key::PublicKey;
use ledger::resource::Index;

use crate::cosign::Shown;
use crate::hour::HourlyRoot;
use crate::removed_leaves::RemovedLeaves;

/// The log at its newest checkpoint.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// The signed checkpoint, with cosignatures where there are witnesses.
    pub(crate) shown: Shown,
    pub(crate) index: Index,
    pub(crate) status: Status,
    /// Roots of all shards, 32 bytes each.
    pub(crate) cap: Vec<u8>,
    pub(crate) removed_leaves: RemovedLeaves,
    /// The root before the newest full hour.
    pub(crate) hourly: HourlyRoot,
    /// Keys of the departments.
    pub(crate) keys: BTreeMap<DepartmentId, PublicKey>,
}

/// Where the writer puts a snapshot and readers take it; the lock is held for a pointer's copy only.
#[derive(Clone)]
pub(crate) struct Published(Arc<RwLock<Arc<Snapshot>>>);

impl Published {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(snapshot))))
    }
    pub(crate) fn get(&self) -> Arc<Snapshot> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    pub(crate) fn set(&self, snapshot: Snapshot) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
    }
}
