//! Requests whose end a program is to be told of: which are due, and when one is due again.
//!
//! A request is due from the moment that its end is written, in the same commit, and otherwise some time after it
//! expired. Whoever takes it up has it alone for a while: if that process dies, another one takes it up after that.

use rusqlite::{TransactionBehavior, params};

use super::open::commit;
use super::{Database, StoreError, Transaction, TransactionId};

/// A request whose end is to be told.
pub struct Notification {
    /// The request.
    pub transaction: Transaction,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

/// What one process takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotificationTurn {
    /// Unix seconds.
    pub now: u64,
    /// Until when nobody else takes up the same, unix seconds.
    pub taken_until: u64,
    /// How many at most.
    pub limit: u32,
}

impl Database {
    /// Takes up what is due, the oldest first.
    pub(super) fn take_due_notifications(
        &mut self,
        turn: NotificationTurn,
    ) -> Result<Vec<Notification>, StoreError> {
        let writes = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let take = "UPDATE transactions SET notify_at = ?2, notify_attempts = notify_attempts + 1 WHERE id IN \
                    (SELECT id FROM transactions WHERE notify_at <= ?1 ORDER BY notify_at LIMIT ?3) \
                    RETURNING id, notify_attempts";
        let taken: Vec<(String, u32)> = writes
            .prepare_cached(take)?
            .query_map(params![turn.now, turn.taken_until, turn.limit], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        if taken.is_empty() {
            return Ok(Vec::new());
        }
        commit(writes, self.faults)?;
        let mut notifications = Vec::with_capacity(taken.len());
        for (id, attempt) in taken {
            let found = self.find("transactions.id", &id)?;
            notifications.extend(found.map(|transaction| Notification { transaction, attempt }));
        }
        Ok(notifications)
    }

    /// What was taken up is due again at `again` (unix seconds), or never. Changes nothing if it was taken up anew since.
    pub(super) fn settle_notification(
        &mut self,
        id: &TransactionId,
        attempt: u32,
        again: Option<u64>,
    ) -> Result<(), StoreError> {
        let settle = "UPDATE transactions SET notify_at = ?3 WHERE id = ?1 AND notify_attempts = ?2";
        self.connection.execute(settle, params![id.as_str(), attempt, again])?;
        Ok(())
    }
}
