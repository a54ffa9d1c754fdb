//! Dual control: what one clerk may do alone, and what waits until another has approved it.

use std::collections::BTreeMap;

use circuits::schema::SchemaId;
use openid4vc::paper::PaperCode;
use rusqlite::Connection;
use service::staff::Clerk;

use super::enrolled::Proved;
use super::plan::public_reason;
use super::reset::can_reset;
use super::sight::{Basis, RestsOn, Sight};
use super::{API, Act, ActError, Changed, Issuer, IssuerError, Printed};
use crate::config::{Revoking, StaffRules};
use crate::person::PersonId;
use crate::store::audit::AuditEvent;
use crate::store::credentials::{self, CredentialState};
use crate::store::proposals::{self, NewProposal, Proposal, ProposalId, Subject};
use crate::store::{StoreError, people, persons};

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
    /// Print a sealed paper, which ends what the person held.
    Paper,
    /// Let the wallet that proved this take the place of the one before.
    Replace(Proved),
    /// End the record's person and all that was issued to it, so that another may enrol.
    Reset,
}

/// What asking for an act came to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Acted {
    /// It is done, or was so before.
    Done(Changed),
    /// It waits for another clerk.
    Proposed(ProposalId),
}

/// What asking for a paper came to.
pub(crate) enum PaperAsked {
    /// It is there.
    Printed(Box<Printed>),
    /// It waits for another clerk.
    Proposed(ProposalId),
}

impl StaffRules {
    /// Whether a second person has to approve an act on one person's credential.
    pub(crate) fn approval_of(&self, act: &PersonAct) -> Approval {
        match act {
            PersonAct::Reset => self.resetting(),
            PersonAct::Status(act) => self.approval(Some(*act), 1),
            PersonAct::Correct(_) | PersonAct::Paper | PersonAct::Replace(_) => self.approval(None, 1),
        }
    }
    /// Whether a second person has to approve something that changes so many credentials that exist.
    pub(crate) fn approval(&self, act: Option<Act>, touched: u64) -> Approval {
        let revokes = act == Some(Act::Revoke) && self.revoke == Revoking::Approved && touched > 0;
        second_person_if(revokes || touched > self.alone_up_to)
    }
    /// The same for a list. One that revokes always waits: what it touches now says nothing of what its people will hold
    /// when it runs.
    pub(crate) fn approval_of_list(&self, act: Option<Act>, touched: u64) -> Approval {
        second_person_if(act == Some(Act::Revoke) || touched > self.alone_up_to)
    }
    /// Whether a second person has to approve a reset, which makes room for another person under the same name.
    pub(crate) fn resetting(&self) -> Approval {
        second_person_if(self.clerks.is_some())
    }
    /// Whether a second person has to approve that another holder takes the place of the one before, which is a
    /// revocation. A desk without a password file is one person's, and has nobody to ask.
    pub(crate) fn replacing(&self) -> Approval {
        let revokes = self.revoke == Revoking::Approved || self.alone_up_to == 0;
        second_person_if(self.clerks.is_some() && revokes)
    }
}

const fn second_person_if(needed: bool) -> Approval {
    if needed { Approval::SecondPerson } else { Approval::NotNeeded }
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
        basis: &Basis,
    ) -> Result<Acted, ActError> {
        let asked = Asked { by: clerk.name(), schema, person, act, reason: Some(reason) };
        match self.config().staff.approval_of(act) {
            Approval::NotNeeded => self.act_at_once(&asked, basis),
            Approval::SecondPerson => self.recorded_proposal(&asked, basis).map(Acted::Proposed),
        }
    }

    /// The same for a program at the staff interface. Whoever holds the staff token proposes in its name; without a
    /// token nobody knows who asks, and so nobody could be told from whoever approves.
    pub(crate) fn act_for_program(
        &self,
        schema: &SchemaId,
        person: &PersonId,
        act: &PersonAct,
        reason: &str,
    ) -> Result<Acted, ActError> {
        let asked = Asked { by: API, schema, person, act, reason: Some(reason) };
        let basis = Basis::Present;
        let has_staff = self.config().staff.clerks.is_some();
        match self.config().staff.approval_of(act) {
            Approval::SecondPerson if has_staff && self.config().admin_token.is_some() => {
                self.recorded_proposal(&asked, &basis).map(Acted::Proposed)
            }
            Approval::SecondPerson if has_staff => {
                self.recorded(&asked.event("propose"), || Err(IssuerError::NeedsApproval.into()))
            }
            Approval::NotNeeded | Approval::SecondPerson => self.act_at_once(&asked, &basis),
        }
    }

    /// Prints a paper that opens with the code, or proposes it where it would end what the person holds; of a code nothing is
    /// kept then.
    pub(crate) fn paper_or_propose(
        &self,
        clerk: &Clerk,
        schema: &SchemaId,
        person: &PersonId,
        basis: &Basis,
        code: PaperCode,
    ) -> Result<PaperAsked, ActError> {
        let asked = Asked { by: clerk.name(), schema, person, act: &PersonAct::Paper, reason: None };
        self.resolve_for([person], schema)?;
        if self.is_known_here(self.store().read(), schema, person)? {
            return Err(IssuerError::OtherPerson.into());
        }
        let in_force = credentials::in_force(self.store().read(), person, schema)?;
        let ends = in_force.iter().any(|held| held.state == CredentialState::Active);
        if ends && self.config().staff.replacing() == Approval::SecondPerson {
            return self.recorded_proposal(&asked, basis).map(PaperAsked::Proposed);
        }
        let printed = self.recorded(&asked.event("paper"), || self.paper_on(schema, person, basis, code))?;
        Ok(PaperAsked::Printed(Box::new(printed)))
    }

    /// Proposes that a wallet takes the place of the one before. A wallet that asks again is proposed once, and one that
    /// comes later takes the place of the earlier one.
    pub(super) fn propose_wallet(
        &self,
        clerk: &str,
        schema: &SchemaId,
        person: &PersonId,
        proved: Proved,
    ) -> Result<ProposalId, ActError> {
        let act = PersonAct::Replace(proved);
        self.recorded_proposal(&Asked { by: clerk, schema, person, act: &act, reason: None }, &Basis::Present)
    }

    fn act_at_once(&self, asked: &Asked<'_>, basis: &Basis) -> Result<Acted, ActError> {
        let act = || self.act(asked.schema, asked.person, asked.act, asked.reason.unwrap_or_default(), basis);
        self.recorded(&asked.event(asked.act.as_str()), act).map(Acted::Done)
    }

    fn recorded_proposal(&self, asked: &Asked<'_>, basis: &Basis) -> Result<ProposalId, ActError> {
        self.recorded(&asked.event("propose"), || self.propose(asked, basis))
    }

    /// What could not be done now is not proposed.
    fn propose(&self, asked: &Asked<'_>, basis: &Basis) -> Result<ProposalId, ActError> {
        let Asked { schema, person, act, .. } = *asked;
        self.granted(schema)?;
        self.knows_all()?;
        if let Some(reason) = asked.reason {
            public_reason(reason, person)?;
        }
        self.resolve_for([person], schema)?;
        self.store().write(|db| {
            basis.check(db, person, schema, act.rests_on())?;
            self.is_possible(db, schema, person, act)?;
            let sight = Sight::now(db, person, schema)?;
            let looked_at = serde_json::to_string(&sight).expect("texts and numbers are JSON");
            let cells = act.cells();
            let new = NewProposal {
                clerk: asked.by,
                schema,
                subject: Subject::Person(person.clone()),
                act: act.as_str(),
                cells: cells.as_deref(),
                reason: asked.reason,
                looked_at: &looked_at,
                holder: act.proved().map(|proved| &proved.holder),
                proved_person: act.proved().and_then(|proved| proved.person.as_ref()),
            };
            if act.proved().is_some() {
                if let Some(same) = proposals::open_like(db, &new)? {
                    return Ok(same);
                }
                proposals::supersede(db, &new, self.now())?;
            }
            Ok(proposals::insert(db, self.now(), &new)?)
        })
    }

    fn is_possible(
        &self,
        db: &Connection,
        schema: &SchemaId,
        person: &PersonId,
        act: &PersonAct,
    ) -> Result<(), ActError> {
        let held = credentials::newest(db, person, schema)?;
        match act {
            PersonAct::Status(act) => {
                let in_force = credentials::in_force(db, person, schema)?;
                let changes = act.changes(held.ok_or(IssuerError::NotHeld)?, in_force)?;
                if changes.is_empty() { Err(IssuerError::AlreadySo.into()) } else { Ok(()) }
            }
            PersonAct::Correct(_) => held.map(drop).ok_or(IssuerError::NotHeld.into()),
            PersonAct::Paper if self.is_known_here(db, schema, person)? => {
                Err(IssuerError::OtherPerson.into())
            }
            PersonAct::Paper | PersonAct::Replace(_) => {
                held.ok_or(IssuerError::NotHeld)?;
                people::record(db, person, schema)?.ok_or(IssuerError::UnknownPerson)?;
                Ok(())
            }
            PersonAct::Reset => {
                self.resets(schema)?;
                let possible = can_reset(db, person)?;
                if possible { Ok(()) } else { Err(IssuerError::NothingToReset.into()) }
            }
        }
    }

    /// Whether the desk keeps a person beside the record: a paper, which is a person of its own, is not for them.
    fn is_known_here(
        &self,
        db: &Connection,
        schema: &SchemaId,
        person: &PersonId,
    ) -> Result<bool, StoreError> {
        Ok(self.resets(schema).is_ok() && persons::current(db, person)?.is_some())
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
}

/// Who asks for what.
struct Asked<'a> {
    by: &'a str,
    schema: &'a SchemaId,
    person: &'a PersonId,
    act: &'a PersonAct,
    /// Public on the ledger, where there is one.
    reason: Option<&'a str>,
}

impl Asked<'_> {
    fn event(&self, word: &'static str) -> AuditEvent {
        let event = AuditEvent::new(self.by, word).person(self.person).schema(self.schema);
        match self.reason {
            Some(reason) => event.detail(reason),
            None => event,
        }
    }
}

impl PersonAct {
    /// The word in the store, in the audit list and in the page's words.
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::Status(act) => act.as_str(),
            Self::Correct(_) => "correct",
            Self::Paper => "paper",
            Self::Replace(_) => "replace",
            Self::Reset => "reset",
        }
    }
    fn cells(&self) -> Option<String> {
        let Self::Correct(set) = self else { return None };
        Some(serde_json::to_string(set).expect("a map of texts is JSON"))
    }
    const fn proved(&self) -> Option<&Proved> {
        if let Self::Replace(proved) = self { Some(proved) } else { None }
    }
    /// What has to be as it was looked at.
    pub(super) const fn rests_on(&self) -> RestsOn {
        match self {
            Self::Status(_) | Self::Reset => RestsOn::Credential,
            Self::Correct(_) | Self::Paper | Self::Replace(_) => RestsOn::CredentialAndRecord,
        }
    }
}
