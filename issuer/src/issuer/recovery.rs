//! Recovery: somebody who lost every wallet stands at the desk, and the trustees give the shares of the person secret
//! to one new wallet.
//!
//! The desk proposes a request for the ledger, a second department looks at the person too and approves it, and the
//! desk signs what came back and sends it. What was signed is a plan like any other: it is written down first and the
//! same bytes are sent again, so that a lost answer neither repeats nor forgets it.

use circuits::schema::SchemaId;
use circuits::typed;
use ledger::proposal::{Proposal, ProposalError};
use ledger::record::{
    ApprovalTerms, BundleId, HpkePublicKey, MAX_REQUEST_AGE_S, Nonce, Record, RecordSigningError,
    RecoveryRequest,
};
use rand::rngs::OsRng;
use rusqlite::Connection;

use super::plan::{self, landed_or_refused, new_id};
use super::{ActError, Changed, Issuer, IssuerError, SubmissionError};
use crate::person::PersonId;
use crate::store::audit::AuditEvent;
use crate::store::plans::{self, PlanId, PlanOutcome};
use crate::store::recoveries::{self, NewRecovery, StoredRecovery};
use crate::store::{StoreError, bundles, people, persons};

/// A request as the desk has it. Personal data: no `Debug`.
pub(crate) struct Recovery {
    pub(crate) stored: StoredRecovery,
    pub(crate) request: RecoveryRequest,
    pub(crate) state: RecoveryState,
}

/// How far a request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RecoveryState {
    /// It waits for the approval of a second department.
    Open,
    /// Another took its place, or a reset made it useless.
    Ended,
    /// It is signed and sent, and the ledger has not answered.
    Sent,
    /// The ledger has it: the trustees answer the new wallet.
    Requested,
    /// The ledger refused it, for this reason.
    Refused(String),
}

impl RecoveryState {
    /// The word in pages' words.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ended => "ended",
            Self::Sent => "sent",
            Self::Requested => "requested",
            Self::Refused(_) => "refused",
        }
    }
}

impl Issuer {
    /// Proposes that the trustees give the shares of a person's secret to the wallet with this key, as it was scanned
    /// or typed. A request that waits ends.
    pub(crate) fn propose_recovery(
        &self,
        clerk: &str,
        schema: &SchemaId,
        person: &PersonId,
        key: &str,
    ) -> Result<Recovery, ActError> {
        let event = AuditEvent::new(clerk, "recover").person(person).schema(schema);
        self.recorded(&event, || {
            let key = wallet_key(key)?;
            self.granted(schema)?;
            self.resets(schema)?;
            self.knows_all()?;
            self.catch_up();
            self.settle_recovery_of(person)?;
            self.write_recovery(clerk, schema, person, &key)
        })
    }

    /// Signs and sends what a second department has approved: the very record that was proposed, under the first
    /// approval of another department that verifies. Again, it does nothing but ask the ledger for its answer. On the
    /// page of a person, only a request about that person is meant.
    pub(crate) fn complete_recovery(
        &self,
        clerk: &str,
        given: &str,
        meant: Option<&PersonId>,
    ) -> Result<Changed, ActError> {
        let given = Proposal::parse(given.as_bytes()).map_err(|e| refusal(&e))?;
        let recovery = recoveries::of_record(self.store().read(), given.record().id().as_str())?;
        let recovery = recovery.filter(|found| meant.is_none_or(|meant| found.person == *meant));
        let recovery = recovery.ok_or(IssuerError::NotProposed)?;
        let event = AuditEvent::new(clerk, "request").person(&recovery.person).schema(&recovery.schema);
        self.recorded(&event, || self.complete(&recovery, &given))
    }

    /// The newest request about a person.
    pub(crate) fn recovery_of(&self, person: &PersonId) -> Result<Option<Recovery>, ActError> {
        let stored = recoveries::newest(self.store().read(), person)?;
        Ok(stored.map(|stored| self.with_state(stored)).transpose()?)
    }

    fn write_recovery(
        &self,
        clerk: &str,
        schema: &SchemaId,
        person: &PersonId,
        key: &HpkePublicKey,
    ) -> Result<Recovery, ActError> {
        let registry = self.registry();
        let (entries, now) = (self.entries(), self.now());
        let stored = self.store().write(|db| {
            let bundle = recoverable(db, schema, person)?;
            if registry.recovery(&bundle).is_some() || recoveries::sent_for(db, &bundle)?.is_some() {
                return Err(ActError::from(IssuerError::RecoveryRequested));
            }
            let mut record = Record::Recovery(RecoveryRequest {
                id: new_id(),
                bundle,
                key_digest: key.digest(),
                desk: self.config.department.clone(),
                time: now,
                terms: None,
                approvals: Vec::new(),
            });
            let expires = now.saturating_add(MAX_REQUEST_AGE_S);
            record.bind(ApprovalTerms { nonce: Nonce::random(&mut OsRng), entries, expires });
            let id = record.id().as_str().to_owned();
            let bytes = Proposal::new(&registry, record).to_bytes();
            let proposal = String::from_utf8(bytes).expect("JSON is UTF-8");
            let new =
                NewRecovery { person, schema, bundle: &bundle, record: &id, proposal: &proposal, clerk };
            recoveries::insert(db, &new, now)?;
            let written = recoveries::of_record(db, &id)?;
            Ok(written.ok_or(StoreError::Damaged("a recovery that is not there"))?)
        })?;
        Ok(self.with_state(stored)?)
    }

    fn complete(&self, recovery: &StoredRecovery, given: &Proposal) -> Result<Changed, ActError> {
        let mut kept = proposal_of(recovery)?;
        if !kept.proposes_the_same_as(given) {
            return Err(IssuerError::NotProposed.into());
        }
        if let Some(plan) = recovery.plan {
            landed_or_refused(self.resolve(plan)?)?;
            return Ok(Changed { done: false, position: None });
        }
        if recovery.ended {
            return Err(IssuerError::NotOpen.into());
        }
        self.granted(&recovery.schema)?;
        self.knows_all()?;
        kept.check_end(self.now()).map_err(|e| refusal(&e))?;
        self.catch_up();
        self.take_approval(&mut kept, given)?;
        let plan = self.sign_recovery(recovery, kept.into_record())?;
        landed_or_refused(self.resolve(plan)?)?;
        Ok(Changed { done: true, position: None })
    }

    /// Takes over one approval, and nothing else of what came back.
    fn take_approval(&self, kept: &mut Proposal, given: &Proposal) -> Result<(), IssuerError> {
        let registry = self.registry();
        if registry.recovery(&request_of(kept.record())?.bundle).is_some() {
            return Err(IssuerError::RecoveryRequested);
        }
        let own = &self.config.department;
        let good = given.good_approvals(&registry).find(|approval| approval.signer != *own);
        let good = good.ok_or_else(|| {
            let only_own = given.approvers().next().is_some() && given.approvers().all(|by| by == own);
            if only_own { IssuerError::OwnRecovery } else { IssuerError::NotApproved }
        })?;
        kept.approve(good.clone());
        Ok(())
    }

    fn sign_recovery(&self, recovery: &StoredRecovery, record: Record) -> Result<PlanId, ActError> {
        let entry = self.sign(record)?;
        self.store().write(|db| {
            let plan = plan::insert(db, &[entry], self.now())?;
            if recoveries::set_plan(db, recovery.id, plan)? {
                Ok(plan)
            } else {
                Err(IssuerError::NotOpen.into())
            }
        })
    }

    /// What was sent before the answer was lost is answered first: whether it landed decides whether another may be
    /// made.
    fn settle_recovery_of(&self, person: &PersonId) -> Result<(), ActError> {
        let newest = recoveries::newest(self.store().read(), person)?;
        if let Some(plan) = newest.and_then(|recovery| recovery.plan) {
            self.resolve(plan)?;
        }
        Ok(())
    }

    fn with_state(&self, stored: StoredRecovery) -> Result<Recovery, StoreError> {
        let request = request_of(proposal_of(&stored)?.record())
            .map_err(|_| StoreError::Damaged("a recovery that is another record"))?
            .clone();
        let outcome = match stored.plan {
            Some(plan) => Some(plans::outcome_of(self.store().read(), plan)?),
            None => None,
        };
        let state = match outcome {
            None if stored.ended => RecoveryState::Ended,
            None => RecoveryState::Open,
            Some(None) => RecoveryState::Sent,
            Some(Some(PlanOutcome::Landed)) => RecoveryState::Requested,
            Some(Some(PlanOutcome::Refused(code))) => RecoveryState::Refused(code),
        };
        Ok(Recovery { stored, request, state })
    }

    /// Follows the ledger once more, if it answers: what it has decides what may be asked of it.
    pub(super) fn catch_up(&self) {
        self.sync().unwrap_or_else(|e| tracing::warn!("following the ledger: {e}"));
    }
}

/// The bundle of a person who can be recovered.
fn recoverable(db: &Connection, schema: &SchemaId, person: &PersonId) -> Result<BundleId, ActError> {
    people::record(db, person, schema)?.ok_or(IssuerError::UnknownPerson)?;
    persons::current(db, person)?.ok_or(IssuerError::NotEnrolled)?;
    Ok(bundles::of(db, person)?.ok_or(IssuerError::NoBundle)?)
}

/// A new wallet's key, in whatever width and with whatever spaces it was typed.
fn wallet_key(typed: &str) -> Result<HpkePublicKey, IssuerError> {
    typed::compact(typed).parse().map_err(|_| IssuerError::BadKey)
}

fn proposal_of(recovery: &StoredRecovery) -> Result<Proposal, StoreError> {
    Proposal::parse(recovery.proposal.as_bytes()).map_err(|_| StoreError::Damaged("a recovery's proposal"))
}

/// The request in a record of that kind.
pub(super) fn request_of(record: &Record) -> Result<&RecoveryRequest, IssuerError> {
    if let Record::Recovery(request) = record { Ok(request) } else { Err(IssuerError::NotARecovery) }
}

/// Why the desk does not approve: a rule, or a device that does not sign now.
pub(super) fn not_signed(error: ProposalError) -> ActError {
    match error {
        ProposalError::Unsigned(RecordSigningError::Signing(error)) => {
            SubmissionError::NotSigned(error).into()
        }
        error => refusal(&error).into(),
    }
}

/// The desk's rule that a proposal does not meet.
pub(super) fn refusal(error: &ProposalError) -> IssuerError {
    match error {
        ProposalError::TooLarge | ProposalError::Malformed(_) | ProposalError::Unsigned(_) => {
            IssuerError::BadProposal
        }
        ProposalError::Unbound | ProposalError::Ended { .. } | ProposalError::TooLong { .. } => {
            IssuerError::ProposalEnded
        }
        ProposalError::OtherLedger { .. } => IssuerError::OtherLedger,
        ProposalError::ApprovedAlready(_) => IssuerError::AlreadySo,
        ProposalError::UnknownKey => IssuerError::NotApproved,
    }
}
