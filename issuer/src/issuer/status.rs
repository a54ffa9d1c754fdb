//! Revoke, suspend, restore, correct: a person, whatever devices the person has.

use std::collections::BTreeMap;

use circuits::schema::{Schema, SchemaId, Values};
use circuits::tree::Position;
use ledger::record::{ReasonCode, StatusAct};
use openid4vc::vci::PERSON_ATTRIBUTE;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::enrolled::PERSON_SINCE;
use super::grant::{Authority, Candidate, Devices, GrantOutcome, Granted};
use super::plan::{Batch, BatchChange, landed_or_refused, public_reason};
use super::sight::{Basis, RestsOn};
use super::{ActError, Issuer, IssuerError, SubmissionError};
use crate::person::PersonId;
use crate::store::credentials::{self, CredentialState, HeldCredential};
use crate::store::plans::{self, PlanId};
use crate::store::{audit, offers, people};

/// What staff does to a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// For ever.
    Revoke,
    /// Until restored.
    Suspend,
    /// After a suspension.
    Restore,
}

/// Where a credential is after an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Whether anything had to be done.
    pub(crate) done: bool,
    /// The leaf; `None` where nothing was ever issued.
    pub(crate) position: Option<Position>,
}

impl Issuer {
    /// Changes a status as whoever names the person alone.
    #[cfg(test)]
    pub(crate) fn change_status(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        act: Act,
        reason: &str,
    ) -> Result<Changed, ActError> {
        self.change_status_on(schema, person, act, reason, &Basis::Present)
    }

    /// Revokes, suspends or restores the credentials of all devices of a person in one batch, if what it was decided on is
    /// still so. Asking again for what is already so does nothing.
    pub(super) fn change_status_on(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        act: Act,
        reason: &str,
        basis: &Basis,
    ) -> Result<Changed, ActError> {
        self.config.grantable(schema).ok_or(IssuerError::NotGranted)?;
        self.knows_all()?;
        let reason = public_reason(reason, person)?;
        match self.plan_status(schema, person, act, &reason, basis)? {
            StatusPlan::AlreadySo(position) => Ok(Changed { done: false, position: Some(position) }),
            StatusPlan::Plan(plan, position) => {
                landed_or_refused(self.resolve(plan)?)?;
                Ok(Changed { done: true, position: Some(position) })
            }
            StatusPlan::Contended => Err(SubmissionError::Contended.into()),
        }
    }

    fn plan_status(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        act: Act,
        reason: &ReasonCode,
        basis: &Basis,
    ) -> Result<StatusPlan, ActError> {
        self.resolve_for([person], schema)?;
        self.store().write(|db| {
            if plans::pending_for(db, person, schema)?.is_some() {
                return Ok(StatusPlan::Contended);
            }
            basis.check(db, person, schema, RestsOn::Credential)?;
            let newest = credentials::newest(db, person, schema)?.ok_or(IssuerError::NotHeld)?;
            let position = newest.position;
            offers::cancel(db, person, schema)?;
            let in_force = credentials::in_force(db, person, schema)?;
            let to_change = act.changes(newest, in_force)?;
            if to_change.is_empty() {
                return Ok(StatusPlan::AlreadySo(position));
            }
            if let Basis::List(allowance) = basis {
                allowance.take(db, 1)?;
            }
            audit::note_act(db, self.now(), act.as_str(), person, schema, Some(reason.as_str()))?;
            let plan = self.write_changes(db, schema, to_change, act, reason)?;
            basis.is_planned(db, plan)?;
            Ok(StatusPlan::Plan(plan, position))
        })
    }

    fn write_changes(
        &self,
        db: &Connection,
        schema: &SchemaId,
        credentials: Vec<HeldCredential>,
        act: Act,
        reason: &ReasonCode,
    ) -> Result<PlanId, ActError> {
        let withdrawn = act == Act::Revoke;
        let change = |held| BatchChange { held, act: act.into(), reason: reason.clone(), withdrawn };
        let changes = credentials.into_iter().map(change).collect();
        self.write_plan(db, schema, &Batch { changes, commits: Vec::new() })
    }

    /// Corrects as whoever names the person alone.
    #[cfg(test)]
    pub(crate) fn correct(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        set: &BTreeMap<String, String>,
        reason: &str,
    ) -> Result<Changed, ActError> {
        self.correct_on(schema, person, set, reason, &Basis::Present)
    }

    /// Changes attributes of a person, if what it was decided on is still so: a new credential for each device, and the old
    /// ones revoked, in one batch.
    pub(super) fn correct_on(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        set: &BTreeMap<String, String>,
        reason: &str,
        basis: &Basis,
    ) -> Result<Changed, ActError> {
        let (grantable, published) = self.granted(schema)?;
        self.agrees()?;
        let reason = public_reason(reason, person)?;
        self.resolve_for([person], schema)?;
        let candidate = self.corrected(&published, person, set, reason, basis)?;
        let granted = self.grant_one(&published, grantable, candidate)?;
        Ok(Changed::from(&granted))
    }

    fn corrected(
        &self,
        schema: &Schema,
        person: &PersonId,
        set: &BTreeMap<String, String>,
        reason: ReasonCode,
        basis: &Basis,
    ) -> Result<Candidate, ActError> {
        if set.contains_key(PERSON_ATTRIBUTE) {
            return Err(IssuerError::PersonFixed.into());
        }
        if set.contains_key(PERSON_SINCE) && self.resets(&schema.schema).is_ok() {
            return Err(IssuerError::SinceFixed.into());
        }
        self.store().write(|db| {
            basis.check(db, person, &schema.schema, RestsOn::CredentialAndRecord)?;
            let held = credentials::newest(db, person, &schema.schema)?.ok_or(IssuerError::NotHeld)?;
            match held.state {
                CredentialState::Revoked => return Err(IssuerError::Final.into()),
                CredentialState::Suspended => return Err(IssuerError::Suspended.into()),
                CredentialState::Active => {}
            }
            let in_force = credentials::in_force(db, person, &schema.schema)?;
            if in_force.iter().any(|held| held.state == CredentialState::Suspended) {
                return Err(IssuerError::Suspended.into());
            }
            let known = people::record(db, person, &schema.schema)?.ok_or(IssuerError::UnknownPerson)?;
            let values = with(schema, &credentials::stored_values(schema, &known)?, set)?;
            people::put_record(db, person, &schema.schema, &credentials::attributes_json(&values))?;
            let devices = Devices::all(in_force.iter().map(|held| held.holder).collect());
            let person = person.clone();
            let authority = Authority::Correction(reason);
            // The record is another from here on; the credential must stay the one that was looked at.
            let basis = basis.narrowed(held.id);
            Ok(Candidate { person, devices, proved_person: None, values, authority, basis })
        })
    }
}

impl From<&Granted> for Changed {
    fn from(granted: &Granted) -> Self {
        Self { done: granted.outcome == GrantOutcome::Issued, position: Some(granted.held.position) }
    }
}

enum StatusPlan {
    AlreadySo(Position),
    Plan(PlanId, Position),
    Contended,
}

impl Act {
    /// Which credentials the act changes, of a person's newest and of those that are in force; none where it is already
    /// so. An act that cannot follow their state is refused.
    pub(super) fn changes(
        self,
        newest: HeldCredential,
        in_force: Vec<HeldCredential>,
    ) -> Result<Vec<HeldCredential>, IssuerError> {
        let all = if in_force.is_empty() { vec![newest] } else { in_force };
        let mut to_change = Vec::with_capacity(all.len());
        for held in all {
            if !self.is_done(&held)? {
                to_change.push(held);
            }
        }
        Ok(to_change)
    }

    /// Whether the credential is already so; an act that cannot follow its state is refused.
    fn is_done(self, held: &HeldCredential) -> Result<bool, IssuerError> {
        match (self, held.state) {
            (Self::Revoke, CredentialState::Revoked) if held.withdrawn => Ok(true),
            (Self::Suspend, CredentialState::Suspended) | (Self::Restore, CredentialState::Active) => {
                Ok(true)
            }
            (_, CredentialState::Revoked) => Err(IssuerError::Final),
            _ => Ok(false),
        }
    }

    /// The word in files and addresses.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Suspend => "suspend",
            Self::Restore => "restore",
        }
    }
}

impl Act {
    /// The act that a word stands for.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::Revoke, Self::Suspend, Self::Restore].into_iter().find(|act| act.as_str() == word)
    }
}

impl From<Act> for StatusAct {
    fn from(act: Act) -> Self {
        match act {
            Act::Revoke => Self::Revoke,
            Act::Suspend => Self::Suspend,
            Act::Restore => Self::Restore,
        }
    }
}

impl From<StatusAct> for CredentialState {
    fn from(act: StatusAct) -> Self {
        match act {
            StatusAct::Revoke => Self::Revoked,
            StatusAct::Suspend => Self::Suspended,
            StatusAct::Restore => Self::Active,
        }
    }
}

/// Values with some replaced by text; an empty text makes an attribute absent.
pub(super) fn with(
    schema: &Schema,
    values: &Values,
    set: &BTreeMap<String, String>,
) -> Result<Values, IssuerError> {
    let mut cells: BTreeMap<String, String> =
        values.to_json().into_iter().map(|(name, value)| (name, as_text(value))).collect();
    for (name, cell) in set {
        cells.insert(name.clone(), super::cells::clean(schema, name, cell)?);
    }
    Ok(schema.values_from_text(cells.iter().map(|(n, v)| (n.as_str(), v.as_str())))?)
}

fn as_text(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}
