//! Forgetting: what the policy promised not to keep.

use rusqlite::params;

use super::{Store, StoreError};

/// Seconds that revealed attributes stay readable at the counter.
const REVEALED_KEPT_S: u64 = 3600;

impl Store {
    /// Wipes keys of requests that expired and revealed attributes an hour after their request expired, and deletes
    /// transactions with their receipts at the end of the policy's retention; what an offline counter accepted, not before
    /// the service has it. Uses of pseudonyms stay. Returns how many transactions and answers without a network were deleted.
    pub fn forget(&mut self, now: u64) -> Result<usize, StoreError> {
        self.connection.execute(
            "UPDATE transactions SET revealed = NULL WHERE revealed IS NOT NULL AND expires_at < ?1",
            params![now.saturating_sub(REVEALED_KEPT_S)],
        )?;
        self.connection.execute(
            "UPDATE transactions SET response_key = NULL WHERE response_key IS NOT NULL AND expires_at < ?1",
            params![now],
        )?;
        let offline = "DELETE FROM offline WHERE keep_until < ?1 AND text IS NULL";
        let offline = self.connection.execute(offline, params![now])?;
        let online =
            self.connection.execute("DELETE FROM transactions WHERE keep_until < ?1", params![now])?;
        Ok(offline + online)
    }
}
