//! Plans: sign a batch, write it down, send it, settle it.
//!
//! A crash between writing and the answer, or an answer that never came, leaves the plan pending. Whoever next touches
//! one of its credentials, and the start of the issuer, sends the very same bytes again; the ledger then gives its first
//! answer. So nothing is committed twice and nothing is forgotten.

use circuits::credential::Credential;
use circuits::schema::SchemaId;
use circuits::typed;
use ledger::client::{Accepted, SubmitError};
use ledger::record::{
    CredentialCommit, CredentialStatus, Entry, Inner, ReasonCode, Record, RecordId, StatusAct, StatusChange,
    encode_batch, parse_batch,
};
use ledger::signer::SigningError;
use rand::RngCore as _;
use rusqlite::Connection;

use super::{ActError, Issuer, IssuerError};
use crate::person::PersonId;
use crate::store::StoreError;
use crate::store::credentials::{self, HeldCredential, PlannedCredential};
use crate::store::plans::{self, Landed, NewPlan, Pending, PlanId, PlanOutcome, PlannedChange};

/// The ledger did not answer, or not as a ledger answers. What was planned will be sent again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SubmissionError {
    /// No answer, or a busy one.
    #[error("the ledger did not answer: {0}")]
    NoAnswer(#[from] SubmitError),
    /// Other work on the same credentials was in the way, several times.
    #[error("too many changes of the same credentials at once; try again")]
    Contended,
    /// The department's key is in a device that does not sign now; nothing was written down.
    #[error("the department's key is in a device that does not sign now")]
    NotSigned(#[source] SigningError),
    /// The desk has not yet seen whether the ledger has anything that it does not know.
    #[error("the desk has not compared its database with the ledger yet; try again")]
    NotCompared,
}

/// What is to be done in one atomic batch: changes first, then new credentials.
#[derive(Default)]
pub(super) struct Batch<'a> {
    pub(super) changes: Vec<BatchChange>,
    pub(super) commits: Vec<(&'a PersonId, Credential)>,
}

/// One change of a credential that exists.
pub(super) struct BatchChange {
    pub(super) held: HeldCredential,
    pub(super) act: StatusAct,
    pub(super) reason: ReasonCode,
    pub(super) withdrawn: bool,
}

impl Issuer {
    /// Signs a batch and writes it down, in the caller's transaction.
    pub(super) fn write_plan(
        &self,
        db: &Connection,
        schema: &SchemaId,
        batch: &Batch<'_>,
    ) -> Result<PlanId, ActError> {
        let signed = records(schema, batch).into_iter().map(|record| self.sign(record));
        let entries = signed.collect::<Result<Vec<Entry>, _>>()?;
        let plan = insert(db, &entries, self.now())?;
        for change in &batch.changes {
            plans::change(db, plan, &change.row())?;
        }
        for (place, (person, credential)) in batch.commits.iter().enumerate() {
            credentials::plan(db, plan, &PlannedCredential { person, credential, place })?;
        }
        Ok(plan)
    }

    /// Sends a plan, or sends it again, and writes down how it ended.
    pub(super) fn resolve(&self, plan: PlanId) -> Result<PlanOutcome, ActError> {
        let pending = plans::pending(self.store().read(), plan)?;
        let Some(pending) = pending else { return self.ended(plan) };
        let entries = parse_batch(pending.entries.as_bytes())
            .map_err(|_| StoreError::Damaged("a plan is not a batch of entries"))?;
        match self.submit_plan(plan, &entries)? {
            Ok(accepted) => {
                let landed = landed(&pending, &accepted)?;
                self.store().write(|db| plans::land(db, plan, landed))?;
            }
            Err(SubmitError::Refused { code, .. }) => {
                tracing::warn!(%code, "the ledger refused a batch");
                self.store().write(|db| plans::refuse(db, plan, &code))?;
            }
            Err(trouble) => return Err(SubmissionError::NoAnswer(trouble).into()),
        }
        self.ended(plan)
    }

    /// Sends entries of a plan. Where the department's key was replaced meanwhile they are signed anew, written down, and
    /// sent once more: what was refused for its signature is not on the ledger.
    fn submit_plan(
        &self,
        plan: PlanId,
        entries: &[Entry],
    ) -> Result<Result<Vec<Accepted>, SubmitError>, ActError> {
        let answer = self.ledger.submit(entries);
        let Err(SubmitError::Refused { code, .. }) = &answer else { return Ok(answer) };
        if code != BAD_SIGNATURE {
            return Ok(answer);
        }
        let Some(anew) = self.signed_anew(entries)? else { return Ok(answer) };
        tracing::info!("a batch is signed anew, with the department's new key");
        self.store().write(|db| plans::replace_entries(db, plan, &to_json(&anew)))?;
        Ok(self.ledger.submit(&anew))
    }

    /// Sends plans again that have had no answer for some seconds: at start, and while the ledger is followed.
    pub(crate) fn resolve_pending(&self, older_than_s: u64) -> Result<(), ActError> {
        let pending = plans::all_pending(self.store().read(), self.now().saturating_sub(older_than_s))?;
        pending.into_iter().try_for_each(|plan| self.resolve(plan).map(drop))
    }

    /// Settles whatever is pending about these people, so that decisions see where things stand.
    pub(super) fn resolve_for<'a>(
        &self,
        people: impl IntoIterator<Item = &'a PersonId>,
        schema: &SchemaId,
    ) -> Result<(), ActError> {
        for person in people {
            let pending = plans::pending_for(self.store().read(), person, schema)?;
            pending.map(|plan| self.resolve(plan)).transpose()?;
        }
        Ok(())
    }

    /// Settles whatever is pending about a person, under any schema.
    pub(super) fn resolve_all_of(&self, person: &PersonId) -> Result<(), ActError> {
        loop {
            // The connection is given back before the plan is resolved, which takes one too.
            let pending = plans::pending_of(self.store().read(), person)?;
            let Some(plan) = pending else { return Ok(()) };
            self.resolve(plan)?;
        }
    }

    fn ended(&self, plan: PlanId) -> Result<PlanOutcome, ActError> {
        let ended = plans::outcome_of(self.store().read(), plan)?;
        Ok(ended.ok_or(StoreError::Damaged("a plan without an end"))?)
    }
}

impl BatchChange {
    fn row(&self) -> PlannedChange<'_> {
        PlannedChange {
            credential: self.held.id,
            state: self.act.into(),
            reason: self.reason.as_str(),
            withdrawn: self.withdrawn,
        }
    }
}

/// Writes entries down under the identifiers of their records: at most one that commits, and one of another kind.
pub(super) fn insert(db: &Connection, entries: &[Entry], at: u64) -> Result<PlanId, StoreError> {
    let json = to_json(entries);
    let first_id = |committing: bool| {
        let entry = entries.iter().find(|entry| commits(entry) == committing);
        entry.map(|entry| entry.record().id().as_str())
    };
    let new = NewPlan {
        entries: &json,
        commit_at: entries.iter().position(commits),
        commit_id: first_id(true),
        status_id: first_id(false),
    };
    plans::insert(db, &new, at)
}

fn to_json(entries: &[Entry]) -> String {
    String::from_utf8(encode_batch(entries)).expect("entries are JSON")
}

fn commits(entry: &Entry) -> bool {
    matches!(entry.record(), Record::Commit(_))
}

/// A refusal by the ledger as the issuer reports it.
pub(super) fn landed_or_refused(outcome_of: PlanOutcome) -> Result<(), IssuerError> {
    match outcome_of {
        PlanOutcome::Landed => Ok(()),
        PlanOutcome::Refused(reason) => Err(IssuerError::Ledger { reason }),
    }
}

/// A reason that may stand on the ledger for everybody to read.
pub(super) fn public_reason(reason: &str, person: &PersonId) -> Result<ReasonCode, IssuerError> {
    if typed::compact(reason).to_ascii_uppercase().contains(person.as_str()) {
        return Err(IssuerError::BadReason);
    }
    // What the desk itself says of a credential that another one replaces: after a restore nobody took that away.
    if reason.starts_with(REPLACED) {
        return Err(IssuerError::BadReason);
    }
    reason.parse().map_err(|_| IssuerError::BadReason)
}

/// How a ledger refuses what is signed with another key than the one that it has for the department.
const BAD_SIGNATURE: &str = "bad_signature";
/// How the desk's own reasons begin for what another credential takes the place of.
pub(super) const REPLACED: &str = "replaced.";

fn records(schema: &SchemaId, batch: &Batch<'_>) -> Vec<Record> {
    let changes: Vec<StatusChange> = batch
        .changes
        .iter()
        .map(|c| StatusChange { position: c.held.position, status: c.act, reason: c.reason.clone() })
        .collect();
    let inner: Vec<Inner> = batch.commits.iter().map(|(_, c)| Inner(c.inner())).collect();
    let status = (!changes.is_empty()).then(|| {
        Record::Status(CredentialStatus { id: new_id(), changes, terms: None, approvals: Vec::new() })
    });
    let commit = || Record::Commit(CredentialCommit { id: new_id(), schema: schema.clone(), inner });
    status.into_iter().chain((!batch.commits.is_empty()).then(commit)).collect()
}

fn landed(pending: &Pending, accepted: &[Accepted]) -> Result<Option<Landed>, SubmissionError> {
    let Some(at) = pending.commit_at else { return Ok(None) };
    let accepted = accepted.get(at).ok_or(SubmitError::Malformed)?;
    let first = accepted.first_position.ok_or(SubmitError::Malformed)?;
    Ok(Some(Landed { first_position: first.get(), entry: accepted.index }))
}

/// A new idempotency key.
pub(super) fn new_id() -> RecordId {
    let mut bytes = [0; 16];
    rand::rngs::OsRng.fill_bytes(&mut bytes);
    format!("desk/{}", hex::encode(bytes)).parse().expect("hex is allowed in record ids")
}
