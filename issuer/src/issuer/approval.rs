//! Dual control: what one clerk may do alone, and what waits until another has approved it.

use std::collections::BTreeMap;

use circuits::schema::SchemaId;
use rusqlite::Connection;
use service::staff::Clerk;

use super::audit::{DONE, outcome};
use super::plan::public_reason;
use super::{Act, ActError, Changed, Issuer, IssuerError};
use crate::config::{Revoking, StaffRules};
use crate::person::PersonId;
use crate::store::audit::AuditEvent;
use crate::store::credentials;
use crate::store::lists::{self, ListState};
use crate::store::proposals::{self, NewProposal, Proposal, ProposalId, ProposalState, Subject};

/// Whether a second person has to agree to an act (dual control).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Approval {
    /// Whoever acts is enough.
    NotNeeded,
    /// Another person has to agree first.
    SecondPerson,
}

/// An act on one person's credential.
#[derive(Clone)]
pub(crate) enum PersonAct {
    /// Revoke, suspend, restore.
    Status(Act),
    /// Set attributes to texts.
    Correct(BTreeMap<String, String>),
}

/// What asking for an act came to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Acted {
    /// It is done, or was so before.
    Done(Changed),
    /// It waits for another clerk.
    Proposed(ProposalId),
}

/// What somebody says to a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Do it.
    Approve,
    /// Do not.
    Decline,
}

impl StaffRules {
    /// Whether a second person has to approve something that changes so many credentials that exist.
    pub(crate) fn approval(&self, act: Option<Act>, touched: u64) -> Approval {
        let revokes = act == Some(Act::Revoke) && self.revoke == Revoking::Approved && touched > 0;
        if revokes || touched > self.alone_up_to { Approval::SecondPerson } else { Approval::NotNeeded }
    }
}

impl Issuer {
    /// Does an act, or proposes it where another has to look at it first.
    pub(crate) fn act_or_propose(
        &self,
        clerk: &Clerk,
        schema: &SchemaId,
        person: &PersonId,
        act: &PersonAct,
        reason: &str,
    ) -> Result<Acted, ActError> {
        let about = |word| AuditEvent::new(clerk.name(), word).person(person).schema(schema).detail(reason);
        match self.config().staff.approval(act.status(), 1) {
            Approval::NotNeeded => {
                self.recorded(&about(act.as_str()), || self.act(schema, person, act, reason)).map(Acted::Done)
            }
            Approval::SecondPerson => self
                .recorded(&about("propose"), || self.propose(clerk, schema, person, act, reason))
                .map(Acted::Proposed),
        }
    }

    fn act(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        act: &PersonAct,
        reason: &str,
    ) -> Result<Changed, ActError> {
        match act {
            PersonAct::Status(act) => self.change_status(schema, person, *act, reason),
            PersonAct::Correct(set) => self.correct(schema, person, set, reason),
        }
    }

    /// What could not be done now is not proposed.
    fn propose(
        &self,
        clerk: &Clerk,
        schema: &SchemaId,
        person: &PersonId,
        act: &PersonAct,
        reason: &str,
    ) -> Result<ProposalId, ActError> {
        self.granted(schema)?;
        public_reason(reason, person)?;
        let cells = act.cells();
        self.store().write(|db| {
            let held = credentials::newest(db, person, schema)?.ok_or(IssuerError::NotHeld)?;
            if let PersonAct::Status(act) = act
                && act.is_done(&held)?
            {
                return Err(IssuerError::AlreadySo.into());
            }
            let new = NewProposal {
                clerk: clerk.name(),
                schema,
                subject: Subject::Person(person.clone()),
                act: act.as_str(),
                cells: cells.as_deref(),
                reason: Some(reason),
            };
            Ok(proposals::insert(db, self.now(), &new)?)
        })
    }

    /// The newest proposals.
    pub(crate) fn proposals(&self, limit: u32) -> Result<Vec<Proposal>, ActError> {
        Ok(proposals::newest(self.store().read(), limit)?)
    }
    /// A proposal.
    pub(crate) fn proposal(&self, id: ProposalId) -> Result<Option<Proposal>, ActError> {
        Ok(proposals::get(self.store().read(), id)?)
    }
    /// How many proposals wait.
    pub(crate) fn waiting(&self) -> Result<u64, ActError> {
        Ok(proposals::waiting(self.store().read())?)
    }

    /// Approves or declines, and carries out what is approved. `None` if there is no such proposal.
    pub(crate) fn decide_proposal(
        &self,
        clerk: &Clerk,
        id: ProposalId,
        decision: Decision,
    ) -> Result<Option<()>, ActError> {
        let Some(proposal) = self.proposal(id)? else { return Ok(None) };
        let event = proposal.event(clerk, decision.as_str());
        self.recorded(&event, || {
            self.store().write(|db| decide(db, clerk, &proposal, decision, self.now()))
        })?;
        if decision == Decision::Approve {
            self.execute_approved(clerk, id)?;
        }
        Ok(Some(()))
    }

    /// Does what was approved, unless it is done. An approved act that the ledger did not answer is asked for again.
    pub(crate) fn execute_approved(&self, clerk: &Clerk, id: ProposalId) -> Result<Option<()>, ActError> {
        let Some(proposal) = self.proposal(id)? else { return Ok(None) };
        let Subject::Person(person) = &proposal.subject else { return Ok(Some(())) };
        if !proposal.waits_for_ledger() {
            return Ok(Some(()));
        }
        let act = proposal.person_act()?;
        let reason = proposal.reason.as_deref().unwrap_or_default();
        let event = proposal.event(clerk, act.as_str());
        let done = self.recorded(&event, || self.act(&proposal.schema, person, &act, reason));
        let word = match &done {
            Ok(_) => DONE,
            Err(e @ ActError::Refused(_)) => outcome(e),
            Err(_) => return done.map(|_| Some(())),
        };
        self.store().write(|db| proposals::set_outcome(db, id, word))?;
        Ok(Some(()))
    }
}

/// Whoever proposed may take it back; only another may approve.
fn decide(
    db: &Connection,
    clerk: &Clerk,
    proposal: &Proposal,
    decision: Decision,
    now: u64,
) -> Result<(), ActError> {
    if decision == Decision::Approve && !clerk.is_surely_another_than(&proposal.clerk) {
        return Err(IssuerError::OwnProposal.into());
    }
    let (state, next) = match decision {
        Decision::Approve => (ProposalState::Approved, ListState::Running),
        Decision::Decline => (ProposalState::Declined, ListState::Dropped),
    };
    if !proposals::decide(db, proposal.id, state, clerk.name(), now)? {
        return Err(IssuerError::NotOpen.into());
    }
    if let Subject::List(list) = proposal.subject {
        lists::advance(db, list, ListState::Proposed, next)?;
    }
    Ok(())
}

impl Proposal {
    fn event(&self, clerk: &Clerk, word: &'static str) -> AuditEvent {
        let event =
            AuditEvent::new(clerk.name(), word).schema(&self.schema).detail(format!("#{}", self.id.0));
        match &self.subject {
            Subject::Person(person) => event.person(person),
            Subject::List(_) => event,
        }
    }

    /// Whether it was approved and the ledger has not answered yet.
    pub(crate) fn waits_for_ledger(&self) -> bool {
        self.state == ProposalState::Approved
            && self.outcome.is_none()
            && matches!(self.subject, Subject::Person(_))
    }

    /// What a correction sets.
    pub(crate) fn sets(&self) -> Result<BTreeMap<String, String>, crate::store::StoreError> {
        let json = self.cells.as_deref().unwrap_or("{}");
        serde_json::from_str(json).map_err(|_| crate::store::StoreError::Damaged("a proposal's cells"))
    }

    fn person_act(&self) -> Result<PersonAct, crate::store::StoreError> {
        match Act::from_word(&self.act) {
            Some(act) => Ok(PersonAct::Status(act)),
            None => Ok(PersonAct::Correct(self.sets()?)),
        }
    }
}

impl PersonAct {
    const fn status(&self) -> Option<Act> {
        if let Self::Status(act) = self { Some(*act) } else { None }
    }
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Status(act) => act.as_str(),
            Self::Correct(_) => "correct",
        }
    }
    fn cells(&self) -> Option<String> {
        let Self::Correct(set) = self else { return None };
        Some(serde_json::to_string(set).expect("a map of texts is JSON"))
    }
}

impl Decision {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Decline => "decline",
        }
    }
}
