//! Reset: a record's person ends with everything that was issued to it, so that the next enrolment may bring another.
//!
//! What was issued ends with the reset and not with the next enrolment: a credential that says "since today" is then
//! never made while the one before can still be shown, however late the ledger answers. That holds for every schema that the
//! desk has ever granted, also for those that it does not grant any more.

use circuits::schema::SchemaId;
use circuits::tree::Position;
use ledger::record::{ReasonCode, StatusAct};
use rusqlite::Connection;

use super::plan::{Batch, BatchChange, landed_or_refused, public_reason};
use super::sight::{Basis, RestsOn};
use super::{ActError, Changed, Issuer, IssuerError, SubmissionError};
use crate::config::Binding;
use crate::person::PersonId;
use crate::store::credentials;
use crate::store::plans::{self, PlanId};
use crate::store::{StoreError, audit, offers, persons};

/// What a reset has to do.
enum ResetPlan {
    /// On the ledger too.
    Plan(PlanId),
    /// Nothing that was issued is in force.
    Here,
    /// It was done before, and nobody has enrolled since.
    AlreadySo,
    Contended,
}

impl Issuer {
    /// Resets as whoever names the person alone.
    #[cfg(test)]
    pub(crate) fn reset(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        reason: &str,
    ) -> Result<Changed, ActError> {
        self.reset_on(schema, person, reason, &Basis::Present)
    }

    /// Ends a record's person and all its credentials, if what it was decided on is still so. Asking again before the
    /// next enrolment does nothing, but for what the ledger refused to end.
    pub(super) fn reset_on(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        reason: &str,
        basis: &Basis,
    ) -> Result<Changed, ActError> {
        self.resets(schema)?;
        self.agrees()?;
        let reason = public_reason(reason, person)?;
        self.resolve_all_of(person)?;
        let planned = self.store().write(|db| self.plan_reset(db, schema, person, &reason, basis))?;
        let done = match planned {
            ResetPlan::Plan(plan) => {
                landed_or_refused(self.resolve(plan)?)?;
                true
            }
            ResetPlan::Here => true,
            ResetPlan::AlreadySo => false,
            ResetPlan::Contended => return Err(SubmissionError::Contended.into()),
        };
        Ok(Changed { done, position: self.position_of(schema, person)? })
    }

    /// Only the person authority knows persons.
    pub(super) fn resets(&self, schema: &SchemaId) -> Result<(), IssuerError> {
        let grantable = self.config().grantable(schema).ok_or(IssuerError::NotGranted)?;
        match grantable.binding {
            Binding::Enroll => Ok(()),
            Binding::Identity { .. } => Err(IssuerError::NotPersonAuthority),
        }
    }

    fn plan_reset(
        &self,
        db: &Connection,
        schema: &SchemaId,
        person: &PersonId,
        reason: &ReasonCode,
        basis: &Basis,
    ) -> Result<ResetPlan, ActError> {
        basis.check(db, person, schema, RestsOn::Credential)?;
        if plans::pending_of(db, person)?.is_some() {
            return Ok(ResetPlan::Contended);
        }
        if !can_reset(db, person)? {
            let before = persons::was_reset(db, person)?;
            return if before { Ok(ResetPlan::AlreadySo) } else { Err(IssuerError::NothingToReset.into()) };
        }
        for grantable in &self.config().schemas {
            offers::cancel(db, person, &grantable.schema)?;
        }
        persons::end(db, person, self.now())?;
        audit::note_act(db, self.now(), "reset", person, schema, Some(reason.as_str()))?;
        let ends =
            |held| BatchChange { held, act: StatusAct::Revoke, reason: reason.clone(), withdrawn: true };
        let changes: Vec<BatchChange> =
            credentials::in_force_under_any_schema(db, person)?.into_iter().map(ends).collect();
        if changes.is_empty() {
            return Ok(ResetPlan::Here);
        }
        let plan = self.write_plan(db, schema, &Batch { changes, commits: Vec::new() })?;
        basis.is_planned(db, plan)?;
        Ok(ResetPlan::Plan(plan))
    }

    fn position_of(&self, schema: &SchemaId, person: &PersonId) -> Result<Option<Position>, StoreError> {
        let held = credentials::newest(self.store().read(), person, schema)?;
        Ok(held.map(|held| held.position))
    }
}

/// Whether there is anything that a reset ends.
pub(super) fn can_reset(db: &Connection, person: &PersonId) -> Result<bool, StoreError> {
    Ok(persons::current(db, person)?.is_some()
        || !credentials::in_force_under_any_schema(db, person)?.is_empty())
}
