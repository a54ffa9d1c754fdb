//! How many credentials each department took away lately without another department's agreement.
//!
//! Counted in the log's own time, so that everybody who replays the log counts the same: what a batch takes away has the
//! time of the state root that closes it.

use std::collections::{BTreeMap, VecDeque};

use circuits::credential::DepartmentId;
use serde::{Deserialize, Serialize};

use crate::record::{CredentialStatus, StatusAct};
use crate::registry::RegistryError;

/// What each department took away alone, by the time of the batch; older things than [`BULK_WINDOW_S`] are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BulkLimiter(BTreeMap<DepartmentId, VecDeque<(u64, usize)>>);

/// What departments take away alone in one batch.
pub(super) type Taken = BTreeMap<DepartmentId, usize>;

impl BulkLimiter {
    /// Counts a record at `now` (unix seconds) on top of what its batch has taken, if nobody else agrees to it.
    pub(super) fn count(
        &self,
        taken: &mut Taken,
        by: &DepartmentId,
        status: &CredentialStatus,
        limit: usize,
        now: u64,
    ) -> Result<(), RegistryError> {
        let count = status.changes.iter().filter(|change| change.status != StatusAct::Restore).count();
        if count == 0 || !status.approvals.is_empty() {
            return Ok(());
        }
        let in_batch = taken.get(by).copied().unwrap_or(0) + count;
        let all = self.within(by, now) + in_batch;
        if all > limit {
            return Err(RegistryError::Bulk { taken: all, limit });
        }
        taken.insert(by.clone(), in_batch);
        Ok(())
    }
    /// Closes a batch at `time` (unix seconds), which never goes back.
    pub(super) fn close(&mut self, taken: Taken, time: u64) {
        for (by, count) in taken {
            self.0.entry(by).or_default().push_back((time, count));
        }
        self.0.retain(|_, counts| {
            counts.retain(|(at, _)| is_recent(*at, time));
            !counts.is_empty()
        });
    }
    fn within(&self, by: &DepartmentId, now: u64) -> usize {
        let counts = self.0.get(by).into_iter().flatten();
        counts.filter(|(at, _)| is_recent(*at, now)).map(|(_, count)| count).sum()
    }
}

fn is_recent(at: u64, now: u64) -> bool {
    now.saturating_sub(at) < BULK_WINDOW_S
}

/// Seconds over which [`crate::genesis::Genesis::bulk_limit`] counts: a day.
pub const BULK_WINDOW_S: u64 = 86_400;
