//! Every act of staff stands in the audit list before it is done.

use super::{ActError, Issuer};
use crate::store::StoreError;
use crate::store::audit::{self, AuditEvent, AuditLine};

impl Issuer {
    /// Writes down what somebody is about to do, does it, and writes down how it ended.
    ///
    /// A crash in between leaves a line without an outcome, which is what is known then.
    pub(crate) fn recorded<T>(
        &self,
        event: &AuditEvent,
        act: impl FnOnce() -> Result<T, ActError>,
    ) -> Result<T, ActError> {
        let id = self.store().write(|db| audit::begin(db, self.now(), event))?;
        let done = act();
        let outcome = done.as_ref().map_or_else(outcome, |_| DONE);
        let written = self.store().write(|db| audit::end(db, id, outcome));
        // What is done is done: the answer must not say otherwise.
        written.unwrap_or_else(|e: StoreError| tracing::error!("the audit list: {e}"));
        done
    }

    /// Writes down something that has happened.
    pub(crate) fn note(&self, event: &AuditEvent, outcome: &str) -> Result<(), StoreError> {
        self.store().write(|db| {
            let id = audit::begin(db, self.now(), event)?;
            audit::end(db, id, outcome)
        })
    }

    /// The newest lines before one, newest first.
    pub(crate) fn audit_before(&self, id: i64, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        audit::before(self.store().read(), id, limit)
    }
}

/// The word for an act that was done.
pub(crate) const DONE: &str = "done";

/// The word for an act that was not.
pub(super) fn outcome(e: &ActError) -> &'static str {
    match e {
        ActError::Refused(refusal) => refusal.code(),
        ActError::Ledger(_) => "ledger_busy",
        ActError::Store(_) => "error",
    }
}
