//! What the second person says to a proposal, and carrying out what was approved.

use std::collections::BTreeMap;

use circuits::schema::SchemaId;
use openid4vc::paper::PaperCode;
use rusqlite::Connection;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use service::staff::Clerk;

use super::audit::{DONE, outcome};
use super::enrolled::Proved;
use super::lists::Work;
use super::plan::landed_or_refused;
use super::sight::{Approved, Basis, Sight};
use super::{Act, ActError, Changed, Issuer, IssuerError, PersonAct, Printed};
use crate::person::PersonId;
use crate::store::StoreError;
use crate::store::audit::AuditEvent;
use crate::store::lists::{self, ListId, ListState};
use crate::store::proposals::{self, Proposal, ProposalId, ProposalState, Subject};

/// What somebody says to a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Do it.
    Approve,
    /// Do not.
    Decline,
}

/// What whoever proposed a list looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ListSight {
    /// Credentials that exist which it changes, from its first line to its last.
    pub(super) touched: u64,
}

impl Issuer {
    /// Approves or declines, and carries out what is approved; a paper is printed by whoever proposed it. `None` if there
    /// is no such proposal.
    pub(crate) fn decide_proposal(
        &self,
        clerk: &Clerk,
        id: ProposalId,
        decision: Decision,
    ) -> Result<Option<()>, ActError> {
        let Some(proposal) = self.proposal(id)? else { return Ok(None) };
        let event = proposal.event(clerk, decision.as_str());
        self.recorded(&event, || self.decide_on(clerk, &proposal, decision))?;
        if decision == Decision::Approve {
            self.execute_approved(clerk, id)?;
        }
        Ok(Some(()))
    }

    /// Whoever proposed may take it back; only another may approve, and only what is still as it was looked at.
    fn decide_on(&self, clerk: &Clerk, proposal: &Proposal, decision: Decision) -> Result<(), ActError> {
        if decision == Decision::Decline {
            return self.store().write(|db| {
                record_decision(db, clerk, proposal, ProposalState::Declined, self.now())?;
                if let Subject::List(list) = proposal.subject {
                    lists::advance(db, list, ListState::Proposed, ListState::Dropped)?;
                }
                Ok(())
            });
        }
        if !clerk.is_surely_another_than(&proposal.clerk) {
            return Err(IssuerError::OwnProposal.into());
        }
        self.knows_all()?;
        match &proposal.subject {
            Subject::Person(person) => self.approve_person(clerk, proposal, person),
            Subject::List(list) => self.approve_list(clerk, proposal, *list),
        }
    }

    fn approve_person(&self, clerk: &Clerk, proposal: &Proposal, person: &PersonId) -> Result<(), ActError> {
        let rests_on = proposal.person_act()?.rests_on();
        let basis = Basis::Proposal(Box::new(Approved::new(proposal)?));
        self.resolve_for([person], &proposal.schema)?;
        self.store().write(|db| {
            record_decision(db, clerk, proposal, ProposalState::Approved, self.now())?;
            basis.check(db, person, &proposal.schema, rests_on)
        })
    }

    /// The list is looked at again: it may change what whoever proposed it saw, and no more.
    fn approve_list(&self, clerk: &Clerk, proposal: &Proposal, id: ListId) -> Result<(), ActError> {
        let list = self.list(id)?.ok_or(StoreError::Damaged("a proposal without its list"))?;
        if proposal.state != ProposalState::Open {
            return Err(IssuerError::NotOpen.into());
        }
        let touches = list.touched + self.look_again(&list, &Work::from_list(&list)?)?;
        let may_touch = proposal.sight::<ListSight>()?.map_or(touches, |seen| seen.touched);
        if touches > may_touch {
            return Err(IssuerError::ChangedSince.into());
        }
        self.store().write(|db| {
            record_decision(db, clerk, proposal, ProposalState::Approved, self.now())?;
            lists::allow(db, id, may_touch)?;
            lists::advance(db, id, ListState::Proposed, ListState::Running)?;
            Ok(())
        })
    }

    /// Does what was approved, unless it is done. An approved act that the ledger did not answer is asked for again.
    pub(crate) fn execute_approved(&self, clerk: &Clerk, id: ProposalId) -> Result<Option<()>, ActError> {
        let Some(proposal) = self.proposal(id)? else { return Ok(None) };
        let Subject::Person(person) = &proposal.subject else { return Ok(Some(())) };
        if !proposal.waits_for_ledger() {
            return Ok(Some(()));
        }
        let act = proposal.person_act()?;
        let event = proposal.event(clerk, act.as_str());
        let done = self.recorded(&event, || self.carry_out(&proposal, person, &act));
        self.set_outcome_of(id, &done)?;
        match done {
            // It stands in the proposal's outcome, for whoever looks at it.
            Ok(()) | Err(ActError::Refused(_)) => Ok(Some(())),
            Err(error) => Err(error),
        }
    }

    fn carry_out(&self, proposal: &Proposal, person: &PersonId, act: &PersonAct) -> Result<(), ActError> {
        if let Some(plan) = proposal.plan {
            return Ok(landed_or_refused(self.resolve(plan)?)?);
        }
        let basis = Basis::Proposal(Box::new(Approved::new(proposal)?));
        let reason = proposal.reason.as_deref().unwrap_or_default();
        self.act(&proposal.schema, person, act, reason, &basis).map(drop)
    }

    pub(super) fn act(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        act: &PersonAct,
        reason: &str,
        basis: &Basis,
    ) -> Result<Changed, ActError> {
        match act {
            PersonAct::Status(act) => self.change_status_on(schema, person, *act, reason, basis),
            PersonAct::Correct(set) => self.correct_on(schema, person, set, reason, basis),
            PersonAct::Replace(proved) => self.replace_wallet(schema, person, *proved, basis),
            PersonAct::Reset => self.reset_on(schema, person, reason, basis),
            PersonAct::Paper => Err(IssuerError::NotYours.into()),
        }
    }

    /// Prints an approved paper, once, for the clerk who proposed it: the citizen stands there, and whoever approved does
    /// not learn the code. A try that the ledger did not answer is no print.
    pub(crate) fn print_approved(
        &self,
        clerk: &Clerk,
        id: ProposalId,
        code: PaperCode,
    ) -> Result<Option<(Proposal, Printed)>, ActError> {
        let Some(proposal) = self.proposal(id)? else { return Ok(None) };
        let Subject::Person(person) = &proposal.subject else { return Ok(None) };
        let printed = self.recorded(&proposal.event(clerk, "paper"), || {
            if !proposal.waits_for_printer() {
                return Err(IssuerError::NotOpen.into());
            }
            if clerk.name() != proposal.clerk {
                return Err(IssuerError::NotYours.into());
            }
            if let Some(plan) = proposal.plan {
                self.resolve(plan)?;
            }
            let basis = Basis::Proposal(Box::new(Approved::new(&proposal)?));
            self.paper_on(&proposal.schema, person, &basis, code)
        });
        if !matches!(printed, Err(ActError::Refused(IssuerError::NotYours | IssuerError::NotOpen))) {
            self.set_outcome_of(id, &printed)?;
        }
        printed.map(|printed| Some((proposal, printed)))
    }

    /// Nothing is written where the ledger did not answer, so that it can be asked again.
    fn set_outcome_of<T>(&self, id: ProposalId, done: &Result<T, ActError>) -> Result<(), StoreError> {
        let word = match done {
            Ok(_) => DONE,
            Err(e @ ActError::Refused(_)) => outcome(e),
            Err(ActError::Ledger(_) | ActError::Store(_)) => return Ok(()),
        };
        self.store().write(|db| proposals::set_outcome(db, id, word))
    }
}

fn record_decision(
    db: &Connection,
    clerk: &Clerk,
    proposal: &Proposal,
    state: ProposalState,
    now: u64,
) -> Result<(), ActError> {
    let decided = proposals::decide(db, proposal.id, state, clerk.name(), now)?;
    if decided { Ok(()) } else { Err(IssuerError::NotOpen.into()) }
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

    fn is_unfinished(&self) -> bool {
        self.state == ProposalState::Approved && self.outcome.is_none()
    }

    /// Whether it was approved and the ledger has not answered yet.
    pub(crate) fn waits_for_ledger(&self) -> bool {
        self.is_unfinished() && matches!(self.subject, Subject::Person(_)) && !self.is_paper()
    }

    /// Whether it is a paper that was approved and not printed yet.
    pub(crate) fn waits_for_printer(&self) -> bool {
        self.is_unfinished() && self.is_paper()
    }

    fn is_paper(&self) -> bool {
        self.act == PersonAct::Paper.as_str()
    }

    /// What a correction sets.
    pub(crate) fn sets(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let json = self.cells.as_deref().unwrap_or("{}");
        serde_json::from_str(json).map_err(|_| StoreError::Damaged("a proposal's cells"))
    }

    /// Entry and position of the credential that was looked at, where that is known.
    pub(crate) fn credential_place(&self) -> Option<(u64, u64)> {
        let Subject::Person(_) = self.subject else { return None };
        self.sight::<Sight>().ok()??.place()
    }

    /// What was looked at: a [`Sight`] of a person, a [`ListSight`] of a list.
    pub(super) fn sight<T: DeserializeOwned>(&self) -> Result<Option<T>, StoreError> {
        let sight = self.looked_at.as_deref().map(serde_json::from_str).transpose();
        sight.map_err(|_| StoreError::Damaged("what a proposal was made from"))
    }

    fn person_act(&self) -> Result<PersonAct, StoreError> {
        if let Some(act) = Act::from_word(&self.act) {
            return Ok(PersonAct::Status(act));
        }
        Ok(match (self.act.as_str(), self.holder) {
            ("paper", None) => PersonAct::Paper,
            ("replace", Some(holder)) => PersonAct::Replace(Proved { holder, person: self.proved_person }),
            ("reset", None) => PersonAct::Reset,
            ("correct", None) => PersonAct::Correct(self.sets()?),
            _ => return Err(StoreError::Damaged("a proposal's act")),
        })
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
